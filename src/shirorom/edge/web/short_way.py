"""The short way of one hot route, past the router (ADR 0035). It serves, or lets the call go the whole way.

Who called a moment ago with the very same headers, from the same address, and was admitted by everything that stands
in the whole way (host, origin, media type, token or sign-in), is admitted for `HOLDS_S` more. Whatever is doubtful
about a call, its body included, goes the whole way, which says what is wrong. So a token that was revoked, or a
sign-in that ended, opens nothing after `HOLDS_S`, and nothing is refused or admitted here by rules of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPSendMessage, Receive, Scope, Send

from shirorom.domain.errors import ShiroromError
from shirorom.edge.http.body import Patience
from shirorom.edge.http.guard import HEADERS, HSTS, NO_STORE, Guard, Refuse, TakesOf, replay
from shirorom.edge.http.limits import Limiter

ADMITTED = "admitted"
"""Key of the scope's state: what the route's handler calls with its caller's quota key once it has answered."""
HOLDS_S = 1.0
AGAIN_S = 0.7
CALLERS_MAX = 1_000
"""Callers that are remembered; past it all are forgotten, and go the whole way once."""
IGNORED = frozenset(
    {b"user-agent", b"accept", b"accept-encoding", b"accept-language", b"traceparent", b"tracestate", b"x-request-id"}
)
"""Headers that may differ between two calls of one caller: no guard looks at them, and a served answer is the same."""
JSON_TYPE = (b"content-type", b"application/json")


class Short(Protocol):
    """The route, as far as the short way needs it."""

    path: str
    kind: str
    bytes_max: int

    def read(self, body: bytes) -> Sequence[Any] | None:
        """What a body asks for, a quota's unit each; None: the whole way shall look at it."""
        ...

    async def answer(self, asked: Sequence[Any]) -> bytes:
        """The answer, as JSON."""
        ...


@dataclass(slots=True)
class _Caller:
    """Somebody who was admitted: whose quota it is, until when it holds, what their answers carry.

    `again`: when one call, while the others go on, goes the whole way to be admitted anew.
    """

    who: str
    again: float
    until: float
    headers: tuple[tuple[bytes, bytes], ...]


class ShortWay(Guard):
    """The guard, with a short way for one route."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        short: Short,
        limiter: Limiter,
        hosts: Sequence[str],
        refuse: Refuse,
        takes_of: TakesOf,
        body_seconds_max: float,
        proxy: str | None,
        spool_in: Callable[[], Path] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            app, hosts=hosts, refuse=refuse, takes_of=takes_of, body_seconds_max=body_seconds_max, proxy=proxy,
            spool_in=spool_in,
        )  # fmt: skip
        self._short, self._limiter, self._monotonic = short, limiter, monotonic
        self._path, self._bytes_max = short.path, short.bytes_max
        self._known: dict[tuple[Any, ...], _Caller] = {}
        self._forgot = 0.0
        self._patience = Patience(body_seconds_max)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, by the short way where it is certain to be right."""
        if scope["type"] == ScopeType.HTTP and scope["path"] == self._path and scope["method"] == "POST":
            now = self._monotonic()
            key, length = _called(scope)
            caller = self._known.get(key)
            if caller is None or caller.again <= now:
                self._ask_to_be_told(scope, key, now)
                if caller is not None:
                    caller.again = caller.until
            elif 0 < length <= self._bytes_max and not scope["query_string"]:
                try:
                    body = await self._patience.read_body(receive, bytes_max=self._bytes_max)
                except ShiroromError as error:
                    receive = _failing(error)
                else:
                    now = self._monotonic()  # a body may take its time
                    if now < caller.until and await self._served(caller, body, now, send):
                        return
                    receive = replay(body)
        await super().__call__(scope, receive, send)

    async def _served(self, caller: _Caller, body: bytes, now: float, send: Send) -> bool:
        asked = self._short.read(body)
        if asked is None:
            return False
        decision = self._limiter.take(caller.who, self._short.kind, len(asked), now)
        if not decision.allowed:
            return False
        try:
            answer = await self._short.answer(asked)
        except Exception:  # noqa: BLE001  # whatever it was happens again on the whole way, where it is told
            return False
        headers = [*caller.headers, (b"content-length", b"%d" % len(answer)), *decision.headers()]
        await send(cast("HTTPSendMessage", {"type": "http.response.start", "status": 200, "headers": headers}))
        await send(cast("HTTPSendMessage", {"type": "http.response.body", "body": answer, "more_body": False}))
        return True

    def _ask_to_be_told(self, scope: Scope, key: tuple[Any, ...], now: float) -> None:
        """Let the handler say that this caller was admitted. `now`: before anybody looked whether they are."""

        def admitted(who: str) -> None:
            self._forget(now)
            always = (*HEADERS, HSTS) if scope["scheme"] == "https" else HEADERS
            self._known[key] = _Caller(who, now + AGAIN_S, now + HOLDS_S, (JSON_TYPE, NO_STORE, *always))

        scope.setdefault("state", {})[ADMITTED] = admitted

    def _forget(self, now: float) -> None:
        """Keep nobody's secrets longer than they are good for."""
        if len(self._known) >= CALLERS_MAX:
            self._known.clear()
        elif now - self._forgot >= HOLDS_S:
            self._known = {key: caller for key, caller in self._known.items() if caller.until > now}
            self._forgot = now


def _called(scope: Scope) -> tuple[tuple[Any, ...], int]:
    """Everything about a call that a guard may look at, and its length; a length below 0 says nothing certain."""
    client: Any = scope.get("client")
    key: list[Any] = [scope["scheme"], client[0] if client else None]
    length = -1
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = int(value) if length == -1 and value.isdigit() and len(value) < 10 else -2
        elif name not in IGNORED:
            key += name, value
    return tuple(key), length


def _failing(error: ShiroromError) -> Receive:
    async def receive() -> Any:
        raise error

    return receive
