"""What the parser promises for every number and every text, by properties; and where python-stdnum is wrong."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from stdnum import imei as stdnum_imei
from stdnum.exceptions import ValidationError

from shirorom.domain.errors import CODES, NumberError, RequestError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.parse import TEXT_CHARS_MAX, Found, Kind, parse, read_device, read_imei
from tests.scale import scaled

EXAMPLE = Imei("490154203237518")
OTHER = Imei("260531793113837")
TWIN, TWIN2, THIRD = Imei("001001010000013"), Imei("001001010000021"), Imei("001001010000039")


def _is_number(key: str) -> bool:
    return len(set(key)) > 1


KEYS = st.integers(1, 10**14 - 2).map("{:014d}".format).filter(_is_number)
IMEIS = KEYS.map(Imei.of_key)

FULL_WIDTH = str.maketrans("0123456789-", "０１２３４５６７８９－")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def grouped(digits: str, *lengths: int, by: str) -> str:
    """The digits in groups of these lengths."""
    groups, place = [], 0
    for length in lengths:
        groups.append(digits[place : place + length])
        place += length
    return by.join(groups)


SPELLINGS = {
    "plain": lambda d: d,
    "blanks": lambda d: grouped(d, 2, 6, 6, 1, by=" "),
    "hyphens": lambda d: grouped(d, 2, 6, 6, 1, by="-"),
    "old grouping": lambda d: grouped(d, 6, 2, 6, 1, by="/"),
    "tac first": lambda d: grouped(d, 8, 6, 1, by="-"),
    "wide hyphens": lambda d: grouped(d, 2, 6, 6, 1, by=" - "),
    "long vowel marks": lambda d: grouped(d, 2, 6, 6, 1, by="ー"),
    "en dashes": lambda d: grouped(d, 2, 6, 6, 1, by="\u2013"),
    "threes": lambda d: grouped(d, 3, 3, 3, 3, 3, by=" "),
    "thousands": lambda d: grouped(d, 3, 3, 3, 3, 3, by=","),
    "one by one": lambda d: " ".join(d),
    "full width": lambda d: grouped(d, 2, 6, 6, 1, by="-").translate(FULL_WIDTH),
    "arabic digits": lambda d: d.translate(ARABIC),
    "zero width": lambda d: "\u200b".join(d),
    "soft hyphens": lambda d: grouped(d, 5, 5, 5, by="\u00ad"),
    "NULs": lambda d: "\0".join(d),
    "direction marks": lambda d: f"\u200f\u202a{d}\u202c",
    "keycaps": lambda d: "".join(f"{digit}\ufe0f\u20e3" for digit in d),
    "no-break blanks": lambda d: grouped(d, 2, 6, 6, 1, by="\u00a0"),
    "entities": lambda d: grouped(d, 2, 6, 6, 1, by="&nbsp;"),
    "inline tags": lambda d: f"<p>{d[:8]}<b>{d[8:14]}</b>{d[14]}</p>",
    "cell": lambda d: f"<td class='n'>{d}</td>",
    "apostrophe": lambda d: f"'{d}",
    "formula": lambda d: f'="{d}"',
    "float": lambda d: f"{d}.0",
    "version": lambda d: f"{d} / 01",
    "glued version": lambda d: f"{d}/78",
    "label": lambda d: f"IMEI: {d}",
    "full-width label": lambda d: f"ＩＭＥＩ：{d}",
    "number label": lambda d: f"IMEI No. {d}",
    "japanese label": lambda d: f"製造番号（IMEI）は{d}です",
    "terminal label": lambda d: f"端末識別番号\n{d}",
    "counted label": lambda d: f"IMEI1：{d}",
    "slot label": lambda d: f"IMEI (slot 1) {d}",
    "urn": lambda d: f"urn:gsma:imei:{grouped(d, 8, 6, 1, by='-')}",
    "spare digit": lambda d: f"urn:gsma:imei:{d[:8]}-{d[8:14]}-0",
    "escaped urn": lambda d: f"urn%3Agsma%3Aimei%3A{grouped(d, 8, 6, 1, by='-')}",
    "gs1": lambda d: f"(8040){d}",
    "bare gs1": lambda d: f"8040{d}",
    "scanned gs1": lambda d: f"]C18040{d}\x1d",
    "key": lambda d: d[:14],
    "labelled key": lambda d: f"IMEI {d[:14]}",
    "grouped key": lambda d: grouped(d[:14], 2, 6, 6, by="-"),
    "imeisv": lambda d: f"IMEISV {d[:14]}42",
    "grouped imeisv": lambda d: grouped(d[:14] + "42", 2, 6, 6, 2, by="-"),
    "mail": lambda d: f"電話 090-1234-5678、2026-11-23。番号は {d} です。〒100-0001",
}
REFUSALS = {"imei-lost-zero", "imei-length", "imei-not-found"}
"""What a spelling may be refused for: a lost zero, a moment of time, a count that may be a digit."""

DOUBTFUL = ("key", "labelled key", "grouped key", "imeisv", "slot label")
MANY = settings(max_examples=scaled(2_000))


def outcome(text: str) -> Imei | str:
    """The number read from a text, or the code of the refusal."""
    try:
        return read_imei(text)
    except NumberError as error:
        return error.code


@pytest.mark.parametrize("spelling", SPELLINGS)
@MANY
@given(imei=IMEIS)
def test_every_spelling_gives_the_same_number_or_a_clear_refusal(spelling: str, imei: Imei) -> None:
    """No spelling of a number leads to another phone."""
    text = SPELLINGS[spelling](imei.digits)
    assert outcome(text) == imei or (spelling in DOUBTFUL and outcome(text) in REFUSALS)
    assert {one.imei for one in parse(text).found if one.imei} <= {imei}


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u3000", "  "])
@given(imei=IMEIS)
def test_a_blank_behind_the_first_digit_leads_to_no_other_phone(blank: str, imei: Imei) -> None:
    """The other 14 digits alone would be a phone's: what cannot be told apart is an error."""
    for rest in (imei.digits[1:], grouped(imei.digits[1:], 8, 6, by="-"), grouped(imei.digits[1:], 1, 13, by="-")):
        found = [one.imei for one in parse(imei.digits[0] + blank + rest).found if one.imei is not None]
        assert found in ([], [imei])


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_of_the_example_is_read(spelling: str) -> None:
    """Control of the refusals: they are rare; a usual number is read from each spelling, by the parser too."""
    text = SPELLINGS[spelling](EXAMPLE.digits)
    assert read_imei(text) == EXAMPLE
    assert [one.imei for one in parse(text).found] == [EXAMPLE]


