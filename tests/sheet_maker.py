"""Makes record sheets from docs/reference/sheet.md and log-format.md alone: hashlib, json and an Ed25519 library.

Nothing of the product is used, so that a sheet made here is a second opinion. What a test wants to be wrong it changes
before `signed`, which then makes everything else right: hashes, proofs and signatures fit what is claimed.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ONE, TWO = "001001010000013", "001001010000021"
CARRIERS = ("docomo", "au", "softbank", "rakuten")
NO_CELL = {
    "mark": None, "raw": None, "sentence": None, "asked_at": None, "channel": None, "stale": False, "vanished": False,
    "error": "not-asked", "index": None,
}  # fmt: skip
GLYPHS = {"clear": "○", "caution": "△", "restricted": "×", "no-record": "－"}


def canonical(value: object) -> bytes:
    """RFC 8785, for texts, whole numbers and ASCII names."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def base64(content: bytes) -> str:
    """As a bundle writes bytes."""
    return b64encode(content).decode()


class Key:
    """A key with a name; `kind` 1 signs sheets and checkpoints, 4 cosigns."""

    def __init__(self, seed: str, name: str, kind: int = 1) -> None:
        self.private = Ed25519PrivateKey.from_private_bytes(sha256(seed.encode()).digest())
        self.name, self.kind = name, kind
        public = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        material = bytes([kind]) + public
        self.id = sha256(name.encode() + b"\n" + material).digest()[:4]
        self.text = f"{name}+{self.id.hex()}+{base64(material)}"

    @property
    def fingerprint(self) -> str:
        """What people compare."""
        digits = sha256(self.text.encode()).hexdigest()[:20]
        return " ".join(digits[i : i + 4] for i in range(0, 20, 4))

    def line(self, body: bytes, time: int = 1_795_000_000) -> str:
        """The line of a signed note."""
        if self.kind == 1:
            return f"\u2014 {self.name} {base64(self.id + self.private.sign(body))}\n"
        stamp = self.private.sign(b"cosignature/v1\ntime %d\n" % time + body)
        return f"\u2014 {self.name} {base64(self.id + time.to_bytes(8, 'big') + stamp)}\n"


def leaf(entry: bytes) -> bytes:
    """RFC 6962 §2.1."""
    return sha256(b"\x00" + entry).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 §2.1, written as it stands there."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 §2.1.1, written as it stands there."""
    if len(leaves) < 2:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*path(index, leaves[:k]), root(leaves[k:])]
    return [*path(index - k, leaves[k:]), root(leaves[:k])]


