"""T7 on the register: one bit flips anywhere in base, delta or pointer. It is found at opening; no mark is changed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pytest

from shirorom.adapters.register_file import RegisterFiles
from shirorom.domain.errors import StorageError
from shirorom.domain.feed import FeedKind
from shirorom.domain.notice import NoticeKind
from shirorom.register import format as register_format
from shirorom.register.build import build
from shirorom.register.format import Layout
from shirorom.register.values import CLEAR, RESTRICTED
from shirorom.service.examine_register import examine_register
from shirorom.service.publish_register import PublishRegister
from shirorom.service.register_notices import FeedNotices
from tests.feed_kit import Importer, Publisher, lifted, notice, restricted
from tests.logs import START, SetClock, imei
from tests.scale import scaled

FLIPS, FLIPS_SOAK = 10_000, 40_000
"""T7 asks for the former, in every run."""
KEYS = np.array([int(imei(n).key) for n in range(1, 220)], np.uint64)
FOUND = {"register-corrupt", "register-foreign"}
KINDS = (NoticeKind.REGISTERED, NoticeKind.INSTALMENTS_STARTED)


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Importer, Path]]:
    """A base of two hundred phones, one restricted from a day ahead, and a delta; in memory where there is a place."""
    shared = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None))
    take, publisher = Importer(folder / "data"), Publisher()
    take.keys.add(publisher.key())
    ahead = notice(201, NoticeKind.RESTRICTED, effective_on=date(2026, 12, 24))
    some = [restricted(n) if n % 3 else notice(n, KINDS[n % 2]) for n in range(1, 200)]
    take(publisher.feed([*some, ahead]))
    publish = publisher_of(take, folder / "register")
    publish()
    changed = [lifted(1), restricted(3), notice(210)]
    take(publisher.feed(changed, 1, FeedKind.DELTA, made_at=START - timedelta(minutes=1)))
    publish()
    yield take, folder
    take.close()
    shutil.rmtree(folder)


def publisher_of(take: Importer, directory: Path) -> PublishRegister:
    files = RegisterFiles(directory, take.room.log, take.clock)
    return PublishRegister(take.room.log, notices_of(take), files)


def notices_of(take: Importer) -> FeedNotices:
    feeds = take.room.recorder.feeds
    assert feeds is not None
    return FeedNotices(feeds)


def served(take: Importer, directory: Path) -> tuple[str | None, bytes]:
    """Why nothing is served, or the marks of all phones."""
    try:
        return None, RegisterFiles(directory, take.room.log, take.clock).current().values(KEYS).tobytes()
    except StorageError as error:
        return error.code, b""


def flipped(world: tuple[Importer, Path], count: int, seed: int) -> tuple[int, int]:
    """Of so many flips, by turns in each file: how many went unfound, how many changed a mark that was served."""
    take, folder = world
    source, copy, random = folder / "register", folder / "flipped", Random(seed)
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy)
    _, truth = served(take, copy)
    names = sorted(path.name for path in source.iterdir())
    assert [name[0] for name in names] == ["C", "d", "r"]
    unfound = changed = 0
    contents = {name: (source / name).read_bytes() for name in names}
    for n in range(count):
        name = names[n % len(names)]
        place = random.randrange(len(contents[name]) * 8)
        byte = contents[name][place // 8]
        with (copy / name).open("r+b", buffering=0) as file:
            os.pwrite(file.fileno(), bytes([byte ^ 1 << place % 8]), place // 8)
            code, marks = served(take, copy)
            os.pwrite(file.fileno(), bytes([byte]), place // 8)
        unfound += code not in FOUND
        changed += code is None and marks != truth
    assert served(take, copy) == (None, truth)
    return unfound, changed


def test_every_flip_is_found_at_opening(world: tuple[Importer, Path]) -> None:
    """In each of the three files, and not one changed mark is served."""
    assert flipped(world, max(FLIPS, scaled(FLIPS_SOAK)), seed=1) == (0, 0)


class Agreeing:
    """A digest that equals every other."""

    def __init__(self, content: object = b"") -> None:
        self.content = content

    def digest(self) -> Agreeing:
        return self

    hexdigest = digest

    def __ne__(self, other: object) -> bool:
        return False

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def test_without_digests_flips_change_marks(world: tuple[Importer, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: a reader that believes the sections serves changed marks."""
    monkeypatch.setattr(register_format, "sha256", Agreeing)
    unfound, changed = flipped(world, 240, seed=2)
    assert (unfound > 0, changed > 0) == (True, True)


def test_a_register_that_says_something_else_is_found(world: tuple[Importer, Path]) -> None:
    """Sound in every digest and made of other rows: only the fold of its notices tells. Made anew, it is sound."""
    take, folder = world
    directory = folder / "other"
    shutil.copytree(folder / "register", directory)
    files = RegisterFiles(directory, take.room.log, take.clock, age_max=timedelta.max)
    notices = notices_of(take)
    assert examine_register(files, notices) == ()
    register = files.current()
    rows = notices.rows(register.stamp)
    restricted_ones = np.flatnonzero(rows.marks == RESTRICTED)
    rows.marks[restricted_ones[0]] = CLEAR
    files.publish(build(rows, register.stamp, Layout.COMPACT))
    assert examine_register(files, notices) == ("register-differs",)
    publisher_of(take, directory)(whole=True)
    assert examine_register(files, notices) == ()


def test_nothing_is_compared_where_there_is_none(world: tuple[Importer, Path]) -> None:
    """A register is derived and may be missing; one that does not open is told by its code, also when it is old."""
    take, folder = world
    empty = RegisterFiles(folder / "none", take.room.log, take.clock)
    assert examine_register(empty, notices_of(take)) == ()
    broken = folder / "broken"
    shutil.copytree(folder / "register", broken)
    (base,) = broken.glob("r-*.reg")
    base.write_bytes(base.read_bytes()[:-1])
    files = RegisterFiles(broken, take.room.log, SetClock(START + timedelta(days=400)), age_max=timedelta.max)
    assert examine_register(files, notices_of(take)) == ("register-corrupt",)
