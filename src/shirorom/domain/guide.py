"""The explanation pages as values: which statements they make, and on what each rests (`data/guide`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shirorom.domain.carrier import Source


class GuideKind(StrEnum):
    """How a page is used: read, or ticked off."""

    ARTICLE = "article"
    CHECKLIST = "checklist"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is said; its words stand in the catalogue. Exactly one of the three holds.

    Attributes:
        id: Name of its text below the section's.
        source: Names of what it rests on.
        ours: It is advice of ours, or a matter of counting; no source is claimed.
        unknown: It says what is not known.
    """

    id: str
    source: tuple[str, ...] = ()
    ours: bool = False
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with its statements. `drawing`: name of a picture; `mark`: the mark that it speaks of."""

    id: str
    statements: tuple[Statement, ...]
    drawing: str | None = None
    mark: str | None = None
    steps: bool = False


@dataclass(frozen=True, slots=True)
class Guide:
    """One page. `order`: its place in the list."""

    id: str
    order: int
    kind: GuideKind
    sections: tuple[Section, ...]
    sources: Mapping[str, Source]
