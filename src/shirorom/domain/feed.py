"""A carrier's feed (通知の便): many notices under one manifest and one signature, and what its acceptance means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shirorom.domain.carrier import CarrierId

SEQUENCE_MAX = 2**21 - 1
"""The publisher's own count of its feeds; with a row's number behind it (32 bits) a notice's sequence stays exact."""
ROWS_MAX = 5_000_000
"""Rows of one feed."""
_ROW_BITS = 32


class FeedKind(StrEnum):
    """What a feed says of the phones that it does not name."""

    FULL = "full"  # the publisher's whole book: a phone that is not in it is not in the book
    DELTA = "delta"  # what was new since the feed before it


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a publisher signs: whose feed, which, and the root over the commitments of its rows.

    `made_at` is the moment of which it speaks (aware UTC, whole seconds).
    """

    carrier: CarrierId
    kind: FeedKind
    sequence: int
    count: int
    root: bytes
    practice: bool
    made_at: datetime

    def __post_init__(self) -> None:
        if not 0 <= self.sequence <= SEQUENCE_MAX or not 0 <= self.count <= ROWS_MAX or len(self.root) != 32:
            raise ValueError("a feed has a sequence, a count and a root within their limits")


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it was accepted; one entry of the log.

    Attributes:
        count: Rows that were taken: all that the manifest counts, or with `--partial` the sound ones.
        root: Over the commitments of those.
        segment: Digest (64 hex) by which the file of the rows is found and verified.
        key: The verifier key (its text) whose signature held; None: unsigned, which only practice has.
        signature: That signature's line of the note.
        by: Who imported it.
    """

    manifest: Manifest
    count: int
    root: bytes
    segment: str
    key: str | None
    signature: str | None
    by: str

    def __post_init__(self) -> None:
        if (self.key is None) != (self.signature is None):
            raise ValueError("a feed is signed by a key, or by nobody")
        if self.key is None and not self.manifest.practice:
            raise ValueError("an unsigned feed is practice")
        if not 0 <= self.count <= self.manifest.count or len(self.root) != 32 or len(self.segment) != 64:
            raise ValueError("a feed takes no more rows than it has")

    @property
    def carrier(self) -> CarrierId:
        """Whose it is."""
        return self.manifest.carrier


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A carrier's full list was accepted: what its book does not name, this carrier cannot confirm.

    `heard_at` is when its newest feed was made, the age of everything in the book; `index` that feed's entry.
    """

    carrier: CarrierId
    heard_at: datetime
    index: int


def sequence_of(feed: int, row: int) -> int:
    """The place of a row among all notices of its publisher."""
    return feed << _ROW_BITS | row
