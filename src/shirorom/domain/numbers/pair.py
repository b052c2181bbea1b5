"""Which of the numbers in a text are one phone.

A phone with two SIMs has two IMEIs, and is clean only if both are. To part them could call a restricted phone clean; to
join two phones only mixes their answers, with the worse one on top. So, in this order:

1. **Counted labels decide.** IMEI (or IMEI1, SIM 1, (8040)) and then IMEI2 (SIM 2, (8041)) are one phone, wherever they
   stand and whatever lies between; so on up to four. A second IMEI1 begins another phone.
2. **Without counts, numbers that stand together** (nothing between but punctuation, labels of a device and its other
   numbers, no empty line) **are one phone when they are exactly two** and
   - stand on one line (a row is one thing), or under one heading that counts (IMEI1, IMEI2), or
   - stand on two lines as twins: the same TAC, or the same serial part under two TACs, as makers give them; or both
     carry a software version (…/01), which only a phone's own screen shows.
3. **Rows of two are phones of two**, when every row of a table has exactly two.
4. **Anything else is a list**: each number a phone of its own. Three or more below one another are a pasted column,
   even of one model; two below one another that are no twins are two phones.

A phone of which a number is bad is not offered: the good one alone would be half an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from shirorom.domain.imei import IMEIS_MAX, Imei


@dataclass(frozen=True, slots=True)
class Item:
    """One IMEI of a text, good or bad, and how it stands there.

    Attributes:
        imei: The number; None when it is bad.
        digits: Its digits as far as known (a bad one too), to tell twins.
        count: Which number of its phone its label calls it, 1–4; None without.
        labelled: Whether a label calls it an IMEI.
        stacked: Whether it stands under a heading that counts (IMEI1, IMEI2).
        suffixed: Whether a software version follows it.
        row: Line of the text on which it stands.
        together: Whether it stands together with the item before it.
    """

    imei: Imei | None
    digits: str
    count: int | None = None
    labelled: bool = False
    stacked: bool = False
    suffixed: bool = False
    row: int = 0
    together: bool = False


Group = list[Item]


def devices(items: Sequence[Item]) -> tuple[tuple[Imei, ...], ...]:
    """The phones that the items make, in order, none of them twice and none with a bad number."""
    if not any(item.count or item.together for item in items):  # the usual long list
        return _offered([item] for item in items)
    return _offered(_joined(_by_count(_without_echoes(items))))


def _without_echoes(items: Sequence[Item]) -> list[Item]:
    """A number that is shown again right away (as text and under its barcode, as IMEI and as IMEISV) counts once."""
    kept: list[Item] = []
    for item in items:
        if kept and item.together and item.digits[:14] == kept[-1].digits[:14] and item.digits:
            continue
        kept.append(item)
    return kept


def _by_count(items: Iterable[Item]) -> list[Group]:
    groups: list[Group] = []
    for item in items:
        if item.count is not None and item.count > 1 and groups and _takes(groups[-1], item):
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _takes(group: Group, item: Item) -> bool:
    last = group[-1]
    if len(group) >= IMEIS_MAX or any(item.digits[:14] == other.digits[:14] for other in group if other.digits):
        return False
    if last.count is None:
        return item.count == 2 and (last.labelled or item.together)
    return item.count == last.count + 1


def _joined(groups: Iterable[Group]) -> list[Group]:
    """Rules 2 to 4 for what no count has joined."""
    joined: list[Group] = []
    run: Group = []
    for group in groups:
        alone = len(group) == 1 and group[0].count is None
        if run and not (alone and group[0].together):
            joined.extend(_of_run(run))
            run = []
        if alone:
            run.append(group[0])
        else:
            joined.append(group)
    joined.extend(_of_run(run))
    return joined


def _of_run(run: Group) -> list[Group]:
    """Split numbers that stand together, none of them counted, into phones."""
    rows = [list(row) for _, row in groupby(run, key=lambda item: item.row)]
    if all(len(row) == 2 for row in rows):
        return rows
    if len(run) == 2 and _twins(*run):
        return [run]
    return [[item] for item in run]


def _twins(one: Item, other: Item) -> bool:
    if (one.stacked and other.stacked) or (one.suffixed and other.suffixed):
        return True
    if not one.digits or not other.digits:
        return False
    return one.digits[:8] == other.digits[:8] or one.digits[8:14] == other.digits[8:14]


def _offered(groups: Iterable[Group]) -> tuple[tuple[Imei, ...], ...]:
    """Whole phones only; one that is part of another is that other."""
    whole: list[tuple[Imei, ...]] = []
    for group in groups:
        imeis = tuple(item.imei for item in group if item.imei is not None)
        if len(imeis) == len(group):
            whole.append(imeis)
    in_larger = {imei for device in whole if len(device) > 1 for imei in device}
    kept = dict.fromkeys(device for device in whole if len(device) > 1 or device[0] not in in_larger)
    return tuple(kept)
