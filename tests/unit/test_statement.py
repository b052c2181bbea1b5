"""Canonical bytes: one statement has one form, and no other bytes are taken for it."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.domain.fold import Statement
from shirorom.domain.reading import showable
from shirorom.log.checkpoint import Checkpoint, decode_checkpoint, encode_checkpoint
from shirorom.log.entry import (
    KINDS,
    EntryBody,
    MalformedError,
    Opening,
    commitment,
    decode_entry,
    encode_entry,
)
from shirorom.log.statement import decode_statement, encode_statement, kind_of
from shirorom.log.times import date_of, time_of, time_text
from tests.logs import START, reading
from tests.statements import statements

openings = st.builds(
    Opening,
    st.text("0123456789", min_size=14, max_size=14),
    st.integers(0, 2**64 - 1),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
    st.binary(max_size=60),
)
bodies = st.builds(
    EntryBody,
    st.sampled_from(sorted(KINDS)),
    st.integers(0, 10**9).map(lambda s: START + timedelta(seconds=s)),
    st.binary(min_size=32, max_size=32),
)


@given(statement=statements)
def test_a_statement_comes_back(statement: Statement) -> None:
    """decode(encode(x)) is x, for every kind."""
    assert decode_statement(encode_statement(statement)) == statement


@given(statement=statements)
def test_the_form_is_rfc_8785(statement: Statement) -> None:
    """Another JSON writer, told to sort names and to leave out white space, gives the same bytes."""
    data = encode_statement(statement)
    again = json.dumps(json.loads(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert again.encode() == data


@given(statement=statements, other=statements)
def test_two_statements_never_share_a_form(statement: Statement, other: Statement) -> None:
    """What differs, differs in its bytes."""
    assert (encode_statement(statement) == encode_statement(other)) == (statement == other)


@given(statement=statements, place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_is_another_statement(statement: Statement, place: int, bit: int) -> None:
    """Changed bytes never decode to the statement that they were."""
    data = bytearray(encode_statement(statement))
    data[place % len(data)] ^= 1 << bit
    with suppress(MalformedError):
        assert decode_statement(bytes(data)) != statement


@given(data=st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    """Nothing but MalformedError comes out of reading what we did not write."""
    with pytest.raises(MalformedError):
        decode_statement(data)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('{"', '{ "', 1),
        lambda text: text + "\n",
        lambda text: text.replace('"v":1', '"v":2'),
        lambda text: text.replace('"v":1', '"v":1,"v":1'),
        lambda text: text.replace('"v":1', '"v":1.0'),
        lambda text: text.replace('"v":1', '"v":1,"x":null'),
        lambda text: text.replace('"page":null,', ""),
        lambda text: text.replace('"reading"', '"notice"'),
        lambda text: text.replace('"clear"', '"unknown"'),
        lambda text: text.replace("制限なし", "\\u5236限なし"),
        lambda text: text.replace("09:00:00Z", "09:00:00+00:00"),
        lambda text: text.replace("09:00:00Z", "09:00:60Z"),
        lambda text: text.replace('"imei":"0', '"imei":"1'),
        lambda text: text.replace('"error":null', '"error":"glyph-unknown"'),
        lambda text: text.replace('"practice":true', '"practice":false'),
        lambda text: "[" * 100_000,
    ],
)
def test_another_spelling_is_refused(spoil: object) -> None:
    """White space, order, doubles, escapes, other versions, unknown fields, values that cannot be: all refused."""
    text = spoil(encode_statement(reading()).decode())  # type: ignore[operator]
    with pytest.raises(MalformedError):
        decode_statement(text.encode())


def test_a_time_within_a_second_has_no_form() -> None:
    """The log keeps seconds; what is finer must be cut by who knows what it means."""
    with pytest.raises(ValueError, match="whole seconds"):
        encode_statement(replace(reading(), asked_at=START + timedelta(microseconds=1)))


@pytest.mark.parametrize("text", ["\ud800", "\x1b[2J", "\x00"])
def test_what_cannot_be_shown_is_no_reading(text: str) -> None:
    """A lone surrogate or a terminal's control sequence is refused at birth, and `showable` takes its sting."""
    with pytest.raises(ValueError, match="control character"):
        replace(reading(), sentence=text)
    assert replace(reading(), sentence=showable(text)).sentence.startswith("\ufffd")


