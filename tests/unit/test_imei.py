"""What an IMEI is: 15 digits, a check digit over 14 of them, its ranges; and what one phone may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from shirorom.domain.errors import NumberError
from shirorom.domain.imei import IMEIS_MAX, Device, Imei, luhn_digit
from tests.wide import wide

KEYS = st.text("0123456789", min_size=14, max_size=14)


@given(key=KEYS)
def test_check_digit_is_that_of_the_standard(key: str) -> None:
    """The digit agrees with an independent implementation of the same rule."""
    assert luhn_digit(key) == luhn.calc_check_digit(key)


def test_examples_of_the_standards() -> None:
    """TS 23.003 Annex B's worked example ends in 7; the usual documentation number ends in 8."""
    assert Imei.of_key("26053179311383").digits == "260531793113837"
    assert Imei.of_key("49015420323751").digits == "490154203237518"


@given(key=KEYS.filter(lambda key: len(set(key)) > 1), digit=st.sampled_from("0123456789"))
def test_exactly_one_check_digit_holds(key: str, digit: str) -> None:
    """Of the ten numbers with one key, one is an IMEI and nine say that the 15th digit does not hold."""
    if digit == luhn_digit(key):
        assert Imei(key + digit).key == key
        return
    with pytest.raises(NumberError) as refused:
        Imei(key + digit)
    assert refused.value.code == "imei-check-digit"
    assert refused.value.details["position"] == 15


@pytest.mark.parametrize(
    "digits",
    [
        "",
        "49015420323751",
        "4901542032375180",
        "49015420323751O",
        wide("490154203237518"),
        "490154203237518\n",
    ],
)
def test_only_fifteen_ascii_digits_are_held(digits: str) -> None:
    """A value is never anything but its 15 digits; spellings are the parser's work."""
    with pytest.raises(NumberError, match="imei-length"):
        Imei(digits)


@pytest.mark.parametrize("key", ["", "4901542032375", "490154203237518"])
def test_a_key_has_fourteen_digits(key: str) -> None:
    """Other lengths are refused, not completed."""
    with pytest.raises(NumberError, match="imei-length"):
        Imei.of_key(key)


@pytest.mark.parametrize("key", ["4901542032375O", "４９０１５４２０３２３７５１", "4901542032375 "])
def test_a_key_is_of_digits(key: str) -> None:
    """Fourteen characters that are not digits are refused as such."""
    with pytest.raises(NumberError, match="imei-characters"):
        Imei.of_key(key)


@pytest.mark.parametrize("digit", "0123456789")
def test_one_repeated_digit_is_no_phone(digit: str) -> None:
    """Numbers that fill in a form."""
    with pytest.raises(NumberError, match="imei-repeated"):
        Imei.of_key(digit * 14)


@pytest.mark.parametrize(
    ("key", "is_test"),
    [
        ("00100100000001", True), ("00101700000001", True), ("00440000000001", True), ("00860000000001", True),
        ("00100000000001", False), ("00101800000001", False), ("00450000000001", False), ("49015420323751", False),
    ],
)  # fmt: skip
def test_test_ranges_are_those_of_the_gsma(key: str, is_test: bool) -> None:
    """001001–001017, 0044 and 0086 (TS.06 v28.1); their neighbours are not."""
    assert Imei.of_key(key).is_test is is_test


def test_shown_to_bystanders() -> None:
    """Grouped for the owner, four digits for everybody else."""
    imei = Imei("490154203237518")
    assert (imei.grouped, imei.masked, imei.tac) == ("49-015420-323751-8", "…7518", "49015420")


def test_a_device_has_one_to_four_different_numbers() -> None:
    """None, too many and twice the same are refused, each by its code."""
    imeis = tuple(Imei.of_key(f"0010010100000{n}") for n in range(5))
    assert Device(imeis[:IMEIS_MAX]).tac == "00100101"
    for numbers, code in (((), "imei-not-found"), (imeis, "device-too-many"), (imeis[:1] * 2, "device-repeated")):
        with pytest.raises(NumberError, match=code):
            Device(numbers)