@MANY
@given(imei=IMEIS, place=st.integers(0, 14), step=st.integers(1, 9), spelling=st.sampled_from(
    [name for name in SPELLINGS if name not in ("key", "labelled key", "grouped key", "imeisv", "grouped imeisv",
     "spare digit", "urn", "escaped urn")]
))  # fmt: skip
def test_one_wrong_digit_is_reported_and_never_looked_up(imei: Imei, place: int, step: int, spelling: str) -> None:
    """Whatever digit is wrong, and however the number is written behind a label, no number comes of it."""
    wrong = imei.digits[:place] + str((int(imei.digits[place]) + step) % 10) + imei.digits[place + 1 :]
    assume(len(set(wrong)) > 1)
    parsed = parse("IMEI: " + SPELLINGS[spelling](wrong))
    assert [one.imei for one in parsed.found] == [None]
    assert parsed.found[0].error in ("imei-check-digit", "imei-repeated")
    assert parsed.bad
    assert parsed.devices == ()


@MANY
@given(imei=IMEIS, place=st.integers(0, 13), step=st.integers(1, 9))
def test_in_an_urn_only_the_key_is_wrong_or_right(imei: Imei, place: int, step: int) -> None:
    """An urn's last digit may be the filler 0; with any other, a wrong digit is reported."""
    wrong = imei.digits[:place] + str((int(imei.digits[place]) + step) % 10) + imei.digits[place + 1 :]
    assume(len(set(wrong[:14])) > 1 and wrong[14] != "0")
    assert [one.error for one in parse(f"urn:gsma:imei:{wrong}").found] == ["imei-check-digit"]


WORDS = ["IMEI", "IMEI2:", "SIM 1", "EID ", "製造番号", "注文番号：", "urn:gsma:imei:", "(8041)", "8040", "]C1"]
MARKS = ["<td>", "</td>", "<b>", "<br>", "&nbsp;", "&#x200b;", "\n", "\n\n", "\t", "\x1d", "\0", "\u202e", "\u0301"]
REST = [
    "\ud800",
    "\u200b",
    "-",
    ".",
    ",",
    "O",
    "l",
    " / 01",
    "3.58E+14",
    "F2LXK0ABCDEF",
    "A0000012345678",
    "090-1234-5678",
]
PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(WORDS + MARKS + REST),
    st.text("0123456789 -/.OIl", max_size=40),
    IMEIS.map(lambda imei: imei.digits),
    IMEIS.map(lambda imei: imei.grouped),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


