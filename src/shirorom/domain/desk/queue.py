"""The counter's queue (店頭照会): what is still to ask about each phone, whose turn it is, and what is known so far.

Pure. What was answered comes from the record alone; what the desk itself knows (nobody got an answer, a person left it
out) only says that nobody need ask again, and never stands for a mark.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.errors import RequestError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.verdict import Cell, Verdict, decide

LEASE = timedelta(minutes=3)
"""How long a place is kept for who took it; renewed while the page is open."""
OPEN_MAX = 2_000
"""Phones that may wait at a time."""


class PlaceState(StrEnum):
    """Where one question stands. Only `ANSWERED` is an answer; all others count as ？ in the verdict."""

    OPEN = "open"
    ANSWERED = "answered"  # a mark that is not too old, whoever asked
    NO_ANSWER = "no-answer"  # a person looked and no answer came (0)
    SKIPPED = "skipped"  # left out by a rule of the shop or by a person
    OFF = "off"  # this carrier is not asked here at all


class Why(StrEnum):
    """Why a place is not asked."""

    RULE = "rule"  # the shop leaves this carrier out
    STOPPED = "stopped"  # a × is there, and the shop stops then
    PERSON = "person"  # somebody left it out for this phone
    OFF = "off"  # the configuration leaves this carrier out
    PRACTICE = "practice"  # a practice number, and a real carrier: it never hears of it
    PLAN = "plan"  # the plan of re-checks wants other places of this phone today, or has had this one


class Outcome(StrEnum):
    """What a person did at a place without reading an answer."""

    NO_ANSWER = "no-answer"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """One question: the phone's n-th number (1-based) at a carrier. Written `1-docomo`, never by the number itself."""

    number: int
    carrier: CarrierId

    @property
    def name(self) -> str:
        """As addresses and bodies write it."""
        return f"{self.number}-{self.carrier.value}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The other way round. Raises RequestError `body-invalid`."""
        number, _, name = text.partition("-")
        try:
            carrier = CarrierId(name)
        except ValueError:
            raise RequestError("body-invalid") from None
        if number not in ("1", "2", "3", "4"):
            raise RequestError("body-invalid")
        return cls(int(number), carrier)


@dataclass(frozen=True, slots=True)
class Rules:
    """The shop's choice (停止の規則). The default asks everybody."""

    stop_at_restricted: bool = False
    skip: frozenset[CarrierId] = frozenset()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the plan of re-checks wants of a phone: these places alone, each answered anew since a moment."""

    places: frozenset[Place]
    since: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """One phone in the queue. `number`: its 受付番号 of the day; `order`: in which order its carriers are asked.

    `wanted`: where the plan put it there; None: a person did, and everything is asked.
    """

    id: str
    number: int
    device: Device
    added_at: datetime
    by: str
    order: tuple[CarrierId, ...] = CARRIERS
    closed_at: datetime | None = None
    wanted: Wanted | None = None

    def places(self) -> tuple[Place, ...]:
        """Every place, in the order in which they are asked: all numbers at one carrier, then the next carrier."""
        return tuple(Place(n, carrier) for carrier in self.order for n in range(1, len(self.device.imeis) + 1))

    def imei(self, place: Place) -> Imei:
        """The number that is asked there. Raises RequestError `body-invalid`: the phone has no such number."""
        if place.number > len(self.device.imeis):
            raise RequestError("body-invalid")
        return self.device.imeis[place.number - 1]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a place: the record's cell, what a person did there, and why it is not asked at all."""

    cell: Cell
    outcome: Outcome | None = None
    off: Why | None = None


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place as it stands. `cell` is the record's, also where it is too old to count."""

    place: Place
    imei: Imei
    state: PlaceState
    why: Why | None
    cell: Cell


@dataclass(frozen=True, slots=True)
class ItemView:
    """A phone as it stands. `verdict.complete` only where every place is answered."""

    item: Item
    places: tuple[PlaceView, ...]
    verdict: Verdict

    @property
    def done(self) -> bool:
        """Whether nobody need ask any more; an item with an open place never is."""
        return not any(one.state is PlaceState.OPEN for one in self.places)


def look(item: Item, known: Mapping[Place, Known], rules: Rules) -> ItemView:
    """What stands for one phone, by the record and by the shop's rules."""
    stopped = rules.stop_at_restricted and any(
        _fresh(one.cell) and one.cell.mark is Mark.RESTRICTED for one in known.values()
    )
    places = tuple(
        PlaceView(place, item.imei(place), *_state(known[place], place, item, rules, stopped), known[place].cell)
        for place in item.places()
    )
    return ItemView(item, places, _verdict(places))


def _fresh(cell: Cell) -> bool:
    return cell.mark is not None and not cell.stale


def _state(known: Known, place: Place, item: Item, rules: Rules, stopped: bool) -> tuple[PlaceState, Why | None]:
    due = _due(item.wanted, place, known.cell)
    if _fresh(known.cell) and not due:
        return PlaceState.ANSWERED, None
    if known.off is not None:
        return PlaceState.OFF, known.off
    if known.outcome is Outcome.NO_ANSWER:
        return PlaceState.NO_ANSWER, None
    if known.outcome is Outcome.SKIPPED:
        return PlaceState.SKIPPED, Why.PERSON
    if due is False:
        return PlaceState.SKIPPED, Why.PLAN
    if place.carrier in rules.skip:
        return PlaceState.SKIPPED, Why.RULE
    return (PlaceState.SKIPPED, Why.STOPPED) if stopped else (PlaceState.OPEN, None)


