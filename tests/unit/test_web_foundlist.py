"""The list of what was read: what is joined and split means just that to the one parser; what is wrong is marked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.texts_toml import Texts
from shirorom.domain.imei import Imei
from shirorom.domain.parse import parse
from shirorom.edge.web.foundlist import BLOCKS_MAX, Block, blocks_of, is_article, shown, spots_of, written
from shirorom.edge.web.look import Speech

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SPEECH = Speech("ja", Texts.load("ja"), packaged_facts(), NOW)
ONE, TWO, OTHER = "001001010000013", "001001010000021", "001002020000001"
IMEI = st.integers(0, 99_999).map(lambda n: Imei.of_key(f"001001{n:08d}"))
PHONES = st.lists(IMEI, min_size=1, max_size=8, unique=True).flatmap(
    lambda imeis: st.lists(st.integers(1, 3), min_size=8, max_size=8).map(lambda sizes: _cut(imeis, sizes))
)


def _cut(imeis: list[Imei], sizes: list[int]) -> list[tuple[Imei, ...]]:
    phones = []
    rest = list(imeis)
    for size in sizes:
        if rest:
            phones.append(tuple(rest[:size]))
            rest = rest[size:]
    return phones


def listed(text: str) -> list[Block]:
    """The list for a text."""
    return blocks_of(text, parse(text), SPEECH)


@given(phones=PHONES)
def test_written_is_read_back(phones: list[tuple[Imei, ...]]):
    """What splitting and joining write means to the parser exactly those phones, however alike the numbers are."""
    assert list(parse(written(phones)).devices) == phones


@given(phones=PHONES)
def test_every_split_and_join(phones: list[tuple[Imei, ...]]):
    """Each offer does what it says: a split parts one phone and a join makes one of two; all others stay."""
    blocks = listed(written(phones))
    for place, block in enumerate(blocks):
        if block.split is not None:
            parted = [*phones[:place], *((imei,) for imei in phones[place]), *phones[place + 1 :]]
            assert list(parse(block.split).devices) == parted
        if block.join is not None:
            joined = [*phones[:place], (*phones[place], *phones[place + 1]), *phones[place + 2 :]]
            assert list(parse(block.join).devices) == joined


def test_bad_numbers_stay_bad_through_a_split():
    """A number that cannot be used does not vanish when another phone is split."""
    (pair, bad) = listed(f"IMEI1: {ONE}\nIMEI2: {TWO}\n\n001002020000002")
    assert pair.split is not None
    again = parse(pair.split)
    assert [imei.digits for phone in again.devices for imei in phone] == [ONE, TWO]
    assert [found.text for found in again.bad] == ["001002020000002"]
    assert bad.split is None


REPEATS = {
    f"{OTHER}\n\n{OTHER}": "上の番号と同じです",
    f"{ONE}\n\n{ONE[:14]}": "書き方は違いますが",
    f"{ONE}\n\n{ONE[:14]}01": "書き方は違いますが",
    "001001010000013\n\n00-100101-000001-3": "上の番号と同じです",
}


@pytest.mark.parametrize("text", REPEATS)
def test_repeats_are_pointed_at(text: str):
    """The same phone given twice is said to be so, in 14, 15 or 16 digits, and counts once."""
    first, second = listed(text)
    assert first.rows[0].state == "good"
    assert (second.rows[0].state, REPEATS[text] in second.rows[0].says) == ("again", True)
    assert len(parse(text).devices) == 1


SLIPS = {
    "001001010000014": ["4"],
    "00-100101-000001-4": ["4"],
    "IMEI: OO1001010000013": ["O", "O"],
    "IMEI: 00100101ABC0013": ["A", "B", "C"],
}


@pytest.mark.parametrize("text", SLIPS)
def test_wrong_characters_are_marked(text: str):
    """The mark stands where the parser's code says; the text as a whole is unchanged."""
    (found,) = parse(text).found
    spots = spots_of(found)
    assert [part for part, wrong in spots if wrong] == SLIPS[text]
    assert "".join(part for part, _ in spots) == found.text


def test_check_digit_claims_no_more_than_is_known():
    """Under a wrong check digit it is said that the digit at fault cannot be computed."""
    (block,) = listed("001001010000014")
    assert "計算では分からない" in (block.rows[0].hint or "")


NAMED = {
    "4901234567894": "JANコード（商品の番号）です",
    "４９０１２３４５６７８９４": "JANコード（商品の番号）です",
    f"IMEI1: {ONE}\nIMEI2: {TWO}\n4901234567894": "JANコード（商品の番号）です",
    "89049032000000000000000000000000": "これはEIDです",
    "8981100000000000000": "これはSIMカードの番号です",
}


@pytest.mark.parametrize("text", NAMED)
def test_foreign_codes_are_named(text: str):
    """An EID, an ICCID or a JAN says what it is and what to scan instead."""
    assert any(NAMED[text] in row.says for block in listed(text) for row in block.rows)


def test_an_article_number_beside_a_phone_is_no_mistake():
    """A JAN that was scanned first does not stop the phone from being asked for."""
    text = f"4901234567894\n{OTHER}"
    assert [block.rows[0].state for block in listed(text)] == ["good", "also"]
    assert parse(text).bad == ()


@pytest.mark.parametrize("line", ["4901234567895", "490123456789", "20261125", "490123456789a", ""])
def test_other_numbers_are_no_article(line: str):
    """A wrong check digit, a wrong length, a date: nothing is said of them."""
    assert not is_article(line)


def test_long_lists_show_what_needs_a_look():
    """Of a pasted column only wrong and repeated numbers are listed; the rest is counted."""
    good = [(Imei.of_key(f"001001{n:08d}"),) for n in range(BLOCKS_MAX + 5)]
    text = written(good) + f"\n\n{good[0][0].digits}\n\n001002020000002"
    kept, hidden = shown(listed(text))
    assert [block.rows[0].state for block in kept] == ["again", "bad"]
    assert hidden == BLOCKS_MAX + 5
