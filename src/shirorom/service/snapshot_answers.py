"""What an applied snapshot says beside what is known here, for many phones at once (service/lookup.py).

A snapshot is the carriers' word, as old as their books in it. Of one carrier the more doubtful word stands: a △ or × of
the snapshot is never covered by a better answer that was read, nor the other way round. Where it says nothing of a
phone, what is known here stays as it is (docs/reference/fold.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import DOUBT
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel
from shirorom.domain.verdict import Cell, is_stale
from shirorom.register.applied import Applied
from shirorom.register.keys import Bytes, Keys
from shirorom.register.snapshot_head import Holds
from shirorom.register.values import MARKS, NO_RECORD, code_in


@dataclass(frozen=True, slots=True)
class SnapshotAnswers:
    """One snapshot at one moment. `wanted`: the carriers that are not switched off."""

    applied: Applied
    as_of: datetime
    on: date
    age_h_max: float
    wanted: frozenset[CarrierId]

    @property
    def books(self) -> Mapping[CarrierId, datetime]:
        """How old each carrier's book in it is."""
        return {one.carrier: one.as_of for one in self.applied.head.stamp.carriers}

    def values(self, keys: Keys) -> Bytes:
        """One byte for each phone: what `beside` takes."""
        register = self.applied.register
        return register.values(keys, on=max(self.on, register.stamp.day))

    def beside(self, cells: Sequence[Cell], value: int) -> list[Cell]:
        """The cells of one number, with what the snapshot says by this byte."""
        enrolled, books = self.applied.head.stamp.enrolled, self.books
        said = []
        for cell in cells:
            if cell.carrier not in enrolled or cell.carrier not in self.wanted:
                said.append(cell)
                continue
            code = code_in(value, enrolled.index(cell.carrier))
            if code == NO_RECORD and self.applied.head.holds is Holds.DOUBTFUL:
                said.append(cell)
                continue
            said.append(more_doubtful(cell, self._cell(cell, MARKS[code], books[cell.carrier])))
        return said

    def _cell(self, like: Cell, mark: Mark, heard_at: datetime) -> Cell:
        stale = is_stale(heard_at, self.as_of, self.age_h_max)
        return Cell(like.imei, like.carrier, mark, asked_at=heard_at, channel=Channel.NOTICE, stale=stale)


def more_doubtful(here: Cell, book: Cell) -> Cell:
    """Which of two answers of one carrier stands: what is known here, or a carrier's book handed on."""
    if here.mark is None or book.mark is None:
        return book if here.mark is None else here
    if here.decides is not book.decides:
        return here if here.decides else book
    if DOUBT.index(here.mark) >= DOUBT.index(book.mark):
        return here
    newer = here.asked_at is not None and book.asked_at is not None and here.asked_at > book.asked_at
    if book.mark is Mark.RESTRICTED and newer and here.channel is not Channel.NOTICE:
        return replace(here, mark=Mark.RESTRICTED, vanished=True)  # a × stands until it is explained
    return book
