"""DER (X.690), as much as signatures in a PDF need: written in one way, and read only when it is written so."""

from __future__ import annotations

from collections.abc import Sequence

from shirorom.log.entry import MalformedError

SEQUENCE, SET, INTEGER, OCTETS, BITS, OID = 0x30, 0x31, 0x02, 0x04, 0x03, 0x06
BYTES_MAX = 1_000_000


def der(tag: int, *parts: bytes) -> bytes:
    """One element."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def first(data: bytes) -> tuple[int, bytes, bytes]:
    """The first element: its tag, its content, and what follows it. Raises MalformedError."""
    if len(data) < 2:
        raise MalformedError("DER")
    tag, size, start = data[0], data[1], 2
    if size & 0x80:
        count = size & 0x7F
        size, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
        if not 1 <= count <= 3:
            raise MalformedError("DER")
    content = data[start : start + size]
    if len(content) != size or not data.startswith(der(tag, content)):
        raise MalformedError("DER")
    return tag, content, data[start + size :]


def inside(data: bytes, *tags: int) -> Sequence[bytes]:
    """The contents of elements with exactly these tags, one after the other. Raises MalformedError."""
    found = []
    for tag in tags:
        seen, content, data = first(data)
        if seen != tag:
            raise MalformedError("DER")
        found.append(content)
    if data:
        raise MalformedError("DER")
    return found
