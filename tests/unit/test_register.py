"""The register answers as a plain dictionary of its rows does: both layouts, each kernel, with and without delta."""

from __future__ import annotations

from copy import copy
from datetime import date, timedelta
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.native import compiler
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.mark import Mark
from shirorom.register import compact
from shirorom.register.build import build, build_delta, compacted, is_due
from shirorom.register.compact import BITS, BLOCKED, SPARSE, CompactIndex, kinds_for
from shirorom.register.format import Layout, MalformedRegisterError, unseal
from shirorom.register.keys import SERIALS
from shirorom.register.lookup import Register, open_register
from shirorom.register.native import NATIVE
from shirorom.register.rows import Row, Rows, RowsError
from shirorom.register.values import CLEAR, NO_RECORD, RESTRICTED, UNDETERMINED, mark_of
from tests import register_kit as kit

LAYOUTS = tuple(Layout)
KERNELS = ["numpy", *(["native"] if NATIVE is not None else [])]
DOCOMO, SOFTBANK = CarrierId.DOCOMO, CarrierId.SOFTBANK


def without_kernel(register: Register) -> Register:
    """The same, answered by numpy alone."""
    same = copy(register)
    same.base, same.delta = copy(register.base), copy(register.delta)
    for part in filter(None, (same.base, same.delta)):
        part.kernel, part.value_of = None, part.index.value_of
    return same


def assert_answers(register: Register, rows: list[Row], asked: list[int]) -> None:
    """Single and batch answers are the oracle's, now and on days ahead, by each kernel."""
    oracle, keys = kit.Oracle(rows), kit.keys_of(asked)
    right = {day: [oracle.answer(key, day) for key in asked] for day in days_of(register)}
    for answering in (register, without_kernel(register)):
        for on, answers in right.items():
            assert [answering.answer(key, on=on) for key in asked] == answers
            assert answering.codes(keys, on=on).tolist() == list(map(list, answers))


def days_of(register: Register) -> list[date]:
    """Its own day, and two on which things that lay ahead have come."""
    return [register.stamp.day + timedelta(days=ahead) for ahead in (0, 2, 30)]


def test_the_kernel_is_there_where_it_can_be() -> None:
    """Set-up builds it where Cython and a compiler are; then every test of answers here runs with and without it."""
    assert NATIVE is not None or find_spec("Cython") is None or compiler() is None


@settings(max_examples=60, deadline=None)
@given(rows=kit.rows(), others=st.lists(kit.keys(), max_size=20))
def test_layouts_answer_as_a_dictionary(rows: list[Row], others: list[int]) -> None:
    """Whatever phones are in it, both layouts give each phone, in it or not, the marks of its rows."""
    asked = [row[0] for row in rows] + others
    for layout in LAYOUTS:
        assert_answers(kit.register(rows, layout), rows, asked)


@settings(max_examples=60, deadline=None)
@given(
    rows=kit.rows(),
    changes=st.lists(st.tuples(st.integers(0, 4), kit.rows(absent=True, size=12)), min_size=1, max_size=3),
    layout=st.sampled_from(LAYOUTS),
)
def test_deltas_answer_as_one_build(rows: list[Row], changes: list[tuple[int, list[Row]]], layout: Layout) -> None:
    """Base and delta, delta upon delta, and all of it compacted answer as a register built from the final rows."""
    base = build(Rows.of(rows), kit.stamp(), layout)
    now, day, final = open_register(base), 0, {(row[0], row[1]): row for row in rows}
    for later, changed in changes:
        day += later
        now = open_register(base, build_delta(now, Rows.of(changed), kit.stamp(size=8, days=day)))
        final |= {(row[0], row[1]): row for row in changed}
    asked = [key for key, _ in final]
    assert_answers(now, list(final.values()), asked)
    for other in LAYOUTS:
        whole = compacted(now, other)
        assert_answers(open_register(whole), list(final.values()), asked)
        left = [row for row in final.values() if row[2] is not Mark.NO_RECORD]
        assert whole == build(Rows.of(left), now.stamp, other)


@pytest.fixture(scope="module")
def dense() -> tuple[np.ndarray, np.ndarray]:
    """Phones of four TACs, one for each form of the compact layout and a full one, with marks of one carrier."""
    random = np.random.default_rng(6)
    parts = [(100_100, 5_000), (100_101, 60_000), (100_102, 300_000), (100_104, SERIALS)]
    keys = [tac * SERIALS + np.sort(random.choice(SERIALS, n, replace=False)) for tac, n in parts]
    every = np.concatenate(keys).astype(np.uint64)
    return every, random.integers(CLEAR, RESTRICTED + 1, len(every)).astype(np.uint8)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kernel", KERNELS)
