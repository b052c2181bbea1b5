"""`ports.Pictures` over a child process: started at first use, kept warm, replaced when it dies or hangs.

One picture at a time: two at once on two cores take as long as one after the other, and twice the memory. Who comes
when too many wait is told so at once.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Coroutine
from typing import Any, TypeVar

import msgspec

from shirorom.adapters.child import end_child, frame, start_child
from shirorom.adapters.pictures.child import (
    FRAME_BYTES_MAX,
    JOB_S_MAX,
    WARM_S_MAX,
    Clean,
    Extract,
    Failed,
    Job,
    Made,
    Read,
    Result,
    Said,
    Seen,
    Warm,
)
from shirorom.adapters.pictures.sniff import FileKind, file_kind, picture_kind
from shirorom.domain.errors import CODES, RequestError
from shirorom.domain.picture import PictureRead

CHILD = "shirorom.adapters.pictures.child"
WAITING_MAX = 8
"""Pictures and files that wait or are read; at half a second each nobody waits longer than for a carrier."""
IDLE_S = 900.0
"""After so long without a picture the child ends: its models take a few hundred MB."""
END_S = 1.0

ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "2",
    "OPENCV_FOR_THREADS_NUM": "2",
    "MALLOC_ARENA_MAX": "2",  # else every thread reserves addresses of its own
    "PYTHONDONTWRITEBYTECODE": "1",
}
NEEDED = {
    "picture": ("PIL", "numpy", "onnxruntime", "rapidocr", "zxingcpp"),
    FileKind.XLSX: ("python_calamine",),
    FileKind.PDF: ("pypdfium2",),
    FileKind.TEXT: (),
}
"""What of the extra `scan` each job uses."""

_T = TypeVar("_T", bound=Result)
_A = TypeVar("_A")


class ProcessPictures:
    """`ports.Pictures`, one child process behind it."""

    def __init__(self, *, job_s_max: float = JOB_S_MAX, idle_s: float = IDLE_S) -> None:
        self._job_s_max, self._idle_s = job_s_max, idle_s
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._running: set[asyncio.Task[Any]] = set()
        self._process: asyncio.subprocess.Process | None = None
        self._warm = False
        self._idle: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id; None while there is none."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def read(self, content: bytes) -> PictureRead:
        """As `ports.Pictures.read`."""
        picture_kind(content)  # refused here, before a byte of it goes anywhere
        need("picture")
        return (await self._do(Read(content, self._job_s_max), Seen)).read

    async def clean(self, content: bytes) -> bytes:
        """As `ports.Pictures.clean`."""
        picture_kind(content)
        need("picture")
        return (await self._do(Clean(content, self._job_s_max), Made)).content

    async def text(self, content: bytes, name: str = "") -> str:
        """As `ports.Pictures.text`."""
        need(file_kind(content))
        return (await self._do(Extract(content, self._job_s_max), Said)).text

    async def close(self) -> None:
        """As `ports.Pictures.close`."""
        for task in [*self._running]:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        if self._idle is not None:
            self._idle.cancel()
        await self._end()

    async def _do(self, job: Job, wanted: type[_T]) -> _T:
        if self._waiting >= WAITING_MAX:
            raise RequestError("picture-busy")
        self._waiting += 1
        # A task of its own: who goes away must not leave an answer in the pipe for the next one.
        result = await asyncio.shield(self._beside(self._in_turn(job)))
        if isinstance(result, Failed):
            raise RequestError(result.code, **result.details)
        assert isinstance(result, wanted)
        return result

    def _beside(self, work: Coroutine[Any, Any, _A]) -> asyncio.Task[_A]:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _in_turn(self, job: Job) -> Result:
        try:
            async with self._turn:
                result = await self._ask(job)
                return result if result is not None else await self._ask(job) or _unreadable(job)
        finally:
            self._waiting -= 1
            self._sleep_later()

    async def _ask(self, job: Job) -> Result | None:
        """What the child says; None where one that had done others before has died: it may have been dead already."""
        fresh = self.pid is None
        try:
            if fresh:
                await self._end()
                self._process = await start_child(CHILD, limit=1 << 20, env=ENVIRONMENT)
                self._warm = False
            if isinstance(job, Read) and not self._warm:
                loaded = await self._exchange(Warm(WARM_S_MAX))
                if isinstance(loaded, Failed):
                    return Failed("picture-reader-missing", {})
                self._warm = True
            return await self._exchange(job)
        except TimeoutError:
            await self._end()
            return _unreadable(job)
        except (asyncio.IncompleteReadError, OSError, RuntimeError, msgspec.MsgspecError):
            await self._end()
            return _unreadable(job) if fresh else None
        except asyncio.CancelledError:
            await self._end()
            raise

    async def _exchange(self, job: Job) -> Result:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        async def exchanged() -> bytes:
            stdin.write(frame(job))
            await stdin.drain()
            length = int.from_bytes(await stdout.readexactly(4), "big")
            if length > FRAME_BYTES_MAX:
                raise OSError("frame")
            return await stdout.readexactly(length)

        result: Result = msgspec.msgpack.decode(await asyncio.wait_for(exchanged(), job.within_s), type=Result)
        if isinstance(result, Failed) and result.code not in CODES:
            raise OSError("code")
        return result

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None and self._turn.locked():
            process.kill()  # in the middle of a job, nothing is lost by it
        await end_child(process, within_s=END_S)

    def _sleep_later(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        loop = asyncio.get_running_loop()
        self._idle = loop.call_later(self._idle_s, lambda: self._beside(self._sleep()))

    async def _sleep(self) -> None:
        async with self._turn:
            process, self._process = self._process, None
            if process is not None:
                await end_child(process, within_s=END_S)


def _unreadable(job: Job) -> Failed:
    return Failed("file-unreadable" if isinstance(job, Extract) else "picture-unreadable", {})


def need(what: str) -> None:
    """Raises RequestError `picture-reader-missing` where a package of the extra `scan` is not installed."""
    missing = [name for name in NEEDED[what] if importlib.util.find_spec(name) is None]
    if missing:
        raise RequestError("picture-reader-missing")
