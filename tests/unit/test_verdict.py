"""Cells and the verdict over them: against a literal reading of DESIGN §3.2 and §3.5, and what must never happen."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.domain.fold import Recorded
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.notice import NoticeKind
from shirorom.domain.reading import Channel
from shirorom.domain.verdict import AHEAD_MAX, Cell, Last, cell_answered, cell_failed, cell_of, decide, is_stale
from tests.entries import (
    BATSU,
    BOU,
    DOCOMO,
    END,
    MARU,
    PHONE,
    SANKAKU,
    START,
    cell,
    correct,
    histories,
    hours,
    log,
    notice,
    read,
    state,
)

KINDS = [
    *((mark, stale) for mark in Mark for stale in (False, True)),
    "failed",
    "not-asked",
]
BADNESS = {"no-record": 0, "clear": 0, "caution": 1, "undetermined": 2, "restricted": 3}
UNDETERMINED = VerdictKind.UNDETERMINED


def build(kind: object, n: int) -> Cell:
    if isinstance(kind, tuple):
        return cell(kind[0], stale=kind[1], n=n)
    return cell(None, error="not-asked" if kind == "not-asked" else "carrier-error", n=n)


def oracle(kinds: tuple[object, ...]) -> tuple[str, str | None, bool]:
    """DESIGN §3.2 and §3.5, sentence by sentence, on what is written there."""
    marks = [None if isinstance(kind, str) else kind[0].value for kind in kinds]  # type: ignore[index]
    stale = [not isinstance(kind, str) and kind[1] for kind in kinds]  # type: ignore[index]
    # "a stale ○ or － counts as undetermined, a stale △ or × as itself"
    marks = [None if old and mark in ("clear", "no-record") else mark for mark, old in zip(marks, stale, strict=True)]
    # "the worst mark known"
    so_far = next((mark for mark in ("restricted", "caution", "clear", "no-record") if mark in marks), None)
    complete = "not-asked" not in kinds  # "carriers left out by choice are not-asked; the answer then says so"
    if "restricted" in marks:  # "any × → restricted"
        return "restricted", so_far, complete
    if None in marks:  # "else any cell without mark → undetermined (with so_far …)"
        return "undetermined", so_far, complete
    if "caution" in marks:  # "else any △ → caution"
        return "caution", so_far, complete
    if "clear" in marks:  # "else any ○ → clear"
        return "clear", so_far, complete
    return "no-record", so_far, complete  # "else no-record"


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_decide_is_the_design_read_literally(size: int):
    """Every combination of up to four cells of every kind, 11,110 of them."""
    for kinds in product(KINDS, repeat=size):
        verdict = decide([build(kind, n) for n, kind in enumerate(kinds)])
        assert (verdict.kind.value, verdict.so_far and verdict.so_far.value, verdict.complete) == oracle(kinds), kinds


def test_no_cells_decide_nothing():
    """Nothing asked is not clear and not complete."""
    assert (decide([]).kind, decide([]).complete) == (UNDETERMINED, False)


kinds = st.sampled_from(KINDS)


@given(before=st.lists(kinds, min_size=1, max_size=8), more=kinds)
def test_another_answer_never_improves_the_verdict(before: list[object], more: object):
    """The verdict is monotone: a cell added leaves it as bad as it was, or makes it worse."""
    cells = [build(kind, n) for n, kind in enumerate(before)]
    assert badness([*cells, build(more, len(cells))]) >= badness(cells)


@given(before=st.lists(kinds, min_size=1, max_size=8), at=st.integers(0, 7), doubt=st.sampled_from(["failed", "old"]))
def test_doubt_never_rounds_up(before: list[object], at: int, doubt: str):
    """A mark that is lost or grows old makes the verdict no better, but where it was the × itself."""
    n = at % len(before)
    was = before[n]
    if isinstance(was, tuple) and was[0] is Mark.RESTRICTED:
        return
    after = list(before)
    after[n] = (was[0], True) if doubt == "old" and isinstance(was, tuple) else "failed"
    assert badness([build(k, i) for i, k in enumerate(after)]) >= badness([build(k, i) for i, k in enumerate(before)])


@given(some=st.lists(kinds, min_size=1, max_size=8), random=st.randoms(use_true_random=False))
def test_order_of_cells_is_irrelevant(some: list[object], random):
    """The verdict is of a set of cells."""
    cells = [build(kind, n) for n, kind in enumerate(some)]
    assert decide(random.sample(cells, k=len(cells))) == decide(cells)


@given(some=st.lists(kinds, min_size=1, max_size=8))
def test_clear_needs_every_cell_answered_and_fresh(some: list[object]):
    """No path leads from a missing, failed or stale answer to clear or no-record."""
    if decide([build(kind, n) for n, kind in enumerate(some)]).kind in (VerdictKind.CLEAR, VerdictKind.NO_RECORD):
        assert all(isinstance(kind, tuple) and not kind[1] for kind in some)


def badness(cells: list[Cell]) -> int:
    return BADNESS[decide(cells).kind.value]


# -- age -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "stale"),
    [
        (timedelta(0), False),
        (timedelta(hours=24), False),
        (timedelta(hours=24, seconds=1), True),
        (-AHEAD_MAX, False),
        (-AHEAD_MAX - timedelta(seconds=1), True),
    ],
)
def test_age_at_the_limit(age: timedelta, stale: bool):
    """24 h is fresh, a second more is not; an answer from the future has no known age."""
    assert is_stale(END - age, END, 24) is stale


def test_no_time_is_stale():
    """What has no time has no known age."""
    assert is_stale(None, END, 24)


# -- cells by hand -------------------------------------------------------------------------------------------------


def by_hand(*statements, as_of=END, age_h_max=24.0) -> Cell:
    return cell_of(state(log(*statements), as_of=as_of), imei=PHONE, carrier=DOCOMO, as_of=as_of, age_h_max=age_h_max)


def test_nothing_read_is_not_asked():
    """By hand, with nothing recorded: no mark, `not-asked`."""
    assert by_hand() == Cell(PHONE, DOCOMO, None, error="not-asked")


def test_the_newest_reading_is_the_cell():
    """Mark, raw symbol, time, way and place in the log are those of the newest reading."""
    assert by_hand(read(SANKAKU, 1), read(MARU, 2), as_of=hours(3)) == Cell(
        PHONE, DOCOMO, MARU, raw="○", sentence="", asked_at=hours(2), channel=Channel.HAND, index=1
    )


def test_an_old_reading_is_shown_and_stale():
    """The mark stays shown with its age; the verdict does not rest on an old ○."""
    old = by_hand(read(MARU, 1))
    assert (old.mark, old.stale, old.decides) == (MARU, True, False)


@pytest.mark.parametrize("mark", [SANKAKU, BATSU])
def test_an_old_warning_still_warns(mark: Mark):
    """A stale △ or × counts as itself."""
    old = by_hand(read(mark, 1))
    assert (old.stale, old.decides) == (True, True)


def test_a_vanished_restriction_is_shown_as_it_is():
    """Mark ×, the better symbol raw beside it, and the remark."""
    now = by_hand(read(BATSU, 1), read(MARU, 2))
    assert (now.mark, now.raw, now.vanished) == (BATSU, "○", True)


def test_an_explained_restriction_leaves_the_answer():
    """After the correction the newest answer is the cell."""
    now = by_hand(read(BATSU, 1), read(MARU, 2), correct(3))
    assert (now.mark, now.raw, now.vanished) == (MARU, "○", False)


def test_what_only_the_program_read_is_not_a_persons_answer():
    """Where the carrier is worked by hand and nobody looked yet: not asked, the older answer beside it."""
    now = by_hand(read(MARU, 1, channel=Channel.SITE))
    assert (now.mark, now.error, now.last) == (None, "not-asked", Last(MARU, hours(1)))


def test_an_old_answer_by_hand_never_covers_a_newer_one():
    """○ by hand, then △ read by the program: the cell is △."""
    now = by_hand(read(MARU, 1), read(SANKAKU, 2, channel=Channel.SITE))
    assert (now.mark, now.channel) == (SANKAKU, Channel.SITE)


def test_a_notice_is_the_carriers_own_word():
    """Where the carrier declared it: channel notice, no symbol."""
    now = by_hand(notice(NoticeKind.REGISTERED, 0))
    assert (now.mark, now.channel, now.raw) == (MARU, Channel.NOTICE, None)


@given(entries=histories())
def test_a_cell_has_a_mark_or_an_error(entries: list[Recorded]):
    """Whatever stands in the log, a cell is well formed, and ○ or － only when that is what stands."""
    now = cell_of(state(entries), imei=PHONE, carrier=DOCOMO, as_of=END, age_h_max=24)
    assert (now.mark is None) == (now.error is not None)
    assert now.mark in (None, state(entries).mark)


# -- cells of this call --------------------------------------------------------------------------------------------


def answered(*statements, durable: bool = True) -> Cell:
    entries = log(*statements)
    return cell_answered(entries[-1], state(entries), durable=durable)


def test_an_answer_of_this_call():
    """The answer of the page, with its place in the log once durable."""
    now = answered(read(MARU, 1, channel=Channel.SITE))
    assert (now.mark, now.channel, now.index, now.error) == (MARU, Channel.SITE, 0, None)
    assert answered(read(MARU, 1, channel=Channel.SITE), durable=False).index is None


def test_an_unknown_symbol_is_no_mark():
    """It is shown raw, the cell has no mark, and what was known stands beside."""
    now = answered(read(SANKAKU, 1), read(None, 2, channel=Channel.SITE))
    assert (now.mark, now.raw, now.error, now.last) == (None, "◇", "glyph-unknown", Last(SANKAKU, hours(1)))


def test_a_better_answer_after_a_restriction():
    """This call's ○ after a × of before: ×, raw ○, vanished."""
    now = answered(read(BATSU, 1), read(MARU, 2, channel=Channel.SITE))
    assert (now.mark, now.raw, now.vanished) == (BATSU, "○", True)


