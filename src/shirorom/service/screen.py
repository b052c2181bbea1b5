"""A file against what is known (`shirorom screen`): one row out for each row in, in constant memory.

1. open the file by its content, and find its heading and the columns that hold device numbers
2. read the number of each row: plain spellings a column at a time, all others through the parser
3. answer each phone from the record (unless only numbers are wanted)
4. write every row with the columns added, and put the file in place once it is whole
5. on request send the phones with an answer missing to the counter's queue
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.queue import OPEN_MAX
from shirorom.domain.errors import ConfigError, RequestError, ShiroromError
from shirorom.domain.imei import IMEIS_MAX, Device, Imei
from shirorom.domain.tables.answer import RowWords
from shirorom.domain.tables.number import device_of
from shirorom.domain.tables.shape import PREFIX, ROWS_LOOKED_AT, Shape, column_named, is_total, shape_of
from shirorom.ports.tables import Batch, Part, Table, TableKind, Tables
from shirorom.service.counter import Counter
from shirorom.service.screen_answers import Said

if TYPE_CHECKING:  # numpy is only there where tables are read by columns
    import numpy as np
    from numpy.typing import NDArray

NAMES = ("imei", *(carrier.value for carrier in CARRIERS), "verdict", "practice", "error")
"""Columns that are added, without their prefix."""
NAMES_NUMBERS = ("imei", "error")
"""Those of them that need no record."""
ADDED = tuple(PREFIX + name for name in NAMES)
BAD_TOLD_MAX = 100
"""Bad rows that are told one by one; the others are counted."""
QUEUE_AT_ONCE = 200

_REFUSE = frozenset({"table-row-long", "table-row-characters"})
"""Rows whose numbers cannot be told from their neighbours' or may lack a digit: no answer is given."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted.

    Attributes:
        columns: Those with the numbers, named by a person, over what the headings say.
        add: Which of `NAMES` are added (of `NAMES_NUMBERS`, with `numbers_only`); none named: all.
        added_only: The file's own columns are left out.
    """

    kind: TableKind
    columns: Sequence[str] = ()
    sheet: str | None = None
    numbers_only: bool = False
    escape: bool = False
    add: Sequence[str] = ()
    added_only: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are added, in their order."""
        names = NAMES_NUMBERS if self.numbers_only else NAMES
        return tuple(name for name in names if name in self.add) if self.add else names


@dataclass(slots=True)
class Screened:
    """What came of it.

    Attributes:
        rows: Rows of data, read and written.
        phones: Rows with a phone.
        practice: Rows with a phone of the practice world.
        verdicts: How many rows have which verdict.
        codes: How many rows are wrong in which way (numbers and rows, not missing answers).
        bad: The first of them: line and code.
        open: The phones of which an answer is missing, once each; at most one more than the queue holds.
    """

    rows: int = 0
    phones: int = 0
    practice: int = 0
    verdicts: Tally[str] = field(default_factory=Tally)
    codes: Tally[str] = field(default_factory=Tally)
    bad: list[tuple[int, str]] = field(default_factory=list)
    open: dict[Device, None] = field(default_factory=dict)

    def wrong(self, line: int, code: str) -> None:
        """Count a row that is wrong."""
        self.codes[code] += 1
        if len(self.bad) < BAD_TOLD_MAX:
            self.bad.append((line, code))


class Kind(NamedTuple):
    """What many rows are alike in: what is wrong with them, or what is known of their phones; or nothing."""

    code: str = ""
    words: RowWords | None = None
    practice: bool = False


class ColumnSight(Protocol):
    """What is known of the phones of one world at one moment, by the column (`service/lookup.py Sight`)."""

    @property
    def said(self) -> Sequence[Said]:
        """The different answers met so far."""
        ...

    def ids(self, keys: NDArray[np.uint64]) -> NDArray[np.intp]:
        """For each phone (first 14 digits as a number) the place of its answer in `said`."""
        ...

    def together(self, ids: tuple[int, ...]) -> int:
        """The place of what is said of a phone with several numbers, out of what is said of each."""
        ...


