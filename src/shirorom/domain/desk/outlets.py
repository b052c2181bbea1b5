"""Which alerts go out where, and when: the shop's rules as values, quiet hours, and the words of a webhook.

Pure. A webhook is a Standard Webhook 1.0.0 (https://www.standardwebhooks.com): signed by HMAC-SHA-256 over
`id.timestamp.body`, and thin: it names the alert and the stock key, never a number of a phone.
"""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from shirorom.domain.desk.alerts import Alert, AlertEvent, AlertKind
from shirorom.domain.fold import JST

SECRET_PREFIX = "whsec_"  # noqa: S105  # the prefix that the standard gives every secret
RETRIES_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds from each failed attempt to the next, as Standard Webhooks 1.0.0 proposes; after the last: switched off."""
ROTATION = timedelta(days=1)
"""How long a secret that was replaced still signs beside the new one."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours (JST) in which nothing goes out; they may pass midnight. Those of `through` go out all the same."""

    from_: time
    until: time
    through: frozenset[AlertKind] = frozenset()

    def wait(self, kind: AlertKind, now: datetime) -> datetime:
        """When something of this kind may go out: now, or at the end of the quiet hours that now lies in."""
        if kind in self.through or self.from_ == self.until:
            return now
        local = now.astimezone(JST)
        end = local.replace(hour=self.until.hour, minute=self.until.minute, second=0, microsecond=0)
        clock = local.time().replace(tzinfo=None)
        if self.from_ < self.until:
            inside = self.from_ <= clock < self.until
        else:
            inside = clock >= self.from_ or clock < self.until
            end = end + timedelta(days=1) if clock >= self.from_ else end
        return end.astimezone(UTC) if inside else now


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what is empty asks nothing. `practice` None: practice and real alike, each marked."""

    name: str
    hook: str = ""
    mail: tuple[str, ...] = ()
    kinds: frozenset[AlertKind] = frozenset()
    stores: frozenset[str] = frozenset()
    persons: frozenset[str] = frozenset()
    practice: bool | None = None
    quiet: Quiet | None = None

    def takes(self, alert: Alert) -> bool:
        """Whether an alert is of its kinds, stores and persons."""
        wanted = ((self.kinds, alert.kind), (self.stores, alert.store), (self.persons, alert.person))
        if self.practice is not None and alert.practice is not self.practice:
            return False
        return all(not names or name in names for names, name in wanted)

    def when(self, alert: Alert, now: datetime) -> datetime:
        """When it may go out."""
        return now if self.quiet is None else self.quiet.wait(alert.kind, now)


def due(alert: Alert, rules: Sequence[Rule], now: datetime) -> datetime | None:
    """When an alert goes out by the first of the rules that takes it; None: by none. No rules at all: everything."""
    if not rules:
        return now
    return min((rule.when(alert, now) for rule in rules if rule.takes(alert)), default=None)


def body_of(event: AlertEvent, alert: Alert, at: datetime) -> bytes:
    """What a webhook says of one event of an alert."""
    data = {
        "alert": alert.seq,
        "key": alert.key,
        "store": alert.store,
        "kind": alert.kind.value,
        "carrier": alert.carrier.value,
        "from": alert.change.from_.value,
        "to": alert.change.to.value,
        "between": [_text(moment) for moment in alert.change.between],
        "practice": alert.practice,
    }
    return _body(f"alert.{event.value}", data, at)


def body_of_test(at: datetime) -> bytes:
    """A webhook that only shows that it arrives."""
    return _body("test", {"practice": True}, at)


def _body(type_: str, data: dict[str, object], at: datetime) -> bytes:
    said = {"type": type_, "timestamp": _text(at), "data": data}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def secret_text(secret: bytes) -> str:
    """A secret as its receiver is given it, once."""
    return SECRET_PREFIX + b64encode(secret).decode()


def signed_headers(secrets: Sequence[bytes], id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of the standard, with one signature for each secret."""
    timestamp = str(int(at.timestamp()))
    said = f"{id_}.{timestamp}.".encode() + body
    signatures = [f"v1,{b64encode(hmac.digest(secret, said, 'sha256')).decode()}" for secret in secrets]
    return {"webhook-id": id_, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}
