"""What every page has: language, band, links. And how an answer becomes an HTML response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Request
from litestar.datastructures import Cookie
from litestar.response import Response

from shirorom import __version__
from shirorom.domain.errors import ShiroromError
from shirorom.edge.api.looking import Looking
from shirorom.edge.http.language import COOKIE, LANGUAGES, NAMES, Language, choose, known, tag_of
from shirorom.edge.http.limits import Limiter, limiter_of
from shirorom.edge.http.problems import told
from shirorom.edge.web.asking import Asking
from shirorom.edge.web.jobs import Job
from shirorom.edge.web.look import Speech, practice_site
from shirorom.edge.web.parts import Parts
from shirorom.edge.web.ruby import drawn
from shirorom.edge.web.templating import render
from shirorom.edge.web.who import Person, Role, person_of

YEAR_S = 31_536_000

NAV = (
    ("check", "/", "ui.title_check", False),
    ("counter", "/counter", "counter.nav", True),
    ("stock", "/stock", "stock.nav", True),
    ("register", "/register", "registry.nav", True),
    ("guide", "/guide", "ui.nav_guide", False),
    ("help", "/help", "ui.nav_help", False),
    ("people", "/people", "people.nav", True),
)
"""The menu: name of the place, address, key of its word, and whether it is for the shop's people alone."""

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class Web:
    """The app's own state: what the handlers work with."""

    parts: Parts
    asking: Asking
    practice: bool
    limiter: Limiter
    looking: Looking | None = None

    @classmethod
    def of(cls, parts: Parts, asking: Asking) -> Web:
        """The state for these parts."""
        looking = None
        if parts.lookups is not None:
            looking = Looking(parts.lookups, parts.clock, parts.settings.verdict.age_h_max)
        practice = practice_site(parts.settings, parts.facts)
        return cls(parts, asking, practice, limiter_of(parts.settings.api), looking)


def web_of(request: AnyRequest) -> Web:
    """The app's state."""
    web: Web = request.app.state["web"]
    return web


def by_of(request: AnyRequest) -> str:
    """Whom the record names: the person's name, else the configured operator."""
    person = person_of(request)
    return person.name if person is not None else web_of(request).parts.settings.operator


def id_of(request: AnyRequest) -> str:
    """Which check an address names."""
    id_: str = request.path_params["id_"]
    return id_


def is_practice(request: AnyRequest, job: Job | None) -> bool:
    """Whether what is shown is practice: by its carriers, or by the number asked for."""
    return web_of(request).practice or (job is not None and job.device.is_test)


def language_of(request: AnyRequest) -> Language:
    """The reader's language."""
    return choose(
        asked=request.query_params.get("lang"),
        remembered=request.cookies.get(COOKIE),
        accept=request.headers.get("accept-language"),
    )


def speech_of(request: AnyRequest) -> Speech:
    """Words, names and the present moment for this reader."""
    parts = web_of(request).parts
    language = language_of(request)
    return Speech(language, parts.words(language), parts.facts, parts.clock.now())


def page(
    request: AnyRequest,
    template: str,
    *,
    status: int = 200,
    here: str = "check",
    url: str | None = None,
    job: Job | None = None,
    **context: object,
) -> Response[bytes]:
    """Render a page (or a part of one). `url` is its address when it is shown again by GET."""
    web, speech = web_of(request), speech_of(request)
    address = url or str(request.url.path)
    others = [
        {"name": NAMES[other], "tag": tag_of(other), "url": f"{address}?{urlencode({'lang': other})}"}
        for other in LANGUAGES
        if other != speech.language
    ]
    person = person_of(request)
    practice = is_practice(request, job)
    body = render(
        template,
        s=speech,
        t=speech.t,
        page={
            "language": tag_of(speech.language),
            "easy": speech.language == "ja-easy",
            "others": others,
            "practice": practice,
            "here": here,
            "nav": [one for one in NAV if _for(one, web, person)],
            "person": person if person and person.id else None,
            "url": address,
            "version": __version__,
        },
        public=web.asking.public,
        **context,
    )
    return html(request, body, status=status, language=speech.language)


def _for(place: tuple[str, str, str, bool], web: Web, person: Person | None) -> bool:
    """Whether a place of the menu is for this caller."""
    if place[0] == "people":
        return web.parts.people is not None and person is not None and person.role is Role.OWNER
    if place[3] and web.asking.public:
        return False
    register = web.parts.register
    return place[0] != "register" or (register is not None and (register.practice is not None or register.wanted()))


def html(request: AnyRequest, body: str, *, status: int, language: Language) -> Response[bytes]:
    """An HTML response in one language; remembers it when it was asked for."""
    asked = known(request.query_params.get("lang"))
    cookies = []
    if asked:
        secure = request.scope["scheme"] == "https"
        cookies = [Cookie(key=COOKIE, value=asked, max_age=YEAR_S, secure=secure, httponly=True, samesite="lax")]
    return Response(
        (drawn(body) if language == "ja-easy" else body).encode(),
        status_code=status,
        media_type="text/html",
        headers={"content-language": tag_of(language), "vary": "Accept-Language, Cookie"},
        cookies=cookies,
    )


def error_page(request: AnyRequest, error: ShiroromError) -> Response[bytes]:
    """The page that tells a failure, with the code that everything else uses too."""
    problem = told(error, speech_of(request).words)
    return page(request, "error.html", status=problem.status, here="", url="/help/" + error.code, problem=problem)
