"""Bodies on their way under one timer: the slow are given up, nobody else is, in whichever loop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shirorom.domain.errors import RequestError
from shirorom.edge.http.body import Patience, whole


async def _never() -> Any:
    await asyncio.Event().wait()


async def _once() -> Any:
    await asyncio.sleep(0)
    return {"type": "http.request", "body": b"x", "more_body": False}


def test_the_slow_are_given_up_and_the_others_are_not() -> None:
    """`body-too-slow` for each that waits, the body for each that came; again in a second loop."""
    patience = Patience(0.04)

    async def story() -> list[Any]:
        calls = [patience.wait(whole(receive, 9)) for receive in (_never, _once, _never)]
        return await asyncio.gather(*calls, return_exceptions=True)

    for _ in range(2):
        slow, came, too = asyncio.run(story())
        assert (slow.code, came, too.code) == ("body-too-slow", b"x", "body-too-slow")


async def test_who_is_cancelled_by_another_stays_cancelled() -> None:
    """A server that stops is not told that a body was slow."""
    task = asyncio.create_task(Patience(60).wait(whole(_never, 9)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_limit_is_a_limit() -> None:
    """Size and framing as `read_body` has them."""
    with pytest.raises(RequestError, match="body-too-large"):
        await Patience(60).wait(whole(_once, 0))