def test_the_same_restriction_again_has_not_vanished():
    """× after ×: ×, no remark."""
    now = answered(read(BATSU, 1), read(BATSU, 2, channel=Channel.SITE))
    assert (now.mark, now.vanished) == (BATSU, False)


def test_a_failure_keeps_the_older_answer_beside():
    """Site failed: no mark and its code; the older answer, × included, is in `last`."""
    before = by_hand(read(BATSU, 1))
    now = cell_failed(PHONE, DOCOMO, "carrier-timeout", last=before)
    assert (now.mark, now.error, now.last) == (None, "carrier-timeout", Last(BATSU, hours(1)))


def test_a_failure_after_a_vanished_restriction_remembers_the_restriction():
    """What stood was ×: `last` never says the better answer that was only shown."""
    before = by_hand(read(BATSU, 1, channel=Channel.SITE), read(MARU, 2, channel=Channel.SITE))
    now = cell_failed(PHONE, DOCOMO, "carrier-timeout", last=before)
    assert now.last == Last(BATSU, hours(2))


def test_a_failure_with_nothing_before():
    """No older answer: `last` is empty."""
    assert cell_failed(PHONE, DOCOMO, "carrier-error", last=None).last is None


def test_a_cell_cannot_have_both_or_neither():
    """A mark beside an error, or neither, is not a cell."""
    with pytest.raises(ValueError, match="a mark or an error"):
        Cell(PHONE, DOCOMO, BOU, error="carrier-error", asked_at=START)
    with pytest.raises(ValueError, match="a mark or an error"):
        Cell(PHONE, DOCOMO, None)
