"""Text of dropped files: encodings, spreadsheets as they show their numbers, PDFs, and files that mean harm."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO

import pypdfium2
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shirorom.adapters.pictures import files
from shirorom.adapters.pictures.files import cell_text, text_of
from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.domain.imei import Imei
from shirorom.domain.parse import TEXT_CHARS_MAX, parse

A, B = Imei("001001010000013"), Imei.of_key("00100202000004")
SHEET = f"管理番号,IMEI\r\n1,{A.digits}\r\n2,{B.digits}\r\n"


def refusal(content: bytes) -> str:
    with pytest.raises(RequestError) as refused:
        text_of(content)
    return refused.value.code


def numbers(content: bytes) -> list[str]:
    return [device[0].digits for device in parse(text_of(content)).devices]


def workbook(*rows: list[object], sheets: int = 1) -> bytes:
    out = BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for _ in range(sheets):
            sheet = book.add_worksheet()
            for y, row in enumerate(rows):
                sheet.write_row(y, 0, row)
    return out.getvalue()


def zipped(parts: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def document(pages: int = 1, text: str = "") -> bytes:
    """A PDF made by hand: Helvetica, one line a page."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(pages))
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", f"<</Type/Pages/Kids[{kids}]/Count {pages}>>".encode(),
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]  # fmt: skip
    for n in range(pages):
        stream = f"BT /F1 12 Tf 40 700 Td ({text}) Tj ET".encode()
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {5 + 2 * n} 0 R"
            f"/Resources<</Font<</F1 3 0 R>>>>>>".encode()
        )
        objects.append(f"<</Length {len(stream)}>>stream\n".encode() + stream + b"\nendstream")
    out, places = b"%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{n} 0 obj".encode() + body + b"endobj\n"
    table = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n" + "".join(
        f"{place:010d} 00000 n \n" for place in places
    )
    return out + f"{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF".encode()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_is_read_in_the_encodings_that_shops_have(encoding: str) -> None:
    """What Excel writes, old and new, with and without a mark of its encoding."""
    assert text_of(SHEET.encode(encoding)) == SHEET


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_any_text_in_utf_8_comes_through(text: str) -> None:
    """Not a character is lost."""
    assert text_of(text.encode()).removeprefix("\ufeff") == text.removeprefix("\ufeff")


@pytest.mark.parametrize("content", [b"\x01\x02\x03" * 100, bytes(range(256)) * 8, b"\x81", b"MZ" + b"\0" * 99])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    """A program, a byte that no encoding has."""
    assert refusal(content) == "file-kind"


def test_an_empty_file_is_an_empty_text() -> None:
    """It holds no number, and that is all."""
    assert text_of(b"") == ""


def test_numbers_of_a_spreadsheet_are_read() -> None:
    """Written as text or as a number, on any sheet."""
    assert set(numbers(workbook(["no", "IMEI"], [1, A.digits], [2, f"'{B.digits}"]))) == {A.digits, B.digits}
    assert numbers(workbook(["IMEI"], [490154203237518])) == ["490154203237518"]


def test_a_number_without_its_zero_is_said_to_be_one() -> None:
    """A spreadsheet drops the zeros in front; what is missing is suggested, never filled in."""
    (found,) = parse(text_of(workbook(["IMEI"], [int(A.digits)]))).found
    assert (found.error, found.suggestion, found.imei) == ("imei-lost-zero", A.digits, None)


def test_a_rounded_number_is_not_made_whole() -> None:
    """490154203237518 shown as 4.90154E+14 and saved so: its figures are lost."""
    (found,) = parse(text_of(workbook(["IMEI"], [490154000000000]))).found
    assert (found.error, found.imei) == ("imei-spreadsheet", None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (490154203237518.0, "490154203237518"), (490154000000000.0, "4.90154E+14"), (1.5, "1.5"), (0.0, "0"),
        (-3.0, "-3"), (True, "True"), ("a\n b\t", "a b"), (1e300, "1e+300"), (float("nan"), "nan"), (0, "0"),
        (10**16, "1E+16"), (35000000, "35000000"),
    ],
)  # fmt: skip
def test_a_cell_is_shown_as_its_spreadsheet_shows_it(value: object, text: str) -> None:
    """All digits of a whole number, and no more than it has."""
    assert cell_text(value) == text


