"""The snapshots' part of the composition root: made of a register, applied in a shop."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from shirorom.compose.publishing import NAMES, verifier_key
from shirorom.domain.errors import ShiroromError

if TYPE_CHECKING:
    from pathlib import Path

    from shirorom.adapters.sealed_box import HpkeBox
    from shirorom.adapters.snapshot_files import SnapshotFiles
    from shirorom.compose import Composition
    from shirorom.log.note import VerifierKey
    from shirorom.log.shop_key import ShopKey
    from shirorom.service.snapshot_apply import ApplySnapshot, Seen
    from shirorom.service.snapshot_make import MakeSnapshot

SECRET = "snapshot"  # noqa: S105 (the name of a file)


class Snapshots:
    """Everything of snapshots, each part built when it is first touched."""

    def __init__(self, whole: Composition) -> None:
        self._whole = whole
        self._shelves: dict[bool, SnapshotFiles] = {}

    def _folder(self, practice: bool) -> Path:
        return self._whole.data / "snapshot" / NAMES[practice]

    def shelf(self, practice: bool) -> SnapshotFiles:
        """What was applied, of one world. Raises `register-extra-missing`, as all but `key` do."""
        self._need_numpy()
        from shirorom.adapters.snapshot_files import SnapshotFiles

        return self._shelves.setdefault(practice, SnapshotFiles(self._folder(practice)))

    @cached_property
    def box(self) -> HpkeBox:
        """Encrypts to shops; decrypts with this shop's key, where it has one."""
        from shirorom.adapters.keys import Keys
        from shirorom.adapters.sealed_box import HpkeBox

        keys = Keys(self._whole.data, entropy=os.urandom)
        return HpkeBox(lambda: keys.secret(SECRET) if keys.exists(SECRET) else None, os.urandom)

    def key(self) -> ShopKey:
        """This shop's public key; the pair is made on the first call."""
        from shirorom.adapters.keys import Keys
        from shirorom.adapters.storage_errors import storage_errors

        with storage_errors(self._whole.data):
            Keys(self._whole.data, entropy=os.urandom).secret(SECRET)
        return self.box.key

    def make(self, practice: bool) -> MakeSnapshot:
        """service/snapshot_make.py for one log."""
        self._need_numpy()
        from shirorom.adapters.snapshot_files import GivenFiles
        from shirorom.service.snapshot_make import MakeSnapshot

        whole = self._whole
        return MakeSnapshot(
            whole.register.files(practice), whole.publishing.keyring(practice),
            GivenFiles(self._folder(practice) / "given"), self.box, whole.clock, os.urandom,
        )  # fmt: skip

    def apply(self, practice: bool) -> ApplySnapshot:
        """service/snapshot_apply.py for one world."""
        from shirorom.service.snapshot_apply import ApplySnapshot

        return ApplySnapshot(self.shelf(practice), self.box, self._whole.clock, practice)

    def read(self, path: Path) -> bytes:
        """A file of at most the size that a snapshot may have. Raises `snapshot-malformed`, `storage-failed`."""
        self._need_numpy()
        from shirorom.adapters.snapshot_files import read_file

        return read_file(path)

    def keys(self, texts: Sequence[str]) -> Sequence[VerifierKey]:
        """Makers' keys as people give them. Raises ConfigError `verifier-key-invalid`."""
        return [verifier_key(text) for text in texts]

    def look(self, content: bytes, keys: Sequence[VerifierKey]) -> Seen:
        """Check a file by itself; with no key given, by those that are remembered here."""
        self._need_numpy()
        from shirorom.service.snapshot_apply import look

        return look(content, self.box, keys or self._remembered())

    def _need_numpy(self) -> None:
        if not self._whole.register.available:
            raise ShiroromError("register-extra-missing")

    def _remembered(self) -> Sequence[VerifierKey]:
        found = [self.shelf(practice).current() for practice in NAMES]
        return [key for applied in found if applied is not None for key in applied.keys]
