"""Rows whose number columns were read as a whole (`Batch.numbers`), answered a block at a time.

Each row gets its numbers, and which of a few kinds it is. Only rows that take the parser are looked at one by one. What
comes out is what `service/screen.py` says row by row.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shirorom.domain.desk.queue import OPEN_MAX
from shirorom.domain.imei import IMEIS_MAX, Device, Imei
from shirorom.ports.tables import Batch, Coded, Numbers, Spelling
from shirorom.service.screen import BAD_TOLD_MAX, ColumnLookup, ColumnSight, Kind, Screened

Keys: TypeAlias = NDArray[np.uint64]
Kinds: TypeAlias = NDArray[np.intp]
Rows: TypeAlias = NDArray[np.bool_]

CODES = {Spelling.CHECK_DIGIT: "imei-check-digit", Spelling.LENGTH: "imei-length"}
_TEST_RANGE, _TEST_OTHERS = (1_001, 1_018), (44, 86)
"""As in domain/imei.py: by the first six digits, and by the first four."""
_TEST_END = 87 * 10**10


def is_test(keys: Keys) -> Rows:
    """Which keys lie in a GSMA test range (`Imei.is_test`); 0, which is no phone's, does not."""
    test: Rows = keys < _TEST_END
    if test.any():
        first, last = (np.uint64(six * 10**8) for six in _TEST_RANGE)
        four = keys // np.uint64(10**10)
        test = (keys >= first) & (keys < last)
        for other in _TEST_OTHERS:
            test |= four == other
    return test


