"""What is built: the same bytes every time, no more permissions than named, words in both languages, facts as ours."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from scripts import extension
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.tab import reader_facts, reader_source
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CODES

ROOT = Path(__file__).resolve().parents[2]
WORDS = {
    language: json.loads((extension.SOURCE / "_locales" / language / "messages.json").read_text(encoding="utf-8"))
    for language in extension.LANGUAGES
}
SOURCES = {
    path: path.read_text(encoding="utf-8") for path in extension.SOURCE.rglob("*") if path.suffix in (".js", ".html")
}


@pytest.mark.parametrize("target", extension.TARGETS)
def test_two_builds_are_equal(target: extension.Target, tmp_path: Path) -> None:
    """The same sources give the same bytes."""
    first, second = (extension.pack(target, tmp_path / name) for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("target", extension.TARGETS)
def test_permissions_are_these_and_no_others(target: extension.Target) -> None:
    """Nothing is granted from the start but the pressed tab, our scripts and our storage; hosts are asked later."""
    made = extension.manifest(target)
    assert made["permissions"] == ["activeTab", "scripting", "storage"]
    assert "host_permissions" not in made
    assert "content_scripts" not in made
    assert "externally_connectable" not in made
    assert "web_accessible_resources" not in made
    plain = {one for one in made["optional_host_permissions"] if one.startswith("http:")}
    hosts = {host for one in extension.carriers().values() for host in one["hosts"]}
    loopback = {"127.0.0.1", "localhost", "*.localhost"}
    assert plain == {f"http://{host}/*" for host in hosts | loopback}
    assert "<all_urls>" not in json.dumps(made)


def test_pages_of_ours_run_no_foreign_script() -> None:
    """Their CSP takes scripts and styles from the package alone."""
    policy = extension.manifest("chrome")["content_security_policy"]["extension_pages"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'"
    assert parts["script-src"] == parts["style-src"] == "'self'"
    assert "unsafe" not in policy


def test_reader_and_facts_are_the_products_own() -> None:
    """The extension reads by the same function and the same facts as the automatic asker."""
    files = extension.contents("chrome")
    assert files["page/reader.js"].decode() == reader_source()
    facts = json.loads(files["facts.json"])
    for carrier in CarrierId:
        wanted = json.loads(json.dumps(reader_facts(packaged_facts().carrier(carrier).page)))
        assert facts[carrier.value]["page"] == wanted
        assert set(facts[carrier.value]["hosts"]) == packaged_facts().carrier(carrier).hosts


def test_only_one_place_fetches() -> None:
    """`fetch` stands in the two modules that talk to the shop and read our own package; nothing else opens a line."""
    ways = re.compile(r"\b(fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts|RTCPeerConnection)")
    found = {path.relative_to(extension.SOURCE).as_posix(): len(ways.findall(text)) for path, text in SOURCES.items()}
    assert {name: count for name, count in found.items() if count} == {"lib/shop.js": 1, "lib/carriers.js": 1}


def test_languages_have_the_same_words() -> None:
    """The same keys with the same places in both; the store's limit of 132 characters is kept."""
    ja, en = WORDS["ja"], WORDS["en"]
    assert list(ja) == list(en)
    places = {key: [sorted(re.findall(r"\$\d", words[key]["message"])) for words in (ja, en)] for key in ja}
    assert [key for key, (one, two) in places.items() if one != two] == []
    assert all(len(words["description"]["message"]) <= 132 for words in (ja, en))


def test_every_word_is_used_and_there() -> None:
    """No key that nobody says, and none that is missing."""
    text = "\n".join(SOURCES.values()) + (extension.SOURCE / "manifest.template.json").read_text(encoding="utf-8")
    said = set(re.findall(r"\bt\('([a-z_0-9]+)'", text)) | set(re.findall(r'data-t="([a-z_0-9]+)"', text))
    said |= set(re.findall(r"__MSG_([a-z_]+)__", text)) | set(re.findall(r"getMessage\('([a-z_]+)'", text))
    said |= {one for pair in re.findall(r"\bt\([a-z.]+ \? '([a-z_]+)' : '([a-z_]+)'\)", text) for one in pair}
    assert said - set(WORDS["ja"]) == set()
    made = {key for key in WORDS["ja"] if key.startswith(("mark_", "meaning_", "error_"))}
    assert set(WORDS["ja"]) - said - made == set()


def test_codes_that_it_words_itself_are_the_products() -> None:
    """The answers of the server that the panel has its own words for are codes of the product."""
    assert {"echo-mismatch", "page-changed", "glyph-unknown"} <= set(CODES)


@pytest.mark.parametrize("language", extension.LANGUAGES)
def test_marks_are_named_as_everywhere(language: str) -> None:
    """The panel calls a mark as the product's catalogue does."""
    marks = tomllib.loads((ROOT / f"src/shirorom/data/text/{language}.toml").read_text(encoding="utf-8"))["mark"]
    for name in ("clear", "caution", "restricted", "no-record", "unknown"):
        assert WORDS[language][f"mark_{name.replace('-', '_')}"]["message"] == marks[name]["word"]
