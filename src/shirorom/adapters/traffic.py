"""What the network tells of a page: whether it waits, what its document came to, whether its question was answered."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shirorom.adapters.gate import Gate, Target
from shirorom.domain.answer import changed
from shirorom.domain.errors import CellError

if TYPE_CHECKING:
    from playwright.async_api import Page, Request, Response

BYTES_MAX = 20 * 1024 * 1024
"""Of one question: on the wire (the gate counts) and unfolded (counted here)."""
UNREAD_S_MAX = 0.5
"""A script may leave a response unread; so long it is waited for."""
_LOST = (
    "CONNECTION",
    "EMPTY_RESPONSE",
    "NAME_",
    "ADDRESS_",
    "TUNNEL",
    "PROXY",
    "SSL",
    "CERT",
    "TIMED_OUT",
    "NETWORK",
    "SOCKET",
    "MISMATCH",
    "INCOMPLETE",
)
"""Chromium's errors (net::ERR_…) that mean a line that failed; any other is an answer that is no page."""


class Traffic:
    """Follows one page's requests.

    Attributes:
        home: Where the carrier lives; a document from elsewhere is none of its.
        question: The number asked, once it was typed: a script's request that carries it is the question itself.
        status: HTTP status of the present document.
        question_failed: HTTP status (400 and more) of a script's question, -1 when it was lost, else 0.
    """

    def __init__(self, page: Page, gate: Gate) -> None:
        self._page = page
        self._gate = gate
        self._in_flight: dict[Request, float] = {}  # when its response began; 0.0: it has not
        self._received = 0
        self._document_failed = ""
        self._stirred = asyncio.Event()
        self.home: frozenset[Target] = frozenset()
        self.question = ""
        self.status = 0
        self.question_failed = 0
        page.on("request", self._asked)
        page.on("response", self._answered)
        page.on("requestfinished", self._done)
        page.on("requestfailed", self._failed)
        page.on("domcontentloaded", lambda _: self._stirred.set())
        page.on("load", lambda _: self._stirred.set())

    @property
    def busy(self) -> bool:
        """Whether the page still waits for the network (not for a response that its script leaves unread)."""
        oldest = time.monotonic() - UNREAD_S_MAX
        return any(
            began == 0.0 or self._is_document(request) or began > oldest for request, began in self._in_flight.items()
        )

    async def stir(self, wait_s: float) -> None:
        """Return when something moved on the network, or after `wait_s`."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stirred.wait(), wait_s)
        self._stirred.clear()

    def refuse_failures(self) -> None:
        """Raise what the network has told so far.

        Raises:
            CellError: `carrier-unreachable`, `carrier-error`, `page-changed` (led elsewhere, too big).
        """
        if self._received > BYTES_MAX or self._gate.overflow.is_set():
            raise changed("too-big")
        if self._gate.unreachable or self._document_failed == "lost" or self.question_failed < 0:
            raise CellError("carrier-unreachable")
        if self._document_failed == "refused":
            raise CellError("carrier-error", why="no-page")
        if self._document_failed == "off-origin":
            raise changed("off-origin")

    def count(self, event: Mapping[str, Any]) -> None:
        """Note bytes that reached the page (CDP `Network.dataReceived`)."""
        self._received += int(event.get("dataLength", 0))

    def _is_document(self, request: Request) -> bool:
        return request.is_navigation_request() and request.frame == self._page.main_frame

    def _is_home(self, url: str) -> bool:
        return url.startswith(("http://", "https://")) and Target.of(url) in self.home

    def _carries_question(self, request: Request) -> bool:
        if not self.question or not self._is_home(request.url):
            return False
        return self.question in request.url or self.question in (request.post_data or "")

    def _asked(self, request: Request) -> None:
        self._in_flight[request] = 0.0

    def _answered(self, response: Response) -> None:
        if response.request in self._in_flight:
            self._in_flight[response.request] = time.monotonic()
        if self._is_document(response.request):
            self.status = response.status
            self._document_failed = "" if self._is_home(response.url) else "off-origin"
        elif response.status >= 400 and self._carries_question(response.request):
            self.question_failed = response.status
        self._stirred.set()

    def _done(self, request: Request) -> None:
        self._in_flight.pop(request, None)
        self._stirred.set()

    def _failed(self, request: Request) -> None:
        self._in_flight.pop(request, None)
        failure = request.failure or ""
        if not self._is_document(request):
            if self._carries_question(request):
                self.question_failed = -1
        elif "ERR_ABORTED" not in failure:  # that one is a new navigation, a download, a 204: the page stays
            lost = "lost" if any(word in failure for word in _LOST) else "refused"
            self._document_failed = lost if self._is_home(request.url) else "off-origin"
        self._stirred.set()
