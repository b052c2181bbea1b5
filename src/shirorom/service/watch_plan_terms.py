"""Who is asked at all, by whom, and how much fits into a carrier's day: configuration and rules brought together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.plan import Terms
from shirorom.domain.desk.plan_rules import PlanRules, RuleSet
from shirorom.service.room import Rooms
from shirorom.service.settings import Access


@dataclass(frozen=True, slots=True)
class Askers:
    """What the configuration lets the plan do."""

    rooms: Rooms

    def asked(self, practice: bool) -> Collection[CarrierId]:
        """The carriers that are asked about a practice phone, or a real one: the two worlds never mix."""
        worlds = {carrier: self.rooms.is_practice(carrier) for carrier in CARRIERS if self._on(carrier)}
        if not practice and any(worlds.values()):
            return ()
        return [carrier for carrier, is_practice in worlds.items() if is_practice is practice]

    def automatic(self, carrier: CarrierId) -> bool:
        """Whether the program asks there by itself."""
        settings = self.rooms.settings
        return settings.carrier(carrier).access is Access.SITE and settings.watch.automatic

    def interval_s(self, carrier: CarrierId) -> float:
        """Seconds between two questions to a carrier."""
        return self.rooms.settings.carrier(carrier).interval_s

    @property
    def age_h_max(self) -> float:
        """Hours after which an answer is too old to rest on."""
        return self.rooms.settings.verdict.age_h_max

    def capacity(self, rules: PlanRules) -> Mapping[CarrierId, int]:
        """Cells a day by carrier: what the file says, and no more than fits between two polite questions."""
        first, last = rules.day.minutes
        capacity = {}
        for carrier in CARRIERS:
            if not self._on(carrier):
                continue
            limit = rules.day.limit(carrier)
            if self.automatic(carrier):
                polite = int((last - first) * 60 / self.interval_s(carrier))
                capacity[carrier] = polite if limit is None else min(limit, polite)
            else:
                capacity[carrier] = rules.day.cells if limit is None else limit
        return capacity

    def terms(self, rules: PlanRules, name: RuleSet) -> Terms:
        """How a day is planned by one of the sets."""
        return Terms(rules.sets[name], self.capacity(rules), rules.day.spread_percent, rules.day.unknown_yen)

    def _on(self, carrier: CarrierId) -> bool:
        return self.rooms.settings.carrier(carrier).access is not Access.OFF
