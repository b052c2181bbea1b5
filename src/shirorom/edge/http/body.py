"""Reads a request's body under limits of size and time, and looks at JSON before anything decodes it.

Litestar and msgspec alone answer 500 to a very deep body and silently take the last of two equal keys; granian has
neither a limit of size nor of time for bodies. All of that is refused here, before a handler runs.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, Any

from litestar.types import Receive

from shirorom.domain.errors import RequestError, StorageError

DEPTH_MAX = 32  # 3GPP TS 29.501 §6.2: also more than any of our bodies needs
BODY_SECONDS_MAX = 30.0


async def read_body(receive: Receive, *, bytes_max: int, seconds_max: float) -> bytes:
    """The whole body.

    Raises:
        RequestError: `body-too-large` as soon as the limit is passed, `body-too-slow`, `body-malformed` (cut off).
    """
    try:
        async with asyncio.timeout(seconds_max):
            return await whole(receive, bytes_max)
    except TimeoutError:
        raise RequestError("body-too-slow", seconds_max=int(seconds_max)) from None


async def whole(receive: Receive, bytes_max: int) -> bytes:
    """The whole body, however long it takes. Raises `body-too-large`, `body-malformed`."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise RequestError("body-malformed")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > bytes_max:
            raise RequestError("body-too-large", bytes_max=bytes_max)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks) if len(chunks) > 1 else chunk


class Patience:
    """`read_body` for a hot route: one timer looks at all bodies on their way; one for each is a fifth of a request.

    So a body may be given up to a second early (a quarter of the time, where that is less), and never late.
    """

    def __init__(self, seconds_max: float) -> None:
        self._seconds_max, self._every_s = seconds_max, min(1.0, seconds_max / 4)
        self._allowed_s = seconds_max - self._every_s
        self._waiting: dict[asyncio.Task[Any], float] = {}  # the oldest first
        self._late: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, body: Awaitable[bytes]) -> bytes:
        """A body that is on its way. Raises what it raises, and `body-too-slow`."""
        task = asyncio.current_task()
        assert task is not None
        before = task.cancelling()
        self._begin(task)
        try:
            return await body
        except asyncio.CancelledError:
            if task in self._late and task.uncancel() <= before:  # nobody else wants it to end
                raise RequestError("body-too-slow", seconds_max=int(self._seconds_max)) from None
            raise
        finally:
            self._waiting.pop(task, None)
            if self._late:
                self._late.discard(task)

    def _begin(self, task: asyncio.Task[Any]) -> None:
        loop = task.get_loop()
        if loop is not self._loop:
            self._loop, self._timer = loop, None
            self._waiting.clear()
        self._waiting[task] = loop.time() + self._allowed_s
        if self._timer is None:
            self._timer = loop.call_later(self._every_s, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task, until in self._waiting.items():
            if until > now:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        self._timer = loop.call_later(self._every_s, self._look, loop) if self._waiting else None


class Spool:
    """A large body, taken into a file of its own when the handler asks for it: by then it is known who calls.

    The file is private, named by chance, and removed with the request. `place` gives the directory it lies in.
    """

    def __init__(
        self, receive: Receive, place: Callable[[], Path] | None, *, bytes_max: int, seconds_max: float
    ) -> None:
        self._receive, self._place = receive, place
        self._bytes_max, self._seconds_max = bytes_max, seconds_max
        self._file: IO[bytes] | None = None
        self._path: Path | None = None
        self._digest = hashlib.sha256()

    async def file(self) -> IO[bytes]:
        """The file, at its beginning. Raises what `read_body` raises; StorageError: the disk is full, or failed."""
        if self._file is None:
            try:
                self._file = await self._taken_in()
            except OSError as error:
                raise StorageError("storage-full" if error.errno in _FULL else "storage-failed") from error
        self._file.seek(0)
        return self._file

    async def path(self) -> Path:
        """Where the file lies. Raises as `file`."""
        await self.file()
        assert self._path is not None
        return self._path

    async def digest(self) -> bytes:
        """SHA-256 of the body. Raises as `file`."""
        await self.file()
        return self._digest.digest()

    def close(self) -> None:
        """Remove the file; who wants to keep it has linked or copied it."""
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    async def _taken_in(self) -> IO[bytes]:
        directory = await asyncio.to_thread(self._place) if self._place else None
        descriptor, name = tempfile.mkstemp(prefix="shirorom-", dir=directory)
        self._path = Path(name)
        file = os.fdopen(descriptor, "w+b")
        try:
            await self._fill(file)
        except BaseException:
            file.close()
            raise
        return file

    async def _fill(self, file: IO[bytes]) -> None:
        size = 0
        try:
            async with asyncio.timeout(self._seconds_max):
                while True:
                    message = await self._receive()
                    if message["type"] != "http.request":
                        raise RequestError("body-malformed")
                    chunk = message.get("body", b"")
                    size += len(chunk)
                    if size > self._bytes_max:
                        raise RequestError("body-too-large", bytes_max=self._bytes_max)
                    file.write(chunk)
                    self._digest.update(chunk)
                    if not message.get("more_body", False):
                        file.flush()
                        return
        except TimeoutError:
            raise RequestError("body-too-slow", seconds_max=int(self._seconds_max)) from None


_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} if hasattr(errno, "EDQUOT") else {errno.ENOSPC, errno.EFBIG}


def check_json(body: bytes) -> None:
    """Refuse JSON that two parsers could read differently, or that is deeper than anything we take.

    Raises:
        RequestError: `body-too-deep`, `body-duplicate-key`, `body-malformed` (not JSON, or not UTF-8).
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise RequestError("body-malformed") from None
    if text.count("[") + text.count("{") > DEPTH_MAX and _depth(text) > DEPTH_MAX:
        raise RequestError("body-too-deep", depth_max=DEPTH_MAX)
    try:
        json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except ValueError:
        raise RequestError("body-malformed") from None


def _depth(text: str) -> int:
    """How deep brackets outside of strings nest."""
    depth = deepest = 0
    inside = escaped = False
    for character in text:
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
        elif character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RequestError("body-duplicate-key")
    return found


def _refuse(_name: str) -> None:
    raise ValueError("NaN and Infinity are not JSON")
