"""What a picture says: numbers by barcode and print, phones, one-time codes, screenshots. No picture is needed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import Imei
from shirorom.domain.picture import (
    Box,
    PictureNumber,
    PictureRead,
    SeenCode,
    SeenLine,
    check_screenshot,
    numbers_in,
    one_time_code_in,
)
from tests.wide import wide

A, B = Imei("001001010000013"), Imei("001001010000021")
C, D = Imei.of_key("00100202000004"), Imei.of_key("00100303000007")
EID = "89049032007008882600123456789012"
WIDTH, HEIGHT, HIGH = 1000, 1400, 40


class Sheet:
    """Writes lines and barcodes at places in pixels."""

    def __init__(self, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.width, self.height = width, height
        self.lines: list[SeenLine] = []
        self.codes: list[SeenCode] = []

    def line(self, text: str, x: int, y: int, *, score: float = 0.99) -> Sheet:
        self.lines.append(SeenLine(text, self._box(x, y, 22 * len(text), HIGH), score))
        return self

    def code(self, text: str, x: int, y: int, kind: str = "Code128") -> Sheet:
        self.codes.append(SeenCode(text, kind, self._box(x, y, 500, 90)))
        return self

    def _box(self, x: float, y: float, w: float, h: float) -> Box:
        return Box(x / self.width, y / self.height, w / self.width, h / self.height)

    def read(self, *, turned: float = 0.0) -> PictureRead:
        if not turned:
            return PictureRead(self.width, self.height, tuple(self.codes), tuple(self.lines))
        codes = tuple(SeenCode(one.text, one.format, self._turned(one.box, turned)) for one in self.codes)
        lines = tuple(SeenLine(one.text, self._turned(one.box, turned), one.score) for one in self.lines)
        return PictureRead(self.width, self.height, codes, lines, turned)

    def _turned(self, box: Box, degrees: float) -> Box:
        turn = math.radians(degrees)
        cos, sin = math.cos(turn), math.sin(turn)
        x, y = (box.x + box.w / 2) * self.width, (box.y + box.h / 2) * self.height
        w, h = box.w * self.width, box.h * self.height
        middle = (x * cos - y * sin, x * sin + y * cos)
        wide, tall = w * cos + h * abs(sin), w * abs(sin) + h * cos
        return self._box(middle[0] - wide / 2, middle[1] - tall / 2, wide, tall)


def label(sheet: Sheet, device: tuple[Imei, ...], *, x: int = 50, y: int = 50) -> Sheet:
    """A label: name, barcode, digits."""
    for nth, imei in enumerate(device, 1):
        sheet.line("IMEI" if len(device) == 1 else f"IMEI{nth}", x, y)
        sheet.code(imei.digits, x, y + 50).line(imei.digits, x, y + 150)
        y += 220
    return sheet


def only(read: PictureRead) -> PictureNumber:
    (number,) = numbers_in(read).found
    return number


def test_barcode_and_print_that_agree_are_certain() -> None:
    """The one case in which nobody has to confirm."""
    number = only(label(Sheet(), (A,)).read())
    assert (number.imei, number.by, number.certain, number.error) == (A, ("barcode", "print"), True, None)


def test_a_barcode_alone_is_offered() -> None:
    """Valid and not certain."""
    number = only(Sheet().code(A.digits, 50, 50).read())
    assert (number.imei, number.by, number.certain) == (A, ("barcode",), False)


def test_print_alone_is_offered() -> None:
    """Valid and not certain."""
    number = only(Sheet().line(f"IMEI: {A.digits}", 50, 50).read())
    assert (number.imei, number.by, number.certain) == (A, ("print",), False)


def test_barcode_and_print_of_different_numbers_are_both_offered_and_neither_certain() -> None:
    """What contradicts itself is not decided here."""
    numbers = numbers_in(Sheet().code(A.digits, 50, 50).line(f"IMEI {C.digits}", 50, 300).read())
    assert [(number.imei, number.certain) for number in numbers.found] == [(A, False), (C, False)]


@pytest.mark.parametrize(
    "text", ["00-100101-000001-3", "00 100101 000001 3", "001001 01 000001 3", wide("001001010000013")]
)
def test_grouping_does_not_keep_print_from_agreeing(text: str) -> None:
    """Labels group their digits, barcodes do not."""
    assert only(Sheet().code(A.digits, 50, 50).line(f"IMEI {text}", 50, 160).read()).certain


def test_androids_own_barcode_has_fourteen_digits() -> None:
    """It agrees with the fifteen printed below it."""
    number = only(Sheet().line("IMEI", 50, 0).code(A.key, 50, 50).line(A.digits, 50, 160).read())
    assert (number.imei, number.by, number.certain) == (A, ("barcode", "print"), True)


def test_fourteen_digits_by_barcode_alone_are_offered() -> None:
    """A barcode loses no digit, so its check digit may be added."""
    number = only(Sheet().code(A.key, 50, 50).read())
    assert (number.kind, number.imei, number.certain) == ("imei14", A, False)


@pytest.mark.parametrize("text", [A.key, A.key + "01", A.digits[1:]])
def test_print_of_a_wrong_length_makes_no_number(text: str) -> None:
    """Text recognition may have lost or doubled a digit: completing it would make another phone's number."""
    number = only(Sheet().line(f"IMEI: {text}", 50, 50).read())
    assert (number.imei, number.valid) == (None, False)


