"""Which of the numbers in a text are one phone.

A phone with two SIMs has two IMEIs, and is clean only if both are. To part them could call a restricted phone clean; to
join two phones only mixes their answers, with the worse one on top. So, in this order:

1. **Counted labels decide.** IMEI (or IMEI1, SIM 1, (8040)) and then IMEI2 (SIM 2, (8041)) are one phone, wherever they
   stand and whatever lies between; so on up to four. A second IMEI1 begins another phone. IMEI2 may
   stand first.
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

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shirorom.domain.imei import IMEIS_MAX, Imei
from shirorom.domain.numbers.found import Found


class Item(NamedTuple):
    """One IMEI of a text, good or bad, and how it stands there.

    Attributes:
        place: Where it is in the list of what was found; None when it is only a doubt.
        digits: Its digits as far as known (a bad one too), to tell twins.
        nth: Which number of its phone its label calls it, 1–4; None without.
        labelled: Whether a label calls it an IMEI.
        stacked: Whether it stands under a heading that counts (IMEI1, IMEI2).
        suffixed: Whether a software version follows it.
        row: Line of the text on which it stands.
        together: Whether it stands together with the item before it.
    """

    place: int | None
    digits: str
    nth: int | None = None
    labelled: bool = False
    stacked: bool = False
    suffixed: bool = False
    row: int = 0
    together: bool = False


def devices(found: Sequence[Found], items: Sequence[Item]) -> tuple[tuple[Imei, ...], ...]:
    """The phones that the items make, in order, none of them twice and none with a bad number."""
    whole: list[tuple[Imei, ...]] = []
    for phone in _phones(items):
        if len(phone) == 1:  # the usual case, in the shortest way
            imei = None if phone[0].place is None else found[phone[0].place].imei
            if imei is not None:
                whole.append((imei,))
            continue
        imeis = tuple([imei for item in phone if item.place is not None and (imei := found[item.place].imei)])
        if imeis and len(imeis) == len(phone):
            whole.append(imeis)
    return _different(whole)


def _phones(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    counted: list[Item] = []
    run: list[Item] = []  # uncounted, standing together
    before: Item | None = None
    for place, item in enumerate(items):
        if item.together and before is not None and item.digits and item.digits[:14] == before.digits[:14]:
            continue  # only shown again: as text and under its barcode, as IMEI and as IMEISV
        before = item
        if item.nth is not None and item.nth > 1:
            if not counted and run and _takes(run[-1:], item):
                counted = [run.pop()]
            if counted and _takes(counted, item):
                counted.append(item)
                continue
        if item.nth == 1 and len(counted) == 1 and counted[0].nth == 2 and _takes_first(counted, item, items, place):
            counted.append(item)
            continue
        if run and (counted or item.nth is not None or not (item.together or (item.stacked and run[-1].stacked))):
            yield from _of_run(run)
            run = []
        if counted:
            yield counted
            counted = []
        (run if item.nth is None else counted).append(item)
    yield from _of_run(run)
    yield counted


def _takes_first(phone: Sequence[Item], item: Item, items: Sequence[Item], place: int) -> bool:
    """Whether IMEI1 below IMEI2 belongs to it: unless an IMEI2 of its own comes next."""
    own = place + 1 < len(items) and items[place + 1].nth == 2
    return not own and item.digits[:14] != phone[0].digits[:14]


def _takes(phone: Sequence[Item], item: Item) -> bool:
    """Whether an item counted 2 or more is the next number of a phone."""
    last = phone[-1]
    if len(phone) >= IMEIS_MAX or any(item.digits[:14] == other.digits[:14] for other in phone if other.digits):
        return False
    if last.nth is None:
        return item.nth == 2 and (last.labelled or item.together)
    return item.nth == last.nth + 1


def _of_run(run: list[Item]) -> Iterable[Sequence[Item]]:
    """Split numbers that stand together, none of them counted, into phones."""
    if len(run) % 2 == 0 and all(
        one.row == other.row and (place == 0 or run[place - 1].row != one.row)
        for place, one, other in zip(range(0, len(run), 2), run[::2], run[1::2], strict=True)
    ):
        return [run[place : place + 2] for place in range(0, len(run), 2)]
    if len(run) == 2 and _twins(*run):
        return [run]
    return ((item,) for item in run)


def _twins(one: Item, other: Item) -> bool:
    if (one.stacked and other.stacked) or (one.suffixed and other.suffixed):
        return True
    if not one.digits or not other.digits:
        return False
    return one.digits[:8] == other.digits[:8] or one.digits[8:14] == other.digits[8:14]


def _different(whole: Sequence[tuple[Imei, ...]]) -> tuple[tuple[Imei, ...], ...]:
    """Each phone once; one that is part of another is that other."""
    in_larger = {imei.digits for device in whole if len(device) > 1 for imei in device}
    offered: dict[str, tuple[Imei, ...]] = {}
    for device in whole:
        if len(device) > 1:
            offered.setdefault(" ".join([imei.digits for imei in device]), device)
        elif device[0].digits not in in_larger:
            offered.setdefault(device[0].digits, device)
    return tuple(offered.values())
