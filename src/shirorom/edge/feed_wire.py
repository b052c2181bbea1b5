"""What became of a feed, as CLI and API send it."""

from __future__ import annotations

import msgspec

from shirorom.edge.wire import at
from shirorom.service.import_feed import Imported


class FeedWire(msgspec.Struct, frozen=True):
    """A feed that was taken, or had been before (`already`).

    `enrols`: the carrier's first full list. `count`: rows taken; `left_out`: rows that could not be. `index`: its
    entry; null where it was only tried. `signed`: whether a key of the carrier signed it.
    """

    imported: bool
    already: bool
    enrols: bool
    carrier: str
    feed: str
    sequence: int
    count: int
    left_out: int
    root: str
    made_at: str
    practice: bool
    index: int | None
    signed: bool | None


def feed_of(imported: Imported) -> FeedWire:
    """What became of it."""
    manifest, accepted = imported.manifest, imported.accepted
    return FeedWire(
        imported=accepted is not None and not imported.already,
        already=imported.already,
        enrols=imported.enrols,
        carrier=manifest.carrier.value,
        feed=manifest.kind.value,
        sequence=manifest.sequence,
        count=imported.taken,
        left_out=len(imported.faults),
        root=manifest.root.hex(),
        made_at=at(manifest.made_at),
        practice=manifest.practice,
        index=None if accepted is None else accepted.index,
        signed=None if accepted is None else accepted.feed.key is not None,
    )
