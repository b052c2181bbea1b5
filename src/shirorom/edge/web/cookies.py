"""The two cookies of people: who is signed in, and that staff codes may be used on this device. Nothing else sets them.

Over TLS their names begin with `__Host-`: no other host and no plain page can set or see them. On loopback browsers
refuse that name, so there they are called otherwise, and neither name is read in the place of the other.
"""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.response import Response

from shirorom.domain.desk.people import Session
from shirorom.service.people import SignedIn
from shirorom.service.sessions import SESSION_MAX, Caller

SESSION, DEVICE = "shirorom", "shirorom-device"
DEVICE_S = 180 * 86_400

Connection = ASGIConnection[Any, Any, Any, Any]


def is_tls(connection: Connection) -> bool:
    """Whether the caller's own connection is encrypted (also: up to the named proxy)."""
    return bool(connection.scope["scheme"] == "https")


def _name(connection: Connection, name: str) -> str:
    return f"__Host-{name}" if is_tls(connection) else name


def session_cookie(connection: Connection) -> str | None:
    """The secret of the caller's session."""
    return connection.cookies.get(_name(connection, SESSION)) or None


def device_cookie(connection: Connection) -> str | None:
    """The secret of the caller's device."""
    return connection.cookies.get(_name(connection, DEVICE)) or None


def caller_of(connection: Connection) -> Caller:
    """What the browser brings to a sign-in."""
    client: Any = connection.scope.get("client")
    return Caller(
        network=str(client[0]) if client else "",
        label=label_of(connection.headers.get("user-agent", "")),
        session=session_cookie(connection),
        device=device_cookie(connection),
    )


def session_of(connection: Connection) -> Session | None:
    """The session behind a request, as it was admitted."""
    session: Session | None = connection.scope.get("state", {}).get("session")
    return session


def sign_in(response: Response[Any], connection: Connection, signed: SignedIn) -> Response[Any]:
    """Give the browser its new session, and its device's secret where it is newly trusted."""
    response.cookies.append(_cookie(connection, SESSION, signed.session, int(SESSION_MAX.total_seconds())))
    if signed.device is not None:
        response.cookies.append(_cookie(connection, DEVICE, signed.device, DEVICE_S))
    return response


def sign_out(response: Response[Any], connection: Connection) -> Response[Any]:
    """Let the browser forget its session."""
    response.cookies.append(_cookie(connection, SESSION, "", 0))
    return response


def _cookie(connection: Connection, name: str, value: str, seconds: int) -> Cookie:
    return Cookie(
        key=_name(connection, name), value=value, max_age=seconds, path="/", secure=is_tls(connection), httponly=True,
        samesite="lax",
    )  # fmt: skip


SYSTEMS = (
    ("iPad", "iPad"), ("iPhone", "iPhone"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
BROWSERS = (("Edg", "Edge"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"),
            ("Safari", "Safari"))  # fmt: skip


def label_of(agent: str) -> str:
    """What a browser calls itself, in two words a person knows; the whole header is not kept."""
    system = next((name for part, name in SYSTEMS if part in agent), "")
    browser = next((name for part, name in BROWSERS if part in agent), "")
    return " ".join(part for part in (system, browser) if part) or "？"
