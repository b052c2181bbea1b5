"""Snapshots of the register for shops: bytes a phone beside the entropy bound, making and applying, a day's delta.

30 M phones of 4,000 TACs (`--size`: others). Seconds are those of the processor, one thread. With fewer phones a TAC
weighs more: the limit of 1.35 B a phone is for 30 M.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench._phones import phones as some_phones
from bench._rows import Row, at_most, row
from shirorom.adapters.sealed_box import HpkeBox
from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.adapters.snapshot_files import SnapshotFiles
from shirorom.domain.carrier import CARRIERS
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.note import NoteSignature
from shirorom.register import snapshot
from shirorom.register.content import Content
from shirorom.register.format import Enrolled, Stamp
from shirorom.register.rows import Packed, Pending
from shirorom.register.snapshot_head import Holds

PHONES = 30_000_000
CHANGED = 1_000
BYTES_MAX = 1.35
AS_OF = datetime(2026, 11, 20, tzinfo=UTC)
SIGNER = Ed25519Signer("shirorom/practice/bench", bytes(32))


def run(size: int = PHONES) -> dict[str, Any]:
    """All figures of this module."""
    made = some_phones(size)
    packed = Packed(made.keys, made.values.astype(np.uint8), _none())
    rows = [
        *_whole("whole books", Content.of(packed, _stamp(1), Holds.EVERYTHING), made.bound, size >= PHONES),
        *_whole("△ and × alone", Content.of(packed, _stamp(1), Holds.DOUBTFUL)),
        *_delta(packed),
    ]
    return {"name": "snapshot", "rows": rows}


def _whole(name: str, content: Content, bound: float | None = None, promised: bool = False) -> list[Row]:
    count = len(content.packed.keys)
    made_s, file = _timed(lambda: _made(content, None))
    with tempfile.TemporaryDirectory() as directory:
        shelf = SnapshotFiles(Path(directory) / "snapshot")
        applied_s, _ = _timed(lambda: _applied(shelf, file, None))
    box = HpkeBox(lambda: bytes(31) + b"\x01", bytes)
    sealed_s, sealed = _timed(lambda: box.seal(file, [box.key]))
    opened_s, _ = _timed(lambda: box.open(sealed))
    beside = "" if bound is None else "entropy bound, counts of TACs known"
    return [
        row(f"{name}, {count:,} phones: size", len(file) / count, "B/phone",
            asked=at_most(BYTES_MAX) if promised else None, beside=beside, peer=bound),
        row(f"{name}: file", len(file) / 1e6, "MB"),
        row(f"{name}: made and signed", made_s, "s of the processor"),
        row(f"{name}: checked, decoded, built, written", applied_s, "s of the processor"),
        row(f"{name}: encrypted", sealed_s, "s of the processor", beside="making it", peer=made_s),
        row(f"{name}: decrypted", opened_s, "s of the processor", beside="applying it", peer=applied_s),
    ]  # fmt: skip


def _delta(packed: Packed) -> list[Row]:
    """As many phones as change in a day get another mark."""
    values = packed.values.copy()
    some = np.random.default_rng(6).choice(len(values), CHANGED, replace=False)
    values[some] ^= np.where(values[some] & 0b10101010, values[some] & 0b10101010, values[some] << 1).astype(np.uint8)
    rows = []
    for name, holds in (("whole books", Holds.EVERYTHING), ("△ and × alone", Holds.DOUBTFUL)):
        before = Content.of(packed, _stamp(1), holds)
        after = Content.of(Packed(packed.keys, values, packed.pending), _stamp(2), holds)
        made_s, file = _timed(lambda before=before, after=after: _made(after, before))  # type: ignore[misc]
        rows.append(row(f"{name}: delta of {CHANGED:,} changes, the file", len(file) / 1e3, "kB"))
        rows.append(row(f"{name}: delta made", made_s, "s of the processor"))
    return rows


def _made(content: Content, base: Content | None) -> bytes:
    consent = "bench" if content.holds is Holds.EVERYTHING else None
    return snapshot.make(
        content, base, made_at=AS_OF, salt=bytes(16), consent=consent,
        sign=lambda text: NoteSignature(SIGNER.key.name, SIGNER.key.id, SIGNER.sign(text)),
    )  # fmt: skip


def _applied(shelf: SnapshotFiles, file: bytes, base: Content | None) -> None:
    found = snapshot.read(file)
    found.signed_by([SIGNER.key])
    shelf.put(found, snapshot.applied(found, base), [SIGNER.key])


def _stamp(size: int) -> Stamp:
    log = Checkpoint(SIGNER.key.name, size, bytes([size]) * 32)
    return Stamp(log, tuple(Enrolled(one, AS_OF) for one in CARRIERS), True)


def _none() -> Pending:
    return Pending(np.zeros(0, np.uint64), np.zeros(0, np.uint8), np.zeros(0, np.uint32))


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of this process."""
    begin = time.process_time()
    came = call()
    return time.process_time() - begin, came
