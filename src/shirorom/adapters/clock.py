"""The system's clock. The only place in the product that reads the time of day."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """ports.Clock: aware UTC from the operating system."""

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC)
