"""The evil mode: which number gets which hostile or lying page, and the small helpers that those pages call."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.edge.practice.catalogue import EVIL_TAC
from shirorom.edge.practice.hostile import HOSTILE
from shirorom.edge.practice.lying import LYING
from shirorom.edge.practice.scene import Evil, Scene
from shirorom.edge.practice.server import Request, Response

__all__ = ["HOSTILE", "LYING", "Evil", "EvilMode", "evil_numbers"]

_FIRST_HOSTILE = 1
_FIRST_LYING = 500_001


@cache
def evil_numbers() -> Mapping[Imei, Evil]:
    """Every number of the evil mode with its page, hostile ones first. The numbers are EVIL_TAC and a serial number,
    from 000001 (hostile) and from 500001 (lying), in the order of the two lists.
    """
    numbers = {}
    for first, those in ((_FIRST_HOSTILE, HOSTILE), (_FIRST_LYING, LYING)):
        for serial, evil in enumerate(those, first):
            numbers[Imei.of_key(f"{EVIL_TAC}{serial:06d}")] = evil
    return MappingProxyType(numbers)


class EvilMode:
    """Answers in the sites' stead. `stray` is the origin of the trap, another port of loopback."""

    def __init__(self, stray: str) -> None:
        self._stray = stray

    def answer(self, carrier: CarrierId, imei: Imei, origin: str) -> Response | None:
        """The evil page of this number at this carrier, if there is one."""
        evil = evil_numbers().get(imei)
        if evil is None or carrier not in evil.carriers:
            return None
        return evil.page(Scene(carrier, imei, origin, self._stray))

    def front(self, name: str, carrier: CarrierId, origin: str) -> Response:
        """An evil page in the form's stead, before any number is known. Raises StopIteration for an unknown name."""
        evil = next(evil for evil in evil_numbers().values() if evil.name == name)
        return evil.page(Scene(carrier, _NOBODY, origin, self._stray))

    def helper(self, request: Request) -> Response | None:
        """What evil pages load from their own origin."""
        return _HELPERS.get(request.path)


_NOBODY = Imei.of_key(f"{EVIL_TAC}999999")

_HELPERS = {
    "/evil/loop": Response(status=302, headers=(("Location", "/evil/loop"),)),
    "/evil/loop-post": Response(status=308, headers=(("Location", "/evil/loop-post"),)),
    "/evil/file": Response(
        b"MZ" + b"\0" * 4096, content_type="application/octet-stream",
        headers=(("Content-Disposition", "attachment; filename=setup.exe"),),
    ),
    "/evil/nest": Response("<meta charset=utf-8><p>○</p><iframe src='/evil/nest?'></iframe>".encode()),
    "/evil/worker.js": Response(
        "onfetch=e=>e.respondWith(new Response('○',{headers:{'Content-Type':'text/html; charset=utf-8'}}));"
        "oninstall=()=>skipWaiting();onactivate=e=>e.waitUntil(clients.claim());".encode(),
        content_type="text/javascript; charset=utf-8", headers=(("Service-Worker-Allowed", "/"),),
    ),
}  # fmt: skip
