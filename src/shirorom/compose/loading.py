"""Loads and builds without the collector of garbage in between."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """While modules are loaded and parts are built; what stands then stays, and the collector never looks at it.

    All of it is in use, but the collector cannot know: going through it again and again took a tenth of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
