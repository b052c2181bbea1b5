"""A new desk's database is a copy of one that was migrated once in this process: hundreds of tests want an empty one.

Only what a test process opens itself: a command in a process of its own migrates, and so does every desk that is there
already. `tests/unit/test_desk_ready.py` holds the copy against a desk that was migrated on the spot.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from shirorom.adapters.desk_file import copy
from shirorom.adapters.desk_sql import database
from shirorom.adapters.durable import make_private, private_directory

MAKE = database._make
"""What the product itself does: an empty file, which is migrated then."""


def install() -> None:
    """From now on new desks of this process are copies."""
    database._make = _make


@cache
def migrated() -> bytes:
    """The file of a desk that was migrated from nothing."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        MAKE(data / database.NAME)  # there, and empty: it is not copied
        database.Desk(data).close()
        copy(data / database.NAME, Path(folder) / "copy")
        return (Path(folder) / "copy").read_bytes()


def _make(path: Path) -> None:
    if not path.exists():
        make_private(path.parent)
        private_directory(path.parent)
        _put(path, migrated())
    MAKE(path)


def _put(path: Path, content: bytes) -> None:
    """Whole or not at all, as another thread may open the same one now; who comes second finds it there."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with open(handle, "wb") as file:
        file.write(content)
    with suppress(FileExistsError):
        os.link(name, path)
    os.unlink(name)
