"""A calendar file (RFC 5545) with one all-day event: a reminder that needs no account and names no phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

LINE_OCTETS_MAX = 75
PRODUCT = "-//Shirorom//Shirorom//JA"


@dataclass(frozen=True, slots=True)
class Event:
    """One whole day. `stamp`: when the file was made. Texts may hold anything; they are escaped."""

    uid: str
    on: date
    stamp: datetime
    summary: str
    description: str
    url: str


def calendar_file(event: Event) -> bytes:
    """The file: CRLF, UTF-8, no line above 75 octets; rings at nine in the morning, blocks nobody's time."""
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{escaped(event.uid)}",
        f"DTSTAMP:{event.stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;VALUE=DATE:{event.on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{event.on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escaped(event.summary)}",
        f"DESCRIPTION:{escaped(event.description)}",
        f"URL:{event.url}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{escaped(event.summary)}",
        "TRIGGER:PT9H",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return b"".join(folded(line) for line in lines)


def escaped(text: str) -> str:
    """A text as a value (§3.3.11): what would end it or divide it is escaped, other control characters are left out."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    return "".join(
        character for character in text if character == "\t" or (ord(character) >= 32 and character != "\x7f")
    )


def folded(line: str) -> bytes:
    """A line, folded between characters (§3.1), so that no reader sees half a Japanese one."""
    rows: list[bytes] = []
    row = b""
    for character in line:
        octets = character.encode()
        if len(row) + len(octets) > LINE_OCTETS_MAX:
            rows.append(row)
            row = b" "
        row += octets
    rows.append(row)
    return b"\r\n".join(rows) + b"\r\n"
