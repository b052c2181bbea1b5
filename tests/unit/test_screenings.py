"""Screening jobs without HTTP: their course, whose they are, their limits, and what a crash leaves of them."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from shirorom.adapters.screening_files import FileScreenings
from shirorom.domain.errors import RequestError, ShiroromError, StorageError
from shirorom.ports.screenings import Counts, Form, OnProgress, Screening, State, StoppedError
from shirorom.service.screenings import Asker, Bounds, Screenings
from tests.logs import SetClock

ME, YOU, OWNER = Asker(1), Asker(2), Asker(3, owner=True)
BOUNDS = Bounds(jobs_max=3, bytes_max=1_000, keep=timedelta(hours=24))


@dataclass
class Scripted:
    """Writes the file that came in once more, as soon as it may; or raises what it was told to."""

    go: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    raises: Exception | None = None

    def __call__(
        self, source: Path, target: Path, form: Form, on_progress: OnProgress, stop: threading.Event
    ) -> Counts:
        on_progress(5, 10)
        target.with_name("out.part").write_bytes(b"half")
        self.begun.set()
        while not self.go.wait(0.005):
            if stop.is_set():
                raise StoppedError
        if self.raises is not None:
            raise self.raises
        target.with_name("out.part").unlink()
        target.write_bytes(source.read_bytes() * 2)
        return Counts(10, 9, 9, {"clear": 9}, {"imei-length": 1}, ((3, "imei-length"),))


@dataclass
class House:
    """Jobs in a directory, and the means to start another server there."""

    data: Path
    clock: SetClock = field(default_factory=SetClock)
    screener: Scripted = field(default_factory=Scripted)
    made: list[Screenings] = field(default_factory=list)

    def jobs(self, bounds: Bounds = BOUNDS) -> Screenings:
        count = iter(range(1_000))

        def entropy(size: int) -> bytes:
            return (len(self.made) * 1_000 + next(count)).to_bytes(size, "big")

        made = Screenings(FileScreenings(self.data), self.screener, self.clock, entropy, bounds)
        self.made.append(made)
        return made

    def body(self, content: bytes = b"IMEI\n1\n") -> Path:
        path = self.data / "body"
        path.write_bytes(content)
        path.chmod(0o600)
        return path


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.screener.go.set()
    for jobs in made.made:
        jobs.close()


def ended(jobs: Screenings, id_: str, asker: Asker = ME) -> Screening:
    """The job once nothing more comes of it."""
    for _ in range(2_000):
        job = jobs.job(id_, asker)
        if job.state.ended:
            return job
        threading.Event().wait(0.005)
    raise AssertionError(job.state)


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ShiroromError) as caught:
        call()
    return caught.value.code


def files(house: House) -> set[str]:
    return {path.name for path in (house.data / "screenings").rglob("*") if path.is_file()}


def test_the_course_of_a_job(house: House) -> None:
    """Queued, running with its progress, done with its counts; the file that came in is gone, the result is there."""
    jobs = house.jobs()
    job = jobs.add(house.body(), Form(), 1)
    assert (job.state, job.bytes) == (State.QUEUED, 7)
    house.screener.begun.wait(10)
    running = jobs.job(job.id, ME)
    assert (running.state, running.rows, running.rows_about) == (State.RUNNING, 5, 10)
    assert code_of(lambda: jobs.result(job.id, ME)) == "screening-not-done"
    house.screener.go.set()
    done = ended(jobs, job.id)
    assert (done.state, done.rows, done.bytes) == (State.DONE, 10, 14)
    _, path = jobs.result(job.id, ME)
    assert path.read_bytes() == b"IMEI\n1\n" * 2
    assert files(house) == {"lock", "job.json", "out"}


def test_one_after_the_other(house: House) -> None:
    """While one is under way the next waits, and takes its turn."""
    jobs = house.jobs()
    first, second = (jobs.add(house.body(), Form(), 1) for _ in range(2))
    house.screener.begun.wait(10)
    assert jobs.job(second.id, ME).state is State.QUEUED
    house.screener.go.set()
    assert ended(jobs, second.id).state is ended(jobs, first.id).state is State.DONE


@pytest.mark.parametrize("error", [RequestError("table-broken"), StorageError("storage-full"), ValueError("a number")])
def test_a_failure_is_told_by_its_code(house: House, error: Exception) -> None:
    """The job says why; no half written file is left; the next job is done all the same."""
    house.screener.raises, jobs = error, house.jobs()
    house.screener.go.set()
    failed = ended(jobs, jobs.add(house.body(), Form(), 1).id)
    assert failed.error == (getattr(error, "code", "internal"), {})
    assert files(house) == {"lock", "job.json"}
    house.screener.raises = None
    assert ended(jobs, jobs.add(house.body(), Form(), 1).id).state is State.DONE


def test_others_do_not_see_it(house: House) -> None:
    """Somebody else's job is not there: not to look at, not to fetch, not to remove, not in the list."""
    house.screener.go.set()
    jobs = house.jobs()
    job = jobs.add(house.body(), Form(), 1)
    ended(jobs, job.id)
    for call in (jobs.job, jobs.result, jobs.remove):
        assert code_of(lambda call=call: call(job.id, YOU)) == "screening-not-found"  # type: ignore[misc]
    assert jobs.page(YOU, after=None, count_max=9) == []
    assert [one.id for one in jobs.page(OWNER, after=None, count_max=9)] == [job.id]
    assert jobs.result(job.id, OWNER)[0].id == job.id


