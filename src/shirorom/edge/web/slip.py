"""A slip for the counter and for home: what each carrier said and when, what it means, what can be done. One A4 page.

Always in Japanese and English beside each other, because it is handed over. Not for ○ alone: on paper that would look
like a promise (a record sheet will state it with its proof).
"""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.response import Response

from shirorom.domain.assessment import Assessment
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import RequestError
from shirorom.domain.mark import Mark, VerdictKind, symbol_of
from shirorom.domain.reading import Channel
from shirorom.domain.verdict import Cell
from shirorom.edge.http.language import Language
from shirorom.edge.web.jobs import Job
from shirorom.edge.web.look import CLASS_OF, CLASS_OF_VERDICT, Speech
from shirorom.edge.web.page import AnyRequest, Web, id_of, page, speech_of, web_of
from shirorom.edge.web.ruby import plain
from shirorom.edge.web.who import OPT, Who
from shirorom.edge.words import verdict_sentence

BOTH: tuple[Language, Language] = ("ja", "en")
ORDER = (Mark.RESTRICTED, Mark.CAUTION, Mark.NO_RECORD, Mark.CLEAR, None)
DO = {
    VerdictKind.RESTRICTED: ("restricted_1", "restricted_2", "restricted_3"),
    VerdictKind.CAUTION: ("caution_1", "caution_2"),
    VerdictKind.NO_RECORD: ("no-record_1", "no-record_2"),
    VerdictKind.UNDETERMINED: ("undetermined_1",),
    VerdictKind.CLEAR: (),
}
"""What can be done, by verdict. A verdict that is open has that of the worst mark known too."""


def offered(job: Job) -> bool:
    """Whether there is something to hand over: an answer, or an answer that did not come, and not ○ alone."""
    result = job.assessment
    if result is None or job.running or result.verdict.kind is VerdictKind.CLEAR:
        return False
    return bool(job.skipped) or any(cell.mark is not None or cell.error != "not-asked" for cell in result.cells)


@get("/check/{id_:str}/slip", include_in_schema=False, opt={OPT: Who.VISITOR})
async def slip(request: AnyRequest) -> Response[bytes]:
    """The slip of a check; `numbers=all` shows every digit (the address still holds none)."""
    web = web_of(request)
    job = web.asking.jobs.get(id_of(request))
    result = job.assessment
    if result is None or not offered(job):
        raise RequestError("slip-none")
    whole = request.query_params.get("numbers") == "all"
    return page(
        request,
        "slip.html",
        url=f"/check/{job.id}/slip",
        job=job,
        back=f"/check/{job.id}",
        slip=slip_of(web, job, result, speech_of(request), whole=whole),
    )


def slip_of(web: Web, job: Job, result: Assessment, speech: Speech, *, whole: bool) -> dict[str, Any]:
    """Everything that the slip shows, each text as a pair: Japanese, English."""
    both = Pair(web, speech)
    kind = result.verdict.kind
    marks = {cell.mark for cell in result.cells}
    keys = [*DO[kind]]
    if kind is VerdictKind.UNDETERMINED and result.verdict.so_far in (Mark.RESTRICTED, Mark.CAUTION):
        keys = [*DO[VerdictKind(result.verdict.so_far.value)], *keys]
    return {
        "both": both,
        "heading": "h1",
        "css": CLASS_OF_VERDICT[kind],
        "symbol": kind.symbol,
        "headline": both.of(lambda words: verdict_sentence(result, words)),
        "as_of": result.as_of,
        "whole": whole,
        "imeis": [imei.grouped if whole else imei.masked for imei in job.device.imeis],
        "rows": [
            {
                "name": both.of(lambda words, one=carrier: words.t(f"carrier.{one.value}")),
                "cells": [
                    _cell(both, cell, skipped=(cell.imei, carrier) in job.skipped)
                    for cell in result.cells
                    if cell.carrier is carrier
                ],
            }
            for carrier in CarrierId
        ],
        "means": [
            {"css": CLASS_OF[mark], "text": both(f"slip.means.{mark.value if mark else 'unknown'}")}
            for mark in ORDER
            if mark in marks
        ],
        "do": [both(f"slip.do.{key}") for key in keys],
        "asked": [
            {"url": web.parts.facts.carrier(one).explanation_url, "text": both("slip.ask_text", carrier=one)}
            for one in _to_ask(result)
        ],
        "reform": Mark.RESTRICTED in marks or Mark.CAUTION in marks,
        "unkept": web.asking.public and not job.record,
    }


class Pair:
    """Gives a text in both languages, and moments in Japan's time."""

    def __init__(self, web: Web, speech: Speech) -> None:
        self._speeches = [Speech(one, web.parts.words(one), speech.facts, speech.now) for one in BOTH]

    def __call__(self, key: str, /, *, carrier: CarrierId | None = None) -> tuple[str, ...]:
        """A text of the catalogue, in both; of a carrier by its name there."""
        if carrier is None:
            return self.of(lambda words: words.t(key))
        return self.of(lambda words: words.t(key, carrier=words.t(f"carrier.{carrier.value}")))

    def of(self, say: Any) -> tuple[str, ...]:
        """What `say` makes of either catalogue."""
        return tuple(plain(say(speech.words)) for speech in self._speeches)

    def clock(self, moment: Any) -> tuple[str, ...]:
        """A moment, written out in both."""
        return tuple(speech.clock(moment) for speech in self._speeches)

    def word(self, cell: Cell, *, skipped: bool) -> tuple[str, ...]:
        """A mark's word, or why there is none."""
        if cell.mark is not None:
            return tuple(speech.word(cell.mark) for speech in self._speeches)
        return self("slip.not_asked" if cell.error == "not-asked" and not skipped else "slip.no_answer")


def _to_ask(result: Assessment) -> list[CarrierId]:
    """Whom to ask: those that said × or △; where none did, those that know nothing of the number."""
    for wanted in ((Mark.RESTRICTED, Mark.CAUTION), (Mark.NO_RECORD, None)):
        found = [one for one in CarrierId if any(c.carrier is one and c.mark in wanted for c in result.cells)]
        if found:
            return found
    return []


def _cell(both: Pair, cell: Cell, *, skipped: bool) -> dict[str, Any]:
    return {
        "css": CLASS_OF[cell.mark],
        "symbol": symbol_of(cell.mark),
        "word": both.word(cell, skipped=skipped),
        "when": both.clock(cell.asked_at) if cell.asked_at else None,
        "how": both("slip.hand" if cell.channel is Channel.HAND else "slip.auto") if cell.mark else None,
        "stale": cell.stale,
        "raw": cell.raw,
    }
