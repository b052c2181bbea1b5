"""How entries become a mark: order, withdrawal, × that stands, notices."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import Recorded, fold
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, NoticeKind
from shirorom.domain.reading import Channel, Reading
from tests.entries import (
    BATSU,
    BOU,
    DOCOMO,
    END,
    MARU,
    SANKAKU,
    SECOND,
    START,
    correct,
    histories,
    hours,
    log,
    moments,
    notice,
    read,
    readings,
    state,
    withdraw,
)  # fmt: skip

TODAY = END.date()
DOUBT = [Mark.CLEAR, Mark.NO_RECORD, Mark.CAUTION, Mark.RESTRICTED]


# -- readings ------------------------------------------------------------------------------------------------------


def test_nothing_recorded_says_nothing():
    """No entry: no mark, never － and never ○."""
    assert state([]).mark is None


@given(mark=st.sampled_from(Mark))
def test_one_reading_is_its_mark(mark: Mark):
    """One answer stands as it was given."""
    assert state(log(read(mark, 1))).mark is mark


def test_the_newest_answer_counts_not_the_last_recorded():
    """An answer asked earlier and recorded later does not cover a newer one."""
    entries = log(read(SANKAKU, 10), read(MARU, 5), at=[10, 20])
    assert state(entries).mark is SANKAKU


def test_equal_times_order_by_log_index():
    """Two answers of one second: the later entry counts."""
    assert state(log(read(SANKAKU, 5), read(MARU, 5))).mark is MARU
    assert state(log(read(MARU, 5), read(SANKAKU, 5))).mark is SANKAKU


@given(entries=histories(), random=st.randoms(use_true_random=False))
def test_arrival_order_is_irrelevant(entries: list[Recorded], random):
    """The same entries give the same state, in whatever order they are handed over."""
    assert state(random.sample(entries, k=len(entries))) == state(entries)


def test_an_unknown_symbol_changes_nothing():
    """A symbol that we do not know is no answer: what stood before still stands."""
    assert state(log(read(SANKAKU, 1), read(None, 2))).mark is SANKAKU
    assert state(log(read(None, 2))).mark is None


@given(entries=histories(), at=moments)
def test_an_unknown_symbol_never_changes_a_mark(entries: list[Recorded], at: int):
    """Whatever the history, an unreadable answer added to it changes neither mark nor × nor what was read."""
    more = [*entries, Recorded(len(entries), END, read(None, at))]
    assert state(more) == state(entries)


def test_what_was_learned_later_does_not_count_yet():
    """`as_of` is what was known then."""
    entries = log(read(MARU, 1), read(BATSU, 2), at=[1, 50])
    assert state(entries, as_of=hours(10)).mark is MARU
    assert state(entries).mark is BATSU


def test_other_numbers_and_carriers_do_not_count():
    """One state is of one number at one carrier."""
    entries = log(read(BATSU, 1, imei=SECOND))
    assert state(entries).mark is None
    assert fold(log(read(BATSU, 1)), carrier=DOCOMO, imei=SECOND, as_of=END).mark is None


def test_practice_and_real_never_meet():
    """No fold reads both worlds."""
    real = Imei("490154203237518")
    both = [
        Reading(real, DOCOMO, MARU, "○", "", hours(1), Channel.HAND, "tester", practice=practice)
        for practice in (True, False)
    ]
    with pytest.raises(ValueError, match="practice and real"):
        fold(log(*both), carrier=DOCOMO, imei=real, as_of=END)


# -- withdrawal ----------------------------------------------------------------------------------------------------


@given(entries=histories(max_size=6), mark=st.sampled_from(Mark), at=moments)
def test_withdrawal_restores(entries: list[Recorded], mark: Mark, at: int):
    """A hand reading recorded and taken back leaves the state as it was."""
    n = len(entries)
    more = [*entries, Recorded(n, END, read(mark, at)), Recorded(n + 1, END, withdraw(n, 24 * 50))]
    assert state(more) == state(entries)


def test_an_answer_read_by_the_program_cannot_be_taken_back():
    """Only a person's own typing is withdrawn; a × read on the page is not."""
    assert state(log(read(BATSU, 1, channel=Channel.SITE), withdraw(0, 2))).mark is BATSU


def test_a_withdrawal_cannot_come_before_what_it_takes_back():
    """An entry that names a later index withdraws nothing."""
    assert state(log(withdraw(1, 0), read(BATSU, 1))).mark is BATSU


def test_a_withdrawn_restriction_does_not_vanish():
    """× typed by mistake and taken back leaves ○ without remark."""
    now = state(log(read(BATSU, 1), withdraw(0, 2), read(MARU, 3)))
    assert (now.mark, now.vanished) == (MARU, False)


# -- × stands ------------------------------------------------------------------------------------------------------


