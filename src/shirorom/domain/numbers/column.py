"""Tables whose heading names a column: what stands below IMEI was meant as one, what stands beside it was not.

A cell has no label of its own; without its heading a number that lost a zero would drop out of a list without a word,
and an order number whose check digit happens to hold would come into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shirorom.domain.numbers.label import Names
from shirorom.domain.numbers.plain import IGNORED

_LINE_ENDS = "\n\r\v\f"
_CELL_ENDS = "\t,;|"
_HEADING_CHARS_MAX = 1_000
_CELL_CHARS_MAX = 24

_NAMED = r"(?:(?<![A-Za-z])IMEI(?![A-Za-z])|製造番号|識別番号)"
_HEADING = re.compile(
    rf"{_NAMED}[^{_CELL_ENDS}{_LINE_ENDS}]{{0,{_CELL_CHARS_MAX}}}+[{_CELL_ENDS}]|[{_CELL_ENDS}][\s\"'{IGNORED}]{{0,40}}+{_NAMED}",
    re.IGNORECASE,
)
_NAME = re.compile(_NAMED, re.IGNORECASE)
_COUNT = re.compile(r"(?<![0-9])[1-4①②③④](?![0-9桁])")
_LONG_NUMBER = re.compile(r"[0-9]{10}")
_LINE = re.compile(rf"[^{_LINE_ENDS}]++")
_WORD = re.compile(r"[^\W_]")

COUNTS = {"1": 1, "2": 2, "3": 3, "4": 4, "①": 1, "②": 2, "③": 3, "④": 4}
"""Which of a phone's numbers a label counts."""

Said = tuple[Names, int | None]


def columns(flat: str) -> dict[int, Said]:
    """What the headings of all tables say: place of a cell's first character → its family and count."""
    said: dict[int, Said] = {}
    if not any(end in flat for end in _CELL_ENDS):
        return said
    place = 0
    while (found := _HEADING.search(flat, place)) is not None:
        line_start = 1 + max(flat.rfind(end, place, found.start() + 1) for end in _LINE_ENDS)
        heading = _LINE.match(flat, max(line_start, place))
        place = found.end() if heading is None else max(heading.end(), found.end())
        if heading is not None and len(heading[0]) <= _HEADING_CHARS_MAX and not _LONG_NUMBER.search(heading[0]):
            place = _read_rows(flat, heading, said)
    return said


def _read_rows(flat: str, heading: re.Match[str], said: dict[int, Said]) -> int:
    """Read the rows below a heading, as long as they have as many cells; gives where the table ends."""
    mark = next((end for end in _CELL_ENDS if end in heading[0]), ",")
    families = [_family(cell) for cell in heading[0].split(mark)]
    end = heading.end()
    if not any(names is Names.IMEI for names, _ in families):
        return end
    for line in _LINE.finditer(flat, end):
        cells = line[0].split(mark)
        if len(cells) == 1 and _WORD.search(line[0]) is None:
            continue  # what HTML leaves between two rows
        if len(cells) != len(families):
            break
        for start, (cell, family) in zip(_starts(line.start(), cells), zip(cells, families, strict=True), strict=True):
            word = _WORD.search(cell)
            if word is not None:
                said[start + word.start()] = family
        end = line.end()
    return end


def _starts(start: int, cells: list[str]) -> Iterator[int]:
    for cell in cells:
        yield start
        start += len(cell) + 1


def _family(cell: str) -> Said:
    name = cell.strip(f" \"'{IGNORED}")
    if len(name) > _CELL_CHARS_MAX or _NAME.search(name) is None:
        return Names.OTHER, None
    count = _COUNT.search(name)
    return Names.IMEI, None if count is None else COUNTS[count[0]]
