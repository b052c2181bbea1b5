"""The short way of one hot route, past the router (ADR 0035). It serves, or lets the call go the whole way.

Who called a moment ago with the very same headers, from the same address, and was admitted by everything that stands
in the whole way (host, origin, media type, token or sign-in), is admitted for `HOLDS_S` more. Whatever is doubtful
about a call, its body included, goes the whole way, which says what is wrong. So a token that was revoked, or a
sign-in that ended, opens nothing after `HOLDS_S`, and nothing is refused or admitted here by rules of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPSendMessage, Receive, Scope, Send

from shirorom.domain.errors import ShiroromError
from shirorom.edge.http.body import Patience, whole
from shirorom.edge.http.guard import HEADERS, HSTS, NO_STORE, Guard, replay
from shirorom.edge.http.limits import Decision, Limiter

ADMITTED = "admitted"
"""Key of the scope's state: what the route's handler calls with its caller's quota key once it has answered."""
HOLDS_S = 1.0
AGAIN_S = 0.7
CALLERS_MAX = 1_000
"""Callers that are remembered; past it all are forgotten, and go the whole way once."""
IGNORED = frozenset(
    {"user-agent", "accept", "accept-encoding", "accept-language", "traceparent", "tracestate", "x-request-id"}
)
IGNORED_BYTES = frozenset(name.encode() for name in IGNORED)
"""Headers that may differ between two calls of one caller: no guard looks at them, and a served answer is the same."""
ALWAYS = ((b"content-type", b"application/json"), NO_STORE, *HEADERS)
SECURE = (*ALWAYS, HSTS)
"""What every answer by the short way carries, besides its quota: without TLS, and with it."""


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
class Caller:
    """Somebody who was admitted: whose quota it is, whether over TLS, until when it holds.

    `again`: when one call, while the others go on, goes the whole way to be admitted anew.
    """

    who: str
    secure: bool
    again: float
    until: float


@dataclass(slots=True)
class Hot:
    """A hot route, and who was admitted to it a moment ago. One for each way in: their keys are not the same."""

    short: Short
    limiter: Limiter
    body_seconds_max: float
    monotonic: Callable[[], float] = time.monotonic
    patience: Patience = field(init=False)
    callers: dict[tuple[Any, ...], Caller] = field(default_factory=dict)
    _forgot: float = 0.0

    def __post_init__(self) -> None:
        self.patience = Patience(self.body_seconds_max)

    def admitted(self, key: tuple[Any, ...], now: float) -> Caller | None:
        """Who calls; None: this call goes the whole way, and its handler is given what `remember` gives."""
        caller = self.callers.get(key)
        if caller is None or caller.again > now:
            return caller
        caller.again = caller.until
        return None

    def remember(self, key: tuple[Any, ...], scope: Scope, now: float) -> Callable[[str], None]:
        """What the handler says by, once this caller was admitted. `now`: before anybody looked whether they are."""

        def admitted(who: str) -> None:
            self._forget(now)
            self.callers[key] = Caller(who, scope["scheme"] == "https", now + AGAIN_S, now + HOLDS_S)

        return admitted

    def takes(self, length: int) -> bool:
        """Whether a body of so many bytes may go the short way."""
        return 0 < length <= self.short.bytes_max

    async def answer(self, caller: Caller, body: bytes) -> tuple[bytes, Decision] | None:
        """The answer and what the quota says; None: the whole way shall say what is wrong."""
        now = self.monotonic()  # a body may take its time
        if now >= caller.until:
            return None
        asked = self.short.read(body)
        if asked is None:
            return None
        decision = self.limiter.take(caller.who, self.short.kind, len(asked), now)
        if not decision.allowed:
            return None
        try:
            return await self.short.answer(asked), decision
        except Exception:  # noqa: BLE001  # whatever it was happens again on the whole way, where it is told
            return None

    def _forget(self, now: float) -> None:
        """Keep nobody's secrets longer than they are good for."""
        if len(self.callers) >= CALLERS_MAX:
            self.callers.clear()
        elif now - self._forgot >= HOLDS_S:
            self.callers = {key: caller for key, caller in self.callers.items() if caller.until > now}
            self._forgot = now


class ShortWay(Guard):
    """The guard, with a short way for one route. `guarded`: what a Guard takes."""

    def __init__(self, app: ASGIApp, hot: Hot, **guarded: Any) -> None:
        super().__init__(app, body_seconds_max=hot.body_seconds_max, **guarded)
        self.hot = hot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, by the short way where it is certain to be right."""
        hot = self.hot
        if scope["type"] == ScopeType.HTTP and scope["path"] == hot.short.path and scope["method"] == "POST":
            now = hot.monotonic()
            key, length = _called(scope)
            caller = hot.admitted(key, now)
            if caller is None:
                scope.setdefault("state", {}).setdefault(ADMITTED, hot.remember(key, scope, now))
            elif hot.takes(length) and not scope["query_string"]:
                try:
                    body = await hot.patience.wait(whole(receive, hot.short.bytes_max))
                except ShiroromError as error:
                    receive = failing(error)
                else:
                    if await self._served(caller, body, send):
                        return
                    receive = replay(body)
        await super().__call__(scope, receive, send)

    async def _served(self, caller: Caller, body: bytes, send: Send) -> bool:
        told = await self.hot.answer(caller, body)
        if told is None:
            return False
        answer, decision = told
        headers = [
            *(SECURE if caller.secure else ALWAYS),
            (b"content-length", b"%d" % len(answer)),
            *decision.headers(),
        ]
        await send(cast("HTTPSendMessage", {"type": "http.response.start", "status": 200, "headers": headers}))
        await send(cast("HTTPSendMessage", {"type": "http.response.body", "body": answer, "more_body": False}))
        return True


def _called(scope: Scope) -> tuple[tuple[Any, ...], int]:
    client: Any = scope.get("client")
    return called((scope["scheme"], client[0] if client else None), scope["headers"], b"content-length", IGNORED_BYTES)


def called(
    origin: tuple[Any, ...], headers: Iterable[tuple[Any, Any]], length_name: Any, ignored: frozenset[Any]
) -> tuple[tuple[Any, ...], int]:
    """Everything about a call that a guard may look at, and its length; a length below 0 says nothing certain."""
    key: list[Any] = [*origin]
    length = -1
    for name, value in headers:
        if name == length_name:
            length = int(value) if length == -1 and value.isdigit() and len(value) < 10 else -2
        elif name not in ignored:
            key += name, value
    return tuple(key), length


def failing(error: ShiroromError) -> Receive:
    """A body that could not be read."""

    async def receive() -> Any:
        raise error

    return receive
