"""IMEIs of a whole column at once, for the spellings that nearly every cell has; the others are for `domain.parse`.

What is answered here is answered as `domain/tables/number.py` would; a property holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

_GROUPED = tuple(rf"^([0-9]{{2}}){by}([0-9]{{6}}){by}([0-9]{{6}}){by}([0-9])$" for by in "- ")
_WIDE = "０１２３４５６７８９－\u3000"
_NARROW = "0123456789- "


def plain_numbers(cells: pl.Series) -> list[str | None]:
    """For each cell its fifteen digits, "" where it is blank, None where it takes the parser to say.

    Read here: 15 digits whose check digit holds, 14 and 16 digits that can be nothing else, AA-BBBBBB-CCCCCC-D; with
    full-width digits and blanks around too.
    """
    solid = _completed(cells)
    if None in solid:
        rest = [n for n, number in enumerate(solid) if number is None]
        others = cells.gather(rest) if len(rest) < len(cells) else cells
        plain = others.str.replace_many(list(_WIDE), list(_NARROW)).str.strip_chars(" ")
        for grouped in _GROUPED:
            plain = plain.str.replace(grouped, "${1}${2}${3}${4}")
        for n, number, blank in zip(rest, _completed(plain), plain == "", strict=True):
            solid[n] = "" if blank else number
    return solid


def _completed(cells: pl.Series) -> list[str | None]:
    """Fifteen digits for each cell that is nothing but a number of 14, 15 or 16 digits which holds."""
    import numpy as np

    lengths = cells.str.len_bytes().to_numpy()
    out: list[str | None] = [None] * len(cells)
    for length in (15, 14, 16):
        places = np.flatnonzero(lengths == length)
        if not places.size:
            continue
        texts = (cells if places.size == len(cells) else cells.gather(places)).to_list()
        digits = np.frombuffer("".join(texts).encode(), np.uint8).reshape(-1, length) - 48
        check = _check_digits(digits)
        sound = (digits.max(axis=1) < 10) & (digits[:, :14] != digits[:, :1]).any(axis=1)
        sound &= digits[:, 14] == check if length == 15 else _surely(digits)
        if length == 15 and sound.all() and places.size == len(cells):
            return texts
        wanted = np.flatnonzero(sound)
        for n, place, digit in zip(wanted.tolist(), places[wanted].tolist(), check[wanted].tolist(), strict=True):
            out[place] = texts[n] if length == 15 else f"{texts[n][:14]}{digit}"
    return out


def _surely(digits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """14 and 16 digits that are no moment, lost no zero and gained no digit: those begin with 1 or 2."""
    surely: np.ndarray[Any, Any] = (digits[:, 0] != 1) & (digits[:, 0] != 2)
    return surely


def _check_digits(digits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The check digit over the first 14 (TS 23.003 Annex B), of every row."""
    import numpy as np

    doubled = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], np.uint8)
    total = np.zeros(len(digits), np.uint8)
    for place in range(14):
        column = digits[:, place]
        total += doubled[np.minimum(column, 9)] if place % 2 else np.minimum(column, 9)
    return (10 - total % 10) % 10
