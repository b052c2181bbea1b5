"""What a spreadsheet would take for a formula, written so that it stays text, and read back."""

from __future__ import annotations

import re

FORMULA = "'*[=+\\-@\\t\\r\\n\uff1d\uff0b\uff0d\uff20\u2212]"
"""How a formula begins, with what an earlier run put before it. For other engines of patterns too."""
NUMBER = r"[-+]?[0-9][0-9,]*(?:\.[0-9]+)?"
"""A plain number; a spreadsheet calculates nothing of it."""

_FORMULA, _NUMBER = re.compile(FORMULA), re.compile(NUMBER)


def escaped(cell: str) -> str:
    """The cell, with an apostrophe before what a spreadsheet would calculate. A plain number (-5) is none."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unescaped(cell: str) -> str:
    """What `escaped` made its cell from."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) and not _NUMBER.fullmatch(cell[1:]) else cell
