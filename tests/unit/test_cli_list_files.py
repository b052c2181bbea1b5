"""Files of `check --list`: what spreadsheets save, and the journal of a list under way."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shirorom.adapters.tables.files import FileTables
from shirorom.domain.errors import StorageError
from shirorom.edge.cli.journal import Journal, RowAnswer
from shirorom.edge.cli.rows import read_table, write_table

FILES = FileTables()
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ONE, TWO = "001001010000039", "001001010000047"
MARKS = {"docomo": "clear", "au": "no-record", "softbank": "no-record", "rakuten": "no-record"}


def answer(imeis: str = ONE, *, error: str = "", at: datetime = NOW) -> RowAnswer:
    return RowAnswer(imeis=imeis, marks=MARKS, verdict="clear", error=error, asked_at=at)


def journal(tmp_path: Path, *, scope: str = "all") -> Journal:
    return Journal(tmp_path / "out.csv.journal", scope=scope, since=NOW, age_h_max=24.0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932"])
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_tables_of_windows_shops_are_read(tmp_path: Path, encoding: str, separator: str) -> None:
    """Every encoding and separator that spreadsheets here save gives the same rows."""
    text = "\r\n".join(separator.join(row) for row in (("管理番号", "IMEI"), ("A-1", ONE), ("A-2", TWO))) + "\r\n"
    (tmp_path / "in.csv").write_bytes(text.encode(encoding))
    table = read_table(FILES, tmp_path / "in.csv")
    assert table.heading == ("管理番号", "IMEI")
    assert [(row.line, row.cells[0], row.key) for row in table.rows] == [(2, "A-1", ONE), (3, "A-2", TWO)]


def test_one_number_a_line_needs_no_heading(tmp_path: Path) -> None:
    """A plain list is a table without heading; empty lines count as lines and are no rows."""
    (tmp_path / "in.txt").write_text(f"{ONE}\n\n{TWO}\n", encoding="utf-8")
    table = read_table(FILES, tmp_path / "in.txt")
    assert table.heading is None
    assert [(row.line, row.key) for row in table.rows] == [(1, ONE), (3, TWO)]


def test_other_numbers_of_a_row_are_not_asked(tmp_path: Path) -> None:
    """Where a column is called IMEI, a number of another column is not taken for one, valid or not."""
    (tmp_path / "in.csv").write_text(f"注文番号,IMEI\n{TWO},{ONE}\n", encoding="utf-8")
    assert [row.key for row in read_table(FILES, tmp_path / "in.csv").rows] == [ONE]


def test_both_numbers_of_a_phone_are_one_device(tmp_path: Path) -> None:
    """IMEI1 and IMEI2 side by side are asked as one phone."""
    (tmp_path / "in.csv").write_text(f"IMEI1,IMEI2\n{ONE},{TWO}\n", encoding="utf-8")
    assert [row.key for row in read_table(FILES, tmp_path / "in.csv").rows] == [f"{ONE} {TWO}"]


@pytest.mark.parametrize(
    ("cell", "code"),
    [("001001010000038", "imei-check-digit"), ("3.58E+14", "imei-spreadsheet"), ("なし", "imei-not-found")],
)
def test_a_bad_row_names_its_code(tmp_path: Path, cell: str, code: str) -> None:
    """What is wrong with a row is said in it; the other rows are not touched by it."""
    (tmp_path / "in.csv").write_text(f"IMEI\n{cell}\n{ONE}\n", encoding="utf-8")
    first, second = read_table(FILES, tmp_path / "in.csv").rows
    assert first.error is not None
    assert (first.device, first.error.code, second.key) == (None, code, ONE)


def test_a_phone_with_one_bad_number_is_not_asked_for_the_other(tmp_path: Path) -> None:
    """Asking for the readable number alone could call the phone clean."""
    (tmp_path / "in.csv").write_text(f"IMEI1,IMEI2\n{ONE},001001010000048\n", encoding="utf-8")
    (row,) = read_table(FILES, tmp_path / "in.csv").rows
    assert row.error is not None
    assert (row.device, row.error.code) == (None, "imei-check-digit")


def test_a_row_that_no_encoding_fits_says_so(tmp_path: Path) -> None:
    """Bytes that are no text are no number; the other rows are not touched by it."""
    (tmp_path / "in.csv").write_bytes(f"IMEI\n{ONE}\n".encode() + b"\x81\n\xff\n")
    first, *others = read_table(FILES, tmp_path / "in.csv").rows
    assert first.key == ONE
    assert [row.error.code for row in others if row.error is not None] == ["table-row-encoding"] * 2


def written(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")  # Excel takes UTF-8 for cp932 without it
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_output_keeps_columns_and_replaces_ours(tmp_path: Path) -> None:
    """An output that is fed in again gets no second set of columns."""
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"店,IMEI\n北,{ONE}\n", encoding="utf-8")
    write_table(FILES, target, read_table(FILES, source), {ONE: answer()})
    first = written(target)
    assert first[0] == ["店", "IMEI", *(f"shirorom_{n}" for n in ("imei", *MARKS, "verdict", "error"))]
    assert first[1] == ["北", ONE, ONE, "clear", "no-record", "no-record", "no-record", "clear", ""]
    write_table(FILES, tmp_path / "again.csv", read_table(FILES, target), {ONE: answer()})
    assert written(tmp_path / "again.csv") == first


def test_a_row_without_answer_has_empty_columns(tmp_path: Path) -> None:
    """What was not asked is empty, never －."""
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"IMEI\n{ONE}\n", encoding="utf-8")
    write_table(FILES, target, read_table(FILES, source), {})
    assert written(target)[1] == [ONE, "", "", "", "", "", "", ""]


def test_an_output_that_cannot_be_replaced_stands(tmp_path: Path) -> None:
    """A target in use (here: a directory) ends with a code, and nothing half-written takes its name."""
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"IMEI\n{ONE}\n", encoding="utf-8")
    target.mkdir()
    with pytest.raises(StorageError):
        write_table(FILES, target, read_table(FILES, source), {})
    assert target.is_dir()


def test_the_journal_gives_back_what_was_answered(tmp_path: Path) -> None:
    """A device answered before the stop is not asked again."""
    journal(tmp_path).add(ONE, answer())
    assert journal(tmp_path).read() == {ONE: answer()}


@pytest.mark.parametrize(
    ("row", "scope"),
    [
        (answer(error="au:carrier-timeout"), "all"),  # a failure is asked again
        (answer(at=NOW - timedelta(hours=25)), "all"),  # an old answer decides nothing
        (answer(), "only au"),  # other carriers were asked
    ],
)
def test_the_journal_forgets_what_does_not_count(tmp_path: Path, row: RowAnswer, scope: str) -> None:
    """Failures, old answers and answers of other carriers are asked again."""
    journal(tmp_path, scope=scope).add(ONE, row)
    assert journal(tmp_path).read() == {}


def test_a_torn_last_line_costs_only_itself(tmp_path: Path) -> None:
    """A power cut in the middle of a line loses that device, no other."""
    kept = journal(tmp_path)
    kept.add(ONE, answer())
    kept.add(TWO, answer(TWO))
    content = kept.path.read_bytes()
    for length in range(content.index(b"\n", 1) + 1, len(content) - 1):
        kept.path.write_bytes(content[:length])
        assert list(kept.read()) == [ONE]
        kept.add(TWO, answer(TWO))  # and the journal goes on after it
        assert set(kept.read()) == {ONE, TWO}
