"""Record sheets for people: saved from a result, examined on a page, and the page of the shop that signs them."""

from __future__ import annotations

import asyncio
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.response import Response

from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import symbol_of
from shirorom.domain.one_time import Request as Asked
from shirorom.domain.sheet import Tie
from shirorom.edge.api.sheets import KEY_CHARS_MAX, KEYS_MAX, PDF, SHEET_BYTES_MAX, examine, proof_of, view_of
from shirorom.edge.http.guard import OPT as TAKES
from shirorom.edge.http.guard import Takes
from shirorom.edge.qr import qr_path
from shirorom.edge.sheet_wire import SHOP_FORMAT, verify_of
from shirorom.edge.web.look import Speech
from shirorom.edge.web.page import AnyRequest, id_of, page, speech_of, web_of
from shirorom.edge.web.pages import show
from shirorom.edge.web.seller import PHOTO_BYTES_MAX
from shirorom.edge.web.who import OPT, Who
from shirorom.log.keyring import KnownKeys, encode_keys
from shirorom.log.times import time_of, time_text

if TYPE_CHECKING:  # only named here: examining sheets and pages loads it
    from shirorom.service.verify import Examination

FORM_BYTES_MAX = 64 * 1024
MULTIPART = frozenset({"multipart/form-data"})
VISITOR, STAFF = {OPT: Who.VISITOR}, {OPT: Who.STAFF}
OFFLINE = "shirorom-verify.html"
ATTACHED = {"content-disposition": 'attachment; filename="{}"'}


@get("/verify", include_in_schema=False, opt=VISITOR)
async def verify_page(request: AnyRequest) -> Response[bytes]:
    """The page to save first; then the place for a file."""
    return _verify_page(request)


@post("/verify", status_code=200, include_in_schema=False,
      opt=VISITOR | {TAKES: Takes(MULTIPART, SHEET_BYTES_MAX + FORM_BYTES_MAX)})  # fmt: skip
async def verify_file(request: AnyRequest) -> Response[bytes]:
    """Examine a file; it is not kept."""
    form = await request.form()
    content = await _file(form.get("file"))
    if not content:
        return _verify_page(request, status=422, empty=True)
    given = tuple(str(form.get("keys", ""))[: KEYS_MAX * KEY_CHARS_MAX].splitlines())
    keys = tuple(line.strip() for line in given if line.strip())
    admit = web_of(request).practice or form.get("practice") == "1"
    found = await examine(request, content, keys=keys, admit_practice=admit)
    speech = speech_of(request)
    told = msgspec.to_builtins(verify_of(found, speech.words))
    return _verify_page(request, told=told | _shown(found, speech))


def _shown(found: Examination, speech: Speech) -> dict[str, Any]:
    """What a sheet says, as people read it: Japan's time, numbers masked."""
    if found.sheet is None:
        return {"cells": [], "issued": ""}
    cells = [
        {
            "imei": Imei(cell.imei).masked if cell.imei in found.sheet.imeis else "",
            "carrier": speech.carrier(cell.carrier),
            "mark": f"{symbol_of(cell.mark)} {speech.word(cell.mark)}",
            "channel": speech.t(f"ui.channel.{cell.channel}") if cell.channel else "",
            "asked": _clock(cell.asked_at, speech),
        }
        for cell in found.sheet.cells
    ]
    return {"cells": cells, "issued": _clock(found.sheet.issued_at, speech)}


def _clock(text: str | None, speech: Speech) -> str:
    """A time of a sheet; one that is none is shown as it stands."""
    try:
        return "" if text is None else speech.clock(time_of(text))
    except ValueError:
        return text or ""


def _verify_page(
    request: AnyRequest, *, status: int = 200, told: dict[str, Any] | None = None, empty: bool = False
) -> Response[bytes]:
    return page(
        request, "verify.html", status=status, here="help", url="/verify", told=told, empty=empty,
        offline=offline_page() is not None,
    )  # fmt: skip


@get("/verify/offline.html", include_in_schema=False, opt=VISITOR)
async def verify_offline(request: AnyRequest) -> Response[bytes]:
    """The page that verifies without us, to be saved: our own pages run no script that stands in a page."""
    content = offline_page()
    if content is None:
        raise RequestError("not-found")
    return Response(content, media_type="text/html", headers=_attached(OFFLINE))


