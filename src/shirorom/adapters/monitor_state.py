"""What a monitor remembers between two looks (service/monitor.py Seen), as one private file; and proofs beside it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from pathlib import Path
from typing import Literal

import msgspec

from shirorom.adapters.durable import write_durably
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import StorageError
from shirorom.log.entry import MalformedError
from shirorom.log.note import VerifierKey
from shirorom.log.tree import Frontier
from shirorom.service.checkpoints import Signed
from shirorom.service.monitor_report import Seen

BYTES_MAX = 2_000_000
PROOFS_MAX = 1_000


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["shirorom-monitor/v1"]
    keys: list[str]
    checkpoint: str | None
    peaks: list[str]


class _Proof(msgspec.Struct, frozen=True):
    format: Literal["shirorom-log-proof/v1"]
    keys: list[str]
    seen: str
    shown: str


def load(path: Path) -> Seen:
    """What was remembered; nothing where there is no file. Raises StorageError `monitor-state-corrupt`."""
    with storage_errors(path):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return Seen()
    try:
        file = msgspec.json.decode(content[:BYTES_MAX], type=_File)
        signed = None if file.checkpoint is None else Signed.decode(file.checkpoint.encode())
        size = 0 if signed is None else signed.checkpoint.size
        frontier = Frontier(size, tuple(b64decode(one, validate=True) for one in file.peaks))
        if signed is not None and frontier.root != signed.checkpoint.root:
            raise MalformedError("root")
        return Seen(tuple(VerifierKey.parse(one) for one in file.keys), signed, frontier)
    except (msgspec.MsgspecError, MalformedError, ValueError) as error:
        raise StorageError("monitor-state-corrupt") from error


def save(path: Path, seen: Seen) -> None:
    """Remember, durably."""
    checkpoint = None if seen.signed is None else seen.signed.note.encode().decode()
    peaks = [b64encode(one).decode() for one in seen.frontier.peaks]
    file = _File("shirorom-monitor/v1", [key.text for key in seen.keys], checkpoint, peaks)
    with storage_errors(path.absolute()):
        write_durably(path, msgspec.json.encode(file))


def keep_proof(path: Path, keys: tuple[VerifierKey, ...], heads: tuple[bytes, bytes]) -> Path:
    """Keep two signed heads beside the state, never over an older proof; the same two are kept once."""
    seen, shown = (head.decode() for head in heads)
    content = msgspec.json.format(
        msgspec.json.encode(_Proof("shirorom-log-proof/v1", [key.text for key in keys], seen, shown)), indent=1
    )
    with storage_errors(path.absolute()):
        number = 1
        while (target := _proof_path(path, number)).exists() and number < PROOFS_MAX:
            if target.read_bytes() == content:
                return target
            number += 1
        write_durably(target, content)
    return target


def _proof_path(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.proof-{number}.json")
