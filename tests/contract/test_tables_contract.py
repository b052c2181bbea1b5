"""What `ports.Tables` promises, held against the files of this machine: what goes in comes out, in every kind."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from shirorom.adapters.tables.files import FileTables
from shirorom.domain.errors import ShiroromError
from shirorom.domain.tables.escape import unescaped
from shirorom.ports.tables import Part, TableKind
from tests.logs import imei
from tests.table_kit import SMALL, by_batches, by_rows, cells, code_of, read

FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＋1", "－1", "＠1", "=cmd|' /C calc'!A0", "−1",
    '=HYPERLINK("http://127.0.0.1","x")', "'=1", "=1\n=2",
)  # fmt: skip
ROWS = [("A1", imei(1).digits, "黒"), ("A2", "", 'q"q'), ("A3", "x,y\nz", "_x0041_"), *(("F", f, "") for f in FORMULAS)]
COLUMNS = ("管理番号", "IMEI", "色")
KINDS = list(TableKind)
EVERY = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def tables() -> FileTables:
    """Every adapter in turn (one so far)."""
    return FileTables()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_read(tables: FileTables, tmp_path: Path, kind: TableKind) -> None:
    """Every cell comes back as it was, formulas and line ends too; and the kind is known without the name."""
    path = tmp_path / "no-ending"
    tables.write(path, COLUMNS, ROWS, kind=kind, escape=False)
    with tables.open(path) as table:
        assert table.kind is kind
        found = [(*row.cells, *[""] * (3 - len(row.cells))) for row in table.rows()]
    written = [tuple(cell.replace("\r", "\n") for cell in row) for row in ROWS]  # in text a line end is a line end
    assert found == [COLUMNS, *(written if kind in (TableKind.CSV, TableKind.TSV) else ROWS)]


@pytest.mark.parametrize("kind", [TableKind.CSV, TableKind.TSV])
@pytest.mark.parametrize("batches", [False, True])
def test_what_is_escaped_begins_no_formula(tables: FileTables, tmp_path: Path, kind: TableKind, batches: bool) -> None:
    """T23: no cell begins with a sign that a spreadsheet calculates by; and the text is read back as it was."""
    path = tmp_path / "a"
    rows = [row for row in ROWS if "\r" not in row[1]]
    if batches:
        tables.write(tmp_path / "b", COLUMNS, rows, kind=TableKind.PARQUET, escape=False)
        with tables.open(tmp_path / "b") as table:
            parts = (Part(batch, (0, 1, 2), ()) for batch in table.batches(width=3, skip=1))
            tables.write_batches(path, COLUMNS, parts, kind=kind, escape=True)
    else:
        tables.write(path, COLUMNS, rows, kind=kind, escape=True)
    found = cells(path)[1:]
    assert not [cell for row in found for cell in row if cell.startswith(tuple("=+-@\t\r＝＋－＠−"))]
    assert [tuple(map(unescaped, row)) for row in found] == rows


def test_a_workbook_holds_no_formula(tables: FileTables, tmp_path: Path) -> None:
    """T23: opened by another program, every cell is text and says what it said."""
    tables.write(tmp_path / "a.xlsx", COLUMNS, ROWS, kind=TableKind.XLSX, escape=True)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    found = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in found} == {"s"}
    shown = [tuple(str(cell.value or "") for cell in row) for row in sheet.iter_rows(min_row=2)]
    assert [tuple(map(unescape, row)) for row in shown if "_x" not in row[2]] == [
        row for row in ROWS if "_x" not in row[2]
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_batches_are_the_rows(tables: FileTables, tmp_path: Path, kind: TableKind) -> None:
    """Read by columns, a file says what it says row by row, from whatever row on."""
    path = tmp_path / "a"
    tables.write(path, COLUMNS, ROWS, kind=kind, escape=False)
    for width, skip in ((3, 0), (3, 1), (5, 2), (2, 0)):
        rows = by_rows(path, width, tables)
        assert by_batches(path, width, tables, skip) == rows[skip:]


@EVERY
@given(
    text=st.text(alphabet='ab1,;\t"\n\r \u3042', max_size=60),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp932", "utf-16"]),
    width=st.integers(1, 4),
)
def test_batches_are_the_rows_of_any_text(tmp_path: Path, text: str, encoding: str, width: int) -> None:
    """The quick reading of plain pieces and the reading of rows never differ, at any seam, in any encoding."""
    path = tmp_path / "a"
    path.write_bytes(text.encode(encoding))
    for tables in (FileTables(), FileTables(SMALL)):
        assert by_batches(path, width, tables) == by_rows(path, width, tables)


@EVERY
@given(rows=st.lists(st.lists(st.text(alphabet='ab, "\n\u3042', max_size=5), min_size=2, max_size=3), min_size=2))
def test_rows_of_any_csv_are_those_that_were_written(tmp_path: Path, rows: list[list[str]]) -> None:
    """One row out for each row in, whatever its cells hold; pieces of 16 bytes."""
    path = tmp_path / "a"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [list(row.cells) for row in read(path, FileTables(SMALL))] == rows


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_encodings_and_delimiters(tmp_path: Path, encoding: str, end: str, delimiter: str) -> None:
    """Whatever a POS saves: the same cells."""
    rows = [("管理番号", "IMEI", "備考"), ("A1", imei(1).digits, "髙い①ｶﾅ"), ("A2", "", "")]
    path = tmp_path / "在庫"
    path.write_bytes(end.join(map(delimiter.join, rows)).encode(encoding))
    assert cells(path) == rows


@pytest.mark.parametrize(("first", "other"), [("utf-8", "cp932"), ("cp932", "utf-8")])
def test_a_row_of_another_encoding_is_read_and_named(tmp_path: Path, first: str, other: str) -> None:
    """Two exports joined: each row says what it said, and the odd one is named, by rows and by batches."""
    path = tmp_path / "a.csv"
    lines = ["番号,色", "1,黒い端末", "2,白い端末", "3,東京の店", "4,plain"]
    path.write_bytes(b"\n".join(line.encode(other if n == 2 else first) for n, line in enumerate(lines)))
    found = read(path)
    assert [row.cells for row in found] == [tuple(line.split(",")) for line in lines]
    assert [row.damage for row in found] == [(), (), ("table-row-encoding",), (), ()]
    assert by_batches(path, 2, FileTables()) == by_rows(path, 2, FileTables())


def test_an_encoding_that_shows_late_is_the_files(tmp_path: Path) -> None:
    """A beginning that is plain ASCII says nothing of the encoding; the first words do."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"A1,001\n" * 200_000 + "A2,黒い端末\nA3,白\n".encode("cp932"))
    with FileTables().open(path) as table:
        assert table.encoding == "cp932"
        assert not any(batch.damage for batch in table.batches(width=2, skip=0))


