"""IMEIs of a whole column at once, for the spellings that nearly every cell has; the others are for `domain.parse`.

What is answered here is answered as `domain/tables/number.py` would; a property holds the two together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shirorom.ports.tables import Spelling

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

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


_LENGTHS_WRONG = (11, 12, 17, 18)
"""So many digits and nothing else have the wrong length, whatever they are."""
_DIGITS_OF_GROUPED = (0, 1, *range(3, 9), *range(10, 16), 17)
_BLANKS_MAX = 2
"""Blanks around a number that are looked past; more are for the parser."""
_REPEATED = 11_111_111_111_111


def numbers_of(
    text: NDArray[np.uint8], begins: NDArray[np.int64], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.uint8]]:
    """For each cell its key and its `Spelling`, as the compiled kernel gives them; a few cells more stay unread.

    Args:
        text: Bytes of a whole text.
        begins: Where each cell begins in it.
        sizes: How many bytes each cell has.
    """
    import numpy as np

    keys, spelled = np.zeros(len(begins), np.uint64), np.full(len(begins), Spelling.UNREAD, np.uint8)
    spelled[sizes == 0] = Spelling.BLANK
    _of_sizes(text, begins, sizes, np.arange(len(begins)), keys, spelled)
    rest = np.flatnonzero((spelled == Spelling.UNREAD) & (sizes < 32))
    if rest.size:
        begin, size = _trimmed(text, begins[rest], sizes[rest])
        changed = np.flatnonzero(size != sizes[rest])
        spelled[rest[size == 0]] = Spelling.BLANK
        _of_sizes(text, begin[changed], size[changed], rest[changed], keys, spelled)
    return keys, spelled


def _trimmed(text: NDArray[np.uint8], begins: Any, sizes: Any) -> tuple[Any, Any]:
    for _ in range(_BLANKS_MAX):
        lead = (sizes > 0) & (text.take(begins, mode="clip") == ord(" "))
        begins, sizes = begins + lead, sizes - lead
        sizes = sizes - ((sizes > 0) & (text.take(begins + sizes - 1, mode="clip") == ord(" ")))
    return begins, sizes


def _of_sizes(
    text: NDArray[np.uint8], begins: Any, sizes: Any, places: Any, keys: NDArray[np.uint64], spelled: NDArray[np.uint8]
) -> None:
    import numpy as np

    for size in np.flatnonzero(np.bincount(sizes[sizes < 20], minlength=20)[11:19]) + 11:
        here = np.flatnonzero(sizes == size)
        if size in (14, 15, 16):
            _of_digits(text, begins[here], range(size), places[here], keys, spelled)
        elif size in _LENGTHS_WRONG:
            digits = _digits(text, begins[here], range(size))
            spelled[places[here[_all_digits(digits)]]] = Spelling.LENGTH
        if size == 18:
            first = begins[here]
            by = text[first + 2]
            grouped = ((by == ord("-")) | (by == ord(" "))) & (text[first + 9] == by) & (text[first + 16] == by)
            _of_digits(text, first[grouped], _DIGITS_OF_GROUPED, places[here[grouped]], keys, spelled)


def _of_digits(
    text: NDArray[np.uint8],
    begins: Any,
    offsets: Any,
    places: Any,
    keys: NDArray[np.uint64],
    spelled: NDArray[np.uint8],
) -> None:
    """Cells whose 14, 15 or 16 digits stand at these offsets."""
    import numpy as np

    digits = _digits(text, begins, offsets)
    key = np.zeros(len(begins), np.uint64)
    for column in digits[:14]:
        key *= np.uint64(10)
        key += column
    sound = _all_digits(digits) & (key != digits[0] * np.uint64(_REPEATED))
    if len(digits) == 15:
        total = np.zeros(len(begins), np.uint8)
        doubled = np.array([0, 2, 4, 6, 8, 1, 3, 5, 7, 9], np.uint8)
        for n, column in enumerate(digits):
            total += doubled.take(column, mode="clip") if n % 2 else column
        holds = total % 10 == 0
        spelled[places[sound & ~holds]] = Spelling.CHECK_DIGIT
        sound &= holds
    else:
        sound &= (digits[0] != 1) & (digits[0] != 2)
    where = places[sound]
    spelled[where], keys[where] = Spelling.PLAIN, key[sound]


def _digits(text: NDArray[np.uint8], begins: Any, offsets: Any) -> list[NDArray[np.uint8]]:
    """Digit by digit, of every cell; what is none is above 9."""
    import numpy as np

    return [text[begins + n] - np.uint8(48) for n in offsets]


def _all_digits(digits: list[NDArray[np.uint8]]) -> Any:
    sound = digits[0] < 10
    for column in digits[1:]:
        sound &= column < 10
    return sound
