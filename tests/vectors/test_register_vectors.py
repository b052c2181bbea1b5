"""The golden registers: what once answered answers the same, what was once refused stays refused."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from shirorom.register.format import MalformedRegisterError
from shirorom.register.lookup import open_register
from tests import register_kit as kit
from tests import register_vectors

THERE = Path(__file__).parent / "register"
VECTORS = json.loads((THERE / "register.json").read_text("utf-8"))["vectors"]


def content_of(name: str) -> bytes:
    return (THERE / f"{name}.reg").read_bytes()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["file"])
def test_vector(vector: dict[str, Any]) -> None:
    """Each file answers as its list says, or is refused."""
    content = content_of(vector["file"])
    assert sha256(content).hexdigest() == vector["digest"]
    if not vector["holds"]:
        with pytest.raises(MalformedRegisterError):
            open_register(content)
        return
    register = open_register(*([content] if vector["base"] is None else [content_of(vector["base"]), content]))
    for day, answers in vector["answers"].items():
        on = date.fromisoformat(day)
        assert {key: list(register.answer(int(key), on=on)) for key in answers} == answers
        codes = register.codes(kit.keys_of([int(key) for key in answers]), on=on)
        assert codes.tolist() == list(answers.values())


def test_half_of_them_are_refused() -> None:
    """As many files must fail as hold, and no file is without its line."""
    assert sum(vector["holds"] for vector in VECTORS) * 2 == len(VECTORS)
    assert {path.stem for path in THERE.glob("*.reg")} == {vector["file"] for vector in VECTORS}


def test_the_builder_still_writes_them() -> None:
    """The same rows give the same bytes as when the files were written."""
    for name, (_, _, content) in register_vectors.sound().items():
        assert content == content_of(name), name
