"""The fold by columns says of every phone what the fold of one phone says."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import RecordedNotice
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.log.feed import DECLARES, GROUNDS, RECORD
from shirorom.register.fold import Notices, fold_notices
from shirorom.register.rows import Rows
from shirorom.register.values import CODES
from shirorom.service.publish_register import said
from tests.logs import START, imei
from tests.register_kit import DAY

GROUNDED = (NoticeKind.RESTRICTED, NoticeKind.LIFTED)
SAID = st.tuples(
    st.integers(0, 4),
    st.sampled_from(list(NoticeKind)),
    st.none() | st.sampled_from([Ground.UNPAID, Ground.THEFT_OR_FRAUD]),
    st.none() | st.integers(-3, 3),
)


def notice(n: int, kind: NoticeKind, ground: Ground | None, ahead: int | None, sequence: int) -> Notice:
    day = None if ahead is None else DAY + timedelta(days=ahead)
    return Notice(kind, imei(n), CarrierId.AU, ground if kind in GROUNDED else None, day, None, sequence, practice=True)


def record(one: Notice) -> bytes:
    day = 0 if one.effective_on is None else one.effective_on.toordinal()
    return RECORD.pack(
        int(one.imei.key), 1, 15, DECLARES.index(one.kind), GROUNDS.index(one.ground), day, 0
    )  # fmt: skip


def plainly(notices: list[Notice], on: date) -> Rows:
    """The oracle: phone after phone by the fold of one."""
    rows = []
    for key in sorted({one.imei.key for one in notices}):
        ordered = [RecordedNotice(0, START, one) for one in notices if one.imei.key == key]
        rows.append((int(key), CarrierId.AU, *said(ordered, on)))
    return Rows.of(rows)


def same(one: Rows, other: Rows) -> bool:
    columns = ("keys", "carriers", "marks", "days")
    marks = other.marks == CODES[next(mark for mark in CODES if mark.value == "restricted")]
    ahead = np.where(marks & (other.days > (DAY - date(1970, 1, 1)).days), other.days, 0)
    equal = [np.array_equal(getattr(one, name), getattr(other, name)) for name in columns[:3]]
    return all(equal) and np.array_equal(one.days, ahead)


@settings(max_examples=300, deadline=None)
@given(st.lists(SAID, max_size=24), st.integers(1, 9))
def test_columns_fold_as_one_by_one(heard: list[tuple[int, NoticeKind, Ground | None, int | None]], cut: int) -> None:
    """Any notices of one carrier, in any blocks, in the order published: the same rows."""
    notices = [notice(*one, sequence) for sequence, one in enumerate(heard)]
    records = [record(one) for one in notices]
    blocks = [b"".join(records[at : at + cut]) for at in range(0, len(records), cut)]
    assert same(fold_notices(Notices.of(blocks), CarrierId.AU, DAY), plainly(notices, DAY))


@settings(max_examples=50, deadline=None)
@given(st.lists(SAID, max_size=24), st.sets(st.integers(0, 6)))
def test_some_phones_alone(heard: list[tuple[int, NoticeKind, Ground | None, int | None]], wanted: set[int]) -> None:
    """Of the phones that are named, and of no other."""
    notices = [notice(*one, sequence) for sequence, one in enumerate(heard)]
    only = np.array(sorted(int(imei(n).key) for n in wanted), np.uint64)
    folded = fold_notices(Notices.of([b"".join(map(record, notices))], only), CarrierId.AU, DAY)
    assert same(folded, plainly([one for one in notices if int(one.imei.key) in only.tolist()], DAY))


@pytest.mark.parametrize("place", [12 + 1, 12 + 2])
def test_a_kind_that_does_not_exist_is_refused(place: int) -> None:
    """A record that no accepted feed has is never folded into a mark."""
    bent = bytearray(record(notice(1, NoticeKind.RESTRICTED, None, None, 1)))
    bent[place] = 9
    with pytest.raises(ValueError, match="no accepted feed"):
        fold_notices(Notices.of([bytes(bent)]), CarrierId.AU, DAY)
