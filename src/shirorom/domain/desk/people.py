"""The people of a shop: what they are called and what they may do. Who signs in how: `service/people.py`."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shirorom.domain.errors import RequestError

NAME_CHARS_MAX = 32


class Role(StrEnum):
    """What a person of the shop may do: the owner everything, staff everything but people, keys and settings."""

    OWNER = "owner"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the shop. `name` is what the record calls them (`by`); `id` is 0 where no owner was set up yet.

    `role` is what this sign-in allows: an owner who came by a staff code is staff until a full sign-in.
    """

    id: int
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Account:
    """A person as they are kept. `password` is an argon2id hash; `handle` the random id that passkeys know them by."""

    id: int
    name: str
    role: Role
    active: bool
    password: str | None
    handle: bytes


@dataclass(frozen=True, slots=True)
class Passkey:
    """A public key of a person, for one host name. `sign_count` is the authenticator's own counter."""

    id: int
    person: int
    credential: bytes
    public_key: bytes
    sign_count: int
    host: str
    label: str
    made_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in on one device. It ends after a pause, at its end, or when somebody ends it."""

    id: int
    digest: bytes
    person: Person
    by_code: bool
    label: str
    opened_at: datetime
    seen_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class TrustedDevice:
    """A browser on which staff may sign in by their codes, because somebody signed in fully there before."""

    id: int
    label: str
    by: str
    trusted_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """A program that may work for a person (the browser extension). `person` is None where no owner was set up."""

    id: int
    label: str
    person: Person | None
    made_at: datetime
    used_at: datetime | None


def name_of(text: str) -> str:
    """A person's name as it will be recorded: trimmed, one space between words. Raises `name-invalid`."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    unseen = any(unicodedata.category(character)[0] == "C" for character in name)
    if not name or len(name) > NAME_CHARS_MAX or unseen:
        raise RequestError("name-invalid", chars_max=NAME_CHARS_MAX)
    return name


def key_of(name: str) -> str:
    """What makes two names the same: width, case and spaces do not tell people apart in a record."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