def _due(wanted: Wanted | None, place: Place, cell: Cell) -> bool | None:
    """Whether the plan has this place asked; None: no plan speaks of this phone."""
    if wanted is None:
        return None
    return place in wanted.places and (cell.mark is None or cell.asked_at is None or cell.asked_at < wanted.since)


def _verdict(places: Sequence[PlaceView]) -> Verdict:
    """The verdict so far: while any place is unanswered it is ？; only a × stands at once, also an old one."""
    decided = decide([one.cell for one in places])
    complete = bool(places) and all(one.state is PlaceState.ANSWERED for one in places)
    if complete or decided.so_far is Mark.RESTRICTED:
        return replace(decided, complete=complete)
    return Verdict(VerdictKind.UNDETERMINED, decided.so_far, complete=False)


# ── in which order ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Told:
    """What the shop's own answers about one model (TAC) say of a carrier: how many, and how many were no －."""

    asked: int = 0
    known: int = 0


_SAYS_MOST = (Mark.RESTRICTED, Mark.CAUTION, Mark.CLEAR)


def carrier_order(older: Mapping[CarrierId, Collection[Mark]], told: Mapping[CarrierId, Told]) -> tuple[CarrierId, ...]:
    """The carriers by what most likely decides, fixed when a phone comes in.

    1. by older answers about this very phone: × first, then △, then ○; a carrier that said － last
    2. by the share of this shop's answers about the same model that were no － (each carrier begins with one of two)
    3. docomo, au, SoftBank, Rakuten
    """

    def rank(carrier: CarrierId) -> tuple[int, float, int]:
        marks = older.get(carrier, ())
        said = min((_SAYS_MOST.index(mark) for mark in marks if mark in _SAYS_MOST), default=4 if marks else 3)
        model = told.get(carrier, Told())
        return said, -(model.known + 1) / (model.asked + 2), CARRIERS.index(carrier)

    return tuple(sorted(CARRIERS, key=rank))


# ── whose turn ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Seat:
    """Who takes a place: a person, at one of their open pages (`tab`; empty: at any of them, as the extension is)."""

    person: int
    name: str
    tab: str = ""

    def shares(self, other: Seat) -> bool:
        """Whether what one took, the other may go on with: the same person, and not visibly at two pages."""
        return self.person == other.person and (self.tab == other.tab or not self.tab or not other.tab)


@dataclass(frozen=True, slots=True)
class Claim:
    """A place that is kept for somebody until a moment."""

    item: str
    place: Place
    seat: Seat
    until: datetime

    def bars(self, seat: Seat, now: datetime) -> bool:
        """Whether it keeps this seat from the place."""
        return self.until > now and not self.seat.shares(seat)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: any carrier or one, beginning with one item; a place that they pass comes last of all."""

    carrier: CarrierId | None = None
    item: str | None = None
    after: Place | None = None
    only_item: bool = False


def candidates(
    views: Sequence[ItemView], claims: Sequence[Claim], seat: Seat, now: datetime, wish: Wish
) -> Iterator[tuple[str, Place]]:
    """The places that this seat may have, best first: the wished item, phones that nobody else is at, then all others.

    Oldest phone first, and those of the plan after all others: nobody waits for them. Who has no page of their own (the
    extension) goes on with what the person's page holds; what a seat holds already comes first of its item.
    """
    barred = {(claim.item, claim.place) for claim in claims if claim.bars(seat, now)}
    mine = {(c.item, c.place) for c in claims if c.until > now and c.seat.shares(seat)}
    busy = {item for item, _ in barred}
    at = set() if seat.tab else {item for item, _ in mine}

    def rank(view: ItemView) -> tuple[int, bool]:
        if view.item.id == wish.item:
            return 0, False
        return 1 if view.item.id in at else 3 if view.item.id in busy else 2, view.item.wanted is not None

    passed = []
    for view in sorted(views, key=rank):
        here = view.item.id == wish.item or (wish.item is None and view.item.id in at)
        if wish.only_item and not here:
            continue
        places = [one.place for one in view.places if one.state is PlaceState.OPEN]
        if here and wish.after is not None:
            places = _from(view.item.places(), places, wish.after)
        else:
            places.sort(key=lambda place: (view.item.id, place) not in mine)
        for place in places:
            if (view.item.id, place) in barred or wish.carrier not in (None, place.carrier):
                continue
            if here and place == wish.after:
                passed.append((view.item.id, place))
            else:
                yield view.item.id, place
    yield from passed


def _from(all_places: Sequence[Place], open_: Collection[Place], after: Place) -> list[Place]:
    """The open places that follow one, and then round from the start."""
    at = all_places.index(after) + 1 if after in all_places else 0
    return [place for place in (*all_places[at:], *all_places[:at]) if place in open_]


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Row:
    """One carrier over all numbers of a phone, for the sentence: marks (None: no answer that counts)."""

    carrier: CarrierId
    marks: tuple[Mark | None, ...]
    failed: bool

    @property
    def asked(self) -> bool:
        """Whether there is anything to say of it."""
        return self.failed or any(mark is not None for mark in self.marks)


def rows(view: ItemView) -> tuple[Row, ...]:
    """Carrier by carrier, in the order of every answer."""
    by_place = {one.place: one for one in view.places}
    numbers = range(1, len(view.item.device.imeis) + 1)
    return tuple(
        Row(
            carrier,
            tuple(
                one.cell.mark if one.state is PlaceState.ANSWERED else None
                for one in (by_place[Place(n, carrier)] for n in numbers)
            ),
            any(by_place[Place(n, carrier)].state is PlaceState.NO_ANSWER for n in numbers),
        )
        for carrier in CARRIERS
    )
