"""Asks carriers through a child process that owns the browser (`ports.Asker`): no page there can hurt the web app.

The two speak over the child's stdin and stdout (`child`). The first frame to the child says how to ask; an end of its
input ends it and its browser, so it never outlives its parent.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from shirorom.adapters.child import END_S_MAX, end_child, frame, own_stdout, start_child
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CODES, Area, CellError, ShiroromError, StorageError
from shirorom.domain.imei import Imei
from shirorom.ports.asking import Answer
from shirorom.service.settings import Settings

FRAME_BYTES_MAX = 32_000_000
"""A page and a picture, with room."""
SLACK_S = 120.0
"""A child that is silent for so long beyond a carrier's own time limit is ended; turns and a browser's start fit in."""
TRIES_MAX = 2
"""A question is asked once more when the process died under it."""


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """How to ask."""

    settings: Settings
    data: str


class Warm(msgspec.Struct, frozen=True, tag="warm"):
    """Make ready."""

    id: int


class Question(msgspec.Struct, frozen=True, tag="ask"):
    """One number at one carrier."""

    id: int
    imei: str
    carrier: CarrierId


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Nobody waits for that answer any more."""

    id: int


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Made ready; or the answer (None) to nothing else."""

    id: int
    answer: Answer | None = None


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """No answer, by a code."""

    id: int
    code: str
    details: dict[str, str | int]


ToChild = Hello | Warm | Question | Cancel
ToParent = Done | Failed


class _GoneError(Exception):
    """The child ended."""


class ProcessAsker:
    """`ports.Asker` over a child process, which is started when first needed and again when it died."""

    def __init__(self, settings: Settings, data: Path) -> None:
        self._hello = Hello(settings, str(data))
        self._settings = settings
        self._lock = asyncio.Lock()
        self._child: _Child | None = None
        self._closed = False

    @property
    def ready(self) -> bool:
        """Whether the child is there to be asked."""
        return self._child is not None and not self._child.gone.is_set()

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return self._child.process.pid if self._child is not None else None

    async def ask(self, imei: Imei, carrier: CarrierId) -> Answer:
        """As `ports.Asker.ask`."""
        limit_s = self._settings.carrier(carrier).timeout_s + SLACK_S
        for _ in range(TRIES_MAX):
            try:
                child = await self._running()
                done = await child.call(lambda id_: Question(id_, imei.digits, carrier), limit_s)
            except _GoneError:
                continue
            if done.answer is None:
                break
            return done.answer
        raise CellError("browser-missing", why="died")

    async def warm(self) -> None:
        """Start the child and its browser."""
        with contextlib.suppress(_GoneError, ShiroromError):
            child = await self._running()
            await child.call(Warm, SLACK_S)

    async def close(self) -> None:
        """End the child and its browser; idempotent."""
        self._closed = True
        async with self._lock:
            child, self._child = self._child, None
            if child is not None:
                await child.end()

    async def _running(self) -> _Child:
        async with self._lock:
            if self._closed:
                raise CellError("browser-missing", why="closed")
            if self._child is not None and self._child.gone.is_set():
                await self._child.end()
                self._child = None
            if self._child is None:
                self._child = await _Child.start(self._hello)
            return self._child


class _Child:
    """One child process as its parent sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.gone = asyncio.Event()
        self._ids = itertools.count()
        self._waiting: dict[int, asyncio.Future[Done]] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, hello: Hello) -> _Child:
        """Start a child and tell it how to ask."""
        process = await start_child("shirorom.adapters.asker_process", limit=FRAME_BYTES_MAX)
        child = cls(process)
        await child._send(hello)
        return child

    async def call(self, message: Callable[[int], Warm | Question], limit_s: float) -> Done:
        """Send a message with an id of its own and wait for what comes back under it."""
        id_ = next(self._ids)
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting[id_] = future
        try:
            await self._send(message(id_))
            if self.gone.is_set():
                raise _GoneError
            return await asyncio.wait_for(future, limit_s)
        except TimeoutError:
            await self.end()
            raise _GoneError from None
        except asyncio.CancelledError:
            with contextlib.suppress(_GoneError):
                await self._send(Cancel(id_))
            raise
        finally:
            self._waiting.pop(id_, None)

    async def end(self) -> None:
        """Let it end by itself (its input ends), then make it end."""
        await end_child(self.process)
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _send(self, message: ToChild) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(frame(message))
            await self.process.stdin.drain()
        except (OSError, RuntimeError):  # RuntimeError: its transport is closed
            raise _GoneError from None

    async def _read(self) -> None:
        assert self.process.stdout is not None
        decoder = msgspec.msgpack.Decoder(ToParent)
        try:
            while True:
                length = int.from_bytes(await self.process.stdout.readexactly(4), "big")
                if length > FRAME_BYTES_MAX:
                    break
                self._settle(decoder.decode(await self.process.stdout.readexactly(length)))
        except (asyncio.IncompleteReadError, OSError, msgspec.MsgspecError):
            pass  # whatever it was, this child is of no more use
        finally:
            self.gone.set()
            for future in self._waiting.values():
                if not future.done():
                    future.set_exception(_GoneError())

    def _settle(self, told: ToParent) -> None:
        future = self._waiting.get(told.id)
        if future is None or future.done():
            return
        if isinstance(told, Done):
            future.set_result(told)
        else:
            storage = told.code in CODES and CODES[told.code].area is Area.STORAGE
            future.set_exception((StorageError if storage else CellError)(told.code, **told.details))


