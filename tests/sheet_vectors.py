"""Makes the golden record sheets, `tests/vectors/sheets/`: `python -m tests.sheet_vectors` writes them anew.

Every number is of a test range, so every sheet that holds is a practice one. Half and more must be refused: most of
those are signed by the issuer itself, because a forger who has a key is the one to fear.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.log.bundle import BundleForm, canonical, encode_bundle, signed_bytes, to_base64
from shirorom.log.times import time_text
from shirorom.service.attest import Attested
from tests.logs import START
from tests.sheet_kit import Shop, drawn

FOLDER = Path(__file__).parent / "vectors" / "sheets"
EXAMPLE = "example-two-numbers.json"


@dataclass(frozen=True)
class Vector:
    """One file and how it must come out (docs/reference/sheet.md)."""

    why: str
    file: str
    keys: Sequence[str]
    outcome: str = "holds"
    step: str | None = None
    practice: bool = True
    keys_file: Mapping[str, Any] | None = None
    authorities: Sequence[str] = ()
    now: str = time_text(START + timedelta(days=30))

    def json(self) -> str:
        names = ("why", "file", "practice", "keys", "keys_file", "authorities", "now", "outcome", "step")
        return json.dumps({name: getattr(self, name) for name in names}, ensure_ascii=False, indent=1) + "\n"


@dataclass
class Maker:
    """A shop whose sheets are made, bent, and signed again."""

    shop: Shop
    made: dict[str, Vector] = field(default_factory=dict)

    def holds(self, name: str, why: str, sheet: Attested | BundleForm | bytes, **told: Any) -> None:
        told.setdefault("keys", [self.shop.key])
        assert name not in self.made, name
        self.made[name] = Vector(why, _text(sheet), **told)

    def refused(self, name: str, why: str, sheet: Attested | BundleForm | bytes, step: str, **told: Any) -> None:
        self.holds(name, why, sheet, step=step, **{"outcome": "refused", **told})

    @property
    def signer(self) -> Ed25519Signer:
        return self.shop.keyring.signer(self.shop.clock.now())

    def signed(self, value: dict[str, Any], *signers: Ed25519Signer) -> bytes:
        """A bundle of any content, signed by the issuer (or these)."""
        value["signatures"] = [
            {"key": one.key.text, "signature": self.signed_by(value, one)} for one in signers or (self.signer,)
        ]
        return canonical(value) + b"\n"

    @staticmethod
    def signed_by(value: dict[str, Any], signer: Ed25519Signer) -> str:
        """One signature of a bundle's sheet."""
        return to_base64(signer.sign(signed_bytes(value["sheet"])))

    def bent(self, sheet: Attested, bend: Callable[[dict[str, Any]], object], *, sign: bool = True) -> bytes:
        """A sheet changed by `bend`, and signed again unless the forger has no key."""
        value = plain(sheet)
        bend(value if not sign else value["sheet"])
        return self.signed(value) if sign else canonical(value) + b"\n"


def plain(sheet: Attested) -> dict[str, Any]:
    """A bundle as lists and dicts of its own."""
    value: dict[str, Any] = json.loads(encode_bundle(sheet.bundle))
    return value


def stranger(name: str) -> Ed25519Signer:
    """A key that is not the shop's."""
    return Ed25519Signer(name, drawn("stranger")(32))


def _text(sheet: Attested | BundleForm | bytes) -> str:
    if isinstance(sheet, bytes):
        return sheet.decode()
    return encode_bundle(sheet.bundle if isinstance(sheet, Attested) else sheet).decode()


@dataclass
class Shops:
    """Fresh shops, closed at the end."""

    folder: Path
    open: list[Shop] = field(default_factory=list)

    def __call__(self, seed: str) -> Shop:
        shop = Shop(self.folder / f"{len(self.open)}", seed=seed)
        self.open.append(shop)
        return shop


def vectors() -> Iterator[tuple[str, str]]:
    """(file name, content) of all that can be made on this machine alone."""
    from tests import sheet_vectors_bent, sheet_vectors_sound

    with tempfile.TemporaryDirectory() as folder:
        shops = Shops(Path(folder))
        try:
            made: dict[str, Vector] = {}
            sheet_vectors_sound.add(shops, made)
            sheet_vectors_bent.add(shops, made)
            yield EXAMPLE, sheet_vectors_sound.example(shops)
            yield from ((f"{name}.json", vector.json()) for name, vector in made.items())
        finally:
            for shop in shops.open:
                shop.close()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in vectors():
        (FOLDER / name).write_text(content, encoding="utf-8")
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
