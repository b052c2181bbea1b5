"""domain/echo.py: the number that the page repeats is the one that was asked, and no other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.domain.echo import Number, check_echo
from shirorom.domain.errors import CellError
from shirorom.domain.imei import Imei

ASKED = Imei("001001010000047")
OTHER = Imei("001001010000013")
LABELS = ("IMEI", "製造番号")
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


def outcome(*texts: str, before: str = "") -> str:
    """What the page's lines come to: "ok" or the error's code."""
    try:
        check_echo([Number(text, before, "text") for text in texts], ASKED, LABELS)
    except CellError as error:
        return error.code
    return "ok"


@pytest.mark.parametrize(
    "text",
    [
        ASKED.digits, f"製造番号：{ASKED.digits}", ASKED.grouped, ASKED.digits.translate(WIDE),
        f"IMEI {ASKED.digits[:6]} {ASKED.digits[6:12]} {ASKED.digits[12:]}", f"{ASKED.digits} 2026/11/23 12:00",
        f"2026-11-23 {ASKED.digits}", f"No. 1 {ASKED.digits}", "00100-10100-00047",
    ],
)  # fmt: skip
def test_asked_number_in_any_spelling(text: str) -> None:
    """Any grouping, full width, beside dates and other digits."""
    assert outcome(text) == "ok"


@pytest.mark.parametrize(
    "text",
    [
        f"製造番号：{OTHER.digits}", OTHER.digits, f"{ASKED.digits} / {OTHER.digits}", f"IMEI：{OTHER.grouped}",
        f"IMEI {OTHER.digits[:14]}", f"製造番号 {ASKED.digits[:14]}9", f"製造番号 {ASKED.digits[:14]}",
    ],
)  # fmt: skip
def test_another_number(text: str) -> None:
    """A labelled number, or any whose check digit holds, that is not the asked one; a shortened one too."""
    assert outcome(text) == "echo-mismatch"


def test_both_numbers_are_a_mismatch() -> None:
    """The asked number does not make up for another phone's beside it."""
    assert outcome(f"IMEI：{ASKED.digits}", f"IMEI：{OTHER.digits}") == "echo-mismatch"


@pytest.mark.parametrize(
    "text",
    [
        "受付番号 20261123123456", "お客様番号 001001010000013", "入力例：490154203237518",
        "電話番号 0120-800-000 0800-919-0157",
        "EID 89049032123451234512345678901235", "IMEI（例 490154203237518）",
    ],
)  # fmt: skip
def test_numbers_of_another_kind_are_left_alone(text: str) -> None:
    """Receipts, examples, telephone numbers and EIDs are no echo, and no other phone."""
    assert outcome(text) == "page-changed"
    assert outcome(text, f"製造番号：{ASKED.digits}") == "ok"


def test_label_in_the_cell_before() -> None:
    """The label may stand in the line or cell before its number."""
    assert outcome("00100101000009", before="製造番号") == "echo-mismatch"


def test_no_number_at_all() -> None:
    """An answer without its number may be about anything."""
    assert outcome() == "page-changed"


@given(st.integers(0, 10**6 - 1))
def test_only_the_asked_number_passes(serial: int) -> None:
    """Of a million phones next to it, only the asked one is its echo."""
    imei = Imei.of_key(f"00100101{serial:06d}")
    assert (outcome(f"製造番号：{imei.digits}") == "ok") == (imei == ASKED)