class ColumnLookup(Protocol):
    """What is known, of phones one by one and by the column (`service/lookup.py Lookup`)."""

    @property
    def practice(self) -> bool:
        """Whether every phone is of the practice world, not only test numbers."""
        ...

    def sight(self, practice: bool, *, coarse: bool) -> ColumnSight:
        """One world as of now; `coarse`: cells only have what decides."""
        ...

    def __call__(self, devices: Sequence[Device]) -> list[Said]:
        """What is known of each phone, in the order given."""
        ...


OnProgress = Callable[[int, int | None], None]
"""Rows done, and about how many there are."""


@dataclass(frozen=True, slots=True)
class Screen:
    """File in, file out. The record is opened when it is first asked; numbers alone need none."""

    tables: Tables
    lookup: Callable[[], ColumnLookup]
    counter: Callable[[], Counter | None]

    def __call__(self, source: Path, target: Path, wish: Wish, on_progress: OnProgress) -> Screened:
        """Screen a file. Nothing is left under the target's name unless all of it was written.

        Raises:
            RequestError: as `Tables.open`, `Table.batches`; `table-column-missing`, `table-no-numbers`.
            StorageError: the file cannot be written, the record does not hold.
            ConfigError: the configuration cannot be used (not with `numbers_only`).
        """
        with self.tables.open(source, sheet=wish.sheet) as table:
            shape, columns = _shape(table, wish)
            keep = () if wish.added_only else shape.own_columns
            batches = table.batches(
                width=len(shape.names),
                skip=shape.first,
                numbers=columns if list(columns) == sorted(set(columns)) else (),
            )
            run = _Run(shape, columns, keep, wish.names, None if wish.numbers_only else self.lookup())
            heading = [*(shape.names[n] for n in keep), *(PREFIX + name for name in wish.names)]
            parts = _told(run.parts(batches), run.done, table.rows_about, on_progress)
            self.tables.write_batches(target, heading, parts, kind=wish.kind, escape=wish.escape)
            return run.done

    def queue(self, devices: Sequence[Device], *, by: str) -> int:
        """Send phones to the counter, as many as its queue takes; returns how many went in.

        Raises:
            ConfigError: `desk-missing`.
        """
        counter = self.counter()
        if counter is None:
            raise ConfigError("desk-missing")
        sent, size = 0, QUEUE_AT_ONCE
        while sent < len(devices) and size:
            some = devices[sent : sent + size]
            try:
                counter.add(some, by=by)
            except ShiroromError as error:
                if error.code != "queue-full":
                    raise
                size //= 2
            else:
                sent += len(some)
        return sent


def _shape(table: Table, wish: Wish) -> tuple[Shape, tuple[int, ...]]:
    shape = shape_of([row.cells for row in islice(table.rows(), ROWS_LOOKED_AT)])
    if not wish.columns:
        if not shape.number_columns:
            raise RequestError("table-no-numbers")
        return shape, shape.number_columns
    columns = [column_named(shape, name) for name in wish.columns]
    if None in columns:
        raise RequestError("table-column-missing")
    return shape, tuple(n for n in columns if n is not None)


def _told(parts: Iterator[Part], done: Screened, about: int | None, on_progress: OnProgress) -> Iterator[Part]:
    for part in parts:
        yield part
        on_progress(done.rows, about)


