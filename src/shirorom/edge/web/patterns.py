"""Every component in every state on one page, for whoever builds or checks them. Only on loopback, in practice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from litestar import get
from litestar.response import Response

from shirorom.domain.assessment import Assessment, assess
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.bars import bars, width
from shirorom.domain.desk.codes import staff_code
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel
from shirorom.domain.verdict import Cell, cell_failed
from shirorom.edge.qr import qr_path
from shirorom.edge.web.counter import keys_of
from shirorom.edge.web.field import field_of
from shirorom.edge.web.jobs import Job
from shirorom.edge.web.look import CLASS_OF, Speech, Tile, practice_site, tile
from shirorom.edge.web.page import AnyRequest, Web, page, speech_of, web_of
from shirorom.edge.web.parts import Parts
from shirorom.edge.web.slip import slip_of
from shirorom.edge.web.who import OPT, Who

ONE = Imei("001001010000013")
LONG_NAME = "つくば学園都市買取センター 佐々木"
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
    "a pair": "IMEI1: 001001010000013\nIMEI2: 001001010000021",
    "twice": "001001010000013\n001001010000013",
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
    code = staff_code(1)
    path, size = qr_path(code)
    card = {
        "name": LONG_NAME,
        "made": speech.now,
        "bars": bars(code),
        "width": width(code),
        "qr": path,
        "qr_size": size,
    }
    return page(
        request, "patterns.html", here="", tiles=tiles(speech), fields=fields, slip=slip, form=field_of(web, speech),
        keys=keys_of(speech), drawn=counter_pieces(speech), card=card, trouble=_trouble("sign-in-wrong", speech),
        owner=False,
    )  # fmt: skip


def _trouble(code: str, speech: Speech) -> dict[str, str]:
    return {"code": code, "title": speech.t(f"code.{code}.title"), "fix": speech.t(f"code.{code}.fix")}


def counter_pieces(speech: Speech) -> dict[str, list[dict[str, Any]]]:
    """The counter's places, phones and notices in every state: what counter-pieces.js draws from."""

    def say(key: str, **details: str | int) -> str:
        return speech.t(f"counter.say.{key}", **details)

    def words(mark: Mark) -> dict[str, Any]:
        return {"css": CLASS_OF[mark], "word": speech.word(mark)}

    claimed, waits = say("claimed", name=LONG_NAME), say("waits")
    unmet = [("now", []), ("todo", []), ("todo", [claimed]), ("todo", [say("number", n=1), claimed]),
             ("todo", [say("stale", word=speech.word(Mark.CLEAR))])]  # fmt: skip
    slots: list[dict[str, Any]] = [
        *({"css": "unmet", "word": say(key), "notes": notes, "current": key == "now"} for key, notes in unmet),
        *({"css": "unmet", "word": say(why)} for why in ("person", "rule", "stopped", "off", "practice", "plan")),
        *(words(mark) for mark in Mark),
        {"css": "q", "word": speech.t("counter.no_answer")},
        words(Mark.CAUTION) | {"notes": [waits], "waits": True},
        words(Mark.CLEAR) | {"notes": [say("answered_before", time="9:12")], "current": True},
    ]
    at, done = "10:24", say("progress", done=2)
    rows = [
        {"number": 1, "tails": "0013", "notes": [at, done], "current": True},
        {"number": 2, "tails": "0013・0021", "notes": [at, done, claimed], "busy": say("busy")},
        {"number": 3, "tails": "0039", "notes": [at, done], "waits": waits},
        *({"number": n, "tails": "0047", "notes": [at], "mark": words(mark)} for n, mark in enumerate(Mark, 4)),
    ]
    lines: list[dict[str, Any]] = [
        {"text": say("added", number=3), "acts": [[say("join", number=2)]]},
        {"text": say("offline") + "　" + say("waiting", count=4), "bad": True},
        {"text": say("phones_wait", count=2)},
        {"text": say("unread"), "bad": True},
        {"text": say("other_person_named", count=2, name=LONG_NAME), "bad": True, "acts": [[say("mine")]]},
        {"text": say("refused", text="○"), "bad": True, "acts": [[say("retry")], [say("drop")]]},
    ]
    return {"slots": slots, "rows": rows, "lines": lines}


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
