"""What the plan of re-checks asks of whoever keeps the book and the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.plan_rules import PlanRules, RuleSet
from shirorom.domain.imei import Device

if TYPE_CHECKING:  # numpy is only there where a plan is made
    from shirorom.domain.desk.plan_fast import Columns

Term = Callable[[str], int | None]
"""Days for which units are covered that were sold under these terms (their id); None: without end, or unknown."""
Asked = Callable[[bool], Collection[CarrierId]]
"""The carriers that are asked about a practice phone (True) or a real one."""


class PlanBook(Protocol):
    """The book of the watch as the plan needs it."""

    def columns(self, term: Term, asked: Asked) -> Columns:
        """Every number of every unit that is watched, with what was last answered at each carrier; by unit, number."""
        ...

    def devices(self, units: Collection[int]) -> Mapping[int, tuple[str, Device]]:
        """Stock key and numbers of these units."""
        ...

    def version(self) -> tuple[int, int]:
        """Raised by every change of the book, and by every change of what was answered."""
        ...


class RuleBook(Protocol):
    """The shop's own rules, or those that come with the product."""

    def rules(self) -> PlanRules:
        """Those in force. Raises ConfigError `plan-rules-invalid` (file, line, key)."""
        ...

    def choose(self, name: RuleSet) -> PlanRules:
        """Put a set in force; all else in the shop's file stays as it is. Raises as `rules`, and StorageError."""
        ...


class RuleFiles(RuleBook, Protocol):
    """The same as a file that the shop edits."""

    @property
    def is_own(self) -> bool:
        """Whether the shop has a file of its own."""
        ...

    def text(self, *, default: bool = False) -> str:
        """The file in force, or the one that comes with the product, as it stands."""
        ...

    def check(self, file: Path) -> PlanRules:
        """Read a file without using it. Raises ConfigError `plan-rules-invalid`."""
        ...

    def save(self, file: Path) -> PlanRules:
        """Put a file in force, once it is sound. Raises as `check`, and StorageError: nothing was changed."""
        ...
