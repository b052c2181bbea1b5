"""The register in files: readers of any process follow; what is damaged, foreign or old is never used."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from shirorom.adapters import durable
from shirorom.adapters.register_file import KEPT, POINTER, RegisterFiles
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import StorageError
from shirorom.domain.mark import Mark
from shirorom.log.checkpoint import Checkpoint
from shirorom.ports.log import Head
from shirorom.register.build import build, build_delta
from shirorom.register.format import Enrolled, Layout, Stamp
from shirorom.register.rows import Row, Rows
from shirorom.register.values import CAUTION, CLEAR, RESTRICTED
from tests import register_kit as kit
from tests.logs import SetClock, open_log

DOCOMO = CarrierId.DOCOMO
KEY = 100_100_000_001


class Fake:
    """Of a log what the register asks: its name and its roots."""

    origin, practice = kit.ORIGIN, True

    def __init__(self, size: int = 9) -> None:
        self.size = size

    def head(self) -> Head:
        return Head(self.size, self.root_at(self.size))

    def root_at(self, size: int) -> bytes:
        return bytes([size]) * 32


@pytest.fixture
def clock() -> SetClock:
    return SetClock(kit.AS_OF + timedelta(hours=1))


@pytest.fixture
def files(tmp_path: Path, clock: SetClock) -> RegisterFiles:
    return made(tmp_path, clock)


def made(tmp_path: Path, clock: SetClock, log: Fake | None = None) -> RegisterFiles:
    return RegisterFiles(tmp_path / "register", log or Fake(), clock)


def base(mark: Mark = Mark.CLEAR, stamp: Stamp | None = None) -> bytes:
    rows: list[Row] = [(KEY, DOCOMO, mark), (KEY + 5, DOCOMO, Mark.CLEAR)]
    return build(Rows.of(rows), stamp or kit.stamp(), Layout.FAST)


def code_of(files: RegisterFiles) -> int:
    return files.current().answer(KEY)[0]


def refused(files: RegisterFiles) -> str:
    with pytest.raises(StorageError) as error:
        files.current()
    return error.value.code


def test_none_is_an_error(files: RegisterFiles) -> None:
    """Where none was published there is no answer, rather than no-record."""
    assert refused(files) == "register-missing"


def test_another_reader_follows(tmp_path: Path, clock: SetClock, files: RegisterFiles) -> None:
    """A reader that had the old one answers from the new one at its next look, base or delta."""
    reader = made(tmp_path, clock)
    files.publish(base())
    answers = [code_of(reader)]
    files.publish_delta(build_delta(files.current(), Rows.of([(KEY, DOCOMO, Mark.RESTRICTED)]), kit.stamp(size=8)))
    answers.append(code_of(reader))
    files.publish(base(Mark.CAUTION, kit.stamp(size=9)))
    answers.append(code_of(reader))
    assert answers == [CLEAR, RESTRICTED, CAUTION]


def test_what_did_not_change_is_not_read_again(files: RegisterFiles, tmp_path: Path, clock: SetClock) -> None:
    """The same register is given as long as `CURRENT` stands, and a new delta leaves its base mapped and checked."""
    files.publish(base())
    reader = made(tmp_path, clock)
    first = reader.current()
    assert reader.current() is first
    files.publish_delta(build_delta(files.current(), Rows.of([]), kit.stamp(size=8)))
    assert reader.current() is not first
    assert reader.current().base is first.base


def test_an_old_register_in_use_still_answers(files: RegisterFiles, clock: SetClock) -> None:
    """Whoever is answering from the older one ends with it, though its file is gone."""
    files.publish(base())
    old = files.current()
    clock.at += KEPT + timedelta(days=1_000)  # files are older than that by this clock
    files.publish(base(Mark.CAUTION))
    assert old.answer(KEY)[0] == CLEAR


def test_older_files_go_later(files: RegisterFiles, tmp_path: Path, clock: SetClock) -> None:
    """What is not named any more stays for a while, then goes; so does what a killed publisher left."""
    directory = tmp_path / "register"
    files.publish(base())
    files.publish(base(Mark.CAUTION))
    assert len(list(directory.glob("*.reg"))) == 2
    (directory / "r-1-x.reg.part").write_bytes(b"half")
    for path in directory.iterdir():
        os.utime(path, (0, 0))
    files.publish(base(Mark.RESTRICTED))
    assert sorted(path.name[:2] for path in directory.iterdir()) == ["CU", "r-"]


@pytest.mark.parametrize("other", ["origin", "size", "root", "practice"])
def test_a_foreign_register_is_refused(tmp_path: Path, clock: SetClock, files: RegisterFiles, other: str) -> None:
    """Of another log, of a longer or another past of it, or of the other world: neither published nor used."""
    files.publish(base())
    log = Fake()
    match other:
        case "origin":
            log.origin = kit.ORIGIN.replace("0", "1")
        case "size":
            log.size = 6
        case "root":
            log.root_at = lambda size: bytes(32)  # type: ignore[method-assign]
        case _:
            log.practice = False
    foreign = made(tmp_path, clock, log)
    assert refused(foreign) == "register-foreign"
    with pytest.raises(StorageError):
        foreign.publish(base(Mark.RESTRICTED))
    assert code_of(files) == CLEAR


def test_what_was_refused_is_not_looked_through_again(
    files: RegisterFiles, tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken register costs one reading, not one a request; the next publication is looked at anew."""
    files.publish(base())
    path = next((tmp_path / "register").glob("r-*"))
    path.write_bytes(path.read_bytes()[:-1])
    reader = made(tmp_path, clock)
    assert refused(reader) == "register-corrupt"
    with monkeypatch.context() as patched:
        patched.setattr(reader, "_opened", None)  # would fail if it were called
        assert refused(reader) == "register-corrupt"
    files.publish(base(Mark.CAUTION))
    assert code_of(reader) == CAUTION


