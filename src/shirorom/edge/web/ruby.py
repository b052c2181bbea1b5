"""Readings above hard words, for plain Japanese (やさしい日本語): drawn as ruby where a page can, left out elsewhere.

The catalogue marks a reading with private signs (`adapters/texts_toml.py`): a text of it may stand in a paragraph, in
an attribute, in a title. So readings are drawn once, in the finished page, and never by the templates one by one.
"""

from __future__ import annotations

import re

WORD, READING, END = "\ue000", "\ue001", "\ue002"
_MARKED = re.compile(f"{WORD}([^{READING}]*){READING}([^{END}]*){END}")
_PIECE = re.compile(r"(<(?:title|textarea|option|script)\b.*?</(?:title|textarea|option|script)>|<[^>]*>)", re.DOTALL)
_RUBY = r"<ruby>\1<rp>（</rp><rt>\2</rt><rp>）</rp></ruby>"


def drawn(page: str) -> str:
    """A page with its readings as ruby in running text, and without them inside tags and titles."""
    if WORD not in page:
        return page
    pieces = _PIECE.split(page)  # every second piece is a tag or an element that cannot hold ruby
    return "".join(plain(piece) if n % 2 else _annotated(piece) for n, piece in enumerate(pieces))


def _annotated(text: str) -> str:
    """Words between two tags. One box around them all: where the parent is a row of boxes, a sentence stays one."""
    return f"<bdi>{_MARKED.sub(_RUBY, text)}</bdi>" if WORD in text else text


def plain(text: str) -> str:
    """A text without its readings."""
    return _MARKED.sub(r"\1", text) if WORD in text else text
