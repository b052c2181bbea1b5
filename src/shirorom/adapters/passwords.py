"""The list of what is tried first (`data/passwords.txt`)."""

from __future__ import annotations

from functools import cache
from importlib import resources


@cache
def known_passwords() -> frozenset[str]:
    """Folded words, without the list's own comments."""
    text = (resources.files("shirorom") / "data" / "passwords.txt").read_text(encoding="utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))
