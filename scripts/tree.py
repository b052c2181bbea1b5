"""What must not stand in the tree: addresses of package registries, and valid IMEIs of phones that may exist.

`python -m scripts.tree` looks at every file that git tracks, or would take, and says where. Exit 1 when it found one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from shirorom.domain.errors import NumberError
from shirorom.domain.imei import Imei

ROOT = Path(__file__).resolve().parent.parent

# Put together here, so that this file does not hold what it looks for.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
    )
)
DOCUMENTATION_IMEIS = frozenset({"490154203237518", "260531793113837"})  # examples of standards and handbooks

# Fifteen digits that stand alone, however they are grouped; a longer run (EID, ICCID, a digest) is something else.
_FIFTEEN = re.compile(r"(?<![0-9A-Za-z])(?<![0-9][-. ])[0-9](?:[-. ]?[0-9]){14}(?![-. ]?[0-9]|[A-Za-z])")


def files() -> list[Path]:
    """Every file that git tracks or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def registries_in(text: str) -> Iterator[str]:
    """Hosts of package registries named in a text."""
    lowered = text.lower()
    yield from (host for host in REGISTRIES if host in lowered)


def foreign_imeis_in(text: str) -> Iterator[str]:
    """Valid IMEIs that are neither in a GSMA test range nor an example of a standard."""
    for found in _FIFTEEN.finditer(text):
        try:
            imei = Imei(re.sub(r"[-. ]", "", found.group()))
        except NumberError:
            continue
        if not imei.is_test and imei.digits not in DOCUMENTATION_IMEIS:
            yield imei.digits


def complaints() -> Iterator[str]:
    """One line for each thing that must not be there."""
    for path in files():
        text = path.read_bytes().decode("utf-8", "replace")
        name = path.relative_to(ROOT)
        yield from (f"{name}: names the registry host {host}" for host in registries_in(text))
        yield from (
            f"{name}: holds an IMEI outside the test ranges, ending in {i[-4:]}" for i in foreign_imeis_in(text)
        )


if __name__ == "__main__":
    told = list(complaints())
    print("\n".join(told) or f"tree: {len(files())} files, no registry hosts, no foreign IMEIs")
    sys.exit(1 if told else 0)
