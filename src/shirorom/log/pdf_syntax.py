"""A PDF read strictly (ISO 32000-1 §7): one revision, objects one behind the other, and not a byte beside them.

A reader that hops from offset to offset can be shown another file than one that reads from the top. Here both are the
same: the table must name exactly the objects that stand there, and between them there is nothing. Object streams,
encryption, comments and anything else that typst does not write for us are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from shirorom.log.entry import MalformedError

OBJECTS_MAX = 20_000
DEPTH_MAX = 32
TEXT_BYTES_MAX = 1_000_000
"""What may stand outside of streams; a sheet of sixteen cells has a tenth of it."""
HEAD = re.compile(rb"%PDF-1\.7\n%[\x80-\xff]{4}\n\n?")

_END = b"\nendobj\n"
_OBJECT = re.compile(rb"([1-9][0-9]{0,6}) 0 obj\n")
_STREAM = re.compile(rb"\nstream\n")
_XREF = re.compile(rb"xref\n0 ([1-9][0-9]{0,6})\n")
_TAIL = re.compile(rb"\nstartxref\n([0-9]{1,10})\n%%EOF")
_TOKEN = re.compile(
    rb"""[ \n]*(?:(?P<open><<)|(?P<close>>>)|(?P<array>\[)|(?P<end>\])
    |/(?P<name>[^\x00-\x20\x7f-\xff()<>\[\]{}/%]*)
    |<(?P<hex>[0-9A-Fa-f]*)>
    |\((?P<text>(?:[^()\\\r]|\\[nrtbf()\\]|\\[0-7]{3})*)\)
    |(?P<ref>[1-9][0-9]{0,6}[ ]0[ ]R(?![A-Za-z0-9]))
    |(?P<number>[+-]?(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})(?![A-Za-z0-9.]))
    |(?P<word>(?:true|false|null)(?![A-Za-z0-9])))""",
    re.VERBOSE,
)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_BACKSLASH = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class PdfError(MalformedError):
    """A file that is not written as ours are."""


class Name(str):
    """A name, its `#xx` undone."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Ref:
    """The object that a number names."""

    number: int


Value: TypeAlias = "Mapping[str, Value] | list[Value] | Name | Ref | bytes | float | bool | None"
Dict: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: its value, its text as written (without `obj` and `endobj`), and a stream's bytes as they stand."""

    value: Value
    text: bytes
    stream: bytes | None = None


@dataclass(frozen=True, slots=True)
class Revision:
    """The whole of a file's first revision. `end`: where it ends; `xref`: where its table begins."""

    things: Mapping[int, Thing]
    trailer: Dict
    xref: int
    end: int

    def dict(self, value: Value) -> Dict:
        """A dictionary, or the one that a reference leads to. Raises PdfError."""
        found = self.things[value.number].value if isinstance(value, Ref) and value.number in self.things else value
        if not isinstance(found, Mapping):
            raise PdfError("no dictionary")
        return found


def read_revision(data: bytes) -> Revision:
    """The first revision. What follows it is the caller's. Raises PdfError."""
    head = HEAD.match(data)
    if head is None:
        raise PdfError("head")
    at, things, offsets, left = head.end(), dict[int, Thing](), dict[int, int](), TEXT_BYTES_MAX
    while found := _OBJECT.match(data, at):
        number = int(found[1])
        if number in things or len(things) >= OBJECTS_MAX:
            raise PdfError("object twice, or too many")
        offsets[number] = at
        things[number], at = _thing(data, found.end(), found.end() + left)
        left -= len(things[number].text)
    table = _XREF.match(data, at)
    if table is None or sorted(things) != list(range(1, int(table[1]))):
        raise PdfError("table")
    lines = ["0000000000 65535 f", *(f"{offsets[number]:010} 00000 n" for number in sorted(things))]
    xref, at = at, table.end()
    for line in lines:
        if data[at : at + 18] != line.encode() or data[at + 18 : at + 20] not in (b"\r\n", b" \n", b" \r"):
            raise PdfError("table")
        at += 20
    if not data.startswith(b"trailer\n", at):
        raise PdfError("trailer")
    trailer, at = _Reader(data, at + TEXT_BYTES_MAX).value(at + 8)
    tail = _TAIL.match(data, at)
    if tail is None or int(tail[1]) != xref or not isinstance(trailer, Mapping) or trailer.get("Size") != len(lines):
        raise PdfError("tail")
    return Revision(things, trailer, xref, tail.end())


def _thing(data: bytes, start: int, end: int) -> tuple[Thing, int]:
    """An object's inside, and where the next one begins. `end`: what stands outside of streams may not go beyond."""
    value, at = _Reader(data, end).value(start)
    text, stream = data[start:at], None
    if found := _STREAM.match(data, at):
        size = value.get("Length") if isinstance(value, Mapping) else None
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise PdfError("length")
        stream = data[found.end() : found.end() + size]
        at = found.end() + size
        if not data.startswith(b"\nendstream", at):
            raise PdfError("length")
        at += len(b"\nendstream")
    if not data.startswith(_END, at):
        raise PdfError("object")
    at += len(_END)
    return Thing(value, text, stream), at + (data[at : at + 1] == b"\n")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads values up to an end. Each method gives what it read, and where that ends."""

    data: bytes
    end: int

    def value(self, at: int) -> tuple[Value, int]:
        return self._told(self._token(at), 0)

    def _token(self, at: int) -> re.Match[bytes]:
        found = _TOKEN.match(self.data, at, self.end)
        if found is None:
            raise PdfError("value")
        return found

    def _told(self, found: re.Match[bytes], depth: int) -> tuple[Value, int]:
        if depth > DEPTH_MAX:
            raise PdfError("depth")
        at = found.end()
        match found.lastgroup:
            case "open":
                return self._dict(at, depth)
            case "array":
                return self._array(at, depth)
            case "name":
                return _name(found["name"]), at
            case "hex":
                return bytes.fromhex((found["hex"] + b"0" * (len(found["hex"]) % 2)).decode()), at
            case "text":
                return _BACKSLASH.sub(_character, found["text"]), at
            case "ref":
                return Ref(int(found["ref"].split()[0])), at
            case "number":
                text = found["number"].decode()
                return (float(text) if "." in text else int(text)), at
            case "word":
                return {b"true": True, b"false": False, b"null": None}[found["word"]], at
            case _:
                raise PdfError("value")

    def _dict(self, at: int, depth: int) -> tuple[Value, int]:
        made = dict[str, Value]()
        while True:
            found = self._token(at)
            if found.lastgroup == "close":
                return made, found.end()
            if found.lastgroup != "name":
                raise PdfError("dictionary")
            name = _name(found["name"])
            if name in made:
                raise PdfError("name twice")
            made[name], at = self._told(self._token(found.end()), depth + 1)

    def _array(self, at: int, depth: int) -> tuple[Value, int]:
        made = list[Value]()
        while True:
            found = self._token(at)
            if found.lastgroup == "end":
                return made, found.end()
            value, at = self._told(found, depth + 1)
            made.append(value)


def _name(written: bytes) -> Name:
    if b"#" not in written:
        return Name(written.decode("latin-1"))
    return Name(_ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), written).decode("latin-1"))


def _character(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    return bytes([int(sign, 8) & 0xFF]) if len(sign) == 3 else _LETTERS.get(sign, sign)
