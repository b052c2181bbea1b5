"""The golden vectors of the log: what was once right stays right, what was once refused stays refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from shirorom.log.checkpoint import decode_checkpoint
from shirorom.log.entry import MalformedError, Opening, commitment, decode_entry
from shirorom.log.statement import decode_statement, encode_statement
from shirorom.log.tree import Frontier, grow, leaf_hash, verify_consistency, verify_inclusion

VECTORS = json.loads((Path(__file__).parent / "log.json").read_text("utf-8"))["vectors"]
CHECKS = {vector["check"] for vector in VECTORS}


def holds(vector: dict[str, Any]) -> bool:
    """Carry out what the vector asks for."""
    match vector["check"]:
        case "statement":
            return _reads(lambda data: encode_statement(decode_statement(data)) == data, vector)
        case "entry":
            return _reads(lambda data: bool(decode_entry(data)), vector)
        case "checkpoint":
            return _reads(lambda data: bool(decode_checkpoint(data)), vector)
        case "commitment":
            o = vector["opening"]
            opening = Opening(
                o["key"], o["counter"], bytes.fromhex(o["previous"]), bytes.fromhex(o["salt"]), o["statement"].encode()
            )
            return commitment(vector["origin"], opening).hex() == vector["commitment"]
        case "root":
            return _root(vector["entries"]).hex() == vector["root"]
        case "inclusion":
            leaf, proof = leaf_hash(vector["entry"].encode()), [bytes.fromhex(node) for node in vector["proof"]]
            return verify_inclusion(leaf, vector["index"], vector["size"], proof, bytes.fromhex(vector["root"]))
        case "consistency":
            old, new = bytes.fromhex(vector["old_root"]), bytes.fromhex(vector["new_root"])
            proof = [bytes.fromhex(node) for node in vector["proof"]]
            return verify_consistency(vector["old"], old, vector["new"], new, proof)
    raise ValueError(vector["check"])


def _reads(read: Any, vector: dict[str, Any]) -> bool:
    try:
        return bool(read(vector["bytes"].encode()))
    except MalformedError:
        return False


def _root(entries: list[str]) -> bytes:
    return grow(Frontier(), [leaf_hash(entry.encode()) for entry in entries])[0].root


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["proves"] for vector in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    """The sentence of each vector is its claim."""
    assert holds(vector) is vector["holds"]


def test_half_of_them_fail() -> None:
    """Vectors that only ever hold would not notice a verifier that says yes to everything."""
    assert sum(not vector["holds"] for vector in VECTORS) * 2 >= len(VECTORS)


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_each_check_has_both(check: str) -> None:
    """Every kind of check is shown to hold and to fail."""
    assert {vector["holds"] for vector in VECTORS if vector["check"] == check} == {True, False}
