"""SoftBank's check page: a form that posts to itself; the answer is a cell in large type."""

from __future__ import annotations

from shirorom.adapters.flow import Ask


class SoftbankPage:
    """Ask by the form; the answer comes as a new document."""

    async def ask(self, ask: Ask) -> None:
        """Open, type, press, and wait for the document that follows."""
        await ask.open()
        await ask.fill()
        await ask.press()
        await ask.new_document()
