"""The HTTP API, version 1: parse, call, present. Numbers are in bodies only; errors pass through to one handler."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.params import JSONBody
from litestar.response.base import ASGIResponse

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import NumberError, ShiroromError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.parse import parse, read_imei
from shirorom.edge.api.bodies import (
    CarriersWire,
    CarrierWire,
    CheckRequest,
    FactSourceWire,
    HealthWire,
    ParseRequest,
    ReadingRequest,
    ReadyWire,
    WithdrawalRequest,
    WithdrawnWire,
)
from shirorom.edge.api.once import once
from shirorom.edge.http.language import LANGUAGES, Language, choose
from shirorom.edge.http.problems import BODY, KEY, SIGNED, STORAGE, PlacedError, about
from shirorom.edge.web.look import official_url
from shirorom.edge.web.page import by_of, web_of
from shirorom.edge.web.who import OPT, PLAIN, Role, Who, person_of
from shirorom.edge.wire import CheckWire, ParseWire, RecordWire, check_of, encode, parse_of, record_of
from shirorom.service.settings import Access

AnyRequest = Request[Any, Any, Any]
NUMBER = ("imei-length", "imei-check-digit", "imei-lost-zero", "imei-spreadsheet", "device-repeated")


def number_of(text: str, pointer: str) -> Imei:
    """The one device number that a text holds, in whatever spelling. Raises PlacedError with the number's own code."""
    try:
        return read_imei(text)
    except NumberError as error:
        raise PlacedError(error, pointer) from None


def device_of(texts: list[str]) -> Device:
    """One device of one to four numbers. Raises PlacedError."""
    imeis = tuple(number_of(text, f"/imeis/{place}") for place, text in enumerate(texts))
    try:
        return Device(imeis)
    except NumberError as error:
        raise PlacedError(error, "/imeis") from None


@post("/v1/checks", status_code=200, **about(
    "check", "checks", "Check one device", {200: CheckWire}, *BODY, *NUMBER, *KEY, *STORAGE, *SIGNED),
    opt={OPT: Who.VISITOR})  # fmt: skip
@once
async def post_check(request: AnyRequest, data: JSONBody[CheckRequest]) -> ASGIResponse:
    """Ask every carrier that is on about one device.

    200 also where a carrier gave no answer: its cell has no mark and says why, and the verdict is `undetermined`.
    The IMEIs are in the body because addresses are logged and cached, and bodies are not.
    """
    web = web_of(request)
    device = device_of(data.imeis)
    check = web.parts.check
    assessment = None
    if data.only is None and not web.asking.public:
        assessment = check.recorded(device)
    if assessment is None:
        only = data.only
        if web.asking.public:  # what others read by hand is not for strangers
            site = web.asking.carriers(Access.SITE)
            only = [carrier for carrier in site if data.only is None or carrier in data.only]
        record = data.record if data.record is not None else not web.asking.public
        assessment = await check(device, only=only, record=record, by=by_of(request))
    return answer(request, check_of(assessment, web.parts.words(language_called(request))))


@post("/v1/parse", status_code=200, **about(
    "parse", "numbers", "Find device numbers in any text", {200: ParseWire}, *BODY, *SIGNED),
    opt={OPT: Who.VISITOR})  # fmt: skip
async def post_parse(request: AnyRequest, data: JSONBody[ParseRequest]) -> ASGIResponse:
    """Every device number in a text, what is wrong with the others, and which of them belong to one phone."""
    return answer(request, parse_of(parse(data.text)))


@post("/v1/readings", status_code=201, **about(
    "record", "record", "Record an answer read by a person", {201: RecordWire},
    *BODY, *NUMBER, "glyph-unknown", "time-in-future", *KEY, *STORAGE, *SIGNED),
    opt={OPT: Who.STAFF})  # fmt: skip
@once
async def post_reading(request: AnyRequest, data: JSONBody[ReadingRequest]) -> ASGIResponse:
    """What a person read on a carrier's page. Answered only once it would survive a power cut."""
    parts = web_of(request).parts
    recorded, cell, room = await asyncio.to_thread(
        parts.record,
        number_of(data.imei, "/imei"),
        data.carrier,
        data.glyph,
        by=by_of(request),
        sentence=data.sentence,
        asked_at=data.asked_at,
    )
    head = await asyncio.to_thread(room.log.head)
    return answer(request, record_of(recorded, cell, head, practice=room.practice), status=201)


