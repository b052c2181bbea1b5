"""The watch's part of the composition root: the book, what follows the record, plan, alerts, warranty."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Coroutine, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shirorom.domain.errors import ConfigError

if TYPE_CHECKING:
    from shirorom.adapters.desk_sql.database import Desk
    from shirorom.adapters.plan_toml import TomlRuleBook
    from shirorom.adapters.watch_toml import WatchFiles
    from shirorom.compose import Composition
    from shirorom.ports.book import Folder
    from shirorom.service.check import Check
    from shirorom.service.room import Room
    from shirorom.service.secret import Secrets
    from shirorom.service.watch_alerts import Alerts
    from shirorom.service.watch_asker import WatchAsker
    from shirorom.service.watch_board import Boards
    from shirorom.service.watch_book import WatchBook
    from shirorom.service.watch_claim import ClaimDesk
    from shirorom.service.watch_follow import Follower
    from shirorom.service.watch_glance import PlanGlance
    from shirorom.service.watch_hooks import Hooks
    from shirorom.service.watch_mail import Digests
    from shirorom.service.watch_plan import WatchPlan
    from shirorom.service.watch_risk import RiskDesk

LOGGER = logging.getLogger("shirorom.watch")


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

    # The book of units

    @cached_property
    def book(self) -> WatchBook:
        """service/watch_book.py, and with it import, export and watched folders."""
        from shirorom.adapters.desk_sql.stock import SqlStock
        from shirorom.service.watch_book import WatchBook
        from shirorom.service.watch_folder import WatchFolder
        from shirorom.service.watch_give_back import GiveBack
        from shirorom.service.watch_import import WatchImport

        whole, stock = self._whole, SqlStock(self._desk)
        importing = WatchImport(whole.tables, stock, whole.rooms, whole.clock)
        names = whole.texts("ja")
        give_back = GiveBack(
            whole.tables,
            stock,
            whole.clock,
            lambda carrier: names.t(f"carrier.{carrier.value}"),
            whole.settings,
        )
        return WatchBook(stock, importing, give_back, WatchFolder(importing, give_back, stock, whole.clock))

    def folder(self, path: Path, *, done: Path | None = None) -> Folder:
        """A folder into which the POS writes."""
        from shirorom.adapters.watched_folder import WatchedFolder

        return WatchedFolder(path, done=done)

    def watched_folder(self) -> Folder | None:
        """The folder of `[watch]`, seen from the data directory; None where there is none."""
        named = self._whole.settings.watch.folder
        return None if named is None else self.folder(self._whole.data / Path(named).expanduser())

    async def look_into_folder(self) -> None:
        """Beside the app: take what the POS writes into `[watch] folder`, for ever."""
        from shirorom.domain.errors import ShiroromError
        from shirorom.service.watch_import import Wish

        watched, folder, told = self._whole.settings.watch, self.watched_folder(), ""
        while folder is not None:
            code = ""
            try:
                for taken in await asyncio.to_thread(self.book.folders.look, folder, Wish()):
                    if taken.error is not None:  # without its name: it may hold a number
                        LOGGER.warning("watched folder: a file was not imported (%s)", taken.error.code)
            except ShiroromError as error:
                code = error.code
                if code != told:
                    LOGGER.warning("watched folder: %s", code)
            told = code
            await asyncio.sleep(watched.every_s)

    @cached_property
    def boards(self) -> Boards:
        """service/watch_board.py."""
        from shirorom.adapters.desk_sql.board import SqlBoard
        from shirorom.service.watch_board import Boards

        return Boards(SqlBoard(self._desk), self._whole.clock)

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
        terms = self.files.terms()
        return WatchPlan(
            SqlPlanBook(desk), self.rule_book, Askers(self._whole.rooms), self._whole.counter, terms.days_of
        )

    def plan_asker(self, check: Check) -> WatchAsker | None:
        """service/watch_asker.py; None where `[watch] automatic` is off, and on a public page."""
        settings = self._whole.settings
        if not settings.watch.automatic or settings.web.public:
            return None
        from shirorom.service.watch_asker import WatchAsker

        return WatchAsker(self.plan, check, self._whole.clock)

    @cached_property
    def glance(self) -> PlanGlance:
        """service/watch_glance.py. Raises as `plan`."""
        plan = self.plan
        from shirorom.service.watch_glance import PlanGlance

        return PlanGlance(plan, self._whole.clock)

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

    # Following the record, alerts, and what carries them out

    @cached_property
    def follower(self) -> Follower:
        """service/watch_follow.py."""
        from shirorom.service.watch_follow import Follower

        return Follower(self.alerts.store, self._room, self._whole.clock, self.alerts.days)

    @cached_property
    def alerts(self) -> Alerts:
        """service/watch_alerts.py."""
        from shirorom.adapters.desk_sql.watch import SqlWatch
        from shirorom.service.watch_alerts import Alerts
        from shirorom.service.watch_days import Days

        store = SqlWatch(self._desk)
        return Alerts(store, Days(store, self._whole.clock), self._whole.clock, self._secrets)

    @cached_property
    def hooks(self) -> Hooks:
        """service/watch_hooks.py."""
        from shirorom.adapters.desk_sql.outlets import SqlOutlets
        from shirorom.adapters.webhook_http import HttpPoster
        from shirorom.service.watch_hooks import Hooks
        from shirorom.service.watch_rules import rules_of

        watch = self._whole.settings.watch
        poster = HttpPoster(loopback=watch.allow_private)
        return Hooks(SqlOutlets(self._desk), poster, self._secrets, self._whole.clock, rules_of(watch))

    @cached_property
    def digests(self) -> Digests:
        """service/watch_mail.py."""
        from shirorom.adapters.mail_smtp import SmtpMailer
        from shirorom.service.watch_mail import Digests
        from shirorom.service.watch_rules import rules_of

        settings = self._whole.settings
        texts = self._whole.texts(settings.mail.lang)
        mailer = SmtpMailer(settings.mail)
        rules = rules_of(settings.watch)
        return Digests(self.hooks.store, mailer, self._secrets, self._whole.clock, settings.mail, rules, texts.t)

    def running(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What runs beside the app: follow the record, deliver webhooks, mail in the morning, the POS's folder."""
        return [self.follower.run(), self.hooks.run(), self.digests.run(), self.look_into_folder()]

    @cached_property
    def _secrets(self) -> Secrets:
        from shirorom.adapters.keys import Keys
        from shirorom.service.secret import Secrets

        return Secrets(Keys(self._whole.data, entropy=os.urandom).secret("desk"), os.urandom)

    def _room(self, practice: bool) -> Room | None:
        """A room whose log is there: looking for alerts begins no record."""
        return self._whole.room(practice) if self._whole.has_log(practice) else None
