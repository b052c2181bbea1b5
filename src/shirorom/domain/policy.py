"""Which rule held on a given day, and who announced it: dated data (`data/policies`); findings, never marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shirorom.domain.carrier import Source
from shirorom.domain.notice import Ground


class Standing(StrEnum):
    """Whether a rule binds."""

    VOLUNTARY = "voluntary"  # the carriers' own practice
    RECOMMENDED = "recommended"  # a report recommends it; no date of force is known
    IN_FORCE = "in-force"


class Treatment(StrEnum):
    """What a rule says of restrictions of one ground."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"  # in principle; `months_from_purchase` names the exception
    UNKNOWN = "unknown"  # the sources do not say


@dataclass(frozen=True, slots=True)
class Rule:
    """What is said of one ground. `months_from_purchase`: how long after the purchase it is tolerated all the same."""

    ground: Ground
    treatment: Treatment
    source: Source
    months_from_purchase: int | None = None


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step on the way. `on` is None where only a season or nothing is known: then `when` says what is."""

    code: str
    title: str
    title_en: str
    expected: bool  # announced or hoped for, not known to have happened
    source: Source | None
    on: date | None = None
    when: str = ""
    when_en: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that the sources leave open; it is said, never guessed."""

    code: str
    text: str
    text_en: str


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule, as it stood on the day it was read.

    Attributes:
        announced_on: Day (JST) on which it was announced.
        from_: First day (JST) on which it binds; None: no such day is known, and it is never pretended.
        sharing: Whether carriers are asked to refuse each other's restricted phones.
        shared_since: Day since which they are known to do so; None: not known.
        source: Where it can be read; `ministry_url` is the ministry's own place, where there is one.
    """

    id: str
    title: str
    title_en: str
    standing: Standing
    announced_on: date
    sharing: bool
    source: Source
    rules: tuple[Rule, ...]
    from_: date | None = None
    shared_since: date | None = None
    ministry_url: str | None = None
    milestones: tuple[Milestone, ...] = ()
    unknowns: tuple[Unknown, ...] = ()

    def __post_init__(self) -> None:
        grounds = [rule.ground for rule in self.rules]
        if sorted(grounds) != sorted(Ground):
            raise ValueError("a policy says one thing of every ground, be it that it is unknown")
        if (self.standing is Standing.IN_FORCE) != (self.from_ is not None):
            raise ValueError("a rule in force has a first day, and no other rule has one")

    def rule(self, ground: Ground) -> Rule:
        """What it says of one ground."""
        return next(rule for rule in self.rules if rule.ground is ground)
