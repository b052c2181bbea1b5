"""Judges what was seen on a carrier's page: one symbol in its place, the asked number echoed, no contradiction.

`adapters/reader.js` says what is visible; here is decided what may be called an answer. Doubt is `page-changed`: a
wrong ○ costs a buyer a phone, a wrong － hides a ×, an error costs one look at the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace

from shirorom.domain.carrier import CarrierFacts, Page
from shirorom.domain.echo import Number, check_echo
from shirorom.domain.errors import CellError
from shirorom.domain.glyphs import GlyphTable
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import GLYPH_CHARS_MAX, SENTENCE_CHARS_MAX


@dataclass(frozen=True, slots=True)
class Line:
    """One visible line of the place.

    `head` and `tail` are the text of its first and last piece (one piece: one run of text in one element), `size` its
    type in px, `label` what stands before it in its row, `flags` what spoils it.
    """

    text: str
    head: str
    tail: str
    size: float
    label: str
    beside: bool
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """One element that may be the answer's place; lines with `beside` stand next to it and only explain."""

    lines: tuple[Line, ...]
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Form:
    """Whether the form stands on the page: its field, its button, and how many other fields for text."""

    field: bool
    submit: bool
    others: int


@dataclass(frozen=True, slots=True)
class Markers:
    """Whether the page wants a person (CAPTCHA, consent) or says that it is closed."""

    captcha: bool
    captcha_words: bool
    consent: bool
    maintenance: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What `reader.js` saw.

    `document` tells one loaded document from the next, `path` has no query. `rivals` are the other elements that match
    the place's selector; where the place is one of several, none of them may hold an answer of its own.
    """

    document: float
    path: str
    ready: bool
    too_big: bool
    places: tuple[Place, ...]
    rivals: tuple[Place, ...]
    numbers: tuple[Number, ...]
    form: Form
    markers: Markers
    text_chars: int


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer: its symbol as shown (known or not) and the words beside it."""

    glyph: str
    sentence: str


_DASHES = frozenset("-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\uff0d\uff70\ufe63")
_LOOSE_DASHES = _DASHES - {"\uff0d"}
"""Dashes that are also bullets, hyphens and long vowels: they count only alone or before a colon."""
_COLONS = ("：", ":")
_DECORATION = frozenset("|｜・･/／>＞<＜›»‹«※:：、。，．,.*＊123456789")
"""Single characters that pages put between things; they are no symbols."""
_OPENING = ("（", "(", "「", "『", "【", "※")
_ANSWER_LABEL = re.compile(r"判定|結果|状態|状況|制限|可否|回答|記号|照会|確認")
_LABEL_CHARS_MAX = 24
_FOREIGN_LABEL = re.compile(r"備考|凡例|記入例|表示例")
_FAILURE = re.compile(r"エラー|失敗|混み合|混雑|時間をおいて|しばらくお待ち|しばらくして|照会中")
_NEGATED = re.compile(r"\s*(?:です|と)?(?:では|じゃ)(?:ありません|ない|なく)|\s*(?:に|と)(?:なりません|ならない)")
_INVISIBLE = ("Cf", "Cc", "Mn", "Me", "Co", "Cn")
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SPOILS_PLACE = frozenset(
    {"generated", "image", "altered", "struck", "busy", "moving", "closed", "reordered", "ambiguous", "long", "clipped"}
)
_SPOILS_GLYPH = frozenset(
    {"covered", "webfont", "control", "moving", "clipped", "reordered", "altered", "struck", "long"}
)


def judge(seen: Seen, *, facts: CarrierFacts, glyphs: GlyphTable, asked: Imei) -> Judged:
    """What the page answers about `asked`.

    Raises:
        CellError: `page-changed` with `why` (no answer, or none that is beyond doubt), `echo-mismatch`.
    """
    if seen.too_big:
        raise changed("too-big")
    if len(seen.places) != 1:
        raise changed("no-place" if not seen.places else "several-places")
    place = seen.places[0]
    if spoilt := place.flags & _SPOILS_PLACE:
        raise changed(min(spoilt))
    line, glyph, rest = _one_answer(place, facts.page, glyphs)
    if spoilt := line.flags & _SPOILS_GLYPH:
        raise changed(min(spoilt))
    if any(_answers(rival, facts.page, glyphs) for rival in seen.rivals):
        raise changed("several-places")
    check_echo(seen.numbers, asked, facts.page.echo_labels)
    sentence = _sentence(place, line, rest)
    _refuse_contradiction(glyphs.mark_on_page(glyph), sentence, facts.wording)
    return Judged(glyph[:GLYPH_CHARS_MAX], sentence[:SENTENCE_CHARS_MAX])


