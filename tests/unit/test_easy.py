"""やさしい日本語: a register that says the main path in short sentences, and nothing else than Japanese says."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters.texts_toml import Texts, own_texts, places, readings
from shirorom.domain.errors import ConfigError
from shirorom.domain.mark import Mark
from shirorom.edge.http.language import LANGUAGES, choose, tag_of
from shirorom.edge.web.ruby import END, READING, WORD, drawn, plain
from tests.unit.test_texts import PROMISES

JA, EASY, EN = Texts.load("ja"), Texts.load("ja-easy"), Texts.load("en")
OWN = own_texts("ja-easy")
DATA = Path(__file__).resolve().parents[2] / "src" / "shirorom" / "data"
TEMPLATES = DATA.parent / "edge" / "web" / "templates"
KANJI = re.compile("[\u3400-\u9fff]")
PUBLIC = ("guide.", "seller.", "slip.", "remind.", "ui.remind.", "ui.slip.", "ui.hand.")
SENTENCE_CHARS_MAX = 60


def test_what_it_does_not_say_is_japanese() -> None:
    """Every key of Japanese is there, in its own words where the register has any."""
    assert set(EASY.templates()) == set(JA.templates())
    assert EASY.t("code.storage-full.title") == JA.t("code.storage-full.title")
    assert EASY.lang == "ja"


def test_it_says_nothing_that_japanese_does_not(tmp_path: Path) -> None:
    """A key that the language has not is refused: it would never be shown (control: the copy itself is accepted)."""
    shutil.copytree(DATA / "text", tmp_path / "text")
    shutil.copytree(DATA / "carriers", tmp_path / "carriers")
    assert Texts.load("ja-easy", tmp_path).templates() == EASY.templates()
    (tmp_path / "text" / "more.ja-easy.toml").write_text('[ui]\nnone_such = "x"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        Texts.load("ja-easy", tmp_path)
    assert caught.value.details["key"] == "ui.none_such"


def test_it_tells_the_same_details() -> None:
    """The same places as in Japanese, key by key."""
    assert [key for key in OWN if places(OWN[key]) != places(JA.templates()[key])] == []


def test_the_main_path_is_covered() -> None:
    """First page, cards, result, legend and the page of the marks are said in words of its own."""
    main = ("ui.ask.heading", "ui.ask.hint", "ui.hand.open", "ui.hand.question", "ui.hand.phone.blocked_1")
    marks = [f"mark.{mark}.meaning" for mark in Mark]
    verdicts = [f"verdict.{kind}.{part}" for kind in (*Mark, "undetermined") for part in ("sentence", "text")]
    page = [key for key in JA.templates() if key.startswith("guide.marks.")]
    assert [
        key for key in (*main, *marks, *verdicts, *page) if key not in OWN and key.rpartition(".")[2] != "word"
    ] == []


def test_the_words_of_the_marks_stay() -> None:
    """With their readings taken away they are the agreed words."""
    for mark in Mark:
        assert plain(EASY.t(f"mark.{mark}")) == JA.t(f"mark.{mark}")


def test_hard_words_have_readings() -> None:
    """No kanji of the register's own texts stands without its reading."""
    bare = {
        key: left for key in OWN if (left := KANJI.findall(re.sub(f"{WORD}[^{END}]*{END}", "", EASY.templates()[key])))
    }
    assert bare == {}


def test_sentences_are_short() -> None:
    """No sentence of it is above sixty characters, readings not counted."""
    sentences = {key: max(re.split("[。？]", plain(EASY.templates()[key])), key=len) for key in OWN}
    assert {key: one for key, one in sentences.items() if len(one) > SENTENCE_CHARS_MAX} == {}


def test_it_promises_nothing() -> None:
    """No word of a promise, in any text of it; and where ○ is said so is its limit."""
    said = {key: plain(EASY.templates()[key]).replace("という意味ではありません", "") for key in OWN}
    assert {key: text for key, text in said.items() if PROMISES["ja"].search(text)} == {}
    for key in ("mark.clear.meaning", "verdict.clear.text", "guide.marks.clear.later"):
        assert "約束するものではありません" in plain(EASY.templates()[key])
    for key in ("mark.no-record.meaning", "verdict.no-record.text", "guide.marks.norecord.not_safe"):
        assert "安全という意味ではありません" in plain(EASY.templates()[key])


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_public_texts_promise_nothing(lang: str) -> None:
    """The same for explanations, slip, reminder and the message to a seller; and no exclamation mark."""
    texts = Texts.load(lang)
    denied = {"ja": "という意味ではありません", "en": "does not mean it is safe"}[lang]
    said = {key: text.replace(denied, "") for key, text in texts.templates().items() if key.startswith(PUBLIC)}
    assert len(said) > 100
    assert {key: text for key, text in said.items() if PROMISES[lang].search(text) or re.search("[!！]", text)} == {}


# -- readings in a page ---------------------------------------------------------------------------------------------


def test_readings_are_drawn_in_text_alone() -> None:
    """Ruby in a paragraph; the bare word in an attribute, a title, a field."""
    word = readings("番号《ばんごう》")
    assert word == f"{WORD}番号{READING}ばんごう{END}"
    page = drawn(f'<title>{word}</title><p aria-label="{word}">{word}です</p><textarea>{word}</textarea>')
    ruby = "<ruby>番号<rp>（</rp><rt>ばんごう</rt><rp>）</rp></ruby>"
    assert page == f'<title>番号</title><p aria-label="番号"><bdi>{ruby}です</bdi></p><textarea>番号</textarea>'


@given(st.text("<>&\"'" + WORD + READING + END + "番あ", max_size=40))
def test_readings_leave_escaped_text_escaped(text: str) -> None:
    """What a visitor typed, even with our private signs in it, adds no tag but ruby's own."""
    from markupsafe import escape

    tags = re.findall("<[^>]*>", drawn(f"<p>{escape(text)}</p>"))
    assert set(tags) <= {"<p>", "</p>", "<bdi>", "</bdi>", "<ruby>", "</ruby>", "<rp>", "</rp>", "<rt>", "</rt>"}


@pytest.mark.parametrize(("asked", "remembered", "accept", "language"), [
    ("ja-easy", None, "en", "ja-easy"),
    (None, "ja-easy", "en", "ja-easy"),
    (None, None, "ja-easy,en;q=0.5", "ja"),
    ("ja-EASY", None, "en", "en"),
])  # fmt: skip
def test_it_is_chosen_by_hand_alone(asked: str | None, remembered: str | None, accept: str, language: str) -> None:
    """By the switch or the cookie; no browser asks for it by itself."""
    assert choose(asked=asked, remembered=remembered, accept=accept) == language


def test_its_tag_is_japanese() -> None:
    """Screen readers and search engines are told a language, not a register."""
    assert [tag_of(language) for language in LANGUAGES] == ["ja", "ja", "en"]
