"""The outermost layer of the web app: who may call from where, how much they may send, what every answer carries.

One plain ASGI wrapper around Litestar's whole handler, so that also an unknown address or a wrong method passes it
(Litestar's own middleware sees neither). Order: host, origin, kind and size of the body, the application, headers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, HTTPSendMessage, Message, Receive, Scope, Send

from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.edge.http.body import BODY_SECONDS_MAX, Spool, check_json, read_body
from shirorom.edge.http.limits import Decision

BODY_BYTES_MAX = 64 * 1024
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(self)"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
HSTS = (b"strict-transport-security", b"max-age=31536000")
NO_STORE = (b"cache-control", b"no-store")
SINGLE = frozenset(
    {b"host", b"origin", b"content-type", b"content-length", b"content-encoding", b"authorization", b"sec-fetch-site"}
)
"""Headers that decide something: two of them are two answers to one question."""


@dataclass(frozen=True, slots=True)
class Takes:
    """What a state-changing route takes: media types (any of them), and bytes of body at most.

    `to_disk`: the body is a large file; its handler takes it into one (`spooled_of`), for which it may take
    `file_seconds_max` altogether.
    """

    media: frozenset[str]
    bytes_max: int = BODY_BYTES_MAX
    to_disk: bool = False
    file_seconds_max: float = 300.0


DECISION = "quota"
"""Key of the scope's state: what the call's quota says, for the answer's RateLimit fields."""
SPOOLED = "spooled"
"""Key of the scope's state that holds it."""
TAKES_JSON = Takes(frozenset({JSON}))
TAKES_FORM = Takes(frozenset({FORM}))
EXTENSIONS = (b"chrome-extension://", b"moz-extension://")
"""Origins that no web page can have. Without a permission for our origin their calls are `cross-site` all the same."""
OPT = "takes"
"""Key of a route's `opt` that holds its `Takes`, where it is not what its address says."""

TakesOf = Callable[[str], Takes | None]
"""What a path takes by a state-changing method; None: no such path."""
Refuse = Callable[[Scope, ShiroromError], tuple[int, list[tuple[bytes, bytes]], bytes]]


