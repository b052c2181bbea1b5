"""What an evil page is: its name, what it tries, what may come of reading it, and how it is made for one question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.edge.practice import pages
from shirorom.edge.practice.pages import Shown
from shirorom.edge.practice.server import Response

ALL = frozenset(CarrierId)
NEUTRAL = "照会の結果です。"
"""A sentence that gives no lie away."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One question to the evil mode. `stray` is the origin of the trap: a request that arrives there went astray."""

    carrier: CarrierId
    imei: Imei
    origin: str
    stray: str


@dataclass(frozen=True, slots=True)
class Evil:
    """One evil page.

    Attributes:
        name: Stable; says what it is.
        tries: What it tries, in one line.
        expected: The only mark that may come of it. None: no mark at all may. Giving no mark is always safe (a reader
            may refuse any of these pages); giving another mark means that the reader was fooled.
        page: Makes the answer to one question.
        carriers: At which carriers it is served; elsewhere its number gets the default answer.
    """

    name: str
    tries: str
    expected: Mark | None
    page: Callable[[Scene], Response]
    carriers: frozenset[CarrierId] = ALL


def show(scene: Scene, shown: Shown) -> Response:
    """The carrier's ordinary result page with something in it."""
    return html(scene, pages.result(scene.carrier, shown))


def html(scene: Scene, text: str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """A page in the carrier's own encoding."""
    content_type = f"text/html; charset={pages.ENCODINGS[scene.carrier]}"
    return Response(pages.encode(scene.carrier, text), status, content_type, headers)
