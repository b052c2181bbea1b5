"""The plan of re-checks (再照会の計画): which cell, a number at a carrier, is asked again when, by rules that are data.

Pure. `plan` is the plain form, one cell after the other; `plan_fast.py` does the same over arrays, and a property test
holds both equal.

1. The first rule that matches a cell gives how often it is asked; a rule about something unknown never matches.
2. A cell falls due at the latest so many days after its last answer; a fixed spread by number and carrier brings some
   forward, so that what was asked on one day does not fall due on one day again. Never two times on one day.
3. A carrier's day holds so many cells. What does not fit waits, and is told: value × days overdue goes first.
4. × is asked only where a rule names it, and only to catch a correction: last of all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from shirorom.domain.carrier import CARRIERS, CarrierId, Source

DAYS_MAX = 3_650
OVERDUE_DAYS_MAX = 60
"""What has waited longer goes no further ahead: numbers never asked for years would hold up everything else."""
FOREVER = 9_999_999
"""Last day (as an ordinal) of a cover that has none."""
SPREAD_OF, ORDER_OF = 0x9E3779B97F4A7C15, 0xD1B54A32D192ED03
_ALL = (1 << 64) - 1


class Seen(StrEnum):
    """What was last answered at a cell."""

    CLEAR = "clear"
    CAUTION = "caution"
    RESTRICTED = "restricted"
    NO_RECORD = "no-record"
    NEVER = "never-asked"


class Standing(StrEnum):
    """Where the unit of a cell stands."""

    STOCK = "stock"  # 在庫
    COVERED = "covered"  # 販売済み・保証中
    OVER = "over"  # 販売済み・保証終了


SEEN, STANDINGS = tuple(Seen), tuple(Standing)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the rules. Ranges are half-open; what is not said does not matter.

    Attributes:
        every: At the latest so many days after the last answer; a cell never asked: within so many days of coming in.
        why: The reason that the plan is explained by, in both languages.
        mark: What was last answered; empty: anything but ×, which has to be named.
        days_from: Days since the unit was bought (stock) or sold.
        yen_from: Its price; what was paid for it where it has none.
        left_from: Days left of its warranty; one without end has more than any number.
    """

    every: int | Literal["never"]
    why: str
    why_en: str
    mark: tuple[Seen, ...] = ()
    status: tuple[Standing, ...] = ()
    days_from: int | None = None
    days_until: int | None = None
    yen_from: int | None = None
    yen_until: int | None = None
    left_from: int | None = None
    left_until: int | None = None
    source: Source | None = None

    def __post_init__(self) -> None:
        if isinstance(self.every, int) and not 1 <= self.every <= DAYS_MAX:
            raise ValueError(f'every is 1 to {DAYS_MAX} days, or "never"')
        if not self.why.strip() or not self.why_en.strip():
            raise ValueError("a rule without a reason (why, why_en)")
        for low, high in self.bounds:
            if any(bound is not None and bound < 0 for bound in (low, high)):
                raise ValueError("a bound below 0")
            if low is not None and high is not None and low >= high:
                raise ValueError("a range that holds nothing: from is not below until")

    @property
    def bounds(self) -> tuple[tuple[int | None, int | None], ...]:
        """Of days, yen and days left."""
        return (
            (self.days_from, self.days_until),
            (self.yen_from, self.yen_until),
            (self.left_from, self.left_until),
        )

    @property
    def marks(self) -> tuple[Seen, ...]:
        """The marks that it is about: × only where it is named."""
        return self.mark or tuple(seen for seen in SEEN if seen is not Seen.RESTRICTED)


@dataclass(frozen=True, slots=True)
class PlanCell:
    """One number of one unit at one carrier. Days are ordinals (`date.toordinal`) in Japan's time.

    Attributes:
        phone: The first 14 digits, as a number. number: the how-manieth of its unit.
        asked_on: The day of the last answer; None: never asked.
        since_on: The day on which it was bought (stock) or sold; None: unknown.
        came_on: The day on which it last came in or changed in the book; stands in where `since_on` is unknown.
        yen: What it is worth; None: unknown.
        cover_until: First day on which a sold unit is no longer covered; FOREVER; meaningless for stock.
    """

    unit: int
    phone: int
    number: int
    carrier: CarrierId
    practice: bool
    sold: bool
    seen: Seen
    asked_on: int | None
    since_on: int | None
    came_on: int
    yen: int | None
    cover_until: int = FOREVER

    def standing(self, day: int) -> Standing:
        """Where its unit stands on a day."""
        if not self.sold:
            return Standing.STOCK
        return Standing.COVERED if self.cover_until > day else Standing.OVER


@dataclass(frozen=True, slots=True)
class Terms:
    """How a day is planned: the rules in their order, what fits, how far due days are spread.

    Attributes:
        capacity: Cells a day by carrier; a carrier that is not there is not asked at all.
        spread_percent: By how much of its interval a cell may be asked early.
        unknown_yen: Counted where a unit has no price, so that it is not forgotten.
    """

    rules: tuple[Rule, ...]
    capacity: Mapping[CarrierId, int]
    spread_percent: int = 30
    unknown_yen: int = 30_000


