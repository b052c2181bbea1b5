"""Making a feed, as a publisher does: notices become rows, a manifest over them, and the signed first line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind, Manifest
from shirorom.domain.notice import Notice
from shirorom.log.feed import Envelope, encode_head, encode_manifest, leaves_of, root_of
from shirorom.log.feed_rows import RowReader, line_of


def make_feed(
    carrier: CarrierId,
    notices: Sequence[Notice],
    *,
    kind: FeedKind,
    sequence: int,
    made_at: datetime,
    practice: bool,
    seed: bytes,
    sign: Callable[[bytes], str] | None,
) -> bytes:
    """The file of a feed; its rows are numbered in the order given.

    `seed`: 32 secret bytes, new for each feed. `sign` gives the signature line over the manifest's text.

    Raises:
        ValueError: a notice that no reader would take.
    """
    lines = b"".join(line_of(notice, row) + b"\n" for row, notice in enumerate(notices, 1))
    reader = RowReader(len(notices), practice)
    if lines:
        reader.take(lines, 2)
    reader.finish()
    if reader.faults:
        raise ValueError(reader.faults[0].code)
    root = root_of(leaves_of(reader.records, seed, row_max=len(notices)))
    manifest = Manifest(carrier, kind, sequence, len(notices), root, practice, made_at)
    text = encode_manifest(manifest)
    return encode_head(Envelope(text, () if sign is None else (sign(text),), seed)) + b"\n" + lines
