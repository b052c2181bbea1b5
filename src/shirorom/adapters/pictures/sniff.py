"""What a file is and how large its picture, from its first bytes alone: nothing is decoded, nothing is believed later.

What is said here is checked again in the child, which opens the file as this kind and no other.
"""

from __future__ import annotations

import re
from enum import StrEnum

from shirorom.domain.errors import RequestError
from shirorom.domain.picture import PIXELS_MAX

PICTURE_BYTES_MAX = FILE_BYTES_MAX = 10 * 1024 * 1024
SIDE_MAX = 20_000
"""A picture that is longer than this is a band, no photo."""


class PictureKind(StrEnum):
    """The kinds that are read."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WEBP"


class FileKind(StrEnum):
    """The kinds of files whose text is read."""

    TEXT = "text"
    XLSX = "xlsx"
    PDF = "pdf"


_OTHER_KINDS: tuple[tuple[re.Pattern[bytes], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), kind)
    for pattern, kind in (
        (rb"GIF8[79]a", "gif"),
        (rb".{4}ftyp(?:hei[cmsx]|he[iv][cms]|mif1|msf1)", "heic"),
        (rb".{4}ftypavi[fs]", "avif"),
        (rb".{4}ftyp", "video"),
        (rb"II\*\0|MM\0\*|II\+\0|MM\0\+", "tiff"),
        (rb"%PDF-", "pdf"),
        (rb"BM.{4}\0\0\0\0", "bmp"),
        (rb"\0\0\x01\0", "ico"),
        (rb"8BPS", "psd"),
        (rb"PK\x03\x04", "zip"),
        (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
        (rb"\xef?\xbb?\xbf?\s*(?:<\?xml[^>]{0,200}>|<!--.{0,500}?-->|<!doctype[^>]{0,300}>|\s)*<svg[\s>]", "svg"),
        (rb"\xef?\xbb?\xbf?\s*<(?:!doctype html|html|head|body|script)", "html"),
    )
)
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset((0x01, *range(0xD0, 0xD8)))
_SEGMENTS_MAX = 2_000


def picture_kind(content: bytes) -> PictureKind:
    """The kind of a picture that may be decoded.

    Raises:
        RequestError: `picture-too-large`, `picture-kind` (`kind`), `picture-too-many-pixels`, `picture-unreadable`.
    """
    if len(content) > PICTURE_BYTES_MAX:
        raise RequestError("picture-too-large", bytes_max=PICTURE_BYTES_MAX)
    kind = _picture(content)
    if kind is None:
        raise RequestError("picture-kind", kind=other_kind(content))
    size = _SIZES[kind](content)
    if size is None or 0 in size:
        raise RequestError("picture-unreadable")
    check_size(*size)
    return kind


def check_size(width: int, height: int) -> None:
    """Raises RequestError `picture-too-many-pixels`."""
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise RequestError("picture-too-many-pixels", width=width, height=height, pixels_max=PIXELS_MAX)


def other_kind(content: bytes) -> str:
    """What it is instead, for the sentence; "?" where nobody knows."""
    head = content[:4096]
    return next((kind for pattern, kind in _OTHER_KINDS if pattern.match(head)), "?")


def file_kind(content: bytes) -> FileKind:
    """The kind of a dropped file, by its content; its name says nothing.

    Raises:
        RequestError: `file-too-large`, `file-kind` (with `kind`).
    """
    if len(content) > FILE_BYTES_MAX:
        raise RequestError("file-too-large", bytes_max=FILE_BYTES_MAX)
    if _picture(content) is not None:
        raise RequestError("file-kind", kind="picture")
    match other_kind(content):
        case "pdf":
            return FileKind.PDF
        case "zip":
            return FileKind.XLSX
        case "?" | "html" | "svg":  # whatever it is, its text is read as text
            return FileKind.TEXT
        case kind:
            raise RequestError("file-kind", kind=kind)


def _picture(content: bytes) -> PictureKind | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PictureKind.PNG
    if content.startswith(b"\xff\xd8\xff"):
        return PictureKind.JPEG
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return PictureKind.WEBP
    return None


def _png_size(content: bytes) -> tuple[int, int] | None:
    if len(content) < 33 or content[12:16] != b"IHDR":
        return None
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    place = 2
    for _ in range(_SEGMENTS_MAX):
        while content[place : place + 1] == b"\xff" and content[place + 1 : place + 2] == b"\xff":
            place += 1  # fill bytes
        if content[place : place + 1] != b"\xff" or place + 4 > len(content):
            return None
        marker = content[place + 1]
        if marker in _JPEG_BARE:
            place += 2
            continue
        if marker in _JPEG_SIZES:
            height, width = content[place + 5 : place + 7], content[place + 7 : place + 9]
            return (int.from_bytes(width, "big"), int.from_bytes(height, "big")) if len(width) == 2 else None
        if marker in (0xD9, 0xDA):
            return None  # the picture begins, and nothing has said how large it is
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    chunk, data = content[12:16], content[20:34]
    if len(data) < 10:
        return None
    if chunk == b"VP8X":
        if data[0] & 2:
            raise RequestError("picture-kind", kind="animation")
        return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
    if chunk == b"VP8L" and data[0] == 0x2F:
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and data[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF
    return None


_SIZES = {PictureKind.PNG: _png_size, PictureKind.JPEG: _jpeg_size, PictureKind.WEBP: _webp_size}
