"""The people of a shop: the first owner, staff and their codes, and every way to say who one is.

Ways in: a password or a passkey (the owner), a recovery code (the owner, when both are lost), a staff code on a trusted
device (anybody, as staff). No way tells whether a name is known. There is no default password: the first owner comes by
a link that `serve` prints.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from shirorom.domain.desk.codes import (
    RECOVERY_CHARS,
    RECOVERY_CODES,
    STAFF_RANDOM_DIGITS,
    grouped,
    letters,
    staff_code,
    staff_code_in,
    typed,
)
from shirorom.domain.desk.password import CHARS_MAX, check_password, normal
from shirorom.domain.desk.people import Account, Person, Role, key_of, name_of
from shirorom.domain.errors import RequestError
from shirorom.ports.clock import Clock
from shirorom.ports.people import Hasher, NewPasskey, PeopleStore
from shirorom.service.passkeys import Ceremonies
from shirorom.service.secret import Secrets
from shirorom.service.sessions import Caller, Sessions
from shirorom.service.tries import Tries

SETUP_TIME = timedelta(minutes=15)
HANDLE_BYTES = 32
RANDOM_BYTES = 160
PRODUCT = ("shirorom", "白ロム", "しろろむ")
NO_OWNER_KNOWN_S = 1.0
"""How long "there is no owner yet" is believed without looking again: another process may make one."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a sign-in gives to the browser. `device` is set where it was newly trusted."""

    session: str
    person: Person
    device: str | None = None


