"""Seconds of one call: on the wall, or of the processor in the best of some rounds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

ROUNDS = 3


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds on the wall, and what came."""
    begin = time.perf_counter()
    came = call()
    return time.perf_counter() - begin, came


def best(call: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Seconds of the processor, all threads, in the best of some rounds: neighbours on the machine count less."""
    took = []
    for _ in range(rounds):
        begin = time.process_time()
        call()
        took.append(time.process_time() - begin)
    return min(took)
