"""A shop's server as the extension sees it: exactly the routes it calls, one queue in memory, judged by the real judge.

It stands in for the web app where a test needs it to fail in a certain way (away, revoked, an answer lost on the way).
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.answer import Seen, judge
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError
from shirorom.domain.imei import Imei
from shirorom.edge.practice import Practice

FACTS = packaged_facts()
GLYPHS = FACTS.glyphs()
CODE = "ABCD-2345"
TOKEN = "token-of-the-counter-browser"  # of this test server, which lives for one test run
LEASE_S = 300
BODY_BYTES_MAX = 10 * 1024 * 1024


class Refused(Exception):  # noqa: N818 (the server's refusal, told as a problem)
    """A problem: its status and code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass
class Recorded:
    """One recorded reading, as it arrived."""

    item: str
    place: str
    imei: str
    carrier: str
    glyph: str
    mark: str | None
    key: str
    html: str
    picture: bytes | None
    asked_at: str


@dataclass
class Place:
    """One carrier to be asked about one number."""

    item: str
    place: str
    imei: str
    carrier: str
    claimed_by: str | None = None
    mark: str | None = None
    done: bool = False


@dataclass
class Call:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    commit: bool | None = None


@dataclass
class FakeShop:
    """The server; `origin` is where it listens. Everything a test changes is an attribute."""

    practice: Practice
    carriers: tuple[CarrierId, ...] = tuple(CarrierId)
    places: list[Place] = field(default_factory=list)
    recorded: list[Recorded] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    away: bool = False
    revoked: bool = False
    lose_answers: int = 0
    """So many recordings are recorded, and their answer is lost on the way."""
    refuse_with: tuple[int, str] | None = None
    """Every recording is refused by this problem."""
    by_item: bool = False
    """Next is the same phone at another carrier, rather than the next phone at the same carrier."""
    _replies: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    _items: int = 0

    def __post_init__(self) -> None:
        shop = self
        self._lock = threading.Lock()

        class Handler(_Handler):
            shop_of = shop

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def code(self) -> str:
        """A code with which a browser is paired."""
        return CODE

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reset(self) -> None:
        """An empty queue, and nothing that fails."""
        self.places.clear()
        self.recorded.clear()
        self.calls.clear()
        self.undone.clear()
        self._replies.clear()
        self.away = self.revoked = self.by_item = False
        self.lose_answers = 0
        self.refuse_with = None

    def add(self, imeis: Sequence[str], *carriers: CarrierId, claimed_by: str | None = None) -> str:
        """A phone in the queue, to be asked at these carriers."""
        self._items += 1
        item = f"item{self._items}"
        for n, imei in enumerate(imeis, 1):
            for carrier in carriers:
                self.places.append(Place(item, f"{n}-{carrier.value}", imei, carrier.value, claimed_by))
        return item

    # ── routes ───────────────────────────────────────────────────────────────────────────────────────────────────

    def answer(self, call: Call, body: Any) -> dict[str, Any]:
        """What one request is answered."""
        if call.path == "/v1/pairings":
            if body.get("code") != CODE:
                raise Refused(403, "pairing-code")
            return {"token": TOKEN, "name": "練習 花子", "origin": self.origin}
        if self.revoked or call.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Refused(401, "sign-in-needed")
        match call.method, call.path:
            case "GET", "/v1/carriers":
                return {"carriers": [self._carrier(carrier) for carrier in self.carriers]}
            case "GET", "/v1/counter":
                return {"version": 1, "practice": True, "rules": {}, "items": self._listed()}
            case "POST", "/v1/counter/next":
                return {"task": self._next(body.get("carrier"), body.get("item"), body.get("after"))}
            case "POST", "/v1/counter/claims":
                return {"task": self._hold(body["item"], body["place"])}
            case "POST", "/v1/counter/readings":
                return self._reading(call, body)
            case "POST", "/v1/counter/undo":
                self.undone.append(body["item"])
                for one in self.places:
                    one.done = one.done and one.item != body["item"]
                return {"item": {"id": body["item"]}}
        raise Refused(404, "not-found")

    def _carrier(self, carrier: CarrierId) -> dict[str, Any]:
        facts = FACTS.carrier(carrier)
        url = self.practice.origins[carrier] + facts.page.path
        return {
            "id": carrier.value, "name": facts.name, "name_en": facts.name_en, "access": "hand", "practice": True,
            "check_url": url,
        }  # fmt: skip

    def _listed(self) -> list[dict[str, Any]]:
        items: dict[str, dict[str, Any]] = {}
        for one in self.places:
            item = items.setdefault(one.item, {"id": one.item, "state": "open", "places": []})
            item["places"].append(
                {"place": one.place, "carrier": one.carrier, "imei": one.imei,
                 "state": "answered" if one.done else "open", "mark": one.mark, "claimed_by": one.claimed_by}
            )  # fmt: skip
        return list(items.values())

    def _next(self, carrier: str | None, item: str | None = None, after: str | None = None) -> dict[str, Any] | None:
        mine = [one for one in self.places if not one.done and one.claimed_by in (None, "me")]
        if carrier is not None:
            mine = [one for one in mine if one.carrier == carrier]
        if not mine:
            return None
        return self._task(mine[0])

    def _hold(self, item: str, place: str) -> dict[str, Any]:
        held = next(one for one in self.places if (one.item, one.place) == (item, place))
        if held.claimed_by not in (None, "me"):
            raise Refused(409, "place-claimed")
        return self._task(held)

    def _task(self, chosen: Place) -> dict[str, Any]:
        chosen.claimed_by = "me"
        until = datetime.now(UTC) + timedelta(seconds=LEASE_S)
        facts = FACTS.carrier(CarrierId(chosen.carrier))
        return {
            "item": chosen.item, "place": chosen.place, "imei": chosen.imei, "carrier": chosen.carrier,
            "carrier_name": facts.name, "url": self.practice.origins[CarrierId(chosen.carrier)] + facts.page.path,
            "claim_until": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }  # fmt: skip

    def _reading(self, call: Call, body: dict[str, Any]) -> dict[str, Any]:
        key = call.headers["idempotency-key"]
        call.commit = body["commit"]
        digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
        if key in self._replies:
            known, reply = self._replies[key]
            if known != digest:
                raise Refused(422, "idempotency-key-reused")
            return reply
        place = next(one for one in self.places if (one.item, one.place) == (body["item"], body["place"]))
        carrier = CarrierId(place.carrier)
        seen = msgspec.convert(body["seen"], Seen)
        try:
            judged = judge(seen, facts=FACTS.carrier(carrier), glyphs=GLYPHS, asked=Imei(place.imei))
        except CellError as error:
            raise Refused(422, error.code) from None
        mark = GLYPHS.mark_on_page(judged.glyph)
        if mark is None:
            raise Refused(422, "glyph-unknown")
        reply = {
            "glyph": judged.glyph, "symbol": mark.symbol, "mark": mark.value, "sentence": judged.sentence,
            "recorded": False, "index": None, "cell": None, "item": None, "next": None,
        }  # fmt: skip
        if body["commit"] and self.refuse_with:
            raise Refused(*self.refuse_with)
        if body["commit"]:
            picture = base64.b64decode(body["picture"]) if body["picture"] else None
            self.recorded.append(
                Recorded(place.item, place.place, place.imei, place.carrier, judged.glyph, mark.value, key,
                         body["html"], picture, body["asked_at"])
            )  # fmt: skip
            place.done, place.mark = True, mark.value
            following = next((one.carrier for one in self.places if one.item == place.item and not one.done), None)
            wanted = following if self.by_item else place.carrier
            reply |= {
                "recorded": True, "index": len(self.recorded), "cell": {}, "item": {"id": place.item},
                "next": self._next(wanted) or self._next(None),
            }  # fmt: skip
            self._replies[key] = (digest, reply)
        return reply


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shop_of: FakeShop

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        shop = self.shop_of
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(min(length, BODY_BYTES_MAX))
        if shop.away:
            self.close_connection = True
            return
        call = Call(self.command, self.path, {name.lower(): value for name, value in self.headers.items()})
        with shop._lock:
            shop.calls.append(call)
            try:
                status, told = 200, shop.answer(call, json.loads(raw) if raw else None)
            except Refused as refused:
                status = refused.status
                told = {
                    "code": refused.code,
                    "title": f"題 {refused.code}",
                    "detail": "説明",
                    "fix": "対処",
                    "status": status,
                }
        body = json.dumps(told).encode()
        lost = bool(call.commit and status == 200 and shop.lose_answers > 0)
        shop.lose_answers -= lost
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status == 200 else "application/problem+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if lost else body)
        self.close_connection = self.close_connection or lost

    do_GET = do_POST = _serve  # noqa: N815 (names that the standard library calls)
