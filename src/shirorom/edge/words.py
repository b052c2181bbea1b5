"""An assessment in the words of the catalogue: the verdict's sentence, its reasons, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from shirorom.domain.advice import Advice, AdviceCode
from shirorom.domain.assessment import Assessment, Place, Reason
from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import Mark, VerdictKind

NAMES_MAX = 256
"""Rows of carriers' names that are remembered: every answer says the same few."""


class Words(Protocol):
    """The catalogue of one language (`adapters/texts_toml.py`)."""

    lang: str

    def t(self, key: str, /, **details: object) -> str:
        """The text of a key, its `{name}` places filled."""
        ...

    def __hash__(self) -> int:
        """One catalogue is one object."""
        ...


def verdict_sentence(assessment: Assessment, words: Words) -> str:
    """What is said of the device, naming the cells that it rests on; numbers only where not all are concerned."""
    kind = assessment.verdict.kind
    if kind is VerdictKind.UNDETERMINED:
        mine = [cell for cell in assessment.cells if not cell.decides]
    else:
        mine = [cell for cell in assessment.cells if cell.mark is Mark(kind.value)]
    imeis = assessment.device.imeis
    numbers = [n for n, imei in enumerate(imeis, 1) if any(cell.imei == imei for cell in mine)]
    carriers = names_of([one for one in CarrierId if any(cell.carrier is one for cell in mine)], words)
    if 0 < len(numbers) < len(imeis):
        named = words.t("words.list").join(words.t("words.number", n=n) for n in numbers)
        return words.t(f"verdict.{kind.value}.sentence_number", numbers=named, carriers=carriers)
    return words.t(f"verdict.{kind.value}.sentence", carriers=carriers)


def reason_text(reason: Reason, assessment: Assessment, words: Words) -> str:
    """One reason as a sentence; why nothing could be recorded is told by its code."""
    if reason.code == assessment.storage:
        return words.t(f"code.{reason.code}.text")
    policy = assessment.policy
    return words.t(
        f"reason.{reason.code}",
        places=_places(reason.places, words, several=len(assessment.device.imeis) > 1),
        policy=policy.title if words.lang == "ja" else policy.title_en,
        **({"months": reason.months} if reason.months is not None else {}),
        **({"by": reason.by.isoformat()} if reason.by is not None else {}),
    )


def _places(places: Sequence[Place], words: Words, *, several: bool) -> str:
    """The carriers concerned; of a phone with several numbers, for each number."""
    if not several:
        return names_of([place.carrier for place in places], words)
    return words.t("words.place_join").join(
        words.t(
            "words.number_place",
            numbers=words.t("words.number", n=n),
            carriers=names_of([place.carrier for place in places if place.n == n], words),
        )
        for n in dict.fromkeys(place.n for place in places)
    )


def names_of(carriers: Sequence[CarrierId], words: Words) -> str:
    """Carriers' names, each once, in the order given."""
    return _names(tuple(carriers), words)


@lru_cache(maxsize=NAMES_MAX)
def _names(carriers: tuple[CarrierId, ...], words: Words) -> str:
    return words.t("words.list").join(words.t(f"carrier.{carrier.value}") for carrier in dict.fromkeys(carriers))


def advice_text(advice: Advice, words: Words) -> str:
    """One advice as a sentence."""
    details = {"carriers": names_of(advice.carriers, words)}
    if advice.code is AdviceCode.LAG:
        details["lag"] = words.t(f"carrier.{advice.carriers[0].value}.lag")
    return words.t(f"advice.{advice.code.value}", **details)
