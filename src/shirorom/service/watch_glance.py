"""The plan of the day for a page that must not wait for it: shown as it was made last, made anew behind it.

A plan of 38,000 units takes half a second to make after every answer; a page with many clerks would ask for it all day.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from shirorom.domain.desk.plan_day import DayCount, PlanOfDay
from shirorom.domain.desk.plan_rules import Effort
from shirorom.ports.clock import Clock
from shirorom.service.watch_plan import WatchPlan


@dataclass(frozen=True, slots=True)
class Glance:
    """Today and the days ahead, and what a question takes. `version` counts up; `key`: what it was made from."""

    version: int
    key: tuple[object, ...]
    today: PlanOfDay
    week: Sequence[DayCount]
    effort: Effort


@dataclass(slots=True)
class PlanGlance:
    """Safe to use from several threads."""

    plan: WatchPlan
    clock: Clock
    last: Glance | None = None
    _making: threading.Lock = field(default_factory=threading.Lock)

    def behind(self) -> bool:
        """Whether the book, the answers, the day or the rules have moved on since the last glance."""
        return self.last is None or self.last.key != self.plan.key(self.clock.now())

    def refresh(self) -> None:
        """Make it anew; nobody waits for anybody else who does. Raises ConfigError `plan-rules-invalid`."""
        if not self._making.acquire(blocking=False):
            return
        try:
            now, version = self.clock.now(), self.last.version + 1 if self.last is not None else 1
            key, rules = self.plan.key(now), self.plan.rule_book.rules()
            self.last = Glance(version, key, self.plan.today(now), self.plan.forecast(now), rules.effort)
        finally:
            self._making.release()
