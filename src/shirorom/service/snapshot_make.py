"""Make a snapshot of the register for shops: whole, or what changed since one that was given out; signed; encrypted.

1. the register in force is read, and what of it is handed on is chosen
2. the head is signed by the log's key
3. the file is encrypted to the shops' keys, unless it is wanted plain
4. the whole content behind it is kept, so that the next one can be a delta
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from shirorom.domain.errors import ShiroromError
from shirorom.log.note import NoteError, NoteSignature
from shirorom.log.shop_key import ShopKey
from shirorom.ports.clock import Clock
from shirorom.ports.register import Registers
from shirorom.ports.signing import Keyring
from shirorom.ports.snapshot import Box, Given
from shirorom.register import snapshot
from shirorom.register.content import Content
from shirorom.register.snapshot import MalformedSnapshotError
from shirorom.register.snapshot_head import SALT_BYTES, Head, Holds, is_consent


@dataclass(frozen=True, slots=True)
class Made:
    """A file to hand over, what its head says, and the digest by which a later one names it (`since`)."""

    file: bytes
    head: Head
    sealed: bool

    @property
    def name(self) -> str:
        """SHA-256 of the file."""
        return sha256(self.file).hexdigest()


@dataclass(frozen=True, slots=True)
class MakeSnapshot:
    """Snapshots of one log's register."""

    registers: Registers
    keyring: Keyring
    given: Given
    box: Box
    clock: Clock
    entropy: Callable[[int], bytes]

    def __call__(
        self,
        recipients: Sequence[ShopKey],
        *,
        consent: str | None = None,
        since: str | None = None,
        since_file: bytes | None = None,
    ) -> Made:
        """Make one.

        Args:
            recipients: For whom; nobody: a plain file, which anybody can read.
            consent: Whose consent there is to hand on whole books; None: △ and × alone.
            since: The digest of a file given out before, for a delta; `since_file`: that file itself.

        Raises:
            ShiroromError: `snapshot-consent`, that names none; `snapshot-since-unknown`; `snapshot-since-other`, a
                delta since that one is not possible.
            StorageError: `register-…`, `keys-…`, `storage-…`.
        """
        if consent is not None and not is_consent(consent):
            raise ShiroromError("snapshot-consent")
        holds = Holds.DOUBTFUL if consent is None else Holds.EVERYTHING
        base = None
        if since_file is not None or since is not None:
            base = self._base(since or sha256(since_file or b"").hexdigest(), since_file)
        register = self.registers.current()
        content = Content.of(register.packed(), register.stamp, holds)
        whole = self._file(content, None, consent)
        try:
            plain = whole if base is None else self._file(content, base, consent)
        except ValueError as error:
            raise ShiroromError("snapshot-since-other") from error
        file = self.box.seal(plain, recipients) if recipients else plain
        self.given.keep(file, whole)
        return Made(file, snapshot.read(plain).head, bool(recipients))

    def _file(self, content: Content, base: Content | None, consent: str | None) -> bytes:
        at = self.clock.now().replace(microsecond=0)
        return snapshot.make(content, base, made_at=at, salt=self.entropy(SALT_BYTES), consent=consent, sign=self._sign)

    def _sign(self, text: bytes) -> NoteSignature:
        signer = self.keyring.signer(self.clock.now())
        return NoteSignature(signer.key.name, signer.key.id, signer.sign(text))

    def _base(self, name: str, file: bytes | None) -> Content:
        """What a shop has that took that file: kept here, or in the file itself where it is a whole one of ours."""
        kept = self.given.since(name)
        try:
            found = snapshot.read(kept if kept is not None else file or b"")
            found.signed_by(self.keyring.known().verifiers)
            return snapshot.applied(found, None)
        except (MalformedSnapshotError, NoteError) as error:
            raise ShiroromError("snapshot-since-unknown") from error
