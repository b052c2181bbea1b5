"""Text of a dropped file: csv, tsv and txt in whatever encoding, xlsx, pdf with text. Bounded. In the child.

Only the text is wanted: it goes through the one parser for device numbers. What a spreadsheet has lost, it has lost
here too: a number without its zero stays without, and 4.90154E+14 is not filled up into another phone's number.
"""

from __future__ import annotations

import codecs
import math
import re
import zipfile
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from shirorom.adapters.pictures.sniff import FileKind, file_kind
from shirorom.domain.errors import RequestError
from shirorom.domain.parse import TEXT_CHARS_MAX

UNPACKED_BYTES_MAX = 200 * 1024 * 1024
UNPACKED_RATIO_MAX = 100
ZIP_ENTRIES_MAX = 2_000
SHEETS_MAX = 50
PAGES_MAX = 100

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ENCODINGS = ("utf-8", "cp932")
_BINARY = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_BINARY_SHARE_MAX = 0.01
_ROUNDED = 100_000
"""A 15-digit number that ends in so many zeros was rounded by a spreadsheet, which then shows it with an exponent."""


def text_of(content: bytes) -> str:
    """What a file says.

    Raises:
        RequestError: `file-too-large` (bytes, unpacked bytes, pages or characters), `file-kind`, `file-unreadable`,
            `file-no-text` (a PDF of pictures).
    """
    read = {FileKind.TEXT: _decoded, FileKind.XLSX: _workbook, FileKind.PDF: _document}[file_kind(content)]
    try:
        text = read(content)
    except RequestError:
        raise
    except Exception:  # noqa: BLE001  # a reader may fail in any way, and a message may quote what it met
        raise RequestError("file-unreadable") from None
    return _bounded(text)


def _bounded(text: str) -> str:
    if len(text) > TEXT_CHARS_MAX:
        raise RequestError("file-too-large", chars_max=TEXT_CHARS_MAX)
    return text


def _decoded(content: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16 with or without, CP932 (what Japanese Windows writes)."""
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), None) or _utf16(content)
    for name in (encoding,) if encoding else _ENCODINGS:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if len(_BINARY.findall(text)) > _BINARY_SHARE_MAX * len(text):
            break
        return text
    raise RequestError("file-kind", kind="?")


def _utf16(content: bytes) -> str | None:
    """Every other byte of ASCII text in UTF-16 is zero; no other encoding of text holds any."""
    head = content[:4096]
    if head.count(0) * 4 < max(len(head), 1):
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _workbook(content: bytes) -> str:
    _check_zip(content)
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_filelike(BytesIO(content))
    lines, chars = [], 0
    for name in book.sheet_names[:SHEETS_MAX]:
        for line in _rows(book.get_sheet_by_name(name).iter_rows()):
            chars += len(line) + 1
            if chars > TEXT_CHARS_MAX:
                raise RequestError("file-too-large", chars_max=TEXT_CHARS_MAX)
            lines.append(line)
        lines.append("")
    return "\n".join(lines)


def _check_zip(content: bytes) -> None:
    """What it will unpack to, by its directory, before it is unpacked; where that lies, the child's limits hold."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        entries = archive.infolist()
        if not any(entry.filename == "xl/workbook.xml" for entry in entries):
            raise RequestError("file-kind", kind="zip")
        unpacked = sum(entry.file_size for entry in entries)
        ratio = unpacked / max(len(content), 1)
        if len(entries) > ZIP_ENTRIES_MAX or unpacked > UNPACKED_BYTES_MAX or ratio > UNPACKED_RATIO_MAX:
            raise RequestError("file-too-large", bytes_max=UNPACKED_BYTES_MAX)
        if any(entry.flag_bits & 1 for entry in entries):
            raise RequestError("file-unreadable")
        for entry in entries:  # each is unpacked once and thrown away: a directory that lies is found out
            left = entry.file_size
            with archive.open(entry) as part:
                while chunk := part.read(1 << 20):
                    left -= len(chunk)
            if left:
                raise RequestError("file-unreadable")


def _rows(rows: Iterable[list[Any]]) -> Iterator[str]:
    for row in rows:
        cells = [cell_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        yield "\t".join(cells)


def cell_text(value: object) -> str:
    """A cell as its spreadsheet shows it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return re.sub(r"\s+", " ", str(value)).strip()
    if isinstance(value, float) and not (math.isfinite(value) and value.is_integer() and abs(value) < 1e17):
        return repr(value)
    whole = int(value)
    digits = str(whole)
    if len(digits) >= 14 and whole % _ROUNDED == 0:
        mantissa = f"{digits[0]}.{digits[1:].rstrip('0')}".rstrip(".")
        return f"{mantissa}E+{len(digits) - 1}"
    return digits


def _document(content: bytes) -> str:
    import pypdfium2  # type: ignore[import-untyped]  # it has no types

    document = pypdfium2.PdfDocument(content)
    try:
        if len(document) > PAGES_MAX:
            raise RequestError("file-too-large", pages_max=PAGES_MAX)
        texts, chars = [], 0
        for page in document:
            words = page.get_textpage()
            chars += words.count_chars()
            if chars > TEXT_CHARS_MAX:
                raise RequestError("file-too-large", chars_max=TEXT_CHARS_MAX)
            texts.append(words.get_text_range())
    finally:
        document.close()
    text = "\n\n".join(texts)
    if not text.strip():
        raise RequestError("file-no-text")
    return text
