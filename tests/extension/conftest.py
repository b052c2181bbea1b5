"""One browser with the extension for each module of tests; the shop's server is a fixture that can be another one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from shirorom.domain.carrier import CarrierId
from shirorom.edge.practice import Practice, start
from tests.extension.fake_shop import FakeShop
from tests.extension.kit import Clerk, browser


@pytest.fixture(scope="module")
def practice() -> Iterator[Practice]:
    """The four practice carriers, with the numbers that get lying pages."""
    with start(evil=True) as running:
        yield running


@pytest.fixture(scope="module")
def shop(practice: Practice) -> Iterator[FakeShop]:
    """The shop's server."""
    running = FakeShop(practice)
    yield running
    running.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def paired(tmp_path_factory: pytest.TempPathFactory, practice: Practice, shop: FakeShop) -> AsyncIterator[Clerk]:
    """A browser that is paired, with all four carriers on."""
    async with browser(tmp_path_factory.mktemp("chromium"), practice, shop) as clerk:
        settings = await clerk.pair()
        await clerk.switch_on(settings, *CarrierId)
        yield clerk


@pytest_asyncio.fixture(loop_scope="module")
async def clerk(paired: Clerk) -> AsyncIterator[Clerk]:
    """The same, tidied up: no tabs, no queue, nothing kept. Afterwards nobody else may have been called."""
    await paired.tidy()
    yield paired
    assert paired.strays() == []
