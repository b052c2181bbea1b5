"""Device numbers in realistic texts: `tests/vectors/numbers.json`, each with the sentence it proves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shirorom.domain.errors import CODES, NumberError
from shirorom.domain.parse import parse, read_device

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "numbers.json").read_text(encoding="utf-8")
)["vectors"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    """Each text gives the numbers, the errors and the phones that its vector names, and no more."""
    parsed = parse(vector["text"])
    got = [
        {
            "kind": found.kind.value,
            **({"imei": found.imei.digits} if found.imei else {"error": found.error}),
            **({"suggestion": found.suggestion} if found.suggestion else {}),
        }
        for found in parsed.found
    ]
    assert got == vector["found"], vector["says"]
    assert [[imei.digits for imei in device] for device in parsed.devices] == vector["devices"], vector["says"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_vector_without_devices_is_refused_as_a_device(vector: dict[str, Any]) -> None:
    """What offers no phone is no phone when given as one either, and the refusal has a code."""
    if vector["devices"]:
        assert len(read_one_or_refuse(vector["text"])) > 0
        return
    with pytest.raises(NumberError) as refused:
        read_device([vector["text"]])
    assert refused.value.code in CODES


def read_one_or_refuse(text: str) -> str:
    """The numbers of a text given as one device, or the code of the refusal."""
    try:
        return " ".join(imei.digits for imei in read_device([text]).imeis)
    except NumberError as error:
        return error.code


def test_half_of_the_vectors_give_nothing() -> None:
    """A parser that finds numbers everywhere would pass vectors that only hold numbers."""
    assert sum(not vector["devices"] for vector in VECTORS) * 2 >= len(VECTORS)
    assert len({vector["name"] for vector in VECTORS}) == len(VECTORS)
    assert all(vector["says"] for vector in VECTORS)
