"""Who works in the shop, how they sign in, and who tries to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shirorom.domain.desk.people import Account, Passkey, Role, Session, Token, TrustedDevice


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What a browser's registration comes to once it was verified."""

    credential: bytes
    public_key: bytes
    sign_count: int
    host: str
    label: str


class PeopleStore(Protocol):
    """The people of a shop and how they show who they are."""

    def has_owner(self) -> bool:
        """Whether an active owner was set up."""
        ...

    def accounts(self) -> Sequence[Account]:
        """Everybody, also those that were ended, in the order in which they were added."""
        ...

    def account(self, person: int) -> Account | None:
        """One of them."""
        ...

    def named(self, key: str) -> Account | None:
        """Who is called so (`key_of`), active or not."""
        ...

    def add(self, name: str, key: str, *, handle: bytes, at: datetime) -> int:
        """Somebody new, as staff. Raises `name-taken`."""
        ...

    def set_active(self, person: int, active: bool, *, at: datetime) -> None:
        """End somebody (their sessions, codes and tokens end with them), or take them back (without any of these)."""
        ...

    def set_password(self, person: int, password: str) -> None:
        """An argon2id hash in place of what was there."""
        ...

    def offer_setup(self, digest: bytes, *, until: datetime) -> None:
        """One set-up link; it replaces the one before."""
        ...

    def setup_open(self, digest: bytes, *, at: datetime) -> bool:
        """Whether a set-up link still holds."""
        ...

    def use_setup(self, digest: bytes, name: str, key: str, *, handle: bytes, password: str | None,
                  passkey: NewPasskey | None, at: datetime) -> int:  # fmt: skip
        """Take the link and make the owner, at one moment; tokens given before there was one end.

        Where there is an owner, they keep name and passkeys and get the new password or passkey; all they had signed in
        ends. Raises `setup-link-over`, `name-taken`.
        """
        ...

    def passkeys(self, person: int) -> Sequence[Passkey]:
        """Somebody's passkeys."""
        ...

    def passkey(self, credential: bytes) -> Passkey | None:
        """The passkey of a credential id."""
        ...

    def add_passkey(self, person: int, passkey: NewPasskey, *, at: datetime) -> None:
        """One more. Raises `passkey-failed` where it is known already."""
        ...

    def passkey_used(self, passkey: int, *, sign_count: int, at: datetime) -> None:
        """Remember the authenticator's counter."""
        ...

    def remove_passkey(self, passkey: int, *, person: int) -> None:
        """Forget one of somebody's passkeys; nothing where it is not theirs."""
        ...

    def set_recovery(self, person: int, digests: Sequence[bytes]) -> None:
        """Recovery codes in place of those before."""
        ...

    def use_recovery(self, digest: bytes) -> int | None:
        """Take a recovery code, once; whose it was."""
        ...

    def recovery_left(self, person: int) -> int:
        """How many are left."""
        ...

    def set_staff_code(self, person: int, digest: bytes | None, *, at: datetime) -> None:
        """The one staff code of somebody, or none any more; sessions opened by the one before end."""
        ...

    def staff_code_made(self, person: int) -> datetime | None:
        """When somebody's staff code was made; None: there is none."""
        ...

    def by_staff_code(self, digest: bytes) -> Account | None:
        """Whose staff code it is, if they are active."""
        ...


class SessionStore(Protocol):
    """Who is signed in where, and which programs work for whom."""

    def open(self, digest: bytes, person: int, role: Role, *, by_code: bool, label: str, at: datetime,
             until: datetime, replaces: bytes | None) -> None:  # fmt: skip
        """A new session; the one that it replaces ends at the same moment."""
        ...

    def find(self, digest: bytes) -> Session | None:
        """A session of somebody who is active; whether its time has passed is not looked at."""
        ...

    def seen(self, session: int, *, at: datetime) -> None:
        """It was used."""
        ...

    def end(self, *, digest: bytes | None = None, session: int | None = None) -> None:
        """End one session."""
        ...

    def end_others(self, person: int, *, but: bytes) -> None:
        """End every other session of somebody."""
        ...

    def sessions(self) -> Sequence[Session]:
        """Every one that was not ended, newest first."""
        ...

    def forget(self, *, before: datetime, idle_before: datetime) -> None:
        """Remove sessions that ended before a moment or were not used since another."""
        ...

    def trust(self, digest: bytes, *, label: str, by: str, at: datetime) -> None:
        """A device on which staff codes may be used."""
        ...

    def device(self, digest: bytes, *, at: datetime) -> TrustedDevice | None:
        """A trusted device; it was seen now."""
        ...

    def devices(self) -> Sequence[TrustedDevice]:
        """Every trusted device, newest first."""
        ...

    def distrust(self, device: int) -> None:
        """Trust it no more."""
        ...

    def offer_pairing(self, digest: bytes, *, person: int | None, until: datetime) -> None:
        """One code for one program; codes of the same person before it end."""
        ...

    def take_pairing(self, digest: bytes, token: bytes, *, label: str, at: datetime, tries_max: int) -> Token | None:
        """Take the code, once, and give the program its token, at one moment.

        None where there is no such code; then every open code has one try less.
        """
        ...

    def token(self, digest: bytes) -> Token | None:
        """A token that was not ended, of somebody who is active."""
        ...

    def token_used(self, token: int, *, at: datetime) -> None:
        """It was used."""
        ...

    def tokens(self) -> Sequence[Token]:
        """Every token, newest first."""
        ...

    def end_token(self, token: int) -> None:
        """End one."""
        ...


class TryStore(Protocol):
    """How often somebody guessed. Names are keyed digests: a password typed into the wrong field is not kept."""

    def take(self, limits: Sequence[tuple[bytes, int]], *, at: datetime, since: datetime) -> datetime | None:
        """One more try at each of these (what, at most since then), taken before it is looked at.

        Where one of them is used up nothing is counted, and this returns when its oldest try was.
        """
        ...

    def succeeded(self, what: Sequence[bytes]) -> None:
        """Forget the tries at these."""
        ...

    def in_a_row(self, what: bytes) -> int:
        """Failures without a success between them, whenever they were."""
        ...

    def count(self, what: bytes, *, at: datetime) -> None:
        """One more failure in a row."""
        ...


class Hasher(Protocol):
    """Slow hashes of passwords (argon2id)."""

    def hash(self, password: str) -> str:
        """A new hash with its salt and parameters."""
        ...

    def holds(self, hashed: str | None, password: str) -> bool:
        """Whether the password is that one. None costs as much time and holds never."""
        ...

    def outdated(self, hashed: str) -> bool:
        """Whether it was made with other parameters than are used now."""
        ...


class Passkeys(Protocol):
    """WebAuthn: what a browser is asked, and whether its answer holds. `origin` is scheme and host of the page."""

    def registration(self, origin: str, *, challenge: bytes, handle: bytes, name: str,
                     known: Sequence[bytes]) -> dict[str, Any]:  # fmt: skip
        """What `navigator.credentials.create` is asked, as JSON."""
        ...

    def registered(self, origin: str, credential: dict[str, Any], *, challenge: bytes, label: str) -> NewPasskey:
        """The new passkey. Raises `passkey-failed`."""
        ...

    def sign_in(self, origin: str, *, challenge: bytes) -> dict[str, Any]:
        """What `navigator.credentials.get` is asked, as JSON."""
        ...

    def signed_in(self, origin: str, credential: dict[str, Any], *, challenge: bytes, passkey: Passkey) -> int:
        """The authenticator's counter after a sign-in that holds. Raises `passkey-failed`."""
        ...
