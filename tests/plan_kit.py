"""What the tests of the plan share: cells and rules made up by hypothesis, a book in the desk's database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, update

from shirorom.adapters.desk_sql.counter_rows import ms_of
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.watch_tables import CELLS, NUMBERS, UNITS, WATCH
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.plan import FOREVER, SEEN, STANDINGS, PlanCell, Rule, Seen, Terms
from shirorom.domain.desk.plan_fast import NONE, Columns, Ints
from tests.logs import START, imei

DAY = date(2026, 11, 23).toordinal()
PHONE = 10_010_000_000
"""The first of the test phones as a number: 14 digits, two zeros before it."""

maybe = st.none() | st.integers(0, 40)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    """Any rule."""

    def bounds() -> tuple[int | None, int | None]:
        low, high = draw(maybe), draw(maybe)
        return (low, high) if low is None or high is None or low < high else (low, None)

    (days_from, days_until), (yen_from, yen_until), (left_from, left_until) = bounds(), bounds(), bounds()
    return Rule(
        every=draw(st.integers(1, 30) | st.just("never")),
        why="理由", why_en="reason",
        mark=tuple(draw(st.sets(st.sampled_from(SEEN), max_size=3))),
        status=tuple(draw(st.sets(st.sampled_from(STANDINGS), max_size=2))),
        days_from=days_from, days_until=days_until, yen_from=yen_from, yen_until=yen_until,
        left_from=left_from, left_until=left_until,
    )  # fmt: skip


@st.composite
def books(draw: st.DrawFn) -> list[PlanCell]:
    """Units with one or two numbers; some numbers stand in two units, and then have one answer."""
    answers: dict[tuple[int, int], tuple[Seen, int | None]] = {}
    cells = []
    for unit in range(draw(st.integers(0, 6))):
        sold, since, yen = draw(st.booleans()), draw(st.none() | st.integers(-40, 2)), draw(maybe)
        until = draw(st.just(FOREVER) | st.integers(DAY - 5, DAY + 40))
        for number, phone in enumerate(draw(st.sets(st.integers(0, 8), min_size=1, max_size=2)), 1):
            for n, carrier in enumerate(CARRIERS):
                if (phone, n) not in answers:
                    seen = draw(st.sampled_from(SEEN))
                    asked = None if seen is Seen.NEVER else DAY + draw(st.integers(-40, 0))
                    answers[phone, n] = seen, asked
                seen, asked = answers[phone, n]
                cells.append(
                    PlanCell(
                        unit, PHONE + phone, number, carrier, True, sold, seen, asked,
                        None if since is None else DAY + since, DAY - 3, yen, until,
                    )
                )  # fmt: skip
    return cells


capacities = st.dictionaries(st.sampled_from(CARRIERS), st.integers(0, 8))
all_terms = st.builds(
    Terms,
    st.lists(rules(), max_size=5).map(tuple),
    capacities,
    st.integers(0, 90),
    st.integers(0, 50),
)


def columns_of(cells: Iterable[PlanCell]) -> Columns:
    """The arrays of these cells; those of one number of one unit are brought together."""
    rows: dict[tuple[int, int], list[PlanCell]] = {}
    for cell in cells:
        rows.setdefault((cell.unit, cell.number), []).append(cell)
    firsts = [same[0] for same in rows.values()]
    seen = np.full((len(rows), 4), SEEN.index(Seen.NEVER), np.int64)
    asked = np.full((len(rows), 4), NONE, np.int64)
    asks = np.zeros((len(rows), 4), np.bool_)
    for n, same in enumerate(rows.values()):
        for cell in same:
            at = CARRIERS.index(cell.carrier)
            seen[n, at], asks[n, at] = SEEN.index(cell.seen), True
            asked[n, at] = NONE if cell.asked_on is None else cell.asked_on

    def ints(values: Iterable[int | None]) -> Ints:
        return np.array([NONE if value is None else value for value in values], np.int64)

    return Columns(
        unit=ints(c.unit for c in firsts),
        phone=ints(c.phone for c in firsts),
        number=ints(c.number for c in firsts),
        practice=np.array([c.practice for c in firsts], np.bool_),
        sold=np.array([c.sold for c in firsts], np.bool_),
        since_on=ints(c.since_on for c in firsts),
        came_on=ints(c.came_on for c in firsts),
        yen=ints(c.yen for c in firsts),
        cover_until=ints(c.cover_until for c in firsts),
        seen=seen,
        asked_on=asked,
        asks=asks,
    )


# ── a book in the desk's database ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Row:
    """A unit of the book for a test: its numbers by n, and what was answered: (n, carrier) → (mark, when)."""

    seq: int
    numbers: tuple[int, ...]
    answers: Mapping[tuple[int, CarrierId], tuple[str, datetime]] = field(default_factory=dict)
    status: str = "stock"
    price_yen: int | None = 30_000
    cost_yen: int | None = None
    bought_on: str | None = "2026-10-01"
    sold_on: str | None = None
    warranty: str = ""
    covered_until: str | None = None
    practice: bool = True


def put(desk: Desk, *rows: Row, at: datetime = START - timedelta(days=3)) -> None:
    """Write units and answers as those who keep the book and follow the record would."""
    with desk.writing() as db:
        for row in rows:
            unit = {
                name: getattr(row, name)
                for name in ("seq", "status", "price_yen", "cost_yen", "bought_on", "sold_on", "warranty",
                             "covered_until", "practice")
            }  # fmt: skip
            unit |= {"key": f"K{row.seq}", "store": "", "person": "", "model": "", "receipt": "", "since": 0}
            db.execute(insert(UNITS).values(**unit, changed_at=ms_of(at)))
            for number, n in enumerate(row.numbers, 1):
                db.execute(insert(NUMBERS).values(unit=row.seq, number=number, imei=imei(n).digits, phone=imei(n).key))
        for row in rows:
            for (n, carrier), (mark, when) in row.answers.items():
                answer(db, n, carrier, mark, when, practice=row.practice)
        db.execute(update(WATCH).values(book_version=WATCH.c.book_version + 1))


def answer(db: Connection, n: int, carrier: CarrierId, mark: str, when: datetime, *, practice: bool = True) -> None:
    """What was last answered there, as the record's follower writes it."""
    key = {"practice": practice, "phone": imei(n).key, "carrier": carrier.value}
    said = {"mark": mark, "raw": "x", "asked_at": ms_of(when), "since": ms_of(when), "vanished": False, "log_index": 1}
    db.execute(insert(CELLS).prefix_with("OR REPLACE").values(**key, **said))
    db.execute(update(WATCH).values(version=WATCH.c.version + 1))


def everywhere(n: int, mark: str, days_ago: int) -> dict[tuple[int, CarrierId], tuple[str, datetime]]:
    """The same answer of all carriers."""
    return {(n, carrier): (mark, START - timedelta(days=days_ago)) for carrier in CARRIERS}
