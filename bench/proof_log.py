"""The published log: building its tree, proving an entry of a million, and tiles a second over HTTP.

Beside each figure stands what it is held against in the same run: bare SHA-256 for hashing, the app's own route for the
tiles that granian serves past it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from bench._rows import at_most, missing, row
from shirorom.adapters.heads_sqlite import SqliteHeads
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.adapters.shelf_files import FileShelf
from shirorom.adapters.signing_keys import Ed25519Signer, FileKeyring
from shirorom.log.note import Note, NoteSignature, decode_note
from shirorom.log.tree import Frontier, grow, home_of, inclusion_proof, leaf_hash, verify_inclusion
from shirorom.service.checkpoints import Checkpoints
from shirorom.service.publish import Publish

LEAVES = 1_000_000
PROOFS = 2_000
NOTES = 2_000
CONNECTIONS = 32
SECONDS = 5


def run() -> dict[str, Any]:
    """All figures of this module."""
    return {"name": "proof_log", "rows": [*_tree(), *_notes(), *_tiles()]}


def _tree() -> list[dict[str, Any]]:
    entry = b'{"at":"2026-11-23T05:00:00Z","commitment":"%064x","kind":"reading","v":1}'
    leaves = [leaf_hash(entry % n) for n in range(LEAVES)]
    begin = time.perf_counter()
    frontier, completed = grow(Frontier(), leaves)
    built = LEAVES / (time.perf_counter() - begin)
    begin = time.perf_counter()
    for leaf in leaves[: LEAVES // 4]:
        sha256(b"\x01" + leaf + leaf).digest()
    bare = LEAVES // 4 / (time.perf_counter() - begin)

    def node(level: int, position: int) -> bytes:
        index, place = home_of(level, position)
        return completed[index][place]

    random = Random(1)
    places = [random.randrange(LEAVES) for _ in range(PROOFS)]
    begin = time.perf_counter()
    proofs = [inclusion_proof(index, LEAVES, node) for index in places]
    proving = 1e6 * (time.perf_counter() - begin) / PROOFS
    begin = time.perf_counter()
    held = [
        verify_inclusion(leaves[i], i, LEAVES, proof, frontier.root) for i, proof in zip(places, proofs, strict=True)
    ]
    verifying = 1e6 * (time.perf_counter() - begin) / PROOFS
    if not all(held):
        raise RuntimeError("a proof does not hold")
    return [
        row("tree, leaves added", built, "leaves/s", beside="bare SHA-256", peer=bare),
        row("inclusion proof at 1,000,000 entries", proving, "µs", asked=at_most(50)),
        {"what": "inclusion proof, verified", "value": verifying, "unit": "µs"},
    ]


def _notes() -> list[dict[str, Any]]:
    signer = Ed25519Signer("shirorom/practice/bench", bytes(32))
    text = b"shirorom/practice/bench\n1000000\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    begin, note = time.perf_counter(), b""
    for _ in range(NOTES):
        note = Note(text, (NoteSignature(signer.key.name, signer.key.id, signer.sign(text)),)).encode()
    signing = 1e6 * (time.perf_counter() - begin) / NOTES
    begin = time.perf_counter()
    for _ in range(NOTES):
        decode_note(note).verified_by([signer.key])
    verifying = 1e6 * (time.perf_counter() - begin) / NOTES
    return [
        {"what": "checkpoint, signed", "value": signing, "unit": "µs"},
        {"what": "checkpoint, read and verified", "value": verifying, "unit": "µs"},
    ]


def _tiles() -> list[dict[str, Any]]:
    """`serve` in a process of its own and wrk beside it: on this machine both share its cores."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        published = _published(data)
        rows = [{"what": "600 entries published, all files durable", "value": 1000 * published, "unit": "ms"}]
        if shutil.which("wrk") is None:
            return [*rows, missing("tiles by granian's mount", "tiles/s", "wrk is not installed")]
        with _served(data) as url:
            mounted = _wrk(f"{url}log/practice/tile/0/000")
            routed = _wrk(f"{url}log/practice/checkpoint")
        return [*rows, row("tiles by granian's mount", mounted, "tiles/s", beside="the app's route", peer=routed)]


def _published(data: Path) -> float:
    from bench.log import readings
    from shirorom.adapters.clock import SystemClock
    from shirorom.service.recorder import Recorder

    clock = SystemClock()
    log = SqliteLog(data, practice=True, entropy=os.urandom)
    given = readings()
    Recorder(log, None, clock, os.urandom).record([next(given) for _ in range(600)])
    keys = FileKeyring(data, practice=True, origin=lambda: log.origin, entropy=os.urandom)
    checkpoints = Checkpoints(log, keys, SqliteHeads(data / "publish" / "heads.sqlite"), clock)
    publish = Publish(log, checkpoints, FileShelf(data / "publish" / "practice"))
    begin = time.perf_counter()
    publish()
    seconds = time.perf_counter() - begin
    log.close()
    (data / "config.toml").write_text("[log]\npublish = true\n", encoding="utf-8")
    return seconds


@contextmanager
def _served(data: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "shirorom", "--data", str(data), "serve", "--port", "0", "--lang", "en"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            lines = iter(process.stdout or ())
            line = next(one for one in lines if "http://" in one)
            yield next(word for word in line.split() if word.startswith("http://")).rstrip("/") + "/"
        finally:
            process.terminate()


def _wrk(url: str) -> float:
    out = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=10 * SECONDS,
    ).stdout
    return float(next(line for line in out.splitlines() if line.startswith("Requests/sec:")).split()[1])
