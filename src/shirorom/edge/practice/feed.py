"""A practice carrier's feed: what its page would say of every phone of the catalogue, as signed notices.

The key is everybody's (its secret is made from its name): it proves nothing but how a proof goes. Within ten minutes
the same carrier gives the same bytes, so that importing them twice shows that nothing changes.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind
from shirorom.domain.fold import JST
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.edge.practice.catalogue import catalogue

if TYPE_CHECKING:
    from shirorom.log.note import VerifierKey

BEGINNING = datetime(2026, 11, 1, tzinfo=UTC)
STEP = timedelta(minutes=10)

_NOTICE = {
    Mark.CLEAR: (NoticeKind.REGISTERED, None),
    Mark.CAUTION: (NoticeKind.INSTALMENTS_STARTED, None),
    Mark.RESTRICTED: (NoticeKind.RESTRICTED, Ground.UNPAID),
}


def feed(carrier: CarrierId, now: datetime) -> tuple[bytes, VerifierKey, int]:
    """The file, the key that it is signed with, and its rows."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from shirorom.log.feed_make import make_feed
    from shirorom.log.note import NoteSignature, SignatureKind, VerifierKey

    name = f"{carrier.value}.practice.test/feed"
    private = Ed25519PrivateKey.from_private_bytes(sha256(f"shirorom practice feed {name}".encode()).digest())
    key = VerifierKey(name, SignatureKind.ED25519, private.public_key().public_bytes_raw())
    step = max((now - BEGINNING) // STEP, 0)
    made_at = BEGINNING + step * STEP
    notices = _notices(carrier, made_at.astimezone(JST).date())
    content = make_feed(
        carrier, notices, kind=FeedKind.FULL, sequence=step, made_at=made_at, practice=True,
        seed=sha256(f"{name} {step}".encode()).digest(),
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
