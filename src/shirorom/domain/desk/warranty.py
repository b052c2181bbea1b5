"""The warranty against restriction (赤ロム保証) as the shop words it: dated terms, and which units they cover on a day.

Pure. The terms of the day on which a unit was sold hold for it, whatever the shop promises today. A period counts the
day of sale as its first day and is half-open; where the month has no such day it ends with that month.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise

from shirorom.domain.carrier import CARRIERS, CarrierId, Source
from shirorom.domain.desk.stock import Status, Unit
from shirorom.domain.mark import Mark

COUNT_MAX = 1_200
TEXT_CHARS_MAX = 300
LINES_MAX = 20
TERMS_MAX = 200


class Period(StrEnum):
    """What a duration is counted in."""

    UNLIMITED = "unlimited"  # 無期限
    YEARS = "years"
    MONTHS = "months"
    DAYS = "days"


class Remedy(StrEnum):
    """What the buyer gets."""

    EXCHANGE = "exchange"  # an equal unit (同等品と交換)
    REFUND = "refund"  # the whole price
    REFUND_BY_TIME = "refund-by-time"  # a share of the price, by months used


class Need(StrEnum):
    """What a claim needs."""

    RECEIPT = "receipt"
    SAME_NUMBER = "same-number"
    BOUGHT_HERE = "bought-here"
    NO_MODIFICATION = "no-modification"


def add_months(day: date, count: int) -> date:
    """The same day so many months later; where that month has no such day, the first of the month after it."""
    years, month = divmod(day.month - 1 + count, 12)
    try:
        return day.replace(year=day.year + years, month=month + 1)
    except ValueError:
        years, month = divmod(day.month + count, 12)
        return date(day.year + years, month + 1, 1)


def months_between(since: date, day: date) -> int:
    """Whole months from one day to another; 0 where it is earlier."""
    count = (day.year - since.year) * 12 + day.month - since.month
    return max(0, count if add_months(since, count) <= day else count - 1)


def _texts(*texts: str) -> None:
    if len(texts) > LINES_MAX or any(not text.strip() or len(text) > TEXT_CHARS_MAX for text in texts):
        raise ValueError(f"at most {LINES_MAX} texts of 1 to {TEXT_CHARS_MAX} characters")


@dataclass(frozen=True, slots=True)
class Duration:
    """How long it holds; `count` is 0 for `unlimited`, and only there."""

    unit: Period
    count: int = 0

    def __post_init__(self) -> None:
        if (self.count == 0) is not (self.unit is Period.UNLIMITED) or not 0 <= self.count <= COUNT_MAX:
            raise ValueError(f"unlimited, or a count from 1 to {COUNT_MAX}")

    def until(self, since: date) -> date | None:
        """The first day on which it no longer holds; None: never."""
        match self.unit:
            case Period.UNLIMITED:
                return None
            case Period.YEARS:
                return add_months(since, 12 * self.count)
            case Period.MONTHS:
                return add_months(since, self.count)
            case Period.DAYS:
                return since + timedelta(days=self.count)


@dataclass(frozen=True, slots=True)
class Share:
    """From so many whole months of use on, this share of the price (percent) is given back."""

    months: int
    percent: int

    def __post_init__(self) -> None:
        if not (0 <= self.months <= COUNT_MAX and 0 <= self.percent <= 100):
            raise ValueError("months from 0, and 0 to 100 percent")


@dataclass(frozen=True, slots=True)
class Terms:
    """What the shop promises to whoever buys on a day from `from_` until `until` (half-open; None: still).

    Attributes:
        id: A unit's own `warranty` names it; the same id may stand several times, for days that do not overlap.
        pos: Words of the POS's own export that mean these terms (無期限).
        remedies: One, or several of which the customer chooses one.
        shares: For `refund-by-time`: by months used, beginning with 0.
        counts: The marks on which it can be claimed; normally × alone.
        carriers: The carriers whose answer counts; normally all four.
        excluded: What is not covered, in the shop's own words: a person says whether any of it applies.
        settle_days: Within how many days the shop settles an accepted claim; None: it has not promised any.
    """

    id: str
    name: str
    from_: date
    duration: Duration
    remedies: tuple[Remedy, ...]
    until: date | None = None
    shares: tuple[Share, ...] = ()
    needs: frozenset[Need] = frozenset({Need.RECEIPT, Need.SAME_NUMBER, Need.BOUGHT_HERE})
    counts: frozenset[Mark] = frozenset({Mark.RESTRICTED})
    carriers: frozenset[CarrierId] = frozenset(CARRIERS)
    excluded: tuple[str, ...] = ()
    settle_days: int | None = None
    pos: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _texts(self.id, self.name, *self.pos)
        _texts(*self.excluded)
        _dated(self.from_, self.until)
        if not self.remedies or len(set(self.remedies)) != len(self.remedies):
            raise ValueError("one remedy or more, each once")
        if Mark.CLEAR in self.counts or not self.counts or not self.carriers:
            raise ValueError("a claim rests on ×, △ or －, of one carrier or more")
        months = [share.months for share in self.shares]
        if (Remedy.REFUND_BY_TIME in self.remedies) is not bool(months) or months != sorted(set(months)):
            raise ValueError("a refund by time, and no other, needs shares by rising months")
        if months and months[0] != 0:
            raise ValueError("the first share is that of month 0")
        if self.settle_days is not None and not 0 < self.settle_days <= 366:
            raise ValueError("1 to 366 days")

    def share(self, months: int) -> int:
        """Percent of the price that is given back after so many whole months."""
        return next((one.percent for one in reversed(self.shares) if one.months <= months), 100)

    def percent(self, remedy: Remedy, months: int) -> int:
        """What a remedy is worth after so many whole months, in percent of the price."""
        return self.share(months) if remedy is Remedy.REFUND_BY_TIME else 100


def _dated(since: date, until: date | None) -> None:
    if until is not None and until <= since:
        raise ValueError("`until` is the first day on which it no longer holds: after `from`")


@dataclass(frozen=True, slots=True)
class Working:
    """The warranty that it works (動作保証): a matter of its own, for days from the sale."""

    from_: date
    days: int
    until: date | None = None

    def __post_init__(self) -> None:
        _dated(self.from_, self.until)
        if not 0 < self.days <= 3_660:
            raise ValueError("1 to 3,660 days")


@dataclass(frozen=True, slots=True)
class Returns:
    """Taking back without any fault (返品): days from the sale, and on which conditions."""

    from_: date
    days: int
    conditions: tuple[str, ...] = ()
    until: date | None = None

    def __post_init__(self) -> None:
        _texts(*self.conditions)
        _dated(self.from_, self.until)
        if not 0 < self.days <= 3_660:
            raise ValueError("1 to 3,660 days")


def _held(since: date, until: date | None, day: date) -> bool:
    return since <= day and (until is None or day < until)


@dataclass(frozen=True, slots=True)
class ShopTerms:
    """Everything that a shop promises. `default`: the id of the terms for units that name none; empty: none."""

    default: str = ""
    terms: tuple[Terms, ...] = ()
    workings: tuple[Working, ...] = ()
    returns: tuple[Returns, ...] = field(default=())

    def __post_init__(self) -> None:
        if len(self.terms) > TERMS_MAX:
            raise ValueError(f"at most {TERMS_MAX} terms")
        if self.default and self.default not in {one.id for one in self.terms}:
            raise ValueError("`default` is no term's id")
        for group in {one.id for one in self.terms}:
            _apart([(one.from_, one.until) for one in self.terms if one.id == group])
        _apart([(one.from_, one.until) for one in self.workings])
        _apart([(one.from_, one.until) for one in self.returns])

        said = {(word, one.id) for one in self.terms for word in (one.id, *one.pos)}
        if len({word for word, _ in said}) != len(said):
            raise ValueError("a word of the POS means one term alone")

    def id_of(self, word: str) -> str:
        """The id of the terms that a unit names: by their id, or by a word of the POS; empty: the default."""
        return next((one.id for one in self.terms if word in one.pos), word) if word else self.default

    def days_of(self, word: str) -> int | None:
        """For how many days the newest terms hold that a word of the POS names; None: without end, or not known."""
        id_ = self.id_of(word)
        newest = max((one for one in self.terms if one.id == id_), key=lambda one: one.from_, default=None)
        until = newest.duration.until(newest.from_) if newest is not None else None
        return None if newest is None or until is None else (until - newest.from_).days

    def on(self, id_: str, day: date) -> Terms | None:
        """The terms of an id for what was sold on a day."""
        return next((one for one in self.terms if one.id == id_ and _held(one.from_, one.until, day)), None)

    def working_until(self, sold_on: date) -> date | None:
        """First day on which the working warranty of a unit is over; None: it has none."""
        one = next((one for one in self.workings if _held(one.from_, one.until, sold_on)), None)
        return sold_on + timedelta(days=one.days) if one else None

    def returns_until(self, sold_on: date) -> date | None:
        """First day on which it cannot be given back any more; None: it never could."""
        one = next((one for one in self.returns if _held(one.from_, one.until, sold_on)), None)
        return sold_on + timedelta(days=one.days) if one else None


def _apart(ranges: list[tuple[date, date | None]]) -> None:
    ranges.sort(key=lambda one: one[0])
    for (_, until), (since, _) in pairwise(ranges):
        if until is None or since < until:
            raise ValueError("two ranges of days overlap")


@dataclass(frozen=True, slots=True)
class MarketTerm:
    """What another shop was read to promise. `verify`: reference only, look at its own words before showing it."""

    name: str
    term: str
    note: str
    verify: bool
    sources: tuple[Source, ...]


class Covered(StrEnum):
    """Whether a unit is covered on a day."""

    YES = "covered"
    NO = "not-covered"
    UNKNOWN = "unknown"


class CoverReason(StrEnum):
    """Why."""

    NOT_SOLD = "not-sold"  # in stock
    GONE = "gone"  # scrapped, returned, sold to a dealer
    NO_SALE_DATE = "no-sale-date"
    SOLD_LATER = "sold-later"  # the day asked for lies before the sale
    POS_UNTIL = "pos-until"  # the POS's own export says until when: that counts, not the terms
    NO_TERMS = "no-terms"  # the shop had no terms for that day
    TERMS_UNKNOWN = "terms-unknown"  # the unit names terms that are not written down
    UNLIMITED = "unlimited"
    TERMS = "terms"


@dataclass(frozen=True, slots=True)
class Coverage:
    """Whether one unit is covered on a day, why, and by what.

    `since` in, `until` out (JST); `until` is None where it never ends or is not known: the reasons tell which.
    """

    state: Covered
    reasons: tuple[CoverReason, ...]
    since: date | None = None
    until: date | None = None
    terms: Terms | None = None


def coverage(unit: Unit, terms: ShopTerms, day: date) -> Coverage:
    """Whether a unit is covered on a day, by the terms of the day on which it was sold.

    1. only what is sold is covered
    2. what the POS's export says (`covered_until`) wins over the terms, and is named
    3. else the terms of the day of sale, of the unit's own id or the shop's default
    """
    if unit.status is not Status.SOLD:
        return Coverage(Covered.NO, (CoverReason.GONE if unit.status is Status.GONE else CoverReason.NOT_SOLD,))
    sold_on = unit.sold_on
    if sold_on is not None and day < sold_on:
        return Coverage(Covered.NO, (CoverReason.SOLD_LATER,), since=sold_on)
    id_ = terms.id_of(unit.warranty)
    found = terms.on(id_, sold_on) if sold_on is not None else None
    why_none = CoverReason.NO_SALE_DATE if sold_on is None else _why_none(id_, terms)
    if unit.covered_until is not None:
        state = Covered.YES if day < unit.covered_until else Covered.NO
        reasons = (CoverReason.POS_UNTIL,) if found else (CoverReason.POS_UNTIL, why_none)
        return Coverage(state, reasons, sold_on, unit.covered_until, found)
    if found is None or sold_on is None:
        state = Covered.NO if why_none is CoverReason.NO_TERMS else Covered.UNKNOWN
        return Coverage(state, (why_none,), sold_on)
    until = found.duration.until(sold_on)
    if until is None:
        return Coverage(Covered.YES, (CoverReason.UNLIMITED,), sold_on, None, found)
    return Coverage(Covered.YES if day < until else Covered.NO, (CoverReason.TERMS,), sold_on, until, found)


def _why_none(id_: str, terms: ShopTerms) -> CoverReason:
    known = not id_ or any(one.id == id_ for one in terms.terms)
    return CoverReason.NO_TERMS if known else CoverReason.TERMS_UNKNOWN
