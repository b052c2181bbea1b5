"""What rules cost, over any book: no day above its limit, nothing lost on the way, no old answer called ○."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import cast

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk import plan_fast
from shirorom.domain.desk.plan import PlanCell, Seen, Terms
from shirorom.domain.desk.plan_day import DayCount, Load
from shirorom.domain.desk.plan_fast import Cells
from shirorom.service.watch_plan_cost import ahead, unasked
from shirorom.service.watch_plan_terms import Askers
from tests.plan_kit import DAY, all_terms, books, columns_of

few = settings(max_examples=40)
NOBODY = cast("Askers", SimpleNamespace(automatic=lambda carrier: False))


def days_of(cells: list[PlanCell], terms: Terms, count: int) -> tuple[DayCount, ...]:
    columns = columns_of(cells)
    today = plan_fast.plan(columns, terms, DAY)
    return ahead(columns, NOBODY, terms, date.fromordinal(DAY), count, today)


def all_cells(columns: plan_fast.Columns) -> Cells:
    row, carrier = np.nonzero(columns.asks)
    return Cells(row, carrier, row, row)


@few
@given(cells=books(), terms=all_terms)
def test_no_day_is_above_its_limit(cells: list[PlanCell], terms: Terms) -> None:
    """But for what was answered on the first day before anybody planned."""
    for day in days_of(cells, terms, 6)[1:]:
        for carrier, asked in zip(CARRIERS, day.carriers, strict=True):
            assert asked <= terms.capacity.get(carrier, 0)
        assert day.planned == sum(day.carriers)


@few
@given(cells=books(), terms=all_terms, more=st.integers(1, 5))
def test_a_longer_look_begins_alike(cells: list[PlanCell], terms: Terms, more: int) -> None:
    """The days that are told do not change with how many are asked for."""
    assert days_of(cells, terms, 3 + more)[:3] == days_of(cells, terms, 3)


@few
@given(cells=books(), age_h=st.sampled_from([1.0, 24.0, 72.0, 200.0]))
def test_an_old_answer_is_no_clear(cells: list[PlanCell], age_h: float) -> None:
    """A ○ or － is counted as such only where even its earliest hour is within the limit; every cell counts once."""
    columns = columns_of(cells)
    told = unasked(columns, all_cells(columns), date.fromordinal(DAY), age_h, lambda mark, days: None)
    for seen in (Seen.CLEAR, Seen.NO_RECORD):
        fresh = [c for c in cells if c.seen is seen and (DAY - (c.asked_on or 0) + 1) * 24 <= age_h]
        assert told.said[seen] == len(fresh)
    assert sum(told.said.values()) + told.stale == told.cells == len(cells)
    assert told.units == len({cell.unit for cell in cells})


def test_a_load_is_mean_and_peak() -> None:
    """Over the days given; over none it is nothing."""
    days = [DayCount(date.fromordinal(DAY + n), people, 2, 0, (people, 2, 0, 0)) for n, people in enumerate((4, 8))]
    assert Load.of(days) == Load(mean=8, peak=10, people_mean=6, automatic_mean=2)
    assert Load.of([]) == Load(0, 0, 0, 0)