@dataclass(slots=True)
class People:
    """Everything about people. `reserved`: names that nobody may have, because the record uses them otherwise."""

    store: PeopleStore
    sessions: Sessions
    tries: Tries
    ceremonies: Ceremonies
    hasher: Hasher
    secrets: Secrets
    clock: Clock
    known_passwords: Collection[str]
    reserved: Collection[str]
    _no_owner_until: float = 0.0
    _has_owner: bool = False
    _hashing: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(2))  # 64 MiB each

    # The first owner

    def has_owner(self) -> bool:
        """Whether this shop has an owner; asked at every call, so looked up once a second until there is one."""
        if self._has_owner:
            return True
        now = time.monotonic()
        if now >= self._no_owner_until:
            self._has_owner = self.store.has_owner()
            self._no_owner_until = now + NO_OWNER_KNOWN_S
        return self._has_owner

    def offer_setup(self) -> str:
        """The secret of a new set-up link: one use, fifteen minutes; any link before it is over."""
        secret = self.secrets.token()
        self.store.offer_setup(self.secrets.digest("setup", secret), until=self.clock.now() + SETUP_TIME)
        return secret

    def setup_open(self, secret: str) -> None:
        """Raises `setup-link-over` where the link does not hold (any more)."""
        if not self.store.setup_open(self.secrets.digest("setup", secret), at=self.clock.now()):
            raise RequestError("setup-link-over")

    def owner(self) -> Account | None:
        """The owner, once there is one."""
        return next((one for one in self.store.accounts() if one.active and one.role is Role.OWNER), None)

    def set_up(
        self, secret: str, name: str, password: str | None, passkey: NewPasskey | None, caller: Caller
    ) -> tuple[SignedIn, list[str]]:
        """Make the owner (or give the owner a new way in), signed in here; returns the recovery codes too, once.

        Raises:
            RequestError: `setup-link-over`, `name-invalid`, `name-taken`, `password-…`. The link still holds then.
        """
        self.setup_open(secret)
        known = self.owner()
        name = known.name if known else self._free_name(name)
        hashed = None if password is None else self._hash(password, name)
        person = self.store.use_setup(
            self.secrets.digest("setup", secret), name, key_of(name), handle=self.secrets.entropy(HANDLE_BYTES),
            password=hashed, passkey=passkey, at=self.clock.now(),
        )  # fmt: skip
        self._has_owner = True
        self.tries.release(key_of(name))
        codes = self.new_recovery(person)
        return self._signed_in(Person(person, name, Role.OWNER), caller, trust=True), codes

    # Signing in

    def sign_in(self, name: str, password: str, caller: Caller, *, trust: bool) -> SignedIn:
        """By name and password.

        Raises:
            RequestError: `sign-in-wrong`, the same whatever was wrong; `too-many-tries`, `sign-in-held`.
        """
        key = key_of(name)
        self.tries.of_password(key, caller.network)
        account = self.store.named(key)
        usable = account is not None and account.active
        with self._hashing:
            right = self.hasher.holds(
                account.password if account and usable else None, normal(password)[: CHARS_MAX + 1]
            )
        if account is None or not right:
            raise RequestError("sign-in-wrong")
        self.tries.password_held(key, caller.network)
        if account.password and self.hasher.outdated(account.password):
            self.store.set_password(account.id, self._slowly(password))
        return self._signed_in(Person(account.id, account.name, account.role), caller, trust=trust)

    def sign_in_by_passkey(self, origin: str, credential: dict[str, Any], caller: Caller, *, trust: bool) -> SignedIn:
        """By passkey. Raises `passkey-failed`, `too-many-tries`."""
        self.tries.of_code("passkey", caller.network)
        account = self.store.account(self.ceremonies.signed_in(origin, credential))
        if account is None or not account.active:
            raise RequestError("passkey-failed")
        self.tries.code_held("passkey", caller.network)
        self.tries.release(key_of(account.name))
        return self._signed_in(Person(account.id, account.name, account.role), caller, trust=trust)

    def sign_in_by_recovery(self, text: str, caller: Caller) -> SignedIn:
        """By a recovery code, which is then used up. Raises `sign-in-wrong`, `too-many-tries`."""
        self.tries.of_code("recovery", caller.network)
        code = typed(text, RECOVERY_CHARS)
        person = self.store.use_recovery(self.secrets.digest("recovery", code)) if code else None
        account = None if person is None else self.store.account(person)
        if account is None or not account.active:
            raise RequestError("sign-in-wrong")
        self.tries.code_held("recovery", caller.network)
        self.tries.release(key_of(account.name))
        return self._signed_in(Person(account.id, account.name, account.role), caller, trust=False)

    def sign_in_by_code(self, text: str, caller: Caller) -> SignedIn:
        """By a staff code, as staff, on a trusted device. Raises `device-not-trusted`, `staff-code-unknown`."""
        if self.sessions.device(caller.device) is None:
            raise RequestError("device-not-trusted")
        self.tries.of_code("staff", caller.network)
        code = staff_code_in(text)
        account = self.store.by_staff_code(self.secrets.digest("staff", code)) if code else None
        if account is None:
            raise RequestError("staff-code-unknown")
        self.tries.code_held("staff", caller.network)
        person = Person(account.id, account.name, Role.STAFF)
        return SignedIn(self.sessions.open(person.id, Role.STAFF, caller, by_code=True), person)

    def _signed_in(self, person: Person, caller: Caller, *, trust: bool) -> SignedIn:
        device = self.sessions.trust(caller, by=person.name) if trust else None
        return SignedIn(self.sessions.open(person.id, person.role, caller, by_code=False), person, device)

    # What the owner does

    def add(self, name: str) -> int:
        """Somebody new, as staff. Raises `name-invalid`, `name-taken`."""
        name = self._free_name(name)
        return self.store.add(name, key_of(name), handle=self.secrets.entropy(HANDLE_BYTES), at=self.clock.now())

    def end(self, person: int) -> None:
        """Nobody gets in as this person any more, from now on. Raises `not-found`, `not-allowed` (the owner stays)."""
        if self.known(person).role is Role.OWNER:
            raise RequestError("not-allowed")
        self.store.set_active(person, False, at=self.clock.now())

    def take_back(self, person: int) -> None:
        """The person may be given a new code again. Raises `not-found`."""
        self.known(person)
        self.store.set_active(person, True, at=self.clock.now())

    def new_staff_code(self, person: int) -> str:
        """A new code for a card, shown this once; the one before is dead. Raises `person-ended`, `not-found`."""
        if not self.known(person).active:
            raise RequestError("person-ended")
        code = staff_code(int.from_bytes(self.secrets.entropy(RANDOM_BYTES)) % 10**STAFF_RANDOM_DIGITS)
        self.store.set_staff_code(person, self.secrets.digest("staff", code), at=self.clock.now())
        return code

    def end_staff_code(self, person: int) -> None:
        """No code any more; who came in by it is out. Raises `not-found`."""
        self.known(person)
        self.store.set_staff_code(person, None, at=self.clock.now())

    def new_recovery(self, person: int) -> list[str]:
        """Recovery codes in place of those before, shown this once."""
        codes = [letters(self.secrets.entropy(RANDOM_BYTES), RECOVERY_CHARS) for _ in range(RECOVERY_CODES)]
        self.store.set_recovery(person, [self.secrets.digest("recovery", code) for code in codes])
        return [grouped(code) for code in codes]

    def change_password(self, person: Person, password: str, caller: Caller) -> SignedIn:
        """Another password: a new session here, and the end of every other one. Raises `password-…`."""
        self.store.set_password(person.id, self._hash(password, person.name))
        signed = self._signed_in(person, caller, trust=False)
        self.sessions.end_others(person.id, signed.session)
        return signed

    def known(self, person: int) -> Account:
        """One of the people. Raises `not-found`."""
        account = self.store.account(person)
        if account is None:
            raise RequestError("not-found")
        return account

    def _free_name(self, text: str) -> str:
        name = name_of(text)
        if key_of(name) in {key_of(one) for one in self.reserved} or self.store.named(key_of(name)) is not None:
            raise RequestError("name-taken")
        return name

    def _hash(self, password: str, name: str) -> str:
        check_password(password, known=self.known_passwords, names=(name, *PRODUCT))
        return self._slowly(password)

    def _slowly(self, password: str) -> str:
        with self._hashing:
            return self.hasher.hash(normal(password))