@given(later=st.lists(st.sampled_from([MARU, SANKAKU, BOU, None]), min_size=0, max_size=5))
def test_a_restriction_stands_whatever_is_read_later(later: list[Mark | None]):
    """× stays ×; only an explanation ends it."""
    now = state(log(read(BATSU, 0), *(read(mark, n + 1) for n, mark in enumerate(later))))
    assert now.mark is BATSU
    assert now.vanished == any(later)


def test_a_better_answer_is_kept_beside_the_restriction():
    """After a × the newest answer is there to be shown, raw."""
    now = state(log(read(BATSU, 1), read(MARU, 2)))
    assert (now.mark, now.vanished) == (BATSU, True)
    assert now.reading is not None
    assert now.reading.reading.mark is MARU


def test_a_correction_lets_the_later_answer_count():
    """A person explained why the × vanished: the answer after it stands."""
    now = state(log(read(BATSU, 1), read(MARU, 2), correct(3)))
    assert (now.mark, now.vanished) == (MARU, False)


def test_a_correction_does_not_excuse_a_later_restriction():
    """A new × after the correction stands again."""
    assert state(log(read(BATSU, 1), read(MARU, 2), correct(3), read(BATSU, 4), read(MARU, 5))).mark is BATSU


def test_a_correction_does_not_excuse_what_was_not_known():
    """A × recorded after the correction was not known when it was accepted, though it was asked before."""
    entries = log(read(BATSU, 1), read(MARU, 3), correct(4), read(BATSU, 2), at=[1, 3, 4, 9])
    assert (state(entries).mark, state(entries).vanished) == (BATSU, True)


def test_a_correction_never_excuses_the_newest_answer():
    """Where the better answer is withdrawn after a correction, the × that is left stands."""
    assert state(log(read(BATSU, 1), read(MARU, 2), correct(3), withdraw(1, 4))).mark is BATSU


def test_a_correction_of_another_carrier_changes_nothing():
    """Each carrier's × has its own explanation."""
    assert state(log(read(BATSU, 1), read(MARU, 2), correct(3, carrier=CarrierId.AU))).mark is BATSU


@given(said=st.lists(readings, max_size=6), at=moments)
def test_no_path_from_restricted_to_better_without_explanation(said: list[Reading], at: int):
    """With a × that counts and neither correction nor notice, the state is ×, whatever else was read and when."""
    entries = log(*said, read(BATSU, at, channel=Channel.SITE))
    assert state(entries).mark is BATSU


@given(entries=histories(with_notices=False))
def test_a_clear_state_rests_on_a_clear_answer(entries: list[Recorded]):
    """○ is never made from anything but a ○ that counts and is the newest."""
    now = state(entries)
    if now.mark is MARU:
        assert now.reading is not None
        assert now.reading.reading.mark is MARU


# -- notices -------------------------------------------------------------------------------------------------------

REGISTERED, STARTED, PAID = NoticeKind.REGISTERED, NoticeKind.INSTALMENTS_STARTED, NoticeKind.INSTALMENTS_PAID
RESTRICTED, LIFTED = NoticeKind.RESTRICTED, NoticeKind.LIFTED
UNPAID, THEFT = Ground.UNPAID, Ground.THEFT_OR_FRAUD


@pytest.mark.parametrize(("kind", "mark"), [(REGISTERED, MARU), (PAID, MARU), (STARTED, SANKAKU)])
def test_what_a_notice_means(kind: NoticeKind, mark: Mark):
    """`registered` and `instalments-paid` are ○, `instalments-started` is △."""
    assert state(log(notice(kind, 0))).mark is mark


def test_a_phone_outside_an_enrolled_book_is_no_record():
    """Only for an enrolled carrier does the absence of a notice mean －."""
    assert state([], enrolled=True).mark is BOU
    assert state([], enrolled=False).mark is None


@pytest.mark.parametrize(("day", "mark"), [(-1, BATSU), (0, BATSU), (1, SANKAKU)])
def test_a_restriction_holds_from_its_day(day: int, mark: Mark):
    """Effective today or before: ×; announced for tomorrow: △."""
    on = END.astimezone().date() + timedelta(days=day)
    entries = log(notice(REGISTERED, 0), notice(RESTRICTED, 1, ground=UNPAID, on=on))
    assert state(entries, as_of=END.replace(hour=3)).mark is mark


def test_the_day_is_japans():
    """At 15:00 UTC the next day has begun in Japan."""
    entries = log(notice(REGISTERED, 0), notice(RESTRICTED, 1, ground=UNPAID, on=date(2026, 11, 20)))
    evening = START.replace(day=19, hour=14, minute=59)
    assert state(entries, as_of=evening).mark is SANKAKU
    assert state(entries, as_of=evening + timedelta(minutes=1)).mark is BATSU


