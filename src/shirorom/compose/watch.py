"""The watch's part of the composition root: the book, what follows the record, plan, alerts, warranty."""

from __future__ import annotations

import os
from collections.abc import Coroutine, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from shirorom.domain.errors import ConfigError

if TYPE_CHECKING:
    from shirorom.adapters.desk_sql.database import Desk
    from shirorom.compose import Composition
    from shirorom.service.room import Room
    from shirorom.service.secret import Secrets
    from shirorom.service.watch_alerts import Alerts
    from shirorom.service.watch_follow import Follower
    from shirorom.service.watch_hooks import Hooks
    from shirorom.service.watch_mail import Digests


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
        """What runs beside the app: follow the record, deliver webhooks, mail in the morning."""
        return [self.follower.run(), self.hooks.run(), self.digests.run()]

    @cached_property
    def _secrets(self) -> Secrets:
        from shirorom.adapters.keys import Keys
        from shirorom.service.secret import Secrets

        return Secrets(Keys(self._whole.data, entropy=os.urandom).secret("desk"), os.urandom)

    def _room(self, practice: bool) -> Room | None:
        """A room whose log is there: looking for alerts begins no record."""
        name = "practice" if practice else "real"
        there = (self._whole.data / "log" / f"{name}.sqlite").exists()
        return self._whole.room(practice) if there else None
