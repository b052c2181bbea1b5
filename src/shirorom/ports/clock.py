"""The time of day, as the core asks for it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The time of day, in aware UTC. The only way the product learns it."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        ...
