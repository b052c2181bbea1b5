"""The golden snapshots: what once answered answers the same, what was once refused stays refused."""

from __future__ import annotations

import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from shirorom.domain.errors import ShiroromError
from shirorom.log.note import NoteError
from shirorom.register import snapshot
from shirorom.register.snapshot import MalformedSnapshotError
from tests import register_kit as kit
from tests import snapshot_vectors

THERE = Path(__file__).parent / "snapshot"
VECTORS = json.loads((THERE / "snapshot.json").read_text("utf-8"))["vectors"]


def content_of(name: str) -> bytes:
    return (THERE / f"{name}.snap").read_bytes()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["file"])
def test_vector(vector: dict[str, Any]) -> None:
    """Each file answers as its list says, or is refused."""
    content = content_of(vector["file"])
    assert sha256(content).hexdigest() == vector["digest"]
    if not vector["holds"]:
        with pytest.raises((MalformedSnapshotError, NoteError, ShiroromError)):
            snapshot_vectors.read(content, None)
        return
    base = vector["base"]
    applied = snapshot_vectors.read(content, snapshot.applied(snapshot.read(content_of(base)), None) if base else None)
    for day, answers in vector["answers"].items():
        codes = applied.codes(kit.keys_of([int(key) for key in answers]), on=date.fromisoformat(day))
        assert codes.tolist() == list(answers.values())


def test_half_of_them_are_refused() -> None:
    """As many files must fail as hold, and no file is without its line."""
    assert sum(vector["holds"] for vector in VECTORS) * 2 == len(VECTORS)
    assert {path.stem for path in THERE.glob("*.snap")} == {vector["file"] for vector in VECTORS}


def test_the_maker_still_writes_them() -> None:
    """The same content gives the same bytes as when the files were written."""
    for name, content in snapshot_vectors.sound().items():
        assert content == content_of(name), name
