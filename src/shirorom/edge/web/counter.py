"""The counter's page (店頭照会). It works on /v1/counter by script; without script it leads to the check page."""

from __future__ import annotations

from litestar import get
from litestar.response import Response

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import RequestError
from shirorom.domain.mark import Mark
from shirorom.edge.web.field import field_of
from shirorom.edge.web.look import CLASS_OF, Speech, example_of, official_url
from shirorom.edge.web.page import AnyRequest, page, speech_of, web_of
from shirorom.edge.web.who import OPT, Role, Who, person_of
from shirorom.service.settings import Access

SAYS = (
    "open", "copied", "copy_failed", "recorded", "recorded_last", "no_answer", "skipped", "undone", "undone_nothing",
    "undo_offline", "added", "present", "present_many", "none", "bad", "adding", "waiting", "sending", "offline",
    "back", "claimed", "removed", "restored", "done", "all_done", "next", "so_far", "final", "partial", "todo", "now",
    "busy", "unasked", "off", "stopped", "rule", "practice", "plan", "planned", "planned_before", "person",
    "answered_before", "stale", "progress", "cells",
    "number", "shot_wait", "shot_kept", "shot_offline", "shot_kind", "other_person", "other_person_named", "mine",
    "refused", "added_many", "phones_wait", "unread", "drop", "retry", "error", "nobody", "items", "at", "again", "by",
    "rules_kept", "skip_title", "open_again", "outbox_lost", "claimed_self", "unreachable", "waits", "join", "joined",
)  # fmt: skip
"""What the script says, by its key under `counter.say`."""
LATER = {
    name: f"{{{name}}}"
    for name in ("carrier", "count", "done", "n", "name", "number", "place", "text", "time", "total", "word")
}
"""Places that the script fills."""


@get("/counter", include_in_schema=False, opt={OPT: Who.STAFF})
async def counter(request: AnyRequest) -> Response[bytes]:
    """The queue on the left, the phone in hand on the right."""
    web, speech = web_of(request), speech_of(request)
    parts = web.parts
    if parts.counter is None:
        raise RequestError("counter-missing")
    person = person_of(request)
    carriers = [
        {
            "id": carrier.value,
            "name": speech.carrier(carrier),
            "url": official_url(carrier, parts.settings, parts.facts),
            "off": parts.settings.carrier(carrier).access is Access.OFF,
        }
        for carrier in CarrierId
    ]
    marks = {mark.value: {"css": CLASS_OF[mark], "word": speech.word(mark), "symbol": mark.symbol} for mark in Mark}
    verdicts = {kind: speech.t(f"verdict.{kind}.title") for kind in (*marks, "undetermined")}
    said = {
        "carriers": carriers,
        "marks": marks,
        "verdicts": verdicts,
        "unknown": speech.word(None),
        "says": {key: speech.t(f"counter.say.{key}", **LATER) for key in SAYS},
        "lang": speech.language,
    }
    return page(
        request,
        "counter.html",
        here="counter",
        url="/counter",
        said=said,
        form=field_of(web, speech),
        keys=keys_of(speech),
        carriers=carriers,
        owner=person is None or person.role is Role.OWNER,
        examples=[example_of(example, speech) for example in parts.examples] if web.practice else [],
    )


def keys_of(speech: Speech) -> list[dict[str, str]]:
    """The keys of the answers: the four marks, and that no answer came."""
    return [
        *(
            {"key": str(n), "symbol": mark.symbol, "css": CLASS_OF[mark], "label": _label(mark, speech)}
            for n, mark in enumerate(Mark, 1)
        ),
        {"key": "0", "symbol": "", "css": "q", "label": speech.t("counter.no_answer")},
    ]


def _label(mark: Mark, speech: Speech) -> str:
    """What stands on a key. － is named as a sign that is shown, so that nobody presses it where nothing came."""
    return speech.t("counter.dash_shown") if mark is Mark.NO_RECORD else speech.word(mark)


COUNTER_PAGE = (counter,)
