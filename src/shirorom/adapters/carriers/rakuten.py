"""Rakuten Mobile's check page: one document; its script asks and fills the result's place."""

from __future__ import annotations

from shirorom.adapters.flow import Ask


class RakutenPage:
    """Ask by the page's script; the answer comes into the same document."""

    async def ask(self, ask: Ask) -> None:
        """Open, type (which enables the button), press, and wait until the place is another."""
        await ask.open()
        await ask.fill()
        await ask.press()
        await ask.new_content()
