"""Alerts over HTTP: a list by cursor, what changed since, saying that one is dealt with, and an Atom feed (RFC 4287).

For the shop's people and for programs with a token. JSON by default, `?format=csv` for a table. The feed names stock
keys, carriers and marks alone: whoever reads it may be a program that shows it on a wall.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any
from xml.etree import ElementTree as Xml

import msgspec
from litestar import Request, get, post
from litestar.params import JSONBody, QueryParameter
from litestar.response.base import ASGIResponse

from shirorom.domain.desk.alerts import Alert, AlertKind
from shirorom.domain.errors import ConfigError, RequestError
from shirorom.edge.alerts_wire import AlertWire, CellChangeWire, alert_of, cell_change_of, csv_of
from shirorom.edge.alerts_words import title_of
from shirorom.edge.api.routes import answer, language_called
from shirorom.edge.http.cursors import After, Number, cursor_to, place_of
from shirorom.edge.http.problems import BODY, SIGNED, STORAGE, about
from shirorom.edge.web.page import by_of, web_of
from shirorom.edge.web.who import OPT as WHO
from shirorom.edge.web.who import PASSIVE, Who
from shirorom.edge.wire import at as time_text
from shirorom.edge.words import Words
from shirorom.ports.watch import LIST_MAX, AlertFilter
from shirorom.service.watch_alerts import HANDLED_MAX, NOTE_CHARS_MAX, Alerts, changed_at

AnyRequest = Request[Any, Any, Any]
STAFF = {WHO: Who.STAFF}
QUIET = STAFF | {PASSIVE: True}
CURSOR_MAX = 2**53
ATOM = "http://www.w3.org/2005/Atom"
NEEDS = ("body-invalid", "cursor-invalid", "desk-missing")


class Form(StrEnum):
    """How a list is sent."""

    JSON = "json"
    CSV = "csv"


Format = Annotated[Form, QueryParameter(description="`csv`: a table; its cursor is in `x-next`.")]


class AlertsWire(msgspec.Struct, frozen=True):
    """Alerts after a cursor, oldest first. `next`: the cursor for what comes after; `more`: ask again at once."""

    alerts: tuple[AlertWire, ...]
    next: str
    more: bool


class CellChangesWire(msgspec.Struct, frozen=True):
    """Cells that changed after a cursor, as they stand now."""

    changes: tuple[CellChangeWire, ...]
    next: str
    more: bool


class HandledRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Alerts that are dealt with."""

    alerts: Annotated[
        list[Annotated[int, msgspec.Meta(ge=1, le=CURSOR_MAX)]],
        msgspec.Meta(min_length=1, max_length=HANDLED_MAX, description="Their numbers (`seq`)."),
    ]
    note: Annotated[str, msgspec.Meta(max_length=NOTE_CHARS_MAX, description="What was done.")] = ""


class HandledWire(msgspec.Struct, frozen=True):
    """They, as they stand now; one that was dealt with before keeps who said so first."""

    alerts: tuple[AlertWire, ...]


@get("/v1/watch/alerts", opt=QUIET, **about(
    "watchAlerts", "watch", "Alerts by cursor", {200: AlertsWire}, *NEEDS, *STORAGE, *SIGNED))  # fmt: skip
async def get_alerts(
    request: AnyRequest,
    after: After = None,
    kind: Annotated[list[AlertKind] | None, QueryParameter(description="Only these.")] = None,
    store: Annotated[list[str] | None, QueryParameter(description="Only of these stores.")] = None,
    person: Annotated[list[str] | None, QueryParameter(description="Only of these people's units.")] = None,
    open: Annotated[bool, QueryParameter(description="Only those not dealt with.")] = False,  # as it is sent
    format: Format = Form.JSON,  # as it is sent
) -> ASGIResponse:
    """Oldest first, from the cursor on. `kind`, `store` and `person` may come several times."""
    alerts, place = alerts_of(request), place_of("alerts", after, Number) or 0
    which = AlertFilter(frozenset(kind or ()), frozenset(store or ()), frozenset(person or ()), open=open)
    found = await asyncio.to_thread(alerts.after, place, which)
    wires = tuple(alert_of(one) for one in found)
    last = cursor_to("alerts", found[-1].seq if found else place)
    if format is Form.CSV:
        return _csv(csv_of(wires, AlertWire), last)
    return answer(request, AlertsWire(wires, last, len(found) >= LIST_MAX))


@get("/v1/watch/changes", opt=QUIET, **about(
    "watchChanges", "watch", "Changed marks by cursor", {200: CellChangesWire}, *NEEDS, *STORAGE,
    *SIGNED))  # fmt: skip
