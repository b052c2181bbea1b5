"""The offline verifier's one file: as built, loading nothing, with all its words in both languages."""

from __future__ import annotations

import json
import re

import pytest

from scripts import verifier
from shirorom.domain.sheet import IN_DOUBT, NOT_GIVEN, NotProved, StepCode, Why

WORDS = {
    language: json.loads((verifier.SOURCE / f"words.{language}.json").read_text(encoding="utf-8"))
    for language in verifier.LANGUAGES
}
JS = "\n".join((verifier.SOURCE / name).read_text(encoding="utf-8") for name in verifier.modules())
HTML = verifier.BUILT.read_text(encoding="utf-8")


def test_kept_file_is_the_built_one() -> None:
    """What is shipped is what the sources give: `make verifier` after a change."""
    assert verifier.built() == HTML


def test_every_module_is_in_it() -> None:
    """No source lies beside the build, unused."""
    assert {path.name for path in verifier.SOURCE.glob("*.js")} == set(verifier.modules())


@pytest.mark.parametrize(
    "word",
    [
        "fetch", "XMLHttpRequest", "WebSocket", "EventSource", "sendBeacon", "RTCPeerConnection", "importScripts",
        "Worker", "eval", "Function", "innerHTML", "outerHTML", "insertAdjacentHTML", "localStorage", "sessionStorage",
        "indexedDB", "cookie", "caches", "serviceWorker", "Image", "location",
    ],
)  # fmt: skip
def test_the_script_has_no_way_out(word: str) -> None:
    """Nothing in the script can send, store or run a text; the policy would stop it besides."""
    code = re.sub(r"//.*|\"[^\"\n]*\"", "", JS)
    assert not re.search(rf"(?<![.\w]){word}\s*[(.=]|\.{word}\b", code)


def test_policy_names_script_and_style_alone() -> None:
    """The page may run its own script, use its own style, and nothing else."""
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', HTML)
    assert policy is not None
    parts = dict(part.split(" ", 1) for part in policy[1].split("; "))
    assert parts.pop("script-src").startswith("'sha256-")
    assert parts.pop("style-src").startswith("'sha256-")
    assert parts == {
        "default-src": "'none'", "base-uri": "'none'", "form-action": "'none'", "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }  # fmt: skip


def test_nothing_is_loaded() -> None:
    """No address stands in the page but the name of the drawings' form."""
    assert set(re.findall(r"https?://[^\"' )]+", HTML)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(?:link|img|iframe|object|embed|base|form)\b|@import|url\(", HTML)


def test_words_are_the_same_in_both_languages() -> None:
    """Every key in both, with the same places to fill in."""
    places = {
        language: {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in words.items()}
        for language, words in WORDS.items()
    }
    assert places["ja"].keys() == places["en"].keys()
    dated = {"jst", "jst.short"}  # a date is written with other parts
    assert all(places["ja"][key] == places["en"][key] for key in places["ja"].keys() - dated)


def test_every_reason_has_a_sentence() -> None:
    """Whatever a step comes to can be told, but for what only `shirorom verify` is asked about: dates, and PDFs."""
    told = set(WORDS["ja"])
    asked_here = {why for why in Why if not why.value.startswith("pdf-")}
    assert {f"why.{why.value}" for why in asked_here} - told == {"why.algorithm-broken"}
    assert {f"step.{code.value}" for code in StepCode} | {f"ok.{code.value}" for code in StepCode} - {
        "ok.trust"
    } <= told
    assert {f"unproved.{code.value}" for code in NotProved} <= told
    assert {"why." + why.value for why in NOT_GIVEN | IN_DOUBT} - {"why.algorithm-broken"} <= told


def test_every_word_is_used() -> None:
    """No sentence is kept that nobody reads."""
    sources = JS + (verifier.SOURCE / "page.html").read_text(encoding="utf-8")
    keys = [
        key for key in re.findall(r"[`\"]([a-z$][\w.${}-]*)[`\"]", sources) if not re.fullmatch(r"\$\{[^}]+\}", key)
    ]
    spoken = re.compile("|".join({re.sub(r"\$\{[^}]+\}", r"[\\w.-]+", key) for key in keys}))
    assert [key for key in WORDS["ja"] if not spoken.fullmatch(key)] == []


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ({"main.js": 'import { a } from "./a.js";\n', "a.js": 'import { b } from "./main.js";\n'}, "each other"),
        ({"main.js": 'import { a } from "./a.js";\nconst b = 1;\n', "a.js": "export const b = 2;\n"}, "two modules"),
        ({"main.js": "export default 1;\n"}, "form"),
    ],
)
def test_build_refuses_what_it_would_break(sources: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Circles, a name in two modules, and imports of another form stop the build."""
    monkeypatch.setattr(verifier, "_source", lambda name: sources.get(name, "{}"))
    with pytest.raises(ValueError, match=said):
        verifier.script()