def test_removing_stops_and_leaves_nothing(house: House) -> None:
    """A job under way is stopped, and its files are gone when the call returns."""
    jobs = house.jobs()
    job = jobs.add(house.body(), Form(), 1)
    house.screener.begun.wait(10)
    assert jobs.remove(job.id, ME).state is State.CANCELLED
    assert files(house) == {"lock"}
    assert code_of(lambda: jobs.job(job.id, ME)) == "screening-not-found"


def test_a_waiting_job_can_be_removed(house: House) -> None:
    """It never begins."""
    jobs = house.jobs()
    first, second = (jobs.add(house.body(), Form(), 1) for _ in range(2))
    assert jobs.remove(second.id, ME).state is State.CANCELLED
    house.screener.go.set()
    ended(jobs, first.id)
    assert code_of(lambda: jobs.job(second.id, ME)) == "screening-not-found"


def test_limits(house: House) -> None:
    """So many jobs for one person, so many bytes for everybody; what is refused leaves nothing."""
    jobs = house.jobs()
    for _ in range(BOUNDS.jobs_max):
        jobs.add(house.body(), Form(), 1)
    assert code_of(lambda: jobs.add(house.body(), Form(), 1)) == "screenings-full"
    assert code_of(lambda: jobs.add(house.body(b"x" * 990), Form(), 2)) == "screenings-full"
    assert code_of(lambda: jobs.add(house.body(b""), Form(), 2)) == "table-empty"
    assert jobs.add(house.body(b"x" * 900), Form(), 2).state is State.QUEUED
    assert len(list((house.data / "screenings").glob("0*"))) == 4


def test_they_go_when_their_time_is_over(house: House) -> None:
    """After the retention neither the job nor a file is there."""
    house.screener.go.set()
    jobs = house.jobs()
    job = jobs.add(house.body(), Form(), 1)
    ended(jobs, job.id)
    house.clock.at += timedelta(hours=24)
    assert code_of(lambda: jobs.job(job.id, ME)) == "screening-not-found"
    assert files(house) == {"lock"}


def test_after_a_crash(house: House) -> None:
    """What was under way has failed, without files; what waited is done; what was half made is cleared away."""
    jobs = house.jobs()
    first, second = (jobs.add(house.body(), Form(), 1) for _ in range(2))
    house.screener.begun.wait(10)
    jobs.close()  # what is on disk is what a kill leaves: a job that says it is running
    half = house.data / "screenings" / ("f" * 32)
    half.mkdir()
    (half / "in").write_bytes(b"half")
    left, under_way = (jobs.store.incoming() / name for name in ("shirorom-left", "shirorom-now"))
    for path in (left, under_way):
        path.write_bytes(b"half")
    os.utime(left, (0, 0))
    house.screener.go.set()
    again = house.jobs()
    again.start()
    failed = again.job(first.id, ME)
    assert (failed.state, failed.error) == (State.FAILED, ("screening-interrupted", {}))
    assert ended(again, second.id).state is State.DONE
    assert files(house) == {"lock", "job.json", "out", "shirorom-now"}
    assert not half.exists()


def test_one_server_alone(house: House) -> None:
    """Another server of the same directory says so, and harms nothing."""
    jobs, other = house.jobs(), house.jobs()
    job = jobs.add(house.body(), Form(), 1)
    assert code_of(lambda: other.add(house.body(), Form(), 1)) == "screenings-elsewhere"
    house.screener.go.set()
    assert ended(jobs, job.id).state is State.DONE


def test_files_are_private(house: House) -> None:
    """Nobody else on the machine may read a list."""
    house.screener.go.set()
    jobs = house.jobs()
    ended(jobs, jobs.add(house.body(), Form(), 1).id)
    for path in (house.data / "screenings").rglob("*"):
        mode = stat.S_IMODE(path.stat().st_mode)
        if path.name != "out":  # written by the scripted screener, not by the real one
            assert mode & 0o077 == 0, path


def test_a_disk_that_is_full(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be kept is refused, and is not there."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    jobs = house.jobs()
    jobs.start()
    monkeypatch.setattr("shirorom.adapters.screening_files._keep", full)
    assert code_of(lambda: jobs.add(house.body(), Form(), 1)) == "storage-full"
    assert jobs.page(ME, after=None, count_max=9) == []
    assert files(house) == {"lock"}
