"""The page of the register (登録簿): who publishes, what is out, look-ups by numbers; in practice, feeds to try.

Numbers are in the bodies of posts alone. Every form works without script.
"""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import get, post
from litestar.response import Redirect, Response

from shirorom.domain.errors import NumberError, RequestError
from shirorom.domain.imei import Device
from shirorom.domain.numbers.found import Parsed
from shirorom.domain.parse import parse
from shirorom.edge.web.field import field_of
from shirorom.edge.web.form import form_of
from shirorom.edge.web.page import AnyRequest, by_of, page, speech_of, web_of
from shirorom.edge.web.parts import PracticeFeeds, RegisterParts
from shirorom.edge.web.register_view import RegisterViewer
from shirorom.edge.web.who import OPT, Who

STAFF = {OPT: Who.STAFF}
PHONES_MAX = 100
"""Phones of one look-up on the page; files have no such limit."""


@get("/register", include_in_schema=False, opt=STAFF)
async def register(request: AnyRequest) -> Response[bytes]:
    """How it stands."""
    return await _page(request, None)


@post("/register", status_code=200, include_in_schema=False, opt=STAFF)
async def register_look_up(request: AnyRequest) -> Response[bytes]:
    """What is known of the phones in the field. Nobody is asked and nothing is recorded."""
    return await _page(request, (await form_of(request)).get("text", ""))


@post("/register/practice", status_code=303, include_in_schema=False, opt=STAFF)
async def register_practice(request: AnyRequest) -> Redirect:
    """The practice carriers publish their lists, and they are taken."""
    await asyncio.to_thread(_practice(request).take_all, by_of(request))
    return Redirect("/register#practice", status_code=303)


@post("/register/practice/change", status_code=303, include_in_schema=False, opt=STAFF)
async def register_change(request: AnyRequest) -> Redirect:
    """A practice carrier restricts one phone, or frees it again."""
    await asyncio.to_thread(_practice(request).flip, by_of(request))
    return Redirect("/register#practice", status_code=303)


def _parts(request: AnyRequest) -> RegisterParts:
    register = web_of(request).parts.register
    if register is None:
        raise RequestError("not-found")
    return register


def _practice(request: AnyRequest) -> PracticeFeeds:
    practice = _parts(request).practice
    if practice is None:
        raise RequestError("not-found")
    return practice


async def _page(request: AnyRequest, text: str | None) -> Response[bytes]:
    web, register, viewer = web_of(request), _parts(request), RegisterViewer(speech_of(request))
    parsed = parse(text) if text else None
    found = _devices(parsed)
    devices = found[:PHONES_MAX]
    said = await asyncio.to_thread(register.answers, devices) if devices else []
    status = await asyncio.to_thread(register.status, web.practice)
    practice = None
    if register.practice is not None:
        (about,) = await asyncio.to_thread(register.answers, [register.practice.device])
        practice = viewer.practice(register.practice, about, status)
    left = None if devices and parsed is not None and not parsed.bad else text  # what was answered makes room
    form = field_of(web, speech_of(request), text=left, focus=text is not None and not devices)
    form |= {"history": False, "keep_offered": False, "choices": []}
    return page(
        request,
        "register.html",
        status=200 if text is None or devices else 422,
        here="register",
        url="/register",
        view=viewer.status(status),
        practice=practice,
        answers=viewer.answers(devices, said),
        trouble="registry.too_many" if len(found) > PHONES_MAX else None,
        form=form,
    )


def _devices(parsed: Parsed | None) -> list[Device]:
    """The phones that a text speaks of."""
    devices: list[Device] = []
    for imeis in parsed.devices if parsed is not None else ():
        try:
            devices.append(Device(imeis))
        except NumberError:
            continue  # told beside the field
    return devices


REGISTER_PAGES: tuple[Any, ...] = (register, register_look_up, register_practice, register_change)
