"""The verdict as one sentence, in the words of the catalogue: which carriers, and of several numbers which."""

from __future__ import annotations

from shirorom.domain.assessment import Assessment
from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.edge.wire import Words, names_of


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
