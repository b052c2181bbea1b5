"""A cell of an export: without what only spreadsheets need, and as a complaint may repeat it."""

from __future__ import annotations

import re
import unicodedata

SHOWN_CHARS_MAX = 40
FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\u2212")
"""A cell that begins so is calculated by a spreadsheet (`domain/tables/escape.py` writes an apostrophe before it)."""

_LONG_NUMBER = re.compile(r"\d[\d -]{6,}\d")


def unescaped(cell: str) -> str:
    """A cell without its outer blanks, and without the apostrophes that keep a spreadsheet from calculating it."""
    bare = cell.strip()
    if not bare.startswith("'"):
        return bare
    rest = bare.lstrip("'")
    return rest if rest.startswith(FORMULA) else bare


def shown(text: str) -> str:
    """A cell as a complaint may repeat it: short, and without anything that could be a phone's number."""
    return _LONG_NUMBER.sub("…", unicodedata.normalize("NFKC", text))[:SHOWN_CHARS_MAX]
