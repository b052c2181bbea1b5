"""Witnessing somebody else's log (c2sp.org/tlog-witness): sign a head only if it continues the last one that we signed.

What a witness promises is one thing: of each log it has signed one history. Its memory and its key lie in one file.
"""

from __future__ import annotations

import logging
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shirorom.log.checkpoint import Checkpoint, decode_checkpoint
from shirorom.log.entry import MalformedError
from shirorom.log.note import Note, NoteError, NoteSignature, VerifierKey, cosigned_message, decode_note
from shirorom.log.tree import EMPTY_ROOT, HASH_BYTES, verify_consistency
from shirorom.ports.clock import Clock
from shirorom.ports.publishing import Heads
from shirorom.ports.signing import Signer

LOGGER = logging.getLogger("shirorom.witness")
PROOF_LINES_MAX = 63
REQUEST_BYTES_MAX = 64_000
TEXT, SIZE = "text/plain; charset=utf-8", "text/x.tlog.size"

_OLD = re.compile(rb"old (0|[1-9][0-9]{0,18})")
_HASH = re.compile(rb"[A-Za-z0-9+/]{43}=")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status, media type, body."""

    status: int
    media: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What was sent: the size that the caller believes we saw last, the proof from there, and the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def decode(cls, body: bytes) -> Request:
        """Read a request. Raises MalformedError."""
        head, divided, note = body.partition(b"\n\n")
        first, *rest = head.split(b"\n")
        match = _OLD.fullmatch(first)
        if len(body) > REQUEST_BYTES_MAX or not divided or match is None or len(rest) > PROOF_LINES_MAX:
            raise MalformedError("request")
        decoded = decode_note(note)
        return cls(int(match[1]), tuple(_hash(line) for line in rest), decoded, decode_checkpoint(decoded.text))


@dataclass(frozen=True, slots=True)
class Witness:
    """Signs for the logs whose keys it was given, by their origin. Safe from several threads and processes."""

    logs: Mapping[str, tuple[VerifierKey, ...]]
    heads: Heads
    signer: Signer
    clock: Clock

    @classmethod
    def of(cls, keys: Iterable[VerifierKey], heads: Heads, signer: Signer, clock: Clock) -> Witness:
        """A witness of the logs that these keys are named after."""
        logs: dict[str, tuple[VerifierKey, ...]] = {}
        for key in keys:
            logs[key.name] = (*logs.get(key.name, ()), key)
        return cls(logs, heads, signer, clock)

    def add_checkpoint(self, body: bytes) -> Answer:
        """One request, answered as the specification says, in its order.

        404 another log · 403 not signed by its key · 400 no request · 409 we saw another size last (it is the answer),
        or another root of this size · 422 the proof does not hold · 200 our signature, remembered before it is given.
        """
        try:
            asked = Request.decode(body)
        except MalformedError:
            return _refusal(400, "malformed request")
        keys = self.logs.get(asked.checkpoint.origin)
        if keys is None:
            return _refusal(404, "unknown log")
        try:
            asked.note.verified_by(keys)
        except NoteError:
            return _refusal(403, "no valid signature of the log")
        if asked.old > asked.checkpoint.size:
            return _refusal(400, "old size above the checkpoint's size")
        return self._cosign(asked)

    def _cosign(self, asked: Request) -> Answer:
        """Remember in the place of exactly what was compared: of two requests none goes back behind the other.

        Only two heads of one size are kept as proof: a proof that does not hold may be bent by whoever brings it.
        """
        origin, now = asked.checkpoint.origin, asked.checkpoint
        latest = self.heads.latest(origin)
        seen = Checkpoint(origin, 0, EMPTY_ROOT) if latest is None else decode_checkpoint(decode_note(latest).text)
        if now.size == seen.size and now.root != seen.root:
            self._accuse(asked, latest)
            return _conflict(seen)
        if asked.old != seen.size:
            return _conflict(seen)
        if not _continues(seen, asked):
            return _refusal(422, "the consistency proof does not hold")
        if not self.heads.advance(origin, asked.note.encode(), expected=latest):
            return self._cosign(asked)  # another request was quicker; ours is now behind it, and will be told so
        at = int(self.clock.now().timestamp())
        blob = at.to_bytes(8, "big") + self.signer.sign(cosigned_message(asked.note.text, at))
        line = NoteSignature(self.signer.key.name, self.signer.key.id, blob).line
        return Answer(200, TEXT, f"{line}\n".encode())

    def _accuse(self, asked: Request, latest: bytes | None) -> None:
        """The log itself signed both: whoever sees the two knows that it shows different people different histories."""
        if latest is not None:
            LOGGER.error("%s signed two heads of one size; both are kept", asked.checkpoint.origin)
            self.heads.accuse(asked.checkpoint.origin, latest, asked.note.encode())


def _continues(seen: Checkpoint, asked: Request) -> bool:
    now = asked.checkpoint
    if seen.size in (0, now.size):
        return not asked.proof and (seen.size == 0 or seen.root == now.root)
    return verify_consistency(seen.size, seen.root, now.size, now.root, asked.proof)


def _hash(line: bytes) -> bytes:
    content = b64decode(line) if _HASH.fullmatch(line) else b""
    if len(content) != HASH_BYTES or b64encode(content) != line:
        raise MalformedError("proof line")
    return content


def _refusal(status: int, why: str) -> Answer:
    return Answer(status, TEXT, f"{why}\n".encode())


def _conflict(seen: Checkpoint) -> Answer:
    return Answer(409, SIZE, b"%d\n" % seen.size)
