"""Golden claims: every way in which a claim can end, decided by the whole service over a real book and a real log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from shirorom.adapters.desk_sql.claims import SqlClaims
from shirorom.compose import Composition
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.claim import Decision
from shirorom.domain.desk.stock import Status
from shirorom.domain.desk.warranty import Duration, Need, Period, Remedy, Share
from shirorom.domain.mark import Mark
from shirorom.edge.cli.context import Options
from shirorom.service.settings import Access, CarrierSettings, CarriersSettings, Settings
from shirorom.service.watch_claim import ClaimDesk, Request
from tests.claim_kit import answers, book, shop_terms, unit
from tests.logs import START, SetClock, imei
from tests.web_kit import PRACTICE_URL

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "claims.json").read_text(encoding="utf-8"))[
    "vectors"
]
READ = {
    "from": lambda value: ("from_", date.fromisoformat(value)),
    "duration": lambda value: ("duration", Duration(Period(value[0]), value[1])),
    "remedies": lambda value: ("remedies", tuple(map(Remedy, value))),
    "shares": lambda value: ("shares", tuple(Share(*row) for row in value)),
    "needs": lambda value: ("needs", frozenset(map(Need, value))),
    "counts": lambda value: ("counts", frozenset(map(Mark, value))),
    "carriers": lambda value: ("carriers", frozenset(map(CarrierId, value))),
    "excluded": lambda value: ("excluded", tuple(value)),
}


class Shop:
    """A composition with some carriers switched off; each vector has phones of its own."""

    def __init__(self, data: Path, off: tuple[str, ...]) -> None:
        tables = {
            one.value: CarrierSettings(access=Access.OFF if one.value in off else Access.HAND, url=PRACTICE_URL)
            for one in CarrierId
        }
        self.made = Composition(Options(data=data), settings=Settings(carriers=CarriersSettings(**tables)))
        self.clock = SetClock(START - timedelta(days=30))
        self.made.clock = self.clock  # type: ignore[assignment]  # only its `now` is used
        self.count = 100 * (1 + len(off))

    def decide(self, vector: dict[str, Any]) -> Any:
        """Put the vector's unit into the book and its answers into the log, and decide its claim."""
        self.count += 2
        n = self.count
        numbers = [n + extra for extra in range(vector.get("numbers", 1))]
        changes = {name: _value(name, value) for name, value in vector.get("unit", {}).items()}
        mine = unit(*numbers, **changes)
        later = [unit(n, **{"key": f"L{n}", "receipt": "X"} | _days(vector["later"]))] if "later" in vector else []
        desk = self.made.desk
        assert desk is not None
        book(desk, mine, *later)
        readings = [
            one
            for number, carrier, mark, hours in vector["answers"]
            for one in answers(numbers[number - 1], CarrierId(carrier), [(START - timedelta(hours=hours), Mark(mark))])
        ]
        self.clock.at = START
        if readings:
            self.made.room(True).recorder.record(sorted(readings, key=lambda one: one.asked_at))
        counter = self.made.counter
        assert counter is not None
        terms = dict(READ[name](value) for name, value in vector.get("terms", {}).items())
        claims = ClaimDesk(SqlClaims(desk), lambda: shop_terms(**terms), counter, self.clock)
        digits = imei(numbers[0]).digits
        request = Request(
            vector.get("receipt", "R-{n}").format(n=n),
            digits[-vector["tail"] :] if "tail" in vector else digits,
            f"key-{n:08d}",
            {Need(name): value for name, value in vector.get("seen", {}).items()},
            vector.get("excluded"),
        )
        return asyncio.run(claims.decide(request, by="佐藤", check=None))


def _value(name: str, value: Any) -> Any:
    if name == "status":
        return Status(value)
    return date.fromisoformat(value) if value and name in ("sold_on", "bought_on", "covered_until") else value


def _days(changes: dict[str, str]) -> dict[str, Any]:
    return {name: date.fromisoformat(value) for name, value in changes.items()}


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, ...], Shop]]:
    """One shop for each set of carriers that is off."""
    offs = {tuple(vector.get("off", ())) for vector in VECTORS}
    made = {off: Shop(tmp_path_factory.mktemp("claims"), off) for off in offs}
    yield made
    for shop in made.values():
        shop.made.close()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["name"])
def test_claim_ends_as_it_must(shops: dict[tuple[str, ...], Shop], vector: dict[str, Any]) -> None:
    """By the decision, by the code that names why, and by the yen where it is a refund."""
    claim = shops[tuple(vector.get("off", ()))].decide(vector)
    assert (claim.decided.decision.value, claim.decided.code) == (vector["decision"], vector["code"])
    if "yen" in vector:
        assert [offer.yen for offer in claim.decided.offers] == [vector["yen"]]
    assert bool(claim.item) is (claim.decided.decision is Decision.ASK_FIRST)
    assert bool(claim.decided.offers) is (claim.decided.decision is Decision.ACCEPTED)
    assert claim.practice


def test_half_of_the_vectors_are_not_accepted() -> None:
    """At least 24, at least half refused or left to a person, each with a sentence, no name twice."""
    ends = [vector["decision"] for vector in VECTORS]
    assert len(ends) >= 24
    assert sum(end in ("refused", "unclear") for end in ends) * 2 >= len(ends)
    assert len({vector["name"] for vector in VECTORS}) == len(ends)
    assert all(vector["why"].endswith(".") for vector in VECTORS)
