"""Makes tests/vectors/feeds.json: feeds as bytes, with one sentence each; half of them must be refused.

    python -m tests.feed_vectors

Run it only when the format gets a new version; the vectors of a version never change.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from shirorom.domain.feed import FeedKind
from shirorom.log.feed import Envelope, decode_head, decode_manifest, encode_head, encode_manifest
from tests.feed_kit import Publisher, lifted, notice, restricted
from tests.logs import imei

FILE = Path(__file__).parent / "vectors" / "feeds.json"
AT = datetime(2026, 11, 20, tzinfo=UTC)


def vectors() -> list[dict[str, Any]]:
    """Sound ones first, then what one change makes of them."""
    publisher = Publisher()
    two = publisher.feed([notice(1), restricted(2)], 7, made_at=AT)
    day = replace(restricted(3), effective_on=date(2026, 12, 1), purchased_on=date(2024, 2, 29))
    key14 = two.replace(imei(1).digits.encode(), imei(1).key.encode())
    other = Publisher(name="other.test/feed")
    sound = [
        ("a full list of two phones", two),
        ("an empty delta: nothing is new, and the book is younger", publisher.feed([], 8, FeedKind.DELTA, made_at=AT)),
        ("several notices about one phone, ordered by their numbers",
         publisher.feed([notice(1), restricted(1), lifted(1)], 0, made_at=AT)),
        ("days, one of them a leap day", publisher.feed([day], 0, made_at=AT)),
        ("the lines in another order are the same feed", _lines(two, lambda rows: rows[::-1])),
        ("the largest sequence", publisher.feed([notice(1)], 2**21 - 1, made_at=AT)),
        ("a phone by its first 14 digits", _signed(key14)),
        ("a second signature by a key that nobody asked for is passed over",
         _head(two, lambda e: Envelope(e.text, (*e.signatures, other.line(e.text)), e.seed))),
    ]  # fmt: skip
    bent = [
        ("a row that says another thing than was signed", two.replace(b'"unpaid"', b'"other"'), "feed-root"),
        ("another phone in a row", two.replace(imei(2).digits.encode(), imei(3).digits.encode()), "feed-root"),
        ("a phone by 14 digits where 15 were signed", key14, "feed-root"),
        ("another seed", _head(two, lambda e: replace(e, seed=bytes(32))), "feed-root"),
        ("a row left out", _lines(two, lambda rows: rows[:1]), "feed-count"),
        ("a row twice", _lines(two, lambda rows: [*rows, rows[0]]), "feed-rows"),
        ("another sequence than was signed", two.replace(b"sequence 7", b"sequence 8"), "feed-signature"),
        ("no signature", _head(two, lambda e: replace(e, signatures=())), "feed-unsigned"),
    ]
    return [{"proves": proves, "feed": content.decode(), "refused": None} for proves, content in sound] + [
        {"proves": proves, "feed": content.decode(), "refused": code} for proves, content, code in bent
    ]


def _lines(content: bytes, change: Any) -> bytes:
    head, *rows = content.splitlines(keepends=True)
    return head + b"".join(change(rows))


def _head(content: bytes, change: Any) -> bytes:
    head, _, rows = content.partition(b"\n")
    return encode_head(change(decode_head(head))) + b"\n" + rows


def _signed(content: bytes) -> bytes:
    """The same rows under a manifest of their own root."""
    from shirorom.log.feed import leaves_of, root_of
    from shirorom.log.feed_rows import RowReader

    head, _, rows = content.partition(b"\n")
    envelope = decode_head(head)
    manifest = decode_manifest(envelope.text)
    reader = RowReader(manifest.count, practice=True)
    reader.take(rows, 2)
    reader.finish()
    root = root_of(leaves_of(reader.records, envelope.seed, row_max=manifest.count))
    text = encode_manifest(replace(manifest, root=root))
    return encode_head(Envelope(text, (Publisher().line(text),), envelope.seed)) + b"\n" + rows


if __name__ == "__main__":
    whole = {"key": Publisher().signer.key.text, "vectors": vectors()}
    FILE.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
