"""Which rule held on a given day, and who announced it: dated data that give findings, never marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shirorom.domain.carrier import Source


class Standing(StrEnum):
    """Whether a rule binds."""

    VOLUNTARY = "voluntary"  # the carriers' own practice
    RECOMMENDED = "recommended"  # a report recommends it; no date of force is known
    IN_FORCE = "in-force"


@dataclass(frozen=True, slots=True)
class Policy:
    """PLACEHOLDER SHAPE, owned by the rules work: id, titles, standing, dates, rules, milestones, sources."""

    id: str
    title: str
    standing: Standing
    from_: date | None
    source: Source
