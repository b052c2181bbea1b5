"""The catalogue: the same in both languages, complete for every code, and never promising what ○ cannot."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import shirorom
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.texts_toml import LANGS, Texts, fill, places
from shirorom.domain.advice import AdviceCode, Role
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CODES, Area
from shirorom.domain.findings import FindingCode
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.notice import Ground
from shirorom.domain.policy import Standing

JA, EN = Texts.load("ja"), Texts.load("en")
RULES = ("words.", "mark.", "verdict.", "reason.", "role.", "advice.", "standing.", "policy.", "ground.", "code.")
MARK_REASONS = ("restricted", "restriction-vanished", "restricted-before", "stale", "caution", "clear", "no-record")
VERDICT_PARTS = ("title", "sentence", "sentence_number", "text")
CELL_CODES = [code for code, known in CODES.items() if known.area is Area.CELL]


def template(texts: Texts, key: str) -> str:
    return texts.templates()[key]


def test_both_languages_have_the_same_keys():
    """What is said in one language is said in the other."""
    lag = {f"carrier.{one.value}.lag" for one in CarrierId}
    assert (set(JA.templates()) ^ set(EN.templates())) - lag == set()


def test_both_languages_have_the_same_places():
    """No detail is told in one language only."""
    both = set(JA.templates()) & set(EN.templates())
    assert [key for key in both if places(template(JA, key)) != places(template(EN, key))] == []


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_page(code: str, lang: str):
    """Title, what happened, what to do: no code is without them."""
    texts = Texts.load(lang)
    for part in ("title", "text", "fix"):
        assert template(texts, f"code.{code}.{part}").strip()


@pytest.mark.parametrize("lang", LANGS)
def test_everything_that_the_rules_can_say_has_a_text(lang: str):
    """Every mark, verdict, reason, finding, advice, role, standing and ground."""
    wanted = [
        *(f"mark.{mark}.{part}" for mark in [*Mark, "unknown"] for part in ("word", "meaning")),
        *(
            f"verdict.{kind}.{part}"
            for kind in VerdictKind
            for part in ("title", "sentence", "sentence_number", "text")
        ),
        *(f"reason.{code}" for code in (*MARK_REASONS, *CELL_CODES, *FindingCode)),
        *(f"advice.{code}" for code in AdviceCode),
        *(f"role.{role}" for role in Role),
        *(f"standing.{standing}" for standing in Standing),
        *(f"ground.{ground}" for ground in Ground),
        *(f"carrier.{carrier}" for carrier in CarrierId),
    ]
    assert [key for key in wanted if not Texts.load(lang).has(key)] == []


def test_no_text_is_for_a_code_that_does_not_exist():
    """A code taken out of the table takes its page along."""
    named = {key.split(".")[1] for key in JA.templates() if key.startswith("code.")}
    assert named == set(CODES)


def test_the_words_of_the_marks_are_the_agreed_ones():
    """The same words everywhere, for each mark and for its absence."""
    assert [JA.t(f"mark.{mark}") for mark in Mark] == ["現在制限なし", "今後制限の可能性", "利用制限中", "判定なし"]
    assert [JA.t(f"mark.unknown.{key}") for key in ("not_asked", "failed")] == ["未照会", "照会失敗"]
    assert "この会社では番号を確認できません。安全という意味ではありません。" in JA.t("mark.no-record.meaning")


PROMISES = {
    "ja": re.compile("安全です|安心です|問題ありません|問題なし|保証します|大丈夫です|必ず使え|ずっと使え|絶対"),
    "en": re.compile(
        r"\b(is safe|you can trust|guarantee[ds]?|no problem|will not be restricted|always works)\b", re.IGNORECASE
    ),
}


@pytest.mark.parametrize("lang", LANGS)
def test_no_text_promises_what_a_clear_mark_cannot(lang: str):
    """○ speaks of now; no sentence of the rules makes more of it."""
    texts = Texts.load(lang)
    denied = {"ja": "という意味ではありません", "en": "does not mean it is safe"}[lang]
    said = {key: template(texts, key).replace(denied, "") for key in texts.templates() if key.startswith(RULES)}
    assert {key: text for key, text in said.items() if PROMISES[lang].search(text)} == {}


@pytest.mark.parametrize("lang", LANGS)
def test_where_clear_is_said_so_is_its_limit(lang: str):
    """Mark, verdict and reason of ○ each say that it is no promise."""
    no_promise = {"ja": "約束するものではありません", "en": "no promise"}[lang]
    for key in ("mark.clear.meaning", "verdict.clear.text", "reason.clear"):
        assert no_promise in template(Texts.load(lang), key)


@pytest.mark.parametrize("lang", LANGS)
def test_no_record_is_never_called_safe_or_bad(lang: str):
    """－ is neither: mark, verdict and reason each say so."""
    not_safe = {"ja": "安全という意味ではありません", "en": "not mean it is safe"}[lang]
    for key in ("mark.no-record.meaning", "verdict.no-record.text", "reason.no-record"):
        assert not_safe in template(Texts.load(lang), key)


@pytest.mark.parametrize("lang", LANGS)
def test_no_exclamation(lang: str):
    """Plain words, no blame, no exclamation."""
    said = {key: text for key, text in Texts.load(lang).templates().items() if key.startswith(RULES)}
    assert [key for key, text in said.items() if re.search("[!！]", text)] == []


def test_policies_say_that_no_date_is_known():
    """A recommendation's title says so itself, in both languages."""
    report = packaged_facts().policy("report-2024")
    assert "施行日は分かっていません" in report.title
    assert "no date of force is known" in report.title_en