@dataclass
class Blocks:
    """The blocks of one file.

    Attributes:
        lookup: What is known; None: numbers alone are wanted.
        texts: The texts added to a row of a kind. The first is blank where `with_numbers`: there its numbers stand.
        slowly: The numbers of one row (apart by a blank), or what is wrong with it, by the parser.
        certain: Whether a bad number in the column is an error of its row, whatever else stands there.
    """

    lookup: ColumnLookup | None
    texts: Callable[[Kind], tuple[str, ...]]
    with_numbers: bool
    slowly: Callable[[Batch, int], tuple[str, str]]
    certain: bool
    done: Screened
    _kinds: dict[Kind, int] = field(default_factory=lambda: {Kind(): 0})

    def __call__(self, batch: Batch, numbers: Numbers) -> Coded:
        """What is added to each row."""
        keys, kinds = self._read(batch, numbers)
        phone = keys[0] != 0  # where there are several numbers, the first stands first
        if self.lookup is not None:
            kinds = self._answered(self.lookup, keys, kinds, phone)
        self._note(batch, keys, kinds, phone)
        return Coded(keys if self.with_numbers else keys[:0], kinds, list(map(self.texts, self._kinds)))

    def _kind(self, kind: Kind) -> int:
        return self._kinds.setdefault(kind, len(self._kinds))

    # Numbers

    def _read(self, batch: Batch, numbers: Numbers) -> tuple[Keys, Kinds]:
        """The numbers of each row, and what is wrong with it."""
        spelled, kinds = numbers.spelled, np.zeros(len(batch), np.intp)
        if len(spelled) == 1:
            keys, slow = numbers.keys, spelled[0] != Spelling.PLAIN
            if not slow.any():
                return keys, kinds
            keys = keys.copy()
            if self.certain:
                for spelling, code in CODES.items():
                    here = spelled[0] == spelling
                    kinds[here] = self._kind(Kind(code))
                    slow &= ~here
        else:
            keys = _once(numbers.keys)
            slow = (keys[0] == 0) | (np.count_nonzero(keys, axis=0) > IMEIS_MAX)
            slow |= ((spelled != Spelling.PLAIN) & (spelled != Spelling.BLANK)).any(axis=0)
            keys[:, slow] = 0
        for place in np.flatnonzero(slow).tolist():
            text, code = self.slowly(batch, place)
            if code:
                kinds[place] = self._kind(Kind(code))
            elif text:
                found = [int(number[:14]) for number in text.split(" ")]
                if len(found) > len(keys):
                    keys = np.vstack([keys, np.zeros((len(found) - len(keys), len(batch)), np.uint64)])
                keys[: len(found), place] = found
        return keys, kinds

    # Answers

    def _answered(self, lookup: ColumnLookup, keys: Keys, kinds: Kinds, phone: Rows) -> Kinds:
        """The same kinds, and of each row with a phone what is known of it."""
        test = is_test(keys).any(axis=0)
        several = (keys[1:] != 0).any(axis=0)
        worlds = [(True, phone)] if lookup.practice else [(True, phone & test), (False, phone & ~test)]
        for practice, here in worlds:
            if not here.any():
                continue
            sight, alone = lookup.sight(practice, coarse=True), here & ~several
            whole = bool(alone.all())
            ids = sight.ids(keys[0] if whole else keys[0, alone])
            others = self._together(sight, keys[:, here & several])
            known = [self._kind(Kind("", said.words, said.practice)) for said in sight.said]
            if whole:
                return np.array(known, np.intp).take(ids)
            kinds[alone], kinds[here & several] = (np.array(known, np.intp).take(some) for some in (ids, others))
        return kinds

    def _together(self, sight: ColumnSight, keys: Keys) -> Kinds:
        """Of phones with several numbers each: few different answers in many rows."""
        if not keys.size:
            return np.zeros(0, np.intp)
        ids = np.full(keys.shape, -1, np.intp)
        ids[keys != 0] = sight.ids(keys[keys != 0])
        different, which = np.unique(ids, axis=1, return_inverse=True)
        places = [sight.together(tuple(one for one in row if one >= 0)) for row in different.T.tolist()]
        return np.array(places, np.intp).take(which.ravel())

    # What came of it

    def _note(self, batch: Batch, keys: Keys, kinds: Kinds, phone: Rows) -> None:
        done, known = self.done, list(self._kinds)
        counts = np.bincount(kinds, minlength=len(known)).tolist()
        done.rows += len(batch)
        done.phones += int(np.count_nonzero(phone))
        done.practice += sum(count for kind, count in zip(known, counts, strict=True) if kind.practice)
        _count(done.verdicts, [kind.words.verdict if kind.words else "" for kind in known], counts, kinds)
        wrong = [kind.code for kind in known]
        _count(done.codes, wrong, counts, kinds)
        left = BAD_TOLD_MAX - len(done.bad)
        if left and any(count for code, count in zip(wrong, counts, strict=True) if code):
            places = np.flatnonzero(np.array([code != "" for code in wrong]).take(kinds))[:left]
            done.bad.extend((batch.lines[place], wrong[kinds[place]]) for place in places.tolist())
        missing = np.array([kind.words is not None and bool(kind.words.errors) for kind in known])
        if len(done.open) <= OPEN_MAX and any(count for n, count in enumerate(counts) if missing[n]):
            self._note_open(keys, missing.take(kinds))

    def _note_open(self, keys: Keys, missing: Rows) -> None:
        """Phones of which an answer is missing, once each, as many as are told."""
        several = (keys[1:] != 0).any(axis=0)
        alone = np.flatnonzero(missing & ~several)
        _, first = np.unique(keys[0, alone], return_index=True)
        places = np.concatenate([alone[first], np.flatnonzero(missing & several)])
        for place in np.sort(places).tolist():
            if len(self.done.open) > OPEN_MAX:
                break
            phone = Device(tuple(Imei.of_key(f"{key:014d}") for key in keys[:, place].tolist() if key))
            self.done.open[phone] = None


def _once(keys: Keys) -> Keys:
    """The numbers of each row, each once, in their order from the first place on."""
    once = np.zeros_like(keys)
    rows, count = np.arange(keys.shape[1]), np.zeros(keys.shape[1], np.intp)
    for column in keys:
        new = (column != 0) & (once != column).all(axis=0)
        once[count[new], rows[new]] = column[new]
        count += new
    return once


def _count(tally: Tally[str], names: Sequence[str], counts: Sequence[int], kinds: Kinds) -> None:
    """Count what rows say, by the name of their kind if it has one; new names in the order in which rows say them."""
    met = [n for n, name in enumerate(names) if name and counts[n]]
    first = {n: int(np.argmax(kinds == n)) for n in met if names[n] not in tally}
    for n in sorted(met, key=lambda n: first.get(n, -1)):
        tally[names[n]] += counts[n]