def test_a_stale_register_is_refused(files: RegisterFiles, clock: SetClock) -> None:
    """T12: one that nobody renews stops answering, in a process that has it open as well."""
    files.publish(base())
    clock.at = kit.AS_OF + timedelta(hours=24)
    assert code_of(files) == CLEAR
    clock.at += timedelta(seconds=1)
    assert refused(files) == "register-stale"


@pytest.mark.parametrize("which", [POINTER, "r-", "d-"])
def test_damage_is_never_used(files: RegisterFiles, tmp_path: Path, clock: SetClock, which: str) -> None:
    """Any bit of the pointer, and bits of the files: a new reader refuses."""
    files.publish(base())
    files.publish_delta(build_delta(files.current(), Rows.of([(KEY, DOCOMO, Mark.RESTRICTED)]), kit.stamp(size=8)))
    path = next(path for path in (tmp_path / "register").iterdir() if path.name.startswith(which))
    whole = path.read_bytes()
    bits = range(8 * len(whole)) if which == POINTER else range(0, 8 * len(whole), 8 * len(whole) // 40 + 1)
    for bit in bits:
        bent = bytearray(whole)
        bent[bit >> 3] ^= 1 << (bit & 7)
        path.write_bytes(bent)
        assert refused(made(tmp_path, clock)) == "register-corrupt"
    for content in (b"", whole[:-1], whole + b"\n"):
        path.write_bytes(content)
        assert refused(made(tmp_path, clock)) == "register-corrupt"
    path.write_bytes(whole)
    assert code_of(made(tmp_path, clock)) == RESTRICTED


def test_a_delta_cannot_be_forgotten(files: RegisterFiles, tmp_path: Path, clock: SetClock) -> None:
    """A pointer that lost its line about the delta is damage: the base alone would answer ○ for a ×."""
    files.publish(base())
    files.publish_delta(build_delta(files.current(), Rows.of([(KEY, DOCOMO, Mark.RESTRICTED)]), kit.stamp(size=8)))
    pointer = tmp_path / "register" / POINTER
    pointer.write_bytes(b"".join(line for line in pointer.read_bytes().splitlines(True) if b"delta" not in line))
    assert refused(made(tmp_path, clock)) == "register-corrupt"


def test_no_register_is_not_published(files: RegisterFiles) -> None:
    """Bytes that would be refused at reading are refused before they are written."""
    files.publish(base())
    for wrong in (b"", base()[:-1], build_delta(files.current(), Rows.of([]), kit.stamp(size=8))):
        with pytest.raises(StorageError):
            files.publish(wrong)
    with pytest.raises(StorageError):
        files.publish_delta(base())
    assert code_of(files) == CLEAR


@pytest.mark.parametrize("syncs", range(4))
def test_a_full_disk_leaves_the_old_one(
    files: RegisterFiles, tmp_path: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch, syncs: int
) -> None:
    """Whichever sync of a publication meets a full disk, readers have the old register or the new one, whole."""
    files.publish(base())
    left, real = [syncs], os.fsync

    def sync(descriptor: int) -> None:
        if left[0] == 0:
            raise OSError(errno.ENOSPC, "full")
        left[0] -= 1
        real(descriptor)

    monkeypatch.setattr(durable.os, "fsync", sync)
    with pytest.raises(StorageError) as error:
        files.publish(base(Mark.RESTRICTED))
    assert error.value.code == "storage-full"
    assert code_of(made(tmp_path, clock)) == (CLEAR if syncs < 3 else RESTRICTED)  # the last one is of the pointer
    assert not list((tmp_path / "register").glob("*.part"))


READER = """
import sys
from pathlib import Path
from tests.unit.test_register_files import SetClock, code_of, made, kit
from datetime import timedelta
reader = made(Path(sys.argv[1]), SetClock(kit.AS_OF + timedelta(hours=1)))
for line in sys.stdin:
    print(code_of(reader), flush=True)
"""


def test_a_reader_in_another_process_follows(files: RegisterFiles, tmp_path: Path) -> None:
    """A process that had the old register open answers from the new one without being told."""
    files.publish(base())
    command = [sys.executable, "-c", READER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        said = []
        for mark in (Mark.CLEAR, Mark.RESTRICTED, Mark.CAUTION):
            files.publish(base(mark))
            reader.stdin.write("\n")
            reader.stdin.flush()
            said.append(int(reader.stdout.readline()))
        reader.stdin.close()
    assert said == [CLEAR, RESTRICTED, CAUTION]


def test_beside_a_real_log(tmp_path: Path, clock: SetClock) -> None:
    """With the log as it is stored: its origin, size and root are what the register is held against."""
    with closing(open_log(tmp_path)) as log:
        head = log.head()
        stamp = Stamp(Checkpoint(log.origin, head.size, head.root), (Enrolled(DOCOMO, kit.AS_OF),), True)
        files = RegisterFiles(tmp_path / "register", log, clock)
        files.publish(base(stamp=stamp))
        assert code_of(files) == CLEAR
