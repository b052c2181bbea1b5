"""The file of the plan's rules: sound as it comes, strict as the shop edits it, with the place of every slip."""

from __future__ import annotations

from pathlib import Path

import pytest

from shirorom.adapters.plan_toml import TomlRuleBook, read_rules
from shirorom.domain.desk.plan import Seen
from shirorom.domain.desk.plan_rules import RuleSet
from shirorom.domain.errors import ConfigError


@pytest.fixture
def book(tmp_path: Path) -> TomlRuleBook:
    tmp_path.chmod(0o700)
    return TomlRuleBook(tmp_path)


def edited(book: TomlRuleBook, tmp_path: Path, old: str, new: str) -> Path:
    text = book.text(default=True)
    assert old in text
    file = tmp_path / "mine.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_it_comes_with_three_sets(book: TomlRuleBook) -> None:
    """Gentle, usual and close, with the usual one in force, before the shop has written anything."""
    rules = book.rules()
    assert (list(rules.sets), rules.rules) == ([RuleSet.GENTLE, RuleSet.USUAL, RuleSet.CLOSE], RuleSet.USUAL)
    assert not book.is_own


def test_every_fact_has_its_source(book: TomlRuleBook) -> None:
    """docomo's lag, the base rates, that × stays: each is named with its page and the day it was read."""
    sources = {r.source.url for rules in book.rules().sets.values() for r in rules if r.source is not None}
    assert {"http://nw-restriction.nttdocomo.co.jp/faq.html", "https://used-lab.jp/iphone/network-limit"} <= sources


@pytest.mark.parametrize("name", [RuleSet.GENTLE, RuleSet.USUAL, RuleSet.CLOSE])
def test_no_mark_is_forgotten(book: TomlRuleBook, name: RuleSet) -> None:
    """Each set speaks of every mark."""
    assert {seen for rule in book.rules().sets[name] for seen in rule.marks} == set(Seen)


def test_choosing_changes_one_line(book: TomlRuleBook, tmp_path: Path) -> None:
    """The shop's own comments and figures stay as they are."""
    book.save(edited(book, tmp_path, "cells = 200 ", "cells = 77   # 火曜は少ない\n#"))
    assert book.choose(RuleSet.CLOSE).rules is RuleSet.CLOSE
    before, after = (tmp_path / "mine.toml").read_text("utf-8").splitlines(), book.text().splitlines()
    assert [n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b] == [before.index(
        next(line for line in before if line.startswith("rules =")))]  # fmt: skip
    assert book.rules().day.cells == 77


def test_a_set_without_rules_is_no_choice(book: TomlRuleBook) -> None:
    """`own` can be chosen once it is written."""
    with pytest.raises(ConfigError) as refused:
        book.choose(RuleSet.OWN)
    assert (refused.value.code, book.is_own) == ("plan-rules-invalid", False)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("every = 60\nmark", "every = 0\nmark", "gentle[2]"),
        ('mark = ["never-asked"]\nstatus', 'mark = ["unknown"]\nstatus', "gentle[1].mark[0]"),
        ("every = 14\nmark", "evry = 14\nmark", "gentle[3].every"),
        ('why = "まだ一度も聞いていない在庫"\n', "", "gentle[1].why"),
        ('hours = "10:00-20:00"', 'hours = "20:00-10:00"', "day"),
        ("hand_s = 20", 'hand_s = "20"', "effort.hand_s"),
        ("unknown_yen = 30000", "unknown = 30000", "day.unknown_yen"),
        ('rules = "usual"', 'rules = "own"', "?"),
        ('rules = "usual"', 'rules = "usual', "?"),
        ('confidence = "M"', 'confidence = "X"', "gentle[4].source.confidence"),
    ],
)
def test_a_slip_is_told_with_its_place(book: TomlRuleBook, tmp_path: Path, old: str, new: str, key: str) -> None:
    """The file, the line and the key; and what is in force stays in force."""
    file = edited(book, tmp_path, old, new)
    with pytest.raises(ConfigError) as refused:
        book.save(file)
    details = refused.value.details
    assert (refused.value.code, details["file"], details["key"]) == ("plan-rules-invalid", "mine.toml", key)
    lines = file.read_text("utf-8").splitlines()
    line = lines[int(details["line"]) - 1].strip()
    assert key == "?" or line.startswith(("[", *new.split()[:1], "source"))
    assert not book.is_own


def test_a_line_is_the_right_one(book: TomlRuleBook, tmp_path: Path) -> None:
    """Of many alike, the one that is wrong."""
    text = book.text(default=True)
    at = text.rindex('mark = ["restricted"]')
    file = tmp_path / "mine.toml"
    file.write_text(text[:at] + 'mark = ["nothing"]' + text[at + len('mark = ["restricted"]') :], encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_rules(file)
    line = int(refused.value.details["line"])
    assert file.read_text("utf-8").splitlines()[line - 1] == 'mark = ["nothing"]'
