"""Screening jobs (選別): a file is taken in, screened by itself, fetched by whoever handed it in, and removed.

1. take the file in, durable before it is answered, as far as the limits on jobs and bytes allow
2. one after the other: screen it in a process of its own, tell how far it is
3. the outcome is saved, then the incoming file removed; the result stays until its time is over
4. after a crash: what waited goes on waiting, what was under way has failed (`screening-interrupted`)

A job is its owner's alone, and the shop owner's: for others it is not there.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.ports.clock import Clock
from shirorom.ports.screenings import Counts, Form, Screener, Screening, ScreeningStore, State, StoppedError

ID_BYTES = 16
JOBS_MAX = 200
"""Of everybody together, ended ones included."""
PAGE_MAX = 50
LOOK_S = 60.0
"""How often old jobs are looked for while nothing happens."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks for a job: a person, and whether they own the shop."""

    person: int
    owner: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """Jobs of one person at once, bytes of all files together, and how long they stay."""

    jobs_max: int
    bytes_max: int
    keep: timedelta


@dataclass
class Screenings:
    """All jobs of this installation. May be called from several threads."""

    store: ScreeningStore
    screener: Screener
    clock: Clock
    entropy: Callable[[int], bytes]
    bounds: Bounds
    _jobs: dict[str, Screening] = field(default_factory=dict, init=False)
    _waiting: deque[str] = field(default_factory=deque, init=False)
    _stop: threading.Event = field(default_factory=threading.Event, init=False)
    _changed: threading.Condition = field(default_factory=threading.Condition, init=False)
    _running: str | None = field(default=None, init=False)
    _worker: threading.Thread | None = field(default=None, init=False)
    _closing: bool = field(default=False, init=False)

    def resume(self) -> None:
        """Take up what a server before left, if there is anything. Raises as `start`."""
        if self.store.used():
            self.start()

    def start(self) -> None:
        """Take up what is there, and begin to work; idempotent. Raises RequestError `screenings-elsewhere`."""
        with self._changed:
            if self._worker is not None:
                return
            if not self.store.own():
                raise RequestError("screenings-elsewhere")
            self._closing = False
            for job in self.store.jobs():
                self._take_up(job)
            self._waiting.extend(one.id for one in self._sorted() if one.state is State.QUEUED)
            self._worker = threading.Thread(target=self._work, name="screenings", daemon=True)
            self._worker.start()

    def _take_up(self, job: Screening) -> None:
        if job.state is State.RUNNING:
            self.store.clear(job.id, keep_result=False)
            job = replace(job, state=State.FAILED, bytes=0, rows=0, error=("screening-interrupted", {}))
            self.store.save(job)
        self._jobs[job.id] = job

    def add(self, body: Path, form: Form, person: int) -> Screening:
        """Take in the file at `body` (which stays the caller's to remove); returns once it would survive a crash.

        Raises:
            RequestError: `table-empty`, `screenings-full`, `screenings-elsewhere`. StorageError: it cannot be kept.
        """
        self.start()
        size = body.stat().st_size
        if size == 0:
            raise RequestError("table-empty")
        now = self.clock.now()
        self.expire()
        with self._changed:
            mine = sum(job.person == person for job in self._jobs.values())
            everything = sum(job.bytes for job in self._jobs.values())
            if mine >= self.bounds.jobs_max or len(self._jobs) >= JOBS_MAX or everything + size > self.bounds.bytes_max:
                raise RequestError("screenings-full")
            id_ = self.entropy(ID_BYTES).hex()
            job = Screening(id_, person, State.QUEUED, now, now + self.bounds.keep, form, size)
            self._jobs[id_] = job  # counts from now on, and is not seen before it is durable
        try:
            self.store.take(job, body)
        except BaseException:
            with self._changed:
                del self._jobs[id_]
            raise
        with self._changed:
            gone = id_ not in self._jobs  # removed by somebody who saw it in the list
            if not gone:
                self._waiting.append(id_)
                self._changed.notify_all()
        if gone:
            self.store.forget(id_)
        return job

    def page(self, asker: Asker, *, after: tuple[datetime, str] | None, count_max: int) -> Sequence[Screening]:
        """Jobs that the asker may see, newest first, those older than `after`."""
        self.start()
        self.expire()
        with self._changed:
            mine = [job for job in reversed(self._sorted()) if _may(job, asker)]
        return [job for job in mine if after is None or (job.created_at, job.id) < after][:count_max]

    def job(self, id_: str, asker: Asker) -> Screening:
        """One job. Raises RequestError `screening-not-found`, also where it is somebody else's."""
        self.start()
        self.expire()
        with self._changed:
            job = self._jobs.get(id_)
            if job is None or not _may(job, asker):
                raise RequestError("screening-not-found")
            return job

    def result(self, id_: str, asker: Asker) -> tuple[Screening, Path]:
        """A job that is done, and its file. Raises RequestError `screening-not-found`, `screening-not-done`."""
        job = self.job(id_, asker)
        if job.state is not State.DONE:
            raise RequestError("screening-not-done")
        return job, self.store.result(id_)

    def remove(self, id_: str, asker: Asker) -> Screening:
        """Stop a job if it has not ended, and forget it with its files; returns it as it was at last.

        Raises:
            RequestError: `screening-not-found`.
        """
        job = self.job(id_, asker)
        with self._changed:
            self._jobs.pop(id_, None)
            if self._running == id_:
                self._stop.set()
                self._changed.wait_for(lambda: self._running != id_)
        self.store.forget(id_)
        return job if job.state.ended else replace(job, state=State.CANCELLED)

    def expire(self) -> None:
        """Forget the jobs whose time is over; one that is under way is left to its end."""
        now = self.clock.now()
        with self._changed:
            over = [job.id for job in self._jobs.values() if job.expires_at <= now and job.state is not State.RUNNING]
            for id_ in over:
                del self._jobs[id_]
        for id_ in over:
            self.store.forget(id_)

    def close(self) -> None:
        """Stop working. What was under way is found interrupted at the next start, as after a crash."""
        with self._changed:
            worker, self._worker = self._worker, None
            self._closing = True
            self._stop.set()
            self._changed.notify_all()
        if worker is not None:
            worker.join()
            self._jobs.clear()
            self._waiting.clear()
            self.store.close()

    # The worker

    def _work(self) -> None:
        while (job := self._next()) is not None:
            ended = self._screened(job)
            with self._changed:
                self._running = None
                if ended is not None and job.id in self._jobs:
                    self._jobs[job.id] = ended
                self._changed.notify_all()

    def _next(self) -> Screening | None:
        """The next job, now running; None: the end. Old jobs go meanwhile."""
        while True:
            with self._changed:
                if not self._waiting and not self._closing:
                    self._changed.wait(LOOK_S)
                if self._closing:
                    return None
                job = self._jobs.get(self._waiting.popleft()) if self._waiting else None
                if job is not None:
                    self._running = job.id
                    self._stop = threading.Event()
                    job = self._jobs[job.id] = replace(job, state=State.RUNNING)
            if job is not None:
                return job
            self.expire()

    def _screened(self, job: Screening) -> Screening | None:
        """A job's end, saved; None: it was stopped."""

        def tell(rows: int, about: int | None) -> None:
            with self._changed:
                known = self._jobs.get(job.id)
                if known is not None:
                    self._jobs[job.id] = replace(known, rows=rows, rows_about=about)

        try:
            self.store.save(job)
            source, target = self.store.source(job.id), self.store.result(job.id)
            counts = self.screener(source, target, job.form, tell, self._stop)
            ended = self._done(job, counts, target)
            self.store.save(ended)
        except StoppedError:
            return None
        except ShiroromError as error:
            ended = self._failed(job, error)
        except Exception:  # noqa: BLE001 (one job must not end the others)
            ended = self._failed(job, ShiroromError("internal"))
        with suppress(ShiroromError):  # else it goes with the job when its time is over
            self.store.clear(job.id, keep_result=ended.state is State.DONE)
        return ended

    @staticmethod
    def _done(job: Screening, counts: Counts, target: Path) -> Screening:
        size = target.stat().st_size
        return replace(job, state=State.DONE, bytes=size, rows=counts.rows, rows_about=counts.rows, counts=counts)

    def _failed(self, job: Screening, error: ShiroromError) -> Screening:
        failed = replace(job, state=State.FAILED, bytes=0, error=(error.code, error.details))
        with suppress(ShiroromError):  # the disk is what failed: at the next start it is found interrupted
            self.store.save(failed)
        return failed

    def _sorted(self) -> list[Screening]:
        return sorted(self._jobs.values(), key=lambda job: (job.created_at, job.id))


def _may(job: Screening, asker: Asker) -> bool:
    return asker.owner or job.person == asker.person
