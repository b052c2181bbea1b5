"""How the register stands, as the API sends it."""

from __future__ import annotations

import msgspec

from shirorom.edge.wire import at
from shirorom.service.feeds import Accepted
from shirorom.service.register_status import Book, RegisterStatus, key_id


class AcceptedFeedWire(msgspec.Struct, frozen=True):
    """An accepted feed. `index`: its entry in the log; `key`: the id of the key that signed it, null for nobody's."""

    sequence: int
    feed: str
    made_at: str
    accepted_at: str
    rows: int
    key: str | None
    by: str
    index: int


class CarrierBookWire(msgspec.Struct, frozen=True):
    """One carrier's book.

    `enrolled`: whether its absence is － (`no-record`); where it is not, the carrier is undetermined for every phone.
    `as_of`: how old the whole book is; `stale`: too old for a ○ or － to decide. `rows`: of the newest full list, and
    of the feeds after it. `feeds`: the newest first, five at most, of `count`.
    """

    carrier: str
    enrolled: bool
    as_of: str | None
    stale: bool
    rows: int
    rows_since: int
    count: int
    feeds: tuple[AcceptedFeedWire, ...]


class OutWire(msgspec.Struct, frozen=True):
    """The register that is out. `size`, `root`: of the log it was made from; `behind`: feeds it does not hold yet."""

    size: int
    root: str
    phones: int
    changed: int
    behind: int
    published_at: str | None


class LaidWire(msgspec.Struct, frozen=True):
    """The snapshot in force, as old as its oldest book. `whole`: absence from it says something; else △ and × alone."""

    as_of: str
    carriers: tuple[str, ...]
    whole: bool


class RegisterWire(msgspec.Struct, frozen=True):
    """One world's register. `register` is null where none answers; `error` is the code that says why, if one is due."""

    practice: bool
    as_of: str
    log_size: int
    log_root: str
    books: tuple[CarrierBookWire, ...]
    register: OutWire | None
    error: str | None
    snapshot: LaidWire | None


def register_of(status: RegisterStatus) -> RegisterWire:
    """How it stands."""
    out, laid = status.out, status.laid
    return RegisterWire(
        practice=status.practice,
        as_of=at(status.as_of),
        log_size=status.head.size,
        log_root=status.head.root.hex(),
        books=tuple(map(_book, status.books)),
        register=None
        if out is None
        else OutWire(
            out.size, out.root.hex(), out.phones, out.changed, out.behind,
            None if out.published_at is None else at(out.published_at),
        ),
        error=status.trouble,
        snapshot=None
        if laid is None
        else LaidWire(at(laid.as_of), tuple(carrier.value for carrier in laid.carriers), laid.whole),
    )  # fmt: skip


def _book(book: Book) -> CarrierBookWire:
    return CarrierBookWire(
        carrier=book.carrier.value,
        enrolled=book.enrolled_at is not None,
        as_of=None if book.heard_at is None else at(book.heard_at),
        stale=book.stale,
        rows=book.rows,
        rows_since=book.rows_since,
        count=book.count,
        feeds=tuple(map(_feed, book.feeds)),
    )


def _feed(one: Accepted) -> AcceptedFeedWire:
    manifest = one.feed.manifest
    return AcceptedFeedWire(
        sequence=manifest.sequence,
        feed=manifest.kind.value,
        made_at=at(manifest.made_at),
        accepted_at=at(one.recorded_at),
        rows=one.feed.count,
        key=key_id(one),
        by=one.feed.by,
        index=one.index,
    )
