"""Everything into one file and back: equal, private, verified before it is live, or refused and nothing changed."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from shirorom.adapters.blobs import FileBlobs
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.domain.errors import StorageError
from tests.logs import backup_of, fsck_of, imei, open_log, reading, record, recorder_of


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Both logs, evidence, a key and a configuration."""
    data = tmp_path / "data"
    digest = FileBlobs(data, entropy=os.urandom).put(b"picture")
    log = open_log(data)
    recorder_of(log).record([reading(1, screenshot=digest), reading(2), reading(1)])
    log.close()
    SqliteLog(data, practice=False, entropy=os.urandom).close()
    (data / "config.toml").write_text("# mine\n")
    return data


@pytest.fixture
def saved(data: Path, tmp_path: Path) -> Path:
    backup_of(data).save(tmp_path / "saved.tar")
    return tmp_path / "saved.tar"


def restored(saved: Path, data: Path) -> Path:
    backup_of(data).restore(saved)
    return data


def refusal(work: Callable[[], object]) -> str:
    with pytest.raises(StorageError) as caught:
        work()
    return caught.value.code


def test_everything_comes_back(data: Path, saved: Path, tmp_path: Path) -> None:
    """Root, entries with openings, evidence, keys, configuration."""
    new = restored(saved, tmp_path / "new")
    old_log, new_log = open_log(data), open_log(new)
    assert new_log.origin == old_log.origin
    assert new_log.head() == old_log.head()
    assert new_log.read(0, count_max=9) == old_log.read(0, count_max=9)
    old_log.close()
    new_log.close()
    assert (new / "config.toml").read_text() == "# mine\n"
    assert sorted(FileBlobs(new, entropy=os.urandom).digests()) == sorted(FileBlobs(data, entropy=os.urandom).digests())
    assert all(report.sound for report in fsck_of(new)())


def test_what_was_restored_goes_on(saved: Path, tmp_path: Path) -> None:
    """The next entry follows the last one of the backup."""
    new = restored(saved, tmp_path / "new")
    assert [one.index for one in record(new, 1)] == [3]
    assert all(report.sound for report in fsck_of(new)())


def test_a_backup_is_private(saved: Path) -> None:
    """It holds numbers and keys."""
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_what_is_restored_is_private(saved: Path, tmp_path: Path) -> None:
    """Directories 0700, files 0600, whatever the umask."""
    before = os.umask(0)
    try:
        new = restored(saved, tmp_path / "new")
    finally:
        os.umask(before)
    paths = [new, *new.rglob("*")]
    assert {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in paths} == {(True, 0o700), (False, 0o600)}


def test_nothing_is_left_beside_them(data: Path, saved: Path, tmp_path: Path) -> None:
    """No half-written copy with numbers in it."""
    restored(saved, tmp_path / "new")
    assert {path.name for path in tmp_path.iterdir()} == {"data", "saved.tar", "new"}


def test_what_an_interrupted_one_left_is_removed(data: Path, saved: Path, tmp_path: Path) -> None:
    """The next backup of that name takes it away."""
    left = tmp_path / ".saved.tar.part-0123"
    left.mkdir()
    (left / "practice.sqlite").write_bytes(b"numbers")
    backup_of(data).save(saved)
    assert not left.exists()


def test_a_backup_while_others_write_is_whole(data: Path, tmp_path: Path) -> None:
    """It is the log as of one moment, and what was recorded since is not missed by it."""
    log = open_log(data)
    recorder = recorder_of(log)
    for n in range(5):
        recorder.record([reading(n)])
        heads = backup_of(data).save(tmp_path / f"{n}.tar")
        recorder.record([reading(n)])
        assert heads["practice"].size == 3 + 2 * n + 1
    log.close()
    new = restored(tmp_path / "4.tar", tmp_path / "new")
    assert open_log(new).head().size == 12


