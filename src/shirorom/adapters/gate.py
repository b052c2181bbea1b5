"""The browser's only door to the network: a proxy on loopback that lets one carrier through and nothing else.

Outside the browser, because a page has many ways out (sockets, workers, beacons, preconnects, pictures of other hosts)
and blocking each inside leaves the next one open. It counts bytes, and knows why a carrier could not be reached.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from urllib.parse import urlsplit

HEAD_BYTES_MAX = 64 * 1024
CONNECTIONS_MAX = 64
CONNECT_S_MAX = 10.0
ACCEPT_TURNS = 4
"""Turns of the loop from an accepted socket to the call that tells of it (CPython 3.11 to 3.13: at most three)."""
_CHUNK = 64 * 1024
_PORTS = {"http": 80, "https": 443}
_HOP_HEADERS = re.compile(rb"(?im)^(?:proxy-[a-z-]+|connection|keep-alive):[^\r\n]*\r\n")


@dataclass(frozen=True, slots=True)
class Target:
    """A host and port that may be reached."""

    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> Target:
        """The target of an http(s) address."""
        parts = urlsplit(url)
        return cls((parts.hostname or "").rstrip("."), parts.port or _PORTS[parts.scheme])


class Gate:
    """One proxy for one browser context. Closed until `allow`; `bytes_max` counts what comes back from the carrier."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._allowed: frozenset[Target] = frozenset()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self.bytes_in = 0
        self.refused = 0
        self.unreachable = False
        self.overflow = asyncio.Event()

    async def open(self) -> str:
        """Listen on a free port of loopback; returns the proxy's address for the browser."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD_BYTES_MAX)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def allow(self, targets: frozenset[Target]) -> None:
        """Let these through from now on."""
        self._allowed = targets

    async def close(self) -> None:
        """Cut every connection and stop listening; idempotent."""
        self._closed = True
        if self._server is not None:
            server, self._server = self._server, None
            await _let_in(server)
            server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Called as soon as a connection is there, so that none is missed by `close`."""
        if self._closed or len(self._tasks) >= CONNECTIONS_MAX:
            writer.close()
            return
        task = asyncio.create_task(self._attend(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(lambda task: self._hang_up(task, writer))

    def _hang_up(self, task: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        """Also where the task was cancelled before it began."""
        self._tasks.discard(task)
        writer.close()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the caller or the carrier hangs up, or we close: the browser sees an ended connection."""
        with contextlib.suppress(
            OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError
        ):
            await self._serve(reader, writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, _, rest = head.partition(b" ")
        address, _, rest = rest.partition(b" ")
        tunnel = method == b"CONNECT"
        target = _target(address.decode("latin-1"), tunnel=tunnel)
        if target is None or target not in self._allowed:
            self.refused += 1
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        try:
            far_reader, far_writer = await asyncio.wait_for(
                asyncio.open_connection(target.host, target.port), CONNECT_S_MAX
            )
        except OSError:  # refused, no such name, no route; TimeoutError is one too
            self.unreachable = True
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
            return
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                far_writer.write(_to_origin(method, address, rest))
            await _both(_pass(reader, far_writer), self._count(far_reader, writer))
        finally:
            far_writer.close()

    async def _count(self, far: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await far.read(_CHUNK):
            self.bytes_in += len(chunk)
            if self.bytes_in > self._bytes_max:
                self.overflow.set()
                return
            writer.write(chunk)
            await writer.drain()


async def _let_in(server: asyncio.Server) -> None:
    """Let nobody in any more, and finish with who is being let in: a server closed in between forgets their sockets."""
    for listening in server.sockets:
        with contextlib.suppress(NotImplementedError):  # Windows' own loop has no such readers
            asyncio.get_running_loop().remove_reader(listening.fileno())
    for _ in range(ACCEPT_TURNS):
        await asyncio.sleep(0)


async def _pass(reader: asyncio.StreamReader, far: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK):
        far.write(chunk)
        await far.drain()


async def _both(up: Awaitable[None], down: Awaitable[None]) -> None:
    """Relay until the carrier is done; the browser's half may end before."""
    sending = asyncio.ensure_future(up)
    try:
        await down
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await sending


def _target(address: str, *, tunnel: bool) -> Target | None:
    try:
        parts = urlsplit(f"//{address}" if tunnel else address)
        port = parts.port
    except ValueError:
        return None
    if tunnel:
        return Target((parts.hostname or "").rstrip("."), port or 443)
    return Target((parts.hostname or "").rstrip("."), port or 80) if parts.scheme == "http" else None


def _to_origin(method: bytes, address: bytes, rest: bytes) -> bytes:
    """The request head as the carrier's server expects it: path instead of address, one request a connection."""
    path = re.sub(rb"^[a-z]+://[^/?#]*", b"", address) or b"/"
    if not path.startswith(b"/"):
        path = b"/" + path
    line, _, headers = rest.partition(b"\r\n")
    headers = _HOP_HEADERS.sub(b"", headers[:-2])
    return method + b" " + path + b" " + line + b"\r\n" + headers + b"Connection: close\r\n\r\n"
