"""A plain HTTP client that goes the way of a person through a practice site, and a small HTML reader."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urlsplit

from shirorom.domain.carrier import CarrierId

VOID = {"meta", "link", "img", "input", "br", "wbr", "hr", "base", "embed"}
WAYS = {
    CarrierId.DOCOMO: ("/search.php", "/result.php", "productno"),
    CarrierId.AU: ("/cmn/WCV009001/WCE009001.hc", "/cmn/WCV009001/WCE009002.hc", "imei"),
    CarrierId.SOFTBANK: ("/WBF/icv", "/WBF/icv", "imei"),
    CarrierId.RAKUTEN: ("/restriction/", "/restriction/search", "imei"),
}


@dataclass(frozen=True)
class Reply:
    """What came back; `text` is decoded as the header says, the way browsers do it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def charset(self) -> str:
        return self.headers["content-type"].partition("charset=")[2].lower()

    @property
    def text(self) -> str:
        return self.body.decode("cp932" if self.charset == "shift_jis" else self.charset)


class Client:
    """Asks one origin; keeps its cookies."""

    def __init__(self, origin: str, *, timeout_s: float = 30.0) -> None:
        parts = urlsplit(origin)
        self._connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout_s)
        self._cookies: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._connection.close()

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
        """One request, and the whole of its answer."""
        cookie = {"Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())} if self._cookies else {}
        self._connection.request(method, path, body, {**cookie, **(headers or {})})
        response = self._connection.getresponse()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, text = value.partition(";")[0].partition("=")
                self._cookies[key] = text
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())

    def get(self, path: str) -> Reply:
        """A page."""
        return self.send("GET", path)

    def post(self, path: str, **fields: str) -> Reply:
        """A form."""
        return self.send(
            "POST", path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )

    def read_some(self, path: str, bytes_max: int, **fields: str) -> int:
        """Post a form and read at most so many bytes of the answer; how many came."""
        cookies = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookies}
        self._connection.request("POST", path, urlencode(fields).encode(), headers)
        got = len(self._connection.getresponse().read(bytes_max))
        self._connection.close()
        return got

    def ask(self, carrier: CarrierId, number: str) -> Reply:
        """The whole way of this carrier: its form, then the question."""
        form, result, field = WAYS[carrier]
        self.get(form)
        if carrier is CarrierId.RAKUTEN:
            body = json.dumps({"imei": number}).encode()
            return self.send("POST", result, body, {"Content-Type": "application/json"})
        more = {"_PageID": "WBF001000", "ACT_TE001": "確認"} if carrier is CarrierId.SOFTBANK else {}
        return self.post(result, **{field: number}, **more)


@dataclass
class Element:
    """One element of a page: name, attributes, and the text in it."""

    name: str
    attributes: dict[str, str]
    inside: tuple[str, ...]
    text: str = ""

    def has(self, name: str, /, **attributes: str) -> bool:
        """Whether it is such an element; `cls` is one of its classes."""
        cls = attributes.pop("cls", None)
        if cls is not None and cls not in self.attributes.get("class", "").split():
            return False
        return self.name == name and all(self.attributes.get(key) == value for key, value in attributes.items())


class Page(HTMLParser):
    """A page as a list of elements in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {key: value or "" for key, value in attrs}, tuple(one.name for one in self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().name != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, name: str, /, **attributes: str) -> list[Element]:
        """Every such element."""
        return [element for element in self.elements if element.has(name, **attributes)]

    def one(self, name: str, /, **attributes: str) -> Element:
        """The only such element."""
        (element,) = self.all(name, **attributes)
        return element


def glyph_in(carrier: CarrierId, reply: Reply) -> str | None:
    """The symbol in this carrier's place, by the words of `data/carriers`; None: nothing stands there."""
    if carrier is CarrierId.RAKUTEN:
        return str(json.loads(reply.body)["symbol"])
    page = Page(reply.text)
    match carrier:
        case CarrierId.DOCOMO:
            panels = page.all("div", cls="result-panel")
            return page.one("span", cls="mark").text if len(panels) == 2 else None
        case CarrierId.AU:
            return next(
                (one.text[2:].partition("：")[0] for one in page.all("li") if one.text.startswith("状態")), None
            )
        case _:
            cells = page.all("td", cls="glyph")
            return cells[0].text if cells else None
