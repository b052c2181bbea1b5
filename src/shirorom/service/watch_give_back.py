"""The shop's own file back, with what is known beside each row (書き戻し); and the whole book as a file of ours.

Both can be imported again and change nothing: our columns are not read, and the others are as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.stock import Status, Unit
from shirorom.domain.fold import JST
from shirorom.domain.imei import IMEIS_MAX, Device, Imei
from shirorom.domain.tables.answer import RowWords, row_words
from shirorom.domain.tables.shape import is_ours
from shirorom.domain.verdict import Cell, is_stale
from shirorom.ports.book import Book, LastChange, Stands
from shirorom.ports.clock import Clock
from shirorom.ports.tables import TableKind, Tables
from shirorom.service.settings import Access, Settings
from shirorom.service.watch_import import Imported

UNITS_AT_ONCE = 5_000
OURS = (
    "shirorom_imei", *(f"shirorom_{carrier.value}" for carrier in CARRIERS), "shirorom_verdict", "shirorom_practice",
    "shirorom_error", "shirorom_changed",
)  # fmt: skip
BOOK = (
    "管理番号", "IMEI", *(f"IMEI{n}" for n in range(2, IMEIS_MAX + 1)), "状態", "店舗", "担当", "機種", "販売価格",
    "仕入価格", "仕入日", "販売日", "保証", "保証期限", "レシート番号",
)  # fmt: skip
STATUS_WORDS = {Status.STOCK: "在庫", Status.SOLD: "販売済", Status.GONE: "対象外"}


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Writes tables. `name_of`: what a carrier is called."""

    tables: Tables
    book: Book
    clock: Clock
    name_of: Callable[[CarrierId], str]
    settings: Settings

    def file(self, imported: Imported, out: Path, *, kind: TableKind, escape: bool = False) -> None:
        """The file that was imported, and our columns. Raises StorageError `storage-…`."""
        keep = [n for n, heading in enumerate(imported.file.headings) if not is_ours(heading)]
        columns = [imported.file.headings[n] for n in keep] + list(OURS)
        self.tables.write(out, columns, self._given_back(imported, keep), kind=kind, escape=escape)

    def export(self, out: Path, *, kind: TableKind, escape: bool = False) -> int:
        """Every unit of the book, in our own columns. Returns how many. Raises StorageError `storage-…`."""
        count = 0

        def rows() -> Iterator[Sequence[str]]:
            nonlocal count
            after = 0
            while some := self.book.units(after=after, count_max=UNITS_AT_ONCE):
                after = some[-1].seq
                known = self.known([one.unit.device for one in some])
                for one in some:
                    yield [
                        *book_cells(one.unit),
                        *self._ours(one.unit.device, known.of(one.unit.device, practice=one.practice)),
                    ]
                count += len(some)

        self.tables.write(out, [*BOOK, *OURS], rows(), kind=kind, escape=escape)
        return count

    def _given_back(self, imported: Imported, keep: Sequence[int]) -> Iterator[Sequence[str]]:
        wrong: dict[int, dict[str, None]] = {}
        for complaint in imported.errors:
            wrong.setdefault(complaint.line, {})[complaint.code] = None
        read = {row.line: row for row in imported.file.rows}
        rows = iter(imported.file.raw)
        while some := list(islice(rows, UNITS_AT_ONCE)):
            units = {raw.line: read[raw.line] for raw in some if raw.line in read and raw.line not in wrong}
            booked = self.book.of_keys({row.key for row in units.values()})
            known = self.known([row.device for row in units.values() if row.device is not None])
            for raw in some:
                mine = [raw.cells[n] if n < len(raw.cells) else "" for n in keep]
                row = units.get(raw.line)
                if row is None or row.device is None:  # in error, or no unit at all
                    yield [*mine, *[""] * (len(OURS) - 2), " ".join(wrong.get(raw.line, ())), ""]
                    continue
                unit = booked.get(row.key)
                practice = unit.practice if unit is not None else row.device.is_test
                yield [*mine, *self._ours(row.device, known.of(row.device, practice=practice))]

    def known(self, devices: Sequence[Device]) -> Known:
        """What is known about these phones."""
        phones = {imei.key for device in devices for imei in device.imeis}
        wanted = [one for one in CARRIERS if self.settings.carrier(one).access is not Access.OFF]
        stands, changes = self.book.stands(phones), self.book.last_changes(phones)
        return Known(stands, changes, wanted, self.clock.now(), self.settings.verdict.age_h_max)

    def _ours(self, device: Device, answers: Answers) -> list[str]:
        """The columns `OURS`; the last as in `2026-11-25 ドコモ △→○`."""
        words, changed, last = answers.words, "", answers.changed
        if last is not None:
            day = last.at.astimezone(JST).date().isoformat()
            changed = f"{day} {self.name_of(last.carrier)} {last.before.symbol}→{last.after.symbol}"
        practice = "practice" if answers.practice else ""
        numbers = " ".join(imei.digits for imei in device.imeis)
        return [numbers, *words.marks, words.verdict, practice, " ".join(words.errors), changed]


@dataclass(frozen=True, slots=True)
class Answers:
    """What is known about one phone: its row's words (as `screen` says them), and the newest change that was told."""

    words: RowWords
    practice: bool
    changed: LastChange | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about some phones. `wanted`: the carriers that are not switched off."""

    stands: Mapping[tuple[bool, str, CarrierId], Stands]
    changes: Mapping[tuple[bool, str], LastChange]
    wanted: Collection[CarrierId]
    now: datetime
    age_h_max: float

    def of(self, device: Device, *, practice: bool) -> Answers:
        """About one phone, from recorded answers alone."""
        cells = [self._cell(imei, carrier, practice) for imei in device.imeis for carrier in CARRIERS]
        seen = [self.changes[practice, i.key] for i in device.imeis if (practice, i.key) in self.changes]
        last = max(seen, key=lambda change: change.at, default=None)
        return Answers(row_words(cells, self.wanted), practice, last)

    def _cell(self, imei: Imei, carrier: CarrierId, practice: bool) -> Cell:
        one = self.stands.get((practice, imei.key, carrier))
        if one is None or one.mark is None:
            return Cell(imei, carrier, None, error="not-asked")
        stale = is_stale(one.asked_at, self.now, self.age_h_max)
        return Cell(imei, carrier, one.mark, asked_at=one.asked_at, stale=stale, vanished=one.vanished)


def book_cells(unit: Unit) -> list[str]:
    """The columns `BOOK` of a unit; 保証期限 is the last day covered."""
    numbers = [imei.digits for imei in unit.device.imeis]
    last = None if unit.covered_until is None else unit.covered_until - timedelta(days=1)
    days = (unit.bought_on, unit.sold_on)
    return [
        unit.key, *numbers, *[""] * (IMEIS_MAX - len(numbers)), STATUS_WORDS[unit.status], unit.store, unit.person,
        unit.model, *("" if yen is None else str(yen) for yen in (unit.price_yen, unit.cost_yen)),
        *("" if day is None else day.isoformat() for day in days), unit.warranty,
        "" if last is None else last.isoformat(), unit.receipt,
    ]  # fmt: skip
