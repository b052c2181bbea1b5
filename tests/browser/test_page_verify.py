"""The page behind a sheet's QR code: the digest in the address is compared with the file, and never sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from shirorom.adapters.texts_toml import Texts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Device
from shirorom.edge.sheet_view import page_of
from tests.browser.page_kit import chromium, watched
from tests.web_kit import ONE, Kit, served, settings_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the module."""
    async with chromium() as started:
        yield started


@pytest.mark.parametrize(("mine", "said"), [(True, "記録書と同じです"), (False, "記録書ではありません")])
async def test_digest_of_the_qr_code_is_compared(browser: Browser, tmp_path: Path, mine: bool, said: str) -> None:
    """The page's own PDF is the same; another page's digest is told to be another."""
    kit = Kit(tmp_path, settings_of())
    kit.record(ONE, CarrierId.AU, "○")
    assert kit.parts.proof is not None
    made = kit.parts.proof.attest(Device((ONE,)))
    pdf = page_of(kit.parts.proof.view(), made.bundle, Texts.load("ja"), full=False).file
    digest = sha256(made.file).hexdigest() if mine else "0" * 64
    async with served(kit) as origin, watched(browser, origin) as seen:
        await seen.page.goto(f"{origin}/verify#{digest}")
        await expect(seen.page.locator("#from-qr [data-when=asked]")).to_be_visible()
        await seen.page.set_input_files("#file", {"name": "s.pdf", "mimeType": "application/pdf", "buffer": pdf})
        await seen.page.click("form[data-keeps-digest] button")
        await expect(seen.page.locator("#from-qr p:visible", has_text=said)).to_be_visible()
        await expect(seen.page.locator("#outcome")).to_contain_text("確認できました")
    kit.close()
