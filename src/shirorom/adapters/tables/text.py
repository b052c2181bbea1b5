"""A text file in whatever encoding it was saved, in pieces that end where a line ends.

The encoding is the file's, found from its beginning; a line that is written in another one is read as that and named,
because whoever joins two exports joins their encodings too.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cached_property
from types import ModuleType
from typing import BinaryIO, Protocol

from shirorom.adapters.tables.cp932 import utf_8_of
from shirorom.adapters.tables.limits import Limits, too_large, unreadable

SAMPLE_BYTES = 1 << 20
UTF_8, CP932 = "utf-8", "cp932"
ROW_ENCODING, ROW_CHARACTERS = "table-row-encoding", "table-row-characters"

_MARKS = ((codecs.BOM_UTF8, UTF_8), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UNASSIGNED = re.compile("[\x80\xa0\uf8f0-\uf8f3]")
"""Bytes that cp932 does not know and Python lets pass."""
_KANA_AND_KANJI = 0x3000
"""From here on UTF-8 is not met by chance in cp932 text."""
_LIKE_UTF_8 = re.compile(rb"[\xe3-\xef][\x80-\xbf]{2}")
"""Bytes of UTF-8 from there on; rare in cp932."""
_BINARY = bytes(set(range(32)) - set(b"\t\n\r\f\v\x1a\x1b\0"))
_BINARY_SHARE_MAX = 0.02


class Piece:
    """Whole lines, in the file's encoding; read as text when that is wanted."""

    def __init__(self, content: bytes, first_line: int, decode: Decode) -> None:
        self.first_line = first_line
        self._content, self._decode = content, decode
        self._plain: tuple[bytes | None] | None = None
        self.lines = range(first_line, first_line + decode.lines(content))
        """Their numbers; the last line of a file may lack its end."""

    @cached_property
    def _read(self) -> tuple[str, dict[int, str]]:
        text, damage = self._decode(self._content)
        if "\0" in text:
            damage |= {n: ROW_CHARACTERS for n, one in enumerate(text.split("\n")) if "\0" in one}
            text = text.replace("\0", "")
        return text, {self.first_line + n: code for n, code in damage.items()}

    @property
    def text(self) -> str:
        """Its lines, each end made `\\n`."""
        return self._read[0]

    @property
    def damage(self) -> dict[int, str]:
        """By line (from 1 in the file), what is wrong with it."""
        return self._read[1]

    def plain(self, native: ModuleType | None = None) -> bytes | None:
        """As UTF-8, its line ends made `\\n`; None where something is wrong with it. It may yet be no UTF-8.

        `native`: the compiled kernel, if there is one. Gives the same at every call.
        """
        if self._plain is None:
            self._plain = (self._as_utf_8(native),)
        return self._plain[0]

    def _as_utf_8(self, native: ModuleType | None) -> bytes | None:
        content, nought = self._content, b"\0" in self._content
        if self._decode.as_it_is and not nought:
            return content
        if native is not None and self._decode.encoding == CP932 and not nought:
            made = utf_8_of(content, native)
            if made is not None:
                return made
        content = self.text.encode(errors="replace")
        return None if self.damage else content


def encoding_of(sample: bytes, *, whole: bool) -> tuple[str, int]:
    """The encoding, and how many bytes its mark takes. `whole`: the sample is the file.

    Raises:
        RequestError: `table-unreadable`: this is no text.
    """
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return name, len(mark)
    wide = _utf_16(sample)
    if wide is not None:
        return wide, 0
    if len(sample.translate(None, _BINARY)) < len(sample) * (1 - _BINARY_SHARE_MAX):
        raise unreadable("text")
    lines = sample.split(b"\n")
    if not whole and len(lines) > 1:
        lines.pop()  # cut off in the middle
    told = [line for line in lines if not line.isascii()]
    utf_8 = sum(_decodes(line, UTF_8) for line in told)
    return (UTF_8 if 2 * utf_8 >= len(told) else CP932), 0


def pieces(file: BinaryIO, encoding: str, limits: Limits) -> Iterator[Piece]:
    """The text from where the file stands, piece by piece.

    Raises:
        RequestError: `table-cell-too-long`, a line without an end.
    """
    decode = _Wide(encoding) if encoding.startswith("utf-16") else _Narrow(encoding)
    line = 1
    for content in _blocks(file, decode.end, decode.unit, limits):
        piece = Piece(decode.tidy(content), line, decode)
        line += len(piece.lines)
        yield piece


