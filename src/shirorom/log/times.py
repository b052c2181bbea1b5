"""Moments and days as the log writes them: `YYYY-MM-DDTHH:MM:SSZ` (whole seconds, UTC) and `YYYY-MM-DD`."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

_NONE = timedelta(0)


def time_text(at: datetime) -> str:
    """The text of a moment. Raises ValueError unless it is aware UTC and a whole second."""
    if at.microsecond or (at.tzinfo is not UTC and at.utcoffset() != _NONE):
        raise ValueError("times in the log are aware UTC and whole seconds")
    return _text(at)


@lru_cache(maxsize=1_024)  # equal moments of two zones share a place in it: the check stands above
def _text(at: datetime) -> str:
    return f"{at.year:04d}-{at.month:02d}-{at.day:02d}T{at.hour:02d}:{at.minute:02d}:{at.second:02d}Z"


@lru_cache(maxsize=1_024)
def time_of(text: str) -> datetime:
    """The moment of a text, aware UTC. Raises ValueError for any other spelling of it."""
    at = datetime.fromisoformat(text)
    if time_text(at) != text:
        raise ValueError("a time in the log has one spelling")
    return at


def date_of(text: str) -> date:
    """The day of a text. Raises ValueError for any other spelling of it."""
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError("a day in the log has one spelling")
    return day
