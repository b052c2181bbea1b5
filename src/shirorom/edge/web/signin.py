"""Set-up, sign-in, change of staff, sign-out: the pages that a person meets before any other.

Every form works without script; passkeys and a scan from anywhere on the page need it.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import get, post
from litestar.response import Redirect, Response

from shirorom.domain.errors import ConfigError, RequestError, ShiroromError
from shirorom.edge.http.guard import OPT as TAKES
from shirorom.edge.http.guard import TAKES_JSON
from shirorom.edge.web.cookies import caller_of, device_cookie, session_cookie, sign_in, sign_out
from shirorom.edge.web.form import form_of
from shirorom.edge.web.page import AnyRequest, page, speech_of, web_of
from shirorom.edge.web.who import OPT, Role, Who
from shirorom.service.passkeys import passkeys_possible
from shirorom.service.people import People, SignedIn

ANYONE = {OPT: Who.ANYONE}
ANYONE_JSON = {OPT: Who.ANYONE, TAKES: TAKES_JSON}
NEXT_CHARS_MAX = 300
NOT_NEXT = ("/signin", "/signout", "/setup")
BESIDE_FIELD = frozenset(
    {"sign-in-wrong", "too-many-tries", "sign-in-held", "device-not-trusted", "staff-code-unknown", "name-invalid",
     "name-taken", "password-short", "password-long", "password-common", "password-differs"}
)  # fmt: skip
"""Errors that are told on the form itself."""


def people_of(request: AnyRequest) -> People:
    """The shop's people. Raises `desk-missing` where the extra is not installed."""
    people = web_of(request).parts.people
    if people is None:
        raise ConfigError("desk-missing")
    return people


def origin_of(request: AnyRequest) -> str:
    """Scheme and host of the page, as the browser names them; the guard has checked the host."""
    return f"{request.scope['scheme']}://{request.headers.get('host', '')}"


def local(path: str | None) -> str:
    """An address of our own to go on to; the first page for anything else (no way to another site)."""
    text = path or ""
    plain = text.isprintable() and text.isascii() and "\\" not in text and len(text) <= NEXT_CHARS_MAX
    parts = urlsplit(text) if plain else None
    if parts is None or parts.scheme or parts.netloc or not text.startswith("/") or text.startswith("//"):
        return "/"
    return "/" if parts.path.startswith(NOT_NEXT) else text


def trouble_of(request: AnyRequest, error: ShiroromError) -> dict[str, str]:
    """An error beside the field that it is about."""
    t = speech_of(request).t
    return {
        "code": error.code,
        "title": t(f"code.{error.code}.title", **error.details),
        "fix": t(f"code.{error.code}.fix", **error.details),
    }


def refused(response: Response[Any], error: ShiroromError) -> Response[Any]:
    """The same page again, saying how long to wait where that is the trouble."""
    if "retry_s" in error.details:
        response.headers["retry-after"] = str(error.details["retry_s"])
    return response


# The first owner


@get("/setup/{token:str}", include_in_schema=False, opt=ANYONE)
async def setup(request: AnyRequest) -> Response[Any]:
    """Behind the link that `serve` printed: who is the owner, and how they will sign in."""
    await asyncio.to_thread(people_of(request).setup_open, request.path_params["token"])
    return await _setup_page(request)


async def _setup_page(
    request: AnyRequest, *, status: int = 200, name: str = "", error: ShiroromError | None = None
) -> Response[Any]:
    owner = await asyncio.to_thread(people_of(request).owner)
    return page(
        request, "setup.html", status=status, here="", url="/setup", name=owner.name if owner else name,
        owner=owner, token=request.path_params["token"], passkeys=passkeys_possible(origin_of(request)),
        trouble=trouble_of(request, error) if error else None,
    )  # fmt: skip


@post("/setup/{token:str}", status_code=200, include_in_schema=False, opt=ANYONE)
async def set_up(request: AnyRequest) -> Response[Any]:
    """Make the owner by name and password; shows the recovery codes, this once."""
    form = await form_of(request)
    name, password = form.get("name", ""), form.get("password", "")
    try:
        if password != form.get("again", ""):
            raise RequestError("password-differs")
        signed, codes = await asyncio.to_thread(
            people_of(request).set_up, request.path_params["token"], name, password, None, caller_of(request)
        )
    except ShiroromError as error:
        if error.code not in BESIDE_FIELD:
            raise
        return await _setup_page(request, status=error.http, name=name, error=error)
    return sign_in(recovery_page(request, codes, signed.person.name, first=True), request, signed)


def recovery_page(request: AnyRequest, codes: list[str], name: str, *, first: bool) -> Response[Any]:
    """The recovery codes, to be written down or printed."""
    return page(request, "recovery.html", here="people", url="/people", codes=codes, first=first, name=name)


@post("/setup/{token:str}/passkey/options", status_code=200, include_in_schema=False, opt=ANYONE_JSON)
async def setup_passkey_options(request: AnyRequest) -> Response[Any]:
    """What the owner's browser is asked to make."""
    people, token = people_of(request), request.path_params["token"]
    await asyncio.to_thread(people.setup_open, token)
    name = str((await json_of(request)).get("name", ""))
    ask = people.ceremonies.registration
    return json(await asyncio.to_thread(ask, origin_of(request), f"setup {token}", name=name or "owner", person=None))


