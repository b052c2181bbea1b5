"""Writes the golden registers: `python -m tests.register_vectors`. Half of them must be refused.

What is written once stays: a format that changes gets another version and other files.
"""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import Mark
from shirorom.register.build import build, build_delta
from shirorom.register.format import Layout, Purpose
from shirorom.register.lookup import open_register
from shirorom.register.rows import Row, Rows
from tests import register_kit as kit

THERE = Path(__file__).parent / "vectors" / "register"
DOCOMO, SOFTBANK, RAKUTEN = kit.ENROLLED
KEYS = (100_100_000_000, 100_100_000_001, 100_100_065_536, 100_100_999_999, 101_700_000_007)
NOWHERE = (0, 100_100_000_002, 101_800_000_000, 99_999_999_999_999)
ROWS: list[Row] = [
    (KEYS[0], DOCOMO, Mark.CLEAR),
    (KEYS[1], DOCOMO, Mark.CAUTION),
    (KEYS[1], SOFTBANK, Mark.CLEAR),
    (KEYS[2], RAKUTEN, Mark.RESTRICTED),
    (KEYS[3], DOCOMO, Mark.RESTRICTED, kit.DAY.replace(day=22)),
    (KEYS[4], SOFTBANK, Mark.RESTRICTED),
]
CHANGES: list[Row] = [
    (KEYS[0], DOCOMO, Mark.RESTRICTED),
    (KEYS[4], SOFTBANK, Mark.NO_RECORD),
    (NOWHERE[1], RAKUTEN, Mark.CLEAR),
]


def sound() -> dict[str, tuple[str, str | None, bytes]]:
    """Name -> what it proves, the base it is a delta of, its bytes."""
    compact = build(Rows.of(ROWS), kit.stamp(), Layout.COMPACT)
    blocks: list[Row] = [(100_101_000_000 + 101 * n, DOCOMO, Mark.CLEAR) for n in range(7_900)]
    every: list[Row] = [
        (100_100_000_000 + n, carrier, mark)
        for n in range(256)
        for place, carrier in enumerate(CarrierId)
        if (mark := (None, Mark.CLEAR, Mark.CAUTION, Mark.RESTRICTED)[n >> 2 * place & 3]) is not None
    ]
    whole = kit.stamp(enrolled=tuple(CarrierId))
    refused = replace(kit.stamp(enrolled=(DOCOMO,)), purpose=Purpose("voluntary-2016", DOCOMO))
    return {
        "fast": ("The fast layout, one restriction lies ahead.", None,
                 build(Rows.of(ROWS[:5]), kit.stamp(), Layout.FAST)),
        "compact": ("The compact layout, sparse form.", None, compact),
        "blocks": ("The compact layout, a TAC in blocks.", None, build(Rows.of(blocks), kit.stamp(), Layout.COMPACT)),
        "values": ("More than 16 different values: whole bytes.", None, build(Rows.of(every), whole, Layout.COMPACT)),
        "empty": ("No phone: no record of any, undetermined where not enrolled.", None,
                  build(Rows.of([]), kit.stamp(), Layout.COMPACT)),
        "delta": ("A delta: a mark changed, a phone left, a phone came.", "compact",
                  build_delta(open_register(compact), Rows.of(CHANGES), kit.stamp(size=8, days=1))),
        "purpose": ("Version 2: what one network refuses: 3 refused, 2 from its day, 1 undetermined.", None,
                    build(Rows.of([row for row in ROWS if row[1] is DOCOMO and row[0] != KEYS[1]]), refused,
                          Layout.COMPACT)),
    }  # fmt: skip


def bent(compact: bytes, purpose: bytes) -> dict[str, tuple[str, bytes]]:
    """Name -> why it is refused, its bytes."""
    length = struct.unpack_from("<I", compact, 12)[0]
    newer = bytearray(compact[: 16 + length])
    newer[8] = 2
    digest = sha256(newer).digest()
    gap = 16 + length + 32
    return {
        "bad-section": ("One bit of a section flipped.", flipped(compact, len(compact) - 64 * 12)),
        "bad-header": ("One bit of the header flipped.", flipped(compact, 40)),
        "bad-gap": ("One bit flipped where zeros must be.", flipped(compact, gap)),
        "cut": ("The last 64 bytes are missing.", compact[:-64]),
        "longer": ("64 bytes too many.", compact + bytes(64)),
        "newer": (
            "A format version that is not known, under a digest that holds.",
            bytes(newer) + digest + compact[gap:],
        ),
        "purpose-lies": ("Version 1 over a purpose, under a digest that holds.", older(purpose)),
    }


def older(content: bytes) -> bytes:
    """The same as if it were of version 1."""
    length = 16 + struct.unpack_from("<I", content, 12)[0]
    front = content[:8] + struct.pack("<I", 1) + content[12:length]
    return front + sha256(front).digest() + content[length + 32 :]


def flipped(content: bytes, place: int) -> bytes:
    """One bit of it changed."""
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def main() -> None:
    """Write the files and the list of what they answer."""
    vectors = []
    made = sound()
    for name, (why, base, content) in made.items():
        (THERE / f"{name}.reg").write_bytes(content)
        register = open_register(content if base is None else made[base][2], None if base is None else content)
        asked = [*KEYS, *NOWHERE]
        days = [register.stamp.day, kit.DAY.replace(day=22)]
        answers = {
            day.isoformat(): {f"{key:014d}": list(register.answer(key, on=day)) for key in asked} for day in days
        }
        vectors.append({"file": name, "why": why, "base": base, "digest": sha256(content).hexdigest(), "holds": True,
                        "answers": answers})  # fmt: skip
    for name, (why, content) in bent(made["compact"][2], made["purpose"][2]).items():
        (THERE / f"{name}.reg").write_bytes(content)
        vectors.append({"file": name, "why": why, "base": None, "digest": sha256(content).hexdigest(), "holds": False})
    text = json.dumps({"carriers": [carrier.value for carrier in CarrierId], "vectors": vectors}, indent=1)
    (THERE / "register.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
