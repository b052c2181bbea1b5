"""Signed checkpoints of one log: its head with our signature, and never one that takes back what was signed before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shirorom.domain.errors import LogConflictError, StorageError
from shirorom.log.checkpoint import Checkpoint, decode_checkpoint, encode_checkpoint
from shirorom.log.entry import MalformedError
from shirorom.log.note import Note, NoteError, NoteSignature, decode_note
from shirorom.log.tree import consistency_proof, verify_consistency
from shirorom.ports.clock import Clock
from shirorom.ports.publishing import Heads, Tree
from shirorom.ports.signing import Keyring

TRIES_MAX = 20


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint and the note that it came in, with whatever cosignatures there were."""

    checkpoint: Checkpoint
    note: Note

    @classmethod
    def decode(cls, data: bytes) -> Signed:
        """Read a signed checkpoint; no signature is checked by it. Raises MalformedError."""
        note = decode_note(data)
        return cls(decode_checkpoint(note.text), note)


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Signs the head of one log, on demand. Safe from several threads and processes."""

    tree: Tree
    keys: Keyring
    heads: Heads
    clock: Clock

    def signed(self) -> Signed:
        """The log's head as of now, signed by the key in force; the one that there is where nothing has changed.

        1. What was signed last. 2. What the log stands at. 3. The second begins with the first, by a proof that holds.
        4. Sign. 5. Remember it in the place of the first, unless another process was quicker: then from the start.

        Raises:
            StorageError: `log-rolled-back`, the log is behind what was signed or is another one (T8): nothing is
                signed; `log-corrupt`; `keys-…`; `storage-…`.
        """
        for _ in range(TRIES_MAX):
            latest = self.heads.latest(self.tree.origin)
            before = None if latest is None else self._own(latest)
            head = self.tree.head()  # after what was signed: it can only be ahead
            signer = self.keys.signer(self.clock.now())
            checkpoint = Checkpoint(self.tree.origin, head.size, head.root)
            if before is not None:
                if before.checkpoint == checkpoint and any(one.is_by(signer.key) for one in before.note.signatures):
                    return before
                self._refuse_unless_after(before.checkpoint, checkpoint)
            text = encode_checkpoint(checkpoint)
            note = Note(text, (NoteSignature(signer.key.name, signer.key.id, signer.sign(text)),))
            if self.heads.advance(self.tree.origin, note.encode(), expected=latest):
                return Signed(checkpoint, note)
        raise LogConflictError

    def latest(self) -> Signed | None:
        """What was signed last."""
        latest = self.heads.latest(self.tree.origin)
        return None if latest is None else self._own(latest)

    def cosigned(self, signed: Signed, more: Sequence[NoteSignature]) -> Signed:
        """Add witnesses' signatures, which the caller has checked, where that checkpoint is still the newest."""
        for _ in range(TRIES_MAX):
            latest = self.heads.latest(self.tree.origin)
            if latest is None or decode_note(latest).text != signed.note.text:
                return Signed(signed.checkpoint, signed.note.with_signatures(more))
            note = decode_note(latest).with_signatures(more)
            if self.heads.advance(self.tree.origin, note.encode(), expected=latest):
                return Signed(signed.checkpoint, note)
        raise LogConflictError

    def proof(self, old: int, new: int) -> list[bytes]:
        """That the tree of size `new` begins with the one of size `old`; empty from nothing and to itself."""
        if old in (0, new):
            return []
        return consistency_proof(old, new, lambda level, position: self.tree.nodes(level, position, 1)[0])

    def _own(self, latest: bytes) -> Signed:
        """What our own memory says: signed by a key of ours, or it is not our memory."""
        try:
            signed = Signed.decode(latest)
            signed.note.verified_by(self.keys.known().verifiers)
        except (MalformedError, NoteError) as error:
            raise StorageError("log-corrupt", part="signed checkpoint") from error
        if signed.checkpoint.origin != self.tree.origin:
            raise StorageError("log-corrupt", part="signed checkpoint")
        return signed

    def _refuse_unless_after(self, before: Checkpoint, now: Checkpoint) -> None:
        if before.size == 0:
            return
        if now.size < before.size:
            raise StorageError("log-rolled-back", size=now.size, size_known=before.size)
        proof = self.proof(before.size, now.size)
        if not verify_consistency(before.size, before.root, now.size, now.root, proof):
            raise StorageError("log-rolled-back", size=now.size, size_known=before.size)
