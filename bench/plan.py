"""The plan of re-checks over a book of 8,000 units in stock and 30,000 sold, all with two numbers: 304,000 cells.

Beside each figure its limit, or the plain form of the same rules over a part of the same cells (the rate of both).
"""

from __future__ import annotations

import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench._rows import at_most, row
from shirorom.adapters.desk_sql.counter_rows import ms_of
from shirorom.adapters.desk_sql.watch_tables import CELLS, NUMBERS, UNITS
from shirorom.compose import Composition
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk import plan as plain
from shirorom.domain.desk import plan_fast
from shirorom.domain.imei import Imei
from shirorom.edge.cli.context import Options
from shirorom.service.settings import CarrierSettings, CarriersSettings, Settings
from shirorom.service.watch_plan import day_of

STOCK, SOLD = 8_000, 30_000
PLAIN_CELLS = 20_000
LIMIT_S = 1.0
MARKS, SHARES = ("clear", "caution", "no-record", "restricted", None), (28, 6, 64, 0.1, 2)


def run() -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as data:
        Path(data).chmod(0o700)
        made = _open(Path(data))
        _fill(made)
        rows = _rows(made)
        made.close()
    return {"name": "plan of re-checks (38,000 units, 304,000 cells)", "rows": rows}


def _rows(made: Composition) -> list[dict[str, Any]]:
    now, planner = made.now(), made.watch.plan
    today = _median(lambda: _anew(planner).today(now), 5)
    again = _median(lambda: planner.today(now), 20)
    day = day_of(now).toordinal()
    columns = planner.book.columns(planner.term, planner.askers.asked)
    book = _median(lambda: planner.book.columns(planner.term, planner.askers.asked), 5)
    rules = planner.rule_book.rules()
    terms = plain.Terms(rules.in_force, dict.fromkeys(CARRIERS, rules.day.cells))
    cells = [columns.cell(row, at) for row in range(PLAIN_CELLS // 4) for at in range(4)]
    slow = len(cells) / _median(lambda: plain.plan(cells, terms, day), 3)
    fast = columns.seen.size / _median(lambda: plan_fast.plan(columns, terms, day), 5)
    planner.today(now)
    ahead = _median(lambda: _looked_ahead(planner, now), 3)
    costs = _median(lambda: _anew(planner).costs(now), 3)
    filled = _once(lambda: planner.fill_queue(now, by="bench"))
    return [
        row("plan for today, book read anew", today, "s", asked=at_most(LIMIT_S)),
        {"what": "of this: book and answers into arrays", "value": book, "unit": "s"},
        {"what": "the same again, nothing changed", "value": 1000 * again, "unit": "ms"},
        row("cells judged by arrays", fast, "cells/s", beside="one by one", peer=slow),
        {"what": "seven days ahead", "value": 1000 * ahead, "unit": "ms"},
        {"what": "cost of three choices, 30 days each, book read anew", "value": costs, "unit": "s"},
        {"what": "today's phones into the counter's queue", "value": filled, "unit": "s"},
        {"what": "memory of the process", "value": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
         "unit": "MiB"},
    ]  # fmt: skip


def _anew(planner: Any) -> Any:
    planner._made = planner._costs = planner._days = None
    return planner


def _looked_ahead(planner: Any, now: datetime) -> Any:
    planner._days = None
    return planner.forecast(now)


def _median(call: Callable[[], Any], times: int) -> float:
    return statistics.median(_once(call) for _ in range(times))


def _once(call: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def _open(data: Path) -> Composition:
    table = CarrierSettings(url="http://127.0.0.1:9")
    settings = Settings(carriers=CarriersSettings(**{carrier.value: table for carrier in CarrierId}))
    return Composition(Options(data=data), settings=settings)


def _fill(made: Composition) -> None:
    """Units bought and sold over a year, answers of the last four months, all from one seed."""
    dice, now = random.Random(20_261_123), made.now()
    units: list[dict[str, Any]] = []
    numbers: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    for seq in range(1, STOCK + SOLD + 1):
        sold = seq > STOCK
        bought = (now - timedelta(days=dice.randrange(1, 400))).date()
        units.append(
            {
                "seq": seq, "key": f"K{seq}", "status": "sold" if sold else "stock", "store": f"S{seq % 12}",
                "person": "", "model": "", "price_yen": dice.randrange(8_000, 120_000), "cost_yen": None,
                "bought_on": bought.isoformat(), "sold_on": bought.isoformat() if sold else None, "receipt": "",
                "warranty": "", "covered_until": None, "practice": True, "since": 0, "changed_at": ms_of(now),
            }
        )  # fmt: skip
        for number in (1, 2):
            imei = Imei.of_key(f"0010010{2 * seq + number:07d}")
            numbers.append({"unit": seq, "number": number, "imei": imei.digits, "phone": imei.key})
            for carrier in CARRIERS:
                (mark,) = dice.choices(MARKS, SHARES)
                if mark is not None:
                    asked = ms_of(now - timedelta(days=dice.randrange(1, 120)))
                    cells.append(
                        {
                            "practice": True, "phone": imei.key, "carrier": carrier.value, "mark": mark, "raw": "",
                            "asked_at": asked, "since": asked, "vanished": False, "log_index": len(cells),
                        }
                    )  # fmt: skip
    desk = made.desk
    if desk is None:
        raise RuntimeError("the extra `desk` is not installed")
    with desk.writing() as db:
        for table, rows in ((UNITS, units), (NUMBERS, numbers), (CELLS, cells)):
            db.execute(insert(table), rows)
    os.sync()
