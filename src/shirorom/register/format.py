"""The file of a register: header, digest, flat sections (docs/reference/register-format.md). On buffers.

Everything in it is under a digest or must be zero, so any changed bit is found when it is opened.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import JST
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.times import time_of, time_text

MAGIC = b"SHIROREG"
VERSION = 1
PURPOSE_VERSION = 2
"""Of a register that is for something else than marks: readers who do not know that refuse it."""
ALIGNMENT = 64
HEADER_BYTES_MAX = 1 << 16
DIGEST_BYTES = 32
TYPES = frozenset({"<u1", "<u2", "<u4", "<u8"})

Array: TypeAlias = NDArray[np.unsignedinteger[Any]]
Sections: TypeAlias = Mapping[str, Array]
_FRONT = struct.Struct("<8sII")


class MalformedRegisterError(ValueError):
    """Bytes that are no sound register. `part` says where: a section's name, `header`, `length`, `shape`."""

    def __init__(self, part: str) -> None:
        super().__init__(f"not a sound register: {part}")
        self.part = part


class Layout(StrEnum):
    """How phones are laid out: for speed, or small by choosing for each TAC."""

    FAST = "fast"
    COMPACT = "compact"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A carrier whose full list was accepted, and the moment (aware UTC, whole seconds) up to which it was read."""

    carrier: CarrierId
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Purpose:
    """Of a register that holds no marks: what one network refuses under one policy (register/enforced.py)."""

    policy: str
    network: CarrierId

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9-]{1,64}", self.policy):
            raise ValueError("a policy's id is a short word")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a register was made from: the log at one size, and its enrolled carriers (1 to 4, none twice).

    `purpose`: None for marks. Otherwise `carriers` are those whose notices were heard.
    """

    log: Checkpoint
    carriers: tuple[Enrolled, ...]
    practice: bool
    purpose: Purpose | None = None

    def __post_init__(self) -> None:
        if not self.carriers or len(set(self.enrolled)) != len(self.carriers):
            raise ValueError("a register has at least one enrolled carrier, and none twice")

    @property
    def enrolled(self) -> tuple[CarrierId, ...]:
        """The carriers, in the order of their bits."""
        return tuple(one.carrier for one in self.carriers)

    @property
    def day(self) -> date:
        """The register's own day (JST): of its newest `as_of`. What lies ahead of it is pending."""
        return max(one.as_of for one in self.carriers).astimezone(JST).date()


@dataclass(frozen=True, slots=True)
class Opened:
    """A register that was checked. `digest` names it: it covers the header and by it all sections.

    Attributes:
        base: Digest of the register that this one is a delta of; None: it stands alone.
        count: Phones in it.
        sections: Read-only arrays upon the buffer.
    """

    stamp: Stamp
    layout: Layout
    base: bytes | None
    count: int
    sections: Sections
    digest: bytes


def seal(stamp: Stamp, *, layout: Layout, base: bytes | None, count: int, sections: Sections) -> bytes:
    """The bytes of a register. The same content gives the same bytes."""
    listed, offset = [], 0
    for name, array in sections.items():
        kind = f"<u{array.dtype.itemsize}"
        digest = sha256(_little(array)).hexdigest()
        listed.append({"name": name, "type": kind, "offset": offset, "count": len(array), "sha256": digest})
        offset = _aligned(offset + array.nbytes)
    header = _header_text(stamp, layout, base, count, listed)
    front = _FRONT.pack(MAGIC, _version_of(stamp), len(header)) + header
    parts: list[bytes | memoryview] = [front, sha256(front).digest(), _gap(len(front) + DIGEST_BYTES)]
    for array in sections.values():
        parts += [_little(array), _gap(array.nbytes)]
    return b"".join(parts)


