"""Publishing one log: tiles, entries without openings, the keys, the signed checkpoint, and witnesses' signatures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shirorom.domain.errors import LogConflictError, ShiroromError, StorageError
from shirorom.log.entry import MalformedError
from shirorom.log.keyring import encode_keys
from shirorom.log.note import NoteSignature, decode_signatures
from shirorom.log.tiles import (
    HEIGHT,
    WIDTH,
    Tile,
    encode_bundle,
    nodes_by_tiles,
    root_of,
    split_tile,
    tiles_between,
)
from shirorom.log.tree import frontier_at, leaf_hash
from shirorom.ports.publishing import Shelf, Tree, WitnessClient
from shirorom.service.checkpoints import Checkpoints, Signed

CHECKPOINT, KEYS = "checkpoint", "keys.json"
TRIES_MAX = 8
ASKS_MAX = 3
"""Requests to one witness about one checkpoint: it may have to tell us first what it saw last."""


@dataclass(frozen=True, slots=True)
class Published:
    """What stands on the shelf now, and how many files were written for it."""

    signed: Signed
    files: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What a witness did: signed; or `unreachable`, `refused`, `ahead` (it has seen more of our log than we have)."""

    key: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Publish:
    """Writes one log's files. Whatever it writes holds commitments alone: no number, no carrier, no mark."""

    tree: Tree
    checkpoints: Checkpoints
    shelf: Shelf
    witnesses: Sequence[WitnessClient] = ()

    def __call__(self) -> Published:
        """Publish the log as it stands now.

        1. A signed checkpoint. 2. Every tile and every bundle of entries that its size demands and that is not there
        yet, each compared with its parent. 3. The root by those tiles is the checkpoint's. 4. The keys. 5. The
        checkpoint, last, so that whoever sees it finds all that it names.

        Raises:
            StorageError: `log-rolled-back`, `log-corrupt`: then the older checkpoint stays where it is.
        """
        for _ in range(TRIES_MAX):
            signed = self.checkpoints.signed()
            files = self._tiles(self._published_size(signed), signed.checkpoint.size)
            if not self._leads_to(signed):
                files += self._tiles(0, signed.checkpoint.size)  # somebody touched the shelf; the log is the truth
                if not self._leads_to(signed):
                    raise StorageError("log-corrupt", part="tile")
            files += self._keys()
            if self._put_checkpoint(signed):
                return Published(signed, files + 1)
        raise LogConflictError

    def ask_witnesses(self, signed: Signed) -> Sequence[Asked]:
        """Ask each witness for its signature, and add those that hold to the published checkpoint.

        A witness that does not answer, or not well, is told in the result and changes nothing.
        """
        asked, gained = [], list[NoteSignature]()
        for witness in self.witnesses:
            outcome, lines = self._ask(witness, signed)
            asked.append(Asked(witness.key.text, outcome))
            gained += lines
        if gained:
            self._put_checkpoint(self.checkpoints.cosigned(signed, gained))
        return asked

    def _tiles(self, old: int, new: int) -> int:
        count = 0
        for tile in tiles_between(old, new):
            for path, content in self._files_of(tile):
                self.shelf.put(path, content)
                count += 1
                if tile.width == WIDTH:
                    self.shelf.drop_partials(path)
        return count

    def _files_of(self, tile: Tile) -> Iterator[tuple[str, bytes]]:
        """A tile's files, what is stored compared with what it hashes to."""
        hashes = self.tree.nodes(tile.level * HEIGHT, tile.first, tile.width)
        if tile.level == 0:
            entries = self.tree.entries(tile.first, tile.width)
            if [leaf_hash(entry) for entry in entries] != list(hashes):
                raise StorageError("log-corrupt", index=tile.first, part="tree")
            yield tile.entries_path, encode_bundle(entries)
        if tile.width == WIDTH and self.tree.nodes((tile.level + 1) * HEIGHT, tile.index, 1) != [root_of(hashes)]:
            raise StorageError("log-corrupt", index=tile.first, part="tree")
        yield tile.path, b"".join(hashes)

    def _leads_to(self, signed: Signed) -> bool:
        """Whether the tiles at the right edge, which name all others, lead to the root that was signed."""
        size = signed.checkpoint.size
        try:
            return frontier_at(size, nodes_by_tiles(size, self._tile)).root == signed.checkpoint.root
        except MalformedError:
            return False

    def _tile(self, tile: Tile) -> Sequence[bytes]:
        return split_tile(self.shelf.get(tile.path) or b"", tile)

    def _published_size(self, signed: Signed) -> int:
        """Up to where the tiles are there already; 0 where that cannot be said, and all are written anew."""
        there = self.shelf.get(CHECKPOINT)
        try:
            known = None if there is None else Signed.decode(there).checkpoint
        except MalformedError:
            return 0
        if known is None or known.origin != signed.checkpoint.origin or known.size > signed.checkpoint.size:
            return 0
        return known.size

    def _keys(self) -> int:
        content = encode_keys(self.checkpoints.keys.known())
        if self.shelf.get(KEYS) == content:
            return 0
        self.shelf.put(KEYS, content)
        return 1

    def _put_checkpoint(self, signed: Signed) -> bool:
        """Put the newest signed note there, if it is of this text: of two that publish, none puts an older one back."""
        with self.checkpoints.heads.held(self.tree.origin) as latest:
            if latest is None or not latest.startswith(signed.note.text + b"\n"):
                return False
            self.shelf.put(CHECKPOINT, latest)
        return True

    def _ask(self, witness: WitnessClient, signed: Signed) -> tuple[str, Sequence[NoteSignature]]:
        old, size = 0, signed.checkpoint.size
        try:
            for _ in range(ASKS_MAX):
                status, answer = witness.add_checkpoint(self._request(old, signed))
                if status == 200:
                    return _cosignatures(witness, signed, answer)
                if status != 409:
                    return "refused", ()
                seen = _size(answer)
                if seen is None or seen == old:
                    return "refused", ()
                if seen > size:
                    return "ahead", ()
                old = seen
        except ShiroromError as error:
            if error.code != "log-unreachable":
                raise
            return "unreachable", ()
        return "refused", ()

    def _request(self, old: int, signed: Signed) -> bytes:
        proof = self.checkpoints.proof(old, signed.checkpoint.size)
        lines = b"".join(b64encode(one) + b"\n" for one in proof)
        return b"old %d\n" % old + lines + b"\n" + signed.note.encode()


def _cosignatures(witness: WitnessClient, signed: Signed, answer: bytes) -> tuple[str, Sequence[NoteSignature]]:
    """Those lines of an answer that are this witness's and hold; a line by anybody else is passed over."""
    try:
        lines = decode_signatures(answer)
    except MalformedError:
        return "refused", ()
    good = [one for one in lines if one.is_by(witness.key) and witness.key.signed(signed.note.text, one.blob)]
    return ("signed" if good else "refused"), good


def _size(answer: bytes) -> int | None:
    """The size in a 409: decimal and a newline."""
    text = answer.removesuffix(b"\n")
    return int(text) if text.isdigit() and len(text) < 19 else None
