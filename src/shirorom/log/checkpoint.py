"""The body of a checkpoint: a log's name, its size and its root, as text (C2SP tlog-checkpoint). Not signed yet."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass

from shirorom.log.entry import MalformedError
from shirorom.log.tree import HASH_BYTES

_BODY = re.compile(rb"([^\n]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log stood at: `size` entries under `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not self.origin or "\n" in self.origin or self.size < 0 or len(self.root) != HASH_BYTES:
            raise ValueError("a checkpoint has an origin of one line, a size and a root of 32 bytes")


def encode_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Three lines: origin, decimal size, root in base64."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{b64encode(checkpoint.root).decode()}\n".encode()


def decode_checkpoint(body: bytes) -> Checkpoint:
    """Read a body. Raises MalformedError for any bytes that `encode_checkpoint` would not have written."""
    match = _BODY.fullmatch(body)
    if match is None:
        raise MalformedError("checkpoint")
    try:
        found = Checkpoint(match[1].decode(), int(match[2]), b64decode(match[3], validate=True))
    except ValueError as error:
        raise MalformedError("checkpoint") from error
    if encode_checkpoint(found) != body:  # base64 has spare bits at its end
        raise MalformedError("checkpoint")
    return found
