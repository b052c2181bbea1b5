"""The plan of re-checks as JSON, one form for command line and API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from shirorom.domain.desk.plan import Seen
from shirorom.domain.mark import SYMBOL_UNKNOWN, Mark

if TYPE_CHECKING:  # only named here: whoever plans loads it
    from shirorom.domain.desk.plan_day import ChoiceCost, DayCount, Filled, Load, Planned, PlanOfDay, Unasked


class UnaskedWire(msgspec.Struct, frozen=True):
    """Cells that nobody asks, as counts. A ○ or － that is too old to rest on counts in `stale`, not in `said`."""

    cells: int
    units: int
    yen: int
    unpriced: int
    caution_covered: int
    said: dict[str, int]
    stale: int
    chances: dict[str, float | None]


class CarrierDayWire(msgspec.Struct, frozen=True):
    """One carrier's part of a day, in cells."""

    carrier: str
    automatic: bool
    capacity: int
    planned: int
    left: int
    done: int
    stopped: str | None


class PlannedWire(msgspec.Struct, frozen=True):
    """One cell, by the unit's stock key: no number of a phone stands here."""

    key: str
    number: int
    carrier: str
    status: str
    mark: str
    symbol: str
    asked_on: str | None
    due_on: str
    yen: int | None
    every_days: int
    why: str
    correction: bool


class DayWire(msgspec.Struct, frozen=True):
    """A day ahead, if every answer stays as it is, in cells."""

    day: str
    planned: int
    people: int
    automatic: int
    left: int


class PlanWire(msgspec.Struct, frozen=True):
    """The plan of a day: `done` of `total` cells are answered, `open` are still to ask, `cells` the first of them."""

    day: str
    rules: str
    practice: bool
    real: bool
    total: int
    done: int
    open: int
    phones: int
    due: int
    carriers: tuple[CarrierDayWire, ...]
    left: UnaskedWire
    never: UnaskedWire
    ahead: tuple[DayWire, ...]
    cells: tuple[PlannedWire, ...]


class LoadWire(msgspec.Struct, frozen=True):
    """Cells a day, and minutes of people a day, over some days ahead."""

    mean: float
    peak: int
    hand_min: float
    extension_min: float


class CostWire(msgspec.Struct, frozen=True):
    """What a set of rules costs a day, and what it leaves unasked. Seconds a cell are the shop's own assumption."""

    rules: str
    in_force: bool
    today: int
    week: LoadWire
    month: LoadWire
    automatic_h: float
    hand_s: float
    extension_s: float
    left: UnaskedWire
    left_after_30_days: int
    never: UnaskedWire


class CostsWire(msgspec.Struct, frozen=True):
    """Every set that can be chosen."""

    choices: tuple[CostWire, ...]


class FilledWire(msgspec.Struct, frozen=True):
    """Phones that came into the counter's queue, were there already, were taken off it, and are not in it yet."""

    added: int
    known: int
    gone: int
    left: int


def plan_of(plan: PlanOfDay, ahead: Sequence[DayCount], cells: Sequence[Planned], lang: str) -> PlanWire:
    """A whole day."""
    return PlanWire(
        day=plan.day.isoformat(),
        rules=plan.rules.value,
        practice=plan.practice,
        real=plan.real,
        total=plan.total,
        done=plan.done,
        open=plan.open,
        phones=plan.phones,
        due=plan.due,
        carriers=tuple(
            CarrierDayWire(one.carrier.value, one.automatic, one.capacity, one.planned, one.left, one.done, one.stopped)
            for one in plan.carriers
        ),
        left=unasked_of(plan.left),
        never=unasked_of(plan.never),
        ahead=tuple(day_of(one) for one in ahead),
        cells=tuple(cell_of(one, lang) for one in cells),
    )


def day_of(count: DayCount) -> DayWire:
    """A day ahead."""
    return DayWire(count.day.isoformat(), count.planned, count.people, count.automatic, count.left)


def cell_of(cell: Planned, lang: str) -> PlannedWire:
    """One cell, explained in the caller's language."""
    return PlannedWire(
        key=cell.key,
        number=cell.number,
        carrier=cell.carrier.value,
        status=cell.standing.value,
        mark=cell.seen.value,
        symbol=symbol(cell.seen),
        asked_on=_text(cell.asked_on),
        due_on=cell.due_on.isoformat(),
        yen=cell.yen,
        every_days=cell.every,
        why=cell.why if lang == "ja" else cell.why_en,
        correction=cell.correction,
    )


def costs_of(costs: Sequence[ChoiceCost]) -> CostsWire:
    """Every choice."""
    return CostsWire(tuple(cost_of(one) for one in costs))


def cost_of(cost: ChoiceCost) -> CostWire:
    """One choice."""

    def load(load: Load) -> LoadWire:
        minutes = round(cost.hand_min(load), 1), round(cost.extension_min(load), 1)
        return LoadWire(round(load.mean, 1), load.peak, *minutes)

    return CostWire(
        rules=cost.rules.value,
        in_force=cost.in_force,
        today=cost.today,
        week=load(cost.week),
        month=load(cost.month),
        automatic_h=round(cost.automatic_h, 2),
        hand_s=cost.effort.hand_s,
        extension_s=cost.effort.extension_s,
        left=unasked_of(cost.left),
        left_after_30_days=cost.left_after,
        never=unasked_of(cost.never),
    )


def unasked_of(unasked: Unasked) -> UnaskedWire:
    """What nobody asks."""
    return UnaskedWire(
        cells=unasked.cells,
        units=unasked.units,
        yen=unasked.yen,
        unpriced=unasked.unpriced,
        caution_covered=unasked.caution_covered,
        said={seen.value: count for seen, count in unasked.said.items()},
        stale=unasked.stale,
        chances={seen.value: chance for seen, chance in unasked.chances.items()},
    )


def filled_of(filled: Filled) -> FilledWire:
    """What came into the queue."""
    return FilledWire(filled.added, filled.known, filled.gone, filled.left)


def symbol(seen: Seen) -> str:
    """As every page shows it; what was never asked is ？."""
    return SYMBOL_UNKNOWN if seen is Seen.NEVER else Mark(seen.value).symbol


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
