"""What changed at a carrier, and which changes are to be expected."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.domain import history
from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import JST, Recorded, RecordedNotice
from shirorom.domain.history import Change, beginning_of, changes, located_changes
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Notice, NoticeKind
from tests.entries import (
    BATSU,
    BOU,
    DOCOMO,
    MARU,
    SANKAKU,
    START,
    histories,
    hours,
    log,
    notice,
    notices,
    read,
    state,
    withdraw,
)

DAY = START.date() + timedelta(days=20)
EXPECTED = {(BOU, SANKAKU), (BOU, MARU), (SANKAKU, MARU), (SANKAKU, BATSU), (MARU, BATSU)}


@pytest.mark.parametrize(("was", "now"), [(a, b) for a, b in product(Mark, Mark) if a is not b])
def test_each_move(was: Mark, now: Mark):
    """Registration, payment and restriction are expected; ×→anything, ○→△, a mark lost are not."""
    (change,) = changes(log(read(was, 1), read(now, 5)))
    assert change == Change(DOCOMO, was, now, (hours(1), hours(5)), expected=(was, now) in EXPECTED)


def test_the_same_answer_again_is_no_change():
    """○ ○ △ △ is one change."""
    assert len(changes(log(read(MARU, 1), read(MARU, 2), read(SANKAKU, 3), read(SANKAKU, 4)))) == 1


def test_the_moments_are_the_nearest_two():
    """The change lies between the last old answer and the first new one."""
    (change,) = changes(log(read(SANKAKU, 1), read(SANKAKU, 4), read(BATSU, 9), read(BATSU, 12)))
    assert change.between == (hours(4), hours(9))


def test_each_carrier_has_its_own_changes():
    """○ at one carrier and △ at another is no change."""
    assert changes(log(read(MARU, 1), read(SANKAKU, 2, carrier=CarrierId.AU))) == ()


def test_a_withdrawn_reading_and_an_unknown_symbol_are_no_answers():
    """Neither makes a change."""
    assert changes(log(read(MARU, 1), read(BATSU, 2), withdraw(1, 3), read(None, 4), read(MARU, 5))) == ()


def test_a_notice_says_something_too():
    """○ read, × declared, lifted again: two changes at the moments when the notices were recorded."""
    said = log(
        read(MARU, 1), notice(NoticeKind.REGISTERED, 1), notice(NoticeKind.RESTRICTED, 2),
        notice(NoticeKind.LIFTED, 3), at=[1, 2, 3, 5],
    )  # fmt: skip
    moves = [(one.from_, one.to, one.between) for one in changes(said)]
    assert moves == [(MARU, BATSU, (hours(2), hours(3))), (BATSU, MARU, (hours(3), hours(5)))]


def test_what_one_feed_brings_is_said_at_once():
    """Notices of one entry are one word: registered and restricted together are no ○ between."""
    feed = [
        Recorded(1, hours(3), notice(NoticeKind.REGISTERED, 1)),
        Recorded(1, hours(3), notice(NoticeKind.RESTRICTED, 2)),
    ]
    (located,) = located_changes([*log(read(SANKAKU, 1)), *feed])
    assert (located.change.from_, located.change.to, located.index) == (SANKAKU, BATSU, 1)


def test_an_announced_day_comes() -> None:
    """△ when it is declared, × from the beginning of its day in Japan; before it has come there is no such change."""
    said = log(read(MARU, 1), notice(NoticeKind.RESTRICTED, 1, on=DAY), at=[1, 2])
    assert [one.to for one in changes(said, by=DAY - timedelta(days=1))] == [SANKAKU]
    _, come = located_changes(said, by=DAY)
    assert come.change == Change(DOCOMO, SANKAKU, BATSU, (hours(2), beginning_of(DAY)), expected=True)
    assert (come.index, come.day) == (1, DAY)


def test_a_day_that_changes_nothing_says_nothing() -> None:
    """Lifted before it came, or read as × before: its coming is no change, and no answer between others."""
    announced = notice(NoticeKind.RESTRICTED, 1, on=DAY)
    lifted = log(announced, notice(NoticeKind.REGISTERED, 2), notice(NoticeKind.LIFTED, 3), at=[1, 2, 3])
    assert [one.day for one in located_changes(lifted, by=DAY)] == [None]
    known = log(read(BATSU, 3), announced, read(BATSU, 4), at=[3, 2, 4])
    assert [one.day for one in located_changes(known, by=DAY)] == [None]


@given(st.lists(st.tuples(notices(), st.integers(0, 2)), min_size=1, max_size=6), st.integers(0, 90))
def test_what_was_said_last_is_what_the_fold_says(told: list[tuple[Notice, int]], later: int) -> None:
    """On whatever day one looks, the newest change leads to the mark that the notices have on that day."""
    index, recorded = 0, []
    for sequence, (one, step_) in enumerate(told):
        index += step_
        recorded.append(Recorded(index, hours(24 * index), replace(one, sequence=sequence)))
    at = recorded[-1].recorded_at + timedelta(days=later)
    found = located_changes(recorded, by=at.astimezone(JST).date())
    if found:
        assert state(recorded, as_of=at).book is found[-1].change.to


@given(st.lists(st.tuples(notices(), st.integers(0, 2)), max_size=8))
def test_one_pass_says_what_folding_anew_does(said: list[tuple[Notice, int]]) -> None:
    """Notices in the log's order without a day ahead are folded once; the same marks as by folding all each time."""
    index, recorded = 0, []
    for sequence, (one, step_) in enumerate(said):
        index += step_
        past = one.effective_on is None or one.effective_on <= START.date()
        whole = replace(one, sequence=sequence, effective_on=one.effective_on if past else None)
        recorded.append(RecordedNotice(index, hours(24 + index), whole))
    assert history._settled(recorded)
    newest = {one.index: one for one in recorded}
    assert list(history._in_turn(recorded)) == list(history._anew(recorded, newest))


@given(entries=histories())
def test_changes_of_a_carrier_form_a_chain(entries: list[Recorded]):
    """Each change begins where the one before it ended, and no change leads to where it came from."""
    found = changes(entries)
    for before, after in pairwise(found):
        assert before.to is after.from_
        assert before.between[1] <= after.between[0]
    assert all(change.from_ is not change.to for change in found)
