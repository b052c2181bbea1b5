"""The rules of the plan of re-checks: what is asked is due, once a day, of a unit that is there; the rest is told."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk import plan_fast
from shirorom.domain.desk.plan import Due, Plan, PlanCell, Rule, Seen, Standing, Terms, due_on, plan, rule_of
from tests.plan_kit import DAY, PHONE, all_terms, books, columns_of, rules

DOCOMO, AU, SOFTBANK, RAKUTEN = CARRIERS
few = settings(max_examples=60)
DAILY = Rule(1, "毎日", "daily")


def cell(n: int = 0, **others: object) -> PlanCell:
    made = PlanCell(n, PHONE + n, 1, DOCOMO, True, False, Seen.CAUTION, DAY - 9, DAY - 50, DAY - 50, 40_000)
    return replace(made, **others)  # type: ignore[arg-type]


def terms(*rules: Rule, count: int = 1_000) -> Terms:
    return Terms(rules, dict.fromkeys(CARRIERS, count))


def names(cells: object) -> list[tuple[int, int, str]]:
    found = [one.cell if isinstance(one, Due) else one for one in cells]  # type: ignore[attr-defined]
    return [(one.unit, one.number, one.carrier.value) for one in found]


def test_the_first_rule_that_matches_wins() -> None:
    """And each says why."""
    seldom, often = Rule(90, "a", "a", mark=(Seen.CAUTION,)), Rule(1, "b", "b")
    assert rule_of(cell(), (seldom, often), DAY) == 0
    assert rule_of(cell(seen=Seen.CLEAR), (seldom, often), DAY) == 1


def test_a_restriction_is_asked_only_where_a_rule_names_it() -> None:
    """A rule for all marks is none for ×; one that names it looks for a correction, after all others."""
    restricted = cell(seen=Seen.RESTRICTED)
    assert rule_of(restricted, (DAILY,), DAY) is None
    named = replace(DAILY, mark=(Seen.RESTRICTED,))
    found = plan([restricted, cell(1)], terms(named, DAILY), DAY)
    assert [(one.cell.unit, one.correction, one.score) for one in found.planned][1:] == [(0, True, 0)]


@pytest.mark.parametrize(
    ("others", "rule"),
    [
        ({"since_on": None}, replace(DAILY, days_from=3)),
        ({"since_on": None}, replace(DAILY, days_until=3)),
        ({"yen": None}, replace(DAILY, yen_until=10)),
        ({"sold": False}, replace(DAILY, left_from=0)),
        ({"sold": True}, replace(DAILY, left_until=100)),
        ({"sold": True, "cover_until": DAY}, replace(DAILY, left_from=0)),
    ],
)
def test_a_rule_about_the_unknown_matches_nothing(others: dict[str, object], rule: Rule) -> None:
    """No date, no price, no warranty, one without end: a bound on it is not kept by chance."""
    assert rule_of(cell(**others), (rule,), DAY) is None


def test_a_warranty_ends_on_its_day() -> None:
    """The day named is the first on which it no longer covers."""
    assert cell(sold=True, cover_until=DAY + 1).standing(DAY) is Standing.COVERED
    assert cell(sold=True, cover_until=DAY).standing(DAY) is Standing.OVER


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": 0}, {"every": 3_651}, {"why": " "}, {"days_from": -1}, {"yen_from": 5, "yen_until": 5},
    ],
)  # fmt: skip
def test_a_rule_checks_itself(wrong: dict[str, object]) -> None:
    """No interval of nothing, no rule without a reason, no range that holds nothing."""
    with pytest.raises(ValueError, match=r"every|reason|bound|range"):
        replace(DAILY, **wrong)  # type: ignore[arg-type]


@given(every=st.integers(1, 400), asked=st.integers(0, 800), spread=st.integers(0, 100), n=st.integers(0, 10**6))
def test_an_interval_is_kept(every: int, asked: int, spread: int, n: int) -> None:
    """Due at the latest `every` days after the answer, and never on the day of the answer itself."""
    one = cell(n, asked_on=DAY - asked)
    assert DAY - asked < due_on(one, every, DAY, spread) <= DAY - asked + every


@pytest.mark.parametrize(("every", "share"), [(7, 0.4), (30, 0.13), (90, 0.05)])
def test_what_was_asked_on_one_day_spreads(every: int, share: float) -> None:
    """8,000 cells answered on one day fall due over many; no day has more than its share."""
    days = Counter(due_on(cell(n, asked_on=DAY), every, DAY, 30) for n in range(8_000))
    assert max(days.values()) <= 8_000 * share


def test_what_was_never_asked_spreads() -> None:
    """8,000 units that came on one day are asked over the days of their rule."""
    fresh = [cell(n, seen=Seen.NEVER, asked_on=None, since_on=DAY) for n in range(8_000)]
    days = Counter(due_on(one, 10, DAY, 30) for one in fresh)
    assert (min(days), max(days), max(days.values()) < 1_000) == (DAY, DAY + 9, True)


@few
@given(cells=books(), terms=all_terms)
def test_nothing_twice_and_nothing_lost(cells: list[PlanCell], terms: Terms) -> None:
    """A cell stands once, in one list; with a larger day all that is due is planned: total = due − left."""
    found = plan(cells, terms, DAY)
    places = [(c.phone, c.carrier) for c in (*(d.cell for d in (*found.planned, *found.left)), *found.never)]
    assert len(places) == len(set(places))
    free = plan(cells, replace(terms, capacity=dict.fromkeys(terms.capacity, 10**6)), DAY)
    assert free.left == ()
    assert len(found.planned) == len(free.planned) - len(found.left)
    assert {(d.cell.phone, d.cell.carrier) for d in free.planned} == {
        (d.cell.phone, d.cell.carrier) for d in (*found.planned, *found.left)
    }


@few
@given(cells=books(), terms=all_terms)
def test_capacity_is_kept(cells: list[PlanCell], terms: Terms) -> None:
    """No carrier is asked more than its day holds, what was answered that day counted in."""
    found = plan(cells, terms, DAY)
    asked = Counter(due.cell.carrier for due in found.planned)
    for carrier, count in terms.capacity.items():
        assert asked[carrier] <= max(count - found.done[carrier], 0)
    assert set(asked) <= set(terms.capacity)


@few
@given(cells=books(), terms=all_terms, more=st.integers(0, 9))
def test_a_longer_day_only_adds(cells: list[PlanCell], terms: Terms, more: int) -> None:
    """Monotone in capacity: whatever is asked on a short day is asked on a longer one."""
    longer = replace(terms, capacity={carrier: count + more for carrier, count in terms.capacity.items()})
    assert set(names(plan(cells, terms, DAY).planned)) <= set(names(plan(cells, longer, DAY).planned))


@few
@given(cells=books(), terms=all_terms)
def test_what_is_answered_leaves(cells: list[PlanCell], terms: Terms) -> None:
    """After an answer the same plan stands without that cell, and it stays away for the rest of the day."""
    found = plan(cells, terms, DAY)
    for due in found.planned[:3]:
        place = due.cell.phone, due.cell.carrier
        after = [replace(c, asked_on=DAY) if (c.phone, c.carrier) == place else c for c in cells]
        now = plan(after, terms, DAY)
        assert names(now.planned) == [n for n in names(found.planned) if n != names([due])[0]]
        assert now.done[due.cell.carrier] == found.done[due.cell.carrier] + 1


@few
@given(cells=books(), terms=all_terms, random=st.randoms(use_true_random=False))
def test_a_plan_is_stable(cells: list[PlanCell], terms: Terms, random) -> None:
    """Asked again, in whatever order the book is read, the same day has the same plan."""
    assert plan(random.sample(cells, k=len(cells)), terms, DAY) == plan(cells, terms, DAY)


@few
@given(cells=books(), terms=all_terms)
def test_only_what_may_have_changed_is_asked(cells: list[PlanCell], terms: Terms) -> None:
    """What is planned was not asked today, by a rule that is not `never`, and × only by a rule that names it."""
    found = plan(cells, terms, DAY)
    for due in (*found.planned, *found.left):
        assert (due.cell.asked_on or 0) < DAY
        assert terms.rules[due.rule].every != "never"
        assert due.cell.seen is not Seen.RESTRICTED or Seen.RESTRICTED in terms.rules[due.rule].mark


def test_what_waits_longest_and_is_worth_most_goes_first() -> None:
    """Value × days overdue; a unit without a price counts as the shop says, not as nothing."""
    late, dear, unknown = cell(1, asked_on=DAY - 30), cell(2, yen=1_000_000), cell(3, yen=None)
    found = plan([cell(0), late, dear, unknown], Terms((DAILY,), {DOCOMO: 2}, 0, 30_000), DAY)
    assert (names(found.planned), names(found.left)) == (
        [(2, 1, "docomo"), (1, 1, "docomo")],
        [(0, 1, "docomo"), (3, 1, "docomo")],
    )


def test_one_number_in_two_units_is_asked_as_the_stricter_wants() -> None:
    """Sold under warranty, bought back, in stock again: one cell, by the rule of either that comes first."""
    sold = replace(cell(0, sold=True), unit=7)
    stock = Rule(60, "s", "s", status=(Standing.STOCK,))
    found = plan([sold, cell(0)], terms(stock, replace(DAILY, status=(Standing.COVERED,))), DAY)
    assert names(found.planned) == [(7, 1, "docomo")]


@few
@given(cells=books(), terms=all_terms, day=st.integers(0, 20))
def test_arrays_say_the_same(cells: list[PlanCell], terms: Terms, day: int) -> None:
    """The fast form gives what the plain one gives: the same cells, rules and days, planned in the same order."""
    columns = columns_of(cells)
    fast, slow = plan_fast.plan(columns, terms, DAY + day), plan(cells, terms, DAY + day)

    def as_plain(some: plan_fast.Cells) -> list[tuple[PlanCell, int, int]]:
        rows = zip(some.row, some.carrier, some.rule, some.due_on, strict=True)
        return [(columns.cell(int(row), int(at)), int(rule), int(on)) for row, at, rule, on in rows]

    assert as_plain(fast.planned) == [(one.cell, one.rule, one.due_on) for one in slow.planned]
    assert sorted(as_plain(fast.left), key=repr) == sorted(((d.cell, d.rule, d.due_on) for d in slow.left), key=repr)
    assert [one for one, _, _ in as_plain(fast.never)] == list(slow.never)
    assert fast.done == slow.done


@few
@given(cells=books(), terms=all_terms)
def test_a_day_ahead_says_the_same(cells: list[PlanCell], terms: Terms) -> None:
    """Looking ahead by arrays is asking, being answered as before, and planning the next day."""
    columns = columns_of(cells)
    first = plan_fast.plan(columns, terms, DAY)
    after = plan_fast.asked(columns, first.planned, DAY)
    places = {(d.cell.phone, d.cell.carrier) for d in plan(cells, terms, DAY).planned}
    answered = [
        replace(c, asked_on=DAY, seen=Seen.NO_RECORD if c.seen is Seen.NEVER else c.seen)
        if (c.phone, c.carrier) in places else c
        for c in cells
    ]  # fmt: skip
    fast, slow = plan_fast.plan(after, terms, DAY + 1), plan(answered, terms, DAY + 1)
    assert (len(fast.planned), len(fast.left), fast.done) == (len(slow.planned), len(slow.left), slow.done)


@given(rule=rules())
def test_no_rule_means_nothing(rule: Rule) -> None:
    """No rule, no cells: an empty plan."""
    assert plan([], terms(rule), DAY) == Plan(done=dict.fromkeys(CARRIERS, 0))
