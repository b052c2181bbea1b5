"""A page that a person opened and the extension read: judged here, on the server, by the same rules as any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from shirorom.domain.answer import Judged, Line, Place, Seen, changed, judge
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError, RequestError
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.ports.facts import Facts

PLACES_MAX, LINES_MAX, NUMBERS_MAX, CHARS_MAX = 8, 400, 64, 20_000
"""More than `reader.js` ever sends: who sends more is not it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the page answers, and what it means."""

    judged: Judged
    mark: Mark


def read_page(seen: Mapping[str, Any], *, carrier: CarrierId, asked: Imei, facts: Facts) -> Reading:
    """The answer of a carrier's page about a number, if it is beyond doubt.

    Raises:
        RequestError: a cell's code (`page-changed`, `echo-mismatch`, `glyph-unknown`, `needs-person`,
            `carrier-maintenance`), as a refusal; `body-invalid`, that is not what the reader sends.
    """
    page = _page(seen)
    mine = facts.carrier(carrier)
    try:
        if mine.page.result_paths and not page.path.startswith(mine.page.result_paths):
            raise changed("other-path")
        judged = judge(page, facts=mine, glyphs=facts.glyphs(), asked=asked)
    except CellError as error:
        told = _explained(page, error)
        raise RequestError(told.code, **dict(told.details)) from None
    mark = facts.glyphs().mark_on_page(judged.glyph)
    if mark is None:
        raise RequestError("glyph-unknown")
    return Reading(judged, mark)


def _explained(page: Seen, error: CellError) -> CellError:
    """What kept the answer away, if the page tells; else the error as it is."""
    if error.code == "echo-mismatch":
        return error
    if page.markers.captcha or page.markers.consent or (page.markers.captcha_words and page.form.others > 0):
        return CellError("needs-person")
    return CellError("carrier-maintenance") if page.markers.maintenance else error


def _page(seen: Mapping[str, Any]) -> Seen:
    try:
        page = msgspec.convert(seen, Seen)
    except msgspec.ValidationError:
        raise RequestError("body-invalid") from None
    places = (*page.places, *page.rivals)
    few = len(page.places) <= PLACES_MAX and len(page.rivals) <= PLACES_MAX and len(page.numbers) <= NUMBERS_MAX
    if not few or any(not _is_small(place) for place in places):
        raise RequestError("body-invalid")
    if any(len(number.text) + len(number.before) > CHARS_MAX for number in page.numbers):
        raise RequestError("body-invalid")
    return page


def _is_small(place: Place) -> bool:
    return len(place.lines) <= LINES_MAX and all(_chars(line) <= CHARS_MAX for line in place.lines)


def _chars(line: Line) -> int:
    return len(line.text) + len(line.head) + len(line.tail) + len(line.label)
