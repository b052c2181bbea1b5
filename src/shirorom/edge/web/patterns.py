"""Every component in every state on one page, for whoever builds or checks them. Only on loopback, in practice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from litestar import get
from litestar.response import Response

from shirorom.domain.assessment import Assessment, assess
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel
from shirorom.domain.verdict import Cell, cell_failed
from shirorom.edge.web.field import field_of
from shirorom.edge.web.jobs import Job
from shirorom.edge.web.look import Speech, Tile, practice_site, tile
from shirorom.edge.web.page import AnyRequest, Web, page, speech_of, web_of
from shirorom.edge.web.parts import Parts
from shirorom.edge.web.slip import slip_of
from shirorom.edge.web.who import OPT, Who

ONE = Imei("001001010000013")
FINDINGS = {
    "good": "001001010000013",
    "check digit": "001001010000014",
    "length": "IMEI: 0010010100001",
    "lost zero": "1001010000013",
    "spreadsheet": "IMEI 3.58E+14",
    "repeated": "111111111111111",
    "EID": "89049032000000000000000000000000",
    "ICCID": "8981100000000000000",
    "two phones": "001001010000013\n\nIMEI: 004401000000014",
    "nothing": "こんにちは、番号はどこですか",
}


def patterns_shown(parts: Parts) -> bool:
    """Whether this server has the page: practice carriers, no other name than loopback, no strangers."""
    return practice_site(parts.settings, parts.facts) and not parts.settings.web.public and not parts.settings.web.hosts


@get("/patterns", include_in_schema=False, opt={OPT: Who.STAFF})
async def patterns(request: AnyRequest) -> Response[bytes]:
    """Tiles, buttons, fields, cards, notices, tables: each as it looks empty, waiting, done, failed."""
    web, speech = web_of(request), speech_of(request)
    fields = [{"name": name, "form": field_of(web, speech, text=text)} for name, text in FINDINGS.items()]
    slip = slip_of(web, *_checked(web), speech, whole=False) | {"heading": "h3"}
    return page(request, "patterns.html", here="", tiles=tiles(speech), fields=fields, slip=slip)


def _checked(web: Web) -> tuple[Job, Assessment]:
    """A check with every mark and one answer that did not come, made up here and recorded nowhere."""
    parts, device = web.parts, Device((ONE,))
    at = parts.clock.now().replace(microsecond=0)
    marks = (Mark.RESTRICTED, Mark.CAUTION, Mark.NO_RECORD)
    cells = [replace(_cell(mark, at), carrier=carrier) for carrier, mark in zip(CarrierId, marks, strict=False)]
    cells.append(cell_failed(ONE, CarrierId.RAKUTEN, "carrier-timeout", last=None))
    policy = parts.facts.policy(parts.settings.verdict.policy)
    result = assess(device, cells, as_of=at, practice=True, policy=policy, facts=parts.facts, storage=None)
    return Job(id="pattern", device=device, record=True, born_s=0.0, assessment=result), result


def tiles(speech: Speech) -> list[tuple[str, Tile]]:
    """Every way in which a cell is drawn, with its name."""
    at = speech.now - timedelta(minutes=5)
    failed = cell_failed(ONE, CarrierId.AU, "carrier-timeout", last=_cell(Mark.CLEAR, at - timedelta(days=2)))
    cells: list[tuple[str, Cell | None, str, bool]] = [
        ("waiting", None, "waiting", False),
        ("open", None, "open", False),
        ("off", None, "off", False),
        ("skipped", None, "done", True),
        ("failed", failed, "done", False),
        *((mark.value, _cell(mark, at), "done", False) for mark in Mark),
        ("recording", _cell(Mark.CLEAR, at), "recording", False),
        ("by hand", _cell(Mark.CAUTION, at, channel=Channel.HAND), "done", False),
        ("stale", _cell(Mark.CLEAR, at - timedelta(days=3), stale=True), "done", False),
        ("vanished", _cell(Mark.RESTRICTED, at, vanished=True, raw="○"), "done", False),
    ]
    return [
        (name, tile(cell, number=n, imei=ONE, carrier=CarrierId.AU, speech=speech, state=state, skipped=skipped))
        for n, (name, cell, state, skipped) in enumerate(cells, 1)
    ]


def _cell(mark: Mark, at: Any, *, channel: Channel = Channel.SITE, raw: str | None = None, **more: Any) -> Cell:
    return Cell(
        imei=ONE, carrier=CarrierId.AU, mark=mark, raw=raw or mark.symbol, sentence="練習の答えです", asked_at=at,
        channel=channel, index=1, **more,
    )  # fmt: skip
