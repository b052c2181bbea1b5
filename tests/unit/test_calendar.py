"""The calendar file: what RFC 5545 asks of its bytes, for every text that could stand in it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from shirorom.domain.calendar import LINE_OCTETS_MAX, Event, calendar_file, escaped

STAMP = datetime(2026, 12, 30, 15, 4, 5, tzinfo=UTC)
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=300)


def event(summary: str = "調べる", description: str = "") -> Event:
    """An event on New Year's Eve."""
    return Event("id@shirorom", date(2026, 12, 31), STAMP, summary, description, "http://127.0.0.1/")


def unfolded(content: bytes) -> list[str]:
    """The lines as a reader joins them."""
    return content.decode().replace("\r\n ", "").split("\r\n")


def unescaped(value: str) -> str:
    """The text that a reader gets."""
    out, rest = "", iter(value)
    for character in rest:
        out += {"n": "\n"}.get(one := next(rest), one) if character == "\\" else character
    return out


@given(text=TEXTS)
def test_any_text_comes_back(text: str) -> None:
    """A reader that joins and unescapes gets the text again, but for control characters and kinds of line ends."""
    line = next(line for line in unfolded(calendar_file(event(description=text))) if line.startswith("DESCRIPTION:"))
    wanted = text.replace("\r\n", "\n").replace("\r", "\n")
    wanted = "".join(c for c in wanted if c in "\t\n" or (ord(c) >= 32 and c != "\x7f"))
    assert unescaped(line.removeprefix("DESCRIPTION:")) == wanted


@given(text=TEXTS)
def test_no_line_is_too_long(text: str) -> None:
    """No line is above 75 octets, each ends by CRLF, and none begins in the middle of a character."""
    content = calendar_file(event(summary=text, description=text))
    assert content.endswith(b"\r\n")
    for line in content.split(b"\r\n"):
        assert len(line) <= LINE_OCTETS_MAX
        line.decode()


def test_long_lines_are_met() -> None:
    """Control: an ordinary Japanese text is long enough to be folded."""
    assert b"\r\n " in calendar_file(event(description="もう一度、4社の答えを確かめてください。" * 5))


def test_no_text_adds_a_line() -> None:
    """A text with line ends and names of properties stays one value."""
    lines = unfolded(calendar_file(event(summary="x\r\nATTENDEE:mailto:x@example.test\nEND:VEVENT")))
    assert [line for line in lines if line.startswith("ATTENDEE")] == []
    assert lines.count("END:VEVENT") == 1


def test_it_is_one_whole_day() -> None:
    """From a day to the next, also over the end of a year; nobody's time is blocked."""
    lines = unfolded(calendar_file(event()))
    for line in ("DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270101", "DTSTAMP:20261230T150405Z"):
        assert line in lines
    assert "TRANSP:TRANSPARENT" in lines


def test_what_ends_a_value_is_escaped() -> None:
    """Comma, semicolon, backslash and line end, as §3.3.11 says."""
    assert escaped("a,b;c\\d\ne\x00") == "a\\,b\\;c\\\\d\\ne"
