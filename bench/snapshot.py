"""Snapshots of the register for shops: bytes a phone beside the entropy bound, making and applying, a day's delta.

3 M phones of 4,000 TACs as in bench/register.py (`python -m bench.snapshot 30000000`: others). Seconds are those of the
processor, one thread. At 3 M a TAC weighs more: the limit of 1.35 B a phone is for 30 M.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench.register import CHANGED, PHONES, PHONES_WANTED, RESTRICTED_SHARE, SHARES, TACS, _bound, _phones
from shirorom.adapters.sealed_box import HpkeBox
from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.adapters.snapshot_files import SnapshotFiles
from shirorom.domain.carrier import CARRIERS
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.note import NoteSignature
from shirorom.register import snapshot
from shirorom.register.content import Content
from shirorom.register.format import Enrolled, Stamp
from shirorom.register.keys import SERIALS
from shirorom.register.rows import Packed, Pending
from shirorom.register.snapshot_head import Holds
from shirorom.register.values import CLEAR, RESTRICTED

BYTES_MAX = 1.35
AS_OF = datetime(2026, 11, 20, tzinfo=UTC)
MADE_S_MAX = APPLIED_S_MAX = 60.0
SIGNER = Ed25519Signer("shirorom/practice/bench", bytes(32))


def run(phones: int = PHONES) -> dict[str, Any]:
    """All figures of this module."""
    random = np.random.default_rng(6)
    keys, _ = _phones(random, phones)
    cells = random.choice(4, len(keys), p=SHARES).astype(np.uint8)
    marks = np.where(random.random(len(keys)) < RESTRICTED_SHARE, RESTRICTED, CLEAR).astype(np.uint8)
    packed = Packed(keys, (marks << 2 * cells).astype(np.uint8), _none())
    table = [
        {"what": f"phones in {TACS:,} TACs", "value": len(keys), "unit": "phones"},
        *_whole("whole books", Content.of(packed, _stamp(1), Holds.EVERYTHING)),
        *_whole("△ and × alone", Content.of(packed, _stamp(1), Holds.DOUBTFUL)),
        *_delta(packed, random),
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table.append({"what": "memory at the most, with the bench's own columns", "value": peak, "unit": "MB"})
    return {"name": "snapshot", "rows": table}


def _whole(name: str, content: Content) -> list[dict[str, Any]]:
    made_s, file = _timed(lambda: _made(content, None))
    _, counts = np.unique(content.packed.keys // np.uint64(SERIALS), return_counts=True)
    bound = _bound(counts, content.packed.values.astype(np.int64))
    size = len(file) / len(content.packed.keys)
    rows = [_row(f"{name}: size, beside the entropy bound", size, "B/phone", bound)]
    if len(content.packed.keys) >= PHONES_WANTED * 0.99:
        rows.append(_row(f"{name}: size, beside the limit at 30 M", size, "B/phone", BYTES_MAX))
    with tempfile.TemporaryDirectory() as directory:
        shelf = SnapshotFiles(Path(directory) / "snapshot")
        applied_s, _ = _timed(lambda: _applied(shelf, file, None))
    box = HpkeBox(lambda: bytes(31) + b"\x01", bytes)
    sealed_s, sealed = _timed(lambda: box.seal(file, [box.key]))
    opened_s, _ = _timed(lambda: box.open(sealed))
    return [
        *rows,
        _row(f"{name}: phones in it", len(content.packed.keys), "phones"),
        _row(f"{name}: file", len(file) / 1e6, "MB"),
        _row(f"{name}: made and signed, beside a minute", made_s, "s", MADE_S_MAX),
        _row(f"{name}: checked, decoded, built, written, beside a minute", applied_s, "s", APPLIED_S_MAX),
        _row(f"{name}: encrypted, beside making it", sealed_s, "s", made_s),
        _row(f"{name}: decrypted, beside applying it", opened_s, "s", applied_s),
    ]


def _delta(packed: Packed, random: np.random.Generator) -> list[dict[str, Any]]:
    """As many phones as change in a day get another mark."""
    values = packed.values.copy()
    some = random.choice(len(values), CHANGED, replace=False)
    values[some] ^= np.where(values[some] & 0b10101010, values[some] & 0b10101010, values[some] << 1).astype(np.uint8)
    rows = []
    for name, holds in (("whole books", Holds.EVERYTHING), ("△ and × alone", Holds.DOUBTFUL)):
        before = Content.of(packed, _stamp(1), holds)
        after = Content.of(Packed(packed.keys, values, packed.pending), _stamp(2), holds)
        made_s, file = _timed(lambda before=before, after=after: _made(after, before))  # type: ignore[misc]
        rows.append(_row(f"{name}: delta of {CHANGED:,} changes", len(file) / CHANGED, "B/change"))
        rows.append(_row(f"{name}: delta of {CHANGED:,} changes, the file", len(file) / 1e3, "kB"))
        rows.append(_row(f"{name}: delta made, beside a minute", made_s, "s", MADE_S_MAX))
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


def _row(what: str, value: float, unit: str, beside: float | None = None) -> dict[str, Any]:
    more = {} if beside is None else {"beside": beside, "ratio": value / beside}
    return {"what": what, "value": value, "unit": unit} | more


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of this process."""
    begin = time.process_time()
    came = call()
    return time.process_time() - begin, came


if __name__ == "__main__":
    from bench.__main__ import table

    print(table(run(int(sys.argv[1]) if len(sys.argv) > 1 else PHONES)))
