"""The owner's page (店の設定): staff and their cards, the owner's ways in, devices, programs, sessions."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import get, post
from litestar.response import Redirect, Response

from shirorom.domain.desk.bars import bars, width
from shirorom.domain.desk.people import Person, Role
from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.edge.http.guard import OPT as TAKES
from shirorom.edge.http.guard import TAKES_JSON
from shirorom.edge.qr import qr_path
from shirorom.edge.web.cookies import caller_of, session_of, sign_in
from shirorom.edge.web.form import form_of
from shirorom.edge.web.page import AnyRequest, page, speech_of, web_of
from shirorom.edge.web.signin import (
    BESIDE_FIELD,
    credential_of,
    json,
    json_of,
    origin_of,
    people_of,
    recovery_page,
    trouble_of,
)
from shirorom.edge.web.who import OPT, Who, person_of
from shirorom.service.passkeys import passkeys_possible

OWNER = {OPT: Who.OWNER}
OWNER_JSON = {OPT: Who.OWNER, TAKES: TAKES_JSON}


def owner_of(request: AnyRequest, *, fresh: bool = False) -> Person:
    """The owner who calls. `fresh`: a way in is about to change, so the sign-in must be a moment old.

    Raises:
        RequestError: `owner-missing`, nobody was set up yet; `sign-in-again`.
    """
    person, session = person_of(request), session_of(request)
    if person is None or session is None:
        raise RequestError("owner-missing")
    if fresh and not people_of(request).sessions.is_fresh(session):
        raise RequestError("sign-in-again")
    return person


def id_in(form: dict[str, str]) -> int:
    """The number of what a form is about. Raises `body-invalid`."""
    text = form.get("id", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise RequestError("body-invalid")
    return int(text)


def back(part: str) -> Redirect:
    """To the page, at one of its parts."""
    return Redirect(f"/people#{part}", status_code=303)


@get("/people", include_in_schema=False, opt=OWNER)
async def people_page(request: AnyRequest) -> Response[Any]:
    """Everything on one page; before there is an owner, how to become one."""
    return await _show(request)


async def _show(
    request: AnyRequest, *, status: int = 200, error: ShiroromError | None = None, at: str = "", name: str = ""
) -> Response[Any]:
    people = people_of(request)
    if not people.has_owner():
        return page(request, "people_none.html", here="people")
    view = await asyncio.to_thread(_view, request)
    trouble = trouble_of(request, error) if error else None
    return page(request, "people.html", status=status, here="people", url="/people", view=view, trouble=trouble, at=at,
                name=name)  # fmt: skip


def _view(request: AnyRequest) -> dict[str, Any]:
    people, pairing, speech = people_of(request), web_of(request).parts.pairing, speech_of(request)
    session, me = session_of(request), owner_of(request)
    accounts = people.store.accounts()
    return {
        "people": [
            {
                "id": one.id,
                "name": one.name,
                "owner": one.role is Role.OWNER,
                "active": one.active,
                "code": people.store.staff_code_made(one.id),
            }
            for one in accounts
        ],
        "passkeys": people.store.passkeys(me.id),
        "password": people.known(me.id).password is not None,
        "recovery": people.store.recovery_left(me.id),
        "devices": people.sessions.store.devices(),
        "tokens": pairing.store.tokens() if pairing else (),
        "sessions": people.sessions.all(),
        "here": session.id if session else 0,
        "can_passkey": passkeys_possible(origin_of(request)),
        "operator": speech.t("people.operator"),
    }


@post("/people", status_code=303, include_in_schema=False, opt=OWNER)
async def add(request: AnyRequest) -> Response[Any]:
    """Somebody new, as staff: straight to their card."""
    owner_of(request)
    form = await form_of(request)
    try:
        person = await asyncio.to_thread(people_of(request).add, form.get("name", ""))
    except ShiroromError as error:
        if error.code not in BESIDE_FIELD:
            raise
        return await _show(request, status=error.http, error=error, at="staff", name=form.get("name", ""))
    return await _card(request, person)


@post("/people/code", status_code=200, include_in_schema=False, opt=OWNER)
async def staff_code(request: AnyRequest) -> Response[Any]:
    """A new staff card, shown and printed this once; the one before is dead."""
    owner_of(request)
    return await _card(request, id_in(await form_of(request)))


async def _card(request: AnyRequest, person: int) -> Response[Any]:
    people = people_of(request)
    code = await asyncio.to_thread(people.new_staff_code, person)
    account = await asyncio.to_thread(people.known, person)
    path, size = qr_path(code)
    return page(
        request, "staff_card.html", here="people", url="/people", name=account.name, bars=bars(code), width=width(code),
        qr=path, qr_size=size, made=speech_of(request).now,
    )  # fmt: skip


@post("/people/end", status_code=303, include_in_schema=False, opt=OWNER)
async def end_something(request: AnyRequest) -> Response[Any]:
    """End a person, a staff code, a device, a program, a session, a passkey: from this moment."""
    me, people, pairing = owner_of(request), people_of(request), web_of(request).parts.pairing
    form = await form_of(request)
    what, id_ = form.get("what", ""), id_in(form)
    match what:
        case "person":
            await asyncio.to_thread(people.end, id_)
        case "code":
            await asyncio.to_thread(people.end_staff_code, id_)
        case "device":
            await asyncio.to_thread(people.sessions.store.distrust, id_)
        case "token" if pairing is not None:
            await asyncio.to_thread(pairing.store.end_token, id_)
        case "session":
            await asyncio.to_thread(people.sessions.store.end, session=id_)
        case "passkey":
            owner_of(request, fresh=True)
            await asyncio.to_thread(people.store.remove_passkey, id_, person=me.id)
        case _:
            raise RequestError("body-invalid")
    return back({"person": "staff", "code": "staff", "passkey": "me"}.get(what, f"{what}s"))


@post("/people/back", status_code=303, include_in_schema=False, opt=OWNER)
async def take_back(request: AnyRequest) -> Response[Any]:
    """Somebody works here again; they need a new card."""
    owner_of(request)
    await asyncio.to_thread(people_of(request).take_back, id_in(await form_of(request)))
    return back("staff")


@post("/people/password", status_code=303, include_in_schema=False, opt=OWNER)
async def change_password(request: AnyRequest) -> Response[Any]:
    """Another password for the owner: every other sign-in ends."""
    me = owner_of(request, fresh=True)
    form = await form_of(request)
    try:
        if form.get("password", "") != form.get("again", ""):
            raise RequestError("password-differs")
        work = people_of(request).change_password
        signed = await asyncio.to_thread(work, me, form.get("password", ""), caller_of(request))
    except ShiroromError as error:
        if error.code not in BESIDE_FIELD:
            raise
        return await _show(request, status=error.http, error=error, at="password")
    return sign_in(back("me"), request, signed)


@post("/people/recovery", status_code=200, include_in_schema=False, opt=OWNER)
async def new_recovery(request: AnyRequest) -> Response[Any]:
    """New recovery codes, shown this once; those before are dead."""
    me = owner_of(request, fresh=True)
    codes = await asyncio.to_thread(people_of(request).new_recovery, me.id)
    return recovery_page(request, codes, me.name, first=False)


@post("/people/passkeys/options", status_code=200, include_in_schema=False, opt=OWNER_JSON)
async def new_passkey_options(request: AnyRequest) -> Response[Any]:
    """What the owner's browser is asked to make."""
    me = owner_of(request, fresh=True)
    ask = people_of(request).ceremonies.registration
    options = await asyncio.to_thread(ask, origin_of(request), f"add {me.id}", name=me.name, person=me.id)
    return json(options)


@post("/people/passkeys", status_code=200, include_in_schema=False, opt=OWNER_JSON)
async def new_passkey(request: AnyRequest) -> Response[Any]:
    """One more passkey of the owner."""
    me, people, body = owner_of(request, fresh=True), people_of(request), await json_of(request)
    origin, label = origin_of(request), caller_of(request).label

    def work() -> None:
        people.ceremonies.add(
            me.id, people.ceremonies.registered(origin, f"add {me.id}", credential_of(body), label=label)
        )

    await asyncio.to_thread(work)
    return json({"to": "/people#me"})


PEOPLE: tuple[Any, ...] = (
    people_page, add, staff_code, end_something, take_back, change_password, new_recovery, new_passkey_options,
    new_passkey,
)  # fmt: skip
