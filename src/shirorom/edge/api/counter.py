"""The counter's queue over HTTP: phones in, the next question, answers exactly once. For people of the shop alone.

Numbers are in bodies only; a phone's address is its id, a question's `1-docomo`. Answers and readings carry an
`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a key missing is 400, the same key with another body
422, a key whose first attempt still runs 409, and what was recorded once is answered as before.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.params import JSONBody
from litestar.response.base import ASGIResponse

from shirorom.domain.desk.given import key_of
from shirorom.domain.desk.queue import ItemView, Outcome, Place, Rules, Seat, Wish
from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.domain.imei import Device
from shirorom.domain.numbers.found import Parsed
from shirorom.domain.parse import parse
from shirorom.edge.api.counter_bodies import (
    AddedWire,
    AddRequest,
    AnsweredWire,
    AnswerRequest,
    ClaimRequest,
    CounterWire,
    DoneWire,
    ItemRequest,
    ItemWire,
    JudgedWire,
    NextRequest,
    NextWire,
    PageRequest,
    PersonWire,
    RulesWire,
    ScreenshotWire,
    SkipRequest,
    TaskWire,
    UndoneWire,
)
from shirorom.edge.api.counter_wire import counter_of, item_of, rules_of, task_of
from shirorom.edge.api.once import once
from shirorom.edge.api.pictures import BYTES_MAX, PICTURE_MEDIA, REFUSED
from shirorom.edge.api.routes import language_called, number_of
from shirorom.edge.http.guard import JSON, Takes
from shirorom.edge.http.problems import BODY, KEY, STORAGE, PlacedError, about
from shirorom.edge.web.page import by_of, web_of
from shirorom.edge.web.who import OPT as WHO
from shirorom.edge.web.who import PASSIVE, Who, person_of
from shirorom.edge.wire import ProblemError, cell_of, encode, parse_of, problem_of
from shirorom.edge.words import Words
from shirorom.service.counter import Counter, Task
from shirorom.service.counter_answers import Answers, Kept, Said
from shirorom.service.counter_page import read_page

AnyRequest = Request[Any, Any, Any]
MEGABYTE = 1024 * 1024
STAFF = {WHO: Who.STAFF}
QUIET = STAFF | {PASSIVE: True}
"""A page asks by itself whether anything is new: that keeps nobody signed in."""
TAKES_MUCH = {**STAFF, "takes": Takes(frozenset({JSON}), MEGABYTE)}
TAKES_PAGE = {**STAFF, "takes": Takes(frozenset({JSON}), 10 * MEGABYTE)}
TAKES_PICTURE = {**STAFF, "takes": Takes(PICTURE_MEDIA, BYTES_MAX)}
ITEM = ("item-not-found", "counter-missing")
CELL = ("page-changed", "echo-mismatch", "glyph-unknown", "needs-person", "carrier-maintenance")


@get("/v1/counter", opt=QUIET, **about(
    "counter", "counter", "The queue", {200: CounterWire}, "counter-missing", *STORAGE))  # fmt: skip
async def get_counter(request: AnyRequest) -> ASGIResponse:
    """Every phone that waits, and those done today. `?seen=VERSION`: 204 where nothing has changed since."""
    counter, words = _counter(request), _words(request)
    seen = request.query_params.get("seen")
    if seen is not None and seen == await asyncio.to_thread(counter.version):
        return ASGIResponse(status_code=204, headers=_headers(request))
    board = await asyncio.to_thread(counter.board)
    person = PersonWire(seat_of(request).person, by_of(request))
    web = web_of(request)
    body = counter_of(board, words, person, web.parts.clock.now(), practice=web.practice)
    return ASGIResponse(body=body, headers=_headers(request), media_type=JSON)


@post("/v1/counter/items", status_code=201, opt=TAKES_MUCH, **about(
    "counterAdd", "counter", "Take phones in", {201: AddedWire}, *BODY, "queue-full", "counter-missing", *KEY,
    *STORAGE))  # fmt: skip
@once
async def post_items(request: AnyRequest, data: JSONBody[AddRequest]) -> ASGIResponse:
    """Phones by text or by their numbers. A phone that is there already is pointed at, not added twice."""
    if (data.text is None) == (data.devices is None):
        raise RequestError("body-invalid")
    counter, words = _counter(request), _words(request)
    found = Parsed((), ())
    refused: list[ProblemError] = []
    if data.text is not None:
        found = await asyncio.to_thread(parse, data.text)
        devices = [Device(imeis) for imeis in found.devices]
    else:
        devices, refused = _devices(data.devices or [], words)
    taken = await asyncio.to_thread(counter.add, devices, by=by_of(request))
    fresh = list(dict.fromkeys(item.id for item, new in taken if new))
    present = [item.id for item, new in taken if not new and item.id not in fresh]
    views = await asyncio.to_thread(lambda: [counter.view(id_) for id_ in fresh])
    wire = parse_of(found)
    added = tuple(item_of(view, (), words) for view in views)
    return _answer(request, AddedWire(added, tuple(dict.fromkeys(present)), wire.found, tuple(refused)), status=201)


def _devices(rows: Sequence[Sequence[str]], words: Words) -> tuple[list[Device], list[ProblemError]]:
    """Phones one by one: what is wrong with one keeps no other away."""
    devices: list[Device] = []
    refused: list[ProblemError] = []
    for n, texts in enumerate(rows):
        pointer = f"/devices/{n}"
        try:
            devices.append(Device(tuple(number_of(text, f"{pointer}/{i}") for i, text in enumerate(texts))))
        except ShiroromError as error:
            inner = error.error if isinstance(error, PlacedError) else error
            where = error.pointer if isinstance(error, PlacedError) else pointer
            refused += problem_of(inner, words, pointer=where).errors
    return devices, refused


@post("/v1/counter/next", status_code=200, opt=STAFF, **about(
    "counterNext", "counter", "Take the next question", {200: NextWire}, *BODY, *ITEM, *STORAGE))  # fmt: skip
async def post_next(request: AnyRequest, data: JSONBody[NextRequest]) -> ASGIResponse:
    """The question that comes next, kept for the caller for three minutes. No two people are given the same."""
    after = None if data.after is None else Place.parse(data.after)
    wish = Wish(carrier=data.carrier, item=data.item, after=after, only_item=data.only_item)
    task = await asyncio.to_thread(_counter(request).next, seat_of(request, data.tab), wish)
    return _answer(request, NextWire(_task(request, task)))


@post("/v1/counter/claims", status_code=200, opt=QUIET, **about(
    "counterClaim", "counter", "Hold a question, or let go of it", {200: NextWire}, *BODY, *ITEM, "place-claimed",
    "place-off", *STORAGE))  # fmt: skip
async def post_claim(request: AnyRequest, data: JSONBody[ClaimRequest]) -> ASGIResponse:
    """Take one question (also one that is answered, to ask again), go on holding it, or let go (`task`: null)."""
    counter, seat, place = _counter(request), seat_of(request, data.tab), Place.parse(data.place)
    if data.release:
        await asyncio.to_thread(counter.release, data.item, place, seat)
        return _answer(request, NextWire(None))
    return _answer(request, NextWire(_task(request, await asyncio.to_thread(counter.claim, data.item, place, seat))))


@post("/v1/counter/answers", status_code=201, opt=STAFF, **about(
    "counterAnswer", "counter", "Record an answer once", {201: AnsweredWire}, *BODY, *ITEM, *KEY, "glyph-unknown",
    "time-in-future", "screenshot-unknown", "place-off", "answer-of-another", *STORAGE))  # fmt: skip
async def post_answer(request: AnyRequest, data: JSONBody[AnswerRequest]) -> ASGIResponse:
    """What a person read there, under an `Idempotency-Key`. Answered only once it would survive a power cut.

    An empty glyph says that no answer came: nothing is recorded, and the question is not handed out again. An answer is
    never refused because somebody else holds the question: it was read.
    """
    key, seat, place = _key(request), seat_of(request, data.tab), Place.parse(data.place)
    if data.person is not None and data.person != seat.person:
        raise RequestError("answer-of-another")
    answers = _answers(request)
    if data.glyph == "":
        kept = await asyncio.to_thread(answers.outcome, key, data.item, place, Outcome.NO_ANSWER, seat=seat)
    else:
        said = Said(data.glyph, data.sentence.strip(), data.asked_at, data.screenshot)
        kept = await asyncio.to_thread(answers.answer, key, data.item, place, said, seat=seat)
    view, task = await _after(request, seat, data.item, place, only_item=data.only_item)
    return _answer(request, AnsweredWire(*_kept(kept), _item(request, view), task), status=201)


@post("/v1/counter/readings", status_code=200, opt=TAKES_PAGE, **about(
    "counterReading", "counter", "Judge a carrier's page, and record its answer once", {200: JudgedWire}, *BODY, *ITEM,
    *KEY, *CELL, "time-in-future", "place-off", *STORAGE))  # fmt: skip
async def post_reading(request: AnyRequest, data: JSONBody[PageRequest]) -> ASGIResponse:
    """A page that a person operated and the extension read. Judged here; what is in doubt is refused, not recorded.

    Recorded as read by hand (nobody but that person vouches for it), with the page and its picture, if there is one.
    """
    key, seat, place = _key(request), seat_of(request, data.tab), Place.parse(data.place)
    counter, parts = _counter(request), web_of(request).parts
    item = await asyncio.to_thread(counter.queue.item, data.item)
    imei = counter.check(item, place)
    read = await asyncio.to_thread(read_page, data.seen, carrier=place.carrier, asked=imei, facts=parts.facts)
    kept, task = None, None
    if data.commit:
        said = Said(
            read.judged.glyph, read.judged.sentence, data.asked_at, _picture(data.picture),
            data.html.encode("utf-8", errors="replace"),
        )  # fmt: skip
        kept = await asyncio.to_thread(_answers(request).answer, key, data.item, place, said, seat=seat)
        view, task = await _after(request, seat, data.item, place, only_item=False)
    else:
        view = await asyncio.to_thread(counter.view, data.item)
    wire = JudgedWire(
        read.judged.glyph,
        read.mark.symbol,
        read.mark.value,
        read.judged.sentence,
        *_kept(kept),
        _item(request, view),
        task,
    )
    return _answer(request, wire)


@post("/v1/counter/screenshots/{item:str}/{place:str}", status_code=201, opt=TAKES_PICTURE, **about(
    "counterScreenshot", "counter", "Keep a picture of a carrier's page", {201: ScreenshotWire}, *BODY, *ITEM,
    "place-off", "screenshot-no-number", "screenshot-other-number", "screenshot-other-carrier", *REFUSED,
    *STORAGE))  # fmt: skip
async def post_screenshot(request: AnyRequest) -> ASGIResponse:
    """A picture (PNG, JPEG, WebP) for an answer that follows. Kept only if number and carrier on it are those asked."""
    id_, place = request.path_params["item"], Place.parse(request.path_params["place"])
    counter, parts = _counter(request), web_of(request).parts
    item = await asyncio.to_thread(counter.queue.item, id_)
    imei = counter.check(item, place)
    if parts.check_screenshot is None:
        raise RequestError("picture-reader-missing")
    content = await parts.check_screenshot(await request.body(), asked=imei, carrier=place.carrier)
    room = await asyncio.to_thread(counter.room, item)
    digest = await asyncio.to_thread(room.blobs.put, content)
    await asyncio.to_thread(counter.queue.keep_screenshot, id_, place, digest, parts.clock.now())
    return _answer(request, ScreenshotWire(digest, True), status=201)


@post("/v1/counter/skips", status_code=200, opt=STAFF, **about(
    "counterSkip", "counter", "Leave a question out", {200: ItemWire}, *BODY, *ITEM, *KEY, "place-off",
    *STORAGE))  # fmt: skip
async def post_skip(request: AnyRequest, data: JSONBody[SkipRequest]) -> ASGIResponse:
    """This carrier is not asked about this phone; the answer then says so. Taken back like an answer."""
    key, seat = _key(request), seat_of(request)
    await asyncio.to_thread(
        _answers(request).outcome, key, data.item, Place.parse(data.place), Outcome.SKIPPED, seat=seat
    )
    return _answer(request, _item(request, await asyncio.to_thread(_counter(request).view, data.item)))


@post("/v1/counter/undo", status_code=200, opt=STAFF, **about(
    "counterUndo", "counter", "Take back one's last answer", {200: UndoneWire}, *BODY, *ITEM, "nothing-to-undo",
    "entry-not-withdrawable", *STORAGE))  # fmt: skip
async def post_undo(request: AnyRequest, data: JSONBody[ItemRequest]) -> ASGIResponse:
    """The caller's last answer at this phone is withdrawn; both it and the withdrawal stay visible in the record."""
    seat, words = seat_of(request), _words(request)
    reason = words.t("counter.undo_reason")
    last = await asyncio.to_thread(_answers(request).undo, data.item, seat=seat, reason=reason)
    view = await asyncio.to_thread(_counter(request).view, data.item)
    return _answer(request, UndoneWire(last.place.name, last.index, _item(request, view)))


