"""Snapshots for tests: contents of rows, and files signed by a log that tests play."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from shirorom.adapters.sealed_box import HpkeBox
from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.adapters.snapshot_files import SnapshotFiles
from shirorom.log.note import NoteSignature
from shirorom.register import snapshot
from shirorom.register.build import build
from shirorom.register.content import Content
from shirorom.register.format import Layout, Stamp
from shirorom.register.lookup import open_register
from shirorom.register.rows import Row, Rows
from shirorom.register.snapshot_head import Holds
from shirorom.service.snapshot_apply import ApplySnapshot
from tests import register_kit as kit
from tests.logs import SetClock

MADE_AT = datetime(2026, 11, 20, 4, 0, 0, tzinfo=UTC)
SIGNER = Ed25519Signer(kit.ORIGIN, sha256(b"maker").digest())
STRANGER = Ed25519Signer(kit.ORIGIN, sha256(b"stranger").digest())


def box(n: int = 1) -> HpkeBox:
    """The n-th shop's."""
    return HpkeBox(lambda: bytes([n]) * 32, os.urandom)


def shop(directory: Path, clock: SetClock | None = None) -> ApplySnapshot:
    """A practice shop with this directory, an hour after the snapshots of tests were made."""
    clock = clock or SetClock(MADE_AT + timedelta(hours=1))
    return ApplySnapshot(SnapshotFiles(directory), box(), clock, practice=True)


def sign(text: bytes, signer: Ed25519Signer = SIGNER) -> NoteSignature:
    """A signature line over a head."""
    return NoteSignature(signer.key.name, signer.key.id, signer.sign(text))


def content_of(rows: list[Row], holds: Holds, stamp: Stamp) -> Content:
    """The same of any stamp."""
    return Content.of(open_register(build(Rows.of(rows), stamp, Layout.COMPACT)).packed(), stamp, holds)


def content(rows: list[Row], holds: Holds = Holds.DOUBTFUL, stamp: Stamp | None = None) -> Content:
    """What of some rows is handed on."""
    return content_of(rows, holds, stamp or kit.stamp())


def made(
    now: Content, base: Content | None = None, *, signer: Ed25519Signer = SIGNER, salt: int = 1, at: datetime = MADE_AT
) -> bytes:
    """The file of a content, or of what changed."""
    consent = "test/consent" if now.holds is Holds.EVERYTHING else None
    return snapshot.make(
        now, base, made_at=at, salt=bytes([salt]) * 16, consent=consent, sign=lambda text: sign(text, signer)
    )
