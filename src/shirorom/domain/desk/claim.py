"""A claim under the warranty, decided step by step from what is in the book, the terms and the carriers' answers.

Pure. Each step names what it rests on. A doubt never becomes a yes: what is not known is asked first, and what no rule
covers is left to a person.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.stock import Status, Unit
from shirorom.domain.desk.warranty import Coverage, Covered, Need, Remedy, Terms, months_between
from shirorom.domain.errors import RequestError
from shirorom.domain.fold import JST
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel

TAIL_MIN, TAIL_MAX = 4, 6
RECEIPT_CHARS_MAX = 200


class Decision(StrEnum):
    """How a claim ends."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    ASK_FIRST = "ask-first"  # an answer is missing or too old
    UNCLEAR = "unclear"  # a person decides


class Step(StrEnum):
    """What is looked at, in this order."""

    RECEIPT = "receipt"
    NUMBER = "number"
    SALE = "sale"  # it is this sale that counts, and no later one
    COVER = "cover"
    MARK = "mark"
    NEEDS = "needs"
    EXCLUDED = "excluded"
    REMEDY = "remedy"


@dataclass(frozen=True, slots=True)
class Said:
    """One step: whether it holds (None: open), which sentence says so, and the data of that sentence."""

    step: Step
    holds: bool | None
    code: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands at one place: one number at one carrier.

    Attributes:
        mark: What stands; None: never answered, or no answer came (`error`).
        fresh: Whether it is young enough to rest on.
        vanished: A × stands although the newest answer is better.
        first_restricted_at: When this place first answered × (of the × that stands now).
        off: This carrier is not asked here at all.
    """

    imei: Imei
    carrier: CarrierId
    mark: Mark | None
    asked_at: datetime | None = None
    channel: Channel | None = None
    by: str = ""
    index: int | None = None
    fresh: bool = False
    vanished: bool = False
    error: str | None = None
    first_restricted_at: datetime | None = None
    off: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A remedy, and what it is worth after the time used. `yen`: None where the price is not known."""

    remedy: Remedy
    percent: int
    yen: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a decision is made from. `day` is JST. `seen`: what a person looked at, and whether it is as it must be.

    Attributes:
        whole: Whether the whole number was given, not only its end.
        later: The same phone stands in the book with a later sale or purchase.
        excluded: Whether anything of the terms' exclusions applies; None: nobody has said.
    """

    unit: Unit
    day: date
    coverage: Coverage
    asked: tuple[Asked, ...]
    whole: bool
    later: bool = False
    seen: Mapping[Need, bool] = field(default_factory=dict)
    excluded: bool | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """How it ended: by which code, by which steps, and what is offered where it is accepted."""

    decision: Decision
    code: str
    steps: tuple[Said, ...]
    offers: tuple[Offer, ...] = ()
    months: int | None = None
    terms: Terms | None = None


def plain_receipt(text: str) -> str:
    """A receipt's number as it is compared: width, case, spaces and hyphens make no difference."""
    wide = unicodedata.normalize("NFKC", text).upper()
    return "".join(one for one in wide if not one.isspace() and one not in "-‐‑‒–—―ー−")


def tail_of(text: str) -> str | None:
    """The last four to six digits of a number, where only those were given; None: it is something else."""
    digits = "".join(unicodedata.normalize("NFKC", text).split())
    short = digits.isascii() and digits.isdigit() and TAIL_MIN <= len(digits) <= TAIL_MAX
    return digits if short else None


def matching(units: Sequence[Unit], *, imeis: Sequence[Imei], tail: str | None) -> list[Unit]:
    """The units of a receipt that have one of these numbers, or one that ends so."""
    keys = {imei.key for imei in imeis}
    return [
        unit
        for unit in units
        if any(one.key in keys or (tail is not None and one.digits.endswith(tail)) for one in unit.device.imeis)
    ]


def the_one(units: Sequence[Unit]) -> Unit:
    """The unit that a claim is about.

    Raises:
        RequestError: `claim-not-found` (which of both did not fit is not told), `claim-ambiguous`.
    """
    if not units:
        raise RequestError("claim-not-found")
    if len(units) > 1:
        raise RequestError("claim-ambiguous", count=len(units))
    return units[0]


