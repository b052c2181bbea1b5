"""Writes the golden snapshots: `python -m tests.snapshot_vectors`. Half of them must be refused.

What is written once stays: a format that changes gets another version and other files. The encrypted one cannot be made
twice: its ephemeral key is random.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import Mark
from shirorom.register import snapshot
from shirorom.register.applied import Applied
from shirorom.register.build import build_packed
from shirorom.register.content import Content
from shirorom.register.format import Layout
from shirorom.register.lookup import open_register
from shirorom.register.rows import Row
from shirorom.register.snapshot_head import Holds
from tests import register_kit as kit
from tests import snapshot_kit as snapshots
from tests.register_vectors import CHANGES, KEYS, NOWHERE, ROWS, flipped

THERE = Path(__file__).parent / "vectors" / "snapshot"
SHOP = 1
"""Whose the encrypted one is: 32 secret bytes of this value."""


def contents() -> dict[str, Content]:
    """What the sound ones lead to."""
    changed: dict[tuple[int, CarrierId], Row] = {(row[0], row[1]): row for row in (*ROWS, *CHANGES)}
    after = [row for row in changed.values() if row[2] is not Mark.NO_RECORD]
    marks = (Mark.RESTRICTED, Mark.CAUTION, Mark.CLEAR)
    many: list[Row] = [
        ((100_100 + n % 7) * 1_000_000 + n * n % 9_973 * (1 + n % 7), kit.ENROLLED[n % 3], marks[n % 3])
        for n in range(2_400)
    ]
    once = list({(row[0], row[1]): row for row in many}.values())
    return {
        "doubtful": snapshots.content(ROWS),
        "everything": snapshots.content(ROWS, Holds.EVERYTHING),
        "delta": snapshots.content(after, stamp=kit.stamp(size=8, days=1)),
        "many": snapshots.content(once, Holds.EVERYTHING),
        "empty": snapshots.content([]),
    }


WHY = {
    "doubtful": "△ and × alone; one restriction lies ahead.",
    "everything": "Whole books, by consent.",
    "delta": "A mark changed, a phone left; laid over the first.",
    "many": "Several lanes, several parameters.",
    "empty": "No phone at all.",
    "sealed": "The first one, encrypted to a shop.",
}
BASES = {"delta": "doubtful"}


def sound() -> dict[str, bytes]:
    """The files that can be made again."""
    made = contents()
    return {name: snapshots.made(content, made.get(BASES.get(name, ""))) for name, content in made.items()}


def bent(files: dict[str, bytes]) -> dict[str, tuple[str, bytes]]:
    """Name -> why it is refused, its bytes."""
    plain, sealed = files["doubtful"], files["sealed"]
    stranger = snapshots.made(contents()["doubtful"], signer=snapshots.STRANGER)
    return {
        "bad-payload": ("One bit of the payload flipped.", flipped(plain, len(plain) - 3)),
        "bad-head": ("One bit of the head flipped.", flipped(plain, 60)),
        "bad-signature": ("Signed by another key of the same name.", stranger),
        "cut": ("The last byte is missing.", plain[:-1]),
        "newer": ("A format version that is not known.", flipped(plain, 8)),
        "bad-box": ("One bit of the encrypted payload flipped.", flipped(sealed, len(sealed) - 20)),
    }


def read(content: bytes, base: Content | None) -> Applied:
    """All that a shop does with a file."""
    box = snapshots.box(SHOP)
    found = snapshot.read(box.open(content) if box.is_sealed(content) else content)
    found.signed_by([snapshots.SIGNER.key])
    came = snapshot.applied(found, base)
    return Applied(found.head, open_register(build_packed(came.packed, came.stamp, Layout.COMPACT)), ())


def main() -> None:
    """Write the files and the list of what they answer."""
    made, box = contents(), snapshots.box(SHOP)
    files = sound()
    files["sealed"] = box.seal(files["doubtful"], [box.key])
    vectors = []
    for name, content in files.items():
        (THERE / f"{name}.snap").write_bytes(content)
        base = BASES.get(name)
        applied = read(content, made[base] if base else None)
        asked = [*KEYS, *NOWHERE]
        days = [applied.register.stamp.day, kit.DAY.replace(day=22)]
        answers = {
            day.isoformat(): dict(
                zip((f"{key:014d}" for key in asked), applied.codes(kit.keys_of(asked), on=day).tolist(), strict=True)
            )
            for day in days
        }
        vectors.append({"file": name, "why": WHY[name], "base": base, "digest": sha256(content).hexdigest(),
                        "holds": True, "answers": answers})  # fmt: skip
    for name, (why, content) in bent(files).items():
        (THERE / f"{name}.snap").write_bytes(content)
        vectors.append({"file": name, "why": why, "base": None, "digest": sha256(content).hexdigest(), "holds": False})
    text = json.dumps({"carriers": [one.value for one in CarrierId], "key": snapshots.SIGNER.key.text,
                       "shop": f"{SHOP:02x}" * 32, "vectors": vectors}, indent=1)  # fmt: skip
    (THERE / "snapshot.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