def unseal(buffer: bytes | memoryview) -> Opened:
    """Check a whole register and lay arrays upon it.

    Raises:
        MalformedRegisterError: any bytes that `seal` would not have written.
    """
    view = memoryview(buffer)
    if len(view) < _FRONT.size:
        raise MalformedRegisterError("length")
    magic, version, length = _FRONT.unpack_from(view)
    if magic != MAGIC or version not in (VERSION, PURPOSE_VERSION) or length > HEADER_BYTES_MAX:
        raise MalformedRegisterError("header")
    end = _FRONT.size + length
    digest = bytes(view[end : end + DIGEST_BYTES])
    if sha256(view[:end]).digest() != digest:
        raise MalformedRegisterError("header")
    text = bytes(view[_FRONT.size : end])
    body = _aligned(end + DIGEST_BYTES)
    _zeros(view, end + DIGEST_BYTES, body)
    stamp, layout, base, count, listed = _header_of(text)
    if version != _version_of(stamp):
        raise MalformedRegisterError("header")
    return Opened(stamp, layout, base, count, _sections(view, body, listed), digest)


def _sections(view: memoryview, body: int, listed: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
    sections: dict[str, Array] = {}
    place = body
    for one in listed:
        kind = np.dtype(one["type"])
        end = place + one["count"] * kind.itemsize
        if body + one["offset"] != place or end > len(view):
            raise MalformedRegisterError("length")
        if sha256(view[place:end]).hexdigest() != one["sha256"]:
            raise MalformedRegisterError(one["name"])
        sections[one["name"]] = np.frombuffer(view, kind, one["count"], place)
        place = body + _aligned(end - body)
        _zeros(view, end, place)
    if place != len(view):
        raise MalformedRegisterError("length")
    return sections


def _header_text(
    stamp: Stamp, layout: Layout, base: bytes | None, count: int, listed: Sequence[Mapping[str, Any]]
) -> bytes:
    purpose = stamp.purpose
    header = {
        "base": base.hex() if base is not None else None,
        "carriers": [{"as_of": time_text(one.as_of), "carrier": one.carrier.value} for one in stamp.carriers],
        "count": count,
        "layout": layout.value,
        "log": {"origin": stamp.log.origin, "root": stamp.log.root.hex(), "size": stamp.log.size},
        "practice": stamp.practice,
        "sections": list(listed),
    }
    if purpose is not None:
        header["purpose"] = {"network": purpose.network.value, "policy": purpose.policy}
    return json.dumps(header, sort_keys=True, separators=(",", ":")).encode()


def _header_of(text: bytes) -> tuple[Stamp, Layout, bytes | None, int, list[dict[str, Any]]]:
    """What a header says; it must be spelled as we spell it, so nothing in it goes unread."""
    try:
        header = json.loads(text)
        log = header["log"]
        stamp = Stamp(
            Checkpoint(log["origin"], log["size"], bytes.fromhex(log["root"])),
            tuple(Enrolled(CarrierId(one["carrier"]), time_of(one["as_of"])) for one in header["carriers"]),
            header["practice"] is True,
            _purpose_of(header.get("purpose")),
        )
        layout = Layout(header["layout"])
        base = None if header["base"] is None else bytes.fromhex(header["base"])
        listed, count = header["sections"], header["count"]
        sound = _header_text(stamp, layout, base, count, listed) == text and all(map(_is_section, listed))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise MalformedRegisterError("header") from error
    names = [one["name"] for one in listed] if sound else []
    if not sound or type(count) is not int or count < 0 or len(set(names)) != len(names):
        raise MalformedRegisterError("header")
    return stamp, layout, base, count, listed


def _version_of(stamp: Stamp) -> int:
    return VERSION if stamp.purpose is None else PURPOSE_VERSION


def _purpose_of(said: Any) -> Purpose | None:
    return None if said is None else Purpose(said["policy"], CarrierId(said["network"]))


def _is_section(one: Mapping[str, Any]) -> bool:
    numbers = (one["offset"], one["count"])
    return (
        one.keys() == {"name", "type", "offset", "count", "sha256"}
        and one["type"] in TYPES
        and isinstance(one["name"], str)
        and all(type(number) is int and number >= 0 for number in numbers)
    )


def _little(array: Array) -> memoryview:
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return plain.view(np.uint8).data


def _aligned(offset: int) -> int:
    return -(-offset // ALIGNMENT) * ALIGNMENT


def _gap(offset: int) -> bytes:
    return bytes(_aligned(offset) - offset)


def _zeros(view: memoryview, first: int, last: int) -> None:
    if last > len(view) or any(view[first:last]):
        raise MalformedRegisterError("length")
