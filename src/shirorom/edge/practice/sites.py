"""What each practice site answers to each request: the way from the first page to the answer, and its refusals."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import NumberError
from shirorom.domain.imei import Imei
from shirorom.edge.practice import pages
from shirorom.edge.practice.catalogue import EVIL_TAC, Behaviour, Catalogue, Fault
from shirorom.edge.practice.look import REFUSAL_NOT_TEST, asset
from shirorom.edge.practice.pages import Shown
from shirorom.edge.practice.server import Drop, Request, Response, Silence

OTHER_NUMBER = Imei.of_key("00100116999999")
"""What a site echoes that answers for another phone."""


class Evil(Protocol):
    """The evil mode (`evil.EvilMode`), as the sites see it; named here because it is loaded only where it is wanted."""

    def answer(self, carrier: CarrierId, imei: Imei, origin: str) -> Response | None:
        """The page of one of its numbers; None where it has nothing for this carrier."""
        ...

    def front(self, name: str, carrier: CarrierId, origin: str) -> Response:
        """The page of that name, in the form's stead."""
        ...

    def helper(self, request: Request) -> Response | None:
        """What its pages load."""
        ...


@dataclass(slots=True)
class World:
    """What the four sites share: the catalogue, the modes, the time, and how often each was asked about each number.

    `front` names an evil page that every site shows in its form's stead (for tests; only in the evil mode).
    `strays` are the paths that were asked of the evil mode's trap: requests that should never have been made.
    """

    catalogue: Catalogue
    clock: Callable[[], float]  # seconds; only differences count
    now: Callable[[], datetime] = lambda: datetime.now(UTC)  # of which a feed says that it was made
    slow_s: float = 0.0
    consent: bool = False
    evil: Evil | None = None
    front: str | None = None
    strays: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    started: float = 0.0
    _asks: Counter[tuple[CarrierId, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.started = self.clock()

    def behaviour(self, carrier: CarrierId, imei: Imei) -> Behaviour:
        """What the site does about this question; and one question more on the count."""
        with self._lock:
            asks = self._asks[carrier, imei.key]
            self._asks[carrier, imei.key] += 1
        minutes = int(self.clock() - self.started) // 60
        return self.catalogue.behaviour(imei, carrier).at(asks=asks, minutes=minutes)


class Refused(Exception):  # noqa: N818 (the site's refusal of an input, told in its own words)
    """The input is not one that the site takes."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site keeps its form and its answer, and what it calls the number."""

    carrier: CarrierId
    form: str
    result: str
    field: str


PLACES = {
    place.carrier: place
    for place in (
        Place(CarrierId.DOCOMO, "/search.php", "/result.php", "productno"),
        Place(CarrierId.AU, "/cmn/WCV009001/WCE009001.hc", "/cmn/WCV009001/WCE009002.hc", "imei"),
        Place(CarrierId.SOFTBANK, "/WBF/icv", "/WBF/icv", "imei"),
        Place(CarrierId.RAKUTEN, "/restriction/", "/restriction/", "imei"),
    )
}
RAKUTEN_SEARCH = "/restriction/search"
RAKUTEN_SCRIPT = "/restriction/app.js"
FEED = "/feed.ndjson"
"""Where each of them publishes its full list, signed."""


class Site:
    """One carrier's practice site: `handle` is its whole behaviour."""

    def __init__(self, carrier: CarrierId, world: World) -> None:
        self.carrier = carrier
        self.origin = ""  # known once it is bound to a port
        self._world = world
        self._place = PLACES[carrier]

    def handle(self, request: Request) -> Response:
        """Answer one request.

        Raises:
            Drop, Silence: the catalogue says so.
        """
        get = request.method in ("GET", "HEAD")
        if self._world.evil is not None and (helper := self._world.evil.helper(request)) is not None:
            return helper
        match request.path:
            case "/captcha.svg" if get:
                return Response(asset("captcha.svg").encode(), content_type="image/svg+xml")
            case path if path == FEED and get:
                return self._feed()
            case "/top.php" if get and self.carrier is CarrierId.DOCOMO:
                return self._page(pages.top())
            case "/agree" if not get and self._world.consent:
                return self._agree(request)
            case path if path == RAKUTEN_SCRIPT and get and self.carrier is CarrierId.RAKUTEN:
                return Response(asset("rakuten.js").encode(), content_type="text/javascript; charset=utf-8")
            case path if path == RAKUTEN_SEARCH and not get and self.carrier is CarrierId.RAKUTEN:
                return self._search(request)
            case path if path == self._place.form and get:
                return (
                    self._form() if self._may_enter(request) else self._page(pages.consent(self.carrier, "/agree", {}))
                )
            case path if path == self._place.result and not get:
                return self._result(request)
            case "/" if get:
                first = "/top.php" if self.carrier is CarrierId.DOCOMO else self._place.form
                return Response(status=302, headers=(("Location", first),))
        return self._page(self._trouble("ページが見つかりません", "アドレスをお確かめください。"), status=404)

    def _feed(self) -> Response:
        from shirorom.edge.practice.feed import feed  # only here: signing takes a library that no page needs

        content, _, _ = feed(self.carrier, self._world.now())
        return Response(content, content_type="application/x-ndjson")

    # ── the way in ───────────────────────────────────────────────────────────────────────────────────────────────

    def _form(self, problem: str | None = None) -> Response:
        if self._world.evil is not None and self._world.front is not None:
            return self._world.evil.front(self._world.front, self.carrier, self.origin)
        visit = (("Set-Cookie", f"{self._visit}=1; Path=/; HttpOnly; SameSite=Lax"),)
        return self._page(pages.form(self.carrier, problem), headers=visit)

    def _agree(self, request: Request) -> Response:
        if request.form.get("agree") != "1":
            return self._page(pages.consent(self.carrier, "/agree", {}))
        agreed = ("Set-Cookie", f"{self._agreed}=1; Path=/; HttpOnly; SameSite=Lax")
        return Response(status=303, headers=(("Location", self._place.form), agreed))

    def _may_enter(self, request: Request) -> bool:
        return not self._world.consent or f"{self._agreed}=1" in _cookies(request)

    @property
    def _visit(self) -> str:  # cookies do not tell ports apart, so the names do
        return f"visit_{self.carrier.value}"

    @property
    def _agreed(self) -> str:
        return f"agreed_{self.carrier.value}"

    # ── the answer ───────────────────────────────────────────────────────────────────────────────────────────────

    def _result(self, request: Request) -> Response:
        """A posted form."""
        fields = request.form
        try:
            self._check_way(request, fields)
            return self._answer(_number(fields.get(self._place.field, "")), fields, scripted=False)
        except Refused as refused:
            return self._form(refused.sentence)

    def _search(self, request: Request) -> Response:
        """The question of Rakuten's script."""
        if not request.headers.get("content-type", "").startswith("application/json"):
            return Response(status=415)
        try:
            asked = json.loads(request.body)
            if not isinstance(asked, dict) or set(asked) != {"imei"} or not isinstance(asked["imei"], str):
                raise ValueError("not a question")
        except (ValueError, RecursionError):
            return Response(status=400)
        if not self._may_enter(request):
            return self._page(pages.consent(self.carrier, "/agree", {}))
        try:
            return self._answer(_number(asked["imei"]), {"imei": asked["imei"]}, scripted=True)
        except Refused as refused:
            return _json({"problem": refused.sentence})

    def _check_way(self, request: Request, fields: dict[str, str]) -> None:
        """A question that did not come through the form is refused, as a real site would."""
        cookies = _cookies(request)
        if not self._may_enter(request) or f"{self._visit}=1" not in cookies:
            raise Refused("はじめのページからやり直してください。")
        if self.carrier is CarrierId.SOFTBANK and fields.get("_PageID") != "WBF001000":
            raise Refused("画面の遷移が正しくありません。はじめからやり直してください。")

    def _answer(self, imei: Imei, fields: dict[str, str], *, scripted: bool) -> Response:
        self._world.closing.wait(self._world.slow_s)
        if self._world.evil is not None and imei.tac == EVIL_TAC:
            evil = self._world.evil.answer(self.carrier, imei, self.origin)
            if evil is not None:
                return evil
        behaviour = self._world.behaviour(self.carrier, imei)
        if behaviour.fault is not None:
            return self._fault(imei, behaviour, fields)
        shown = self._shown(imei, behaviour)
        if scripted:
            return _json({"imei": shown.echo, "symbol": shown.glyph, "message": shown.sentence})
        return self._page(pages.result(self.carrier, shown))

    def _shown(self, imei: Imei, behaviour: Behaviour, second: str | None = None) -> Shown:
        return Shown(imei.digits, behaviour.glyph, pages.sentence_of(self.carrier, behaviour.meant), second=second)

    def _fault(self, imei: Imei, behaviour: Behaviour, fields: dict[str, str]) -> Response:
        fault = behaviour.fault
        again = {name: value for name, value in fields.items() if name not in ("agree", "attestationkey")}
        shown: Shown
        match fault:
            case Fault.SILENT:
                raise Silence
            case Fault.DROPPED:
                raise Drop
            case Fault.STATUS_403 | Fault.STATUS_404 | Fault.STATUS_500 | Fault.STATUS_503:
                sentence = "ただいま処理できません。時間をおいてもう一度お試しください。"
                return self._page(self._trouble("エラー", sentence), status=int(fault.value.removeprefix("status-")))
            case Fault.MAINTENANCE:
                return self._page(pages.maintenance(self.carrier))
            case Fault.CONSENT if fields.get("agree") != "1":
                return self._page(pages.consent(self.carrier, self._place.result, again))
            case Fault.CAPTCHA if fields.get("attestationkey") != pages.CAPTCHA_KEY:
                return self._page(pages.captcha(self.carrier, self._place.result, again))
            case Fault.LEGEND_ONLY:
                shown = Shown(None, None)
            case Fault.NO_ANSWER:
                shown = Shown(imei.digits, None)
            case Fault.TWO_ANSWERS:
                other = "\u00d7" if behaviour.glyph != "\u00d7" else "\u25cb"
                shown = self._shown(imei, behaviour, second=other)
            case Fault.OTHER_NUMBER:
                shown = self._shown(OTHER_NUMBER, behaviour)
            case _:  # the person consented, or read the picture
                shown = self._shown(imei, behaviour)
        return self._page(pages.result(self.carrier, shown))

    def _trouble(self, heading: str, sentence: str) -> str:
        return pages.page(self.carrier, heading, f'<p class="problem">{sentence}</p>')

    def _page(self, html: str, *, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
        content_type = f"text/html; charset={pages.ENCODINGS[self.carrier]}"
        return Response(pages.encode(self.carrier, html), status, content_type, headers)


def _number(text: str) -> Imei:
    """The number as a site takes it: fifteen half-width digits, a right check digit, a test number."""
    try:
        imei = Imei(text)
    except NumberError as error:
        if error.code == "imei-length":
            raise Refused("製造番号は半角数字15桁で入力してください。") from error
        raise Refused("入力された製造番号に誤りがあります。もう一度お確かめください。") from error
    if not imei.is_test:
        raise Refused(REFUSAL_NOT_TEST)
    return imei


def _cookies(request: Request) -> list[str]:
    return [cookie.strip() for cookie in request.headers.get("cookie", "").split(";")]


def _json(answer: dict[str, str | None]) -> Response:
    return Response(json.dumps(answer, ensure_ascii=False).encode(), content_type="application/json; charset=utf-8")