class Decode(Protocol):
    """Text of whole tidied lines, and by line from 0 what is wrong with it."""

    encoding: str

    @property
    def as_it_is(self) -> bool:
        """Whether the bytes are meant as UTF-8."""
        ...

    def tidy(self, content: bytes) -> bytes:
        """The same with each line end made `\\n`, where bytes tell it."""
        ...

    def lines(self, content: bytes) -> int:
        """How many lines these are."""
        ...

    def __call__(self, content: bytes) -> tuple[str, dict[int, str]]:
        """Read them."""
        ...


def _blocks(file: BinaryIO, end: bytes, unit: int, limits: Limits) -> Iterator[bytes]:
    """Bytes that end with a line end, but for the last."""
    rest = b""
    while block := file.read(limits.piece_bytes):
        content = rest + block
        cut = _last(content, end, unit)
        if cut < 0 and end == b"\n" and b"\r" in content[:-1]:  # an old Macintosh's
            cut = content.rfind(b"\r", 0, len(content) - 1)
        rest = content[cut + unit :] if cut >= 0 else content
        if len(rest) > limits.line_chars * unit:
            raise too_large("line", limits.line_chars)
        if cut >= 0:
            yield content[: cut + unit]
    if rest:
        yield rest


def _last(content: bytes, end: bytes, unit: int) -> int:
    """Where the last line end begins, at a place where a character may begin."""
    place = content.rfind(end)
    while place > 0 and place % unit:
        place = content.rfind(end, 0, place + len(end) - 1)
    return place


class _Narrow:
    """UTF-8 or cp932: read as a whole, and where that fails line by line."""

    unit, end = 1, b"\n"

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.other = CP932 if encoding == UTF_8 else UTF_8

    @property
    def as_it_is(self) -> bool:
        return self.encoding == UTF_8

    def tidy(self, content: bytes) -> bytes:
        return _ends_of(content) if b"\r" in content else content

    def lines(self, content: bytes) -> int:
        return content.count(b"\n") + (not content.endswith(b"\n"))

    def __call__(self, content: bytes) -> tuple[str, dict[int, str]]:
        if content.isascii() or self.encoding == UTF_8:
            try:
                return content.decode(UTF_8), {}
            except UnicodeDecodeError:
                pass
        if self.encoding == CP932 and not _LIKE_UTF_8.search(content):
            try:
                text = content.decode(CP932)
            except UnicodeDecodeError:
                pass
            else:
                if not _UNASSIGNED.search(text):
                    return text, {}
        out, damage = [], {}
        for n, one in enumerate(content.split(b"\n")):
            text, sound = self._line(one)
            out.append(text)
            if not sound:
                damage[n] = ROW_ENCODING
        return "\n".join(out), damage

    def _line(self, line: bytes) -> tuple[str, bool]:
        if line.isascii():
            return line.decode("ascii"), True
        if self.encoding == CP932 and _surely_utf_8(line):
            return line.decode(UTF_8), False
        for encoding in (self.encoding, self.other):
            try:
                text = line.decode(encoding)
            except UnicodeDecodeError:
                continue
            return text, encoding == self.encoding and not (encoding == CP932 and _UNASSIGNED.search(text))
        return line.decode(self.encoding, errors="replace"), False


class _Wide:
    """UTF-16. A half character is named by its line."""

    unit, as_it_is = 2, False

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self.end = "\n".encode(encoding)

    def tidy(self, content: bytes) -> bytes:
        return content

    def lines(self, content: bytes) -> int:
        text, _ = self(content)
        return text.count("\n") + (not text.endswith("\n"))

    def __call__(self, content: bytes) -> tuple[str, dict[int, str]]:
        try:
            return _ends(content.decode(self.encoding)), {}
        except UnicodeDecodeError:
            text = _ends(content.decode(self.encoding, errors="replace"))
            return text, {n: ROW_ENCODING for n, one in enumerate(text.split("\n")) if "\ufffd" in one}


def _ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _ends_of(content: bytes) -> bytes:
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _surely_utf_8(line: bytes) -> bool:
    try:
        return any(ord(character) >= _KANA_AND_KANJI for character in line.decode(UTF_8))
    except UnicodeDecodeError:
        return False


def _utf_16(sample: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of its line ends, digits and commas is nought."""
    even, odd = sample[0:4096:2], sample[1:4096:2]
    if len(odd) < 2:
        return None
    for noughts, others, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if noughts.count(0) * 4 > len(noughts) and others.count(0) * 20 <= len(others):
            return name
    return None