@pytest.mark.parametrize("name", ["config.toml", "log/x", ".hidden"])
def test_nothing_is_overwritten(saved: Path, tmp_path: Path, name: str) -> None:
    """A data directory with anything in it is left as it is."""
    there = tmp_path / "new" / name
    there.parent.mkdir(parents=True)
    there.write_text("mine")
    assert refusal(lambda: restored(saved, tmp_path / "new")) == "restore-not-empty"
    assert there.read_text() == "mine"


def test_an_empty_directory_is_empty(saved: Path, tmp_path: Path) -> None:
    """Made beforehand, by a person or a package."""
    (tmp_path / "new").mkdir()
    restored(saved, tmp_path / "new")
    assert all(report.sound for report in fsck_of(tmp_path / "new")())


def test_a_damaged_log_is_not_backed_up(data: Path, saved: Path) -> None:
    """The good backup of yesterday stays in its place."""
    before, path = saved.read_bytes(), data / "log" / "practice.sqlite"
    raw = path.read_bytes()
    place = raw.index(imei(2).digits.encode())
    path.write_bytes(raw[:place] + b"9" + raw[place + 1 :])
    assert refusal(lambda: backup_of(data).save(saved)) == "log-corrupt"
    assert saved.read_bytes() == before


def repack(saved: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    """Write the archive again with members changed, renamed or left out; the manifest as it was."""
    members = []
    with tarfile.open(saved) as tar:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            changed = change(member.name, file.read())
            if changed is not None:
                members.append(changed)
    with tarfile.open(saved, "w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


CHANGES: dict[str, Callable[[str, bytes], tuple[str, bytes] | None]] = {
    "changed": lambda n, c: (n, c[:-1] + b"x") if n == "config.toml" else (n, c),
    "missing": lambda n, c: None if n == "config.toml" else (n, c),
    "added": lambda n, c: ("keys/new", c) if n == "config.toml" else (n, c),
    "outside": lambda n, c: ("../outside", c) if n == "config.toml" else (n, c),
    "absolute": lambda n, c: ("/outside", c) if n == "config.toml" else (n, c),
    "no manifest": lambda n, c: None if n == "MANIFEST" else (n, c),
    "bent manifest": lambda n, c: (n, c.replace(b'"v":1', b'"v":2')) if n == "MANIFEST" else (n, c),
    "other manifest": lambda n, c: (n, b"{}") if n == "MANIFEST" else (n, c),
}


@pytest.mark.parametrize("change", sorted(CHANGES))
def test_another_archive_is_refused(saved: Path, tmp_path: Path, change: str) -> None:
    """Nothing becomes live that is not what was packed, and nothing is written outside."""
    repack(saved, CHANGES[change])
    assert refusal(lambda: restored(saved, tmp_path / "new")) == "backup-invalid"
    assert {path.name for path in tmp_path.iterdir()} == {"data", "saved.tar"}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE])
def test_only_files_are_taken(tmp_path: Path, kind: bytes) -> None:
    """Links and devices in an archive are an attack."""
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        info = tarfile.TarInfo("keys/blobs")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    assert refusal(lambda: restored(tmp_path / "bad.tar", tmp_path / "new")) == "backup-invalid"


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    """Also an empty one."""
    for content in (b"", b"hello", os.urandom(10_000)):
        (tmp_path / "bad.tar").write_bytes(content)
        assert refusal(lambda: restored(tmp_path / "bad.tar", tmp_path / "new")) == "backup-invalid"


def test_a_log_that_was_damaged_before_it_was_packed_is_refused(data: Path, saved: Path, tmp_path: Path) -> None:
    """The manifest may be right about the bytes: the log is examined for itself."""
    import shirorom.service.backup as module

    path = data / "log" / "practice.sqlite"
    raw = path.read_bytes()
    place = raw.index(imei(2).digits.encode())
    path.write_bytes(raw[:place] + b"9" + raw[place + 1 :])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_logs_sound", lambda report: True)  # a program that does not look when it packs
        backup_of(data).save(saved)
    assert refusal(lambda: restored(saved, tmp_path / "new")) == "backup-invalid"
