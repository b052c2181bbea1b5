"""Webhooks: alerts carried to other programs, signed, in order, until they arrive or the endpoint is switched off.

    1. what happened to alerts since an endpoint's cursor becomes its messages, by the shop's rules and quiet hours
    2. the next message of each endpoint is posted; an endpoint that hangs delays nobody but itself
    3. every attempt is noted; what failed is tried again by the schedule of the standard, and holds back what follows

A message may arrive twice (a crash between arriving and noting); `webhook-id` stays the same, so that its receiver can
tell. After the last try the endpoint is switched off and says so; nothing is lost, `replay` goes on from there.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shirorom.domain.desk.outlets import (
    RETRIES_S,
    ROTATION,
    Rule,
    body_of,
    body_of_test,
    due,
    secret_text,
    signed_headers,
)
from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.ports.clock import Clock
from shirorom.ports.outlets import Attempt, DeliveryError, Hook, Message, NewMessage, News, Outlets, Poster
from shirorom.service.secret import Secrets

LOGGER = logging.getLogger("shirorom.watch")
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
SPREAD_MAX = 500
HOLD = timedelta(seconds=60)
"""How long a process may hold an endpoint: longer than any attempt takes."""
ROUND_S = 0.5
ID_BYTES = 18
SALT_BYTES = 16


@dataclass(slots=True)
class Hooks:
    """The endpoints and what goes to them. Safe to use from several threads and processes."""

    store: Outlets
    poster: Poster
    secrets: Secrets
    clock: Clock
    rules: Sequence[Rule] = ()
    _busy: set[str] = field(default_factory=set)

    # Endpoints

    def add(self, name: str, url: str, *, by: str) -> tuple[Hook, str]:
        """A new endpoint and its secret, which is shown this once.

        Raises:
            RequestError: `hook-name`, `hook-target`, `hook-name-taken`, `hooks-full`.
        """
        if not NAME.fullmatch(name):
            raise RequestError("hook-name")
        self.poster.check(url)
        hook = self.store.add_hook(name, url, self.secrets.entropy(SALT_BYTES), by=by, at=self.clock.now())
        return hook, secret_text(self._secret(hook.salt))

    def rotate(self, name: str) -> tuple[Hook, str]:
        """Another secret; the one before signs too for a day. Raises `hook-not-found`."""
        hook = self.store.rotate(name, self.secrets.entropy(SALT_BYTES), until=self.clock.now() + ROTATION)
        return hook, secret_text(self._secret(hook.salt))

    def test(self, name: str) -> Attempt:
        """Post a test now, whatever else waits there, also where it is switched off. Raises `hook-not-found`."""
        hook, now = self.store.hook(name), self.clock.now()
        message = Message(0, self._id(), name, None, None, body_of_test(now), now, 0, now, None)
        return self._post(hook, message)

    def replay(self, name: str, *, since: int = 1, message: str | None = None) -> int:
        """Deliver again: one message by its id, or all of alerts from `since` on; those never told too.

        Switches the endpoint on. Returns how many messages are in line by it. Raises `hook-not-found`,
        `message-not-found`.
        """
        now = self.clock.now()
        count = self.store.replay(name, since=since, message=message, at=now)
        while message is None and (news := self.store.untold(name, since=since, count_max=SPREAD_MAX)):
            self.store.spread(name, [self._message(one, now) for one in news], until=0, at=now)
            count += len(news)
        return count

    # Delivering

    def spread(self) -> int:
        """Make what happened into messages; returns how many."""
        count, now = 0, self.clock.now()
        for hook in self.store.hooks():
            rules = [rule for rule in self.rules if rule.hook == hook.name]
            while news := self.store.unspread(hook.name, count_max=SPREAD_MAX):
                at = [(one, due(one.alert, rules, now)) for one in news]
                messages = [self._message(one, when) for one, when in at if when is not None]
                self.store.spread(hook.name, messages, until=news[-1].seq, at=now)
                count += len(messages)
        return count

    def deliver(self, name: str) -> Attempt | None:
        """Post the next message of one endpoint; None: nothing is due there."""
        now = self.clock.now()
        message = self.store.take(name, now=now, until=now + HOLD)
        if message is None:
            return None
        attempt = self._post(self.store.hook(name), message)
        arrived, tries = attempt.outcome == "delivered", message.tries
        over = tries >= len(RETRIES_S)
        off = "gone" if attempt.status == 410 else "failing" if over and not arrived else ""
        next_at = None if arrived or over else attempt.at + timedelta(seconds=RETRIES_S[tries])
        self.store.attempted(message, attempt, done=arrived, next_at=next_at, off=off)
        if off:
            LOGGER.error("webhook %s was switched off: %s", name, off)
        return attempt

    def deliver_all(self) -> Sequence[Attempt]:
        """Everything that is due, one endpoint after the other (for commands)."""
        self.spread()
        found = []
        for hook in self.store.hooks():
            while (attempt := self.deliver(hook.name)) is not None:
                found.append(attempt)
                if attempt.outcome != "delivered":
                    break
        return found

    async def run(self) -> None:
        """Deliver until cancelled: each endpoint has a thread of its own while it is posted to."""
        while True:
            try:
                await asyncio.to_thread(self.spread)
                for hook in await asyncio.to_thread(self.store.hooks):
                    if hook.waiting and hook.off_at is None and hook.name not in self._busy:
                        self._busy.add(hook.name)
                        threading.Thread(target=self._drain, args=(hook.name,), daemon=True).start()
            except Exception as error:  # noqa: BLE001  # whatever it was, delivering goes on; told by its kind alone
                LOGGER.error("webhooks are not delivered: %s", _kind(error))
            await asyncio.sleep(ROUND_S)

    def _drain(self, name: str) -> None:
        try:
            while True:
                attempt = self.deliver(name)
                if attempt is None or attempt.outcome != "delivered":
                    return
        except Exception as error:  # noqa: BLE001  # a thread of its own: nobody else would hear of it
            LOGGER.error("webhook %s is not delivered: %s", name, _kind(error))
        finally:
            self._busy.discard(name)

    def _post(self, hook: Hook, message: Message) -> Attempt:
        at, began = self.clock.now(), time.monotonic()
        salts = [hook.salt]
        if hook.salt_before is not None and hook.before_until is not None and at < hook.before_until:
            salts.append(hook.salt_before)
        headers = signed_headers([self._secret(salt) for salt in salts], message.id, at, message.body)
        status: int | None = None
        try:
            status = self.poster.post(hook.url, headers, message.body)
            outcome = "delivered" if 200 <= status < 300 else "redirected" if 300 <= status < 400 else "status"
        except DeliveryError as error:
            outcome = error.outcome
        return Attempt(message.id, message.alert, at, round(1000 * (time.monotonic() - began)), status, outcome)

    def _message(self, news: News, when: datetime) -> NewMessage:
        return NewMessage(
            self._id(), body_of(news.event, news.alert, news.at), when, news=news.seq, alert=news.alert.seq
        )

    def _secret(self, salt: bytes) -> bytes:
        return self.secrets.digest("webhook", salt.hex())

    def _id(self) -> str:
        return "msg_" + urlsafe_b64encode(self.secrets.entropy(ID_BYTES)).decode().replace("-", "a").replace("_", "b")


def _kind(error: Exception) -> str:
    return error.code if isinstance(error, ShiroromError) else type(error).__name__
