"""Checks under way or just done, each behind a random address: the page looks here, so that no IMEI is in a URL.

Kept in memory only, a bounded number for a bounded time. A job is the only thing that knows which numbers a page
belongs to; when it is gone, so is the page.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from shirorom.domain.assessment import Assessment
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.verdict import Cell

JOBS_MAX = 2_000
RUNNING_MAX = 64
KEEP_S = 3_600.0
ID_BYTES = 16

Place = tuple[Imei, CarrierId]
Look = Callable[["Job"], Awaitable[Assessment]]


@dataclass(frozen=True, slots=True)
class Given:
    """One answer that a person gave on the page. `index` is None where nothing is kept (public page)."""

    place: Place
    index: int | None
    practice: bool
    before: Cell


@dataclass(slots=True)
class Job:
    """One check as the page sees it.

    `by` is who began it. `version` grows with every change; `changed` wakes whoever waits for one.
    """

    id: str
    device: Device
    record: bool
    born_s: float
    by: str | None = None
    cells: dict[Place, Cell] = field(default_factory=dict)
    assessment: Assessment | None = None
    error: ShiroromError | None = None
    storage: str | None = None
    asking: frozenset[Place] = frozenset()
    skipped: set[Place] = field(default_factory=set)
    given: list[Given] = field(default_factory=list)
    arrived: list[tuple[int, Place]] = field(default_factory=list)
    version: int = 0
    task: asyncio.Task[None] | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def running(self) -> bool:
        """Whether carriers are still being asked, or what they said is still being recorded."""
        return self.task is not None and not self.task.done()

    def seen(self, cell: Cell) -> None:
        """A carrier has answered, or its answer has become durable."""
        place = (cell.imei, cell.carrier)
        if place in self.asking and place not in self.cells:
            self.arrived.append((self.version + 1, place))
        self.cells[place] = cell
        self.touch()

    def touch(self) -> None:
        """Something is new: wake the pages that wait."""
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def newer_than(self, version: int, *, seconds_max: float) -> None:
        """Return as soon as there is something newer, or after a while."""
        if self.version == version and self.running:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds_max):
                    await self._changed.wait()


class Jobs:
    """All jobs, oldest first."""

    def __init__(self, *, count_max: int = JOBS_MAX, running_max: int = RUNNING_MAX, keep_s: float = KEEP_S) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._count_max, self._running_max, self._keep_s = count_max, running_max, keep_s
        self._beside: asyncio.Task[None] | None = None

    def new(self, device: Device, *, record: bool, by: str | None = None) -> Job:
        """A job that asks nothing yet.

        Raises:
            RequestError: `too-many-requests`, every place is taken by a check that is still running.
        """
        self._forget()
        self._make_room()
        job = Job(id=secrets.token_urlsafe(ID_BYTES), device=device, record=record, by=by, born_s=time.monotonic())
        self._jobs[job.id] = job
        return job

    def start(self, job: Job, look: Look) -> None:
        """Run `look` beside the pages; what it returns or raises becomes the job's result."""
        if sum(other.running for other in self._jobs.values()) >= self._running_max:
            raise RequestError("too-many-requests")
        job.task = asyncio.create_task(self._run(job, look))

    def get(self, id_: str) -> Job:
        """The job at an address. Raises `ShiroromError("check-not-found")`: gone, or never there."""
        self._forget()
        job = self._jobs.get(id_)
        if job is None:
            raise ShiroromError("check-not-found")
        return job

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that nobody waits for; one thing at a time."""
        if self._beside is None or self._beside.done():
            self._beside = asyncio.create_task(work)
        else:
            work.close()

    async def close(self) -> None:
        """End what is still running: what was already read has been recorded by then."""
        tasks = [
            task for task in (self._beside, *(job.task for job in self._jobs.values())) if task and not task.done()
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, job: Job, look: Look) -> None:
        try:
            job.assessment = await look(job)
            job.error = None
        except ShiroromError as error:
            job.error = error
        except Exception:
            job.error = ShiroromError("internal")
            raise
        finally:
            job.asking = frozenset()
            asyncio.get_running_loop().call_soon(job.touch)  # once `running` says that it is over

    def _forget(self) -> None:
        """Let go of what is over its time."""
        oldest_s = time.monotonic() - self._keep_s
        for id_, job in list(self._jobs.items()):
            if job.born_s > oldest_s:
                return
            if not job.running:
                del self._jobs[id_]

    def _make_room(self) -> None:
        """Let go of the oldest that is not running, where every place is taken."""
        if len(self._jobs) < self._count_max:
            return
        oldest = next((id_ for id_, job in self._jobs.items() if not job.running), None)
        if oldest is None:
            raise RequestError("too-many-requests")
        del self._jobs[oldest]
