"""The pages for people: the field, the result, cards by hand, the history.

No address holds a number: a result lives behind a random id. Every form works without script; htmx only saves reloads.
"""

from __future__ import annotations

from typing import Any

from litestar import get, post
from litestar.response import Redirect, Response

from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.domain.imei import Device
from shirorom.domain.parse import parse
from shirorom.domain.reading import REASON_CHARS_MAX
from shirorom.edge.web.asking import place_of
from shirorom.edge.web.field import field_of
from shirorom.edge.web.form import form_of
from shirorom.edge.web.jobs import Job
from shirorom.edge.web.look import example_of
from shirorom.edge.web.page import AnyRequest, by_of, id_of, page, speech_of, web_of
from shirorom.edge.web.past import past_of
from shirorom.edge.web.seller import fresh
from shirorom.edge.web.view import Viewer
from shirorom.edge.web.who import OPT, PASSIVE, Role, Who, person_of

VISITOR, STAFF = {OPT: Who.VISITOR}, {OPT: Who.STAFF}
QUIET = {OPT: Who.VISITOR, PASSIVE: True}
NEWS_WAIT_S = 10.0
"""How long a waiting page's question may stay open before it is asked anew."""


def seen_of(request: AnyRequest) -> int:
    """The version that a waiting page already has. Raises `body-invalid`."""
    text = request.query_params.get("seen", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise RequestError("body-invalid")
    return int(text)


@get("/", include_in_schema=False, opt=VISITOR)
async def index(request: AnyRequest) -> Response[bytes]:
    """The field, and in practice something to try."""
    return first_page(request, field_of(web_of(request), speech_of(request)))


def first_page(request: AnyRequest, form: dict[str, Any], *, status: int = 200) -> Response[bytes]:
    """The first page with a field in some state."""
    web, speech = web_of(request), speech_of(request)
    examples = [example_of(example, speech) for example in web.parts.examples] if web.practice else []
    return page(request, "index.html", status=status, url="/", form=form, examples=examples)


@post("/parse", status_code=200, include_in_schema=False, opt=VISITOR)
async def read_field(request: AnyRequest) -> Response[bytes]:
    """What stands in the field, as the one parser reads it: a part of a page."""
    form = await form_of(request)
    field = field_of(web_of(request), speech_of(request), text=form.get("text", ""), gently=True)
    return page(request, "found.html", url="/", form=field)


@post("/check", status_code=303, include_in_schema=False, opt=VISITOR)
async def start(request: AnyRequest) -> Response[Any]:
    """Begin a check and go to its page; what cannot be asked for is said beside the field."""
    form = await form_of(request)
    device = the_device(form.get("text", ""))
    if device is None:
        return refused(request, form)
    asking = web_of(request).asking
    job = await asking.begin(device, record=not asking.public or form.get("keep") == "1", by=by_of(request))
    return Redirect(f"/check/{job.id}", status_code=303)


@post("/history", status_code=303, include_in_schema=False, opt=STAFF)
async def start_history(request: AnyRequest) -> Response[Any]:
    """What is recorded of a phone, without asking anybody."""
    form = await form_of(request)
    device = the_device(form.get("text", ""))
    if device is None:
        return refused(request, form)
    job = web_of(request).asking.jobs.new(device, record=False)
    return Redirect(f"/check/{job.id}/history", status_code=303)


def the_device(text: str) -> Device | None:
    """The one phone that a text speaks of; None when there is none, more than one, or a number that is wrong."""
    parsed = parse(text)
    return Device(parsed.devices[0]) if len(parsed.devices) == 1 and not parsed.bad else None


def refused(request: AnyRequest, form: dict[str, str]) -> Response[bytes]:
    """The first page again, with what is wrong and what would fix it. Nothing was asked."""
    field = field_of(
        web_of(request), speech_of(request), text=form.get("text", ""), keep=form.get("keep") == "1", focus=True
    )
    return first_page(request, field, status=422)


@get("/check/{id_:str}", include_in_schema=False, opt=VISITOR)
async def result(request: AnyRequest) -> Response[bytes]:
    """A check as it stands now."""
    job = web_of(request).asking.jobs.get(id_of(request))
    place = place_of(request.query_params.get("at", ""), job.device)
    return show(request, job, at=place, focus=bool(place))


def show(request: AnyRequest, job: Job, *, status: int = 200, **options: Any) -> Response[bytes]:
    """The result page of a job."""
    view = Viewer(web_of(request).asking, speech_of(request)).check(job, **options)
    parts = web_of(request).parts
    return page(
        request, "check.html", status=status, url=f"/check/{job.id}", job=job, view=view, oob=False,
        asked=fresh(request) if parts.proof is not None else None, reader=parts.pictures is not None,
    )  # fmt: skip


@get("/check/{id_:str}/news", include_in_schema=False, opt=QUIET)
async def news(request: AnyRequest) -> Response[bytes]:
    """The parts of a result page that have changed since a version; waits for a change."""
    job = web_of(request).asking.jobs.get(id_of(request))
    seen = seen_of(request)
    await job.newer_than(seen, seconds_max=NEWS_WAIT_S)
    view = Viewer(web_of(request).asking, speech_of(request)).check(job, seen=seen)
    return page(request, "news.html", url=f"/check/{job.id}", job=job, view=view)


@post("/check/{id_:str}/answer", status_code=303, include_in_schema=False, opt=VISITOR)
async def answer(request: AnyRequest) -> Response[Any]:
    """What a person saw on a carrier's page (an empty glyph: no answer came)."""
    asking = web_of(request).asking
    job = asking.jobs.get(id_of(request))
    form = await form_of(request)
    place = place_of(form.get("place", ""), job.device)
    glyph = form.get("glyph")
    if place is None or glyph is None:
        raise RequestError("body-invalid")
    try:
        if glyph == "":
            asking.skip(job, place)
        else:
            await asking.answer(job, place, glyph, form.get("sentence", "").strip(), by=by_of(request))
    except ShiroromError as error:
        if error.code in ("body-invalid", "not-found"):
            raise
        return show(request, job, status=error.http, at=place, focus=True, error=error)
    return Redirect(f"/check/{job.id}#hand", status_code=303)


@post("/check/{id_:str}/undo", status_code=303, include_in_schema=False, opt=VISITOR)
async def undo(request: AnyRequest) -> Response[Any]:
    """Take back the last answer given on this page."""
    asking = web_of(request).asking
    job = asking.jobs.get(id_of(request))
    person = person_of(request)
    owner = person is not None and person.role is Role.OWNER
    try:
        await asking.undo(job, reason=speech_of(request).t("ui.hand.undo_reason"), by=by_of(request), owner=owner)
    except ShiroromError as error:
        return show(request, job, status=error.http, error=error)
    return Redirect(f"/check/{job.id}#hand", status_code=303)


@post("/check/{id_:str}/again", status_code=303, include_in_schema=False, opt=VISITOR)
async def again(request: AnyRequest) -> Response[Any]:
    """Ask once more those carriers that gave no answer."""
    asking = web_of(request).asking
    job = asking.jobs.get(id_of(request))
    await asking.again(job)
    return Redirect(f"/check/{job.id}", status_code=303)


@post("/check/{id_:str}/correct", status_code=303, include_in_schema=False, opt=STAFF)
async def correct(request: AnyRequest) -> Response[Any]:
    """A person explains why a × has gone."""
    asking = web_of(request).asking
    job = asking.jobs.get(id_of(request))
    form = await form_of(request)
    place = place_of(form.get("place", ""), job.device)
    reason = form.get("reason", "").strip()
    if place is None or not reason or len(reason) > REASON_CHARS_MAX:
        raise RequestError("body-invalid")
    await asking.correct(job, place, reason=reason, by=by_of(request))
    return Redirect(f"/check/{job.id}", status_code=303)


@get("/check/{id_:str}/history", include_in_schema=False, opt=STAFF)
async def history(request: AnyRequest) -> Response[bytes]:
    """Every entry about a phone. Not on a public page: what a shop recorded is not for strangers."""
    web = web_of(request)
    if web.asking.public:
        raise RequestError("not-found")
    job = web.asking.jobs.get(id_of(request))
    phones = [await past_of(web.parts, imei, speech_of(request)) for imei in job.device.imeis]
    return page(request, "history.html", url=f"/check/{job.id}", job=job, phones=phones)


PAGES = (index, read_field, start, start_history, result, news, answer, undo, again, correct, history)
