"""The watch's part of the composition root: the book, what follows the record, plan, alerts, warranty."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shirorom.domain.errors import ConfigError

if TYPE_CHECKING:
    from shirorom.adapters.desk_sql.database import Desk
    from shirorom.adapters.plan_toml import TomlRuleBook
    from shirorom.compose import Composition
    from shirorom.service.check import Check
    from shirorom.service.watch_asker import WatchAsker
    from shirorom.service.watch_plan import WatchPlan


class Watching:
    """Everything of the watch, each part built when it is first touched."""

    def __init__(self, whole: Composition) -> None:
        self._whole = whole

    @cached_property
    def _desk(self) -> Desk:
        """The shop's own database. Raises ConfigError `desk-missing`."""
        desk = self._whole.desk
        if desk is None:
            raise ConfigError("desk-missing")
        return desk

    # The plan of re-checks

    @cached_property
    def rule_book(self) -> TomlRuleBook:
        """adapters/plan_toml.py: the plan's rules, the shop's own or those that come with the product."""
        from shirorom.adapters.plan_toml import TomlRuleBook

        return TomlRuleBook(self._whole.data)

    @cached_property
    def plan(self) -> WatchPlan:
        """service/watch_plan.py. Raises ConfigError `desk-missing`, `plan-missing` (numpy is not installed)."""
        desk = self._desk
        try:
            from shirorom.adapters.desk_sql.plan_rows import SqlPlanBook
            from shirorom.service.watch_plan import WatchPlan
            from shirorom.service.watch_plan_terms import Askers
        except ImportError:
            raise ConfigError("plan-missing") from None
        return WatchPlan(SqlPlanBook(desk), self.rule_book, Askers(self._whole.rooms), self._whole.counter)

    def plan_asker(self, check: Check) -> WatchAsker | None:
        """service/watch_asker.py; None where `[watch] automatic` is off, and on a public page."""
        settings = self._whole.settings
        if not settings.watch.automatic or settings.web.public:
            return None
        from shirorom.service.watch_asker import WatchAsker

        return WatchAsker(self.plan, check, self._whole.clock)
