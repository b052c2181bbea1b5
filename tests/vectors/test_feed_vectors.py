"""The golden vectors of feeds: what was once taken is taken, what was once refused stays refused, for its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shirorom.domain.errors import ShiroromError
from tests.feed_kit import Importer, Publisher

WHOLE = json.loads((Path(__file__).parent / "feeds.json").read_text("utf-8"))
VECTORS = WHOLE["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["proves"] for vector in VECTORS])
def test_vector(vector: dict[str, Any], tmp_path: Path) -> None:
    """The sentence of each vector is its claim."""
    importer = Importer(tmp_path / "data")
    importer.keys.add(Publisher().key())
    try:
        code = None if importer(vector["feed"].encode()).accepted else "nothing"
    except ShiroromError as error:
        code = error.code
    assert (code, importer.findings()) == (vector["refused"], [])
    importer.close()


def test_half_of_them_are_refused() -> None:
    """A verifier that takes everything fails here."""
    assert sum(vector["refused"] is not None for vector in VECTORS) * 2 >= len(VECTORS)
    assert WHOLE["key"] == Publisher().signer.key.text