def test_a_time_of_another_zone_has_no_form() -> None:
    """Only UTC stands in the log."""
    with pytest.raises(ValueError, match="UTC"):
        time_text(START.astimezone(timezone(timedelta(hours=9))))


@pytest.mark.parametrize("text", ["2026-11-23T09:00:00", "20261123T090000Z", "2026-11-23 09:00:00Z", "2026-W48-1", ""])
def test_a_moment_has_one_spelling(text: str) -> None:
    """Other spellings that Python reads are refused."""
    with pytest.raises(ValueError):
        time_of(text)


@pytest.mark.parametrize("text", ["20261123", "2026-W48-1", "2026-11-23T00:00:00"])
def test_a_day_has_one_spelling(text: str) -> None:
    """As for moments."""
    with pytest.raises(ValueError):
        date_of(text)


@given(statement=statements)
def test_the_kind_is_known_to_the_log(statement: Statement) -> None:
    """Everything that can be recorded has a kind that an entry may have."""
    assert kind_of(statement) in KINDS


@given(body=bodies)
def test_an_entry_comes_back(body: EntryBody) -> None:
    """decode(encode(x)) is x."""
    assert decode_entry(encode_entry(body)) == body


@given(body=bodies, place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_flipped_bit_in_an_entry_is_refused_or_is_another(body: EntryBody, place: int, bit: int) -> None:
    """Changed bytes never decode to the entry that they were."""
    data = bytearray(encode_entry(body))
    data[place % len(data)] ^= 1 << bit
    with suppress(MalformedError):
        assert decode_entry(bytes(data)) != body


@given(one=openings, other=openings)
def test_two_openings_never_share_a_commitment(one: Opening, other: Opening) -> None:
    """Whatever differs, the commitment differs."""
    assert (commitment("log", one) == commitment("log", other)) == (one == other)


@given(opening=openings)
def test_a_commitment_belongs_to_one_log(opening: Opening) -> None:
    """The same opening in a log of another name is another commitment."""
    assert commitment("log", opening) != commitment("lo", opening)


@given(opening=openings)
def test_an_entry_shows_no_number(opening: Opening) -> None:
    """The key does not stand in the commitment, in digits or in bytes."""
    digest = commitment("log", opening)
    assert opening.key.encode() not in digest
    assert opening.key not in digest.hex()


@pytest.mark.parametrize(
    ("key", "counter", "previous", "salt"),
    [
        ("0" * 15, 0, bytes(32), bytes(32)),
        ("0" * 14, -1, bytes(32), bytes(32)),
        ("0" * 14, 0, bytes(31), bytes(32)),
        ("0" * 14, 0, bytes(32), bytes(33)),
        ("０" * 14, 0, bytes(32), bytes(32)),
    ],
)
def test_an_opening_that_cannot_be_is_refused(key: str, counter: int, previous: bytes, salt: bytes) -> None:
    """Lengths are fixed, so that the commitment's input reads one way only."""
    with pytest.raises(ValueError, match="opening"):
        Opening(key, counter, previous, salt, b"")


@given(size=st.integers(0, 2**60), root=st.binary(min_size=32, max_size=32))
def test_a_checkpoint_comes_back(size: int, root: bytes) -> None:
    """decode(encode(x)) is x."""
    checkpoint = Checkpoint("shirorom/real/0", size, root)
    assert decode_checkpoint(encode_checkpoint(checkpoint)) == checkpoint


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body + b"\n",
        lambda body: body[:-1],
        lambda body: body.replace(b"\n12\n", b"\n012\n"),
        lambda body: body.replace(b"\n12\n", b"\n-12\n"),
        lambda body: body.replace(b"\n12\n", b"\n+12\n"),
        lambda body: body.replace(b"\n", b"\r\n"),
        lambda body: body.replace(b"AAA=\n", b"AAB=\n"),
        lambda body: b"\n" + body,
        lambda body: body.replace(b"log", b"\xff"),
    ],
)
def test_another_spelling_of_a_checkpoint_is_refused(spoil: object) -> None:
    """Also where base64 would let spare bits differ."""
    body = encode_checkpoint(Checkpoint("log", 12, bytes(32)))
    with pytest.raises(MalformedError):
        decode_checkpoint(spoil(body))  # type: ignore[operator]