def decide(known: Evidence) -> Decided:
    """Decide a claim about a unit that receipt and number have found. Every step is told, also after one that fails."""
    months = months_between(known.unit.sold_on, known.day) if known.unit.sold_on else None
    terms = known.coverage.terms
    offers = _offers(known.unit, terms, months)
    steps = (
        Said(Step.RECEIPT, True, "receipt-matches"),
        Said(Step.NUMBER, True, "number-matches" if known.whole else "tail-matches"),
        _sale(known),
        _cover(known),
        _mark(known),
        _needs(known),
        _excluded(known),
        _remedy(offers, terms),
    )
    decision, code = _judge(steps)
    return Decided(decision, code, steps, offers if decision is Decision.ACCEPTED else (), months, terms)


_ASKING = frozenset({"mark-stale", "mark-missing"})


def _judge(steps: Sequence[Said]) -> tuple[Decision, str]:
    """The first step that fails refuses; else an open step: what can be asked is asked, the rest a person decides."""
    refused = next((one for one in steps if one.holds is False), None)
    if refused is not None:
        return Decision.REFUSED, refused.code
    open_ = [one for one in steps if one.holds is None]
    if not open_:
        return Decision.ACCEPTED, "all-hold"
    asking = next((one for one in open_ if one.code in _ASKING), None)
    if asking is not None:
        return Decision.ASK_FIRST, asking.code
    return Decision.UNCLEAR, open_[0].code


def _sale(known: Evidence) -> Said:
    unit = known.unit
    details = (("day", unit.sold_on.isoformat() if unit.sold_on else ""),)
    if unit.status is Status.GONE:
        return Said(Step.SALE, False, "unit-gone")
    if unit.status is Status.STOCK:
        return Said(Step.SALE, False, "unit-in-stock")
    if known.later:
        return Said(Step.SALE, None, "later-sale", details)
    return Said(Step.SALE, True, "sold-on", details) if unit.sold_on else Said(Step.SALE, None, "sale-undated")


def _cover(known: Evidence) -> Said:
    covered, day = known.coverage, known.day
    details = (
        ("name", covered.terms.name if covered.terms else ""),
        ("since", covered.since.isoformat() if covered.since else ""),
        ("until", covered.until.isoformat() if covered.until else ""),
        ("day", day.isoformat()),
    )
    holds = {Covered.YES: True, Covered.NO: False, Covered.UNKNOWN: None}[covered.state]
    code = f"cover-{covered.reasons[0].value}"
    if holds is False and covered.until is not None:
        in_time = any(one.mark is Mark.RESTRICTED and _first_on(one) < covered.until for one in known.asked)
        holds, code = (None, "cover-over-but-seen") if in_time else (False, "cover-over")
    elif holds and covered.terms is None:
        holds, code = None, "cover-terms-missing"  # the POS says until when, nothing says what is owed
    return Said(Step.COVER, holds, code, details)


def _place(one: Asked) -> tuple[tuple[str, str], ...]:
    return (
        ("carrier", one.carrier.value),
        ("mark", one.mark.value if one.mark else ""),
        ("asked_at", one.asked_at.isoformat() if one.asked_at else ""),
        ("by", one.by),
        ("number", one.imei.masked),
    )


def _mark(known: Evidence) -> Said:
    """Whether a mark on which the terms can be claimed stands, by an answer that is young enough.

    1. a × that vanished is explained by a person first
    2. one fresh answer that counts is enough, unless it was there before the sale
    3. what is missing or too old is asked
    4. all are fresh and none counts: there is nothing to claim
    """
    terms, sold_on = known.coverage.terms, known.unit.sold_on
    counts = terms.counts if terms else frozenset({Mark.RESTRICTED})
    mine = [one for one in known.asked if terms is None or one.carrier in terms.carriers]
    hits = [one for one in mine if one.mark in counts]
    sure = [one for one in hits if one.fresh and not one.vanished]
    if sure:
        before = [one for one in sure if _before(one, sold_on)]
        if len(before) == len(sure):
            return Said(Step.MARK, None, "restricted-before-sale", _place(before[0]))
        return Said(Step.MARK, True, "mark-counts", _place(next(one for one in sure if one not in before)))
    vanished = next((one for one in hits if one.vanished), None)
    if vanished is not None:
        return Said(Step.MARK, None, "mark-vanished", _place(vanished))
    old = next((one for one in mine if one.mark is not None and not one.fresh and not one.off), None)
    if hits or old is not None:
        return Said(Step.MARK, None, "mark-stale", _place((*hits, *filter(None, (old,)))[0]))
    missing = [one for one in mine if not one.fresh]
    asking = next((one for one in missing if not one.off), None)
    if asking is not None or not mine:
        return Said(Step.MARK, None, "mark-missing", _place(asking) if asking else ())
    if missing:
        return Said(Step.MARK, None, "carrier-off", _place(missing[0]))
    elsewhere = next((one for one in known.asked if one.mark in counts and one not in mine), None)
    if elsewhere is not None:
        return Said(Step.MARK, False, "carrier-not-covered", _place(elsewhere))
    worst = next((one for one in mine if one.mark is Mark.CAUTION), mine[0])
    return Said(Step.MARK, False, "mark-not-enough", _place(worst))


