"""How often a long test repeats: a twentieth in `make test`, all of it under `make soak`."""

from __future__ import annotations

import os


def scaled(count: int) -> int:
    """`count` under SHIROROM_SOAK=1, else a twentieth of it, at least 1."""
    return count if os.environ.get("SHIROROM_SOAK") == "1" else max(1, count // 20)
