"""Rows of a bench: what was asked, what came, and the peer or limit beside it. What was not measured says why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure that was asked for: at least so much, or at most."""

    sign: str
    value: float

    def holds(self, value: float) -> bool:
        """Whether a figure keeps it."""
        return value >= self.value if self.sign == "≥" else value <= self.value


def at_least(value: float) -> Asked:
    """The more the better."""
    return Asked("≥", value)


def at_most(value: float) -> Asked:
    """The less the better."""
    return Asked("≤", value)


def row(
    what: str, value: float, unit: str, *, asked: Asked | None = None, beside: str = "", peer: float | None = None
) -> Row:
    """One figure.

    Args:
        what: What was measured.
        value: What came, in `unit`.
        unit: Of the value and of the peer's.
        asked: What the project promised itself.
        beside: The peer or limit, in words.
        peer: Its figure of the same run; the ratio is ours to it.
    """
    made: Row = {"what": what, "value": value, "unit": unit}
    if asked is not None:
        made |= {"asked": f"{asked.sign} {number(asked.value)}", "holds": asked.holds(value)}
    if beside:
        made["beside"] = beside
    if peer is not None:
        made |= {"peer": peer, "ratio": value / peer}
    return made


def missing(what: str, unit: str, why: str) -> Row:
    """A figure that was not measured."""
    return {"what": what, "value": None, "unit": unit, "why": why}


def number(value: object) -> str:
    """Three significant digits, or all of a whole number."""
    if not isinstance(value, int | float):
        return "" if value is None else str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"