@MANY
@given(text=TEXTS)
def test_any_text_is_read_and_its_places_slice_back(text: str) -> None:
    """No text is too strange; what is found stands where it is said to stand, in order, apart, with one meaning."""
    parsed = parse(text)
    end = 0
    for one in parsed.found:
        assert end <= one.start < one.end <= len(text)
        assert text[one.start : one.end] == one.text
        assert one.valid == (one.imei is not None) == (one.error is None)
        assert one.error is None or one.error in CODES
        end = one.end
    offered = [imei for device in parsed.devices for imei in device]
    assert set(offered) <= {one.imei for one in parsed.found}
    for device in parsed.devices:
        Device(device)


@MANY
@given(text=TEXTS)
def test_what_is_read_as_a_device_was_found(text: str) -> None:
    """Given as one device, a text gives its own numbers or a refusal with a code, and never uses a suggestion."""
    found = {one.imei for one in parse(text).found if one.imei}
    try:
        device = read_device([text])
    except NumberError:
        return  # its code is in the table, or the error could not have been made
    assert not found or set(device.imeis) <= found


@MANY
@given(before=st.text("0123456789", min_size=1, max_size=30), imei=IMEIS, after=st.text("0123456789", max_size=30))
@example(before="8041", imei=EXAMPLE, after="1")
@example(before="1", imei=EXAMPLE, after="")
def test_no_number_comes_out_of_the_middle_of_a_longer_one(before: str, imei: Imei, after: str) -> None:
    """Digits in one piece are one number: the IMEI inside is not it, unless a known form says where it begins."""
    whole = before + imei.digits + after
    gs1 = whole.startswith(("8040", "8041", "01"))
    for one in parse(f"x {whole} x").found:
        assert one.imei is None or gs1 or one.imei.key == whole[:14]


# ---- which numbers are one phone


@MANY
@given(first=IMEIS, second=IMEIS, third=IMEIS)
def test_counted_labels_decide(first: Imei, second: Imei, third: Imei) -> None:
    """IMEI and IMEI2 are one phone whatever their digits; the next IMEI begins another."""
    assume(len({first.key, second.key, third.key}) == 3)
    text = f"IMEI: {first.digits}\nIMEI2: {second.digits}\nIMEI: {third.digits}\n"
    assert parse(text).devices == ((first, second), (third,))


@MANY
@given(imeis=st.lists(IMEIS, min_size=3, max_size=12, unique_by=lambda imei: imei.key))
@example(imeis=[TWIN, TWIN2, THIRD])
def test_a_column_is_a_list_of_phones(imeis: list[Imei]) -> None:
    """Three or more below one another without counts are phones of their own, of one model or not."""
    assert parse("\n".join(imei.digits for imei in imeis)).devices == tuple((imei,) for imei in imeis)
    assert parse("IMEI\r\n" + "\r\n".join(imei.digits for imei in imeis)).devices == tuple((imei,) for imei in imeis)


def test_a_csv_column_of_two_phones_is_two_phones() -> None:
    """Rows with other cells between do not stand together, even of one model."""
    rows = f"番号,IMEI,機種\n1,{TWIN.digits},iPhone 13\n2,{TWIN2.digits},iPhone 13\n"
    assert parse(rows).devices == ((TWIN,), (TWIN2,))


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (TWIN, TWIN2, True),
        (Imei.of_key("00100101000001"), Imei.of_key("00100102000001"), True),
        (EXAMPLE, OTHER, False),
    ],
    ids=["one TAC", "one serial part under two TACs", "nothing in common"],
)
def test_two_lines_are_one_phone_only_as_twins(one: Imei, other: Imei, together: bool) -> None:
    """Without labels, two numbers on two lines are one phone when they look made together."""
    devices = parse(f"{one.digits}\n{other.digits}").devices
    assert devices == (((one, other),) if together else ((one,), (other,)))


@pytest.mark.parametrize(
    "text",
    [
        f"{TWIN.digits}\n\n{TWIN2.digits}",
        f"1. {TWIN.digits}\n2. {TWIN2.digits}",
        f"{TWIN.digits} と {TWIN2.digits} の2台",
        f"1台目 {TWIN.digits}\n2台目 {TWIN2.digits}",
        f"A店\n{TWIN.digits}\nB店\n{TWIN2.digits}",
    ],
    ids=["empty line", "numbered", "in a sentence", "counted phones", "words between"],
)
def test_twins_apart_are_two_phones(text: str) -> None:
    """Numbers with an empty line, a word or another number between do not stand together."""
    assert parse(text).devices == ((TWIN,), (TWIN2,))


