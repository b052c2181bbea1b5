"""Runs the web app under granian: one worker, in this process, until told to stop.

Granian neither logs addresses here (its access log is off) nor restarts anything: who supervises the process does.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

from shirorom.domain.errors import ConfigError

if TYPE_CHECKING:  # granian and Litestar are only loaded by whoever serves
    from litestar import Litestar

HEADER_MS_MAX = 10_000
BACKPRESSURE = 512
GC_ALLOCATIONS = 20_000


async def serve(
    app: Litestar,
    *,
    bind: str = "127.0.0.1",
    port: int = 8000,
    on_ready: Callable[[str], None],
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until `stop`, SIGINT or SIGTERM; `on_ready` gets the address once it can be called. Port 0: any free one.

    Raises:
        ConfigError: `port-in-use`.
    """
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server.embed import Server

    from shirorom.edge.web.app import close_pages

    port = free_port(bind, port)
    server = Server(
        app,
        address=bind,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
        log_access=False,
        backpressure=BACKPRESSURE,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_MS_MAX),
    )
    gc.collect()
    gc.freeze()  # what stands now stays: the collector need not walk through it a thousand times a second
    gc.set_threshold(GC_ALLOCATIONS)
    stopping = stop or asyncio.Event()
    running = asyncio.create_task(server.serve())
    try:
        with _signals(stopping):
            await _answering(bind, port, running)
            on_ready(f"http://{host_in_url(bind)}:{port}/")
            waiting = asyncio.create_task(stopping.wait())
            await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
    finally:
        await close_pages(app)  # a page that waits for news would hold the server open until its time is up
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