@post("/v1/counter/removals", status_code=200, opt=STAFF, **about(
    "counterRemove", "counter", "Take a phone off the list", {200: DoneWire}, *BODY, *ITEM, *STORAGE))  # fmt: skip
async def post_removal(request: AnyRequest, data: JSONBody[ItemRequest]) -> ASGIResponse:
    """It is asked no more; what was answered stays in the record."""
    await asyncio.to_thread(_counter(request).remove, data.item)
    return _answer(request, DoneWire(True))


@post("/v1/counter/rules", status_code=200, opt={WHO: Who.OWNER}, **about(
    "counterRules", "counter", "Choose what is asked", {200: RulesWire}, *BODY, "counter-missing",
    *STORAGE))  # fmt: skip
async def post_rules(request: AnyRequest, data: JSONBody[RulesWire]) -> ASGIResponse:
    """When the shop stops asking, and whom it never asks. What is left out is said in every answer."""
    rules = Rules(data.stop_at_restricted, frozenset(data.skip))
    await asyncio.to_thread(_counter(request).set_rules, rules)
    return _answer(request, rules_of(rules))


# ── what the handlers share ──────────────────────────────────────────────────────────────────────────────────────────


def seat_of(request: AnyRequest, tab: str = "") -> Seat:
    """Who calls, and from which of their pages."""
    person = person_of(request)
    return Seat(person.id if person else 0, by_of(request), tab)


