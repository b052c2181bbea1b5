"""Thousands of made-up result pages: what they say is read, what they only seem to say is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random

import pytest
import pytest_asyncio

from shirorom.adapters.tab import reader_source
from shirorom.domain.mark import Mark
from tests.browser_kit import Desk, Told
from tests.carrier_lies import lying
from tests.carrier_pages import Made, honest
from tests.scale import scaled

pytestmark = pytest.mark.asyncio(loop_scope="module")

BATCH = 50
HONEST, LYING = scaled(40_000), scaled(60_000)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def desk() -> AsyncIterator[Desk]:
    desk = await Desk.open()
    yield desk
    await desk.close()


def _tell(seed: int, made: Made, told: Told) -> str:
    return f"seed {seed}, {made.carrier.value}, {made.what}: {told.outcome} {told.how}, truth {made.mark}\n{made.html}"


async def test_honest_pages_are_read_right(desk: Desk) -> None:
    """Whatever the facts leave open (order, other text, white space, classes, legend), an honest answer is read."""
    for first in range(0, HONEST, BATCH):
        made = [honest(Random(seed)) for seed in range(first, first + BATCH)]
        for seed, (page, told) in enumerate(zip(made, await desk.read(made), strict=True), first):
            assert told.mark is page.mark, _tell(seed, page, told)


async def test_lying_pages_fool_nobody(desk: Desk) -> None:
    """A page that only seems to say ○ or － never gives a mark that a person would not see there."""
    for first in range(0, LYING, BATCH):
        made = [lying(Random(seed)) for seed in range(first, first + BATCH)]
        for seed, (page, told) in enumerate(zip(made, await desk.read(made), strict=True), first):
            assert told.mark is None or told.mark is page.mark, _tell(seed, page, told)


@pytest.mark.parametrize(
    ("guard", "weak", "lie"),
    [
        ("if (!readable(element)) return;", "", "hidden-only"),
        ("if (inside(piece.element, ghost)) continue;", "continue;", "replaced"),
        ("if (veiled(piece.element, glyph))", "if (false)", "replaced"),
        ("if (coveredAt(root, boxed, x, y))", "if (false)", "replaced"),
        ("generated(one).forEach((flag) => flags.add(flag));", "", "replaced"),
        ("rivals = seen.filter((other) => other !== one)", "rivals = []", "second-place"),
    ],
)
async def test_control_without_a_guard_a_lie_is_believed(desk: Desk, guard: str, weak: str, lie: str) -> None:
    """Each guard of the reader is needed: without it some lie gives a false ○ or －, and these tests would fail."""
    source = reader_source()
    assert guard in source
    found = False
    for first in range(0, 6_000, BATCH):
        made = [page for page in (lying(Random(seed)) for seed in range(first, first + BATCH)) if page.what == lie]
        for page, told in zip(made, await desk.read(made, source=source.replace(guard, weak)), strict=True):
            found = found or (told.mark in (Mark.CLEAR, Mark.NO_RECORD) and told.mark is not page.mark)
        if found:
            return
    pytest.fail(f"nothing believed a lie of the kind {lie} without the guard")
