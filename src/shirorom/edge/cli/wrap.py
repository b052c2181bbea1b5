"""Fold text to the columns of a terminal: Japanese has no spaces, its characters are two columns wide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

_NOT_FIRST = "、。，．・：；？！）」』】〉》〕］｝ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;!?)]}"
_NOT_LAST = "（「『【〈《〔［｛([{"
_PIECE = re.compile(r"\s+|[\u2e80-\U0003ffff]|[^\s\u2e80-\U0003ffff]+")


def columns(text: str) -> int:
    """Terminal columns of a text; ambiguous characters (○ △ ×) count one."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def pad(text: str, width: int) -> str:
    """The text, filled with spaces to a width in columns."""
    return text + " " * max(0, width - columns(text))


def fold_line(text: str, width: int) -> list[str]:
    """One paragraph as lines of at most `width` columns, broken where Japanese and English may be broken.

    What cannot be broken (a long word, an address) stands alone on its line, longer than the width.
    """
    lines: list[str] = []
    line = ""
    for piece in _unbreakable(text.strip()):
        if line and columns(line) + columns(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()]


def fold(text: str, width: int, *, indent: str = "", first: str | None = None) -> str:
    """Paragraphs folded line by line, each line behind `indent`, the very first behind `first`.

    A line's own leading spaces are kept, also before what had to be folded from it.
    """
    lines: list[str] = []
    for paragraph in text.strip("\n").splitlines():
        own = " " * (len(paragraph) - len(paragraph.lstrip(" ")))
        room = max(width - columns(indent + own), 10)
        lines += [f"{own}{line}" for line in fold_line(paragraph, room)]
    head = indent if first is None else first
    return "\n".join(f"{head if n == 0 else indent}{line}".rstrip() for n, line in enumerate(lines))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines with their columns below each other; nothing behind the last word."""
    widths = [max(columns(row[n]) for row in rows) for n in range(len(rows[0]))] if rows else []
    return ["  ".join(pad(text, width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _unbreakable(text: str) -> list[str]:
    """Split into the smallest pieces that may start a line (kinsoku: no closing mark first, no opening mark last)."""
    pieces: list[str] = []
    for piece in _PIECE.findall(text):
        joins = pieces and (piece.isspace() or piece[0] in _NOT_FIRST or pieces[-1][-1] in _NOT_LAST)
        if joins:
            pieces[-1] += piece
        else:
            pieces.append(piece)
    return pieces
