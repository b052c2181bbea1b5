"""What the tests of the plan share: cells and rules made up by hypothesis, a book in the desk's database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from hypothesis import strategies as st
from sqlalchemy import Connection, insert, update

from shirorom.adapters.desk_sql.counter_rows import ms_of
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.watch_tables import CELLS, NUMBERS, UNITS, WATCH
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.plan import FOREVER, SEEN, STANDINGS, PlanCell, Rule, Seen, Terms
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
