"""The plan of re-checks over the book: today, the days ahead, what each choice costs, and into the counter's queue.

A plan is made anew from book, answers, rules and day; nothing of it is stored, so that an answer from anywhere leaves
it at once, and a restart forgets nothing. What was made is kept as long as none of these changes.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk import plan_fast
from shirorom.domain.desk.plan import Rule
from shirorom.domain.desk.plan_day import CarrierDay, ChoiceCost, DayCount, Filled, Planned, PlanOfDay, Unasked
from shirorom.domain.desk.plan_fast import Columns
from shirorom.domain.desk.plan_rules import PlanRules, RuleSet
from shirorom.domain.desk.queue import Place
from shirorom.domain.errors import RequestError
from shirorom.domain.fold import JST
from shirorom.domain.imei import Device
from shirorom.domain.mark import Mark
from shirorom.ports.plan import PlanBook, RuleBook, Term
from shirorom.service.counter import Counter
from shirorom.service.counter_plan import hold_planned
from shirorom.service.watch_plan_cost import WEEK, Chance, ahead, cost, unasked
from shirorom.service.watch_plan_terms import Askers

FORECAST_DAYS_MAX = 366


def no_term(_terms: str) -> int | None:
    """Where nobody says how long a warranty lasts: without end, so that none is forgotten."""
    return None


def no_chance(_mark: Mark, _days: int) -> float | None:
    """Where no histories were looked at."""
    return None


@dataclass(frozen=True, slots=True)
class _Made:
    """A plan and what it was made from."""

    key: tuple[object, ...]
    rules: PlanRules
    columns: Columns
    planned: plan_fast.Planned
    left: Unasked
    never: Unasked


@dataclass(slots=True)
class WatchPlan:
    """Safe to use from several threads."""

    book: PlanBook
    rule_book: RuleBook
    askers: Askers
    counter: Counter | None = None
    term: Term = no_term
    chance: Chance = no_chance
    _made: _Made | None = None
    _days: tuple[_Made, tuple[DayCount, ...]] | None = None
    _costs: tuple[tuple[object, ...], tuple[ChoiceCost, ...]] | None = None
    _stopped: dict[CarrierId, tuple[date, str]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # What there is

    def key(self, now: datetime) -> tuple[object, ...]:
        """What a plan of this moment is made from: another key, another plan. Raises as `today`."""
        return (self.book.version(), day_of(now), self.rule_book.rules())

    def today(self, now: datetime) -> PlanOfDay:
        """The plan of the day (JST) of a moment. Raises ConfigError `plan-rules-invalid`."""
        day, made = day_of(now), self._make(now)
        plan, capacity = made.planned, self.askers.capacity(made.rules)
        done = sum(plan.done.values())
        practice = made.columns.practice[plan.planned.row]
        return PlanOfDay(
            day=day,
            rules=made.rules.rules,
            total=done + len(plan.planned),
            done=done,
            open=len(plan.planned),
            phones=len(np.unique(made.columns.unit[plan.planned.row])),
            due=len(plan.planned) + len(plan.left),
            carriers=tuple(
                CarrierDay(
                    carrier,
                    self.askers.automatic(carrier),
                    count,
                    int((plan.planned.carrier == n).sum()),
                    int((plan.left.carrier == n).sum()),
                    plan.done[carrier],
                    self.stopped(carrier, now),
                )
                for n, carrier in enumerate(CARRIERS)
                if (count := capacity.get(carrier)) is not None
            ),
            left=made.left,
            never=made.never,
            practice=bool(practice.any()),
            real=bool((~practice).any()),
        )

    def cells(self, now: datetime, *, first: int = 0, count_max: int = 100) -> Sequence[Planned]:
        """The open cells of today in their order, from `first` (0-based) on."""
        made, day = self._make(now), day_of(now)
        some = slice(first, first + count_max)
        cells = made.planned.planned
        devices = self.book.devices([int(unit) for unit in made.columns.unit[cells.row[some]]])
        found = []
        for row, at, rule, due in zip(
            cells.row[some], cells.carrier[some], cells.rule[some], cells.due_on[some], strict=True
        ):
            cell = made.columns.cell(int(row), int(at))
            by: Rule = made.rules.in_force[int(rule)]
            if cell.unit in devices and isinstance(by.every, int):
                asked_on = None if cell.asked_on is None else date.fromordinal(cell.asked_on)
                found.append(
                    Planned(
                        cell.unit, devices[cell.unit][0], cell.number, cell.carrier, cell.standing(day.toordinal()),
                        cell.seen, asked_on, date.fromordinal(int(due)), cell.yen, by.every, by.why, by.why_en,
                    )
                )  # fmt: skip
        return found

    def forecast(self, now: datetime, days: int = WEEK) -> Sequence[DayCount]:
        """Today and the days that follow, if every answer stays as it is.

        Raises:
            RequestError: `body-invalid`: not 1 to `FORECAST_DAYS_MAX` days.
        """
        if not 1 <= days <= FORECAST_DAYS_MAX:
            raise RequestError("body-invalid")
        with self._lock:
            made = self._make(now)
            if self._days is None or self._days[0] is not made or len(self._days[1]) < days:
                terms = self.askers.terms(made.rules, made.rules.rules)
                self._days = (made, ahead(made.columns, self.askers, terms, day_of(now), days, made.planned))
            return self._days[1][:days]

    def costs(self, now: datetime) -> Sequence[ChoiceCost]:
        """What each set of rules costs and leaves unasked, those in force marked: to look at before one is chosen."""
        with self._lock:
            made = self._make(now)
            if self._costs is None or self._costs[0] != made.key:
                each = (
                    cost(made.columns, self.askers, made.rules, name, day_of(now), self.chance)
                    for name in made.rules.sets
                )
                self._costs = (made.key, tuple(each))
            return self._costs[1]

    def choose(self, name: RuleSet) -> PlanRules:
        """Put a set of rules in force. Raises ConfigError `plan-rules-invalid`: it has no rule."""
        return self.rule_book.choose(name)

    # Into the counter's queue

    def fill_queue(self, now: datetime, count_max: int | None = None, *, by: str) -> Filled:
        """Let the counter's queue hold the phones of today's open cells, with these cells alone to ask.

        What the program asks itself is left to it, but for carriers at which it has stopped for today. `count_max`:
        new phones at most; None: as many as find room. What an older plan put there and today's does not want goes.

        Raises:
            RequestError: `counter-missing`.
        """
        if self.counter is None:
            raise RequestError("counter-missing")
        wanted = self._wanted(now)
        devices = self.book.devices(wanted)
        phones = [(devices[unit][1], frozenset(places)) for unit, places in wanted.items() if unit in devices]
        held = hold_planned(self.counter, phones, by=by, count_max=count_max)
        return Filled(held.added, held.known, held.gone, len(phones) - held.added - held.known)

    def open_at(self, now: datetime, carrier: CarrierId) -> Sequence[tuple[int, int]]:
        """The open cells of today at one carrier, as unit and number, in their order."""
        made = self._make(now)
        cells = made.planned.planned
        rows = cells.row[cells.carrier == CARRIERS.index(carrier)]
        return [(int(made.columns.unit[row]), int(made.columns.number[row])) for row in rows]

    def devices(self, units: Collection[int]) -> Mapping[int, tuple[str, Device]]:
        """Stock key and numbers of units."""
        return self.book.devices(units)

    def stop(self, carrier: CarrierId, now: datetime, code: str) -> None:
        """The program asks no more at a carrier today, and why: `needs-person`, `carrier-paused`."""
        self._stopped[carrier] = (day_of(now), code)

    def stopped(self, carrier: CarrierId, now: datetime) -> str | None:
        """Why the program asks no more there today; None: it does."""
        day, code = self._stopped.get(carrier, (None, None))
        return code if day == day_of(now) else None

    def hours(self) -> tuple[int, int]:
        """When carriers are asked, as minutes of the day (JST), from and until."""
        return self.rule_book.rules().day.minutes

    def _wanted(self, now: datetime) -> dict[int, list[Place]]:
        made = self._make(now)
        cells = made.planned.planned
        wanted: dict[int, list[Place]] = {}
        for row, at in zip(cells.row, cells.carrier, strict=True):
            carrier = CARRIERS[at]
            if not self.askers.automatic(carrier) or self.stopped(carrier, now) is not None:
                wanted.setdefault(int(made.columns.unit[row]), []).append(Place(int(made.columns.number[row]), carrier))
        return wanted

    # How it is made

    def _make(self, now: datetime) -> _Made:
        with self._lock:
            day, rules, known = day_of(now), self.rule_book.rules(), self._made
            key = (self.book.version(), day, rules)
            if known is not None and known.key == key:
                return known
            same_book = known is not None and known.key[0] == key[0]
            columns = known.columns if known and same_book else self.book.columns(self.term, self.askers.asked)
            planned = plan_fast.plan(columns, self.askers.terms(rules, rules.rules), day.toordinal())
            left, never = (
                unasked(columns, cells, day, self.askers.age_h_max, self.chance)
                for cells in (planned.left, planned.never)
            )
            self._made = _Made(key, rules, columns, planned, left, never)
            return self._made


def day_of(now: datetime) -> date:
    """The day in Japan."""
    return now.astimezone(JST).date()
