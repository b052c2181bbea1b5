"""fsck finds every kind of damage, says where it is, and never names a phone."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from shirorom.adapters.blobs import FileBlobs
from shirorom.domain.errors import StorageError
from shirorom.log.entry import EntryBody, commitment, encode_entry, seal
from shirorom.log.tree import leaf_hash
from shirorom.service.examine import FINDINGS_MAX, Damage, merged
from tests.logs import START, SetClock, fsck_of, imei, open_log, practice_report, reading, record, recorder_of, sealed

FILE = "log/practice.sqlite"
LAST = "checkpoint-practice.last"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Seven entries about three phones."""
    record(tmp_path / "data", 1, 2, 1, 3)
    record(tmp_path / "data", 1, 2, 3)
    return tmp_path / "data"


def change(data: Path, *statements: str) -> None:
    """Change the file behind the log's back."""
    connection = sqlite3.connect(data / FILE, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def found(data: Path) -> list[tuple[str, str, int | None]]:
    return [(one.part, one.what, one.index) for one in practice_report(data).findings]


def test_a_sound_log_is_sound(data: Path) -> None:
    """Nothing is found, and size and root are the log's own."""
    log = open_log(data)
    head = log.head()
    log.close()
    real, practice = fsck_of(data)()
    assert (practice.sound, practice.size, practice.root) == (True, 7, head.root.hex())
    assert (real.exists, real.sound) == (False, True)


def test_it_changes_nothing(data: Path) -> None:
    """The file is the same, byte for byte."""
    before = (data / FILE).read_bytes()
    fsck_of(data)()
    assert (data / FILE).read_bytes() == before


@pytest.mark.parametrize(
    ("statement", "damage"),
    [
        (
            "UPDATE entry SET bytes = CAST(replace(bytes, 'reading', 'notice') AS BLOB) WHERE idx = 2",
            ("entry", "differs", 2),
        ),
        ("UPDATE entry SET bytes = zeroblob(9) WHERE idx = 2", ("entry", "malformed", 2)),
        ("UPDATE entry SET hashes = zeroblob(32) WHERE idx = 2", ("entry", "differs", 2)),
        ("DELETE FROM entry WHERE idx = 2", ("entry", "missing", 2)),
        (
            "UPDATE entry SET hashes = CAST(substr(hashes, 1, 32) || zeroblob(32) AS BLOB) WHERE idx = 1",
            ("tree", "differs", 1),
        ),
        ("UPDATE entry SET hashes = substr(hashes, 1, 32) WHERE idx = 3", ("tree", "differs", 3)),
        ("UPDATE entry SET hashes = CAST(hashes || zeroblob(32) AS BLOB) WHERE idx = 2", ("tree", "differs", 2)),
        ("UPDATE opening SET salt = zeroblob(32) WHERE idx = 2", ("opening", "differs", 2)),
        ("UPDATE opening SET salt = zeroblob(3) WHERE idx = 2", ("opening", "malformed", 2)),
        ("UPDATE opening SET previous = zeroblob(32) WHERE idx = 2", ("chain", "differs", 2)),
        (
            "UPDATE opening SET statement = CAST(replace(statement, '○', '×') AS BLOB) WHERE idx = 2",
            ("opening", "differs", 2),
        ),
        ("DELETE FROM opening WHERE idx = 2", ("opening", "missing", 2)),
        ("INSERT INTO opening SELECT 9, 1, 0, previous, salt, statement FROM opening LIMIT 1", ("opening", "extra", 9)),
        ("UPDATE device SET count = 9 WHERE last = 4", ("device", "differs", 4)),
        ("UPDATE device SET last = 2 WHERE last = 4", ("device", "differs", 4)),
        ("UPDATE device SET key = key + 8 WHERE last = 4", ("device", "missing", 4)),
        ("DELETE FROM device WHERE last = 4", ("device", "missing", 4)),
    ],
)
def test_damage_is_found_where_it_is(data: Path, statement: str, damage: tuple[str, str, int]) -> None:
    """One row changed, taken away or added: its part, what is wrong, its index."""
    change(data, statement)
    assert damage in found(data)


def test_a_reading_that_was_sealed_wrongly_is_found(data: Path) -> None:
    """Also what a faulty program wrote through the log itself: another kind in the entry than in the statement."""
    log = open_log(data)
    (one,) = sealed(log, 1)
    log.append([seal(log.origin, "correction", START, one.opening)], size_expected=7)
    log.close()
    assert found(data) == [("statement", "differs", 7)]


def test_time_that_goes_back_is_found(data: Path) -> None:
    """The log refuses it; in a file that others wrote it is found."""
    log = open_log(data)
    (one,) = sealed(log, 1)
    log.close()
    body = EntryBody("reading", START - timedelta(seconds=1), commitment(log.origin, one.opening))
    entry, o = encode_entry(body), one.opening
    connection = sqlite3.connect(data / FILE, isolation_level=None)
    connection.execute("INSERT INTO entry VALUES (7, ?, ?)", (entry, leaf_hash(entry)))
    values = (int(o.key), o.counter, o.previous, o.salt, o.statement)
    connection.execute("INSERT INTO opening VALUES (7, ?, ?, ?, ?, ?)", values)
    connection.close()
    assert ("entry", "backwards", 7) in found(data)


@pytest.mark.parametrize("cut", [0, 100, 5_000])
def test_a_file_cut_short_is_found(data: Path, cut: int) -> None:
    """Nothing, half a header, half the pages."""
    (data / FILE).write_bytes((data / FILE).read_bytes()[:cut])
    assert not practice_report(data).sound


def test_a_log_that_is_gone_is_found(data: Path) -> None:
    """The checkpoint remembers it."""
    (data / FILE).unlink()
    assert found(data) == [("file", "missing", None)]


def test_an_older_copy_is_found(data: Path) -> None:
    """Whole in itself, and behind its checkpoint."""
    older = (data / FILE).read_bytes()
    record(data, 4)
    (data / FILE).write_bytes(older)
    assert found(data) == [("checkpoint", "ahead", 7)]


def test_a_lost_or_damaged_checkpoint_is_found(data: Path) -> None:
    """Each with its own word."""
    content = (data / LAST).read_bytes()
    (data / LAST).unlink()
    assert found(data) == [("checkpoint", "missing", None)]
    (data / LAST).write_bytes(content[:-2])
    assert found(data) == [("checkpoint", "unreadable", None)]


def test_a_newer_log_is_not_judged(data: Path) -> None:
    """An older program cannot say that a newer log is damaged, nor that it is sound."""
    change(data, "PRAGMA user_version=9")
    with pytest.raises(StorageError) as caught:
        fsck_of(data)()
    assert caught.value.code == "log-newer"


def test_an_operator_may_accept_a_log_whose_checkpoint_is_lost(data: Path) -> None:
    """Only where nothing else is wrong; then it opens again."""
    (data / LAST).unlink()
    assert fsck_of(data).renew_checkpoint(practice=True)
    open_log(data).close()
    assert practice_report(data).sound


def test_a_damaged_log_cannot_be_accepted(data: Path) -> None:
    """Accepting is not a way around damage."""
    (data / LAST).unlink()
    change(data, "UPDATE opening SET salt = zeroblob(32) WHERE idx = 2")
    assert not fsck_of(data).renew_checkpoint(practice=True)
    assert not (data / LAST).exists()


@pytest.fixture
def with_page(tmp_path: Path) -> tuple[Path, Path]:
    """A reading whose screenshot is kept, and the file that keeps it."""
    data = tmp_path / "data"
    digest = FileBlobs(data, entropy=os.urandom).put(b"picture")
    log = open_log(data)
    recorder_of(log).record([reading(screenshot=digest)])
    log.close()
    (path,) = (data / "blobs").glob("*/*")
    return data, path


def test_evidence_that_is_whole_is_sound(with_page: tuple[Path, Path]) -> None:
    """It is opened and compared with its digest."""
    assert practice_report(with_page[0]).sound


def test_evidence_that_is_damaged_is_found(with_page: tuple[Path, Path]) -> None:
    """At the reading that names it."""
    data, path = with_page
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert found(data) == [("blob", "differs", 0)]


def test_evidence_that_is_gone_is_found_until_its_time(with_page: tuple[Path, Path]) -> None:
    """Missing before its days are over is damage; afterwards it is what was agreed."""
    data, path = with_page
    path.unlink()
    after = SetClock(START + timedelta(days=11))
    assert [one.what for one in fsck_of(data, keep_days=30, clock=after)()[1].findings] == ["missing"]
    assert fsck_of(data, keep_days=10, clock=after)()[1].sound


def test_no_finding_names_a_phone(data: Path) -> None:
    """Not the engine's complaints either, whose row numbers are phones' numbers."""
    raw = bytearray((data / FILE).read_bytes())
    for place in range(4_096 * 2, len(raw), 97):
        raw[place] ^= 0x40
    (data / FILE).write_bytes(raw)
    text = json.dumps(practice_report(data).as_json())
    assert not practice_report(data).sound
    for n in (1, 2, 3):
        assert imei(n).key not in text
        assert imei(n).key.lstrip("0") not in text


def test_findings_are_bounded(tmp_path: Path) -> None:
    """A log of which everything is wrong gives a short list and a count."""
    record(tmp_path / "data", *range(FINDINGS_MAX + 20))
    change(tmp_path / "data", "UPDATE opening SET salt = zeroblob(32)")
    report = practice_report(tmp_path / "data")
    assert (len(report.findings), report.omitted) == (FINDINGS_MAX, 20)


def test_progress_is_told(data: Path) -> None:
    """The last word is that everything was looked at."""
    told: list[tuple[int, int]] = []
    fsck_of(data)(on_progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (7, 7)


def test_two_streams_are_walked_side_by_side() -> None:
    """Every row of both appears once, rows of one number together."""
    left, right = [(1, "a"), (3, "c")], [(2, "b"), (3, "d"), (9, "e")]
    assert list(merged(left, right)) == [
        (1, (1, "a"), None), (2, None, (2, "b")), (3, (3, "c"), (3, "d")), (9, None, (9, "e")),
    ]  # fmt: skip


def test_a_finding_is_data(data: Path) -> None:
    """For machines: part, what, index."""
    change(data, "DELETE FROM device WHERE last = 4")
    report = practice_report(data)
    assert report.findings == (Damage("device", "missing", 4),)
    assert report.as_json()["findings"] == [{"part": "device", "what": "missing", "index": 4}]
