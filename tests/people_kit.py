"""A shop with people: an app whose owner, staff and programs can be had with one call each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from shirorom.domain.desk.people import Person, Role
from shirorom.service.people import People
from shirorom.service.sessions import Caller
from shirorom.service.settings import Settings
from tests.logs import SetClock
from tests.web_kit import BASE, Kit, settings_of

NAME, PASSWORD = "田中", "kaze to yama no aida"
TLS = "https://127.0.0.1"
CALLER = Caller(network="192.168.1.20", label="Windows Chrome")
TABLET = Caller(network="192.168.1.21", label="iPad Safari")


class Browser(TestClient[Any]):
    """Calls the app without its start and end around it, so that several may call at once."""

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was begun."""


@dataclass
class Shop:
    """The app, its people, and a clock that stands where it is put."""

    kit: Kit
    clock: SetClock
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def people(self) -> People:
        """The service."""
        assert self.kit.people is not None
        return self.kit.people

    def owner(self) -> int:
        """Make the owner; returns their id."""
        signed, _ = self.people.set_up(self.people.offer_setup(), NAME, PASSWORD, None, CALLER)
        return signed.person.id

    def staff(self, name: str = "佐藤") -> tuple[int, str]:
        """Somebody with a card; returns id and code."""
        person = self.people.add(name)
        return person, self.people.new_staff_code(person)

    def session(self, person: int, role: Role, *, by_code: bool = False) -> str:
        """A session without its sign-in."""
        return self.people.sessions.open(person, role, CALLER, by_code=by_code)

    def token(self, person: int, name: str = "佐藤") -> str:
        """A program's token."""
        pairing = self.kit.parts.pairing
        assert pairing is not None
        code, _ = pairing.offer(Person(person, name, Role.STAFF))
        return pairing.take(code, label="Chrome", network="192.168.1.30")[0]

    def client(self, session: str | None = None, *, base: str = BASE, **cookies: str) -> Browser:
        """A browser; with a session it sends the cookie that the app would have given it."""
        made = Browser(self.kit.app, base_url=base)
        made.follow_redirects = False
        if session is not None:
            made.cookies.set("__Host-shirorom" if base.startswith("https") else "shirorom", session)
        for name, value in cookies.items():
            made.cookies.set(name.replace("_", "-"), value)
        return made

    def close(self) -> None:
        """Let go of the files."""
        self.kit.close()


def shop_of(data: Path, *, settings: Settings | None = None, **options: Any) -> Shop:
    """A shop where nobody was set up yet."""
    clock = SetClock()
    return Shop(Kit(data, settings or settings_of(), people=True, clock=clock, **options), clock)


class Faces:
    """Two people of a shop, Anna (owner) and Ben (staff), made with the first call that is one of theirs.

    `who_of` says whose a call is; "" is nobody's: before there is anybody, that is the operator of this machine.
    """

    def __init__(self, kit: Kit, app: Litestar, who_of: Callable[[Any], str]) -> None:
        self._kit, self._who_of, self._inner = kit, who_of, app.asgi_handler
        self._sessions: dict[str, str] = {}
        app.asgi_handler = self._call

    async def _call(self, scope: Any, receive: Any, send: Any) -> None:
        name = self._who_of(scope)
        if name:
            cookie = (b"cookie", f"shirorom={self._session(name)}".encode())
            scope["headers"] = [*(one for one in scope["headers"] if one[0] != b"cookie"), cookie]
        await self._inner(scope, receive, send)

    def _session(self, name: str) -> str:
        people = self._kit.people
        assert people is not None
        if not self._sessions:
            signed, _ = people.set_up(people.offer_setup(), "Anna", PASSWORD, None, CALLER)
            self._sessions = {
                "anna": people.sessions.open(signed.person.id, Role.OWNER, CALLER, by_code=False),
                "ben": people.sessions.open(people.add("Ben"), Role.STAFF, CALLER, by_code=False),
            }
        return self._sessions[name]


def set_cookies(answer: Any) -> dict[str, str]:
    """What an answer sets: name → the whole header line."""
    lines = answer.headers.get_list("set-cookie")
    return {line.partition("=")[0]: line for line in lines}


def code_shown(page: str) -> str:
    """The pairing code on a page."""
    found = re.search(r'id="pairing-code">([^<]+)<', page)
    assert found is not None
    return found[1]
