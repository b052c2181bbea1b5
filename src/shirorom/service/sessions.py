"""Who is signed in, on which device, and for how long. Every sign-in gets a new id; the one before it is dead at once.

Our own, because Litestar's sessions keep the id that a browser came with, also one that somebody else chose for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from shirorom.domain.desk.people import Role, Session, TrustedDevice
from shirorom.ports.clock import Clock
from shirorom.ports.people import SessionStore
from shirorom.service.secret import Secrets

SESSION_MAX = timedelta(hours=12)
FRESH = timedelta(minutes=10)
SEEN_EVERY = timedelta(seconds=60)
"""A session is marked as used once a minute at most."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a browser brings to a sign-in: its old session, its device's secret, where it calls from, what it is."""

    network: str
    label: str
    session: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens, finds and ends sessions; knows which devices are trusted."""

    store: SessionStore
    secrets: Secrets
    clock: Clock
    idle: timedelta

    def open(self, person: int, role: Role, caller: Caller, *, by_code: bool) -> str:
        """A new session in place of the one the browser had, whoever gave it; returns its secret for the cookie."""
        now = self.clock.now()
        secret = self.secrets.token()
        self.store.forget(before=now, idle_before=now - self.idle)
        self.store.open(
            self.secrets.digest("session", secret), person, role, by_code=by_code, label=caller.label, at=now,
            until=now + SESSION_MAX, replaces=self._digest(caller.session),
        )  # fmt: skip
        return secret

    def find(self, secret: str | None, *, active: bool = True) -> Session | None:
        """The session of a cookie, if it still holds. `active`: somebody did something, so its pause begins anew."""
        if not secret:
            return None
        session = self.store.find(self.secrets.digest("session", secret))
        if session is None or not self.secrets.same(session.digest, "session", secret):
            return None
        now = self.clock.now()
        if now >= session.ends_at or now - session.seen_at >= self.idle:
            self.store.end(digest=session.digest)
            return None
        if active and now - session.seen_at >= SEEN_EVERY:
            self.store.seen(session.id, at=now)
        return session

    def is_fresh(self, session: Session) -> bool:
        """Whether somebody showed who they are a moment ago: asked for before a way in is changed."""
        return self.clock.now() - session.opened_at < FRESH

    def end(self, secret: str | None) -> None:
        """Sign out."""
        digest = self._digest(secret)
        if digest is not None:
            self.store.end(digest=digest)

    def end_others(self, person: int, secret: str) -> None:
        """End every other session of somebody."""
        self.store.end_others(person, but=self.secrets.digest("session", secret))

    def all(self) -> list[Session]:
        """Those that still hold, newest first."""
        now = self.clock.now()
        return [one for one in self.store.sessions() if now < one.ends_at and now - one.seen_at < self.idle]

    def trust(self, caller: Caller, *, by: str) -> str | None:
        """Let staff codes be used on this device; returns its secret, None where it has one that holds."""
        if self.device(caller.device) is not None:
            return None
        secret = self.secrets.token()
        self.store.trust(self.secrets.digest("device", secret), label=caller.label, by=by, at=self.clock.now())
        return secret

    def device(self, secret: str | None) -> TrustedDevice | None:
        """The trusted device of a cookie."""
        return self.store.device(self.secrets.digest("device", secret), at=self.clock.now()) if secret else None

    def _digest(self, secret: str | None) -> bytes | None:
        return self.secrets.digest("session", secret) if secret else None