@post("/setup/{token:str}/passkey", status_code=200, include_in_schema=False, opt=ANYONE_JSON)
async def setup_passkey(request: AnyRequest) -> Response[Any]:
    """Make the owner by name and passkey; the recovery codes are in the answer, this once."""
    people, token, body = people_of(request), request.path_params["token"], await json_of(request)
    caller, origin = caller_of(request), origin_of(request)

    def work() -> tuple[SignedIn, list[str]]:
        made = people.ceremonies.registered(origin, f"setup {token}", credential_of(body), label=caller.label)
        return people.set_up(token, str(body.get("name", "")), None, made, caller)

    signed, codes = await asyncio.to_thread(work)
    return sign_in(recovery_page(request, codes, signed.person.name, first=True), request, signed)


# Signing in and out


@get("/signin", include_in_schema=False, opt=ANYONE)
async def signin(request: AnyRequest) -> Response[Any]:
    """Every way in; for whoever is signed in, the change to somebody else."""
    return await _signin_page(request, to=local(request.query_params.get("next")))


async def _signin_page(
    request: AnyRequest, *, to: str, status: int = 200, name: str = "", error: ShiroromError | None = None, at: str = ""
) -> Response[Any]:
    people = people_of(request)
    device = await asyncio.to_thread(people.sessions.device, device_cookie(request))
    trouble = trouble_of(request, error) if error else None
    response = page(
        request, "signin.html", status=status, here="", url="/signin", to=to, name=name, device=device, at=at,
        trouble=trouble, owned=people.has_owner(), passkeys=passkeys_possible(origin_of(request)),
    )  # fmt: skip
    return refused(response, error) if error else response


@post("/signin", status_code=303, include_in_schema=False, opt=ANYONE)
async def sign_in_by_password(request: AnyRequest) -> Response[Any]:
    """By name and password."""
    form = await form_of(request)
    name, trust = form.get("name", ""), form.get("trust") == "1"
    try:
        work = people_of(request).sign_in
        signed = await asyncio.to_thread(work, name, form.get("password", ""), caller_of(request), trust=trust)
    except ShiroromError as error:
        if error.code not in BESIDE_FIELD:
            raise
        return await _signin_page(
            request, to=local(form.get("next")), status=error.http, name=name, error=error, at="password"
        )
    return _go(request, form.get("next"), signed)


@post("/signin/code", status_code=303, include_in_schema=False, opt=ANYONE)
async def sign_in_by_code(request: AnyRequest) -> Response[Any]:
    """By a staff code, on a trusted device: also a change of staff on a shared machine."""
    form = await form_of(request)
    try:
        work = people_of(request).sign_in_by_code
        signed = await asyncio.to_thread(work, form.get("code", ""), caller_of(request))
    except ShiroromError as error:
        if error.code not in BESIDE_FIELD:
            raise
        return await _signin_page(request, to=local(form.get("next")), status=error.http, error=error, at="code")
    return _go(request, form.get("next"), signed)


@post("/signin/recovery", status_code=303, include_in_schema=False, opt=ANYONE)
async def sign_in_by_recovery(request: AnyRequest) -> Response[Any]:
    """By a recovery code: then straight to where a new way in is made."""
    form = await form_of(request)
    try:
        work = people_of(request).sign_in_by_recovery
        signed = await asyncio.to_thread(work, form.get("recovery", ""), caller_of(request))
    except ShiroromError as error:
        if error.code not in BESIDE_FIELD:
            raise
        return await _signin_page(request, to=local(form.get("next")), status=error.http, error=error, at="recovery")
    return _go(request, "/people#me", signed)


@post("/signin/passkey/options", status_code=200, include_in_schema=False, opt=ANYONE_JSON)
async def passkey_options(request: AnyRequest) -> Response[Any]:
    """What the browser is asked to sign."""
    return json(await asyncio.to_thread(people_of(request).ceremonies.sign_in, origin_of(request)))


@post("/signin/passkey", status_code=200, include_in_schema=False, opt=ANYONE_JSON)
async def sign_in_by_passkey(request: AnyRequest) -> Response[Any]:
    """By passkey; the answer says where to go on."""
    body = await json_of(request)
    work = people_of(request).sign_in_by_passkey
    signed = await asyncio.to_thread(
        work, origin_of(request), credential_of(body), caller_of(request), trust=bool(body.get("trust"))
    )
    return sign_in(json({"to": local(str(body.get("next", "")))}), request, signed)


@post("/signout", status_code=303, include_in_schema=False, opt=ANYONE)
async def signout(request: AnyRequest) -> Response[Any]:
    """Sign out: the session is over, not only forgotten by this browser."""
    await asyncio.to_thread(people_of(request).sessions.end, session_cookie(request))
    return sign_out(Redirect("/signin", status_code=303), request)


def _go(request: AnyRequest, to: str | None, signed: SignedIn) -> Response[Any]:
    path = local(to)
    if signed.person.role is not Role.OWNER and path.startswith("/people"):
        path = "/"  # where this person may go
    return sign_in(Redirect(path, status_code=303), request, signed)


# JSON bodies of the passkey ceremonies


async def json_of(request: AnyRequest) -> dict[str, Any]:
    """A JSON object. Raises `body-invalid`."""
    try:
        return msgspec.json.decode(await request.body(), type=dict[str, Any])
    except msgspec.MsgspecError:
        raise RequestError("body-invalid") from None


def credential_of(body: dict[str, Any]) -> dict[str, Any]:
    """What the browser's authenticator answered. Raises `body-invalid`."""
    credential = body.get("credential")
    if not isinstance(credential, dict):
        raise RequestError("body-invalid")
    return credential


def json(value: dict[str, Any]) -> Response[bytes]:
    """An answer for our own script."""
    return Response(msgspec.json.encode(value), media_type="application/json")


SIGNIN: tuple[Any, ...] = (
    setup, set_up, setup_passkey_options, setup_passkey, signin, sign_in_by_password, sign_in_by_code,
    sign_in_by_recovery, passkey_options, sign_in_by_passkey, signout,
)  # fmt: skip
