"""One text, made plain without moving a character: widths, other scripts' digits, invisible marks, HTML.

Everything is replaced by exactly as many characters as it had, so a place in the plain text is the same place in
the text that a person gave, and no table of offsets is needed.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape

IGNORED = "\u200b"
"""Stands for what nobody sees (zero-width characters, inline tags, rest of an entity): may stand inside a number."""

MARK = "\u0301"
"""Stands for every combining mark: what is under it is not the digit that it looks like."""

BREAK_SOFT = "\f"
"""Where HTML begins or ends a block: ends a line; several in a row are still one line end, never an empty line."""

_REMEMBERED_MAX = 4_096

_INVISIBLE_MARKS = frozenset("\u20e3") | {chr(code) for code in range(0xFE00, 0xFE10)}  # keycap, variation selectors
_KANA_VOICING = frozenset("\u3099\u309a")  # part of a word in decomposed text (macOS), not a disguise
_LOOK_ALIKES = {
    # Letters of other scripts that look like those which text recognition takes for digits, and the kanji zero.
    "\u3007": "O", "\u041e": "O", "\u043e": "o", "\u039f": "O", "\u03bf": "o",
    "\u0406": "I", "\u0399": "I", "\u0405": "S", "\u0455": "s", "\u0412": "B", "\u0392": "B",
}  # fmt: skip


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category.startswith("M"):
        if character in _INVISIBLE_MARKS:
            return IGNORED
        return character if character in _KANA_VOICING else MARK
    if category == "Cf":
        return character if character == "\u202e" else IGNORED
    if category == "Zs":
        return " "
    if category in ("Zl", "Zp") or character == "\x85":
        return "\n"
    if category == "Pd" or character == "\u2212":
        return "-"
    if character in _LOOK_ALIKES:
        return _LOOK_ALIKES[character]
    composed = unicodedata.normalize("NFKC", character)
    # Circled and raised digits ("No") are not digits of a number: they count or annotate it.
    return composed if len(composed) == 1 and category not in ("No", "Cs") else character


class _Folding(dict[int, str]):
    """Character by character, found when first met; bounded, because a hostile text may hold every one there is."""

    def __missing__(self, code: int) -> str:
        plain_character = _plain_character(chr(code))
        if len(self) < _REMEMBERED_MAX:
            self[code] = plain_character
        return plain_character


_FOLDING = _Folding({code: chr(code) for code in range(128)})

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9]*+)(?:[\s/][^<>]*+)?>")
_URN_ESCAPED = re.compile(r"(urn)%3A(gsma)%3A(imei)%3A", re.IGNORECASE)

_BLOCK = re.compile(
    r"address|article|blockquote|body|caption|dd|div|dl|dt|figure|footer|form|h[1-6]|header|hr|html|legend|li|main|ol|"
    r"option|p|pre|section|select|table|tbody|tfoot|thead|tr|ul",
    re.IGNORECASE,
)
_CELL = re.compile(r"td|th", re.IGNORECASE)
_INLINE = re.compile(
    r"a|abbr|b|bdi|bdo|big|button|cite|code|data|del|dfn|em|font|i|img|input|ins|kbd|label|mark|nobr|output|q|s|samp|"
    r"small|span|strike|strong|sub|sup|time|tt|u|var|wbr",
    re.IGNORECASE,
)


def _entity(match: re.Match[str]) -> str:
    shown = unescape(match[0])
    if len(shown) != 1:
        return match[0]
    return _FOLDING[ord(shown)].ljust(len(match[0]), IGNORED)


def _tag(match: re.Match[str]) -> str:
    name = match[1]
    if name.lower() == "br":
        stands_for = "\n"
    elif _BLOCK.fullmatch(name):
        stands_for = BREAK_SOFT
    elif _CELL.fullmatch(name):
        stands_for = "\t"
    elif _INLINE.fullmatch(name):
        stands_for = ""
    else:
        return match[0]
    return stands_for.ljust(len(match[0]), IGNORED)


def _without_tags(text: str) -> str:
    names = {match[1] for match in _TAG.finditer(text)}
    if any(_BLOCK.fullmatch(name) or _CELL.fullmatch(name) for name in names):
        text = text.replace("\r", " ").replace("\n", " ")  # in HTML a line end is only a blank
    return _TAG.sub(_tag, text)


def plain(text: str) -> str:
    """The text as the tokenizer wants it, of the same length: ASCII digits, letters and marks where it had others."""
    if not text.isascii():
        text = text.translate(_FOLDING)
    if "\0" in text:
        text = text.replace("\0", IGNORED)  # text that was UTF-16 once
    if "%3" in text:
        text = _URN_ESCAPED.sub(rf"\1:{IGNORED * 2}\2:{IGNORED * 2}\3:{IGNORED * 2}", text)
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    if "<" in text:
        text = _without_tags(text)
    return text