@pytest.mark.parametrize("between", [" ", "/", " / ", "\t", ",", "、", "  ", " IMEI2 "])
def test_a_row_of_two_is_one_phone(between: str) -> None:
    """Two numbers on one line are one phone, whatever their digits."""
    assert parse(f"{EXAMPLE.digits}{between}{OTHER.digits}").devices == ((EXAMPLE, OTHER),)


@MANY
@given(imei=IMEIS, other=IMEIS, place=st.integers(0, 14))
def test_half_a_phone_is_not_offered(imei: Imei, other: Imei, place: int) -> None:
    """When one number of a phone is bad, the other is not offered alone: half a phone may look clean."""
    assume(imei.key != other.key)
    wrong = other.digits[:place] + str((int(other.digits[place]) + 1) % 10) + other.digits[place + 1 :]
    for text in (f"IMEI1 {imei.digits}\nIMEI2 {wrong}", f"IMEI1 {wrong}\nIMEI2 {imei.digits}"):
        parsed = parse(text)
        assert parsed.bad
        assert parsed.devices == ()


# ---- one number, one device, from a person


@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [
        ("", "imei-not-found", None),
        ("こんにちは", "imei-not-found", None),
        ("12345", "imei-length", None),
        ("4901542032375", "imei-length", None),
        ("490154203237517", "imei-check-digit", None),
        ("490154203237510", "imei-check-digit", EXAMPLE.digits),
        ("49015420323751X", "imei-characters", None),
        ("000000000000000", "imei-repeated", None),
        ("1001010000013", "imei-lost-zero", TWIN.digits),
        ("3.58E+14", "imei-spreadsheet", None),
        ("49O154203237518", "imei-looks-like", EXAMPLE.digits),
        ("A0000012345678", "number-is-meid", None),
        ("89049032004008826000123456789012", "number-is-eid", None),
        ("8981100012345678901", "number-is-iccid", None),
        ("F2LXK0ABCDEF", "number-is-serial", None),
        ("4111 1111 1111 1111", "imei-not-found", None),
        (f"{EXAMPLE.digits} {OTHER.digits}", "device-too-many", None),
    ],
)
def test_what_is_wrong_is_said(text: str, code: str, suggestion: str | None) -> None:
    """Each way to be no IMEI has its own code, and a suggestion where one can be made."""
    with pytest.raises(NumberError) as refused:
        read_imei(text)
    assert (refused.value.code, refused.value.suggestion) == (code, suggestion)


@MANY
@given(key=st.text("0123456789", min_size=13, max_size=13).map("01".__add__).map(lambda k: k[:14]).filter(_is_number))
def test_a_lost_zero_is_never_completed(key: str) -> None:
    """Fourteen digits that begin with 1 and hold with a 0 before them were fifteen once (unless they are a moment)."""
    imei = Imei.of_key(key)
    assume(not imei.digits.startswith("019"))  # 19000101000007 is the first of January 1900 as well
    with pytest.raises(NumberError) as refused:
        read_imei(imei.digits[1:])
    assert (refused.value.code, refused.value.suggestion) == ("imei-lost-zero", imei.digits)
    assert parse(f"IMEI {imei.digits[1:]}").devices == ()


@MANY
@given(imei=IMEIS, places=st.sets(st.integers(0, 14), min_size=1, max_size=6))
def test_a_slip_is_suggested_and_never_taken(imei: Imei, places: set[int]) -> None:
    """Letters for digits give the number only as a suggestion."""
    letters = {"0": "O", "1": "l", "5": "S", "8": "B"}
    slipped = "".join(letters.get(d, d) if place in places else d for place, d in enumerate(imei.digits))
    assume(slipped != imei.digits)
    found = parse(slipped).found
    assert [(one.imei, one.error, one.suggestion) for one in found] == [(None, "imei-looks-like", imei.digits)]


def test_an_error_holds_no_number() -> None:
    """Neither the message nor the data of a refusal hold the digits (they are logged)."""
    for text in ("490154203237517", "49O154203237518", "IMEI 4901542032", "10010100000 13"):
        with pytest.raises(NumberError) as refused:
            read_imei(text)
        said = f"{refused.value} {dict(refused.value.details)}"
        assert "4901542" not in said
        assert "1001010" not in said