# ── the child ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def serve_parent(source: BinaryIO, sink: BinaryIO) -> None:
    """Ask what the parent asks until its messages end."""
    from shirorom.adapters.asker_browser import BrowserAsker
    from shirorom.adapters.clock import SystemClock
    from shirorom.adapters.facts_toml import packaged_facts

    inbox: asyncio.Queue[ToChild | None] = asyncio.Queue()
    threading.Thread(target=_listen, args=(source, asyncio.get_running_loop(), inbox), daemon=True).start()
    hello = await inbox.get()
    if not isinstance(hello, Hello):
        return
    asker = BrowserAsker(hello.settings, packaged_facts(), SystemClock(), Path(hello.data))
    speaking = asyncio.Lock()
    tasks: dict[int, asyncio.Task[None]] = {}

    async def answer(id_: int, work: Coroutine[Any, Any, Answer | None]) -> None:
        try:
            told: ToParent = Done(id_, await work)
        except ShiroromError as error:
            told = Failed(id_, error.code, dict(error.details))
        except Exception:  # noqa: BLE001  # whatever it was, the parent waits; a message may hold a number and stays here
            told = Failed(id_, "page-changed", {"why": "driver"})
        async with speaking:
            await asyncio.to_thread(_speak, sink, told)

    try:
        while (message := await inbox.get()) is not None:
            match message:
                case Question(id_, digits, carrier):
                    work = answer(id_, asker.ask(Imei(digits), carrier))
                case Warm(id_):
                    work = answer(id_, asker.warm())
                case Cancel(id_):
                    if id_ in tasks:
                        tasks[id_].cancel()
                    continue
                case _:
                    break
            tasks[id_] = asyncio.create_task(work)
            tasks[id_].add_done_callback(lambda _, done=id_: tasks.pop(done, None))  # type: ignore[misc]  # its default
    finally:
        await asker.close()


def _listen(source: BinaryIO, loop: asyncio.AbstractEventLoop, inbox: asyncio.Queue[ToChild | None]) -> None:
    """A thread: no event loop can wait for an inherited pipe on Windows."""
    decoder = msgspec.msgpack.Decoder(ToChild)
    with contextlib.suppress(RuntimeError):  # the loop has ended before us
        try:
            while len(head := source.read(4)) == 4:
                body = source.read(int.from_bytes(head, "big"))
                loop.call_soon_threadsafe(inbox.put_nowait, decoder.decode(body))
        finally:
            watch = threading.Timer(END_S_MAX, os._exit, (1,))  # a loop that hangs must not outlive the parent
            watch.daemon = True
            watch.start()
            loop.call_soon_threadsafe(inbox.put_nowait, None)


def _speak(sink: BinaryIO, told: ToParent) -> None:
    with contextlib.suppress(OSError):  # the parent is gone: the end of our input will say so
        sink.write(frame(told))
        sink.flush()


def main() -> None:
    """The child's program."""
    sink = own_stdout()
    asyncio.run(serve_parent(sys.stdin.buffer, sink))


if __name__ == "__main__":
    main()