@dataclass(frozen=True, slots=True)
class Due:
    """A cell that is due. `rule`: the place of its rule in the rules; `due_on`: when it fell due."""

    cell: PlanCell
    rule: int
    due_on: int
    score: int

    @property
    def correction(self) -> bool:
        """Whether it is asked only because a carrier may have corrected a ×."""
        return self.cell.seen is Seen.RESTRICTED


@dataclass(frozen=True, slots=True)
class Plan:
    """One day. `planned` and `left` in the order in which they are asked; `never`: cells that no rule asks."""

    planned: tuple[Due, ...] = ()
    left: tuple[Due, ...] = ()
    never: tuple[PlanCell, ...] = ()
    done: Mapping[CarrierId, int] = field(default_factory=dict)


def rule_of(cell: PlanCell, rules: Sequence[Rule], day: int) -> int | None:
    """The place of the first rule that matches; None: no rule speaks of such a cell."""
    return next((n for n, rule in enumerate(rules) if _matches(rule, cell, day)), None)


def _matches(rule: Rule, cell: PlanCell, day: int) -> bool:
    standing = cell.standing(day)
    age = None if cell.since_on is None else max(day - cell.since_on, 0)
    left = cell.cover_until - day if standing is Standing.COVERED else None
    return (
        cell.seen in rule.marks
        and (not rule.status or standing in rule.status)
        and all(
            (low is None or (value is not None and value >= low))
            and (high is None or (value is not None and value < high))
            for value, (low, high) in zip((age, cell.yen, left), rule.bounds, strict=True)
        )
    )


def due_on(cell: PlanCell, every: int, day: int, spread_percent: int) -> int:
    """The day on which a cell falls due, `every` days at the latest after its answer and never on that day itself."""
    if cell.asked_on is None:
        came = min(cell.came_on if cell.since_on is None else cell.since_on, day)
        return came + _share(mix(cell.phone, cell.carrier, came, SPREAD_OF), every)
    asked = min(cell.asked_on, day)
    early = min(every * spread_percent // 100, every - 1)
    return asked + every - _share(mix(cell.phone, cell.carrier, asked, SPREAD_OF), early + 1)


def mix(phone: int, carrier: CarrierId, day: int, salt: int) -> int:
    """A number that looks random and is the same each time (splitmix64 over what is given)."""
    x = ((phone * 4 + CARRIERS.index(carrier)) * 0xBF58476D1CE4E5B9 + day * 0x94D049BB133111EB + salt) & _ALL
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _ALL
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _ALL
    return x ^ (x >> 31)


def _share(mixed: int, width: int) -> int:
    """0 to width − 1, evenly; without a division, which arrays do slowly."""
    return (mixed >> 32) * width >> 32


def order(due: Due) -> tuple[int, int, int, int]:
    """Greatest score first; between equals a fixed order that favours nobody."""
    cell = due.cell
    return -due.score, mix(cell.phone, cell.carrier, 0, ORDER_OF), CARRIERS.index(cell.carrier), cell.unit


def plan(cells: Iterable[PlanCell], terms: Terms, day: int) -> Plan:
    """What is asked on a day, and what is not. A number in several units is asked as the most demanding of them wants.

    What was answered that day has used its part of the carrier's day, whoever asked.
    """
    due: list[Due] = []
    never: list[PlanCell] = []
    done = dict.fromkeys(terms.capacity, 0)
    for same in _by_place(cells, terms).values():
        ranked = sorted(((_outlook(cell, terms, day), cell) for cell in same), key=lambda one: _demand(*one))
        outlook, cell = ranked[0]
        if outlook is None:
            never.append(cell)
        elif cell.asked_on is not None and cell.asked_on >= day:
            done[cell.carrier] += 1
        elif outlook.due_on <= day:
            due.append(outlook)
    never.sort(key=lambda cell: (cell.unit, cell.number, CARRIERS.index(cell.carrier)))
    due.sort(key=order)
    planned: list[Due] = []
    left: list[Due] = []
    room = {carrier: max(count - done[carrier], 0) for carrier, count in terms.capacity.items()}
    for one in due:
        fits = room[one.cell.carrier] > 0
        room[one.cell.carrier] -= fits
        (planned if fits else left).append(one)
    return Plan(tuple(planned), tuple(left), tuple(never), done)


def _by_place(cells: Iterable[PlanCell], terms: Terms) -> dict[tuple[bool, int, CarrierId], list[PlanCell]]:
    places: dict[tuple[bool, int, CarrierId], list[PlanCell]] = {}
    for cell in cells:
        if cell.carrier in terms.capacity:
            places.setdefault((cell.practice, cell.phone, cell.carrier), []).append(cell)
    return places


def _outlook(cell: PlanCell, terms: Terms, day: int) -> Due | None:
    rule = rule_of(cell, terms.rules, day)
    every = "never" if rule is None else terms.rules[rule].every
    if rule is None or every == "never":
        return None
    falls = due_on(cell, every, day, terms.spread_percent)
    yen = terms.unknown_yen if cell.yen is None else cell.yen
    worth = 0 if cell.seen is Seen.RESTRICTED else yen
    return Due(cell, rule, falls, worth * min(max(day - falls + 1, 1), OVERDUE_DAYS_MAX))


def _demand(outlook: Due | None, cell: PlanCell) -> tuple[int, int, int]:
    falls, score = (FOREVER, 0) if outlook is None else (outlook.due_on, outlook.score)
    return falls, -score, cell.unit