def test_carriers_names_come_from_their_facts():
    """A carrier is called what its facts call it."""
    for carrier in CarrierId:
        facts = packaged_facts().carrier(carrier)
        assert (JA.t(f"carrier.{carrier}"), EN.t(f"carrier.{carrier}")) == (facts.name, facts.name_en)


# -- filling -------------------------------------------------------------------------------------------------------


def test_an_optional_part_stands_only_with_its_details():
    """A detail that is not known leaves no hole."""
    text = "IMEIは15桁です。{?いまは{length}桁あります。}"
    assert fill(text, {"length": 14}) == "IMEIは15桁です。いまは14桁あります。"
    assert fill(text, {}) == "IMEIは15桁です。"


def test_a_missing_detail_is_said_to_be_missing():
    """Unknown is said; a text never fails."""
    assert fill("{name}がありません", {}) == "？がありません"


def test_nothing_in_a_detail_is_evaluated():
    """A detail that looks like a template stays as it is."""
    assert fill("{a}", {"a": "{b}{0.__class__}", "b": "no"}) == "{b}{0.__class__}"


def test_an_unknown_key_is_an_error():
    """A text that does not exist is a defect, never an empty string."""
    with pytest.raises(KeyError):
        JA.t("code.none-such.title")
    with pytest.raises(KeyError):
        Texts.load("fr")


# -- the details that errors carry -----------------------------------------------------------------------------------


def raised() -> Iterator[tuple[str, frozenset[str], str]]:
    """Every place of the source that raises a code: the code, the names of its details, where."""
    for file in sorted(Path(shirorom.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("Error")):
                continue
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and first.value in CODES and all(k.arg for k in node.keywords):
                details = frozenset(str(keyword.arg) for keyword in node.keywords) - {"suggestion"}
                yield str(first.value), details, f"{file.name}:{node.lineno}"


def test_the_details_of_errors_are_found():
    """The reader of the source below sees them (else it would find nothing wrong)."""
    assert ("imei-length", frozenset({"length"})) in {(code, details) for code, details, _ in raised()}


def test_every_error_brings_the_details_that_its_text_needs():
    """A place that is not optional is filled wherever the code is raised."""
    lacking = [
        (where, code, sorted(missing))
        for code, details, where in raised()
        for part in ("text", "fix")
        if (missing := {name for name in places(template(JA, f"code.{code}.{part}")) if name[0] != "?"} - details)
    ]
    assert lacking == []


def test_cells_texts_need_no_details():
    """Of a failed cell only the code is kept, so its texts stand alone."""
    assert [key for code in CELL_CODES for key in ("text", "fix") if places(template(JA, f"code.{code}.{key}"))] == []
