"""How the register and the books behind it stand: who publishes, of when each book is, what is out.

What it says is of one room. Nothing is opened that is not there, and nothing is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.errors import ShiroromError
from shirorom.domain.feed import FeedKind
from shirorom.domain.verdict import is_stale
from shirorom.ports.clock import Clock
from shirorom.ports.log import Head
from shirorom.service.feeds import Accepted
from shirorom.service.room import Room

if TYPE_CHECKING:  # numpy is only there where a register is
    from shirorom.ports.register import Registers
    from shirorom.ports.snapshot import Shelf

FEEDS_SHOWN = 5
"""Of each carrier, the newest."""


@dataclass(frozen=True, slots=True)
class Book:
    """What one carrier published.

    Attributes:
        enrolled_at: When its first full list was accepted; None: it is not enrolled, whatever else it published.
        heard_at: When its newest feed was made: how old the whole book is. None: no feed.
        stale: The book is older than the limit, so that its ○ and － decide nothing.
        rows: Rows of its newest full list; `rows_since`: of the feeds after it.
        feeds: The newest first, `FEEDS_SHOWN` at most; `count` is of all.
    """

    carrier: CarrierId
    enrolled_at: datetime | None
    heard_at: datetime | None
    stale: bool
    rows: int
    rows_since: int
    feeds: tuple[Accepted, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Out:
    """The register that is out: of the log's first `size` entries, whose root is `root`.

    Attributes:
        phones: Phones in the base; `changed`: phones in the delta before it.
        behind: Accepted feeds that it does not hold yet; their phones are answered from the feeds themselves.
        published_at: When it was put in place.
    """

    size: int
    root: bytes
    phones: int
    changed: int
    behind: int
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Laid:
    """A snapshot that was applied; its answers are laid beside all others.

    Attributes:
        as_of: Of when its oldest book is.
        carriers: Whose books are in it.
        whole: Whether ○ is in it too, so that absence says something; else △ and × alone.
    """

    as_of: datetime
    carriers: tuple[CarrierId, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class RegisterStatus:
    """One room. `out` is None where no register can be answered from; then `trouble` is the code that says why.

    `trouble` None with `out` None: no carrier is enrolled, so none is due. `laid`: the snapshot in force.
    """

    practice: bool
    as_of: datetime
    head: Head
    books: tuple[Book, ...]
    out: Out | None
    trouble: str | None
    laid: Laid | None

    @property
    def enrolled(self) -> tuple[CarrierId, ...]:
        """The carriers whose absence says something."""
        return tuple(book.carrier for book in self.books if book.enrolled_at is not None)


@dataclass(frozen=True, slots=True)
class ShowRegister:
    """Looks at one room. `registers`, `shelf`: None where numpy is not installed, so that there are none."""

    room: Callable[[bool], Room]
    registers: Callable[[bool], Registers] | None
    shelf: Callable[[bool], Shelf] | None
    clock: Clock

    def __call__(self, practice: bool) -> RegisterStatus:
        """How it stands now.

        Raises:
            StorageError: the log cannot be read; `snapshot-corrupt`.
        """
        room, as_of = self.room(practice), self.clock.now()
        feeds = room.recorder.feeds
        accepted = () if feeds is None else feeds.accepted()
        books = tuple(_book(carrier, accepted, as_of, room.age_h_max) for carrier in CARRIERS)
        out: Out | None = None
        trouble: str | None = None
        if any(book.enrolled_at is not None for book in books):
            try:
                out = self._out(practice, accepted)
            except ShiroromError as error:
                trouble = error.code
        return RegisterStatus(practice, as_of, room.log.head(), books, out, trouble, self._laid(practice))

    def _laid(self, practice: bool) -> Laid | None:
        applied = None if self.shelf is None else self.shelf(practice).current()
        if applied is None:
            return None
        from shirorom.register.snapshot_head import Holds  # numpy comes with it

        stamp = applied.head.stamp
        oldest = min(one.as_of for one in stamp.carriers)
        return Laid(oldest, stamp.enrolled, applied.head.holds is Holds.EVERYTHING)

    def _out(self, practice: bool, accepted: Sequence[Accepted]) -> Out:
        if self.registers is None:
            raise ShiroromError("register-extra-missing")
        registers = self.registers(practice)
        register = registers.current()
        log = register.stamp.log
        return Out(
            size=log.size,
            root=log.root,
            phones=register.base.opened.count,
            changed=0 if register.delta is None else register.delta.opened.count,
            behind=sum(one.index >= log.size for one in accepted),
            published_at=registers.published_at(),
        )


def _book(carrier: CarrierId, accepted: Sequence[Accepted], as_of: datetime, age_h_max: float) -> Book:
    mine = [one for one in accepted if one.feed.carrier is carrier]
    full = [place for place, one in enumerate(mine) if one.feed.manifest.kind is FeedKind.FULL]
    since = mine[full[-1] + 1 :] if full else mine
    heard_at = mine[-1].feed.manifest.made_at if mine else None
    return Book(
        carrier=carrier,
        enrolled_at=mine[full[0]].recorded_at if full else None,
        heard_at=heard_at,
        stale=heard_at is not None and is_stale(heard_at, as_of, age_h_max),
        rows=mine[full[-1]].feed.count if full else 0,
        rows_since=sum(one.feed.count for one in since),
        feeds=tuple(reversed(mine[-FEEDS_SHOWN:])),
        count=len(mine),
    )


def key_id(one: Accepted) -> str | None:
    """Eight hex digits of the key that signed a feed; None: nobody did."""
    return None if one.feed.key is None else one.feed.key.split("+")[1]
