"""A practice carrier's feed: what its page would say of every phone of the catalogue, as signed notices.

The key is everybody's (its secret is made from its name): it proves nothing but how a proof goes. Within ten minutes
the same carrier gives the same bytes, so that importing them twice shows that nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind, Manifest
from shirorom.domain.fold import JST
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.edge.practice.catalogue import catalogue

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from shirorom.log.note import VerifierKey

BEGINNING = datetime(2026, 11, 1, tzinfo=UTC)
STEP = timedelta(minutes=10)
GROUND = Ground.UNPAID
"""Of every restriction that a practice carrier publishes."""

_NOTICE = {
    Mark.CLEAR: (NoticeKind.REGISTERED, None),
    Mark.CAUTION: (NoticeKind.INSTALMENTS_STARTED, None),
    Mark.RESTRICTED: (NoticeKind.RESTRICTED, GROUND),
}


def feed(carrier: CarrierId, now: datetime, after: Manifest | None = None) -> tuple[bytes, VerifierKey, int]:
    """Its full list: the file, the key that it is signed with, and its rows.

    `after`: the newest feed that whoever gets this one has of the carrier; this one then counts on from there.
    """
    step, made_at = _step(now), _made_at(now)
    sequence = step
    if after is not None and after.sequence >= step and (after.kind, after.sequence) != (FeedKind.FULL, step):
        sequence, made_at = after.sequence + 1, max(made_at, after.made_at)
    return _signed(carrier, FeedKind.FULL, sequence, made_at, _notices(carrier, made_at.astimezone(JST).date()))


def change(carrier: CarrierId, imei: Imei, kind: NoticeKind, now: datetime, after: Manifest) -> bytes:
    """A delta with one notice (a restriction or its lifting) about one phone, behind the feed before it."""
    notice = Notice(kind, imei, carrier, GROUND, now.astimezone(JST).date(), None, 0, practice=True)
    made_at = max(now.replace(microsecond=0), after.made_at)
    return _signed(carrier, FeedKind.DELTA, after.sequence + 1, made_at, [notice])[0]


def _step(now: datetime) -> int:
    return max((now - BEGINNING) // STEP, 0)


def _made_at(now: datetime) -> datetime:
    return BEGINNING + _step(now) * STEP


def key_of(carrier: CarrierId) -> VerifierKey:
    """The carrier's verifier key."""
    from shirorom.log.note import SignatureKind, VerifierKey

    return VerifierKey(_name(carrier), SignatureKind.ED25519, _private(carrier).public_key().public_bytes_raw())


def _name(carrier: CarrierId) -> str:
    return f"{carrier.value}.practice.test/feed"


def _private(carrier: CarrierId) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    name = _name(carrier)
    return Ed25519PrivateKey.from_private_bytes(sha256(f"shirorom practice feed {name}".encode()).digest())


def _signed(
    carrier: CarrierId, kind: FeedKind, sequence: int, made_at: datetime, notices: Sequence[Notice]
) -> tuple[bytes, VerifierKey, int]:
    from shirorom.log.feed_make import make_feed
    from shirorom.log.note import NoteSignature

    key, private = key_of(carrier), _private(carrier)
    content = make_feed(
        carrier, notices, kind=kind, sequence=sequence, made_at=made_at, practice=True,
        seed=sha256(f"{key.name} {sequence}".encode()).digest(),
        sign=lambda text: NoteSignature(key.name, key.id, private.sign(text)).line,
    )  # fmt: skip
    return content, key, len(notices)


def _notices(carrier: CarrierId, today: date) -> list[Notice]:
    said: dict[Imei, Mark] = {}
    for phone in catalogue().phones:
        for cell in phone.checks[0].cells:
            if cell.carrier is carrier and cell.mark in _NOTICE:
                said[cell.imei] = cell.mark
    return [_notice(carrier, imei, mark, today) for imei, mark in said.items()]


def _notice(carrier: CarrierId, imei: Imei, mark: Mark, today: date) -> Notice:
    kind, ground = _NOTICE[mark]
    effective_on = today if mark is Mark.RESTRICTED else None
    return Notice(
        kind=kind, imei=imei, carrier=carrier, ground=ground, effective_on=effective_on,
        purchased_on=today - timedelta(days=400), sequence=0, practice=True,
    )  # fmt: skip
