"""Rows of an xlsx workbook, read as a stream: no DTD, no entity, nothing unpacked to disk, every byte counted.

Values are those that the file holds, in the words that the sheet shows: a date as a date, a number without the digits
that its format hides nowhere, an IMEI kept as a number with all its digits. A number of sixteen digits and more has
lost its last ones already; it stays in the form (3.58E+15) that says so.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from shirorom.adapters.tables.limits import Limits, broken, too_large, unreadable
from shirorom.domain.errors import RequestError
from shirorom.ports.tables import RawRow

BLOCK = 1 << 16
EXACT_MAX = 10**15
"""A spreadsheet keeps fifteen digits of a number."""
SLACK_BYTES = 1 << 20

_REFERENCE = re.compile(r"([A-Z]{1,3})[0-9]{1,7}")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_FORMAT = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.|\*.')
_DATE_IDS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_ZEROS = re.compile(r"0{2,16}")

Attributes = Mapping[str, str]


class Members:
    """The parts of a workbook, by name. Raises what `Limits` refuses, before and while it unpacks."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise unreadable("zip") from error
        try:
            self._allowed = self._refuse_beyond(path.stat().st_size)
        except BaseException:
            self._zip.close()
            raise

    def _refuse_beyond(self, packed: int) -> int:
        infos = self._zip.infolist()
        if len(infos) > self._limits.members:
            raise too_large("unpacked", self._limits.members)
        allowed = min(self._limits.unpacked_bytes, packed * self._limits.unpacked_ratio + SLACK_BYTES)
        if sum(info.file_size for info in infos) > allowed:
            raise too_large("unpacked", allowed)
        return allowed

    def names(self) -> frozenset[str]:
        """What there is."""
        return frozenset(self._zip.namelist())

    def blocks(self, name: str) -> Iterator[bytes]:
        """One part, unpacked as it is read."""
        try:
            with self._zip.open(name) as part:
                yield from self._counted(part)
        except KeyError as error:
            raise unreadable("part") from error
        except (
            zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError,
        ) as error:  # fmt: skip
            raise broken() from error  # torn, or under a password

    def _counted(self, part: IO[bytes]) -> Iterator[bytes]:
        left = self._allowed
        while block := part.read(BLOCK):
            left -= len(block)
            if left < 0:
                raise too_large("unpacked", self._limits.unpacked_bytes)
            yield block

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()


