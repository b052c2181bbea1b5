"""Passkey ceremonies: a fresh challenge each, held here until it is answered once. A passkey belongs to a host name."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from shirorom.domain.errors import RequestError
from shirorom.ports.clock import Clock
from shirorom.ports.people import NewPasskey, Passkeys, PeopleStore
from shirorom.service.secret import Secrets

CHALLENGE_BYTES = 32
CHALLENGES_MAX = 500
CHALLENGE_S_MAX = 300.0
LABEL_CHARS_MAX = 40


@dataclass(slots=True)
class Challenges:
    """Challenges that were given out: each for one purpose, once, for five minutes; the oldest make room."""

    _open: OrderedDict[bytes, tuple[str, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def give(self, challenge: bytes, purpose: str) -> bytes:
        """Remember it."""
        with self._lock:
            self._open[challenge] = purpose, time.monotonic()
            while len(self._open) > CHALLENGES_MAX:
                self._open.popitem(last=False)
        return challenge

    def take(self, challenge: bytes, purpose: str) -> None:
        """Use it up. Raises `passkey-failed`."""
        with self._lock:
            known = self._open.pop(challenge, None)
        if known is None or known[0] != purpose or time.monotonic() - known[1] > CHALLENGE_S_MAX:
            raise RequestError("passkey-failed")


@dataclass(frozen=True, slots=True)
class Ceremonies:
    """Registration and sign-in with passkeys. `origin`: scheme and host of the page, as the browser names them.

    `webauthn` gives who reads them; called with the first passkey.
    """

    webauthn: Callable[[], Passkeys]
    store: PeopleStore
    secrets: Secrets
    clock: Clock
    challenges: Challenges = field(default_factory=Challenges)

    def registration(self, origin: str, purpose: str, *, name: str, person: int | None) -> dict[str, Any]:
        """What the browser is asked to make. Raises `passkey-address`."""
        check_address(origin)
        account = None if person is None else self.store.account(person)
        known = [one.credential for one in self.store.passkeys(person)] if person is not None else []
        challenge = self.challenges.give(self.secrets.entropy(CHALLENGE_BYTES), purpose)
        handle = account.handle if account else self.secrets.entropy(CHALLENGE_BYTES)
        return self.webauthn().registration(origin, challenge=challenge, handle=handle, name=name, known=known)

    def registered(self, origin: str, purpose: str, credential: dict[str, Any], *, label: str) -> NewPasskey:
        """The new passkey, verified; whoever calls keeps it. Raises `passkey-failed`, `passkey-address`."""
        check_address(origin)
        challenge = challenge_of(credential)
        self.challenges.take(challenge, purpose)
        return self.webauthn().registered(origin, credential, challenge=challenge, label=label[:LABEL_CHARS_MAX])

    def add(self, person: int, passkey: NewPasskey) -> None:
        """Keep it for somebody who is signed in."""
        self.store.add_passkey(person, passkey, at=self.clock.now())

    def sign_in(self, origin: str) -> dict[str, Any]:
        """What the browser is asked to sign. Raises `passkey-address`."""
        check_address(origin)
        return self.webauthn().sign_in(origin, challenge=self.challenges.give(self._challenge(), "sign-in"))

    def signed_in(self, origin: str, credential: dict[str, Any]) -> int:
        """Whose passkey signed. Raises `passkey-failed`."""
        check_address(origin)
        challenge = challenge_of(credential)
        self.challenges.take(challenge, "sign-in")
        passkey = self.store.passkey(_bytes(credential.get("rawId")))
        if passkey is None or passkey.host != host_of(origin):
            raise RequestError("passkey-failed")
        count = self.webauthn().signed_in(origin, credential, challenge=challenge, passkey=passkey)
        self.store.passkey_used(passkey.id, sign_count=count, at=self.clock.now())
        return passkey.person

    def _challenge(self) -> bytes:
        return self.secrets.entropy(CHALLENGE_BYTES)


def host_of(origin: str) -> str:
    """The host name to which a passkey belongs (WebAuthn: RP ID)."""
    return urlsplit(origin).hostname or ""


def passkeys_possible(origin: str) -> bool:
    """Browsers make passkeys for names alone, never for a bare address, and only where the connection is safe."""
    host = host_of(origin)
    try:
        ip_address(host)
    except ValueError:
        return urlsplit(origin).scheme == "https" or host == "localhost"
    return False


def check_address(origin: str) -> None:
    """Raises `passkey-address` where no browser would do it."""
    if not passkeys_possible(origin):
        raise RequestError("passkey-address", host=host_of(origin))


def challenge_of(credential: dict[str, Any]) -> bytes:
    """The challenge that an answer speaks of; that it was signed is verified later. Raises `passkey-failed`."""
    try:
        data = json.loads(_bytes(credential["response"]["clientDataJSON"]))
        return _bytes(data["challenge"])
    except (KeyError, TypeError, ValueError):
        raise RequestError("passkey-failed") from None


def _bytes(text: object) -> bytes:
    """base64url without padding. Raises `passkey-failed`."""
    if not isinstance(text, str):
        raise RequestError("passkey-failed")
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise RequestError("passkey-failed") from None
