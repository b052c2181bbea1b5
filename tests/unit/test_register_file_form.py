"""The register's file: whatever bit of it changes, it is refused; what a hostile header says is never believed."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import Mark
from shirorom.register.build import build
from shirorom.register.format import ALIGNMENT, DIGEST_BYTES, Layout, MalformedRegisterError, seal, unseal
from shirorom.register.lookup import open_register
from shirorom.register.rows import Row, Rows
from tests import register_kit as kit

LAYOUTS = tuple(Layout)
FRONT = struct.calcsize("<8sII")


def some_rows() -> list[Row]:
    """Phones of some TACs, one TAC with blocks in the compact layout."""
    spread: list[Row] = [(100_100_000_000 + n * 37, CarrierId.DOCOMO, Mark.CLEAR) for n in range(9_000)]
    return [*spread, (5, CarrierId.SOFTBANK, Mark.RESTRICTED), (99_999_999_999_999, CarrierId.RAKUTEN, Mark.CAUTION)]


@pytest.fixture(scope="module", params=LAYOUTS)
def made(request: pytest.FixtureRequest) -> bytes:
    """The bytes of a register."""
    return build(Rows.of(some_rows()), kit.stamp(), request.param)


def test_any_flipped_bit_is_found(made: bytes) -> None:
    """T7: at the front, at the end and at 300 random places: none changes unnoticed."""
    chosen = random.Random(7)
    bits = [*range(8 * 64), *range(8 * len(made) - 64, 8 * len(made))]
    bits += [chosen.randrange(8 * len(made)) for _ in range(300)]
    for bit in bits:
        bent = bytearray(made)
        bent[bit >> 3] ^= 1 << (bit & 7)
        with pytest.raises(MalformedRegisterError):
            open_register(bytes(bent))


def test_any_other_length_is_found(made: bytes) -> None:
    """Cut off anywhere, or with something behind it: refused."""
    for length in (0, 1, FRONT, 100, len(made) // 2, len(made) - 1):
        with pytest.raises(MalformedRegisterError):
            open_register(made[:length])
    for more in (b"\0", bytes(ALIGNMENT)):
        with pytest.raises(MalformedRegisterError):
            open_register(made + more)


def resealed(made: bytes, change: Callable[[dict[str, Any]], object]) -> bytes:
    """The same sections behind another header whose digest holds."""
    magic, version, length = struct.unpack_from("<8sII", made)
    header = json.loads(made[FRONT : FRONT + length])
    change(header)
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    front = struct.pack("<8sII", magic, version, len(text)) + text
    head = front + sha256(front).digest()
    old = -(-(FRONT + length + DIGEST_BYTES) // ALIGNMENT) * ALIGNMENT
    return head + bytes(-len(head) % ALIGNMENT) + made[old:]


LIES: dict[str, Callable[[dict[str, Any]], object]] = {
    "an unknown field": lambda h: h.update(more=1),
    "a field less": lambda h: h.pop("practice"),
    "an unknown layout": lambda h: h.update(layout="other"),
    "practice as a number": lambda h: h.update(practice=1),
    "a carrier twice": lambda h: h["carriers"].append(h["carriers"][0]),
    "no carrier": lambda h: h.update(carriers=[]),
    "a carrier that is none": lambda h: h["carriers"][0].update(carrier="other"),
    "a local time": lambda h: h["carriers"][0].update(as_of="2026-11-20T12:00:00+09:00"),
    "a root of another length": lambda h: h["log"].update(root="00"),
    "more phones": lambda h: h.update(count=h["count"] + 1),
    "fewer than none": lambda h: h.update(count=-1),
    "a section twice": lambda h: h["sections"].append(h["sections"][0]),
    "a section less": lambda h: h["sections"].pop(),
    "a section renamed": lambda h: h["sections"][0].update(name="other"),
    "floats for numbers": lambda h: h["sections"][0].update(type="<f4"),
    "a section elsewhere": lambda h: h["sections"][1].update(offset=0),
    "a huge section": lambda h: h["sections"][-1].update(count=10**30),
    "an offset that is no number": lambda h: h["sections"][0].update(offset="0"),
    "sections that are none": lambda h: h.update(sections=7),
}


@pytest.mark.parametrize("lie", LIES)
def test_headers_that_lie_are_refused(made: bytes, lie: str) -> None:
    """A header whose digest holds, but which no builder writes, is no register."""
    assert open_register(resealed(made, lambda header: None)).base.opened.count == 9_002  # control
    with pytest.raises(MalformedRegisterError):
        open_register(resealed(made, LIES[lie]))


def test_sections_that_do_not_fit_are_refused() -> None:
    """Places that lead out of a section are found when it is opened: the kernel reads where they lead."""
    for layout in LAYOUTS:
        sound = unseal(build(Rows.of(some_rows()), kit.stamp(), layout))
        for name in ("tacs", "offsets", "wides", "ranks", "kinds", "codes"):
            if name not in sound.sections:
                continue
            for place in (0, len(sound.sections[name]) // 3, -1):
                bent = sound.sections[name].copy()
                bent[place] = np.iinfo(bent.dtype).max
                parts = {**sound.sections, name: bent}
                with pytest.raises(MalformedRegisterError) as refused:
                    open_register(seal(sound.stamp, layout=layout, base=None, count=sound.count, sections=parts))
                assert refused.value.part == "shape"
