"""Words for an assessment: the verdict's sentence, reasons and advice, from their codes and the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shirorom.domain.advice import Advice
from shirorom.domain.assessment import Assessment, Place, Reason
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CODES, Area
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.policy import Policy


class Catalogue(Protocol):
    """The catalogue of one language (`adapters/texts_toml.py`)."""

    lang: str

    def t(self, key: str, **details: object) -> str:
        """The text of a key, its `{name}` places filled."""
        ...


def verdict_sentence(assessment: Assessment, texts: Catalogue) -> str:
    """The verdict as one sentence that names the carriers and, of several numbers, which."""
    kind = assessment.verdict.kind
    if kind is VerdictKind.UNDETERMINED:
        mine = [cell for cell in assessment.cells if not cell.decides]
    else:
        mine = [cell for cell in assessment.cells if cell.mark is Mark(kind.value)]
    imeis = assessment.device.imeis
    numbers = sorted({imeis.index(cell.imei) + 1 for cell in mine})
    some = 0 < len(numbers) < len(imeis)
    return texts.t(
        f"verdict.{kind.value}.sentence_number" if some else f"verdict.{kind.value}.sentence",
        carriers=carrier_names([cell.carrier for cell in mine], texts),
        numbers=number_names(numbers, texts),
    )


def reason_text(reason: Reason, assessment: Assessment, texts: Catalogue) -> str:
    """One reason as a sentence."""
    known = CODES.get(reason.code)
    if known is not None and known.area is Area.STORAGE:
        return texts.t(f"code.{reason.code}.text")
    details: dict[str, object] = {"places": place_names(reason.places, len(assessment.device.imeis), texts)}
    if reason.policy is not None:
        details["policy"] = policy_title(assessment.policy, texts)
    if reason.by is not None:
        details["by"] = reason.by.isoformat()
    if reason.months is not None:
        details["months"] = reason.months
    return texts.t(f"reason.{reason.code}", **details)


def advice_text(advice: Advice, texts: Catalogue) -> str:
    """One advice as a sentence or two."""
    lag = texts.t(f"carrier.{advice.carriers[0].value}.lag") if advice.code.value == "lag" else ""
    return texts.t(f"advice.{advice.code.value}", carriers=carrier_names(advice.carriers, texts), lag=lag)


def policy_title(policy: Policy, texts: Catalogue) -> str:
    """A policy's title in the catalogue's language; it says itself that a recommendation has no date of force."""
    return policy.title if texts.lang == "ja" else policy.title_en


def carrier_names(carriers: Sequence[CarrierId], texts: Catalogue) -> str:
    """Several carriers by name, each once, in the order of every answer."""
    return texts.t("words.list").join(texts.t(f"carrier.{one.value}") for one in CarrierId if one in set(carriers))


def number_names(numbers: Sequence[int], texts: Catalogue) -> str:
    """IMEI 1, IMEI 2."""
    return texts.t("words.list").join(texts.t("words.number", n=n) for n in numbers)


def place_names(places: Sequence[Place], numbers_total: int, texts: Catalogue) -> str:
    """The cells that a reason speaks of; numbers are named only where some carrier gave it for some of them."""
    numbers_of = {one: tuple(sorted(p.n for p in places if p.carrier is one)) for one in CarrierId}
    groups: dict[tuple[int, ...], list[CarrierId]] = {}
    for carrier, numbers in numbers_of.items():
        if numbers:
            groups.setdefault(numbers, []).append(carrier)
    said = [
        carrier_names(carriers, texts)
        if len(numbers) == numbers_total
        else texts.t(
            "words.number_place", numbers=number_names(numbers, texts), carriers=carrier_names(carriers, texts)
        )
        for numbers, carriers in groups.items()
    ]
    return texts.t("words.place_join").join(said)