class Guard:
    """Wraps an ASGI application. `refuse` words a refusal; `hosts` are allowed besides the loopback names.

    `spool_in` gives the private directory for large bodies; the system's own for temporary files without it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Collection[str],
        refuse: Refuse,
        takes_of: TakesOf,
        body_seconds_max: float = BODY_SECONDS_MAX,
        proxy: str | None = None,
        spool_in: Callable[[], Path] | None = None,
    ) -> None:
        self._app, self._spool_in = app, spool_in
        self._proxy = proxy
        self._hosts = LOOPBACK_HOSTS | frozenset(host.lower() for host in hosts)
        self._refuse, self._takes_of = refuse, takes_of
        self._seconds_max = body_seconds_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it as a problem. Never raises by what was sent."""
        if scope["type"] != ScopeType.HTTP:
            return  # no WebSocket is spoken here
        method = str(scope["method"])
        caller = through(scope, self._proxy)
        send = _with_headers(send, scope, empty=method == "HEAD")
        try:
            headers = _headers(scope)
            if not caller:
                raise RequestError("not-through-proxy")
            self._check_host(headers)
            if method == "HEAD":
                scope["method"] = HttpMethod.GET  # answered as GET, sent without its body
            elif method not in SAFE_METHODS:
                if not bearer(
                    headers.get(b"authorization", b"")
                ):  # no browser adds a token by itself: nothing to misuse
                    check_origin(headers)
                wanted = self._takes_of(scope["path"])
                if wanted is not None and wanted.to_disk:
                    await self._with_file(wanted, headers, scope, receive, send)
                    return
                if wanted is not None:  # else the router says 404 or 405, and no body is read
                    receive = replay(await self._body(wanted, headers, receive))
        except ShiroromError as error:
            await self._send(send, scope, error)
            return
        await self._app(scope, receive, send)

    async def _with_file(
        self, takes: Takes, headers: dict[bytes, bytes], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve a request whose body goes into a file, if its handler asks for it; the file goes with the request."""
        _check_media(takes, headers)
        spool = Spool(receive, self._spool_in, bytes_max=takes.bytes_max, seconds_max=takes.file_seconds_max)
        scope.setdefault("state", {})[SPOOLED] = spool
        try:
            await self._app(scope, replay(b""), send)
        finally:
            spool.close()

    def _check_host(self, headers: dict[bytes, bytes]) -> None:
        if host_name(headers.get(b"host", b"")) not in self._hosts:
            raise RequestError("host-refused")

    async def _body(self, takes: Takes, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        media = _check_media(takes, headers)
        body = await read_body(receive, bytes_max=takes.bytes_max, seconds_max=self._seconds_max)
        if media == JSON:
            check_json(body)
        return body

    async def _send(self, send: Send, scope: Scope, error: ShiroromError) -> None:
        status, headers, body = self._refuse(scope, error)
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await send(cast("HTTPSendMessage", start))
        await send(cast("HTTPSendMessage", {"type": "http.response.body", "body": body, "more_body": False}))


def _check_media(takes: Takes, headers: dict[bytes, bytes]) -> str:
    """The body's media type, which must be one that is taken. Raises `media-type`, `body-too-large`."""
    media = headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
    if media not in takes.media or headers.get(b"content-encoding", b"identity") not in (b"", b"identity"):
        raise RequestError("media-type", wanted=", ".join(sorted(takes.media)))
    if _length(headers) > takes.bytes_max:
        raise RequestError("body-too-large", bytes_max=takes.bytes_max)
    return media


def spooled_of(scope: Scope) -> Spool:
    """The body of a request to a route that takes it on disk. Its file is removed with the request."""
    spool: Spool = scope["state"][SPOOLED]
    return spool


def check_origin(headers: dict[bytes, bytes]) -> None:
    """Refuse a state change that another site's page started (no tokens: the browser says where a call comes from).

    Browsers send `Sec-Fetch-Site` to trustworthy origins and `Origin` with every POST; programs send neither.
    """
    site = headers.get(b"sec-fetch-site")
    origin = headers.get(b"origin")
    if site is not None:
        if site not in (b"same-origin", b"none"):
            raise RequestError("origin-refused")
        if origin is None or origin == b"null":
            return
        if site == b"none" and origin.startswith(EXTENSIONS):
            return  # the person gave this extension a permission for our origin: a program of theirs, not a site
    if origin is not None and urlsplit(origin.decode("latin-1")).netloc != headers.get(b"host", b"").decode("latin-1"):
        raise RequestError("origin-refused")


def bearer(authorization: bytes) -> str | None:
    """The token of an `Authorization: Bearer` header; None where there is no such header."""
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def through(scope: Scope, proxy: str | None) -> bool:
    """Believe the named proxy, and nobody else, whom it says it speaks for (`X-Forwarded-For`, `-Proto`).

    False: a proxy is named, and this call came past it from another machine.
    """
    client: Any = scope.get("client")
    address = str(client[0]) if client else ""
    if proxy is None:
        return True
    if not _same_address(address, proxy):
        return _loopback(address)
    said = {name: value.decode("latin-1") for name, value in scope["headers"] if name.startswith(b"x-forwarded-")}
    nearest = said.get(b"x-forwarded-for", "").rpartition(",")[2].strip()
    scope["client"] = (nearest or address, 0)
    if said.get(b"x-forwarded-proto", "").rpartition(",")[2].strip().lower() == "https":
        scope["scheme"] = "https"
    return True


def _same_address(one: str, other: str) -> bool:
    try:
        return ip_address(one) == ip_address(other)
    except ValueError:
        return False


def _loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def host_name(host: bytes) -> str:
    """The name in a `Host` header, without its port, in lower case."""
    name = host.decode("latin-1").strip().lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0].rstrip(".")


def _headers(scope: Scope) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in headers and name in SINGLE:
            raise RequestError("body-malformed")  # two different answers to one question: neither is believed
        headers[name] = value
    return headers


def _length(headers: dict[bytes, bytes]) -> int:
    text = headers.get(b"content-length", b"0")
    if not text.isdigit() or len(text) > 18:
        raise RequestError("body-malformed")
    return int(text)


def replay(body: bytes) -> Receive:
    """A body that was read, for whoever reads it next."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive


def _with_headers(send: Send, scope: Scope, *, empty: bool) -> Send:
    always = (*HEADERS, HSTS) if scope["scheme"] == "https" else HEADERS

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message["headers"])
            headers.extend(always)
            decision: Decision | None = scope.get("state", {}).get(DECISION)
            if decision is not None:
                headers.extend(decision.headers())
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append(NO_STORE)
            message["headers"] = headers
        elif empty and message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return sending