def changed(why: str) -> CellError:
    """No answer where it should be; `why` is a word for the log and the manual, never text of the page."""
    return CellError("page-changed", why=why)


# ── which line is the answer ─────────────────────────────────────────────────────────────────────────────────────────


def _one_answer(place: Place, page: Page, glyphs: GlyphTable) -> tuple[Line, str, str]:
    """The one line that carries the symbol, the symbol, and what follows it there."""
    own = [line for line in place.lines if not line.beside]
    if any(_BIDI.search(line.text) for line in own):
        raise changed("bidi")
    if page.glyph == "first-character":
        return _first_character(own, glyphs)
    found = [(line, *split) for line in own if (split := _alone(line, glyphs)) is not None]
    if not found:
        found = [(line, *split) for line in own if (split := _after_label(line, glyphs)) is not None]
    meant = [one for one in found if not _of_another_row(one[0], one[1], page)]
    if len(meant) != 1:
        raise changed("several-glyphs" if meant else "other-label" if found else "no-glyph")
    line, glyph, rest = meant[0]
    if any(_lists_marks(other.text, glyphs, glyph) for other in own if other is not line) or _lists_marks(
        rest, glyphs, glyph
    ):
        raise changed("several-glyphs")
    return line, glyph, rest


def _of_another_row(line: Line, glyph: str, page: Page) -> bool:
    """Whether the label in its row says that this is no answer: 備考 ○; or, of a mere dash, 店舗 －."""
    if _FOREIGN_LABEL.search(line.label):
        return True
    if glyph not in _DASHES or page.answer_large is not None:  # a dash in large type is no empty cell
        return False
    label = line.label if len(line.label) <= _LABEL_CHARS_MAX and not re.search(r"[0-9０-９]{4}", line.label) else ""
    return label != "" and not _ANSWER_LABEL.search(label)


def _answers(rival: Place, page: Page, glyphs: GlyphTable) -> bool:
    try:
        _one_answer(rival, page, glyphs)
    except CellError:
        return False
    return True


def _alone(line: Line, glyphs: GlyphTable) -> tuple[str, str] | None:
    """The symbol that is the whole line, or a known one that begins it before a break of some kind; and the rest."""
    text = line.text.strip()
    if is_lone(text):
        return text, ""
    glyph, rest = _cut(text)
    if glyphs.mark_on_page(glyph) is None:
        return None
    after = rest.lstrip()
    if after[:1] in _COLONS:
        words = after[1:].strip()
        return None if _begins_with_symbol(words, glyphs) else (glyph, words)
    if glyph[0] in _LOOSE_DASHES or not _is_prose(after):
        return None
    return (glyph, after) if rest[0].isspace() or rest[0] in _OPENING or line.head == glyph else None


def _after_label(line: Line, glyphs: GlyphTable) -> tuple[str, str] | None:
    """判定結果：○ in one line: a short label of an answer, a break, one known symbol, and words at most."""
    text = line.text.strip()
    at = next((n for n, character in enumerate(text[:_LABEL_CHARS_MAX]) if glyphs.mark_on_page(character)), 0)
    label, value = text[:at].rstrip(), text[at:]
    if not _ANSWER_LABEL.search(label) or _FOREIGN_LABEL.search(label):
        return None
    if label[-1] not in _COLONS and not text[at - 1].isspace() and line.tail != value:
        return None
    if is_lone(value):
        return value, ""
    return _alone(replace(line, text=value, head=""), glyphs)


def _first_character(own: list[Line], glyphs: GlyphTable) -> tuple[Line, str, str]:
    """au: the value's first character is the symbol, an explanation may follow."""
    if not own:
        raise changed("no-glyph")
    line, others = own[0], own[1:]
    glyph, rest = _leading(line, glyphs)
    if any(_alone(other, glyphs) is not None for other in others):
        raise changed("several-glyphs")
    if any(_lists_marks(part, glyphs, glyph) for part in (rest, *(other.text for other in others))):
        raise changed("several-glyphs")
    return line, glyph, rest


