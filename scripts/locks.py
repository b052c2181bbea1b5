"""Whether the locks lock: each requirement has its hash, none has an address, and what we ask for is in them.

`python -m scripts.locks` after any change of `pyproject.toml` or `requirements/*.in`; `make lock` makes new ones.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CORE_MAX = 12
"""Direct dependencies of the core, at most (DESIGN: what a fresh install draws in must stay readable)."""

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)")


def pins(lock: str) -> dict[str, str]:
    """Name -> version of a lock file's text."""
    found = (_PINNED.match(line) for line in lock.splitlines())
    return {canonicalize_name(match[1]): match[2] for match in found if match}


def loose(lock: str) -> Iterator[str]:
    """What a lock must not have: an address, an option, or a requirement without hash."""
    for block in re.split(r"\n(?=\S)", lock):
        if block.startswith("#") or not block.strip():
            continue
        if "://" in block or block.startswith("-"):
            yield f"an address or option: {block.splitlines()[0]}"
        elif "--hash=sha256:" not in block or not _PINNED.match(block):
            yield f"no pin or no hash: {block.splitlines()[0]}"


def missing(asked: list[str], pinned: dict[str, str]) -> Iterator[str]:
    """Requirements that a lock does not satisfy."""
    for requirement in map(Requirement, asked):
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            yield f"{requirement} (locked: {version})"


def asked_in(path: Path) -> list[str]:
    """Requirements of one `.in` file and those it includes."""
    lines = (line.split("#")[0].strip() for line in path.read_text().splitlines())
    asked: list[str] = []
    for line in filter(None, lines):
        asked += asked_in(path.parent / line[3:]) if line.startswith("-r ") else [line]
    return asked


def complaints() -> Iterator[str]:
    """One line for each lock that does not lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core = project["dependencies"]
    if len(core) > CORE_MAX:
        yield f"pyproject.toml: {len(core)} direct dependencies of the core, at most {CORE_MAX}"
    extras = project["optional-dependencies"]
    every = [*core, *(one for name, asked in extras.items() if name != "shop" for one in asked)]
    (of_shop,) = extras["shop"]  # "shirorom[site,…]"
    shop = [*core, *(one for name in of_shop.partition("[")[2].rstrip("]").split(",") for one in extras[name])]
    wanted = {
        "core": core,
        "shop": shop,
        "build": asked_in(ROOT / "requirements/build.in"),
        "dev": [*every, *asked_in(ROOT / "requirements/dev.in")],
        "bench": asked_in(ROOT / "requirements/bench.in"),
    }
    dev = pins((ROOT / "requirements/dev.lock").read_text())
    for name, asked in wanted.items():
        text = (ROOT / f"requirements/{name}.lock").read_text()
        pinned = pins(text)
        yield from (f"{name}.lock: {what}" for what in loose(text))
        yield from (f"{name}.lock does not hold {what}: make lock" for what in missing(asked, pinned))
        shared = (
            pinned if name != "bench" else pinned.keys() & dev.keys()
        )  # what is measured against, nothing else needs
        yield from (f"{name}.lock: {n} differs from dev.lock: make lock" for n in shared if dev.get(n) != pinned[n])
    packages = json.loads((ROOT / "tests/browser/package-lock.json").read_text())["packages"]
    for name, package in packages.items():
        if name and ("integrity" not in package or "resolved" in package):
            yield f"package-lock.json: {name}: no hash, or an address"


if __name__ == "__main__":
    told = list(complaints())
    print("\n".join(told) or "locks: pinned, hashed, without addresses, complete")
    sys.exit(1 if told else 0)
