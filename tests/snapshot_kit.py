"""Snapshots for tests: contents of rows, and files signed by a log that tests play."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.log.note import NoteSignature
from shirorom.register import snapshot
from shirorom.register.content import Content
from shirorom.register.format import Layout, Stamp
from shirorom.register.rows import Row
from shirorom.register.snapshot_head import Holds
from tests import register_kit as kit

MADE_AT = datetime(2026, 11, 20, 4, 0, 0, tzinfo=UTC)
SIGNER = Ed25519Signer(kit.ORIGIN, sha256(b"maker").digest())
STRANGER = Ed25519Signer(kit.ORIGIN, sha256(b"stranger").digest())


def sign(text: bytes, signer: Ed25519Signer = SIGNER) -> NoteSignature:
    """A signature line over a head."""
    return NoteSignature(signer.key.name, signer.key.id, signer.sign(text))


def content(rows: list[Row], holds: Holds = Holds.DOUBTFUL, stamp: Stamp | None = None) -> Content:
    """What of some rows is handed on."""
    stamp = stamp or kit.stamp()
    days = (stamp.day - kit.DAY).days
    made = kit.register(rows, Layout.COMPACT, days=days, size=stamp.log.size)
    return Content.of(made.packed(), replace(stamp), holds)


def made(
    now: Content, base: Content | None = None, *, signer: Ed25519Signer = SIGNER, salt: int = 1, at: datetime = MADE_AT
) -> bytes:
    """The file of a content, or of what changed."""
    consent = "test/consent" if now.holds is Holds.EVERYTHING else None
    return snapshot.make(
        now, base, made_at=at, salt=bytes([salt]) * 16, consent=consent, sign=lambda text: sign(text, signer)
    )