@given(place=st.integers(0, 14))
def test_a_lost_digit_never_makes_a_number(place: int) -> None:
    """Whichever of the fifteen digits print has lost."""
    text = A.digits[:place] + A.digits[place + 1 :]
    numbers = numbers_in(Sheet().line(f"IMEI: {text}", 50, 50).read())
    assert [number for number in numbers.found if number.valid] == []
    assert numbers.devices == ()


def test_letters_among_the_digits_are_only_a_suggestion() -> None:
    """O for 0, I for 1: shown to the person, never taken."""
    number = only(Sheet().line("IMEI O0I001010000013", 50, 50).read())
    assert (number.imei, number.error, number.suggestion) == (None, "imei-looks-like", A.digits)


def test_letters_outside_a_number_are_left_alone() -> None:
    """A word of the same letters is no number."""
    assert numbers_in(Sheet().line("SOLO BIG OIL SALE", 50, 50).read()).found == ()


def test_misread_print_below_its_barcode_does_not_hide_the_phone() -> None:
    """The barcode says it better: the phone is offered, and not certain."""
    misread = A.digits[:7] + "8" + A.digits[8:]
    numbers = numbers_in(Sheet().line("IMEI", 50, 0).code(A.digits, 50, 50).line(misread, 50, 160).read())
    assert numbers.devices == ((A,),)
    assert [(number.imei, number.certain) for number in numbers.found] == [(A, False)]


def test_print_that_is_nearly_its_barcode_is_not_another_phone() -> None:
    """Two digits off, and the check digit holds by chance: a suggestion, and no phone is offered with it."""
    read = Sheet().line("IMEI", 50, 0).code(A.digits, 50, 50).line(B.digits, 50, 160).read()
    numbers = numbers_in(read)
    assert [(number.imei, number.error) for number in numbers.found] == [(A, None), (None, "imei-looks-like")]
    assert B not in {imei for device in numbers.devices for imei in device}


def test_a_second_number_near_the_first_is_its_own_where_the_first_is_printed_too() -> None:
    """Makers give neighbouring numbers to one phone."""
    read = label(Sheet(), (A,)).line(f"IMEI2 {B.digits}", 50, 300).read()
    assert numbers_in(read).devices == ((A, B),)


def test_dual_sim_is_one_phone() -> None:
    """IMEI1 and IMEI2 below one another, barcodes between."""
    assert numbers_in(label(Sheet(), (A, C)).read()).devices == ((A, C),)


@pytest.mark.parametrize("turned", [0.0, 4.0, -10.0, 10.0])
def test_two_labels_side_by_side_are_two_phones(turned: float) -> None:
    """Read across, IMEI1 of the one would be followed by IMEI1 of the other; also when the picture is turned."""
    sheet = label(label(Sheet(1500, 900), (A, C)), (B, D), x=800)
    assert set(numbers_in(sheet.read(turned=turned)).devices) == {(A, C), (B, D)}


def test_a_number_far_below_its_barcode_parts_no_phone() -> None:
    """A barcode is found as a line through it; the print below it is not the next phone."""
    sheet = Sheet().line("IMEI", 50, 0).code(A.digits, 50, 50).line(A.digits, 50, 300)
    sheet.line("IMEI2", 50, 400).line(C.digits, 50, 560)
    assert numbers_in(sheet.read()).devices == ((A, C),)


@pytest.mark.parametrize("name", ["IME12", "lMEI2", "1MEI 2", "IM3I2", "IMEl2"])
def test_a_misread_label_parts_no_phone(name: str) -> None:
    """The I of IMEI is taken for a 1: the second number would be a phone of its own."""
    sheet = label(Sheet(), (A,)).line(name, 50, 350).line(C.digits, 50, 400)
    assert numbers_in(sheet.read()).devices == ((A, C),)


