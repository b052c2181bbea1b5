"""The explanation pages: what a restriction is, how to read the marks, where the number stands, two checklists."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.response import Response

from shirorom.domain.carrier import Source
from shirorom.domain.errors import RequestError
from shirorom.domain.guide import Guide, GuideKind, Section, Statement
from shirorom.edge.web.look import CLASS_OF_CODE, Speech
from shirorom.edge.web.page import AnyRequest, page, speech_of, web_of
from shirorom.edge.web.who import OPT, Who

FOR_ANYONE = {OPT: Who.ANYONE}
OFFLINE = "offline"
"""Shown by the service worker where there is no connection; no page of the list."""


@get("/guide", include_in_schema=False, opt=FOR_ANYONE)
async def guide_index(request: AnyRequest) -> Response[bytes]:
    """All explanations."""
    return page(request, "guide_index.html", here="guide", guides=titles(request))


@get("/guide/{name:str}", include_in_schema=False, opt=FOR_ANYONE)
async def guide_page(request: AnyRequest) -> Response[bytes]:
    """One explanation, each statement with its source; or the page for when there is no connection."""
    name: str = request.path_params["name"]
    if name == OFFLINE:
        return page(request, "guide_offline.html", here="guide", guides=titles(request))
    guide = next((one for one in web_of(request).parts.guides() if one.id == name), None)
    if guide is None:
        raise RequestError("not-found")
    speech = speech_of(request)
    return page(
        request,
        "guide.html",
        here="guide",
        guide={
            "id": guide.id,
            "ticked": guide.kind is GuideKind.CHECKLIST,
            "sections": [_section(guide, section, speech) for section in guide.sections],
            "sources": [source_of(source, n, speech) for n, source in enumerate(guide.sources.values(), 1)],
        },
        guides=[one for one in titles(request) if one["id"] != guide.id],
    )


def titles(request: AnyRequest) -> list[dict[str, str]]:
    """Every page with its title and its first sentence."""
    t = speech_of(request).t
    return [
        {"id": guide.id, "title": t(f"guide.{guide.id}.title"), "lead": t(f"guide.{guide.id}.lead")}
        for guide in web_of(request).parts.guides()
    ]


def source_of(source: Source, n: int, speech: Speech) -> dict[str, Any]:
    """A source as the foot of a page lists it."""
    return {
        "n": n,
        "url": source.url,
        "title": source.title,
        "read_on": source.read_on.isoformat(),
        "confidence": speech.t(f"guide.confidence_{source.confidence.value}"),
    }


def _section(guide: Guide, section: Section, speech: Speech) -> dict[str, Any]:
    key = f"guide.{guide.id}.{section.id}"
    return {
        "id": section.id,
        "title": speech.t(f"{key}.title"),
        "drawing": section.drawing,
        "css": CLASS_OF_CODE[section.mark] if section.mark else None,
        "steps": section.steps,
        "statements": [_statement(guide, key, statement, speech) for statement in section.statements],
    }


def _statement(guide: Guide, key: str, statement: Statement, speech: Speech) -> dict[str, Any]:
    names = list(guide.sources)
    return {
        "id": f"{key.rpartition('.')[2]}-{statement.id}",
        "text": speech.t(f"{key}.{statement.id}"),
        "sources": [names.index(name) + 1 for name in statement.source],
        "tag": "ours" if statement.ours else "unknown" if statement.unknown else None,
    }


GUIDES = (guide_index, guide_page)
