"""The lines of a feed: the plain reader and the fast one agree, and a record is one notice."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.adapters.feed_rows_numpy import NumpyRowReader
from shirorom.domain.notice import NoticeKind
from shirorom.log.entry import MalformedError
from shirorom.log.feed import NO_CHECK_DIGIT, RECORD, leaves_of, root_of, salts_of
from shirorom.log.feed_rows import ENCODER, FeedRow, RowReader, notice_of
from shirorom.log.segment import BLOCK_ROWS, decode_head, encode_segment, head_bytes, rows_in
from shirorom.log.tree import Frontier, grow
from tests.feed_kit import DOCOMO
from tests.logs import imei
from tests.wide import wide

_numbers = st.integers(1, 40).map(lambda n: imei(n).digits)
_imeis = st.one_of(
    _numbers, _numbers, _numbers.map(lambda text: text[:14]), _numbers.map(lambda text: text[:14] + "0"),
    st.sampled_from(["", "1" * 14, "1" * 15, "0" * 14 + wide("0"), "49015420323751", "490154203237518", "０" * 15]),
    st.text(max_size=16),
)  # fmt: skip
_days = st.none() | st.dates() | st.just(date(2026, 11, 25))
_rows = st.builds(
    FeedRow,
    st.sampled_from([kind.value for kind in NoticeKind]),
    _days,
    st.none() | st.sampled_from(["unpaid", "theft-or-fraud", "false-contract", "compensation", "other"]),
    _imeis,
    _days,
    st.integers(-1, 14),
)
_lines = st.one_of(
    _rows.map(ENCODER.encode), _rows.map(ENCODER.encode), _rows.map(lambda row: ENCODER.encode(row) + b" "),
    st.binary(max_size=20).filter(lambda line: b"\n" not in line),
)  # fmt: skip


def read(kind: type[RowReader], chunks: list[list[bytes]], *, practice: bool) -> RowReader:
    reader, line = kind(12, practice), 2
    for lines in chunks:
        reader.take(b"".join(one + b"\n" for one in lines), line)
        line += len(lines)
    reader.finish()
    return reader


@settings(max_examples=300, deadline=None)
@given(chunks=st.lists(st.lists(_lines | _rows.map(ENCODER.encode), min_size=1, max_size=5), max_size=4),
       practice=st.booleans())  # fmt: skip
def test_the_fast_reader_is_the_plain_one(chunks: list[list[bytes]], practice: bool) -> None:
    """Equal records, faults and rows to take, whatever the lines and however they are cut."""
    plain, fast = read(RowReader, chunks, practice=practice), read(NumpyRowReader, chunks, practice=practice)
    assert fast.records == plain.records
    assert fast.sound() == plain.sound()
    assert (fast.broken, fast.lines) == (plain.broken, plain.lines)
    assert sorted(fast.faults, key=repr) == sorted(plain.faults, key=repr)


def test_the_fast_reader_takes_sound_chunks_itself() -> None:
    """Or the comparison above would compare the plain reader with itself."""
    reader = NumpyRowReader(2, practice=True)
    rows = [FeedRow("restricted", None, "unpaid", imei(n).digits, None, n) for n in (1, 2)]
    reader.take(ENCODER.encode_lines(rows), 2)
    assert not reader.records
    assert len(reader._parts) == 1


def test_many_rows_of_one_phone_take_no_longer() -> None:
    """Rows of one phone are looked at once each, whoever wrote them: the work grows with the rows alone."""
    rows = [FeedRow("registered", None, None, imei(1).digits, None, n) for n in range(1, 20_001)]
    reader = RowReader(20_000, practice=True)
    reader.take(ENCODER.encode_lines(rows), 2)
    reader.finish()
    assert (len(reader.sound()), len(reader.faults)) == (1, 19_999)


@given(leaves=st.lists(st.binary(min_size=32, max_size=32), max_size=70))
def test_the_root_is_that_of_the_log_s_own_tree(leaves: list[bytes]) -> None:
    """Level by level comes to what the growing tree comes to (RFC 6962 §2.1)."""
    assert root_of(leaves) == grow(Frontier(), leaves)[0].root


def test_a_row_s_salt_is_its_own() -> None:
    """It depends on the seed and the row's number alone, so that a part of the rows has the same commitments."""
    records = [RECORD.pack(int(imei(n).key), n, 15, 0, 0, 0, 0) for n in (1, 2, 3)]
    whole = leaves_of(records, bytes(32), row_max=3)
    assert leaves_of(records[2:], bytes(32), row_max=3) == whole[2:]
    assert salts_of(bytes(32), 2) == salts_of(bytes(32), 3)[:32]
    assert whole != leaves_of(records, b"\x01" * 32, row_max=3)


@pytest.mark.parametrize(
    "record",
    [
        RECORD.pack(int(imei(1).key), 0, NO_CHECK_DIGIT, 0, 0, 0, 0),
        RECORD.pack(int(imei(1).key), 1, 10, 0, 0, 0, 0),
        RECORD.pack(int(imei(1).key), 1, NO_CHECK_DIGIT, 5, 0, 0, 0),
        RECORD.pack(int(imei(1).key), 1, NO_CHECK_DIGIT, 3, 6, 0, 0),
        RECORD.pack(int(imei(1).key), 1, NO_CHECK_DIGIT, 0, 1, 0, 0),
        RECORD.pack(10**14, 1, NO_CHECK_DIGIT, 0, 0, 0, 0),
        RECORD.pack(int(imei(1).key), 1, NO_CHECK_DIGIT, 0, 0, 4_000_000_000, 0),
        b"",
    ],
)
def test_a_record_that_no_feed_has_is_no_notice(record: bytes) -> None:
    """A reader of segments takes nothing that an import would not have kept."""
    with pytest.raises(MalformedError):
        notice_of(record, DOCOMO, 0, practice=True)


@given(
    counts=st.lists(st.integers(1, 3), min_size=1, max_size=3 * BLOCK_ROWS // 2),
    asked=st.integers(0, 2 * BLOCK_ROWS),
    many=st.integers(0, 1),
)
@settings(max_examples=40, deadline=None)
def test_a_segment_gives_a_phone_s_rows(counts: list[int], asked: int, many: int) -> None:
    """All of them, in order, also where they lie across blocks; and none of another phone."""
    counts = [*counts, many * (2 * BLOCK_ROWS + 7), 1]
    numbers = [n for n, count in enumerate(counts) for _ in range(count)]
    records = [RECORD.pack(2 * n, row, 15, 0, 0, 0, 0) for row, n in enumerate(numbers, 1)]
    name, content = encode_segment(records, bytes(32))
    head = decode_head(name, content[: head_bytes(len(records))])
    assert head.file_size == len(content)
    found = []
    for block in head.blocks_of(asked):
        offset, size = head.place(block)
        found += rows_in(content[offset : offset + size], asked)
    assert found == [one for one in records if int.from_bytes(one[:8], "big") == asked]
