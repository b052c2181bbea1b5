"""Takes a POS's own export into the book of units (在庫の取り込み).

1. read the file: its heading, what each column is and why, every row with what is wrong with it
2. hold the rows against each other, then against the book: new, changed, unchanged, missing
3. stop here for a dry run, or where nothing may be wrong (`strict`) and something is
4. write what is new and changed in one transaction; what was said of the columns is remembered
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.cells import shown
from shirorom.domain.desk.export_check import check_rows
from shirorom.domain.desk.export_columns import SAMPLE_ROWS_MAX, Layout, fingerprint, layout_of
from shirorom.domain.desk.export_diff import Changed, Diff, diff, gone
from shirorom.domain.desk.export_row import Complaint, ReadRow, RowReader
from shirorom.domain.desk.stock import UNITS_MAX, Status, Unit
from shirorom.domain.errors import ShiroromError
from shirorom.domain.fold import JST
from shirorom.domain.tables.shape import ROWS_LOOKED_AT, Shape, is_total, shape_of
from shirorom.ports.book import Book, Said
from shirorom.ports.clock import Clock
from shirorom.ports.stock import Booked, Put
from shirorom.ports.tables import RawRow, TableKind, Tables
from shirorom.service.room import Rooms

MISSING_MIN = 20
"""So many units may go by one file whatever the size of the book."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How an import is meant.

    Attributes:
        said: What a person says of columns and statuses, above what is guessed and remembered.
        dry_run: Only say what would happen. complete: The file holds every unit; what it does not hold is gone.
        even_most: Also where that is most of the book. strict: All rows or none. sheet: Of a workbook, else the first.
    """

    said: Said = field(default_factory=Said)
    dry_run: bool = False
    complete: bool = False
    even_most: bool = False
    strict: bool = False
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file as it was read.

    `raw`: its rows below the heading, blank ones left out. `rows`: those that are units. `totals`: lines of the others,
    which sum them up.
    """

    kind: TableKind
    encoding: str | None
    headings: tuple[str, ...]
    layout: Layout
    raw: tuple[RawRow, ...]
    rows: tuple[ReadRow, ...]
    totals: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did or, dry, would do.

    Attributes:
        file: What was read. applied: Whether the book now holds it (not in a dry run, nor refused by `strict`).
        new, changed, unchanged: Units. refused: Rows with errors. missing: Watched units that the file does not hold.
        gone: How many of those were marked so. doubt: Why they were not although the file is called complete (a code):
            `import-keys-missing`, `import-most-missing`. practice: Units of the file whose answers are practice.
        fields: How often each attribute of `Unit` differed. changes: What is new and changed, row by row.
    """

    file: ReadFile
    applied: bool
    new: int
    changed: int
    unchanged: int
    refused: int
    missing: int
    gone: int
    doubt: str
    practice: int
    fields: Mapping[str, int]
    changes: Sequence[Changed]
    errors: Sequence[Complaint]
    notices: Sequence[Complaint]


@dataclass(slots=True)
class WatchImport:
    """Imports, one at a time. Safe to use from several threads."""

    tables: Tables
    book: Book
    rooms: Rooms
    clock: Clock
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, path: Path, wish: Wish) -> Imported:
        """Import one file.

        Raises:
            ShiroromError: `table-…` (not to be read as a table), `import-column-missing`, `import-column-unknown`,
                `import-rows`, `stock-full`; nothing was written.
            StorageError: nothing was written.
        """
        with self._lock:
            file = self._read(path, wish)
            known = self.book.of_keys({row.key for row in file.rows if row.key})
            watched = self.book.watched_keys()
            found = diff(file.rows, {key: one.unit for key, one in known.items()}, watched)
            if not wish.complete:
                found = replace(found, notices=(*found.notices, *self._elsewhere(file, found)))
            return self._apply(file, found, known, wish, _doubt(file, found, len(watched), wish))

    def _read(self, path: Path, wish: Wish) -> ReadFile:
        """Step 1."""
        with self.tables.open(path, sheet=wish.sheet) as table:
            rest = table.rows()
            first = list(islice(rest, ROWS_LOOKED_AT))
            shape = shape_of([row.cells for row in first])
            data = list(islice(chain(first[shape.first :], rest), UNITS_MAX + 1))
            if len(data) > UNITS_MAX:
                raise ShiroromError("import-rows", count_max=UNITS_MAX)
            kind, encoding = table.kind, table.encoding
        said = wish.said.over(self.book.said(fingerprint(shape.names)))
        layout = _layout(shape, data, wish.said, said)
        reader = RowReader(shape.names, layout, statuses=said.statuses, today=self.clock.now().astimezone(JST).date())
        raw, rows, totals = [], [], []
        for row in data:
            if not any(map(str.strip, row.cells)):
                continue
            raw.append(row)
            if is_total(row.cells, shape):
                totals.append(row.line)
            else:
                rows.append(reader(row.line, row.cells, row.damage))
        check_rows(rows)
        return ReadFile(kind, encoding, shape.names, layout, tuple(raw), tuple(rows), tuple(totals))

    def _elsewhere(self, file: ReadFile, found: Diff) -> Iterator[Complaint]:
        """Phones that come into stock while the book has them in stock under a key that the file does not hold."""
        coming = [one for one in (*found.new, *found.changed) if one.unit.status is Status.STOCK]
        coming = [one for one in coming if not one.fields or {"device", "status"} & {*one.fields}]
        booked = self.book.of_phones({imei.key for one in coming for imei in one.unit.device.imeis})
        held = {row.key for row in file.rows}
        for one in coming:
            others = (other for imei in one.unit.device.imeis for other in booked.get(imei.key, ()))
            for other in others:
                if other.unit.status is Status.STOCK and other.unit.key not in held:
                    yield Complaint(one.line, "", "row-number-in-book", (("key", shown(other.unit.key)),))
                    break

    def _apply(self, file: ReadFile, found: Diff, known: Mapping[str, Booked], wish: Wish, doubt: str) -> Imported:
        """Steps 3 and 4."""
        ending = wish.complete and not doubt
        apply = not wish.dry_run and not (wish.strict and found.errors)
        heads: dict[bool, int] = {}
        puts = [self._put(change.unit, heads) for change in (*found.new, *found.changed)]
        practice = sum(put.practice for put in puts[: len(found.new)]) + sum(one.practice for one in known.values())
        now = self.clock.now()
        if apply:
            if ending:
                lost = self.book.of_keys(found.missing)
                puts += [Put(gone(one.unit), one.practice, one.since) for one in lost.values()]
            self.book.apply(puts, at=now)
            if wish.said != Said():
                headings = fingerprint(file.headings)
                self.book.say(headings, wish.said.over(self.book.said(headings)), at=now)
        return Imported(
            file=file, applied=apply, new=len(found.new), changed=len(found.changed), unchanged=found.unchanged,
            refused=found.refused, missing=len(found.missing), gone=len(found.missing) if ending else 0, doubt=doubt,
            practice=practice, fields=Counter(name for change in found.changed for name in change.fields),
            changes=(*found.new, *found.changed), errors=found.errors, notices=found.notices,
        )  # fmt: skip

    def _put(self, unit: Unit, heads: dict[bool, int]) -> Put:
        """With the log that its answers are in, and how far that is: what changed before is no news."""
        room = self.rooms.of_check(unit.device, CARRIERS)
        if room.practice not in heads:
            heads[room.practice] = room.log.head().size
        return Put(unit, room.practice, heads[room.practice])


def _doubt(file: ReadFile, found: Diff, watched: int, wish: Wish) -> str:
    """Why a file that is called complete ends no unit: nobody watches it then, and a claim would be a surprise."""
    if not wish.complete or not found.missing:
        return ""
    if any(not row.key for row in file.rows):
        return "import-keys-missing"  # one of them may be a unit that seems to be missing
    most = len(found.missing) > MISSING_MIN and 2 * len(found.missing) > watched
    return "import-most-missing" if most and not wish.even_most else ""


def _layout(shape: Shape, data: Sequence[RawRow], given: Said, said: Said) -> Layout:
    sample = [row.cells for row in data[:SAMPLE_ROWS_MAX] if not is_total(row.cells, shape)]
    return layout_of(shape.names, sample, numbers=shape.number_columns, given=given.columns, remembered=said.columns)
