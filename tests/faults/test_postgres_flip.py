"""T7 on PostgreSQL: values change in the tables, bits flip in the files. No changed answer, and fsck finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random

import psycopg
import pytest

from shirorom.adapters import log_view
from shirorom.domain.mark import Mark
from tests.faults.test_log_flip import PHONES, answers
from tests.logs import open_log, practice_report, reading, recorder_of
from tests.postgres_kit import Server, database_of
from tests.scale import scaled

FLIPS = 1_000
COLUMNS = {
    "entry": ("idx", "bytes", "hashes"),
    "opening": ("idx", "key", "counter", "previous", "salt", "statement"),
    "device": ("key", "count", "last"),
    "head": ("size",),
}


def filled(data: Path) -> Path:
    """Forty readings of every mark about twelve phones, two of them never recorded."""
    log, random = open_log(data), Random(7)
    for _ in range(8):
        numbers = [random.randrange(PHONES - 2) for _ in range(5)]
        recorder_of(log).record([reading(n, random.choice(list(Mark))) for n in numbers])
    log.close()
    return data


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHIROROM_LOG_DATABASE", database_of(tmp_path))
    return filled(tmp_path / "data")


@pytest.fixture
def tables(tmp_path: Path) -> psycopg.Connection[tuple[object, ...]]:
    with psycopg.connect(database_of(tmp_path), autocommit=True) as connection:
        connection.execute("SET search_path = shirorom_practice")
        yield connection


def flipped(value: object, random: Random) -> object:
    """The value with one of its bits changed."""
    if isinstance(value, int):
        return value ^ (1 << random.randrange(48))
    assert isinstance(value, bytes)
    changed, place = bytearray(value), random.randrange(len(value) * 8)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def judged(
    data: Path,
    tables: psycopg.Connection[tuple[object, ...]],
    count: int,
    columns: Mapping[str, Sequence[str]] = COLUMNS,
) -> tuple[int, int, int]:
    """Of so many changes, each undone: how many changed an answer, refused one, refused one that fsck calls sound."""
    truth, random = answers(data), Random(1)
    changed = refused = unseen = 0
    for turn in range(count):
        table = random.choice(sorted(columns))
        column = random.choice(columns[table])
        places = tables.execute(f"SELECT ctid::text, {column} FROM {table} ORDER BY 1").fetchall()
        place, value = places[random.randrange(len(places))]
        other = flipped(value, random)
        try:
            row = tables.execute(
                f"UPDATE {table} SET {column} = %s WHERE ctid = %s::tid RETURNING ctid::text", [other, place]
            ).fetchone()
        except psycopg.errors.UniqueViolation:
            continue
        given = answers(data)
        changed += any(given[n] is not None and given[n] != truth[n] for n in truth)
        if None in given.values():
            refused += 1
            unseen += practice_report(data).sound
        tables.execute(f"UPDATE {table} SET {column} = %s WHERE ctid = %s::tid", [value, row[0]])
        assert turn or answers(data) == truth
    return changed, refused, unseen


def test_no_changed_value_changes_an_answer(data: Path, tables: psycopg.Connection[tuple[object, ...]]) -> None:
    """Every answer is the true one or is refused; where one is refused, fsck finds the damage."""
    changed, refused, unseen = judged(data, tables, scaled(FLIPS))
    assert (changed, unseen) == (0, 0)
    assert refused > 0


def test_without_verification_a_changed_value_changes_answers(
    data: Path, tables: psycopg.Connection[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control: a log that believes its tables gives changed answers."""
    monkeypatch.setattr(log_view, "verify_inclusion", lambda *proof: True)
    monkeypatch.setattr(log_view, "commitment", lambda origin, opening: None)
    monkeypatch.setattr(log_view, "decode_entry", lambda entry: type("Body", (), {"commitment": None}))
    assert judged(data, tables, 30, {"opening": ("statement",)})[0] > 0


@pytest.mark.parametrize("table", ["entry", "opening"])
def test_no_flip_in_a_file_changes_an_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str) -> None:
    """Bits flip on the disk while the server is down: its page checksums, or ours, refuse what they touch."""
    server = Server()
    server.start()
    try:
        monkeypatch.setenv("SHIROROM_LOG_DATABASE", server.make_database("shirorom"))
        data = filled(tmp_path / "data")
        truth = answers(data)
        ((name,),) = server.sql(f"SELECT pg_relation_filepath('shirorom_practice.{table}')", "shirorom")
        server.stop()
        path = server.files / str(name)
        content = bytearray(path.read_bytes())
        for bit in Random(3).sample(range(len(content) * 8), 3):
            content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        server.start()
        given = answers(data)
        assert all(given[n] in (None, truth[n]) for n in truth)
        assert None in given.values()
        assert not practice_report(data).sound
    finally:
        server.remove()
