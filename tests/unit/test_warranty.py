"""The warranty's terms: which day's terms hold, how long, and what makes a unit covered, not covered or unknown."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters.watch_toml import WatchFiles
from shirorom.domain.desk.stock import Status
from shirorom.domain.desk.warranty import (
    Covered,
    CoverReason,
    Duration,
    Period,
    Remedy,
    Share,
    ShopTerms,
    Terms,
    Working,
    add_months,
    coverage,
    months_between,
)
from shirorom.domain.errors import ConfigError, ShiroromError
from shirorom.domain.mark import Mark
from tests.claim_kit import BY_TIME, SOLD_ON, TODAY, WARRANTY, shop_terms, terms, unit, write_terms

YEAR = Duration(Period.YEARS, 1)
days = st.dates(date(2000, 1, 1), date(2060, 1, 1))


@given(day=days, count=st.integers(0, 600))
def test_months_count_back_as_they_counted_forth(day: date, count: int) -> None:
    """So many whole months lie between a day and the day so many months later, and one fewer the day before."""
    later = add_months(day, count)
    assert months_between(day, later) == count
    assert months_between(day, later - timedelta(days=1)) == max(0, count - 1)


@pytest.mark.parametrize(
    ("since", "count", "until"),
    [
        (date(2024, 1, 31), 1, date(2024, 3, 1)),
        (date(2024, 2, 29), 12, date(2025, 3, 1)),
        (date(2023, 10, 31), 1, date(2023, 12, 1)),
        (date(2024, 12, 31), 2, date(2025, 3, 1)),
        (date(2024, 11, 15), 2, date(2025, 1, 15)),
    ],
)
def test_a_month_without_that_day_ends_whole(since: date, count: int, until: date) -> None:
    """Sold on the 31st, a month runs to the end of a shorter month: never a day too short."""
    assert add_months(since, count) == until


def test_the_days_of_terms_are_those_of_the_newest() -> None:
    """A year of days where the newest terms say a year; none where they have no end, or are not written down."""
    old = terms(id="x", until=date(2026, 1, 1), duration=Duration(Period.UNLIMITED))
    new = terms(id="x", from_=date(2026, 1, 1), duration=YEAR, pos=("1年",))
    assert ShopTerms(terms=(old, new)).days_of("1年") == 365
    assert ShopTerms(terms=(old,)).days_of("x") is None
    assert ShopTerms(terms=(new,)).days_of("無期限") is None


def test_a_word_of_the_pos_names_terms() -> None:
    """What the POS writes in its warranty column means the terms that list it; no word means two."""
    ours = terms(id="long", duration=Duration(Period.UNLIMITED), pos=("無期限",))
    sold = unit(warranty="無期限")
    assert coverage(sold, ShopTerms(terms=(ours,)), TODAY).terms == ours
    assert coverage(sold, ShopTerms(terms=(terms(id="long"),)), TODAY).reasons == (CoverReason.TERMS_UNKNOWN,)
    with pytest.raises(ValueError, match="one term alone"):
        ShopTerms(terms=(ours, terms(id="other", pos=("無期限",))))


def test_the_terms_of_the_day_of_sale_hold() -> None:
    """What was sold under the old words keeps them; the range is half-open."""
    turn = date(2026, 4, 1)
    shop = ShopTerms(
        "std",
        (terms(until=turn, name="old"), terms(from_=turn, duration=YEAR, name="new")),
    )
    before = coverage(unit(sold_on=turn - timedelta(days=1)), shop, TODAY)
    after = coverage(unit(sold_on=turn), shop, TODAY)
    assert before.terms is not None
    assert after.terms is not None
    assert (before.terms.name, before.until) == ("old", None)
    assert (after.terms.name, after.until) == ("new", date(2027, 4, 1))


@given(day=st.dates(SOLD_ON, date(2200, 1, 1)))
def test_unlimited_never_ends(day: date) -> None:
    """An unlimited warranty covers on every day from the sale on."""
    covered = coverage(unit(), shop_terms(), day)
    assert (covered.state, covered.reasons, covered.until) == (Covered.YES, (CoverReason.UNLIMITED,), None)


@given(day=days, sold=days, count=st.integers(1, 60))
def test_a_period_is_half_open(day: date, sold: date, count: int) -> None:
    """Covered exactly from the day of sale until the first day that is out."""
    shop = ShopTerms("std", (terms(from_=date(1999, 1, 1), duration=Duration(Period.MONTHS, count)),))
    covered = coverage(unit(sold_on=sold), shop, day)
    assert (covered.state is Covered.YES) is (sold <= day < add_months(sold, count))


@pytest.mark.parametrize(
    ("changes", "state", "reason"),
    [
        ({"status": Status.STOCK}, Covered.NO, CoverReason.NOT_SOLD),
        ({"status": Status.GONE}, Covered.NO, CoverReason.GONE),
        ({"sold_on": None}, Covered.UNKNOWN, CoverReason.NO_SALE_DATE),
        ({"sold_on": TODAY + timedelta(days=1)}, Covered.NO, CoverReason.SOLD_LATER),
        ({"sold_on": date(2023, 12, 31)}, Covered.NO, CoverReason.NO_TERMS),
        ({"warranty": "gold"}, Covered.UNKNOWN, CoverReason.TERMS_UNKNOWN),
        ({"covered_until": TODAY}, Covered.NO, CoverReason.POS_UNTIL),
        ({"covered_until": TODAY + timedelta(days=1)}, Covered.YES, CoverReason.POS_UNTIL),
    ],
)
def test_why_a_unit_is_or_is_not_covered(changes: dict[str, object], state: Covered, reason: CoverReason) -> None:
    """Each case has its own reason, and what is not known is unknown."""
    covered = coverage(unit(**changes), shop_terms(), TODAY)
    assert (covered.state, covered.reasons[0]) == (state, reason)


def test_the_pos_wins_over_the_terms_and_is_named() -> None:
    """A day in the export ends even an unlimited warranty; undated, the terms stay unknown, and it says so."""
    covered = coverage(unit(covered_until=date(2026, 5, 1)), shop_terms(), TODAY)
    assert (covered.state, covered.until) == (Covered.NO, date(2026, 5, 1))
    undated = coverage(unit(sold_on=None, covered_until=date(2027, 1, 1)), shop_terms(), TODAY)
    assert undated.state is Covered.YES
    assert undated.reasons == (CoverReason.POS_UNTIL, CoverReason.NO_SALE_DATE)
    assert undated.terms is None


@given(months=st.integers(0, 60))
def test_shares_only_fall_as_they_are_written(months: int) -> None:
    """The share is that of the last row that has been reached."""
    one = terms(remedies=(Remedy.REFUND_BY_TIME,), shares=BY_TIME)
    expected = 100 if months < 6 else 70 if months < 12 else 50 if months < 24 else 0
    assert one.percent(Remedy.REFUND_BY_TIME, months) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"remedies": ()},
        {"remedies": (Remedy.REFUND_BY_TIME,)},
        {"remedies": (Remedy.REFUND,), "shares": (Share(0, 50),)},
        {"remedies": (Remedy.REFUND_BY_TIME,), "shares": (Share(1, 50),)},
        {"counts": frozenset({Mark.CLEAR})},
        {"counts": frozenset()},
        {"until": date(2024, 1, 1)},
        {"settle_days": 0},
        {"name": ""},
    ],
)
def test_terms_that_cannot_be_kept_cannot_be_built(wrong: dict[str, object]) -> None:
    """A slip in the terms is found when they are read, not when a customer stands there."""
    with pytest.raises(ValueError):
        terms(**wrong)


def test_two_terms_of_one_id_never_hold_on_one_day() -> None:
    """Otherwise nobody could say which was promised."""
    with pytest.raises(ValueError, match="overlap"):
        ShopTerms("std", (terms(), terms(from_=date(2025, 1, 1))))


def test_working_and_returns_are_their_own_matter() -> None:
    """Their days run from the sale, by the range that held then."""
    shop = ShopTerms(workings=(Working(date(2026, 1, 1), 30),))
    assert shop.working_until(SOLD_ON) == SOLD_ON + timedelta(days=30)
    assert shop.working_until(date(2025, 12, 31)) is None
    assert shop.returns_until(SOLD_ON) is None


def test_examples_hold_and_promise_nothing(tmp_path: Path) -> None:
    """One for each pattern, none of them anybody's default; and a shop without a file has no terms."""
    files = WatchFiles(tmp_path)
    found = files.example_terms()
    assert [(one.duration.unit, one.remedies[0]) for one in found.terms] == [
        (Period.UNLIMITED, Remedy.EXCHANGE),
        (Period.UNLIMITED, Remedy.REFUND),
        (Period.YEARS, Remedy.EXCHANGE),
        (Period.YEARS, Remedy.REFUND),
        (Period.UNLIMITED, Remedy.REFUND_BY_TIME),
    ]
    assert found.default == ""
    assert files.terms() == ShopTerms()


