"""T35: hostile and damaged files are refused by their code or read row by row, in bounded memory. T5: a full disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shirorom.adapters.tables.files import FileTables
from shirorom.ports.tables import TableKind
from tests.faults.table_corpus import LIMITS, READ, REFUSED, many_sheets
from tests.table_kit import by_batches, by_rows, code_of, read

TABLES = FileTables(LIMITS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "in"


def test_the_corpus_is_large_enough() -> None:
    """T35 asks for at least forty files."""
    assert len(REFUSED) + len(READ) >= 40


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_its_code(path: Path, name: str) -> None:
    """T35: by rows and by batches alike; never another failure than ours."""
    content, code = REFUSED[name]
    path.write_bytes(content)
    assert code_of(path, TABLES) == code
    assert by_batches(path, 3, TABLES) == code


@pytest.mark.parametrize("name", READ)
def test_read_row_by_row(path: Path, name: str) -> None:
    """T35: one row out for each row in; what is wrong is said of the row."""
    content, count, damage = READ[name]
    path.write_bytes(content)
    rows = read(path, TABLES)
    assert (len(rows), {code for row in rows for code in row.damage}) == (count, damage)
    assert by_batches(path, 3, TABLES) == by_rows(path, 3, TABLES)


def test_nothing_of_another_file_is_read(path: Path) -> None:
    """XXE, control: the same workbook without its document type is read; with it nothing of /etc/passwd comes out."""
    path.write_bytes(REFUSED["xxe"][0])
    assert code_of(path, TABLES) == "table-unreadable"


def test_a_sound_workbook_passes(path: Path) -> None:
    """Control: the limits on a workbook are not in the way of a real one."""
    path.write_bytes(many_sheets())
    assert len(read(path, TABLES)) == 500


def test_memory_is_bounded(tmp_path: Path) -> None:
    """T35: the whole corpus with the product's limits takes at most 500 MB (1 GB is allowed)."""
    command = [sys.executable, "-m", "tests.faults.table_corpus", str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(said.stdout) < 500_000


FILL = """
import random
import sys
from pathlib import Path
from shirorom.adapters.tables.files import FileTables
from shirorom.domain.errors import ShiroromError
from shirorom.ports.tables import Coded, Part, TableKind
import numpy as np
place = Path(sys.argv[1])
texts = [random.randbytes(12).hex() for n in range(200_000)]
source = place.parent / "source"
FileTables().write(source, ["a", "b"], ((text, "x") for text in texts),
                   kind=TableKind.CSV, escape=False)
def whole(path, kind):
    rows = ((text, "x") for text in texts)
    FileTables().write(path, ["a", "b"], rows, kind=kind, escape=False)
def batches(path, kind):
    with FileTables().open(source) as table:
        parts = (Part(batch, (0, 1), ()) for batch in table.batches(width=2, skip=1))
        FileTables().write_batches(path, ["a", "b"], parts, kind=kind, escape=False)
def blocks(path, kind):
    with FileTables().open(source) as table:
        parts = (Part(batch, (0,), Coded(batch.numbers.keys[:0], np.zeros(len(batch), int), [("x",)]))
                 for batch in table.batches(width=2, skip=1, numbers=(1,)))
        FileTables().write_batches(path, ["a", "b"], parts, kind=kind, escape=False)
for kind in TableKind:
  for how in (whole, batches, blocks):
    path = place / f"a.{kind.value}"
    path.write_text("old")
    try:
        how(path, kind)
    except ShiroromError as error:
        print(kind.value, error.code, path.read_text(), sorted(one.name for one in place.iterdir() if one != path))
    path.unlink()
"""


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """T5: 2 MB. `storage-full` for every kind; what had the name stands; no part is left."""
    disk = tmp_path / "disk"
    disk.mkdir()
    as_root = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    mount = f'mount -t tmpfs -o size=2m,mode=700 tmpfs {disk} && exec "$@"'
    command = [*as_root, "sh", "-ec", mount, "sh", sys.executable, "-c", FILL, str(disk)]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    kinds = [kind.value for kind in TableKind for _ in range(3)]  # by rows, by batches, by blocks
    assert said.stdout.splitlines() == [f"{kind} storage-full old []" for kind in kinds]
