"""The one-time code: unambiguous, unguessable from outside, valid for a day, with nothing kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.domain.one_time import ALPHABET, CHARACTERS, VALID, Request

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
RANDOM = st.binary(min_size=12, max_size=12)


@given(random=RANDOM)
def test_code_has_no_ambiguous_character(random: bytes) -> None:
    """Six characters, none of which is taken for another by eye or by machine."""
    code = Request.new(random=random, now=NOW).code
    assert len(code) == CHARACTERS
    assert not set(code) & set("0OQD1IL2Z5S8BGUV")


@given(random=RANDOM)
def test_address_is_all_that_is_needed(random: bytes) -> None:
    """Code and hour come back from the address alone: no list is kept anywhere."""
    made = Request.new(random=random, now=NOW)
    assert Request.parse(made.id) == made
    assert (made.code, made.until) == (Request(made.id, NOW).code, NOW + VALID)


@given(one=RANDOM, other=RANDOM)
def test_other_address_other_code(one: bytes, other: bytes) -> None:
    """Two requests of the same second have different codes (but for one chance in 64 million)."""
    first, second = Request.new(random=one, now=NOW), Request.new(random=other, now=NOW)
    assert (first.code == second.code) == (one == other)


def test_codes_use_the_whole_alphabet() -> None:
    """Each of the characters comes up at each place: the code is not shorter than it looks."""
    codes = [Request.new(random=n.to_bytes(12, "big"), now=NOW).code for n in range(2_000)]
    assert all({code[place] for code in codes} == set(ALPHABET) for place in range(CHARACTERS))


def test_it_holds_for_a_day() -> None:
    """Valid from its second on, until 24 hours later; a clock a little behind does not matter, an hour does."""
    made = Request.new(random=bytes(12), now=NOW)
    assert made.valid(NOW)
    assert made.valid(NOW + VALID - timedelta(seconds=1))
    assert not made.valid(NOW + VALID)
    assert made.valid(NOW - timedelta(seconds=30))
    assert not made.valid(NOW - timedelta(hours=1))


@pytest.mark.parametrize("text", ["", "x", "0" * 31, "0" * 33, "Z" * 32, "001001010000013", "６" * 32])
def test_other_addresses_are_none(text: str) -> None:
    """What is no such address is no request; a phone's number is none."""
    assert Request.parse(text) is None
