"""Calls an ASGI application for one request that came by RSGI, granian's own interface. Small answers only.

RSGI says less than ASGI, and says it otherwise (granian 2.x, tried): headers come as text, and one whose value is not
visible ASCII is left out of `items()` while its name stays in `keys()`; a body that is cut off ends like one that is
whole; an answer is sent at once or streamed by another call. So `complete` tells whether all headers came, a length
that was promised is held against what came, and an answer is gathered before it is sent.

Source: the RSGI specification 1.5 of granian's repository, docs/spec/RSGI.md.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol, cast
from urllib.parse import quote

from litestar.types import HTTPScope, Receive, Send


class Headers(Protocol):
    """A request's headers: names in lower case."""

    def keys(self) -> list[str]:
        """Every name, once."""
        ...

    def items(self) -> list[tuple[str, str]]:
        """Those that are text, in order."""
        ...


class RsgiScope(Protocol):
    """What RSGI says of a request. `client`, `server`: address and port; `path`: decoded."""

    headers: Headers
    method: str
    scheme: str
    path: str
    query_string: str
    client: str
    server: str
    http_version: str


class RsgiProtocol(Protocol):
    """What a request is answered by. Raises granian's RSGIProtocolClosed once the caller is gone."""

    async def __call__(self) -> bytes:
        """The whole body."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body, part by part."""
        ...

    async def client_disconnect(self) -> None:
        """Return once the caller is gone."""
        ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer."""
        ...


def complete(headers: Headers, items: Sequence[tuple[str, str]]) -> bool:
    """Whether `items` has every header that was sent, as far as their names tell."""
    return len(headers.keys()) == len(dict(items))


def address(text: str) -> str:
    """The address in `address:port`, an IPv6 one without its brackets."""
    return text.rpartition(":")[0].strip("[]")


def as_text(headers: Sequence[tuple[bytes, bytes]]) -> list[tuple[str, str]]:
    """Headers of ASGI as RSGI takes them. Ours are ASCII."""
    return [(name.decode("ascii"), value.decode("ascii")) for name, value in headers]


def asgi_scope(scope: RsgiScope, items: Sequence[tuple[str, str]]) -> HTTPScope:
    """What ASGI would have said of the request."""
    port = scope.server.rpartition(":")[2]
    said = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": scope.http_version,
        "method": scope.method,
        "scheme": scope.scheme,
        "path": scope.path,
        "raw_path": quote(scope.path).encode("ascii"),
        "query_string": scope.query_string.encode("latin-1", "replace"),
        "root_path": "",
        "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in items],
        "client": (address(scope.client), int(scope.client.rpartition(":")[2] or 0)),
        "server": (address(scope.server), int(port) if port.isdigit() else None),
        "state": {},
    }
    return cast("HTTPScope", said)


def receiving(protocol: RsgiProtocol, items: Sequence[tuple[str, str]]) -> Receive:
    """The body as ASGI gives it: cut off before its promised length, it ends in `http.disconnect`."""
    promised = next((int(value) for name, value in items if name == "content-length" and value.isdigit()), None)
    parts = aiter(protocol)
    came, ended = 0, False

    async def receive() -> Any:
        nonlocal came, ended
        if ended:
            await protocol.client_disconnect()
            return {"type": "http.disconnect"}
        try:
            part = await anext(parts)  # with a default CPython 3.11 crashes: granian's awaitable is none of its own
        except StopAsyncIteration:
            ended = True
        else:
            came += len(part)
            return {"type": "http.request", "body": part, "more_body": True}
        if promised is not None and came < promised:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}

    return receive


def sending(protocol: RsgiProtocol) -> Send:
    """Gathers an answer and sends it when it is whole."""
    status, headers, parts = 500, list[tuple[str, str]](), list[bytes]()

    async def send(message: Any) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], as_text(message["headers"])
            return
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            protocol.response_bytes(status, headers, b"".join(parts))

    return send