def test_text_of_a_pdf_is_read() -> None:
    """A delivery note."""
    assert numbers(document(2, f"IMEI: {A.digits}")) == [A.digits]


def _scan() -> bytes:
    out = BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "PDF")
    return out.getvalue()


def _lying_zip() -> bytes:
    """A directory that says 9 bytes where 60 MB come out."""
    whole = bytearray(zipped({"xl/workbook.xml": b"\0" * 60_000_000}))
    place = whole.rindex(b"PK\x01\x02")
    whole[place + 24 : place + 28] = (9).to_bytes(4, "little")
    return bytes(whole)


def _locked_zip() -> bytes:
    whole = bytearray(zipped({"xl/workbook.xml": b"<workbook/>"}))
    whole[whole.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(whole)


HALF = b"\0" * 110_000_000
PARTS = {"xl/workbook.xml": b"", **{f"part{n}": b"" for n in range(2_001)}}
HARMFUL: tuple[tuple[str, Callable[[], bytes], str], ...] = (
    ("xlsx bomb", lambda: zipped({"xl/workbook.xml": b"<a/>", "xl/big.xml": b"\0" * 150_000_000}), "file-too-large"),
    ("xlsx of 210 MB", lambda: zipped({"xl/workbook.xml": HALF, "b": HALF}), "file-too-large"),
    ("xlsx whose directory lies", _lying_zip, "file-unreadable"),
    ("xlsx of too many parts", lambda: zipped(PARTS), "file-too-large"),
    ("xlsx with a password", _locked_zip, "file-unreadable"),
    ("xlsx, truncated", lambda: workbook(["IMEI"], [1])[:-30], "file-unreadable"),
    ("xlsx that is none inside", lambda: zipped({"xl/workbook.xml": b"not xml"}), "file-unreadable"),
    ("docx", lambda: zipped({"word/document.xml": b"<a/>"}), "file-kind"),
    ("zip with a path out of it", lambda: zipped({"../../evil": b"a"}), "file-kind"),
    ("xlsx of too many characters", lambda: workbook(*[["あ" * 30_000] for _ in range(40)]), "file-too-large"),
    ("text of too many characters", lambda: b"a" * (TEXT_CHARS_MAX + 1), "file-too-large"),
    ("over 10 MB", lambda: b"1" * (10 * 1024 * 1024 + 1), "file-too-large"),
    ("pdf of too many pages", lambda: document(101, "a"), "file-too-large"),
    ("pdf of pictures", _scan, "file-no-text"),
    ("pdf, truncated", lambda: document(1, "a")[:40], "file-unreadable"),
    ("pdf bomb", lambda: _pdf_bomb(), "file-unreadable"),
    ("old excel", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file-kind"),
)  # fmt: skip


def _pdf_bomb() -> bytes:
    """Pages that lead to themselves."""
    return document(1, "a").replace(b"/Kids[4 0 R]", b"/Kids[2 0 R]")


@pytest.mark.parametrize(("make", "code"), [one[1:] for one in HARMFUL], ids=[one[0] for one in HARMFUL])
def test_what_means_harm_is_refused(make: Callable[[], bytes], code: str) -> None:
    """Each with its code, in little time and memory."""
    assert refusal(make()) == code


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by its directory alone; the control is unpacked."""
    opened: list[str] = []
    real = zipfile.ZipFile.open

    def open_(self: zipfile.ZipFile, name: zipfile.ZipInfo, *more: object, **other: object) -> object:
        opened.append(name.filename)
        return real(self, name, *more, **other)  # type: ignore[call-overload]

    monkeypatch.setattr(files.zipfile.ZipFile, "open", open_)
    with pytest.raises(ShiroromError):
        text_of(HARMFUL[0][1]())
    assert [name for name in opened if name.startswith("xl/b")] == ["xl/big.xml"]  # written by the test itself
    text_of(workbook(["a"]))
    assert "xl/workbook.xml" in opened[2:]


def test_the_pdf_of_these_tests_is_one() -> None:
    """The control: what is refused is refused for what was done to it."""
    assert len(pypdfium2.PdfDocument(document(3, "a"))) == 3