@dataclass(slots=True)
class _Run:
    """One file under way."""

    shape: Shape
    columns: tuple[int, ...]
    keep: tuple[int, ...]
    names: tuple[str, ...]
    lookup: ColumnLookup | None
    done: Screened = field(default_factory=Screened)

    def parts(self, batches: Iterator[Batch]) -> Iterator[Part]:
        from shirorom.service.screen_blocks import Blocks

        certain = set(self.columns) <= set(self.shape.number_columns)
        blocks = Blocks(self.lookup, self._texts, "imei" in self.names, self._slowly, certain, self.done)
        for batch in batches:
            if batch.numbers is not None:
                yield Part(batch, self.keep, blocks(batch, batch.numbers))
                continue
            numbers, errors = self._numbers(batch)
            self.done.rows += len(batch)
            self.done.phones += len(batch) - numbers.count("")
            yield Part(batch, self.keep, self._added(numbers, errors))

    def _texts(self, kind: Kind) -> tuple[str, ...]:
        """What is added to a row of a kind, but for its numbers."""
        texts = {"error": kind.code}
        if kind.words is not None:
            texts = {carrier.value: mark for carrier, mark in zip(CARRIERS, kind.words.marks, strict=True)}
            texts["verdict"], texts["error"] = kind.words.verdict, " ".join(kind.words.errors)
            texts["practice"] = "practice" if kind.practice else ""
        return tuple(texts.get(name, "") for name in self.names)

    def _numbers(self, batch: Batch) -> tuple[list[str], list[str]]:
        """For each row the numbers of its phone (apart by a blank), and what is wrong with it."""
        plain = [batch.plain_numbers(column) for column in self.columns]
        joined = list(plain[0]) if len(plain) == 1 else [_joined(row) for row in zip(*plain, strict=True)]
        errors = [""] * len(joined)
        for place in _unread(joined):
            joined[place], errors[place] = self._slowly(batch, place)
            if errors[place]:
                self.done.wrong(batch.lines[place], errors[place])
        numbers = cast("list[str]", joined)
        for place, codes in batch.damage.items():
            if _REFUSE.intersection(codes):
                numbers[place] = errors[place] = ""
            for code in codes:
                self.done.wrong(batch.lines[place], code)
            errors[place] = " ".join(code for code in (errors[place], *codes) if code)
        return numbers, errors

    def _slowly(self, batch: Batch, place: int) -> tuple[str, str]:
        row = batch.row(place)
        cells = [row[column] for column in self.columns]
        if not any(map(str.strip, row)) or is_total(row, self.shape):
            return "", ""  # an empty line, a total: no phone is missing here
        try:
            return " ".join(imei.digits for imei in device_of(cells).imeis), ""
        except ShiroromError as error:
            return "", error.code

    def _added(self, numbers: Sequence[str], errors: list[str]) -> tuple[Sequence[str], ...]:
        added: dict[str, Sequence[str]] = {"imei": numbers, "error": errors}
        if self.lookup is not None:
            devices = [Device(tuple(map(Imei, one.split(" ")))) if one else None for one in numbers]
            told = iter(self._ask(self.lookup, [device for device in devices if device is not None]))
            said = [next(told) if device is not None else None for device in devices]
            for place, one in enumerate(said):
                if one is not None and one.words.errors:
                    errors[place] = " ".join((*filter(None, (errors[place],)), *one.words.errors))
            for n, carrier in enumerate(CARRIERS):
                added[carrier.value] = ["" if one is None else one.words.marks[n] for one in said]
            added["verdict"] = ["" if one is None else one.words.verdict for one in said]
            added["practice"] = ["practice" if one is not None and one.practice else "" for one in said]
        return tuple(added[name] for name in self.names)

    def _ask(self, lookup: ColumnLookup, devices: Sequence[Device]) -> list[Said]:
        if not devices:
            return []
        said, done = lookup(devices), self.done
        done.practice += sum(one.practice for one in said)
        done.verdicts.update(one.words.verdict for one in said)
        for device, one in zip(devices, said, strict=True):
            if len(done.open) > OPEN_MAX:
                break
            if one.open:
                done.open[device] = None
        return said


def _unread(numbers: Sequence[str | None]) -> list[int]:
    if None not in numbers and "" not in numbers:
        return []
    return [place for place, number in enumerate(numbers) if not number]


def _joined(row: Sequence[str | None]) -> str | None:
    """The numbers of several columns; None: it takes the parser to say what is wrong with them, if anything."""
    numbers = dict.fromkeys(number for number in row if number)
    return None if None in row or len(numbers) > IMEIS_MAX else " ".join(numbers)
