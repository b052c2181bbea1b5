"""The way from a carrier's form to its answer, in steps that page objects put together; what every detour is called.

Nothing is solved and nothing is ticked: a CAPTCHA or a consent ends the question with `needs-person`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from shirorom.adapters.tab import Tab
from shirorom.domain.answer import Judged, Seen, changed, judge
from shirorom.domain.carrier import CarrierFacts
from shirorom.domain.errors import CellError
from shirorom.domain.glyphs import GlyphTable
from shirorom.domain.imei import Imei

LATER_MS = (2_000, 170, 45)
"""Moments of the page's own time at which an answer must still be the same: swapped and flickering ones are not."""
GRACE_S = 0.3
"""A page at rest that shows no answer gets so long to draw one, besides the first of the times above."""
QUIET_S = 2.5
"""A press after which nothing at all happens for so long has failed."""
FORM_S_MAX = 2.0
BUTTON_S_MAX = 0.5
"""A form whose button is not the one we know is sent by the enter key, after so long."""
PRESS_S_MAX = 3.0
POLL_S = 0.04


class CarrierPage(Protocol):
    """One carrier's page: the steps in which it is asked."""

    async def ask(self, ask: Ask) -> None:
        """Take the steps; afterwards the answer stands on the page, or an error was raised."""
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """The answer, and the page as it was shown."""

    judged: Judged
    page: bytes
    screenshot: bytes


class Ask:
    """One question on one tab."""

    def __init__(self, tab: Tab, facts: CarrierFacts, glyphs: GlyphTable, imei: Imei) -> None:
        self._tab = tab
        self._facts = facts
        self._glyphs = glyphs
        self._imei = imei
        self._before: Seen | None = None

    async def open(self) -> None:
        """Open the check page and wait until its form can be used.

        Raises:
            CellError: the carrier cannot be reached, answers with an error, is closed, wants a person, or has no form.
        """
        loop = asyncio.get_running_loop()
        await self._tab.open(self._facts.page.path)
        rest_since: float | None = None
        followed = False
        while True:
            seen = await self._look()
            if self._wants_person(seen) or (seen.markers.captcha_words and not seen.form.field):
                raise CellError("needs-person")
            at_rest = seen.ready and not self._tab.traffic.busy
            rest_since = (rest_since or loop.time()) if at_rest else None
            if seen.form.field and (seen.form.submit or self._rested(rest_since, BUTTON_S_MAX)):
                self._before = seen
                return
            if at_rest and seen.markers.maintenance:
                raise CellError("carrier-maintenance")
            if at_rest and not followed and not seen.form.field and await self._tab.follow(self._facts.page.path):
                followed, rest_since = True, None  # a page before the form that leads to it
            elif self._rested(rest_since, FORM_S_MAX):
                raise changed("no-form")
            await self._tab.traffic.stir(POLL_S)

    @staticmethod
    def _rested(since: float | None, wait_s: float) -> bool:
        return since is not None and asyncio.get_running_loop().time() - since > wait_s

    async def fill(self) -> None:
        """Type the number."""
        if not await self._tab.fill(self._imei.digits):
            raise changed("no-field")

    async def press(self) -> None:
        """Press the button that asks, as soon as it can be pressed (a script may enable it)."""
        end = asyncio.get_running_loop().time() + PRESS_S_MAX
        while not await self._tab.press():
            if asyncio.get_running_loop().time() > end:
                raise changed("no-button")
            await self._tab.traffic.stir(POLL_S)

    async def new_document(self) -> None:
        """Wait until the press has led to another document."""
        await self._wait(lambda seen, before: seen.document != before.document)

    async def new_content(self) -> None:
        """Wait until the press has changed the answer's place (or led to another document)."""
        await self._wait(
            lambda seen, before: (
                (seen.document, seen.places, seen.form.field) != (before.document, before.places, before.form.field)
            )
        )

    async def _wait(self, is_new: _IsNew) -> None:
        assert self._before is not None
        loop = asyncio.get_running_loop()
        rest_since = loop.time()
        while True:
            seen = await self._look()
            if is_new(seen, self._before):
                return
            if self._tab.traffic.busy:
                rest_since = loop.time()
            elif loop.time() - rest_since > QUIET_S:
                raise self._explain(seen, changed("nothing-happened"))
            await self._tab.traffic.stir(POLL_S)

    async def evidence(self) -> Evidence:
        """The answer with the page that shows it: read before and after the picture, and equal.

        Raises:
            CellError: no answer, or not beyond doubt, or the page would not keep still.
        """
        judged = await self._settled()
        for milliseconds in LATER_MS:
            await self._tab.pass_time(milliseconds)
            judged = await self._still(judged)
        html = await self._tab.html()
        picture = await self._tab.picture()
        if await self._still(judged) != judged:
            raise changed("not-steady")
        return Evidence(judged, html, picture)

    async def _still(self, judged: Judged) -> Judged:
        """Look again: the symbol must be the same; words may have come late."""
        again = await self._settled()
        if again.glyph != judged.glyph:
            raise changed("not-steady")
        return again

    async def _settled(self) -> Judged:
        """The answer once the page is at rest."""
        loop = asyncio.get_running_loop()
        rest_since: float | None = None
        waited = False
        while True:
            seen = await self._look()
            at_rest = seen.ready and not self._tab.traffic.busy
            rest_since = (rest_since or loop.time()) if at_rest else None
            if rest_since is not None:
                try:
                    return self._judge(seen)
                except CellError as error:
                    if self._is_detour(seen) or (waited and loop.time() - rest_since > GRACE_S):
                        raise self._explain(seen, error) from None
                    if not waited:
                        await self._tab.pass_time(LATER_MS[0])
                        waited = True
            await self._tab.traffic.stir(POLL_S)

    def _judge(self, seen: Seen) -> Judged:
        paths = self._facts.page.result_paths
        if paths and not seen.path.startswith(paths):
            raise changed("other-path")
        if self._tab.traffic.question_failed:
            raise CellError("carrier-error", status=self._tab.traffic.question_failed)
        return judge(seen, facts=self._facts, glyphs=self._glyphs, asked=self._imei)

    async def _look(self) -> Seen:
        """Look, after the network has had its say."""
        self._tab.traffic.refuse_failures()
        seen = await self._tab.look()
        self._tab.traffic.refuse_failures()
        if self._tab.traffic.status >= 400 and seen.ready:
            raise self._failed(seen, self._tab.traffic.status)
        return seen

    def _failed(self, seen: Seen, status: int) -> CellError:
        if seen.markers.maintenance:
            return CellError("carrier-maintenance")
        return CellError("carrier-error", status=status)

    def _wants_person(self, seen: Seen) -> bool:
        markers = seen.markers
        return markers.captcha or markers.consent or (markers.captcha_words and seen.form.others > 0)

    def _is_detour(self, seen: Seen) -> bool:
        """Whether the page says by itself that there will be no answer now."""
        return self._wants_person(seen) or seen.markers.maintenance or self._tab.traffic.question_failed > 0

    def _explain(self, seen: Seen, error: CellError) -> CellError:
        """What kept the answer away, if the page tells; else the error as it is."""
        if error.code == "echo-mismatch":
            return error
        if self._wants_person(seen):
            return CellError("needs-person")
        if seen.markers.maintenance:
            return CellError("carrier-maintenance")
        return error


class _IsNew(Protocol):
    def __call__(self, seen: Seen, before: Seen, /) -> bool: ...
