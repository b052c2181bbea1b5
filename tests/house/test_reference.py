"""The manual names everything that there is: it is written from the code, and this looks that it was."""

from __future__ import annotations

import pytest

from scripts import reference
from shirorom.domain.errors import CODES
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.edge.cli.main import cli


@pytest.mark.parametrize("file", reference.PAGES)
def test_reference_is_what_the_code_says(file: str) -> None:
    """docs/reference holds what `make reference` would write now."""
    assert (reference.REFERENCE / file).read_text(encoding="utf-8") == reference.PAGES[file](), "run make reference"


def test_every_code_mark_and_command_is_named() -> None:
    """Every code, mark, verdict, command and option stands in the reference, whatever its generator does."""
    codes = (reference.REFERENCE / "codes.md").read_text(encoding="utf-8")
    commands = (reference.REFERENCE / "cli.md").read_text(encoding="utf-8")
    missing = [name for name in (*CODES, *Mark, *VerdictKind) if f"`{name}`" not in codes]
    missing += [name for name in cli.commands if f"## {name}\n" not in commands]
    missing += [
        option
        for command in (cli, *cli.commands.values())
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--") and option not in commands
    ]
    assert missing == []


def test_unnamed_code_is_missed() -> None:
    """Control: the look above is not blind: a code that does not exist is not found."""
    assert "`no-such-code`" not in (reference.REFERENCE / "codes.md").read_text(encoding="utf-8")
