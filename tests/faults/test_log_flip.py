"""T7: one bit flips, anywhere. No changed answer is ever given, and what alters any answer is found."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from shirorom.adapters import log_view
from shirorom.adapters.blobs import FileBlobs
from shirorom.domain.errors import StorageError
from shirorom.domain.fold import Recorded
from shirorom.domain.mark import Mark
from tests.logs import backup_of, fsck_of, imei, open_log, practice_report, reading, recorder_of
from tests.scale import scaled

FLIPS = 10_000
PHONES = 12
FILE = "log/practice.sqlite"
LAST = "checkpoint-practice.last"

Answers = dict[int, list[Recorded] | None]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """In memory where there is such a place: thousands of copies are made."""
    shared = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def sound(folder: Path) -> Path:
    """A log of forty readings of every mark, about twelve phones, two of them never recorded; with evidence."""
    data, random = folder / "sound", Random(7)
    digest = FileBlobs(data, entropy=os.urandom).put(b"picture" * 500)
    log = open_log(data)
    recorder = recorder_of(log)
    for _ in range(8):
        numbers = [random.randrange(PHONES - 2) for _ in range(5)]
        recorder.record([reading(n, random.choice(list(Mark))) for n in numbers])
    recorder.record([replace(reading(0), screenshot=digest)])
    log.close()
    return data


def answers(data: Path) -> Answers:
    """What is said of each phone; None: it is refused to say anything."""
    try:
        log = open_log(data)
    except StorageError:
        return dict.fromkeys(range(PHONES))
    try:
        return {n: _answer(recorder_of(log), n) for n in range(PHONES)}
    finally:
        log.close()


def _answer(recorder: object, n: int) -> list[Recorded] | None:
    try:
        return list(recorder.entries(imei(n)))  # type: ignore[attr-defined]
    except StorageError:
        return None


def flips(source: Path, folder: Path, name: str, count: int, seed: int) -> Iterator[Path]:
    """Copies of a data directory in each of which one bit of one file is another."""
    random, content = Random(seed), (source / name).read_bytes()
    for _ in range(count):
        copy = folder / "flipped"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(source, copy)
        place = random.randrange(len(content) * 8)
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        (copy / name).write_bytes(changed)
        yield copy


def judged(source: Path, folder: Path, name: str, count: int, seed: int) -> tuple[int, int, int]:
    """Of so many flips: how many gave a changed answer, refused one, refused one that fsck calls sound."""
    truth = answers(shutil.copytree(source, folder / f"truth-{seed}"))  # a copy: opening changes a WAL
    changed = refused = unseen = 0
    for copy in flips(source, folder, name, count, seed):
        given = answers(copy)
        changed += any(given[n] is not None and given[n] != truth[n] for n in truth)
        if None in given.values():
            refused += 1
            unseen += practice_report(copy).sound
    return changed, refused, unseen


def test_no_flip_in_the_log_changes_an_answer(sound: Path, folder: Path) -> None:
    """Every answer is the true one or is refused; where one is refused, fsck finds the damage."""
    changed, refused, unseen = judged(sound, folder, FILE, scaled(FLIPS), seed=1)
    assert (changed, unseen) == (0, 0)
    assert refused > 0


def test_without_verification_a_flip_changes_answers(
    sound: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: a log that believes its file gives changed answers."""
    truth = answers(sound)
    monkeypatch.setattr(log_view, "verify_inclusion", lambda *proof: True)
    monkeypatch.setattr(log_view, "commitment", lambda origin, opening: None)
    monkeypatch.setattr(log_view, "decode_entry", lambda entry: type("Body", (), {"commitment": None}))
    tried = map(answers, flips(sound, folder, FILE, 600, seed=2))
    assert any(given[n] is not None and given[n] != truth[n] for given in tried for n in truth)


def test_no_flip_in_the_checkpoint_passes(sound: Path, folder: Path) -> None:
    """It alters no answer, and is refused all the same: nobody could tell whether the log is the newest."""
    for copy in flips(sound, folder, LAST, scaled(FLIPS) // 10, seed=3):
        assert set(answers(copy).values()) == {None}
        assert not practice_report(copy).sound


def test_no_flip_in_the_wal_loses_what_the_checkpoint_names(folder: Path, sound: Path) -> None:
    """After a kill the newest entries stand in the WAL alone. SQLite drops what follows a bad frame, in silence."""
    data = folder / "killed"
    shutil.copytree(sound, folder / "alive")
    log = open_log(folder / "alive")
    for n in range(6):
        recorder_of(log).record([reading(n)])
    log._last.close()
    shutil.copytree(folder / "alive", data)  # as kill -9 would leave it
    log.close()
    assert (data / f"{FILE}-wal").stat().st_size > 0
    (data / f"{FILE}-shm").unlink()
    changed, refused, unseen = judged(data, folder, f"{FILE}-wal", scaled(FLIPS) // 4, seed=4)
    assert (changed, unseen) == (0, 0)
    assert refused > 0


def test_no_flip_in_the_evidence_passes(sound: Path, folder: Path) -> None:
    """A page is given whole or not at all, and fsck names the reading."""
    (path,) = (sound / "blobs").glob("*/*")
    name = str(path.relative_to(sound))
    for copy in flips(sound, folder, name, scaled(FLIPS) // 10, seed=5):
        assert [(one.part, one.what) for one in practice_report(copy).findings] == [("blob", "differs")]


def test_no_flip_in_a_backup_is_restored(sound: Path, folder: Path) -> None:
    """It is refused, or what is restored is what was saved, byte for byte."""
    saved = folder / "saves"
    saved.mkdir()
    backup_of(sound).save(saved / "saved.tar")
    truth, evidence = answers(sound), sorted(FileBlobs(sound, entropy=os.urandom).digests())
    refused = 0
    for copy in flips(saved, folder, "saved.tar", scaled(FLIPS) // 4, seed=6):
        new = folder / "new"
        shutil.rmtree(new, ignore_errors=True)
        if _refuses(new, copy / "saved.tar"):
            refused += 1
            continue
        assert answers(new) == truth
        assert sorted(FileBlobs(new, entropy=os.urandom).digests()) == evidence
        assert all(report.sound for report in fsck_of(new)())
    assert refused > 0


def _refuses(new: Path, archive: Path) -> bool:
    try:
        backup_of(new).restore(archive)
    except StorageError as error:
        if error.code != "backup-invalid":
            raise
        return True
    return False