def _leading(line: Line, glyphs: GlyphTable) -> tuple[str, str]:
    text = line.text.strip()
    if is_lone(text):
        return text, ""
    glyph, rest = _cut(text)
    after = rest.lstrip()
    if after[:1] in _COLONS and is_lone(glyph):
        words = after[1:].strip()
        if _begins_with_symbol(words, glyphs):
            raise changed("several-glyphs")
        return glyph, words
    if glyphs.mark_on_page(glyph) is None or glyph[0] in _LOOSE_DASHES or not _is_prose(after):
        raise changed("no-glyph")
    if not rest[0].isspace() and line.head != glyph and not _is_explanation(rest, glyphs):
        raise changed("no-glyph")
    return glyph, after


def _is_explanation(rest: str, glyphs: GlyphTable) -> bool:
    """○制限なし: words right after the symbol; not ○月○日, ○？, ○○."""
    if unicodedata.category(rest[0]) != "Lo" or any(colon in rest[:12] for colon in _COLONS):
        return False
    return not any(glyphs.mark_on_page(character) for character in rest if character not in _DASHES)


def is_lone(text: str) -> bool:
    """Whether a text is one symbol: one visible character that is no decoration, with whatever invisible hangs on it.

    A text destroyed by a wrong encoding (U+FFFD and at most two more) counts: it stood in the place and is unknown.
    """
    text = text.strip()
    if text.startswith("\ufffd"):
        return len(text) <= 3
    visible = [c for c in text if unicodedata.category(c) not in _INVISIBLE and not c.isspace()]
    return len(visible) == 1 and visible[0] not in _DECORATION and len(text) <= GLYPH_CHARS_MAX


def _cut(text: str) -> tuple[str, str]:
    """The first character with what hangs on it (variation selectors, marks, invisible ones), and the rest."""
    end = 1
    while end < len(text) and unicodedata.category(text[end]) in _INVISIBLE:
        end += 1
    return text[:end], text[end:]


def _begins_with_symbol(words: str, glyphs: GlyphTable) -> bool:
    return words != "" and glyphs.mark_on_page(words[0]) is not None


def _is_prose(text: str) -> bool:
    """Whether a text beside the symbol explains it: words, from a letter or bracket on.

    ○は…, ○の…, ○や… are texts about the symbol, not answers by it.
    """
    if re.match(r"[はがのとやかをもにへで]", text):
        return False
    if not text or text[0] in _DASHES:
        return False
    if text[0] not in _OPENING and not unicodedata.category(text[0]).startswith("L"):
        return False
    return sum(unicodedata.category(character).startswith("L") for character in text if character not in _DASHES) > 1


def _lists_marks(text: str, glyphs: GlyphTable, answer: str) -> bool:
    """Whether a text explains other symbols as a legend does. Prose may name one (…×になる場合があります)."""
    mine = glyphs.mark_on_page(answer)
    marks = set()
    for match in re.finditer(r"\S", text):
        mark = None if match[0] in _DASHES else glyphs.mark_on_page(match[0])
        if mark is None or mark is mine:
            continue
        marks.add(mark)
        following = text[match.end() : match.end() + 1]
        if following == "" or following.isspace() or following in "：:=＝→…／/、,・)）」】":
            return True
    return len(marks) > 1


# ── what stands beside it ────────────────────────────────────────────────────────────────────────────────────────────


def _sentence(place: Place, line: Line, rest: str) -> str:
    parts = [rest] + [other.text for other in place.lines if other is not line]
    return "\n".join(part for part in parts if part)


def _refuse_contradiction(mark: Mark | None, sentence: str, wording: Mapping[Mark, tuple[str, ...]]) -> None:
    """A symbol whose own words say otherwise is no answer. △ speaks of both sides by nature: words do not judge it."""
    if mark is None or mark is Mark.CAUTION:
        return
    if mark in (Mark.CLEAR, Mark.NO_RECORD) and _FAILURE.search(sentence):
        raise changed("failure-words")
    own, other = False, False
    for each, words in wording.items():
        for word in words:
            for match in re.finditer(re.escape(word), sentence):
                if _NEGATED.match(sentence, match.end()):
                    other = other or each is mark
                elif each is mark:
                    own = True
                else:
                    other = True
    if other and not own:
        raise changed("contradiction")
