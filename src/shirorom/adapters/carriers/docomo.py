"""docomo's check page: a form, then a new document with two result panels."""

from __future__ import annotations

from shirorom.adapters.flow import Ask


class DocomoPage:
    """Ask by the form; the answer comes as a new document."""

    async def ask(self, ask: Ask) -> None:
        """Open, type, press, and wait for the document that follows."""
        await ask.open()
        await ask.fill()
        await ask.press()
        await ask.new_document()