def test_a_screen_is_one_device() -> None:
    """A text may hold two numbers of one phone; their order is kept."""
    assert read_device([f"IMEI: {EXAMPLE.digits}\nIMEI2: {OTHER.digits}"]) == Device((EXAMPLE, OTHER))
    assert read_device([OTHER.digits, EXAMPLE.grouped]) == Device((OTHER, EXAMPLE))


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([], "imei-not-found"),
        ([EXAMPLE.digits, ""], "imei-not-found"),
        ([EXAMPLE.digits, EXAMPLE.grouped], "device-repeated"),
        ([EXAMPLE.digits] * 5, "device-too-many"),
        ([" ".join(Imei.of_key(f"0010010100000{n}").digits for n in range(5))], "device-too-many"),
        ([f"IMEI {EXAMPLE.digits}\nIMEI2 260531793113836"], "imei-check-digit"),
    ],
)
def test_what_is_no_device_is_said(texts: list[str], code: str) -> None:
    """One to four different numbers, none of them bad; anything else has its code."""
    with pytest.raises(NumberError) as refused:
        read_device(texts)
    assert refused.value.code == code


def test_a_text_beyond_the_limit_is_refused() -> None:
    """One character more than the limit is not read at all."""
    assert parse("x" * TEXT_CHARS_MAX).found == ()
    for read in (parse, read_imei):
        with pytest.raises(RequestError) as refused:
            read("x" * (TEXT_CHARS_MAX + 1))
        assert refused.value.code == "body-too-large"


HOSTILE = [
    *("1", "1 ", "1-", "1.", "1,", "1\u200b", "1O-", "a1", "a1 ", "A", "\n", "\ud800", "\u202e1", "1.1e", "urn%3A"),
    *("<a ", "<td>", "&amp", "&#x", "IMEI ", "IMEI1 ", "IMEI(", "製造番号", "注文番号", ",IMEI", "IMEI,\n1,\n"),
    *("4 4 4 4 4 4 4 4 4 4 4 4 4 4 x ", "4549995123457\n", "49015420323751!"),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_no_text_takes_more_than_its_length(piece: str) -> None:
    """A quarter of a megabyte of anything repeated is read at once; a step back for each step would take hours."""
    parsed = parse(piece * (TEXT_CHARS_MAX // 4 // len(piece)))
    assert all(one.imei is None or one.kind is Kind.IMEI14 for one in parsed.found)


def test_found_names_its_kind() -> None:
    """The form of DESIGN's contract, field by field."""
    assert parse("x 490154203237518").found == (Found(Kind.IMEI, "490154203237518", 2, 17, EXAMPLE, True, None, None),)


# ---- beside python-stdnum


@MANY
@given(imei=IMEIS)
def test_agrees_with_stdnum_on_fifteen_digits(imei: Imei) -> None:
    """What stdnum takes for a valid IMEI of 15 digits, so do we."""
    assert stdnum_imei.validate(imei.digits) == imei.digits
    assert read_imei(imei.digits) == imei


@MANY
@given(digits=st.text("0123456789", min_size=1, max_size=20))
def test_refuses_what_stdnum_refuses(digits: str) -> None:
    """Digits that stdnum refuses are no IMEI here either (but a GS1 string, which it does not know)."""
    try:
        stdnum_imei.validate(digits)
    except ValidationError:
        assume(not digits.startswith("804"))
        assert all(one.imei is None for one in parse(f"IMEI: {digits}").found)


@pytest.mark.parametrize("digits", ["0" * 14, "0" * 15, "0" * 16])
def test_zeros_are_no_phone_though_stdnum_takes_them(digits: str) -> None:
    """stdnum counts zeros as valid: their check digit holds, but no phone has them; forms are filled in with them."""
    assert stdnum_imei.is_valid(digits)
    with pytest.raises(NumberError, match="imei-repeated"):
        read_imei(digits)


def test_sixteen_digits_are_cut_and_completed_though_stdnum_keeps_them() -> None:
    """stdnum takes any 16 digits as they are: an IMEISV has no check digit. We ask for the phone's IMEI."""
    sv = EXAMPLE.key + "42"
    assert stdnum_imei.validate(sv) == sv
    assert read_imei(sv) == EXAMPLE


def test_sixteen_digits_of_a_card_are_refused_though_stdnum_takes_them() -> None:
    """Four groups of four with a card's check digit are a card: it must not be sent to a carrier."""
    assert stdnum_imei.is_valid("4111 1111 1111 1111")
    with pytest.raises(NumberError, match="imei-not-found"):
        read_imei("4111 1111 1111 1111")


def test_fourteen_digits_are_completed_though_stdnum_keeps_them() -> None:
    """stdnum takes any 14 digits as they are; we complete a key, and refuse a moment and a lost zero."""
    assert stdnum_imei.validate(EXAMPLE.key) == EXAMPLE.key
    assert read_imei(EXAMPLE.key) == EXAMPLE
    assert stdnum_imei.is_valid("20240912123456")
    with pytest.raises(NumberError, match="imei-not-found"):
        read_imei("20240912123456")
