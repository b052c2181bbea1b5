"""Watching a published log from outside (T8, T10): it only grows, shows everybody the same, and holds what is ours.

Nothing is believed but signatures and hashes. Two heads that were both signed and cannot both be true are kept: they
are the proof, for anybody, that the log went back or shows two faces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from shirorom.log.entry import MalformedError, Opening, commitment, decode_entry
from shirorom.log.keyring import KEYS_FILE_BYTES_MAX, KnownKeys, decode_keys
from shirorom.log.note import NOTE_BYTES_MAX, NoteError, VerifierKey
from shirorom.log.tiles import (
    BUNDLE_BYTES_MAX,
    TILE_BYTES_MAX,
    WIDTH,
    Tile,
    decode_bundle,
    nodes_by_tiles,
    root_of,
    split_tile,
    tiles_between,
)
from shirorom.log.tree import Frontier, frontier_at, grow, leaf_hash
from shirorom.ports.publishing import LogSource
from shirorom.service.checkpoints import Signed
from shirorom.service.monitor_report import Alarm, Finding, Mine, Report, Seen, Wanted


class _Alarmed(Exception):  # noqa: N818  # carries an alarm; it is no error
    def __init__(self, finding: Finding, index: int | None = None) -> None:
        super().__init__(finding)
        self.alarm = Alarm(finding, index)


def monitor(source: LogSource, seen: Seen, wanted: Wanted) -> Report:
    """One look at a published log.

    1. Its checkpoint, signed by a key that the reader gave, or that was pinned at the first look. 2. Not behind the
    last one, and not another of the same size. 3. Every new entry, hashed: the tree that we knew has grown into the one
    that was signed, and every tile is what these entries hash to. 4. Every opening that we hold is there, in chains
    without gap. 5. As many witnesses as wanted have signed.

    Raises:
        ShiroromError: `log-unreachable`.
    """
    before = 0 if seen.signed is None else seen.signed.checkpoint.size
    known = _keys(source)
    pinned = tuple(dict.fromkeys((*seen.keys, *wanted.keys)))
    first_use = not pinned
    if first_use and known is not None:
        pinned = known.unrevoked()
    new_keys = tuple(key for key in (known.unrevoked() if known else ()) if key not in pinned)
    shown: Signed | None = None
    try:
        shown = _checkpoint(source)
        signers = _signers(shown, pinned, known)
        _compare(shown, seen)
        look = _Look(source, shown, wanted)
        frontier = look.follow(seen)
        cosigners = _cosigners(shown, wanted)
    except _Alarmed as alarmed:
        return Report(seen, shown, before, first_use, new_keys=new_keys, alarms=(alarmed.alarm,))
    now = Seen(pinned, shown, frontier)
    alarms = (*look.alarms, *_few(cosigners, wanted), *_others(shown, wanted))
    return Report(now, shown, before, first_use, signers, cosigners, new_keys, tuple(look.mine), alarms)


def _keys(source: LogSource) -> KnownKeys | None:
    content = source.get("keys.json", bytes_max=KEYS_FILE_BYTES_MAX)
    try:
        return None if content is None else decode_keys(content)
    except MalformedError:
        return None


def _checkpoint(source: LogSource) -> Signed:
    content = source.get("checkpoint", bytes_max=NOTE_BYTES_MAX)
    try:
        if content is not None:
            return Signed.decode(content)
    except MalformedError:
        pass
    raise _Alarmed(Finding.MISSING)


def _signers(shown: Signed, pinned: Sequence[VerifierKey], known: KnownKeys | None) -> tuple[VerifierKey, ...]:
    origin = shown.checkpoint.origin
    try:
        signers = shown.note.verified_by([key for key in pinned if key.name == origin])
    except NoteError:
        raise _Alarmed(Finding.UNSIGNED) from None
    if known is not None and not set(signers) & set(known.unrevoked()):
        raise _Alarmed(Finding.KEY_REVOKED)
    return signers


def _compare(shown: Signed, seen: Seen) -> None:
    if seen.signed is None:
        return
    before, now = seen.signed.checkpoint, shown.checkpoint
    if now.origin != before.origin:
        raise _Alarmed(Finding.OTHER_LOG)
    if now.size < before.size:
        raise _Alarmed(Finding.ROLLED_BACK)
    if now.size == before.size and now.root != before.root:
        raise _Alarmed(Finding.FORKED)


def _cosigners(shown: Signed, wanted: Wanted) -> tuple[VerifierKey, ...]:
    good = list[VerifierKey]()
    for key in wanted.witnesses:
        try:
            good += shown.note.verified_by([key])
        except NoteError:
            continue
    return tuple(good)


def _few(cosigners: Sequence[VerifierKey], wanted: Wanted) -> Iterable[Alarm]:
    return (Alarm(Finding.WITNESSES),) if len(cosigners) < wanted.witnesses_min else ()


def _others(shown: Signed, wanted: Wanted) -> Iterable[Alarm]:
    """Openings were given, and none is of this log: nothing was looked for, which must not pass for found."""
    nothing = bool(wanted.openings) and shown.checkpoint.origin not in wanted.openings
    return (Alarm(Finding.OPENINGS_OTHER),) if nothing else ()


class _Look:
    """One walk over the tiles of a checkpoint that is signed."""

    def __init__(self, source: LogSource, shown: Signed, wanted: Wanted) -> None:
        self._source, self._shown = source, shown
        self._size = shown.checkpoint.size
        self._openings = _by_commitment(shown.checkpoint.origin, wanted.openings)
        self._roots: dict[tuple[int, int], bytes] = {}
        self._at = ""
        self._leaves: dict[bytes, bytes] = {}
        self.mine: list[Mine] = []
        self.alarms: list[Alarm] = []

    def follow(self, seen: Seen) -> Frontier:
        """From the tree that we knew to the one that was signed; from the first entry where openings are looked for."""
        frontier = Frontier() if self._openings else seen.frontier
        first = frontier.size
        stops = [] if seen.signed is None else [(seen.signed.checkpoint.size, seen.signed.checkpoint.root)]
        for size, root in (*stops, (self._size, self._shown.checkpoint.root)):
            if size > frontier.size:
                frontier = self._walk(frontier, size)
            if size == frontier.size and frontier.root != root:
                self._upper(first)  # served badly, or really another history?
                raise _Alarmed(Finding.FORKED if seen.signed and self._tiles_hold() else Finding.TILES)
        self._upper(first)
        if not self._tiles_hold():
            raise _Alarmed(Finding.TILES)
        self._chains()
        return frontier

    def _walk(self, frontier: Frontier, until: int) -> Frontier:
        """Hash every entry up to a size."""
        for index in range(frontier.size // WIDTH, -(-until // WIDTH)):
            tile = Tile(0, index, min(WIDTH, self._size - index * WIDTH))
            hashes, entries = self._tile(tile), self._bundle(tile)
            if [leaf_hash(entry) for entry in entries] != list(hashes):
                raise _Alarmed(Finding.TILES, tile.first)
            if tile.width == WIDTH:
                self._roots[0, index] = root_of(hashes)
            start, end = frontier.size - tile.first, min(until - tile.first, tile.width)
            for place in range(start, end):
                self._entry(tile.first + place, entries[place], hashes[place])
            frontier, _ = grow(frontier, hashes[start:end])
        return frontier

    def _entry(self, index: int, entry: bytes, leaf: bytes) -> None:
        try:
            body = decode_entry(entry)
        except MalformedError:
            raise _Alarmed(Finding.TILES, index) from None
        at = entry[7:27].decode()
        if at < self._at:
            self.alarms.append(Alarm(Finding.TIME, index))
        self._at = at
        opening = self._openings.get(body.commitment)
        if opening is not None:
            self._leaves[body.commitment] = leaf
            self.mine.append(Mine(index, body.kind, at, opening.counter))

    def _upper(self, old: int) -> None:
        """Tiles above the first level say what the tiles below them hash to."""
        for tile in tiles_between(old, self._size):
            if tile.level == 0:
                continue
            hashes = self._tile(tile)
            for place, found in enumerate(hashes):
                if self._roots.get((tile.level - 1, tile.first + place), found) != found:
                    raise _Alarmed(Finding.TILES)
            if tile.width == WIDTH:
                self._roots[tile.level, tile.index] = root_of(hashes)

    def _tiles_hold(self) -> bool:
        """Whether the tiles at the right edge lead to the root that was signed."""
        try:
            root = frontier_at(self._size, nodes_by_tiles(self._size, self._tile)).root
        except (_Alarmed, MalformedError):
            return False
        return root == self._shown.checkpoint.root

    def _chains(self) -> None:
        """Every opening is there; those of a phone count up one by one, each naming the leaf of the one before."""
        chains: dict[str, list[tuple[Opening, bytes | None]]] = {}
        for sealed, opening in self._openings.items():
            chains.setdefault(opening.key, []).append((opening, self._leaves.get(sealed)))
        for chain in chains.values():
            chain.sort(key=lambda one: one[0].counter)
            if any(leaf is None for _, leaf in chain):
                self.alarms.append(Alarm(Finding.ENTRY_MISSING))
            elif chain[0][0].counter or any(
                (after.counter, after.previous) != (one.counter + 1, leaf)
                for (one, leaf), (after, _) in pairwise(chain)
            ):
                self.alarms.append(Alarm(Finding.CHAIN_GAP))

    def _tile(self, tile: Tile) -> Sequence[bytes]:
        content = self._source.get(tile.path, bytes_max=TILE_BYTES_MAX)
        try:
            if content is None and tile.width < WIDTH:  # it has become full meanwhile
                whole = self._source.get(tile.full.path, bytes_max=TILE_BYTES_MAX)
                return split_tile(whole or b"", tile.full)[: tile.width]
            return split_tile(content or b"", tile)
        except MalformedError:
            raise _Alarmed(Finding.TILES, tile.first if tile.level == 0 else None) from None

    def _bundle(self, tile: Tile) -> Sequence[bytes]:
        content = self._source.get(tile.entries_path, bytes_max=BUNDLE_BYTES_MAX)
        try:
            if content is None and tile.width < WIDTH:
                whole = self._source.get(tile.full.entries_path, bytes_max=BUNDLE_BYTES_MAX)
                return decode_bundle(whole or b"", WIDTH)[: tile.width]
            return decode_bundle(content or b"", tile.width)
        except MalformedError:
            raise _Alarmed(Finding.TILES, tile.first) from None


def _by_commitment(origin: str, openings: Mapping[str, Sequence[Opening]]) -> dict[bytes, Opening]:
    return {commitment(origin, one): one for one in openings.get(origin, ())}
