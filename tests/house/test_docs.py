"""The manual holds together: links lead somewhere, decisions that code names exist, every setting is explained."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest

from shirorom.adapters.config_toml import load_settings
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.service.settings import CarriersSettings, Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link and picture of a page is there."""
    links = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_decisions_that_are_named_exist() -> None:
    """Where code or manual names an ADR by its number, docs/adr holds it; numbers are not used twice."""
    numbers = [path.name[:4] for path in (ROOT / "docs/adr").glob("[0-9]*.md")]
    listed = subprocess.run(
        [
            "git",
            "grep",
            "-hoiE",
            "ADR[ -]?[0-9]{4}|adr/[0-9]{4}",
            "--",
            "src",
            "tests",
            "docs",
            "bench",
            "scripts",
            "*.md",
            "*.toml",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    named = {re.sub(r"\D", "", name) for name in listed.stdout.split("\n") if name}
    assert (named - set(numbers), len(numbers)) == (set(), len(set(numbers)))
    assert named  # control: some are named


def settings_of(struct: type[msgspec.Struct], prefix: str = "") -> list[str]:
    """Every setting by its place, as the manual writes it."""
    if struct is CarriersSettings:
        return settings_of(msgspec.structs.fields(struct)[0].type, "carriers.ID")
    places = []
    for field in msgspec.structs.fields(struct):
        inner = field.type
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            places += settings_of(inner, field.name)
        else:
            places.append(f"`[{prefix}] {field.encode_name}`" if prefix else f"`{field.name}`")
    return places


def test_every_setting_is_explained() -> None:
    """docs/reference/configuration.md has a row for each setting that there is, and for no other."""
    page = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^`]+`) \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(settings_of(Settings))


def test_example_of_the_manual_is_accepted(tmp_path: Path) -> None:
    """The configuration shown in the manual is one that the program takes."""
    page = (ROOT / "docs/reference/configuration.md").read_text(encoding="utf-8")
    example = "\n".join(line[4:] for line in page.splitlines() if line.startswith("    "))
    config = tmp_path / "config.toml"
    config.write_text(example, encoding="utf-8")
    assert tomllib.loads(example)  # control: there is one
    assert load_settings(config, tmp_path, packaged_facts()).verdict.age_h_max == 12


def test_fragments_of_the_changelog_have_a_known_kind() -> None:
    """Every file in changes/ is one that the changelog will take."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    kinds = {kind["directory"] for kind in project["tool"]["towncrier"]["type"]}
    fragments = [path for path in (ROOT / "changes").iterdir() if path.name not in ("README.md", ".gitignore")]
    assert [path.name for path in fragments if path.suffixes[-2:] not in ([f".{kind}", ".md"] for kind in kinds)] == []
