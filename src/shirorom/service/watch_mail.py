"""The digest: one mail a morning for each outlet, with what changed since the one before; none when nothing did.

A mail is noted before it is sent and again afterwards. A crash in between sends it once more, under the same
Message-ID and with the same alerts, so that mail programs show one. Mails name stock keys and the last four digits.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from shirorom.domain.desk.alerts import Alert, AlertEvent, AlertKind
from shirorom.domain.desk.outlets import Rule
from shirorom.domain.fold import JST
from shirorom.ports.clock import Clock
from shirorom.ports.outlets import DeliveryError, Mail, Mailer, Outlets
from shirorom.service.secret import Secrets
from shirorom.service.settings import MailSettings

LOGGER = logging.getLogger("shirorom.watch")
NEWS_MAX = 1_000
LINES_MAX = 200
"""Alerts listed in one mail; the rest are counted."""
ROUND_S = 20.0
RETRY = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
DEFAULT = "digest"
"""The outlet of a shop that has no rule for mails: everything goes to `[mail] to`."""


@dataclass(slots=True)
class Digests:
    """The mails of the morning. `t`: the texts of their language."""

    store: Outlets
    mailer: Mailer
    secrets: Secrets
    clock: Clock
    settings: MailSettings
    rules: Sequence[Rule]
    t: Callable[..., str]

    def outlets(self) -> Sequence[Rule]:
        """Who is mailed what."""
        named = [rule for rule in self.rules if rule.mail]
        return named or ([Rule(DEFAULT, mail=self.settings.to)] if self.settings.to else [])

    def send_due(self) -> int:
        """Send what this morning owes; returns how many mails went out. A server that fails is tried again later."""
        now = self.clock.now()
        if not self.settings.host or now.astimezone(JST).hour < self.settings.hour:
            return 0
        return sum(self._send(rule, now) for rule in self.outlets())

    async def run(self) -> None:
        """Look every few seconds, until cancelled; nothing to do where no mail server is named."""
        while self.settings.host:
            try:
                await asyncio.to_thread(self.send_due)
            except Exception as error:  # noqa: BLE001  # whatever it was, tomorrow's goes out; told by its kind alone
                LOGGER.error("the digest was not sent: %s", type(error).__name__)
            await asyncio.sleep(ROUND_S)

    def _send(self, rule: Rule, now: datetime) -> bool:
        day = now.astimezone(JST).date()
        mail = self.store.mail(rule.name, day)
        if mail is not None and (mail.sent_at is not None or (mail.next_at is not None and now < mail.next_at)):
            return False
        before = self.store.mail_before(rule.name, day)
        if mail is None:
            mail = Mail(rule.name, day, self._message_id(rule.name, day), self.store.news_end(), now)
        alerts = self._alerts(rule, before.news if before is not None else 0, mail.news)
        if not alerts and not self.settings.empty:
            self.store.put_mail(replace(mail, sent_at=now))
            return False
        self.store.put_mail(mail)
        try:
            self.mailer.send(
                rule.mail, self._subject(alerts, day), self._text(alerts), message_id=mail.message_id, at=now
            )
        except DeliveryError as error:
            LOGGER.error("the digest %s was not sent: %s", rule.name, error.outcome)
            pause = RETRY[min(mail.tries, len(RETRY) - 1)]
            self.store.put_mail(replace(mail, tries=mail.tries + 1, next_at=now + pause))
            return False
        self.store.put_mail(replace(mail, sent_at=now))
        return True

    def _alerts(self, rule: Rule, after: int, until: int) -> Sequence[Alert]:
        """What this mail tells: each alert once, as it stands now."""
        found: dict[int, Alert] = {}
        raised: set[int] = set()
        while after < until and (news := self.store.news(after, count_max=NEWS_MAX)):
            for one in news:
                if one.seq <= until and rule.takes(one.alert):
                    found[one.alert.seq] = one.alert
                    if one.event is AlertEvent.RAISED:
                        raised.add(one.alert.seq)
            after = news[-1].seq
        return [one for one in found.values() if one.seq not in raised or one.retracted_at is None]

    def _subject(self, alerts: Sequence[Alert], day: date) -> str:
        practice = f"{self.t('alerts.practice')} " if alerts and all(one.practice for one in alerts) else ""
        return practice + self.t("alerts.mail.subject", day=day.isoformat(), count=len(alerts))

    def _text(self, alerts: Sequence[Alert]) -> str:
        blocks = [self.t("alerts.mail.none")] if not alerts else []
        for kind in (AlertKind.RESTRICTED, AlertKind.FREED, AlertKind.WARNED, AlertKind.ANOMALY):
            stand = [one for one in alerts if one.kind is kind and one.retracted_at is None]
            if stand:
                blocks.append(self._block(f"alerts.kind.{kind.value}.title", f"alerts.kind.{kind.value}.todo", stand))
        back = [one for one in alerts if one.retracted_at is not None]
        if back:
            blocks.append(self._block("alerts.mail.back", "alerts.mail.back_note", back))
        off = [hook.name for hook in self.store.hooks() if hook.off_at is not None]
        blocks += [self.t("alerts.mail.hook_off", name=name) for name in off]
        return "\n\n".join([*blocks, self.t("alerts.mail.end")]) + "\n"

    def _block(self, title: str, todo: str, alerts: Sequence[Alert]) -> str:
        lines = [self.t("alerts.mail.heading", title=self.t(title), count=len(alerts)), self.t(todo)]
        lines += [self._line(one) for one in alerts[:LINES_MAX]]
        if len(alerts) > LINES_MAX:
            lines.append(self.t("alerts.mail.more", count=len(alerts) - LINES_MAX))
        return "\n".join(lines)

    def _line(self, alert: Alert) -> str:
        practice = f"{self.t('alerts.practice')} " if alert.practice else ""
        return practice + self.t(
            "alerts.mail.line",
            key=alert.key,
            digits=alert.imei.digits[-4:],
            carrier=self.t(f"carrier.{alert.carrier.value}"),
            before=alert.change.from_.symbol,
            after=alert.change.to.symbol,
            place=" ".join(part for part in (alert.store, alert.person) if part),
        )

    def _message_id(self, outlet: str, day: date) -> str:
        """The same for the same outlet and day, whoever sends it again."""
        name = self.secrets.digest("mail", f"{outlet} {day.isoformat()}").hex()[:24]
        domain = self.settings.from_.rpartition("@")[2].strip("> ") or "localhost"
        return f"<{day.isoformat()}.{name}@{domain}>"
