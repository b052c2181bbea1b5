"""A claim in words and as JSON: the one form of it for CLI, API and pages. Nothing here decides."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.claim import Decided, Offer, Said, WarrantyClaim
from shirorom.domain.desk.warranty import Duration, Remedy
from shirorom.domain.fold import JST
from shirorom.domain.mark import Mark, symbol_of
from shirorom.edge.wire import at
from shirorom.edge.words import Words


class ClaimStepWire(msgspec.Struct, frozen=True):
    """One step of a decision; `holds` is null where it is open."""

    n: int
    step: str
    title: str
    holds: bool | None
    code: str
    text: str


class OfferWire(msgspec.Struct, frozen=True):
    """One remedy; of several the customer chooses. `yen` is null where the price is not known."""

    remedy: str
    text: str
    percent: int
    yen: int | None


class ClaimTermsWire(msgspec.Struct, frozen=True):
    """The terms of the day of sale."""

    id: str
    name: str
    since: date
    until: date | None
    duration: str


class ClaimAnswerWire(msgspec.Struct, frozen=True):
    """What stood at one carrier when it was decided."""

    imei: str
    carrier: str
    mark: str | None
    symbol: str
    asked_at: str | None
    by: str
    fresh: bool
    vanished: bool
    error: str | None
    index: int | None


class ClaimWire(msgspec.Struct, frozen=True):
    """A claim as it was decided. `item`: the phone in the counter's queue, where it is asked first."""

    id: str
    seq: int
    decision: str
    title: str
    code: str
    text: str
    practice: bool
    unit: str
    store: str
    receipt: str
    imeis: tuple[str, ...]
    sold_on: date | None
    price_yen: int | None
    months: int | None
    at: str
    by: str
    settle_by: date | None
    steps: tuple[ClaimStepWire, ...]
    offers: tuple[OfferWire, ...]
    terms: ClaimTermsWire | None
    answers: tuple[ClaimAnswerWire, ...]
    item: str | None
    follows: str | None


def claim_of(claim: WarrantyClaim, words: Words) -> ClaimWire:
    """A whole claim, worded in one language."""
    decided, terms = claim.decided, claim.decided.terms
    return ClaimWire(
        id=claim.id,
        seq=claim.seq,
        decision=decided.decision.value,
        title=words.t(f"claim.decision.{decided.decision.value}"),
        code=decided.code,
        text=reason_of(decided, words),
        practice=claim.practice,
        unit=claim.unit,
        store=claim.store,
        receipt=claim.receipt,
        imeis=tuple(imei.digits for imei in claim.imeis),
        sold_on=claim.sold_on,
        price_yen=claim.price_yen,
        months=decided.months,
        at=at(claim.at),
        by=claim.by,
        settle_by=claim.settle_by,
        steps=tuple(
            ClaimStepWire(
                n, one.step.value, words.t(f"claim.step.{one.step.value}"), one.holds, one.code, said(one, words)
            )
            for n, one in enumerate(decided.steps, 1)
        ),
        offers=tuple(
            OfferWire(one.remedy.value, remedy_text(one.remedy, words, one.percent), one.percent, one.yen)
            for one in decided.offers
        ),
        terms=None
        if terms is None
        else ClaimTermsWire(terms.id, terms.name, terms.from_, terms.until, duration_text(terms.duration, words)),
        answers=tuple(
            ClaimAnswerWire(
                one.imei.digits, one.carrier.value, one.mark.value if one.mark else None, symbol_of(one.mark),
                at(one.asked_at) if one.asked_at else None, one.by, one.fresh, one.vanished, one.error, one.index,
            )
            for one in claim.asked
        ),
        item=claim.item or None,
        follows=claim.follows or None,
    )  # fmt: skip


def reason_of(decided: Decided, words: Words) -> str:
    """Why it ended so: the sentence of the step that decided."""
    step = next((one for one in decided.steps if one.code == decided.code), None)
    return words.t(f"claim.says.{decided.code}") if step is None else said(step, words)


def said(one: Said, words: Words) -> str:
    """One step as a sentence."""
    details: dict[str, object] = dict(one.details)
    if details.get("carrier"):
        details["carrier"] = words.t(f"carrier.{CarrierId(str(details['carrier'])).value}")
    if "mark" in details:
        mark = Mark(str(details["mark"])) if details["mark"] else None
        word = words.t(f"mark.{mark.value}.word") if mark else words.t("mark.unknown.word")
        details["mark"] = f"{symbol_of(mark)} {word}"
    if details.get("asked_at"):
        details["at"] = jst(datetime.fromisoformat(str(details["asked_at"])))
    known = {name: value for name, value in details.items() if value != ""}
    return words.t(f"claim.says.{one.code}", **known)


def remedy_text(remedy: Remedy, words: Words, percent: int) -> str:
    """A remedy by its name."""
    return words.t(f"claim.remedy.{remedy.value}", percent=percent)


def offer_text(offer: Offer, words: Words) -> str:
    """A remedy with its yen; an exchange names none."""
    text = remedy_text(offer.remedy, words, offer.percent)
    if offer.yen is None or offer.remedy is Remedy.EXCHANGE:
        return text
    return f"{text} {words.t('claim.remedy.yen', yen=f'{offer.yen:,}')}"


def duration_text(duration: Duration, words: Words) -> str:
    """How long terms hold."""
    return words.t(f"claim.duration.{duration.unit.value}", count=duration.count)


def jst(moment: datetime) -> str:
    """A moment in Japan's time, with its zone."""
    return moment.astimezone(JST).strftime("%Y-%m-%d %H:%M JST")