def _read(
    blocks: Iterator[bytes],
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Parse a part; gives control back after each block. A document type is refused: no entity is ever resolved."""
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def refuse(*_: Any) -> None:
        raise unreadable("doctype")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: start(name.rpartition(":")[2], attributes)
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        for block in blocks:
            parser.Parse(block, False)
            yield
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise broken() from error
    yield


def _whole(blocks: Iterator[bytes], start: Callable[[str, Attributes], None], **more: Any) -> None:
    for _ in _read(blocks, start, **more):
        pass


class _Texts:
    """Text of `<si>` or `<is>`, without the readings (ふりがな) that Japanese sheets carry beside it."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._open = self._reading = False

    def start(self, name: str) -> None:
        if name == "t":
            self._open = not self._reading
        elif name == "rPh":
            self._reading = True

    def end(self, name: str) -> None:
        if name == "t":
            self._open = False
        elif name == "rPh":
            self._reading = False

    def text(self, text: str) -> None:
        if self._open:
            self.parts.append(text)

    def take(self) -> str:
        whole = "".join(self.parts)
        self.parts.clear()
        return _ESCAPED.sub(_character, whole) if "_x" in whole else whole


class Workbook:
    """An open workbook."""

    def __init__(self, path: Path, sheet: str | None, limits: Limits) -> None:
        self._limits = limits
        self._members = Members(path, limits)
        try:
            self._part, self._since_1904 = self._find(sheet)
            self._strings = self._shared() if "xl/sharedStrings.xml" in self._members.names() else []
            self._formats = self._styles() if "xl/styles.xml" in self._members.names() else []
        except BaseException:
            self._members.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._members.close()

    def rows(self) -> Iterator[RawRow]:
        """The rows that the sheet holds; those that it leaves out (empty ones) are not made up."""
        sheet = _Sheet(self._strings, self._formats, self._limits, since_1904=self._since_1904)
        for _ in _read(self._members.blocks(self._part), sheet.start, sheet.end, sheet.text):
            yield from sheet.done
            sheet.done.clear()

    def _find(self, wanted: str | None) -> tuple[str, bool]:
        """The part that holds the sheet (the first that is shown, or the one named), and how its days are counted."""
        sheets: list[tuple[str, str, bool]] = []
        since_1904 = []

        def workbook(name: str, attributes: Attributes) -> None:
            if name == "sheet":
                link = next((value for key, value in attributes.items() if key.rpartition(":")[2] == "id"), "")
                sheets.append((attributes.get("name", ""), link, attributes.get("state", "visible") == "visible"))
            elif name == "workbookPr":
                since_1904.append(attributes.get("date1904") in ("1", "true"))

        links: dict[str, str] = {}

        def relations(name: str, attributes: Attributes) -> None:
            if name == "Relationship" and attributes.get("TargetMode") != "External":
                links[attributes.get("Id", "")] = attributes.get("Target", "")

        if "xl/workbook.xml" not in self._members.names():
            raise unreadable("workbook")
        _whole(self._members.blocks("xl/workbook.xml"), workbook)
        _whole(self._members.blocks("xl/_rels/workbook.xml.rels"), relations)
        chosen = [one for one in sheets if one[0] == wanted] if wanted is not None else sheets
        if not chosen:
            raise RequestError("table-sheet-missing") if wanted is not None else unreadable("sheets")
        link = next((one for one in chosen if one[2]), chosen[0])[1]
        part = posixpath.normpath(posixpath.join("/xl", links.get(link, ""))).lstrip("/")
        if part not in self._members.names():
            raise unreadable("sheet")
        return part, any(since_1904)

    def _shared(self) -> list[str]:
        strings: list[str] = []
        texts = _Texts()

        def end(name: str) -> None:
            texts.end(name)
            if name == "si":
                strings.append(texts.take())

        blocks = self._members.blocks("xl/sharedStrings.xml")
        _whole(blocks, lambda name, _: texts.start(name), end=end, text=texts.text)
        return strings

    def _styles(self) -> list[str]:
        """What each cell style makes of a number: "date", zeros to fill up to, or nothing."""
        codes: dict[str, str] = {}
        styles: list[str] = []
        inside = [False]

        def start(name: str, attributes: Attributes) -> None:
            if name == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif name == "cellXfs":
                inside[0] = True
            elif name == "xf" and inside[0]:
                styles.append(_format(attributes.get("numFmtId", "0"), codes))

        def end(name: str) -> None:
            if name == "cellXfs":
                inside[0] = False

        _whole(self._members.blocks("xl/styles.xml"), start, end=end)
        return styles


def _format(id_: str, codes: Mapping[str, str]) -> str:
    code = codes.get(id_)
    if code is None:
        return "date" if id_.isdigit() and int(id_) in _DATE_IDS else ""
    bare = _NOT_FORMAT.sub("", code.partition(";")[0])
    if _ZEROS.fullmatch(bare):
        return bare
    return "date" if re.search("[ymdhs]", bare.lower().replace("general", "")) else ""


class _Sheet:
    """The rows of one sheet as its elements come by; whole rows are in `done`."""

    def __init__(self, strings: list[str], formats: list[str], limits: Limits, *, since_1904: bool) -> None:
        self.done: list[RawRow] = []
        self._strings, self._formats, self._limits = strings, formats, limits
        self._day_0 = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 (a sheet has no zone)
        self._line = 0
        self._cells: list[str] = []
        self._place = -1
        self._kind = self._style = ""
        self._value: list[str] = []
        self._in_value = False
        self._texts = _Texts()

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "c":
            self._cell(attributes)
        elif name == "v":
            self._in_value = True
        elif name == "row":
            number = attributes.get("r", "")
            self._line = int(number) if number.isdecimal() and len(number) < 8 else self._line + 1
            self._cells, self._place = [], -1
        else:
            self._texts.start(name)

    def _cell(self, attributes: Attributes) -> None:
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._place = _column(found[1]) if found is not None else self._place + 1
        if self._place >= self._limits.columns:
            raise too_large("columns", self._limits.columns)
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._value.clear()

    def text(self, text: str) -> None:
        if self._in_value:
            self._value.append(text)
        else:
            self._texts.text(text)

    def end(self, name: str) -> None:
        if name == "v":
            self._in_value = False
        elif name == "c":
            self._put(self._shown("".join(self._value)) if self._kind != "inlineStr" else self._texts.take())
        elif name == "row":
            while self._cells and not self._cells[-1]:
                self._cells.pop()
            self.done.append(RawRow(self._line, tuple(self._cells)))
        else:
            self._texts.end(name)

    def _put(self, shown: str) -> None:
        if len(shown) > self._limits.cell_chars:
            raise too_large("cell", self._limits.cell_chars)
        cells = self._cells
        if self._place == len(cells):
            cells.append(shown)
            return
        cells.extend([""] * (self._place + 1 - len(cells)))
        cells[self._place] = shown

    def _shown(self, value: str) -> str:
        match self._kind:
            case "s":
                place = int(value) if value.isdecimal() and len(value) < 10 else -1
                return self._strings[place] if 0 <= place < len(self._strings) else ""
            case "b":
                return "TRUE" if value == "1" else "FALSE"
            case "n":
                return self._number(value)
        return _ESCAPED.sub(_character, value)

    def _number(self, value: str) -> str:
        style = int(self._style) if self._style.isdecimal() and len(self._style) < 6 else -1
        format_ = self._formats[style] if 0 <= style < len(self._formats) else ""
        if format_ == "date":
            return _day(value, self._day_0)
        shown = number_text(value)
        return shown.zfill(len(format_)) if format_ and shown.isdecimal() else shown


def _character(found: re.Match[str]) -> str:
    """What `_x000D_` stands for; half of a character is none."""
    code = int(found[1], 16)
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def number_text(value: str) -> str:
    """A number as text: all its digits as long as a spreadsheet keeps them, else in the form that says it did not."""
    if value.isdecimal() and len(value) <= 15:
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if abs(number) >= EXACT_MAX:
        mantissa, _, exponent = f"{number:.14E}".partition("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"
    return str(int(number)) if number.is_integer() else f"{number:.15g}"


def _day(value: str, day_0: datetime) -> str:
    try:
        days = float(value)
        moment = day_0 + timedelta(seconds=round(days * 86_400))
    except (ValueError, OverflowError):
        return value
    if days < 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d}" if days == int(days) else f"{moment:%Y-%m-%d %H:%M:%S}"