def test_two_labels_below_one_another_are_two_phones() -> None:
    """Also of one model, when each has a single number."""
    sheet = label(label(Sheet(), (A,)), (B,), y=600)
    assert set(numbers_in(sheet.read()).devices) == {(A,), (B,)}


def test_the_numbers_of_one_phone_side_by_side_are_one_phone() -> None:
    """IMEI1 at the left, IMEI2 at the right."""
    sheet = Sheet().line("IMEI1", 50, 50).line(A.digits, 50, 100).line("IMEI2", 550, 50).line(C.digits, 550, 100)
    assert numbers_in(sheet.read()).devices == ((A, C),)


def test_names_at_the_left_and_values_at_the_right_are_no_two_labels() -> None:
    """A settings screen."""
    sheet = Sheet().line("IMEI", 50, 50).line("00-100101-000001-3", 550, 50)
    sheet.line("IMEI2", 50, 130).line(C.digits, 550, 130)
    assert numbers_in(sheet.read()).devices == ((A, C),)


def test_a_number_twice_in_a_picture_is_one() -> None:
    """A box and its phone in one photo."""
    numbers = numbers_in(label(label(Sheet(1500, 900), (A,)), (A,), x=800).read())
    assert (len(numbers.found), numbers.devices) == (1, ((A,),))


@pytest.mark.parametrize(
    ("text", "kind", "format_"),
    [
        (EID, "eid", "Code128"),
        ("8981100023456789012", "iccid", "Code128"),
        ("4901234567894", "jan", "EAN13"),
        ("00012345678905", "jan", "ITF"),
        ("F2LXK1ABCD12", "serial", "Code39"),
    ],
)
def test_other_barcodes_are_named(text: str, kind: str, format_: str) -> None:
    """EID, ICCID, JAN and serial numbers are what they are, and never asked for."""
    number = only(Sheet().code(text, 50, 50, format_).read())
    assert (number.kind, number.imei, number.error) == (kind, None, f"number-is-{kind}")


def test_an_address_in_a_qr_code_is_no_number() -> None:
    """Boxes carry codes that lead to a shop."""
    assert numbers_in(Sheet().code("https://shop.example/a1?x=2", 50, 50, "QRCode").read()).found == ()


@pytest.mark.parametrize(
    ("text", "device"),
    [
        (f"]C18040{A.digits}8041{C.digits}", (A, C)),
        (f"(8040){A.digits}", (A,)),
        (f"IMEI1:{A.digits}\nIMEI2:{C.digits}", (A, C)),
    ],
)
def test_codes_that_say_more_than_digits_are_read(text: str, device: tuple[Imei, ...]) -> None:
    """GS1 elements and texts, by the one parser."""
    assert numbers_in(Sheet().code(text, 50, 50, "QRCode").read()).devices == (device,)


def test_a_meid_of_the_same_digits_is_not_another_phone() -> None:
    """An iPhone's screen shows the first fourteen digits once more, as MEID."""
    sheet = label(Sheet(), (A,)).line("MEID", 50, 300).code(A.key, 50, 350).line(A.key, 50, 450)
    numbers = numbers_in(sheet.read())
    assert numbers.devices == ((A,),)
    assert [number.imei for number in numbers.found if number.valid] == [A]


def test_a_picture_of_nothing_has_nothing() -> None:
    """No line, no code, no size to speak of."""
    assert numbers_in(PictureRead(1, 1)).found == ()


@given(
    st.lists(
        st.tuples(
            st.one_of(st.text(max_size=40), st.sampled_from([A.digits, B.digits, A.key, "IMEI", "IMEI2", EID])),
            st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.booleans(),
        ),
        max_size=12,
    ),
    st.floats(-90, 90),
)  # fmt: skip
def test_whatever_is_seen_is_judged(seen: list[tuple[str, float, float, float, float, bool]], tilt: float) -> None:
    """No text at no place breaks it; only what barcode and print both say is certain; every phone is askable."""
    codes = tuple(SeenCode(text, "Code128", Box(x, y, w, h)) for text, x, y, w, h, code in seen if code)
    lines = tuple(SeenLine(text, Box(x, y, w, h), 0.9) for text, x, y, w, h, code in seen if not code)
    numbers = numbers_in(PictureRead(800, 600, codes, lines, tilt))
    for number in numbers.found:
        assert not number.certain or number.by == ("barcode", "print")
    askable = {number.imei for number in numbers.found if number.valid}
    assert {imei for device in numbers.devices for imei in device} <= askable