@cache
def offline_page() -> bytes | None:
    """The self-contained verifier; None where it was not built in."""
    file = resources.files("shirorom") / "data" / "verify" / OFFLINE
    return file.read_bytes() if file.is_file() else None


@post("/check/{id_:str}/sheet", status_code=200, include_in_schema=False,
      opt=STAFF | {TAKES: Takes(MULTIPART, PHOTO_BYTES_MAX + FORM_BYTES_MAX)})  # fmt: skip
async def save_sheet(request: AnyRequest) -> Response[bytes]:
    """The record sheet of a result, as a file or inside a PDF; with a photo of the phone's own screen, tied to it."""
    job = web_of(request).asking.jobs.get(id_of(request))
    form = await request.form()
    proof = proof_of(request)
    try:
        tie = await _tie(request, job.device, await _file(form.get("photo")), str(form.get("asked", "")))
        made = await asyncio.to_thread(proof.attest, job.device, attach=form.get("attach") == "1", tie=tie)
        if form.get("as") == "pdf":
            full = form.get("full") == "1"
            content, kind, ending = await view_of(request, made.bundle, speech_of(request).words, full=full), PDF, "pdf"
        else:
            content, kind, ending = made.file, "application/json", "json"
    except ShiroromError as error:
        return show(request, job, status=error.http, error=error)
    name = made.bundle.sheet.issued_at.translate({ord(sign): None for sign in "-:TZ"})
    return Response(content, media_type=kind, headers=_attached(f"shirorom-{name}.{ending}"))


async def _tie(request: AnyRequest, device: Device, photo: bytes, asked: str) -> Tie | None:
    """What a photo ties, where there is one. Raises as service/tie.py."""
    if not photo:
        return None
    code, proof = Asked.parse(asked), proof_of(request)
    if code is None or proof.tie is None:
        raise RequestError("tie-over")
    room = await asyncio.to_thread(proof.room, device)
    return await proof.tie(photo, asked=code, device=device, blobs=room.blobs)


async def _file(sent: object) -> bytes:
    return await sent.read() if isinstance(sent, UploadFile) else b""


def _attached(name: str) -> dict[str, str]:
    return {name_: value.format(name) for name_, value in ATTACHED.items()}


@get("/shop", include_in_schema=False, opt=VISITOR)
async def shop_page(request: AnyRequest) -> Response[bytes]:
    """What the shop says of itself, and the fingerprints of its keys."""
    settings = web_of(request).parts.settings.shop
    known = await asyncio.to_thread(proof_of(request).keys)
    keys = [_key(request, keys, n) for keys in known for n in range(len(keys.keys))]
    return page(request, "shop.html", here="help", url="/shop", shop=settings, keys=keys)


def _key(request: AnyRequest, known: KnownKeys, n: int) -> dict[str, Any]:
    one, speech = known.keys[n], speech_of(request)
    path, size = qr_path(one.key.fingerprint)
    return {
        "fingerprint": one.key.fingerprint,
        "text": one.key.text,
        "practice": known.name.startswith("shirorom/practice/"),
        "until": None if one.until is None else speech.clock(one.until),
        "revoked": None if one.revoked_at is None else speech.clock(one.revoked_at),
        "qr": path,
        "qr_size": size,
    }


@get("/shop.json", include_in_schema=False, opt=VISITOR)
async def shop_file(request: AnyRequest) -> Response[bytes]:
    """The same for verifiers (docs/reference/sheet.md)."""
    parts = web_of(request).parts
    shop = msgspec.to_builtins(parts.settings.shop) | {"name": parts.settings.shop.name or parts.settings.operator}
    known = await asyncio.to_thread(proof_of(request).keys)
    content = {
        "format": SHOP_FORMAT,
        "at": time_text(parts.clock.now().replace(microsecond=0)),
        "shop": shop,
        "keys": [msgspec.Raw(encode_keys(keys)) for keys in known],
    }
    return Response(msgspec.json.encode(content), media_type="application/json")


SHEET_PAGES = (verify_page, verify_file, verify_offline, save_sheet, shop_page, shop_file)
