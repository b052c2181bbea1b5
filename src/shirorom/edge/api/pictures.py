"""Pictures and files as bodies: the numbers that stand in them. Nothing of them is kept, and no name is taken."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, post
from litestar.response.base import ASGIResponse

from shirorom.domain.errors import RequestError
from shirorom.domain.parse import parse
from shirorom.domain.picture import PictureNumber, PictureNumbers, PictureRead, numbers_in
from shirorom.edge.api.routes import answer
from shirorom.edge.http.guard import OPT, Takes
from shirorom.edge.http.problems import about
from shirorom.edge.web.page import web_of
from shirorom.edge.web.who import OPT as WHO
from shirorom.edge.web.who import Who
from shirorom.edge.wire import ParseWire, parse_of
from shirorom.ports.pictures import Pictures

BYTES_MAX = 10 * 1024 * 1024
PICTURE_MEDIA = frozenset({"image/png", "image/jpeg", "image/webp"})
XLSX_MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE_MEDIA = frozenset({
    "text/plain", "text/csv", "text/tab-separated-values", "application/pdf", XLSX_MEDIA, "application/octet-stream",
})  # fmt: skip
RAW = ("origin-refused", "body-malformed", "body-too-slow", "body-too-large", "media-type")
READER = ("picture-reader-missing", "picture-busy")
REFUSED = ("picture-too-large", "picture-too-many-pixels", "picture-kind", "picture-unreadable", *READER)
"""Why a picture is not read."""

AnyRequest = Request[Any, Any, Any]


class PictureFoundWire(msgspec.Struct, frozen=True):
    """One number of a picture. `certain`: barcode and print agree. `box`: x, y, w, h, 0–1."""

    imei: str | None
    text: str
    kind: str
    by: tuple[str, ...]
    certain: bool
    box: tuple[float, float, float, float]
    valid: bool
    error: str | None
    suggestion: str | None


class PictureWire(msgspec.Struct, frozen=True):
    """What a picture says. `advice`: the code of what to do where it shows no number that can be asked for."""

    width: int
    height: int
    found: tuple[PictureFoundWire, ...]
    devices: tuple[tuple[str, ...], ...]
    advice: str | None


def picture_of(read: PictureRead, numbers: PictureNumbers) -> PictureWire:
    """A picture and its numbers on the wire."""
    return PictureWire(
        read.width,
        read.height,
        tuple(_found(number) for number in numbers.found),
        tuple(tuple(imei.digits for imei in device) for device in numbers.devices),
        None if any(number.valid for number in numbers.found) else "picture-no-number",
    )


def _found(number: PictureNumber) -> PictureFoundWire:
    box = number.box
    return PictureFoundWire(
        imei=None if number.imei is None else number.imei.digits,
        text=number.text,
        kind=str(number.kind),
        by=number.by,
        certain=number.certain,
        box=(box.x, box.y, box.w, box.h),
        valid=number.valid,
        error=number.error,
        suggestion=number.suggestion,
    )


@post("/v1/pictures", status_code=200, opt={OPT: Takes(PICTURE_MEDIA, BYTES_MAX), WHO: Who.VISITOR}, **about(
    "picture", "numbers", "Find device numbers in a picture", {200: PictureWire}, *RAW, *REFUSED))  # fmt: skip
async def post_picture(request: AnyRequest) -> ASGIResponse:
    """Numbers of a box label, a `*#06#` screen or a screenshot: barcodes and print (PNG, JPEG, WebP; 10 MB, 25 Mpx).

    A number that barcode and print agree on is `certain`; every other one is offered, and a person confirms it. The
    picture is not kept. No number found: `advice` is `picture-no-number`, whose help page says what to photograph.
    """
    read = await pictures_of(request).read(await request.body())
    return answer(request, picture_of(read, numbers_in(read)))


@post("/v1/files", status_code=200, opt={OPT: Takes(FILE_MEDIA, BYTES_MAX), WHO: Who.STAFF}, **about(
    "file", "numbers", "Find device numbers in a file", {200: ParseWire}, *RAW,
    "file-too-large", "file-kind", "file-unreadable", "file-no-text", *READER))  # fmt: skip
async def post_file(request: AnyRequest) -> ASGIResponse:
    """Numbers of a csv, tsv, txt (UTF-8, UTF-16, CP932), xlsx or pdf file with text, as `/v1/parse` gives them.

    What the file is, its content says, not its name or its media type. It is not kept.
    """
    text = await pictures_of(request).text(await request.body(), "")
    return answer(request, parse_of(parse(text)))


def pictures_of(request: AnyRequest) -> Pictures:
    """Whoever reads pictures here. Raises RequestError `picture-reader-missing`."""
    pictures = web_of(request).parts.pictures
    if pictures is None:
        raise RequestError("picture-reader-missing")
    return pictures


PICTURES = (post_picture,)
FILES = (post_file,)
"""Not served on a public page: a stranger has one phone, and no list."""
