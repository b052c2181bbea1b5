"""A calendar file that says to check again: no account, no number of a phone, nothing kept here."""

from __future__ import annotations

import secrets
from datetime import timedelta

from litestar import get
from litestar.response import Response

from shirorom.domain.calendar import Event, calendar_file
from shirorom.domain.errors import RequestError
from shirorom.domain.fold import JST
from shirorom.edge.web.page import AnyRequest, id_of, is_practice, speech_of, web_of
from shirorom.edge.web.ruby import plain
from shirorom.edge.web.who import OPT, Who

DAYS = (7, 30, 90)
DAYS_USUAL = 30


@get("/check/{id_:str}/reminder", include_in_schema=False, opt={OPT: Who.VISITOR})
async def reminder(request: AnyRequest) -> Response[bytes]:
    """A day in the visitor's calendar, 7, 30 or 90 days from today in Japan."""
    job = web_of(request).asking.jobs.get(id_of(request))
    days = request.query_params.get("days", str(DAYS_USUAL))
    if days not in {str(day) for day in DAYS}:
        raise RequestError("body-invalid")
    speech = speech_of(request)
    site = str(request.base_url)
    mark = speech.t("remind.practice") if is_practice(request, job) else ""
    event = Event(
        uid=f"{secrets.token_hex(16)}@shirorom",
        on=speech.now.astimezone(JST).date() + timedelta(days=int(days)),
        stamp=speech.now,
        summary=mark + plain(speech.t("remind.summary")),
        description=plain(speech.t("remind.text", url=site)),
        url=site,
    )
    return Response(
        calendar_file(event),
        media_type="text/calendar",
        headers={"content-disposition": 'attachment; filename="shirorom.ics"'},
    )
