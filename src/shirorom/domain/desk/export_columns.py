"""Which column of a POS's export is what: by its heading, else by what stands in it; and why that was taken.

Pure. A guess is shown before anything is imported, and a person's own word (`--map key=列名`) stands above it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shirorom.domain.desk.export_words import HEADINGS, NEVER, Field, status_of
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import IMEIS_MAX
from shirorom.domain.tables.shape import is_ours

SAMPLE_ROWS_MAX = 200
WORD_CHARS_MIN = 2
"""A shorter word says nothing inside another."""
SHARE_MIN = 0.8
"""So much of a column must be usual words of a status, where its heading says nothing."""

_BETWEEN = re.compile(r"[\W_]+")


class Why(StrEnum):
    """Why a column was taken for what it is."""

    GIVEN = "given"  # a person said so in this call
    REMEMBERED = "remembered"  # a person said so for the same headings
    HEADING = "heading"  # its heading is a usual word for it
    PART = "part"  # its heading holds a usual word for it
    CONTENT = "content"  # what stands in it looks like it


@dataclass(frozen=True, slots=True)
class Guess:
    """One column of the file: its place (from 0), its heading, what it is taken for and why."""

    column: int
    heading: str
    field: Field
    why: Why


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of one file are. `imeis`: the columns of numbers, in order."""

    guesses: tuple[Guess, ...]

    def column(self, field: Field) -> int | None:
        """Where a field stands; None: the file does not have it."""
        return next((guess.column for guess in self.guesses if guess.field is field), None)

    @property
    def imeis(self) -> tuple[int, ...]:
        """The columns of numbers, the first of a phone first."""
        return tuple(guess.column for guess in self.guesses if guess.field is Field.IMEI)

    @property
    def fields(self) -> frozenset[Field]:
        """What the file says something of."""
        return frozenset(guess.field for guess in self.guesses)


def plain(text: str) -> str:
    """A heading or a word without width, case, blanks and punctuation."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())


def fingerprint(headings: Sequence[str]) -> str:
    """A set of headings as one text, in whatever order and without our own: what was said of it is remembered."""
    return "\n".join(sorted(plain(heading) for heading in headings if not is_ours(heading) and plain(heading)))


def layout_of(
    headings: Sequence[str],
    sample: Sequence[Sequence[str]],
    *,
    numbers: Sequence[int],
    given: Mapping[Field, Sequence[str]] | None = None,
    remembered: Mapping[Field, Sequence[str]] | None = None,
) -> Layout:
    """Say what every column is.

    Args:
        headings: Of every column; a merged one as `上 / 下`.
        sample: The first rows of data.
        numbers: The columns that hold device numbers (`domain/tables/shape.py`).
        given: What a person says, headings by field; an empty list: the file has none.
        remembered: The same, of an earlier call.

    Raises:
        ShiroromError: `import-column-unknown` (a column that was named is not there), `import-column-missing` (no stock
            key, or no column of numbers).
    """
    made = _Guessing(headings, sample[:SAMPLE_ROWS_MAX])
    made.take(given or {}, Why.GIVEN, must=True)
    made.take({f: names for f, names in (remembered or {}).items() if f not in (given or {})}, Why.REMEMBERED)
    made.take_numbers(numbers)
    made.by_heading(Why.HEADING)
    made.by_heading(Why.PART)
    made.by_content()
    layout = Layout(tuple(sorted(made.guesses, key=lambda guess: guess.column)))
    for field in (Field.KEY, Field.IMEI):
        if field not in layout.fields:
            raise ShiroromError("import-column-missing", field=field.value)
    return layout


class _Guessing:
    """The columns that are still free, and what was said so far."""

    def __init__(self, headings: Sequence[str], sample: Sequence[Sequence[str]]) -> None:
        self.headings = headings
        self.sample = sample
        self.plain = [plain(heading) for heading in headings]
        self.names = [_names(heading) for heading in headings]
        self.free = [not is_ours(heading) for heading in headings]
        self.said: set[Field] = set()
        self.guesses: list[Guess] = []

    def take(self, named: Mapping[Field, Sequence[str]], why: Why, *, must: bool = False) -> None:
        """What a person said, once and for all: also a column that is already something else."""
        for field, names in named.items():
            self.said.add(field)
            for name in names:
                column = next((n for n, one in enumerate(self.plain) if one == plain(name)), None)
                if column is not None:
                    self._add(column, field, why)
                elif must:
                    raise ShiroromError("import-column-unknown", name=name)

    def take_numbers(self, columns: Sequence[int]) -> None:
        """The columns of device numbers, as the shape of the table says them."""
        if Field.IMEI in self.said:
            return
        for n in [n for n in columns if self.free[n]][:IMEIS_MAX]:
            self._add(n, Field.IMEI, Why.HEADING if "imei" in self.plain[n] else Why.CONTENT)

    def by_heading(self, why: Why) -> None:
        """Usual words, the surest field first, and of a field the most telling word first."""
        for field, words in HEADINGS.items():
            if field in self.said:
                continue
            fits = [n for word in words for n in range(len(self.headings)) if self._fits(n, field, word, why)]
            if field is Field.STATUS and fits:
                self._add(max(fits, key=lambda n: (self._known_words(n), -fits.index(n))), field, why)
            elif fits:
                self._add(fits[0], field, why)

    def by_content(self) -> None:
        """A column of statuses, whatever its heading says."""
        if Field.STATUS in self.said:
            return
        for n in range(len(self.headings)):
            cells = self._cells(n)
            if self.free[n] and cells and self._known_words(n) >= SHARE_MIN * len(cells):
                self._add(n, Field.STATUS, Why.CONTENT)
                break

    def _fits(self, n: int, field: Field, word: str, why: Why) -> bool:
        """Whether a column that is still free may be this field by this word."""
        if not self.free[n]:
            return False
        if why is Why.HEADING:
            return word in self.names[n]
        heading = self.plain[n]
        if len(word) < WORD_CHARS_MIN or word not in heading or any(bad in heading for bad in NEVER):
            return False
        return field is not Field.STATUS or self._known_words(n) > 0

    def _known_words(self, n: int) -> int:
        return sum(status_of(cell) is not None for cell in self._cells(n))

    def _cells(self, n: int) -> list[str]:
        return [cell for row in self.sample if n < len(row) and (cell := row[n].strip())]

    def _add(self, column: int, field: Field, why: Why) -> None:
        self.free[column] = False
        self.said.add(field)
        self.guesses.append(Guess(column, self.headings[column], field, why))


def _names(heading: str) -> tuple[str, ...]:
    """What a heading can be called, plain; a merged one (価格 / 仕入) also by its lower part, and as 仕入価格."""
    upper, _, lower = map(plain, heading.rpartition(" / "))
    return (lower,) if not upper else (upper + lower, lower + upper, lower)