def _first_on(one: Asked) -> date:
    """The day (JST) on which this place first answered ×; as good as never where it did not."""
    return one.first_restricted_at.astimezone(JST).date() if one.first_restricted_at else date.max


def _before(one: Asked, sold_on: date | None) -> bool:
    return sold_on is not None and _first_on(one) < sold_on


def _needs(known: Evidence) -> Said:
    """What only a person can see: the receipt in hand is the one that was named, and nothing was changed."""
    terms = known.coverage.terms
    needs = terms.needs if terms else frozenset()
    wanted = [need for need in Need if need in needs and need is not Need.BOUGHT_HERE]
    for need in wanted:
        if known.seen.get(need) is False:
            return Said(Step.NEEDS, False, f"need-{need.value}-missing")
    by_match = {Need.RECEIPT, *({Need.SAME_NUMBER} if known.whole else ())}
    for need in wanted:
        if need not in known.seen and need not in by_match:
            return Said(Step.NEEDS, None, f"need-{need.value}-unseen")
    return Said(Step.NEEDS, True, "needs-met" if wanted else "needs-none")


def _excluded(known: Evidence) -> Said:
    terms = known.coverage.terms
    if terms is None or not terms.excluded:
        return Said(Step.EXCLUDED, True, "excluded-none")
    if known.excluded is None:
        return Said(Step.EXCLUDED, None, "excluded-unseen")
    return Said(Step.EXCLUDED, not known.excluded, "excluded-applies" if known.excluded else "excluded-not")


def _offers(unit: Unit, terms: Terms | None, months: int | None) -> tuple[Offer, ...]:
    if terms is None or months is None:
        return ()
    percents = [(remedy, terms.percent(remedy, months)) for remedy in terms.remedies]
    price = unit.price_yen
    return tuple(
        Offer(remedy, percent, None if price is None else price * percent // 100) for remedy, percent in percents
    )


def _remedy(offers: Sequence[Offer], terms: Terms | None) -> Said:
    """An exchange can be given without a price; a refund cannot be named without it."""
    if terms is None or not offers:
        return Said(Step.REMEDY, None, "remedy-unknown")
    if all(offer.percent == 0 for offer in offers):
        return Said(Step.REMEDY, False, "remedy-nothing-left")
    if all(offer.yen is None and offer.remedy is not Remedy.EXCHANGE for offer in offers):
        return Said(Step.REMEDY, None, "remedy-no-price")
    return Said(Step.REMEDY, True, "remedy-choice" if len(offers) > 1 else "remedy-one")


@dataclass(frozen=True, slots=True)
class WarrantyClaim:
    """A claim as it was decided, kept whole: also with the terms of that day, so that it can be told again years later.

    Attributes:
        seq: Its number in the book, from 1; 0 before it is kept.
        print: Digest of what was asked under its id, to notice another claim under the same key.
        item: The phone's place in the counter's queue, where it has to be asked first.
        follows: The claim that it decides anew.
        unit: The stock key.
    """

    id: str
    print: str
    receipt: str
    unit: str
    store: str
    model: str
    imeis: tuple[Imei, ...]
    sold_on: date | None
    price_yen: int | None
    day: date
    at: datetime
    by: str
    practice: bool
    decided: Decided
    asked: tuple[Asked, ...]
    seen: tuple[tuple[Need, bool], ...] = ()
    excluded: bool | None = None
    item: str = ""
    follows: str = ""
    seq: int = 0

    @property
    def settle_by(self) -> date | None:
        """By when the shop's own terms say that an accepted claim is settled; None: they promise no day."""
        days = self.decided.terms.settle_days if self.decided.terms else None
        accepted = self.decided.decision is Decision.ACCEPTED
        return self.day + timedelta(days=days) if days and accepted else None
