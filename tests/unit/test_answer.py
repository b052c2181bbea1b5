"""domain/answer.py: exactly one symbol in the answer's place, beyond doubt, or no answer at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.answer import Form, Judged, Line, Markers, Place, Seen, is_lone, judge
from shirorom.domain.carrier import CarrierId
from shirorom.domain.echo import Number
from shirorom.domain.errors import CellError
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark

FACTS = packaged_facts()
GLYPHS = FACTS.glyphs()
ASKED = Imei("001001010000047")
OTHER = Imei("001001010000013")


def line(text: str, *, head: str | None = None, tail: str | None = None, label: str = "", flags: str = "") -> Line:
    return Line(text, head or text, tail or text, 16.0, label, False, frozenset(flags.split()))


def seen(*lines: Line | str, flags: str = "", numbers: tuple[Number, ...] | None = None) -> Seen:
    """A page whose one place has these lines and that echoes the asked number."""
    place = Place(tuple(one if isinstance(one, Line) else line(one) for one in lines), frozenset(flags.split()))
    echoed = (Number(f"製造番号：{ASKED.digits}", "", "text"),) if numbers is None else numbers
    return Seen(
        1.0, "/", True, False, (place,), (), echoed, Form(False, False, 0), Markers(False, False, False, False), 9
    )


def judged(what: Seen, carrier: CarrierId = CarrierId.DOCOMO) -> Judged:
    return judge(what, facts=FACTS.carrier(carrier), glyphs=GLYPHS, asked=ASKED)


def refused(what: Seen, carrier: CarrierId = CarrierId.DOCOMO) -> str:
    """The code of why there is no answer, with its `why` where it has one."""
    with pytest.raises(CellError) as error:
        judged(what, carrier)
    return str(error.value.details.get("why", error.value.code))


@pytest.mark.parametrize("glyph", [*GLYPHS.page, "\u25cb\ufe0e", "\u26aa\ufe0f"])
def test_every_known_symbol_alone_is_the_answer(glyph: str) -> None:
    """Each symbol of the table, alone in its line, with the words of the other lines beside it."""
    assert judged(seen(glyph, "お知らせします")) == Judged(glyph, "お知らせします")


@pytest.mark.parametrize(
    ("text", "glyph", "sentence"),
    [
        ("○：制限はありません", "○", "制限はありません"),
        ("× 利用制限中です", "×", "利用制限中です"),
        ("－　確認できません", "－", "確認できません"),
        ("-：確認できません", "-", "確認できません"),
        ("○（制限なし）", "○", "（制限なし）"),
        ("判定結果：△", "△", ""),
        ("判定　－", "－", ""),
        ("判定結果：○ 制限はありません", "○", "制限はありません"),
        ("利用制限：×（利用制限中）", "×", "（利用制限中）"),
    ],
)
def test_symbol_at_the_head_or_after_its_label(text: str, glyph: str, sentence: str) -> None:
    """A symbol with a break behind it, or alone behind the label of an answer."""
    assert judged(seen(text)) == Judged(glyph, sentence)


def test_symbol_in_an_element_of_its_own() -> None:
    """No space between symbol and words, but the symbol is an element of its own."""
    assert judged(seen(line("○現在、制限なし", head="○"))) == Judged("○", "現在、制限なし")


@pytest.mark.parametrize(
    "text",
    [
        "- 番号を確かめてください", "– エラー", "ーと表示されます", "-1", "9－17時", "○月○日", "○○", "○×", "○ ×",
        "○／×", "○は制限なしを表します", "○です。", "現在は○です", "○？",
        "○：制限なし　×：制限中", "○・△・×", "エラー", "123", "1", "・", "備考：－",
        "判定結果：○や×で示します", "判定結果は○です", "判定：- 未定", "結果の凡例：○",
    ],
)  # fmt: skip
def test_texts_that_only_hold_a_symbol(text: str) -> None:
    """List bullets, dates, legends and prose are no answers."""
    assert refused(seen(text)) in ("no-glyph", "several-glyphs")


@pytest.mark.parametrize("glyph", ["◎", "●", "O", "0", "X", "○\u0338", "○\u200b", "\ufeff○", "?", "\ufffd~", "済"])
def test_unknown_symbol_is_kept_raw(glyph: str) -> None:
    """It stood in the place and means nothing to us: the symbol as shown, never the nearest known one."""
    answer = judged(seen(glyph))
    assert answer.glyph == glyph
    assert GLYPHS.mark_on_page(answer.glyph) is None


@given(st.text(max_size=6))
def test_only_a_symbol_of_the_table_gives_a_mark(text: str) -> None:
    """Whatever stands in the place, a mark comes only of a text that is, or begins with, a symbol of the table."""
    try:
        glyph = judged(seen(text)).glyph
    except CellError:
        return
    if GLYPHS.mark_on_page(glyph) is not None:
        assert text.strip().startswith(glyph.strip()) or text.strip().endswith(glyph)


def test_two_symbols_are_no_answer() -> None:
    """Two lines that each could be the answer contradict each other, also when they agree."""
    assert refused(seen("○", "×")) == "several-glyphs"
    assert refused(seen("○", "○")) == "several-glyphs"
    assert refused(seen("○", "◎")) == "several-glyphs"


def test_dash_of_another_row_is_no_answer() -> None:
    """備考 －: an empty remark is not "no record"."""
    assert refused(seen(line("－", label="備考"))) == "other-label"
    assert refused(seen(line("－", label="店舗"))) == "other-label"
    assert judged(seen(line("－", label="判定"))).glyph == "－"
    assert judged(seen(line("－", label="001001010000047"))).glyph == "－"
    assert judged(seen(line("○", label="判定"), line("－", label="備考"))).glyph == "○"


@pytest.mark.parametrize("places", [0, 2])
def test_one_place_or_none(places: int) -> None:
    """No place, or several: no answer."""
    one = seen("○")
    assert refused(replace(one, places=one.places * places)) in ("no-place", "several-places")


def test_rival_with_an_answer() -> None:
    """Another element like the place holds an answer of its own: which of them is it?"""
    one = seen("○")
    assert refused(replace(one, rivals=seen("×").places)) == "several-places"
    assert judged(replace(one, rivals=seen("製造番号 001001010000047").places)).glyph == "○"


@pytest.mark.parametrize(
    "flag", ["generated", "image", "altered", "struck", "busy", "moving", "closed", "reordered", "ambiguous", "long"]
)
def test_spoilt_place(flag: str) -> None:
    """What the reader could not see beyond doubt is no answer."""
    assert refused(seen("○", flags=flag)) == flag


@pytest.mark.parametrize("flag", ["covered", "webfont", "control", "clipped", "struck"])
def test_spoilt_symbol(flag: str) -> None:
    """The symbol itself must be there to be seen."""
    assert refused(seen(line("○", flags=flag))) == flag


def test_too_big_page() -> None:
    """A page that could not be read to its end is not read at all."""
    assert refused(replace(seen("○"), too_big=True)) == "too-big"


# ── au: the first character of the value ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "glyph"),
    [
        ("○：説明", "○"),
        ("○ : 説明", "○"),
        ("ー：説明", "ー"),
        ("－", "－"),
        ("△制限の可能性", "△"),
        ("◎：説明", "◎"),
        ("×　制限", "×"),
    ],
)
def test_first_character_of_the_value(text: str, glyph: str) -> None:
    """記号：説明, with or without the colon."""
    assert judged(seen(text), CarrierId.AU).glyph == glyph


@pytest.mark.parametrize(
    "text",
    [
        "照会中です",
        "- 説明",
        "ーム",
        "○は説明",
        "○月○日",
        "○？：説明",
        "○△：説明",
        "○：－",
        "○ －：説明",
        "○：可　×：不可",
        "確認：○",
    ],
)
def test_value_that_does_not_begin_with_one_symbol(text: str) -> None:
    """Everything else beside 状態 is no answer."""
    assert refused(seen(text), CarrierId.AU) in ("no-glyph", "several-glyphs")


def test_value_with_a_second_symbol_line() -> None:
    """Two values under one heading."""
    assert refused(seen("○：可", "×：不可"), CarrierId.AU) == "several-glyphs"


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("glyph", "sentence", "why"),
    [
        ("○", "代金債務不履行等により制限中", "contradiction"),
        ("－", "利用可能です", "contradiction"),
        ("○", "利用可能ではありません", "contradiction"),
        ("×", "利用可能です", "contradiction"),
        ("○", "通信エラーが発生しました", "failure-words"),
        ("－", "しばらくしてからお試しください", "failure-words"),
    ],
)
def test_words_that_say_otherwise(glyph: str, sentence: str, why: str) -> None:
    """A symbol beside words known to mean another mark, or a failure, is no answer (wording of Rakuten's facts)."""
    assert refused(seen(glyph, sentence), CarrierId.RAKUTEN) == why


@pytest.mark.parametrize(
    ("glyph", "sentence"),
    [
        ("○", "利用可能です（代金債務不履行等が判明した場合を除く）"),
        ("△", "現在は利用可能ですが、代金債務不履行等により×になる場合があります"),
        ("△", "確認中です"),
        ("×", "代金債務不履行等により、利用可能ではありません"),
        ("－", "番号を確認できません"),
    ],
)
def test_words_that_go_with_the_symbol(glyph: str, sentence: str) -> None:
    """△ speaks of both sides by nature; a mark's own words outweigh others."""
    assert judged(seen(glyph, sentence), CarrierId.RAKUTEN) == Judged(glyph, sentence)


def test_wording_is_only_ever_a_reason_to_doubt() -> None:
    """Words alone, without a symbol, never give a mark."""
    assert refused(seen("利用可能です"), CarrierId.RAKUTEN) == "no-glyph"


def test_bidi_controls_are_refused() -> None:
    """What is shown in another order than it is written is not read."""
    assert refused(seen("\u202e○\u202c")) == "bidi"


@pytest.mark.parametrize(("text", "alone"), [("○", True), (" ○\u3000", True), ("○×", False), ("", False), ("※", False)])
def test_lone(text: str, alone: bool) -> None:
    """One visible character that is no decoration."""
    assert is_lone(text) is alone


def test_all_marks_can_come_out() -> None:
    """The cases above cover the four marks."""
    assert {GLYPHS.mark_on_page(judged(seen(mark.symbol)).glyph) for mark in Mark} == set(Mark)
