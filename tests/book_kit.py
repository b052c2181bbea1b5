"""What the tests of the book share: a shop with a book in a directory of its own, exports written as a POS would."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st

from shirorom.compose import Composition
from shirorom.compose.watch import Watching
from shirorom.domain.desk.stock import Status, Unit
from shirorom.domain.imei import Device, Imei
from shirorom.edge.cli.context import Options
from shirorom.service.watch_import import Imported, Wish
from tests.web_kit import settings_of

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)
HEADINGS = ("管理番号", "IMEI", "IMEI2", "状態", "店舗", "販売価格", "仕入日", "販売日", "保証期限", "レシート番号")


def number(n: int) -> str:
    """The n-th number of a test range."""
    return Imei.of_key(f"00100101{n:06}").digits


def row(key: str, n: int | str, status: str = "在庫", **others: str) -> list[str]:
    """One row below `HEADINGS`; `n`: of the phone, or its cell as it stands."""
    imei = number(n) if isinstance(n, int) else n
    named = {"管理番号": key, "IMEI": imei, "状態": status, "販売日": "2026-11-01" if status == "販売済" else ""}
    return [(named | others).get(heading, "") for heading in HEADINGS]


def csv_of(rows: Sequence[Sequence[str]], *, headings: Sequence[str] = HEADINGS) -> bytes:
    """An export as bytes."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([headings, *rows])
    return out.getvalue().encode()


@dataclass
class Clock:
    """ports.Clock, moved by hand."""

    at: datetime = NOW

    def now(self) -> datetime:
        """The present moment."""
        return self.at

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


@dataclass
class BookShop:
    """A composition with practice carriers, and its watch."""

    data: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.composition = Composition(Options(data=self.data / "data"), settings=settings_of())
        self.composition.clock = self.clock  # type: ignore[assignment]  # only its `now` is used

    @property
    def watch(self) -> Watching:
        """compose/watch.py."""
        return self.composition.watch

    def file(self, content: bytes, name: str = "export.csv") -> Path:
        """A file beside the data."""
        path = self.data / name
        path.write_bytes(content)
        return path

    def take(self, rows: Sequence[Sequence[str]], **wish: object) -> Imported:
        """Import rows."""
        return self.watch.book.importing(self.file(csv_of(rows)), Wish(**wish))  # type: ignore[arg-type]

    def units(self) -> dict[str, Unit]:
        """The whole book by key."""
        return {one.unit.key: one.unit for one in self.watch.book.book.units(after=0, count_max=100_000)}


@contextmanager
def book_shop(data: Path) -> Iterator[BookShop]:
    """A shop that lets go of its files."""
    made = BookShop(data)
    try:
        yield made
    finally:
        made.composition.close()


def codes(imported: Imported) -> list[tuple[int, str]]:
    """Errors by line."""
    return [(one.line, one.code) for one in imported.errors]


PLAIN = st.text(st.characters(exclude_categories=("C", "Z")), max_size=12).map(lambda s: s.lstrip("'").strip())
"""What a POS keeps as text; blanks and the apostrophes of spreadsheets stand for nothing at its ends."""
DAYS = st.dates(date(2015, 1, 1), TODAY)


@st.composite
def books(draw: st.DrawFn) -> list[Unit]:
    """Made-up books: every key and every phone once."""
    keys = draw(st.lists(PLAIN.filter(bool), unique=True, max_size=8))
    units, n = [], 0
    for key in keys:
        count = draw(st.integers(1, 4))
        device = Device(tuple(Imei(number(n + one)) for one in range(count)))
        n += count
        status = draw(st.sampled_from(Status))
        until = draw(st.none() | st.dates(date(2020, 1, 2), date(2099, 12, 31)))
        units.append(
            Unit(
                key=key, device=device, status=status, store=draw(PLAIN), person=draw(PLAIN), model=draw(PLAIN),
                price_yen=draw(st.none() | st.integers(0, 100_000_000)),
                cost_yen=draw(st.none() | st.integers(0, 100_000_000)), bought_on=draw(st.none() | DAYS),
                sold_on=draw(DAYS if status is Status.SOLD else st.none() | DAYS), receipt=draw(PLAIN),
                warranty=draw(PLAIN), covered_until=until,
            )
        )  # fmt: skip
    return units