def test_dense_tacs(dense: tuple[np.ndarray, np.ndarray], layout: Layout, kernel: str) -> None:
    """TACs with thousands and with all of their serials: every phone gets its mark, every other one none."""
    keys, marks = dense
    rows = Rows(keys, np.zeros(len(keys), np.uint8), marks, np.zeros(len(keys), np.uint32))
    register = open_register(build(rows, kit.stamp(), layout))
    if kernel == "numpy":
        register = without_kernel(register)
    everything = np.arange(100_100 * SERIALS, 100_105 * SERIALS, 7, dtype=np.uint64)
    right = np.zeros(len(everything), np.uint8)
    places = np.searchsorted(keys, everything).clip(max=len(keys) - 1)
    right[keys[places] == everything] = marks[places][keys[places] == everything]
    assert (register.codes(everything, carriers=[DOCOMO])[:, 0] == right).all()
    assert [register.answer(int(key))[0] for key in everything[::977]] == right[::977].tolist()
    assert (register.base.packed().keys == keys).all()
    if isinstance(register.base.index, CompactIndex):
        assert register.base.index.kinds.tolist() == [SPARSE, BLOCKED, BITS, BITS]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_many_different_values(layout: Layout) -> None:
    """More than sixteen different values need whole bytes; they answer all the same."""
    carriers = CARRIERS
    marks = (None, Mark.CLEAR, Mark.CAUTION, Mark.RESTRICTED)
    rows: list[Row] = []
    for n in range(256):
        for place, carrier in enumerate(carriers):
            mark = marks[n >> 2 * place & 3]
            if mark is not None:
                rows.append((100_100_000_000 + n, carrier, mark))
    register = open_register(build(Rows.of(rows), kit.stamp(enrolled=carriers), layout))
    asked = [100_100_000_000 + n for n in range(256)]
    right = [[n >> 2 * place & 3 for place in range(4)] for n in range(256)]
    assert register.codes(kit.keys_of(asked)).tolist() == right
    assert without_kernel(register).codes(kit.keys_of(asked)).tolist() == right
    assert [list(register.answer(key)) for key in asked] == right


@pytest.mark.parametrize("layout", LAYOUTS)
def test_an_empty_register_answers(layout: Layout) -> None:
    """Enrolled carriers without a phone have no record of any; the one that is not enrolled says nothing."""
    register = kit.register([], layout)
    assert register.answer(0) == register.answer(99_999_999_999_999) == (NO_RECORD, UNDETERMINED, NO_RECORD, NO_RECORD)
    assert register.codes(kit.keys_of([0, 5])).tolist() == [list(register.answer(0))] * 2
    assert register.codes(kit.keys_of([])).shape == (0, 4)


def test_not_enrolled_is_not_no_record() -> None:
    """A carrier that never published is undetermined, also for a phone that others know."""
    register = kit.register([(1, DOCOMO, Mark.CLEAR)])
    code = register.codes(kit.keys_of([1]), carriers=[CarrierId.AU, SOFTBANK])[0].tolist()
    assert [mark_of(one) for one in code] == [None, Mark.NO_RECORD]


def test_the_same_rows_give_the_same_bytes() -> None:
    """Order of arrival is no part of a register."""
    rows: list[Row] = [(key, DOCOMO, Mark.CLEAR) for key in (5, 100_100_000_001, 9)]
    for layout in LAYOUTS:
        assert build(Rows.of(rows), kit.stamp(), layout) == build(Rows.of(rows[::-1]), kit.stamp(), layout)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(1, DOCOMO, Mark.CLEAR), (1, DOCOMO, Mark.CLEAR)], "repeated"),
        ([(1, DOCOMO, Mark.CLEAR), (1, DOCOMO, Mark.RESTRICTED)], "repeated"),
        ([(1, DOCOMO, Mark.CLEAR), (1, DOCOMO, Mark.RESTRICTED, kit.DAY + timedelta(days=1))], "repeated"),
        ([(1, CarrierId.AU, Mark.CLEAR)], "carrier"),
        ([(10**14, DOCOMO, Mark.CLEAR)], "key"),
        ([(-1, DOCOMO, Mark.CLEAR)], "key"),
        ([(1, DOCOMO, Mark.CLEAR, kit.DAY + timedelta(days=1))], "day"),
    ],
)
def test_rows_that_contradict_are_refused(rows: list[Row], reason: str) -> None:
    """One row for each phone and enrolled carrier, and only a restriction lies ahead."""
    with pytest.raises(RowsError) as refused:
        build(Rows.of(rows), kit.stamp(), Layout.FAST)
    assert refused.value.reason == reason