def test_lifting_restores_what_lay_below():
    """After the lifting the mark is that of the contract: here △, instalments run on."""
    entries = log(notice(STARTED, 0), notice(RESTRICTED, 1, ground=UNPAID), notice(LIFTED, 2, ground=UNPAID))
    assert state(entries).mark is SANKAKU


def test_lifting_ends_only_its_own_ground():
    """Two restrictions, one lifted: the other stands."""
    entries = log(
        notice(REGISTERED, 0), notice(RESTRICTED, 1, ground=UNPAID), notice(RESTRICTED, 2, ground=THEFT),
        notice(LIFTED, 3, ground=UNPAID),
    )  # fmt: skip
    now = state(entries)
    assert now.mark is BATSU
    assert now.restriction is not None
    assert now.restriction.ground is THEFT


def test_a_lifting_for_a_later_day_waits():
    """A restriction stands until the day that its lifting names."""
    entries = log(notice(RESTRICTED, 0, ground=UNPAID), notice(LIFTED, 1, ground=UNPAID, on=TODAY + timedelta(days=9)))
    assert state(entries).mark is BATSU


def test_notices_order_by_sequence_not_by_arrival():
    """A lifting that arrives before the restriction that it ends still ends it."""
    entries = log(notice(LIFTED, 7, ground=UNPAID), notice(RESTRICTED, 3, ground=UNPAID), notice(PAID, 1))
    assert state(entries).mark is MARU


def test_good_word_waits_for_its_day_bad_word_does_not():
    """`paid` counts from the day that it names, `started` from when it is known."""
    later = TODAY + timedelta(days=9)
    assert state(log(notice(STARTED, 0), notice(PAID, 1, on=later))).mark is SANKAKU
    assert state(log(notice(PAID, 0), notice(STARTED, 1, on=later))).mark is SANKAKU


# -- both ----------------------------------------------------------------------------------------------------------


def test_a_restriction_of_either_stands():
    """× on the page or × in the notices: ×."""
    assert state(log(notice(REGISTERED, 0), read(BATSU, 5))).mark is BATSU
    assert state(log(read(MARU, 5), notice(RESTRICTED, 0, ground=UNPAID), at=[5, 6])).mark is BATSU


def test_a_lifting_explains_the_restriction_read_before_it():
    """The page said ×, then the carrier lifted: what the carrier declared stands."""
    entries = log(
        notice(PAID, 0), read(BATSU, 5), notice(RESTRICTED, 1, ground=UNPAID), notice(LIFTED, 2, ground=UNPAID),
        at=[0, 5, 6, 30],
    )  # fmt: skip
    assert (state(entries).mark, state(entries).vanished) == (MARU, False)


def test_a_restriction_read_after_the_lifting_stands():
    """The carrier lifted, the page still says ×: doubt does not round up."""
    entries = log(notice(PAID, 0), notice(LIFTED, 1, ground=UNPAID), read(BATSU, 40), at=[0, 30, 40])
    assert state(entries).mark is BATSU


def test_an_older_reading_gives_way_to_the_carriers_word():
    """△ was read, then the carrier declared it paid: ○."""
    assert state(log(read(SANKAKU, 5), notice(PAID, 0), at=[5, 30])).mark is MARU


@pytest.mark.parametrize(
    ("said", "read_", "mark"), [(PAID, SANKAKU, SANKAKU), (STARTED, MARU, SANKAKU), (PAID, BOU, BOU)]
)
def test_of_a_newer_reading_and_the_notices_the_more_doubtful_stands(said: NoticeKind, read_: Mark, mark: Mark):
    """A page that is newer than the notices can only add doubt."""
    assert state(log(notice(said, 0), read(read_, 30), at=[0, 30])).mark is mark


def test_a_better_page_does_not_cover_a_declared_restriction():
    """The notices say ×, the page later ○: × stands, with the remark."""
    now = state(log(notice(RESTRICTED, 0, ground=UNPAID), read(MARU, 30), at=[0, 30]))
    assert (now.mark, now.vanished) == (BATSU, True)


@given(
    entries=histories(max_size=6),
    mark=st.sampled_from(Mark),
    channel=st.sampled_from([Channel.SITE, Channel.HAND]),
    earlier=st.integers(1, 99),
)
def test_an_older_answer_learned_late_never_makes_it_better(
    entries: list[Recorded], mark: Mark, channel: Channel, earlier: int
):
    """Learning of an answer that is not the newest leaves the mark as doubtful as it was, or more."""
    before = state(entries)
    if before.mark is None or before.reading is None:
        return
    asked_at = before.reading.reading.asked_at - timedelta(hours=earlier)
    late = read(mark, (asked_at - START) / timedelta(hours=1), channel=channel)
    after = state([*entries, Recorded(len(entries), END, late)])
    assert after.mark is not None
    assert DOUBT.index(after.mark) >= DOUBT.index(before.mark)
