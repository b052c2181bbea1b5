"""The golden record sheets: every verifier comes to the same answer about each (docs/reference/sheet.md)."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path

import msgspec
import pytest

from shirorom.adapters.timestamp import Rfc3161Stamps
from shirorom.log.keyring import decode_keys
from shirorom.log.times import time_of
from shirorom.service.trust import Ring, Source, Trust
from shirorom.service.verify import Verify
from tests.sheet_vectors import EXAMPLE, FOLDER, vectors

FILES = sorted(path for path in FOLDER.glob("*.json") if path.name != EXAMPLE)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden_sheet(path: Path) -> None:
    """It comes out as its file says, and fails first at the step named there."""
    vector = json.loads(path.read_text(encoding="utf-8"))
    pinned = vector["keys_file"]
    rings = () if pinned is None else (Ring(Source.PINNED, decode_keys(msgspec.json.encode(pinned))),)
    authorities = frozenset(b64decode(one) for one in vector["authorities"])
    trust = Trust(given=tuple(vector["keys"]), rings=rings, authorities=authorities)
    found = Verify(Rfc3161Stamps())(
        vector["file"].encode("utf-8", "surrogatepass"), trust, now=time_of(vector["now"]),
        admit_practice=vector["practice"],
    )  # fmt: skip
    failed = [step.code.value for step in found.steps if not step.ok]
    assert (found.outcome.value, failed[0] if failed else None) == (vector["outcome"], vector["step"])


def test_vectors_are_what_their_script_makes() -> None:
    """Nobody edits a golden sheet by hand."""
    made = dict(vectors())
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")} == made


def test_half_of_the_vectors_must_fail() -> None:
    """At least forty, of which half are refused, each with a sentence that says why."""
    told = [json.loads(path.read_text(encoding="utf-8")) for path in FILES]
    refused = [one for one in told if one["outcome"] == "refused"]
    assert len(told) >= 40
    assert len(refused) * 2 >= len(told)
    assert all(len(one["why"].split()) > 3 for one in told)
