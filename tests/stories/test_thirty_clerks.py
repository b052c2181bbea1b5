"""The story of a busy shop: thirty clerks on one queue, each signed in by their own card, all at once over HTTP."""

from __future__ import annotations

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from shirorom.compose import Composition
from shirorom.domain.imei import Imei
from shirorom.edge.cli.context import Options
from shirorom.service.sessions import Caller
from tests.people_kit import NAME, PASSWORD
from tests.scale import scaled
from tests.stories.kit import Place, installation
from tests.web_kit import QUICK

CLERKS = 30
PHONES = max(12, scaled(100))
GLYPHS = ("○", "△", "×", "\uff0d")


@dataclass
class Seen:
    """What one clerk was given, and what they recorded."""

    given: list[tuple[str, str]] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)


def staffed(data: Path) -> list[str]:
    """A shop with an owner and thirty clerks, before its server starts; gives their cards' codes."""
    installed = Composition(Options(data=data))
    people = installed.people_with(QUICK)
    assert people is not None
    people.set_up(people.offer_setup(), NAME, PASSWORD, None, Caller(network="127.0.0.1", label="Chrome"))
    codes = [people.new_staff_code(people.add(f"店員{n:02}")) for n in range(CLERKS)]
    installed.close()
    return codes


def form(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    return client.post(path, data=fields, headers={"origin": str(client.base_url).rstrip("/")})


def signed_in(place: Place, codes: list[str]) -> list[httpx.Client]:
    """Each by their card, on a device that the owner trusts."""
    with place.client() as owner:
        assert form(owner, "/signin", name=NAME, password=PASSWORD, trust="1").status_code == 303
        device = {name: value for name, value in owner.cookies.items() if "device" in name}
    assert len(device) == 1
    clients = []
    for code in codes:
        client = httpx.Client(base_url=place.origin, timeout=120, cookies=device)
        assert form(client, "/signin/code", code=code).status_code == 303
        clients.append(client)
    return clients


def works(client: httpx.Client) -> Seen:
    """One clerk: takes what is next, answers it, goes on with what the answer brings, until nothing is left."""
    seen = Seen()
    task = _next(client)
    while task is not None:
        seen.given.append((task["item"], task["place"]))
        body = {
            "item": task["item"], "place": task["place"], "glyph": GLYPHS[len(seen.given) % 4], "sentence": "",
            "asked_at": client.get("/v1/counter").json()["now"], "screenshot": None,
        }  # fmt: skip
        answer = client.post("/v1/counter/answers", json=body, headers={"idempotency-key": secrets.token_hex(16)})
        assert answer.status_code == 201, answer.text
        seen.kept.append(answer.json()["index"])
        task = answer.json()["next"] or _next(client)
    return seen


def _next(client: httpx.Client) -> Any:
    answer = client.post("/v1/counter/next", json={"carrier": None, "item": None, "after": None})
    assert answer.status_code == 200, answer.text
    return answer.json()["task"]


@pytest.fixture
def clerks(tmp_path: Path) -> Any:
    """The served shop and its signed-in clerks."""
    codes = staffed(tmp_path / "data")
    with installation(tmp_path) as place:
        clients = signed_in(place, codes)
        yield place, clients
        for client in clients:
            client.close()


def test_nothing_is_asked_twice_and_nothing_is_lost(clerks: tuple[Place, list[httpx.Client]]) -> None:
    """Every place is handed to exactly one clerk, every answer is an entry of its own, and all places are answered."""
    place, clients = clerks
    devices = [[Imei.of_key(f"00100101{9_000 + n:06d}").digits] for n in range(PHONES)]
    added = clients[0].post("/v1/counter/items", json={"devices": devices}).json()["added"]
    assert len(added) == PHONES
    with ThreadPoolExecutor(CLERKS) as crew:
        seen = list(crew.map(works, clients))
    given = Counter(one for each in seen for one in each.given)
    assert set(given.values()) == {1}
    assert set(given) == {(item["id"], one["place"]) for item in added for one in item["places"]}
    kept = [index for each in seen for index in each.kept]
    assert len(set(kept)) == len(kept) == 4 * PHONES == place.recorded()
    board = clients[0].get("/v1/counter").json()["items"]
    assert {one["state"] for item in board for one in item["places"]} == {"answered"}
    assert sum(1 for each in seen if each.given) > CLERKS // 2  # they really worked at the same time
