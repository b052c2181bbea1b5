"""The book as the plan of re-checks needs it: one query, straight into arrays.

The rows are whole numbers only, so that a hundred thousand of them are read in a fraction of a second: days are
ordinals (`date.toordinal`, JST), marks their place in `SEEN`, a mark and its day one number.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import chain

import numpy as np
from sqlalchemy import select

from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.watch_tables import NUMBERS, UNITS, WATCH
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.plan import FOREVER, SEEN, Seen
from shirorom.domain.desk.plan_fast import NONE, Columns
from shirorom.domain.imei import Device, Imei
from shirorom.ports.plan import Asked, Term

UNITS_AT_ONCE = 500
_EPOCH_DAY = 719_163
_JST_MS, _DAY_MS = 9 * 3_600_000, 86_400_000
_MARKS = 8
"""A mark and its day are one number: day × 8 + the mark's place."""


def _day(text: str) -> str:
    return f"COALESCE(CAST(julianday({text}) - 1721424.5 AS INTEGER), {NONE})"


_MARK = " ".join(f"WHEN '{seen.value}' THEN {n}" for n, seen in enumerate(SEEN) if seen is not Seen.NEVER)
_ANSWER = f"(({_JST_MS} + asked_at) / {_DAY_MS} + {_EPOCH_DAY}) * {_MARKS} + CASE mark {_MARK} END"
_ANSWERS = ", ".join(
    f"MAX(CASE carrier WHEN '{carrier.value}' THEN {_ANSWER} END) AS {carrier.value}" for carrier in CARRIERS
)
_QUERY = f"""
SELECT u.seq, CAST(n.phone AS INTEGER), n.number, u.practice, u.status = 'sold',
    CASE u.status WHEN 'stock' THEN {_day("u.bought_on")} ELSE {_day("u.sold_on")} END,
    ({_JST_MS} + u.changed_at) / {_DAY_MS} + {_EPOCH_DAY},
    COALESCE(u.price_yen, u.cost_yen, {NONE}),
    {_day("u.covered_until")}, %s,
    {", ".join(f"COALESCE(c.{carrier.value}, {NONE})" for carrier in CARRIERS)}
FROM watch_units u JOIN watch_numbers n ON n.unit = u.seq
LEFT JOIN (SELECT practice, phone, {_ANSWERS} FROM watch_cells
           WHERE mark IS NOT NULL AND asked_at IS NOT NULL GROUP BY practice, phone) c
    ON c.practice = u.practice AND c.phone = n.phone
WHERE u.status IN ('stock', 'sold') ORDER BY u.seq, n.number
"""  # noqa: S608  # nothing of it comes from outside


class SqlPlanBook:
    """See `ports.plan.PlanBook`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def version(self) -> tuple[int, int]:
        """See `ports.plan.PlanBook`."""
        with self._desk.reading() as db:
            row = db.execute(select(WATCH.c.book_version, WATCH.c.version)).one()
        return int(row.book_version), int(row.version)

    def columns(self, term: Term, asked: Asked) -> Columns:
        """See `ports.plan.PlanBook`."""
        with self._desk.reading() as db:
            db.exec_driver_sql("BEGIN")  # both queries see one moment
            ids = db.execute(select(UNITS.c.warranty).distinct().where(UNITS.c.status == "sold")).scalars().all()
            days = [(id_, term(id_)) for id_ in ids]
            ended = [(id_, count) for id_, count in days if count is not None]
            cases = "".join(" WHEN ? THEN ?" for _ in ended)
            sold = f"CASE u.warranty{cases} ELSE {NONE} END" if ended else str(NONE)
            rows = db.exec_driver_sql(_QUERY % sold, tuple(chain.from_iterable(ended))).fetchall()
            db.exec_driver_sql("ROLLBACK")
        width = 10 + len(CARRIERS)
        flat = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width).reshape(len(rows), width)
        return _columns(flat, asked)

    def devices(self, units: Collection[int]) -> Mapping[int, tuple[str, Device]]:
        """See `ports.plan.PlanBook`."""
        wanted = sorted(set(units))
        found: dict[int, tuple[str, list[Imei]]] = {}
        columns = select(UNITS.c.seq, UNITS.c.key, NUMBERS.c.imei).join(NUMBERS, NUMBERS.c.unit == UNITS.c.seq)
        with self._desk.reading() as db:
            for first in range(0, len(wanted), UNITS_AT_ONCE):
                some = UNITS.c.seq.in_(wanted[first : first + UNITS_AT_ONCE])
                for row in db.execute(columns.where(some).order_by(UNITS.c.seq, NUMBERS.c.number)):
                    found.setdefault(row.seq, (row.key, []))[1].append(Imei(row.imei))
        return {seq: (key, Device(tuple(imeis))) for seq, (key, imeis) in found.items()}


def _columns(flat: np.ndarray[tuple[int, ...], np.dtype[np.int64]], asked: Asked) -> Columns:
    unit, phone, number, practice, sold, since_on, came_on, yen, until, term = (
        np.ascontiguousarray(flat[:, n]) for n in range(10)
    )
    answers = np.ascontiguousarray(flat[:, 10:])
    by_terms = np.where((term == NONE) | (since_on == NONE), FOREVER, since_on + term)
    asks = np.array([[carrier in set(asked(world)) for carrier in CARRIERS] for world in (False, True)])
    return Columns(
        unit=unit,
        phone=phone,
        number=number,
        practice=practice.astype(np.bool_),
        sold=sold.astype(np.bool_),
        since_on=since_on,
        came_on=came_on,
        yen=yen,
        cover_until=np.where(until == NONE, by_terms, until),
        seen=np.where(answers == NONE, SEEN.index(Seen.NEVER), answers % _MARKS),
        asked_on=np.where(answers == NONE, NONE, answers // _MARKS),
        asks=asks[practice],
    )
