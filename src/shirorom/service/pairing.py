"""Lets a program (the browser extension) work for a person: a short code once, then a token that is good for little."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shirorom.domain.desk.codes import PAIRING_CHARS, grouped, letters, typed
from shirorom.domain.desk.people import Person, Role, Token
from shirorom.domain.errors import RequestError
from shirorom.ports.clock import Clock
from shirorom.ports.people import SessionStore
from shirorom.service.secret import Secrets
from shirorom.service.tries import Tries

CODE_TIME = timedelta(minutes=10)
CODE_TRIES_MAX = 5
USED_EVERY = timedelta(seconds=60)
RANDOM_BYTES = 64


@dataclass(frozen=True, slots=True)
class Pairing:
    """Codes, tokens, and whom a token stands for. `operator`: who works here where no owner was set up."""

    store: SessionStore
    tries: Tries
    secrets: Secrets
    clock: Clock
    operator: str

    def offer(self, person: Person) -> tuple[str, datetime]:
        """A code to type into the program within ten minutes, once; and until when."""
        code = letters(self.secrets.entropy(RANDOM_BYTES), PAIRING_CHARS)
        until = self.clock.now() + CODE_TIME
        self.store.offer_pairing(self.secrets.digest("pairing", code), person=person.id or None, until=until)
        return grouped(code), until

    def take(self, text: str, *, label: str, network: str) -> tuple[str, Person]:
        """Give the program its token for the code. Raises `pairing-code-wrong`, `too-many-tries`."""
        self.tries.of_pairing(network)
        code = typed(text, PAIRING_CHARS)
        secret = self.secrets.token()
        token = self.store.take_pairing(
            self.secrets.digest("pairing", code or ""), self.secrets.digest("token", secret), label=label,
            at=self.clock.now(), tries_max=CODE_TRIES_MAX,
        )  # fmt: skip
        if token is None:
            raise RequestError("pairing-code-wrong")
        self.tries.pairing_held(network)
        return secret, self._person(token)

    def find(self, secret: str) -> Person | None:
        """Whom a token stands for, always as staff."""
        token = self.store.token(self.secrets.digest("token", secret))
        if token is None:
            return None
        now = self.clock.now()
        if token.used_at is None or now - token.used_at >= USED_EVERY:
            self.store.token_used(token.id, at=now)
        return self._person(token)

    def _person(self, token: Token) -> Person:
        return token.person or Person(0, self.operator, Role.STAFF)
