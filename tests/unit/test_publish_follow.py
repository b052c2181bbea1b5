"""Publishing while the app runs: new entries come out by themselves, and no witness holds them up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.domain.errors import ShiroromError
from shirorom.log.note import SignatureKind
from shirorom.service.follow import Follow
from tests.publishing_kit import PublishedLog

KEY = Ed25519Signer("witness.example/w1", bytes(32), SignatureKind.COSIGNATURE).key


class Stuck:
    """A witness that says nothing until it is let."""

    key = KEY

    def __init__(self) -> None:
        self.let, self.asked = threading.Event(), 0

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        self.asked += 1
        self.let.wait(20)
        raise ShiroromError("log-unreachable", why="test")


@asynccontextmanager
async def following(shop: PublishedLog) -> AsyncIterator[Follow]:
    follow = Follow(lambda: shop.publish, "practice", between_s=0.01, again_s=0.05)
    task = asyncio.create_task(follow())
    try:
        yield follow
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(what: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not what():  # noqa: ASYNC110  # a file tells nobody that it changed
            await asyncio.sleep(0.01)


def size_of(shop: PublishedLog) -> int:
    return shop.published().checkpoint.size if shop.shelf.get("checkpoint") else -1


async def test_what_is_recorded_comes_out_by_itself(tmp_path: Path):
    """Again and again, without anybody asking for it."""
    shop = PublishedLog(tmp_path / "data")
    async with following(shop):
        for size in (1, 2):
            shop.grow(1)
            await until(lambda size=size: size_of(shop) == size)  # type: ignore[misc]
    shop.close()


async def test_a_witness_that_hangs_holds_nothing_up(tmp_path: Path):
    """The next checkpoint comes out while it is still being asked; then it is asked again."""
    stuck = Stuck()
    shop = PublishedLog(tmp_path / "data", witnesses=[stuck])
    shop.grow(1)
    async with following(shop):
        await until(lambda: stuck.asked == 1)
        shop.grow(1)
        await until(lambda: size_of(shop) == 2)
        assert stuck.asked == 1
        stuck.let.set()
        await until(lambda: stuck.asked >= 3)
    shop.close()


async def test_a_failure_is_logged_by_its_code_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """A damaged memory is told, and the app goes on."""
    shop = PublishedLog(tmp_path / "data")
    shop.grow(1)
    shop.heads.advance(shop.log.origin, b"damaged", expected=None)
    async with following(shop):
        await until(lambda: "practice log-corrupt" in caplog.text)
        (tmp_path / "data" / "publish" / "heads.sqlite").unlink()
        await until(lambda: size_of(shop) == 1)
    shop.close()
