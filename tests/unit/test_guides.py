"""The explanations: every statement has a source or says that it has none, and its words in both languages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from shirorom.adapters.guides_toml import packaged_guides, read_guides
from shirorom.adapters.texts_toml import LANGS, Texts
from shirorom.domain.errors import ConfigError
from shirorom.domain.guide import GuideKind

DATA = Path(__file__).resolve().parents[2] / "src" / "shirorom" / "data"
GUIDES = packaged_guides()
OWN = {"offline", "draw"}
PAGE_WORDS = {"title", "lead"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the explanations, to spoil."""
    shutil.copytree(DATA / "guide", tmp_path / "guide")
    shutil.copy(DATA / "sources.toml", tmp_path)
    return tmp_path


def spoil(data: Path, file: str, old: str, new: str) -> dict[str, str | int]:
    """Change one place of a file; the details of the refusal."""
    path = data / "guide" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_guides(data)
    return dict(caught.value.details)


def test_copy_is_accepted(data: Path) -> None:
    """Control of the refusals below."""
    assert read_guides(data) == GUIDES


def test_a_statement_without_source_is_refused(data: Path) -> None:
    """What names neither a source, nor itself advice, nor the fact unknown, is not said."""
    assert spoil(data, "akarom.toml", 'id = "hard", source = ["not-lifted"]', 'id = "hard"')["key"] == "lift.hard"


def test_a_claim_is_one_of_the_three(data: Path) -> None:
    """A statement cannot be both known from a source and unknown."""
    assert spoil(data, "akarom.toml", 'id = "all", unknown', 'id = "all", ours = true, unknown')["key"] == "rate.all"


def test_an_unknown_source_is_refused(data: Path) -> None:
    """A slip in a source's name is told with its place."""
    assert "no such source" in str(spoil(data, "marks.toml", '["docomo-faq"]', '["docomo-fax"]')["why"])


def test_all_pages_of_the_issue_are_there() -> None:
    """What it is, the marks, the number on both systems, what to photograph, and two lists to tick."""
    assert [guide.id for guide in GUIDES] == [
        "akarom", "marks", "imei-iphone", "imei-android", "photo", "buying", "selling",
    ]  # fmt: skip
    assert [guide.id for guide in GUIDES if guide.kind is GuideKind.CHECKLIST] == ["buying", "selling"]


@pytest.mark.parametrize("lang", LANGS)
def test_every_statement_has_its_words(lang: str) -> None:
    """Title and first sentence of each page, title of each section, text of each statement; and none is left over."""
    wanted = set()
    for guide in GUIDES:
        wanted |= {f"guide.{guide.id}", *(f"guide.{guide.id}.{word}" for word in PAGE_WORDS)}
        for section in guide.sections:
            key = f"guide.{guide.id}.{section.id}"
            wanted |= {key, f"{key}.title", *(f"{key}.{statement.id}" for statement in section.statements)}
    pages = {guide.id for guide in GUIDES}
    there = {key for key in Texts.load(lang).templates() if key.startswith("guide.") and key.split(".")[1] in pages}
    assert there == wanted


def test_sources_are_dated() -> None:
    """Every source has an address, a title and the day on which it was read."""
    sources = [source for guide in GUIDES for source in guide.sources.values()]
    assert sources
    assert all(source.url.startswith("http") and source.title and source.read_on for source in sources)


def test_the_reform_is_a_recommendation_without_a_date() -> None:
    """It is said to be a report of 2024-09-12 that recommends, and that no date of force is known."""
    ja, en = Texts.load("ja"), Texts.load("en")
    assert "2024年9月12日" in ja.t("guide.akarom.reform.report")
    assert "提言" in ja.t("guide.akarom.reform.report")
    assert "分かっていません" in ja.t("guide.akarom.reform.no_date")
    assert "recommends" in en.t("guide.akarom.reform.report")
    assert "not known" in en.t("guide.akarom.reform.no_date")
    (no_date,) = [s for g in GUIDES for section in g.sections for s in section.statements if s.id == "no_date"]
    assert no_date.unknown
