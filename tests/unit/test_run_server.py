"""What a server's event loop is (edge/web/serve.py `run_server`)."""

from __future__ import annotations

import asyncio
import sys

import pytest

from shirorom.edge.web.serve import run_server


def loop_of() -> str:
    """The module of the loop that a server runs by."""
    found = []

    async def serving() -> None:
        found.append(type(asyncio.get_running_loop()).__module__)

    run_server(serving())
    return found[0]


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not made for Windows")
def test_libuv_where_there_is_one() -> None:
    """A server runs by uvloop."""
    assert loop_of() == "uvloop"


def test_asyncio_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where uvloop is not installed, by asyncio's own."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    assert loop_of().startswith("asyncio.")


def test_a_failure_comes_out() -> None:
    """What ends a server is raised, and its loop is closed."""

    async def serving() -> None:
        raise RuntimeError("ended")

    with pytest.raises(RuntimeError, match="ended"):
        run_server(serving())