def test_other_shops_are_reference_to_be_verified(tmp_path: Path) -> None:
    """Every row has a source, a day and a confidence, and says that it must be looked at first."""
    shops = WatchFiles(tmp_path).market()
    assert len(shops) > 5
    assert all(shop.verify and shop.sources for shop in shops)


def test_saved_terms_are_read_back(tmp_path: Path) -> None:
    """Word for word, comments and all."""
    write_terms(tmp_path, f"# 自店の約束\n{WARRANTY}")
    files = WatchFiles(tmp_path)
    assert files.terms().terms[0].settle_days == 14
    assert (tmp_path / "watch" / "warranty.toml").read_text(encoding="utf-8").startswith("# 自店の約束")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('default = "std"', 'default = "gold"', "?"),
        ("settle_days = 14", 'settle_days = "14"', "terms[0].settle_days"),
        ("settle_days = 14", "settel_days = 14", "term[0].settel_days"),
        ("from = 2024-01-01", "", "term[0].from"),
        ('unit = "unlimited"', 'unit = "unlimited", count = 3', "terms[0].duration"),
        ('["exchange", "refund"]', '["money"]', "terms[0].remedies[0]"),
    ],
)
def test_a_slip_is_told_with_its_place_and_saves_nothing(tmp_path: Path, old: str, new: str, key: str) -> None:
    """The file that stands stays as it was."""
    write_terms(tmp_path)
    with pytest.raises(ConfigError) as caught:
        write_terms(tmp_path, WARRANTY.replace(old, new))
    assert isinstance(caught.value, ShiroromError)
    assert (caught.value.code, caught.value.details["key"]) == ("config-invalid", key)
    assert isinstance(WatchFiles(tmp_path).terms().terms[0], Terms)