async def get_changes(request: AnyRequest, after: After = None, format: Format = Form.JSON) -> ASGIResponse:
    """Every mark that differs from what was taken before, by stock key."""
    alerts, place = alerts_of(request), place_of("changes", after, Number) or 0
    found = await asyncio.to_thread(alerts.changed_cells, place)
    wires = tuple(cell_change_of(one) for one in found)
    last = cursor_to("changes", found[-1].version if found else place)
    if format is Form.CSV:
        return _csv(csv_of(wires, CellChangeWire), last)
    return answer(request, CellChangesWire(wires, last, len(found) >= LIST_MAX))


@post("/v1/watch/alerts/handled", status_code=200, opt=STAFF, **about(
    "watchHandled", "watch", "Say that alerts are dealt with", {200: HandledWire}, *BODY, "alert-not-found",
    "desk-missing", *STORAGE, *SIGNED))  # fmt: skip
async def post_handled(request: AnyRequest, data: JSONBody[HandledRequest]) -> ASGIResponse:
    """All of them or none."""
    alerts = alerts_of(request)
    found = await asyncio.to_thread(alerts.handle, data.alerts, by=by_of(request), note=data.note.strip())
    return answer(request, HandledWire(tuple(alert_of(one) for one in found)))


@get("/watch/alerts.atom", include_in_schema=False, opt=QUIET)
async def get_feed(request: AnyRequest) -> ASGIResponse:
    """The newest alerts as an Atom feed; no number of a phone is in it."""
    alerts = alerts_of(request)
    found = await asyncio.to_thread(alerts.newest, filter_of(request))
    words = web_of(request).parts.words(language_called(request))
    body = feed(alerts, found, words, str(request.base_url).rstrip("/"), web_of(request).parts.clock.now())
    return ASGIResponse(
        body=body, media_type="application/atom+xml; charset=utf-8", headers={"cache-control": "private, no-cache"}
    )


def feed(alerts: Alerts, found: Sequence[Alert], words: Words, origin: str, now: Any) -> bytes:
    """The feed's bytes. A feed's names last for ever, whatever the address of the app."""
    Xml.register_namespace("", ATOM)
    root = Xml.Element(f"{{{ATOM}}}feed")
    _put(root, "id", f"urn:uuid:{alerts.name_of('alerts')}")
    _put(root, "title", words.t("alerts.feed"))
    _put(root, "updated", time_text(max((changed_at(one) for one in found), default=now)))
    _put(_put(root, "author"), "name", "Shirorom")
    _put(root, "link", rel="self", type="application/atom+xml", href=f"{origin}/watch/alerts.atom")
    for one in found:
        entry = _put(root, "entry")
        _put(entry, "id", f"urn:uuid:{alerts.name_of(f'alert {one.seq}')}")
        _put(entry, "title", title_of(one, words))
        _put(entry, "updated", time_text(changed_at(one)))
        _put(entry, "published", time_text(one.at))
        _put(entry, "category", term=one.kind.value)
        _put(entry, "content", words.t(f"alerts.kind.{one.kind.value}.todo"), type="text")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode").encode()


def _put(parent: Xml.Element, name: str, text: str | None = None, **attributes: str) -> Xml.Element:
    made = Xml.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    made.text = None if text is None else "".join(c for c in text if c >= " " or c in "\t\n")
    return made


def alerts_of(request: AnyRequest) -> Alerts:
    """The service. Raises `desk-missing` without the shop's database."""
    alerts = web_of(request).parts.alerts
    if alerts is None:
        raise ConfigError("desk-missing")
    return alerts


def filter_of(request: AnyRequest) -> AlertFilter:
    """What the address asks for. Raises `body-invalid`."""
    asked = request.query_params
    try:
        kinds = frozenset(AlertKind(kind) for kind in asked.getall("kind", []))
    except ValueError:
        raise RequestError("body-invalid") from None
    stores, persons = (frozenset(asked.getall(name, [])) for name in ("store", "person"))
    return AlertFilter(kinds=kinds, stores=stores, persons=persons, open=asked.get("open") == "1")


def _csv(body: bytes, cursor: str) -> ASGIResponse:
    headers = {"x-next": cursor, "content-disposition": "attachment"}
    return ASGIResponse(body=body, media_type="text/csv; charset=utf-8", headers=headers)


ALERTS = (get_alerts, get_changes, post_handled, get_feed)
ALERT_WIRES: tuple[type[msgspec.Struct], ...] = (AlertsWire, CellChangesWire, HandledRequest, HandledWire)
