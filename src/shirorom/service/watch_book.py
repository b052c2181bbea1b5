"""The book of units as pages and programs look at it: listed, searched, each unit with what is known about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shirorom.domain.desk.stock import Status
from shirorom.ports.book import Book
from shirorom.ports.stock import Booked
from shirorom.service.watch_folder import WatchFolder
from shirorom.service.watch_give_back import Answers, GiveBack
from shirorom.service.watch_import import WatchImport

PAGE_MAX = 500
FOUND_MAX = 50


@dataclass(frozen=True, slots=True)
class UnitView:
    """One unit and what is known about its phone."""

    booked: Booked
    answers: Answers


@dataclass(frozen=True, slots=True)
class UnitPage:
    """Some units in the order of the book. `after`: where the next page begins; None: there is none."""

    units: Sequence[UnitView]
    after: int | None


@dataclass(frozen=True, slots=True)
class WatchBook:
    """Everything of the book for those who show it. Safe to use from several threads."""

    book: Book
    importing: WatchImport
    give_back: GiveBack
    folders: WatchFolder

    def units(
        self, *, after: int = 0, count_max: int = PAGE_MAX, status: Status | None = None, store: str | None = None
    ) -> UnitPage:
        """Units by their number in the book."""
        count_max = min(count_max, PAGE_MAX)
        found = self.book.listed(after=after, count_max=count_max + 1, status=status, store=store)
        shown = found[:count_max]
        return UnitPage(self._views(shown), shown[-1].seq if len(found) > count_max else None)

    def search(self, text: str) -> Sequence[UnitView]:
        """Units by the last digits of a number, a whole number, a stock key or a receipt."""
        return self._views(self.book.find(text, count_max=FOUND_MAX))

    def _views(self, found: Sequence[Booked]) -> Sequence[UnitView]:
        known = self.give_back.known([one.unit.device for one in found])
        return [UnitView(one, known.of(one.unit.device, practice=one.practice)) for one in found]