@post("/v1/withdrawals", status_code=201, **about(
    "withdraw", "record", "Take back a reading by hand", {201: WithdrawnWire},
    *BODY, "entry-not-found", "entry-not-withdrawable", "entry-withdrawn", *KEY, *STORAGE, *SIGNED),
    opt={OPT: Who.STAFF})  # fmt: skip
@once
async def post_withdrawal(request: AnyRequest, data: JSONBody[WithdrawalRequest]) -> ASGIResponse:
    """Take back a mistyped reading; both it and its withdrawal stay visible."""
    parts = web_of(request).parts
    person = person_of(request)
    recorded = await asyncio.to_thread(
        parts.withdraw, data.index, reason=data.reason, by=by_of(request), practice=data.practice,
        owner=person is not None and person.role is Role.OWNER,
    )  # fmt: skip
    return answer(request, WithdrawnWire(True, recorded.index, data.index, data.practice), status=201)


@get("/v1/carriers", **about(
    "carriers", "checks", "Which carriers are asked, and how", {200: CarriersWire}, *SIGNED),
    opt={OPT: Who.VISITOR})  # fmt: skip
async def get_carriers(request: AnyRequest) -> ASGIResponse:
    """Who is on (`site`: by the program, `hand`: by a person, `off`), what is known of each, and where it was read."""
    return answer(request, CarriersWire(tuple(_carrier(request, carrier) for carrier in CarrierId)))


def _carrier(request: AnyRequest, carrier: CarrierId) -> CarrierWire:
    parts = web_of(request).parts
    facts = parts.facts.carrier(carrier)
    return CarrierWire(
        id=carrier.value,
        name=facts.name,
        name_en=facts.name_en,
        brands=facts.brands,
        access=parts.settings.carrier(carrier).access.value,
        practice=parts.rooms.is_practice(carrier),
        check_url=official_url(carrier, parts.settings, parts.facts),
        explanation_url=facts.explanation_url,
        hours=facts.hours,
        lag=facts.lag,
        lag_en=facts.lag_en,
        sources=tuple(
            FactSourceWire(source.url, source.title, source.read_on, source.confidence.value)
            for source in facts.sources
        ),
    )


@get("/healthz", **about("health", "service", "The process answers", {200: HealthWire}),
    opt={OPT: Who.ANYONE, PLAIN: True})  # fmt: skip
async def get_health(request: AnyRequest) -> ASGIResponse:
    """For whoever restarts the process. Looks at nothing else."""
    return answer(request, HealthWire("ok"))


@get("/readyz", **about("ready", "service", "Checks can be served", {200: ReadyWire, 503: ReadyWire}),
    opt={OPT: Who.ANYONE, PLAIN: True})  # fmt: skip
async def get_ready(request: AnyRequest) -> ASGIResponse:
    """For whoever sends traffic: the log can be read, and whoever asks the carriers is there. 503 if not."""
    parts = web_of(request).parts
    log = "ok"
    try:
        room = await asyncio.to_thread(parts.rooms.open, web_of(request).practice)
        await asyncio.to_thread(room.log.head)
    except ShiroromError as error:
        log = error.code
    asked = bool(web_of(request).asking.carriers(Access.SITE))
    asker = "ok" if not asked or parts.asker_ready() else "browser-missing"
    if asker != "ok":
        web_of(request).asking.jobs.beside(parts.asker.warm())  # who is asked whether it is there, comes back
    ready = log == asker == "ok"
    return answer(request, ReadyWire(ready, log, asker), status=200 if ready else 503)


def answer(request: AnyRequest, wire: msgspec.Struct, *, status: int = 200) -> ASGIResponse:
    """The answer, encoded here: on the hot route Litestar's own Response costs more than the look-up."""
    language = language_called(request)
    return ASGIResponse(body=encode(wire), status_code=status, headers=_HEADERS[language], media_type=_JSON)


def language_called(request: AnyRequest) -> Language:
    """A program says by `Accept-Language` what it wants to read; it has no cookie."""
    accept = next((value for name, value in request.scope["headers"] if name == b"accept-language"), None)
    return "ja" if accept is None else choose(asked=None, remembered=None, accept=accept.decode("latin-1"))


_JSON = "application/json"
_HEADERS = {language: {"content-language": language, "vary": "Accept-Language"} for language in LANGUAGES}

READ: tuple[Any, ...] = (post_check, post_parse, get_carriers, get_health, get_ready)
WRITE: tuple[Any, ...] = (post_reading, post_withdrawal)
"""For the shop's people: a stranger's word is not recorded."""
