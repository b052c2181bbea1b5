"""A carrier's feed in: signature, order, every row; then the rows durable, then the entry that names them.

1. read the envelope: whose feed, which, of when; refuse another carrier's, or practice for real
2. check the signature against the publisher's keys as they stand (or `--unsigned`, which only practice has)
3. see its place: the same feed once more changes nothing; an older one, or one after a gap, is refused
4. read every row; refuse on any fault (or with `--partial` leave out the rows that cannot be)
5. compute the root over all rows, and compare it with the signed one
6. hold a full list back that is much shorter than the one before it
7. keep the rows as a segment (evidence first), then append the entry; nothing is told before both are durable
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import RowsError, ShiroromError
from shirorom.domain.feed import ROWS_MAX, SEQUENCE_MAX, Feed, FeedKind, Manifest
from shirorom.domain.reading import showable
from shirorom.log.entry import MalformedError
from shirorom.log.feed import SEED_BYTES, Envelope, decode_manifest, leaves_of, root_of
from shirorom.log.feed_rows import RowFault, RowReader
from shirorom.log.keyring import KeyState
from shirorom.log.note import Note, NoteError, decode_signatures
from shirorom.ports.clock import Clock
from shirorom.ports.feeds import CarrierKey, CarrierKeys, FeedSource, Segments
from shirorom.service.feeds import Accepted
from shirorom.service.room import Room

AHEAD_MAX = timedelta(minutes=5)
"""How far a feed may be made in our future: clocks differ a little."""
_KEY_STATE = {
    KeyState.NOT_YET: "feed-key-not-yet",
    KeyState.OVER: "feed-key-over",
    KeyState.REVOKED: "feed-key-revoked",
}


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a feed is to be taken.

    `unsigned`: its kind, for rows that nobody signed (practice). `smaller`: a full list may have shrunk.
    """

    unsigned: FeedKind | None = None
    partial: bool = False
    smaller: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a feed.

    Attributes:
        accepted: Its place in the log; None where it was only tried.
        already: It had been imported before, and nothing was changed.
        enrols: It is the publisher's first full list.
    """

    manifest: Manifest
    taken: int
    faults: Sequence[RowFault]
    accepted: Accepted | None
    already: bool = False
    enrols: bool = False


class FeedRowsError(RowsError):
    """Rows that cannot be taken; each is in `faults`."""

    def __init__(self, code: str, faults: Sequence[RowFault], **details: str | int) -> None:
        super().__init__(code, [(fault.line, fault.code) for fault in faults], **details)
        self.faults = faults


@dataclass(frozen=True, slots=True)
class ImportFeed:
    """One feed → one entry of the log. `shrink_max`: by which share (0 to 1) a full list may shrink unasked.

    `rows` makes the reader of a feed's rows, from their count and whether they are practice.
    """

    room: Callable[[bool], Room]
    segments: Segments
    keys: CarrierKeys
    clock: Clock
    entropy: Callable[[int], bytes]
    shrink_max: float
    rows: Callable[[int, bool], RowReader] = RowReader

    def __call__(self, source: FeedSource, carrier: CarrierId, *, by: str, wishes: Wishes | None = None) -> Imported:
        """Import a feed of a carrier.

        Raises:
            ShiroromError: `feed-…`, the whole feed is refused and nothing changed; FeedRowsError where rows are why.
            StorageError: it could not be kept; what was not acknowledged may be imported again.
        """
        wishes = wishes or Wishes()
        envelope = source.envelope()
        if envelope is None:
            return self._unsigned(source, carrier, by, wishes)
        manifest = self._manifest(envelope, carrier)
        signer = self._signed_by(envelope, manifest, unsigned=wishes.unsigned is not None)
        before = self._before(manifest.practice, carrier)
        again = next((one for one in before if one.feed.manifest == manifest), None)
        if again is None:
            self._in_order(manifest, before)
        reader = self._read(source, manifest.count, practice=manifest.practice)
        self._proved(reader, envelope.seed, manifest)
        if again is not None:  # only now: a cut copy is not what was imported
            return Imported(manifest, again.feed.count, (), again, already=True)
        return self._take(reader, envelope.seed, manifest, signer, before, by, wishes)

    def _unsigned(self, source: FeedSource, carrier: CarrierId, by: str, wishes: Wishes) -> Imported:
        """Rows alone: we make the manifest that nobody signed."""
        if wishes.unsigned is None:
            raise ShiroromError("feed-unsigned")
        before = self._before(True, carrier)
        reader = self._read(source, ROWS_MAX, practice=True)
        if reader.broken and not wishes.partial:
            raise FeedRowsError("feed-rows", reader.faults, count=len(reader.faults))
        seed, count = self.entropy(SEED_BYTES), reader.row_max
        if len(reader.records) != count and not wishes.partial:
            raise ShiroromError("feed-count", count=len(reader.records), expected=count)
        again = self._same_as_last(before, reader.records, wishes.unsigned)
        if again is not None:
            return Imported(again.feed.manifest, again.feed.count, (), again, already=True)
        root = root_of(leaves_of(reader.records, seed, row_max=count))
        if before and before[-1].feed.manifest.sequence == SEQUENCE_MAX:
            raise ShiroromError("feed-gap", sequence=SEQUENCE_MAX, expected=SEQUENCE_MAX)
        sequence = before[-1].feed.manifest.sequence + 1 if before else 0
        now = self.clock.now().replace(microsecond=0)
        manifest = Manifest(carrier, wishes.unsigned, sequence, count, root, True, now)
        return self._take(reader, seed, manifest, None, before, by, wishes)

    def _read(self, source: FeedSource, count: int, *, practice: bool) -> RowReader:
        reader = self.rows(count, practice)
        for line, chunk in source.chunks():
            reader.take(chunk, line)
        reader.finish()
        return reader

    def _manifest(self, envelope: Envelope, carrier: CarrierId) -> Manifest:
        try:
            manifest = decode_manifest(envelope.text)
        except MalformedError as error:
            raise ShiroromError("feed-unreadable", part="manifest") from error
        if manifest.carrier is not carrier:
            raise ShiroromError("feed-other-carrier", carrier=manifest.carrier.value)
        if manifest.made_at > self.clock.now() + AHEAD_MAX:
            raise ShiroromError("feed-time")
        return manifest

    def _signed_by(self, envelope: Envelope, manifest: Manifest, *, unsigned: bool) -> tuple[CarrierKey, str] | None:
        """The key whose signature holds, and its line. None: unsigned practice, as was asked for."""
        if not envelope.signatures:
            if unsigned and manifest.practice:
                return None
            raise ShiroromError("feed-unsigned")
        try:
            lines = decode_signatures("".join(f"{line}\n" for line in envelope.signatures).encode())
        except MalformedError as error:
            raise ShiroromError("feed-unreadable", part="signature") from error
        mine = [one for one in self.keys.all() if one.practice is manifest.practice]
        try:
            signers = Note(envelope.text, lines).verified_by([one.known.key for one in mine])
        except NoteError as error:
            raise ShiroromError("feed-signature" if error.known else "feed-key-unknown") from error
        signed = [one for one in mine if one.known.key in signers]
        own = [one for one in signed if one.carrier is manifest.carrier]
        if not own:
            raise ShiroromError("feed-other-carrier", carrier=signed[0].carrier.value)
        now = self.clock.now()
        states = [(one, _worst(one.known.state(now), one.known.state(manifest.made_at))) for one in own]
        valid = next((one for one, state in states if state is KeyState.VALID), None)
        if valid is None:
            raise ShiroromError(_KEY_STATE[states[0][1]])
        return valid, next(one.line for one in lines if one.is_by(valid.known.key))

    def _before(self, practice: bool, carrier: CarrierId) -> Sequence[Accepted]:
        feeds = self.room(practice).recorder.feeds
        if feeds is None:
            raise TypeError("a room into which feeds are imported reads them")
        return feeds.of(carrier)

    def _same_as_last(self, before: Sequence[Accepted], records: Sequence[bytes], kind: FeedKind) -> Accepted | None:
        """The newest feed, where it is the same unsigned rows."""
        if not before or before[-1].feed.manifest.kind is not kind or before[-1].feed.count != len(records):
            return None
        same = b"".join(self.segments.blocks(before[-1].feed.segment)) == b"".join(records)
        return before[-1] if same else None

    @staticmethod
    def _in_order(manifest: Manifest, before: Iterable[Accepted]) -> None:
        """A delta follows the feed before it; a full list may come after a gap, since it says everything anew."""
        last = next(reversed([one.feed.manifest for one in before]), None)
        if last is None:
            return
        if manifest.sequence <= last.sequence or manifest.made_at < last.made_at:
            raise ShiroromError("feed-replayed", sequence=manifest.sequence, last=last.sequence)
        if manifest.kind is FeedKind.DELTA and manifest.sequence != last.sequence + 1:
            raise ShiroromError("feed-gap", sequence=manifest.sequence, expected=last.sequence + 1)

    @staticmethod
    def _proved(reader: RowReader, seed: bytes, manifest: Manifest) -> None:
        """That the rows are those that the manifest's root stands for; a line that is no row leaves it unproved."""
        if reader.broken:
            raise FeedRowsError("feed-rows", reader.faults, count=len(reader.faults))
        if len(reader.records) != manifest.count:
            raise ShiroromError("feed-count", count=len(reader.records), expected=manifest.count)
        if root_of(leaves_of(reader.records, seed, row_max=manifest.count)) != manifest.root:
            raise ShiroromError("feed-root")

    def _take(
        self,
        reader: RowReader,
        seed: bytes,
        manifest: Manifest,
        signer: tuple[CarrierKey, str] | None,
        before: Sequence[Accepted],
        by: str,
        wishes: Wishes,
    ) -> Imported:
        """Steps 4, 6 and 7: what is now proved to be the publisher's is judged and kept."""
        if reader.faults and not wishes.partial:
            raise FeedRowsError("feed-rows", reader.faults, count=len(reader.faults))
        sound, root = reader.sound(), manifest.root
        if len(sound) != manifest.count:
            root = root_of(leaves_of(sound, seed, row_max=manifest.count))
        self._not_shrunk(manifest, len(sound), before, wishes)
        enrols = manifest.kind is FeedKind.FULL and all(one.feed.manifest.kind is not FeedKind.FULL for one in before)
        if wishes.dry_run:
            return Imported(manifest, len(sound), reader.faults, None, enrols=enrols)
        segment = self.segments.put(sound, seed)
        key, signature = (None, None) if signer is None else (signer[0].known.key.text, signer[1])
        feed = Feed(manifest, len(sound), root, segment, key, signature, showable(by))
        accepted = self.room(manifest.practice).recorder.record_feed(feed, count_expected=len(before))
        return Imported(manifest, len(sound), reader.faults, accepted, enrols=enrols)

    def _not_shrunk(self, manifest: Manifest, taken: int, before: Sequence[Accepted], wishes: Wishes) -> None:
        full = [one.feed.count for one in before if one.feed.manifest.kind is FeedKind.FULL]
        if manifest.kind is FeedKind.FULL and full and not wishes.smaller and taken < full[-1] * (1 - self.shrink_max):
            raise ShiroromError("feed-shrunk", count=taken, before=full[-1])


def _worst(*states: KeyState) -> KeyState:
    """A key must have been the publisher's when the feed was made, and be it still."""
    return next((state for state in states if state is not KeyState.VALID), KeyState.VALID)
