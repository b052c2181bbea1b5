"""Ask the seller: a message for the chat with a one-time code, then number and code read from the photo.

    1. make: a random address that carries its own code and hour of birth (`domain/one_time.py`)
    2. message: to paste into the chat; the page can be reloaded or bookmarked, it holds no number
    3. photo: read, shown, forgotten; what it proves is said, and what not; a person confirms the number
    4. the check itself, by the form that everybody uses

Nothing is kept on the way: not the photo, not the number, not even that somebody asked.
"""

from __future__ import annotations

import secrets
from typing import Any

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect, Response

from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.domain.numbers.found import FOREIGN
from shirorom.domain.one_time import Request as Asked
from shirorom.domain.picture import numbers_in, one_time_code_in
from shirorom.edge.http.guard import OPT as TAKES
from shirorom.edge.http.guard import Takes
from shirorom.edge.web.look import Speech
from shirorom.edge.web.page import AnyRequest, page, speech_of, web_of
from shirorom.edge.web.parts import Parts
from shirorom.edge.web.who import OPT, Who

PHOTO_BYTES_MAX = 10 * 1024 * 1024
FORM_BYTES_MAX = PHOTO_BYTES_MAX + 64 * 1024
RANDOM_BYTES = 12
PHOTO_FORM = Takes(frozenset({"multipart/form-data"}), FORM_BYTES_MAX)
FOR_VISITORS = {OPT: Who.VISITOR}


@get("/ask-seller", include_in_schema=False, opt=FOR_VISITORS)
async def ask_seller(request: AnyRequest) -> Response[bytes]:
    """What will happen, and a button."""
    return page(request, "seller_start.html", here="guide")


@post("/ask-seller", status_code=303, include_in_schema=False, opt=FOR_VISITORS)
async def new_request(request: AnyRequest) -> Response[Any]:
    """A fresh code behind a fresh address."""
    return Redirect(f"/ask-seller/{fresh(request).id}", status_code=303)


def fresh(request: AnyRequest) -> Asked:
    """A code of this moment that nobody can have known before."""
    return Asked.new(random=secrets.token_bytes(RANDOM_BYTES), now=web_of(request).parts.clock.now())


@get("/ask-seller/{id_:str}", include_in_schema=False, opt=FOR_VISITORS)
async def message(request: AnyRequest) -> Response[bytes]:
    """The message to paste, and the place for the photo."""
    return show(request, asked_of(request))


@post("/ask-seller/{id_:str}", status_code=200, include_in_schema=False, opt=FOR_VISITORS | {TAKES: PHOTO_FORM})
async def photo(request: AnyRequest) -> Response[bytes]:
    """Read the photo; what went wrong is said on the same page, which keeps message and code."""
    asked = asked_of(request)
    content = await _photo_of(request)
    speech = speech_of(request)
    if not content:
        return show(request, asked, status=422, trouble={"code": None, "title": speech.t("seller.empty"), "fix": ""})
    try:
        read = await read_photo(web_of(request).parts, content, asked.code, speech)
    except ShiroromError as error:
        trouble = {
            "code": error.code,
            "title": speech.t(f"code.{error.code}.title", **error.details),
            "fix": speech.t(f"code.{error.code}.fix", **error.details),
        }
        return show(request, asked, status=error.http, trouble=trouble)
    return show(request, asked, read=read)


def asked_of(request: AnyRequest) -> Asked:
    """The request at an address. Raises `not-found`, `seller-expired`."""
    asked = Asked.parse(request.path_params["id_"])
    now = web_of(request).parts.clock.now()
    if asked is None or (asked.born > now and not asked.valid(now)):
        raise RequestError("not-found")
    if not asked.valid(now):
        raise RequestError("seller-expired")
    return asked


async def _photo_of(request: AnyRequest) -> bytes:
    """The photo in the form, or nothing."""
    sent = (await request.form()).get("photo")
    return await sent.read() if isinstance(sent, UploadFile) else b""


async def read_photo(parts: Parts, content: bytes, code: str, speech: Speech) -> dict[str, Any]:
    """What a photo shows. Raises `picture-reader-missing`, and what `parts.pictures` raises (`picture-…`)."""
    if parts.pictures is None:
        raise RequestError("picture-reader-missing")
    if len(content) > PHOTO_BYTES_MAX:
        raise RequestError("body-too-large", bytes_max=PHOTO_BYTES_MAX)
    seen = await parts.pictures.read(content)
    numbers = numbers_in(seen)
    askable = [(number, number.imei) for number in numbers.found if number.imei is not None]
    devices = numbers.devices or tuple((imei,) for _, imei in askable)
    return {
        "numbers": [
            {
                "grouped": imei.grouped,
                "says": speech.t("seller.number_certain" if number.certain else "seller.number_once"),
            }
            for number, imei in askable
        ],
        "others": [
            {"text": number.text, "kind": str(number.kind).upper(), "why": speech.t(f"code.{number.error}.title")}
            for number in numbers.found
            if number.imei is None and number.error and not (askable and number.kind in FOREIGN)
        ],  # an EID beside an IMEI is as it should be: every iPhone's own screen shows both
        "text": "\n".join(imei.digits for imei in devices[0]) if len(devices) == 1 else "",
        "choices": [[imei.digits for imei in device] for device in devices] if len(devices) > 1 else [],
        "code": one_time_code_in(seen, code),
    }


def show(
    request: AnyRequest,
    asked: Asked,
    *,
    status: int = 200,
    read: dict[str, Any] | None = None,
    trouble: dict[str, Any] | None = None,
) -> Response[bytes]:
    """The page of one request."""
    speech = speech_of(request)
    return page(
        request,
        "seller.html",
        status=status,
        here="guide",
        url=f"/ask-seller/{asked.id}",
        asked={
            "code": asked.code,
            "born": speech.clock(asked.born),
            "until": speech.clock(asked.until),
            "until_iso": asked.until.isoformat(),
        },
        read=read,
        trouble=trouble,
        reader=getattr(web_of(request).parts, "pictures", None) is not None,
    )


SELLER = (ask_seller, new_request, message, photo)