# ── one-time codes ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["K7P4Q2", "k7p-4q2", "コード K7P 4Q2", "Ｋ７Ｐ－４Ｑ２", "(K7P4Q2)"])
def test_a_one_time_code_is_found_in_any_spelling(text: str) -> None:
    """Case, width, hyphens and blanks do not matter."""
    assert one_time_code_in(label(Sheet(), (A,)).line(text, 50, 500).read(), "K7P-4Q2")


@pytest.mark.parametrize("text", ["K7P4Q", "XK7P4Q2", "K7P4Q23", "K7P 9 4Q2", "", "K7P4Q3"])
def test_another_code_is_not_taken_for_it(text: str) -> None:
    """Part of it, or it as part of another word, is not it."""
    assert not one_time_code_in(Sheet().line(text, 50, 500).read(), "K7P-4Q2")


def test_a_code_of_digits_does_not_hold_by_the_number_beside_it() -> None:
    """Four digits stand in every IMEI."""
    assert not one_time_code_in(label(Sheet(), (A,)).read(), "0010")


@pytest.mark.parametrize("code", ["", "-", "A", "ABC"])
def test_a_code_too_short_never_holds(code: str) -> None:
    """It would stand in any picture."""
    assert not one_time_code_in(Sheet().line("A B C ABC", 50, 50).read(), code)


# ── screenshots ──────────────────────────────────────────────────────────────────────────────────────────────────────


def screen(number: str, carrier: str = "ドコモ", *more: str) -> PictureRead:
    sheet = Sheet().line(carrier, 50, 200).line("製造番号(IMEI)", 50, 300).line(number, 50, 360)
    for place, text in enumerate(more):
        sheet.line(text, 50, 450 + 70 * place)
    return sheet.read()


def refused(read: PictureRead, carrier: CarrierId = CarrierId.DOCOMO) -> str | None:
    try:
        check_screenshot(read, asked=A, carrier=carrier, facts=packaged_facts())
    except ShiroromError as error:
        return error.code
    return None


@pytest.mark.parametrize("number", [A.digits, A.grouped, "00 100101 000001 3"])
def test_a_screenshot_of_the_asked_number_is_taken(number: str) -> None:
    """In any grouping."""
    assert refused(screen(number)) is None


@pytest.mark.parametrize("number", [B.digits, C.grouped])
def test_another_phones_screenshot_is_refused(number: str) -> None:
    """Also a neighbour's number, two digits off."""
    assert refused(screen(number)) == "screenshot-other-number"


def test_a_screenshot_with_another_number_beside_is_refused() -> None:
    """Whose answer it shows cannot be told."""
    assert refused(screen(A.digits, "ドコモ", f"IMEI {C.digits}")) == "screenshot-other-number"


@pytest.mark.parametrize("number", ["", A.key, A.digits[:12], A.digits[:7] + "8" + A.digits[8:], A.digits + "9"])
def test_a_screenshot_without_all_fifteen_digits_is_refused(number: str) -> None:
    """A shortened or misread number may be another phone's."""
    assert refused(screen(number)) == "screenshot-no-number"


def test_an_example_in_the_form_is_no_other_number() -> None:
    """Forms show how to type it."""
    assert refused(screen(A.digits, "ドコモ", f"例 {D.digits}")) is None


@pytest.mark.parametrize(
    "name", ["au", "ソフトバンク", "SoftBank", "楽天モバイル", "Y!mobile", "UQ mobile", "my.au.com"]
)
def test_another_carriers_screenshot_is_refused(name: str) -> None:
    """It names another, by name, brand or host, and not the one asked."""
    assert refused(screen(A.digits, name)) == "screenshot-other-carrier"


@pytest.mark.parametrize(
    "name", ["ドコモ", "docomo", "ahamo", "http://nw-restriction.nttdocomo.co.jp/search.php", "ドコモ au", "確認"]
)
def test_the_asked_carriers_screenshot_is_taken(name: str) -> None:
    """Its own name, also beside another's; and a picture that names none."""
    assert refused(screen(A.digits, name)) is None


def test_letters_inside_a_word_name_no_carrier() -> None:
    """au stands in many words."""
    assert refused(screen(A.digits, "default pause audio"), CarrierId.DOCOMO) is None


def test_the_status_bar_names_the_network_and_not_the_page() -> None:
    """A telephone in another carrier's network can show any carrier's page."""
    read = Sheet().line("SoftBank 4G", 50, 10).line("IMEI", 50, 300).line(A.digits, 50, 360).read()
    assert refused(PictureRead(900, 1900, read.codes, read.lines)) is None