def _counter(request: AnyRequest) -> Counter:
    counter = web_of(request).parts.counter
    if counter is None:
        raise RequestError("counter-missing")
    return counter


def _answers(request: AnyRequest) -> Answers:
    answers = web_of(request).parts.answers
    if answers is None:
        raise RequestError("counter-missing")
    return answers


def _words(request: AnyRequest) -> Words:
    return web_of(request).parts.words(language_called(request))


def _key(request: AnyRequest) -> str:
    return key_of(request.headers.get("idempotency-key"))


def _picture(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        content = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise PlacedError(RequestError("body-invalid"), "/picture") from None
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise PlacedError(RequestError("body-invalid"), "/picture")
    return content


async def _after(
    request: AnyRequest, seat: Seat, id_: str, place: Place, *, only_item: bool
) -> tuple[ItemView, TaskWire | None]:
    """The phone as it stands after an answer, and the question that comes next. The answer is recorded already."""
    counter = _counter(request)
    wish = Wish(item=id_, after=place, only_item=only_item)
    task = await asyncio.to_thread(counter.next, seat, wish)
    return await asyncio.to_thread(counter.view, id_), _task(request, task)


def _item(request: AnyRequest, view: ItemView) -> ItemWire:
    counter = _counter(request)
    return item_of(view, counter.queue.claims(web_of(request).parts.clock.now()), _words(request))


def _task(request: AnyRequest, task: Task | None) -> TaskWire | None:
    parts = web_of(request).parts
    return task_of(task, _words(request), parts.settings, parts.facts)


def _kept(kept: Kept | None) -> tuple[bool, int | None, Any]:
    if kept is None or kept.index is None:
        return False, None, None
    return True, kept.index, cell_of(kept.cell) if kept.cell else None


def _headers(request: AnyRequest) -> dict[str, str]:
    return {"content-language": language_called(request), "vary": "Accept-Language"}


def _answer(request: AnyRequest, wire: msgspec.Struct, *, status: int = 200) -> ASGIResponse:
    return ASGIResponse(body=encode(wire), status_code=status, headers=_headers(request), media_type=JSON)


COUNTER = (
    get_counter, post_items, post_next, post_claim, post_answer, post_reading, post_screenshot, post_skip, post_undo,
    post_removal, post_rules,
)  # fmt: skip
