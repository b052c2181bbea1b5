"""Starts the browser once, for `doctor`: whether it starts, its version, whether it has a sandbox."""

from __future__ import annotations

import asyncio

from shirorom.adapters.chromium import Chromium
from shirorom.service.doctor import Browser
from shirorom.service.settings import BrowserSettings


def look_at_browser(settings: BrowserSettings) -> Browser:
    """Start it and end it. Raises CellError: `browser-missing`, `browser-unsafe`."""
    return asyncio.run(_look(settings))


async def _look(settings: BrowserSettings) -> Browser:
    chromium = await Chromium.start(settings)
    try:
        return Browser(chromium.browser.version, chromium.sandboxed)
    finally:
        await chromium.close()