def test_a_spreadsheets_numbers_are_shown_whole(tmp_path: Path) -> None:
    """An IMEI kept as a number is recovered; one of 16 digits is not, and says so; days are days."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    number = int(imei(1).digits)
    sheet.append(
        [
            355000000000000,
            3.55e14,
            3550000000000001000,
            date(2026, 11, 25),
            datetime.fromisoformat("2026-01-02T03:04"),
            0.1 + 0.2,
        ]
    )
    sheet.append([number, True, None, "x"])
    sheet["A2"].number_format = "0" * 15
    book.save(tmp_path / "a.xlsx")
    assert cells(tmp_path / "a.xlsx") == [
        ("355000000000000", "355000000000000", "3.55E+18", "2026-11-25", "2026-01-02 03:04:00", "0.3"),
        (imei(1).digits, "TRUE", "", "x"),
    ]


def test_parquet_numbers_are_shown_whole(tmp_path: Path) -> None:
    """Integers and floats of 15 digits alike; what is not there is blank."""
    frame = pl.DataFrame({"i": [355000000000000, None], "f": [3.55e14, 1.5], "d": [date(2026, 11, 25), None]})
    frame.write_parquet(tmp_path / "a")
    assert cells(tmp_path / "a")[1:] == [("355000000000000", "355000000000000", "2026-11-25"), ("", "1.5", "")]


def test_the_sheet_wanted(tmp_path: Path) -> None:
    """The first that is shown, or the one named."""
    book = openpyxl.Workbook()
    book.active.append(["hidden"])  # type: ignore[union-attr]
    book.active.sheet_state = "hidden"  # type: ignore[union-attr]
    for name in ("在庫", "販売"):
        book.create_sheet(name).append([name])
    book.save(tmp_path / "a.xlsx")
    assert cells(tmp_path / "a.xlsx") == [("在庫",)]
    assert [row.cells for row in read(tmp_path / "a.xlsx", sheet="販売")] == [("販売",)]
    assert code_of(tmp_path / "a.xlsx", sheet="仕入") == "table-sheet-missing"


@pytest.mark.parametrize("kind", KINDS)
def test_what_fails_leaves_the_old_file_and_nothing_else(tables: FileTables, tmp_path: Path, kind: TableKind) -> None:
    """Ctrl-C or an error among the rows: the name holds what it held, and no part is left."""
    path = tmp_path / "a"
    path.write_text("old", encoding="utf-8")

    def rows():  # type: ignore[no-untyped-def]
        yield ROWS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tables.write(path, COLUMNS, rows(), kind=kind, escape=False)
    assert (path.read_text(encoding="utf-8"), [one.name for one in tmp_path.iterdir()]) == ("old", ["a"])


def test_a_directory_that_is_gone(tables: FileTables, tmp_path: Path) -> None:
    """A place that cannot be written is told as such."""
    with pytest.raises(ShiroromError) as caught:
        tables.write(tmp_path / "none" / "a.csv", COLUMNS, ROWS, kind=TableKind.CSV, escape=False)
    assert caught.value.code.startswith("storage-")