@dataclass
class World:
    """A log and its keys. Everything recorded is about a phone or about somebody else's."""

    practice: bool = True
    name: str = "00112233445566778899aabbccddeeff"
    entries: list[bytes] = field(default_factory=list)
    openings: dict[int, dict[str, Any]] = field(default_factory=dict)
    heads: dict[str, tuple[int, bytes]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The log's name."""
        return f"shirorom/{'practice' if self.practice else 'real'}/{self.name}"

    @property
    def key(self) -> Key:
        """The log's key."""
        return Key("log", self.origin)

    def others(self, count: int, at: str = "2026-11-20T00:00:00Z") -> None:
        """Entries about phones of others: only their hashes are ever seen."""
        for i in range(count):
            digest = sha256(b"other%d" % (len(self.entries) + i)).hexdigest()
            self.entries.append(canonical({"at": at, "commitment": digest, "kind": "reading", "v": 1}))

    def record(self, statement: Mapping[str, Any], at: str, **lies: Any) -> int:
        """Append a statement; `lies` replace parts of its opening before it is committed to."""
        key = statement["imei"][:14]
        counter, previous = self.heads.get(key, (0, bytes(32)))
        index = len(self.entries)
        opening = {
            "key": key, "counter": counter, "previous": previous.hex(), "salt": sha256(b"salt%d" % index).hexdigest(),
            "statement": canonical(statement).decode(),
        } | lies  # fmt: skip
        parts = (
            b"shirorom/commitment/v1", self.origin.encode(), opening["counter"].to_bytes(8, "big"),
            bytes.fromhex(opening["previous"]), bytes.fromhex(opening["salt"]), opening["key"].encode(),
            opening["statement"].encode(),
        )  # fmt: skip
        digest = sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hexdigest()
        entry = canonical({"at": at, "commitment": digest, "kind": statement["kind"], "v": 1})
        self.entries.append(entry)
        self.openings[index] = opening
        self.heads[key] = (counter + 1, leaf(entry))
        return index

    def checkpoint(self, *cosigners: Key) -> str:
        """The signed checkpoint of what is there now."""
        body = f"{self.origin}\n{len(self.entries)}\n{base64(root(self.leaves))}\n".encode()
        return body.decode() + "\n" + "".join(key.line(body) for key in (self.key, *cosigners))

    @property
    def leaves(self) -> list[bytes]:
        """All leaf hashes."""
        return [leaf(entry) for entry in self.entries]

    def told(self) -> list[dict[str, Any]]:
        """The sheet's `entries`: all that are about our phones."""
        leaves = self.leaves
        return [
            {
                "index": index, "entry": self.entries[index].decode(), "opening": dict(opening),
                "proof": [node.hex() for node in path(index, leaves)],
            }
            for index, opening in sorted(self.openings.items())
        ]  # fmt: skip


def reading(carrier: str, mark: str | None, asked_at: str, imei: str = ONE, **more: Any) -> dict[str, Any]:
    """A statement of kind `reading`, by hand where nothing else is said."""
    return {
        "asked_at": asked_at, "by": "店員A", "carrier": carrier, "channel": "hand", "error": None,
        "glyph": GLYPHS.get(mark or "", "◇"), "imei": imei, "kind": "reading", "mark": mark, "page": None,
        "practice": True, "screenshot": None, "sentence": "ネットワーク利用制限の状況", "v": 1,
    } | more  # fmt: skip


def cell(imei: str, carrier: str, said: Mapping[str, Any] | None = None, index: int | None = None, **more: Any) -> Any:
    """A cell that shows one reading, or none."""
    blank = {"imei": imei, "carrier": carrier} | NO_CELL
    if said is None:
        return blank | {"index": index} | more
    return (
        blank
        | {"mark": said["mark"], "raw": said["glyph"], "error": said["error"], "index": index}
        | {name: said[name] for name in ("sentence", "asked_at", "channel")}
        | more
    )


def sheet(world: World, cells: Sequence[Any], verdict: tuple[str, str | None, bool], **more: Any) -> dict[str, Any]:
    """A sheet that is right if the cells and the verdict are."""
    imeis = more.get("imeis", [ONE])
    kind, so_far, complete = verdict
    return {
        "v": 1, "practice": world.practice, "issued_at": "2026-11-23T03:25:00Z",
        "issuer": {
            "name": "練習の店 本町", "licence": "第000000000000号（練習）", "rmj": None, "url": "https://shop.example/",
            "terms": None,
        },
        "imeis": imeis, "as_of": "2026-11-23T03:25:00Z", "age_s_max": 86_400, "policy": "current",
        "access": dict.fromkeys(CARRIERS, "hand"), "cells": list(cells),
        "verdict": {"kind": kind, "so_far": so_far, "complete": complete}, "entries": world.told(),
        "devices": [
            {"key": imei[:14], "count": sum(one["key"] == imei[:14] for one in world.openings.values())}
            for imei in imeis
        ],
        "checkpoint": world.checkpoint(), "tie": None, "evidence": [],
    } | more  # fmt: skip


def signed(stated: Mapping[str, Any], *keys: Key, attachments: Sequence[bytes] = ()) -> dict[str, Any]:
    """The bundle of a sheet, signed by these keys."""
    digest = sha256(canonical(stated)).hexdigest()
    message = f"shirorom-sheet/v1\n{digest}\n".encode()
    return {
        "format": "shirorom-sheet/v1", "sheet": dict(stated),
        "signatures": [{"key": key.text, "signature": base64(key.private.sign(message))} for key in keys],
        "time": [], "attachments": {sha256(one).hexdigest(): base64(one) for one in attachments},
    }  # fmt: skip


def example(marks: Mapping[str, str | None] | None = None, *, imei: str = ONE) -> tuple[World, dict[str, Any]]:
    """A log with entries of others before and after one phone's four answers, and their sheet (unsigned)."""
    told = {"docomo": "clear", "au": "no-record", "softbank": "clear", "rakuten": "clear"} if marks is None else marks
    world = World()
    world.others(5)
    cells = []
    for i, (carrier, mark) in enumerate(told.items()):
        said = reading(carrier, mark, f"2026-11-23T03:2{i}:04Z", imei, error=None if mark else "glyph-unknown")
        index = world.record(said, f"2026-11-23T03:2{i}:10Z")
        cells.append(cell(imei, carrier, said, index))
        world.others(i, f"2026-11-23T03:2{i}:10Z")
    kinds = [mark for mark in ("restricted", "caution", "clear", "no-record") if mark in told.values()]
    undetermined = None in told.values() and kinds[0] != "restricted"
    return world, sheet(world, cells, ("undetermined" if undetermined else kinds[0], kinds[0], True), imeis=[imei])
