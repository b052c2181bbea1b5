"""Runs the web app under granian: one worker, in this process, until told to stop.

Granian neither logs addresses here (its access log is off) nor restarts anything: who supervises the process does.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shirorom.domain.errors import ConfigError

if TYPE_CHECKING:  # granian and Litestar are only loaded by whoever serves
    from litestar import Litestar

    from shirorom.edge.web.door import Door

HEADER_MS_MAX = 10_000
BACKPRESSURE = 512
GC_ALLOCATIONS = 20_000
YEAR_S = 31_536_000


@dataclass(frozen=True, slots=True)
class Tls:
    """The files that a TLS server reads. `renewed` is set when others stand in their place."""

    certificate: Path
    key: Path
    renewed: asyncio.Event


def run_server(serving: Coroutine[Any, Any, None]) -> None:
    """Run a server to its end: by libuv's loop where there is one (not on Windows): it wakes up cheaper (ADR 0035)."""
    factory: Callable[[], asyncio.AbstractEventLoop] | None = None
    with suppress(ImportError):
        from uvloop import new_event_loop as factory
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(serving)


async def serve(
    app: Litestar,
    *,
    bind: str = "127.0.0.1",
    port: int = 8000,
    on_ready: Callable[[str], None],
    stop: asyncio.Event | None = None,
    tls: Tls | None = None,
    helper: tuple[Litestar, int] | None = None,
    mounts: Mapping[str, Path] | None = None,
    door: tuple[Door, int] | None = None,
) -> None:
    """Serve until `stop`, SIGINT or SIGTERM; `on_ready` gets the address once it can be called. Port 0: any free one.

    With `tls` the app speaks TLS alone; `helper` is another app and its port, without TLS. A renewed certificate is
    taken by starting anew within this process: pages that wait are asked for again by their browsers. `mounts`:
    directories of files that never change and that anyone may have, by their path; they are served past the app.
    `door`: the app's look-ups by a port of their own, over TLS where the app is.

    Raises:
        ConfigError: `port-in-use`.
    """
    port = free_port(bind, port)
    for beside in (helper, door):
        if beside is not None:
            free_port(bind, beside[1])
    gc.collect()
    gc.freeze()  # what stands now stays: the collector need not walk through it a thousand times a second
    gc.set_threshold(GC_ALLOCATIONS)
    stopping = stop or asyncio.Event()
    told = False
    with _signals(stopping):
        while not stopping.is_set():
            async with AsyncExitStack() as running:
                ended = [await running.enter_async_context(_running(app, bind, port, tls, mounts))]
                if helper is not None:
                    ended.append(await running.enter_async_context(_running(helper[0], bind, helper[1], None)))
                if door is not None:
                    ended.append(await running.enter_async_context(_listening(door[0], bind, door[1], tls)))
                if not told:
                    on_ready(f"{'https' if tls else 'http'}://{host_in_url(bind)}:{port}/")
                    told = True
                if await _until(stopping, tls, ended):
                    return


async def _until(stopping: asyncio.Event, tls: Tls | None, ended: Sequence[asyncio.Task[None]]) -> bool:
    """Wait until it is time to stop (True) or to start anew with a renewed certificate (False)."""
    waiting = {asyncio.create_task(event.wait()) for event in (stopping, *([tls.renewed] if tls else []))}
    await asyncio.wait({*ended, *waiting}, return_when=asyncio.FIRST_COMPLETED)
    for one in waiting:
        one.cancel()
    if tls is None or not tls.renewed.is_set():
        return True
    tls.renewed.clear()
    return stopping.is_set()


@asynccontextmanager
async def _running(
    app: Litestar, bind: str, port: int, tls: Tls | None, mounts: Mapping[str, Path] | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    """One listening app; it can be called once this is entered, and is gone once it is left."""
    from shirorom.edge.web.app import close_pages

    async with _listening(app, bind, port, tls, mounts) as running:
        try:
            yield running
        finally:
            await close_pages(app)  # a page that waits for news would hold the server open until its time is up


@asynccontextmanager
async def _listening(
    target: Litestar | Door, bind: str, port: int, tls: Tls | None, mounts: Mapping[str, Path] | None = None
) -> AsyncIterator[asyncio.Task[None]]:
    """One server, by the interface that its target speaks."""
    from granian.constants import HTTPModes, Interfaces, SSLProtocols
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server.embed import Server

    server = Server(
        target,
        address=bind,
        port=port,
        interface=Interfaces.RSGI if hasattr(target, "__rsgi__") else Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
        log_access=False,
        backpressure=BACKPRESSURE,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MS_MAX),
        ssl_cert=tls.certificate if tls else None,
        ssl_key=tls.key if tls else None,
        static_path_route=list(mounts) if mounts else None,
        static_path_mount=list(mounts.values()) if mounts else None,
        static_path_expires=YEAR_S,
        ssl_protocol_min=SSLProtocols.tls12,  # tablets of before 2019 in shops; only suites with forward secrecy
    )
    running = asyncio.create_task(server.serve())
    try:
        await _answering(bind, port, running)
        yield running
    finally:
        stop_granian: Callable[[], None] = server.stop
        stop_granian()
        await running


async def _answering(bind: str, port: int, running: asyncio.Task[None]) -> None:
    """Return once the address can be connected to."""
    while not running.done():
        with suppress(OSError):
            _, writer = await asyncio.open_connection(connect_host(bind), port)
            writer.close()
            await writer.wait_closed()
            return
        await asyncio.sleep(0.02)
    await running


class _signals:  # noqa: N801  # reads as `with _signals(event)`
    """SIGINT and SIGTERM set the event while inside; where the loop cannot do that (Windows), Ctrl-C raises as ever."""

    def __init__(self, stopping: asyncio.Event) -> None:
        self._stopping = stopping
        self._set: list[signal.Signals] = []

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, self._stopping.set)
                self._set.append(number)

    def __exit__(self, *_: object) -> None:
        for number in self._set:
            asyncio.get_running_loop().remove_signal_handler(number)


def free_port(bind: str, port: int) -> int:
    """The port, if it can be bound; any free one for 0. Raises `port-in-use`."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError:
            raise ConfigError("port-in-use", port=port) from None
        return int(probe.getsockname()[1])


def is_loopback(bind: str) -> bool:
    """Whether only this machine can call it."""
    try:
        return bind == "localhost" or ip_address(bind).is_loopback
    except ValueError:
        return False


def connect_host(bind: str) -> str:
    """Where this process reaches itself: a wildcard address is no place to call."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104  # read, never bound here


def host_in_url(bind: str) -> str:
    """An address as a URL writes it."""
    return f"[{bind}]" if ":" in bind else bind
