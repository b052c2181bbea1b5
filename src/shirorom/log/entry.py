"""Canonical entry bytes, salted commitments and their openings: what is in the log and what is kept beside it."""

from __future__ import annotations

from dataclasses import dataclass

NO_LEAF = bytes(32)
"""Stands for "the previous leaf" in the first entry about a device."""


@dataclass(frozen=True, slots=True)
class DeviceHead:
    """Where a device's chain stands: entries so far, and the leaf hash of the newest (NO_LEAF when none)."""

    count: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one commitment. Holds the IMEI: it never leaves but in a sheet for that phone."""

    key: str  # 14 digits
    counter: int  # 0 for the first entry about this device
    previous: bytes  # leaf hash of the device's previous entry
    salt: bytes  # 32 bytes from the operating system
    statement: bytes  # canonical bytes, log/statement.py


@dataclass(frozen=True, slots=True)
class Sealed:
    """One entry ready to append, with its opening."""

    entry: bytes
    opening: Opening
