"""Record sheets over HTTP: made from what is recorded, examined as a file. Numbers are in bodies only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import Request, post
from litestar.params import JSONBody
from litestar.response.base import ASGIResponse

from shirorom.domain.errors import RequestError
from shirorom.domain.imei import IMEIS_MAX
from shirorom.edge.api.bodies import NumberText
from shirorom.edge.api.routes import NUMBER, answer, device_of, language_called
from shirorom.edge.http.guard import OPT, Takes
from shirorom.edge.http.problems import BODY, SIGNED, STORAGE, about
from shirorom.edge.sheet_view import page_of
from shirorom.edge.sheet_wire import SheetWire, VerifyWire, verify_of
from shirorom.edge.web.page import web_of
from shirorom.edge.web.parts import Proof
from shirorom.edge.web.who import OPT as WHO
from shirorom.edge.web.who import Who
from shirorom.edge.words import Words
from shirorom.log.bundle import BundleForm
from shirorom.service.trust import Trust

if TYPE_CHECKING:  # only named here: examining sheets and pages loads it
    from shirorom.service.verify import Examination

AnyRequest = Request[Any, Any, Any]
SHEET_BYTES_MAX = 8_000_000
SHEET_MEDIA = frozenset({"application/octet-stream", "application/pdf"})
KEYS_MAX = 8
KEY_CHARS_MAX = 512
VIEW = ("sheet-font-missing", "sheet-pdf-failed", "proof-missing")
PDF = "application/pdf"
RAW = ("origin-refused", "body-malformed", "body-too-slow", "body-too-large", "media-type")


class SheetRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One phone whose record is stated."""

    imeis: Annotated[
        list[NumberText], msgspec.Meta(min_length=1, max_length=IMEIS_MAX, description="The numbers of the phone.")
    ]
    attach: Annotated[bool, msgspec.Meta(description="Put saved pages and photos in.")] = False
    practice: Annotated[bool, msgspec.Meta(description="From the practice record, whatever is configured.")] = False
    full: Annotated[bool, msgspec.Meta(description="In a PDF: all digits of the numbers, not the last four.")] = False


@post("/v1/sheets", status_code=200, **about(
    "sheet", "sheets", "Make a record sheet", {200: SheetWire}, *BODY, *NUMBER,
    "sheet-nothing", "sheet-too-large", *VIEW, *STORAGE, *SIGNED),
    opt={WHO: Who.STAFF})  # fmt: skip
async def post_sheet(request: AnyRequest, data: JSONBody[SheetRequest]) -> ASGIResponse:
    """State what is recorded of a phone, so that anybody can check it later without us.

    Keep the bytes as they came. A time stamp authority that does not answer leaves the sheet without a stamp. With
    `Accept: application/pdf` the answer is a PDF to look at, in the language of `Accept-Language`, the sheet inside it.
    """
    made = await asyncio.to_thread(
        proof_of(request).attest, device_of(data.imeis), practice=data.practice, attach=data.attach
    )
    if PDF not in request.headers.get("accept", ""):
        return ASGIResponse(body=made.file, media_type="application/json")
    words = web_of(request).parts.words(language_called(request))
    return ASGIResponse(body=await view_of(request, made.bundle, words, full=data.full), media_type=PDF)


@post("/v1/verifications", status_code=200, opt={OPT: Takes(SHEET_MEDIA, SHEET_BYTES_MAX), WHO: Who.VISITOR}, **about(
    "verify", "sheets", "Examine a record sheet", {200: VerifyWire}, *RAW, *SIGNED))  # fmt: skip
async def post_verification(request: AnyRequest) -> ASGIResponse:
    """Thirteen steps over a file (8 MB at most), each with what it proved; 200 also where none of them holds.

    This server trusts its own keys. Whoever trusts the server less uses `shirorom verify` or the page to save. The file
    is not kept.
    """
    found = await examine(request, await request.body(), admit_practice=web_of(request).practice)
    return answer(request, verify_of(found, web_of(request).parts.words(language_called(request))))


async def examine(request: AnyRequest, file: bytes, *, keys: tuple[str, ...] = (), admit_practice: bool) -> Examination:
    """A file, by this installation's own keys and those given."""
    proof = proof_of(request)
    own = await asyncio.to_thread(proof.trust)
    trust = Trust(given=keys, rings=own.rings, authorities=own.authorities)
    now = web_of(request).parts.clock.now()
    return await asyncio.to_thread(lambda: proof.verify()(file, trust, now=now, admit_practice=admit_practice))


async def view_of(request: AnyRequest, bundle: BundleForm, words: Words, *, full: bool) -> bytes:
    """A sheet's PDF. Raises as service/view.py."""
    view = await asyncio.to_thread(page_of, proof_of(request).view(), bundle, words, full=full)
    return view.file


def proof_of(request: AnyRequest) -> Proof:
    """Whoever makes and examines sheets here."""
    proof = web_of(request).parts.proof
    if proof is None:
        raise RequestError("not-found")
    return proof


SHEETS = (post_sheet, post_verification)
