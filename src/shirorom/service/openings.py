"""The openings that a reader holds of a log: out of record sheets, or out of this installation's own record."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shirorom.domain.errors import ShiroromError
from shirorom.log.checkpoint import decode_checkpoint
from shirorom.log.entry import MalformedError, Opening
from shirorom.log.note import decode_note
from shirorom.log.pdf_read import bundle_of
from shirorom.ports.log import Log

SHEET_BYTES_MAX = 32_000_000
READ_AT_ONCE = 1_000


class _Opening(msgspec.Struct):
    key: str
    counter: int
    previous: str
    salt: str
    statement: str


class _Entry(msgspec.Struct):
    opening: _Opening


class _Sheet(msgspec.Struct):
    checkpoint: str
    entries: list[_Entry]


class _Bundle(msgspec.Struct):
    """Of a sheet only what a monitor needs; whether the sheet holds is `verify`'s to say."""

    sheet: _Sheet


def openings_of_sheet(content: bytes) -> tuple[str, list[Opening]]:
    """The log that a sheet (or its PDF) is of, and the openings in it. Raises ShiroromError `openings-unreadable`."""
    try:
        sheet = msgspec.json.decode(bundle_of(content), type=_Bundle).sheet
        origin = decode_checkpoint(decode_note(sheet.checkpoint.encode()).text).origin
        return origin, [
            Opening(o.key, o.counter, bytes.fromhex(o.previous), bytes.fromhex(o.salt), o.statement.encode())
            for o in (one.opening for one in sheet.entries)
        ]
    except (msgspec.MsgspecError, MalformedError, ValueError, RecursionError) as error:
        raise ShiroromError("openings-unreadable") from error


def openings_of_log(log: Log) -> Iterator[Opening]:
    """Every opening of a log of our own."""
    first = 0
    while some := log.read(first, count_max=READ_AT_ONCE):
        yield from (one.opening for one in some if one.opening is not None)
        first += len(some)
