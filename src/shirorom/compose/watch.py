"""The watch's part of the composition root: the book, what follows the record, plan, alerts, warranty."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shirorom.domain.errors import ConfigError

if TYPE_CHECKING:
    from shirorom.adapters.desk_sql.database import Desk
    from shirorom.adapters.watch_toml import WatchFiles
    from shirorom.compose import Composition
    from shirorom.service.watch_claim import ClaimDesk
    from shirorom.service.watch_risk import RiskDesk


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

    # Warranty and risk

    @cached_property
    def files(self) -> WatchFiles:
        """adapters/watch_toml.py."""
        from shirorom.adapters.watch_toml import WatchFiles

        return WatchFiles(self._whole.data)

    @cached_property
    def claims(self) -> ClaimDesk:
        """service/watch_claim.py."""
        from shirorom.adapters.desk_sql.claims import SqlClaims
        from shirorom.service.watch_claim import ClaimDesk

        counter = self._whole.counter
        if counter is None:
            raise ConfigError("desk-missing")
        return ClaimDesk(SqlClaims(self._desk), self.files.terms, counter, self._whole.clock)

    @cached_property
    def risk(self) -> RiskDesk:
        """service/watch_risk.py."""
        from shirorom.adapters.desk_sql.claims import SqlClaims
        from shirorom.adapters.survival import LifelinesSurvival
        from shirorom.service.watch_histories import Histories
        from shirorom.service.watch_risk import RiskDesk

        histories = {practice: Histories(self._whole.room, practice) for practice in (False, True)}
        return RiskDesk(
            claims=SqlClaims(self._desk),
            histories=histories.__getitem__,
            survival=LifelinesSurvival(),
            terms=self.files.terms,
            rates=self.files.rates,
            stamp=self.files.stamp,
            clock=self._whole.clock,
        )