def test_a_restriction_ahead_is_a_caution_until_its_day() -> None:
    """On the eve △, on the day ×, in Japan's calendar."""
    eve, day = kit.DAY + timedelta(days=1), kit.DAY + timedelta(days=2)
    register = kit.register([(7, DOCOMO, Mark.RESTRICTED, day)])
    assert [mark_of(register.answer(7, on=on)[0]) for on in (None, eve, day)] == [
        Mark.CAUTION,
        Mark.CAUTION,
        Mark.RESTRICTED,
    ]


def test_days_before_its_own_are_not_answered() -> None:
    """What stood yesterday is not in it: no answer is better than today's for yesterday."""
    register = kit.register([])
    with pytest.raises(ValueError, match="before its own"):
        register.answer(1, on=kit.DAY - timedelta(days=1))
    with pytest.raises(ValueError, match="before its own"):
        register.codes(kit.keys_of([1]), on=kit.DAY - timedelta(days=1))


def test_keys_of_fifteen_digits_are_refused() -> None:
    """A whole IMEI is no key: it must not be taken for another phone."""
    register = kit.register([])
    with pytest.raises(ValueError, match="14 digits"):
        register.codes(kit.keys_of([10**14]))
    with pytest.raises(ValueError, match="14 digits"):
        register.answer(10**14)


def test_columns_of_any_kind_are_answered() -> None:
    """Every second key of a column, signed ones: taken as they come; a negative one is refused."""
    register = kit.register([(n, DOCOMO, Mark.CLEAR) for n in range(4)])
    column = np.arange(8)
    assert register.codes(column[::2], carriers=[DOCOMO])[:, 0].tolist() == [CLEAR, CLEAR, NO_RECORD, NO_RECORD]  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="14 digits"):
        register.codes(column - 1)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="14 digits"):
        register.answer(-1)


def test_a_delta_is_of_one_base() -> None:
    """A delta of another register, or one alone, is refused; so are other carriers and an older day."""
    one, other = (build(Rows.of([(n, DOCOMO, Mark.CLEAR)]), kit.stamp(), Layout.FAST) for n in (1, 2))
    delta = build_delta(open_register(one), Rows.of([(1, DOCOMO, Mark.RESTRICTED)]), kit.stamp(days=1))
    assert open_register(one, delta).answer(1)[0] == RESTRICTED
    for wrong in ((other, delta), (delta, None), (one, other)):
        with pytest.raises(MalformedRegisterError):
            open_register(*wrong)
    with pytest.raises(RowsError):
        build_delta(open_register(one), Rows.of([]), kit.stamp(enrolled=CARRIERS))
    with pytest.raises(RowsError):
        build_delta(open_register(one, delta), Rows.of([]), kit.stamp())


def test_a_delta_that_has_grown_is_due() -> None:
    """With more than a sixteenth of its base a delta is better laid into it."""
    base = build(Rows.of([(n, DOCOMO, Mark.CLEAR) for n in range(160)]), kit.stamp(), Layout.FAST)
    sizes = [
        is_due(open_register(base, build_delta(open_register(base), Rows.of(rows), kit.stamp())))
        for rows in ([(n, DOCOMO, Mark.CAUTION) for n in range(10)], [(n, DOCOMO, Mark.CAUTION) for n in range(11)])
    ]
    assert (sizes, is_due(open_register(base))) == ([False, True], False)


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_ranks_are_checked_in_every_tac(
    dense: tuple[np.ndarray, np.ndarray], at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are checked together: a rank and bits that do not fit are found in the first and in the last."""
    monkeypatch.setattr(compact, "_TACS_AT_ONCE", at_once)
    keys, marks = dense
    rows = Rows(keys, np.zeros(len(keys), np.uint8), marks, np.zeros(len(keys), np.uint32))
    sound = unseal(build(rows, kit.stamp(), Layout.COMPACT))
    assert len(CompactIndex(sound.sections, sound.count).tacs) == 4  # control
    for name in ("ranks", "bits"):
        for place in (1, -1):
            bent = sound.sections[name].copy()
            bent[place] = ~bent[place]
            with pytest.raises(MalformedRegisterError, match="shape"):
                CompactIndex({**sound.sections, name: bent}, sound.count)


def test_each_tac_takes_its_smallest_form() -> None:
    """Two bytes a phone, then one with ranks, then bits: where one gets smaller than the other."""
    counts = np.array([1, 7_814, 7_815, 125_024, 125_025, SERIALS])
    assert kinds_for(counts).tolist() == [SPARSE, SPARSE, BLOCKED, BLOCKED, BITS, BITS]
