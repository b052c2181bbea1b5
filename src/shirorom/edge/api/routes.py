"""The HTTP API, version 1: parse, call, present. Numbers are in bodies only; errors pass through to one handler."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, get, post
from litestar.response import Response

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
from shirorom.edge.http.problems import BODY, STORAGE, PlacedError, declared
from shirorom.edge.web.look import official_url
from shirorom.edge.web.page import language_of, web_of
from shirorom.edge.wire import CheckWire, ParseWire, RecordWire, check_of, parse_of, record_of
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


@post("/v1/checks", status_code=200, operation_id="check", tags=["checks"], summary="Check one device",
      responses=declared(*BODY, *NUMBER, *STORAGE))  # fmt: skip
async def post_check(request: AnyRequest, data: CheckRequest) -> Response[CheckWire]:
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
        assessment = await check(device, only=only, record=record)
    return _answer(request, check_of(assessment, web.parts.words(language_of(request))))


@post("/v1/parse", status_code=200, operation_id="parse", tags=["numbers"], summary="Find device numbers in any text",
      responses=declared(*BODY))  # fmt: skip
async def post_parse(request: AnyRequest, data: ParseRequest) -> Response[ParseWire]:
    """Every device number in a text, what is wrong with the others, and which of them belong to one phone."""
    return _answer(request, parse_of(parse(data.text)))


@post("/v1/readings", status_code=201, operation_id="record", tags=["record"], summary="Record an answer read by a person",
      responses=declared(*BODY, *NUMBER, "glyph-unknown", "time-in-future", *STORAGE))  # fmt: skip
async def post_reading(request: AnyRequest, data: ReadingRequest) -> Response[RecordWire]:
    """What a person read on a carrier's page. Answered only once it would survive a power cut."""
    parts = web_of(request).parts
    recorded, cell, room = await asyncio.to_thread(
        parts.record,
        number_of(data.imei, "/imei"),
        data.carrier,
        data.glyph,
        by=parts.settings.operator,
        sentence=data.sentence,
        asked_at=data.asked_at,
    )
    head = await asyncio.to_thread(room.log.head)
    return _answer(request, record_of(recorded, cell, head, practice=room.practice), status=201)


@post("/v1/withdrawals", status_code=201, operation_id="withdraw", tags=["record"], summary="Take back a reading by hand",
      responses=declared(*BODY, "entry-not-found", "entry-not-withdrawable", "entry-withdrawn", *STORAGE))  # fmt: skip
async def post_withdrawal(request: AnyRequest, data: WithdrawalRequest) -> Response[WithdrawnWire]:
    """Take back a mistyped reading; both it and its withdrawal stay visible."""
    parts = web_of(request).parts
    recorded = await asyncio.to_thread(
        parts.withdraw, data.index, reason=data.reason, by=parts.settings.operator, practice=data.practice
    )
    return _answer(request, WithdrawnWire(True, recorded.index, data.index, data.practice), status=201)


@get("/v1/carriers", operation_id="carriers", tags=["checks"], summary="Which carriers are asked, and how",
     responses=declared())  # fmt: skip
async def get_carriers(request: AnyRequest) -> Response[CarriersWire]:
    """Who is on (`site`: by the program, `hand`: by a person, `off`), what is known of each, and where it was read."""
    return _answer(request, CarriersWire(tuple(_carrier(request, carrier) for carrier in CarrierId)))


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


@get("/healthz", operation_id="health", tags=["service"], summary="The process answers", responses=declared())
async def get_health(request: AnyRequest) -> Response[HealthWire]:
    """For whoever restarts the process. Looks at nothing else."""
    return _answer(request, HealthWire("ok"))


@get("/readyz", operation_id="ready", tags=["service"], summary="Checks can be served", responses=declared())
async def get_ready(request: AnyRequest) -> Response[ReadyWire]:
    """For whoever sends traffic: the log can be read and written, and whoever asks the carriers is there. 503 if not."""
    parts = web_of(request).parts
    log = "ok"
    try:
        room = await asyncio.to_thread(parts.rooms.open, web_of(request).practice)
        await asyncio.to_thread(room.log.head)
    except ShiroromError as error:
        log = error.code
    asked = bool(web_of(request).asking.carriers(Access.SITE))
    asker = "ok" if not asked or parts.asker_ready() else "browser-missing"
    ready = log == asker == "ok"
    return _answer(request, ReadyWire(ready, log, asker), status=200 if ready else 503)


def _answer(request: AnyRequest, wire: Any, *, status: int = 200) -> Response[Any]:
    headers = {"content-language": language_of(request), "vary": "Accept-Language"}
    return Response(wire, status_code=status, media_type="application/json", headers=headers)


READ = (post_check, post_parse, get_carriers, get_health, get_ready)
WRITE = (post_reading, post_withdrawal)
"""Not served on a public page: a stranger's word is not recorded."""

