"""What rules cost before they are chosen: the days ahead if every answer stays as it is, and what nobody asks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk import plan_fast
from shirorom.domain.desk.plan import SEEN, STANDINGS, Seen, Standing, Terms
from shirorom.domain.desk.plan_day import ChoiceCost, DayCount, Load, Unasked
from shirorom.domain.desk.plan_fast import NONE, Cells, Columns
from shirorom.domain.desk.plan_rules import PlanRules, RuleSet
from shirorom.domain.mark import Mark
from shirorom.service.watch_plan_terms import Askers

COST_DAYS = 30
WEEK = 7
Chance = Callable[[Mark, int], float | None]
"""The chance that a cell of this mark becomes × within so many days, by the shop's own histories; None: not known."""


def ahead(
    columns: Columns, askers: Askers, terms: Terms, day: date, days: int, first: plan_fast.Planned
) -> tuple[DayCount, ...]:
    """So many days from `day` on, of which `first` is the plan; each is asked in full, and answered as before."""
    counts: list[DayCount] = []
    automatic = np.array([askers.automatic(carrier) for carrier in CARRIERS])
    plan = first
    for on in range(day.toordinal(), day.toordinal() + days):
        if counts:
            plan = plan_fast.plan(columns, terms, on)
        by_carrier = np.bincount(plan.planned.carrier, minlength=len(CARRIERS))
        by_carrier += np.array([plan.done.get(carrier, 0) for carrier in CARRIERS])
        program, total = int(by_carrier[automatic].sum()), int(by_carrier.sum())
        at_each = tuple(int(one) for one in by_carrier)
        counts.append(DayCount(date.fromordinal(on), total - program, program, len(plan.left), at_each))
        columns = plan_fast.asked(columns, plan.planned, on)
    return tuple(counts)


def cost(columns: Columns, askers: Askers, rules: PlanRules, name: RuleSet, day: date, chance: Chance) -> ChoiceCost:
    """What one set costs."""
    terms = askers.terms(rules, name)
    today = plan_fast.plan(columns, terms, day.toordinal())
    days = ahead(columns, askers, terms, day, COST_DAYS, today)
    hours = [
        sum(one.carriers[n] for one in days) / len(days) * askers.interval_s(carrier) / 3600
        for n, carrier in enumerate(CARRIERS)
        if askers.automatic(carrier)
    ]
    left, never = (unasked(columns, cells, day, askers.age_h_max, chance) for cells in (today.left, today.never))
    return ChoiceCost(
        rules=name,
        in_force=name is rules.rules,
        today=days[0].planned,
        days=days,
        week=Load.of(days[:WEEK]),
        month=Load.of(days),
        automatic_h=max(hours, default=0.0),
        effort=rules.effort,
        left=left,
        left_after=days[-1].left,
        never=never,
    )


def unasked(columns: Columns, cells: Cells, day: date, age_h_max: float, chance: Chance) -> Unasked:
    """What some cells that nobody asks stand for."""
    units, first = np.unique(columns.unit[cells.row], return_index=True)
    yen = columns.yen[cells.row][first]
    seen, asked_on = columns.seen[cells.row, cells.carrier], columns.asked_on[cells.row, cells.carrier]
    covered = plan_fast.standing(columns, day.toordinal())[cells.row] == STANDINGS.index(Standing.COVERED)
    ageing = np.isin(seen, [SEEN.index(Seen.CLEAR), SEEN.index(Seen.NO_RECORD)])
    hours = (day.toordinal() - asked_on + 1) * 24  # at its most: doubt never rounds up
    stale = ageing & (hours > age_h_max)
    said = np.bincount(seen[~stale], minlength=len(SEEN))
    return Unasked(
        cells=len(cells),
        units=len(units),
        yen=int(yen[yen != NONE].sum()),
        unpriced=int((yen == NONE).sum()),
        caution_covered=int(((seen == SEEN.index(Seen.CAUTION)) & covered).sum()),
        said={one: int(count) for one, count in zip(SEEN, said, strict=True)},
        stale=int(stale.sum()),
        chances={Seen(mark.value): chance(mark, COST_DAYS) for mark in (Mark.CAUTION, Mark.CLEAR)},
    )
