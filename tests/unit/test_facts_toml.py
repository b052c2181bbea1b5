"""The loader of the dated facts: what the package holds, and what it refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shirorom.adapters.facts_toml import TomlFacts, packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ConfigError
from shirorom.domain.mark import Mark

DATA = Path(__file__).resolve().parents[2] / "src" / "shirorom" / "data"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the packaged facts, to spoil."""
    for name in ("carriers", "policies"):
        shutil.copytree(DATA / name, tmp_path / name)
    for name in ("glyphs.toml", "sources.toml"):
        shutil.copy(DATA / name, tmp_path)
    return tmp_path


def refused(data: Path) -> dict[str, str | int]:
    """The details of the error with which these facts are refused."""
    with pytest.raises(ConfigError) as caught:
        TomlFacts(data)
    assert caught.value.code == "config-invalid"
    return dict(caught.value.details)


def test_copy_of_the_packaged_facts_is_accepted(data: Path) -> None:
    """Control of all refusals below: the same copy, unspoilt, gives the same facts."""
    assert TomlFacts(data).carrier(CarrierId.AU) == packaged_facts().carrier(CarrierId.AU)


@pytest.mark.parametrize("carrier", CarrierId)
def test_each_carrier_has_facts_with_sources(carrier: CarrierId) -> None:
    """Every carrier's facts load, name where they come from, and lead to its own hosts."""
    facts = packaged_facts().carrier(carrier)
    assert facts.id is carrier
    assert facts.is_real(facts.check_url)
    assert facts.is_real(facts.origin + facts.page.path)
    assert all(source.what and source.url.startswith("http") for source in facts.sources)


def test_what_no_source_says_stays_unknown() -> None:
    """docomo's lag is known; au's is not, and is no empty text."""
    assert packaged_facts().carrier(CarrierId.DOCOMO).lag == "翌々日中"
    assert packaged_facts().carrier(CarrierId.AU).lag is None


def test_glyphs_become_one_table() -> None:
    """Each symbol leads to one mark; letters and filled circles lead to none."""
    glyphs = packaged_facts().glyphs()
    assert [glyphs.mark_on_page(symbol) for symbol in "○〇▲✕ー"] == [
        Mark.CLEAR, Mark.CLEAR, Mark.CAUTION, Mark.RESTRICTED, Mark.NO_RECORD,
    ]  # fmt: skip
    assert [glyphs.mark_on_page(symbol) for symbol in "OoX0●◎？"] == [None] * 7
    assert glyphs.mark_by_operator("X") is Mark.RESTRICTED


def test_policies_are_listed_oldest_first() -> None:
    """The rules come in the order in which they were announced."""
    announced = [policy.announced_on for policy in packaged_facts().policies()]
    assert announced
    assert announced == sorted(announced)


def test_facts_are_read_once_per_process() -> None:
    """Two callers share one reading."""
    assert packaged_facts() is packaged_facts()


def test_shipped_path_needs_no_directory_of_policies(data: Path) -> None:
    """An installation without policies has none; that is no error."""
    shutil.rmtree(data / "policies")
    assert list(TomlFacts(data).policies()) == []


Spoil = Callable[[str], str]


@pytest.mark.parametrize(
    ("file", "spoil", "key"),
    [
        ("carriers/au.toml", lambda text: "colour = 'red'\n" + text, "colour"),
        ("carriers/au.toml", lambda text: text.replace('echo = "body"', 'ecco = "body"'), "page.echo"),
        ("carriers/au.toml", lambda text: text.replace('echo = "body"', 'echo = "body"\necco = 1'), "page.ecco"),
        ("carriers/au.toml", lambda text: text.replace("answer_nth = 1", 'answer_nth = "1"'), "page.answer_nth"),
        ("carriers/au.toml", lambda text: text.replace('id = "au"', 'id = "docomo"'), "id"),
        ("carriers/au.toml", lambda text: text.replace('id = "au"', 'id = "kddi"'), "id"),
        ("carriers/au.toml", lambda text: text.replace('"first-character"', '"somewhere"'), "page.glyph"),
        ("carriers/au.toml", lambda text: text.replace('n = "https://my.au.com"', 'n = "https://x.example"'), "origin"),
        ("carriers/au.toml", lambda text: text.replace('e = "M"', 'e = "Z"'), "sources[1].confidence"),
        ("carriers/au.toml", lambda text: text.replace('title = "ネットワーク利用制限"\n', ""), "source[0].title"),
        ("carriers/au.toml", lambda text: text.split("[[source]]")[0], "source"),
        ("carriers/au.toml", lambda text: text.replace("clear = []", ""), "wording"),
        ("carriers/au.toml", lambda text: text + "= broken", "?"),
        ("carriers/au.toml", lambda text: text + "#" * 300_000, "?"),
        ("glyphs.toml", lambda text: text.replace('confidence = "M"', ""), "confidence"),
        ("glyphs.toml", lambda text: text.replace("caution = []", ""), "operator"),
        ("glyphs.toml", lambda text: text.replace(r"\u25B3", r"\u25CB"), "page"),
        ("glyphs.toml", lambda text: text.replace("[page]", "[page]\nfine = []"), "page"),
    ],
)  # fmt: skip
def test_slip_in_a_file_is_refused(data: Path, file: str, spoil: Spoil, key: str) -> None:
    """An unknown key, a missing key, a wrong type or value names its file and its key."""
    path = data / file
    before = path.read_text(encoding="utf-8")
    after = spoil(before)
    assert after != before
    path.write_text(after, encoding="utf-8")
    details = refused(data)
    assert details["file"] == path.name
    assert details["key"] == key


def test_missing_file_is_refused(data: Path) -> None:
    """A carrier without facts is an error, not a carrier about which nothing is said."""
    (data / "carriers" / "rakuten.toml").unlink()
    assert refused(data)["file"] == "rakuten.toml"


def test_file_that_is_not_utf8_is_refused(data: Path) -> None:
    """Bytes that are no UTF-8 are no facts."""
    path = data / "glyphs.toml"
    path.write_bytes(path.read_bytes() + b"# \x83\x5c")
    assert refused(data)["file"] == "glyphs.toml"


def test_two_policies_with_one_id_are_refused(data: Path) -> None:
    """An id means one rule."""
    shutil.copy(data / "policies" / "report-2024.toml", data / "policies" / "copy.toml")
    assert refused(data)["key"] == "id"
