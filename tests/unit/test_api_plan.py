"""/v1/watch/plan: the plan over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.domain.carrier import CARRIERS
from tests.logs import START, SetClock, imei
from tests.plan_kit import Row, everywhere, put
from tests.web_kit import BASE, Kit, public, settings_of


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    tmp_path.chmod(0o700)
    made = Kit(tmp_path, settings_of(), people=True, clock=SetClock())
    assert made.composition.desk is not None
    answers = everywhere(1, "no-record", 9) | {(1, CARRIERS[0]): ("caution", START - timedelta(days=9))}
    put(made.composition.desk, Row(1, (1,), answers), Row(2, (2,), everywhere(2, "clear", 40)))
    yield made
    made.close()


@pytest.fixture
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    with TestClient(kit.app, base_url=BASE) as made:
        yield made


def test_today(client: TestClient[Any]) -> None:
    """What is open, explained in the caller's language, and no number of a phone in it."""
    answer = client.get("/v1/watch/plan", headers={"accept-language": "en"})
    plan = answer.json()
    assert (plan["open"], plan["done"], plan["practice"], plan["rules"]) == (5, 0, True, "usual")
    assert plan["carriers"][0]["carrier"] == "docomo"
    assert all(cell["why"].isascii() or "△" in cell["why"] or "○" in cell["why"] for cell in plan["cells"])
    assert imei(1).digits not in answer.text


def test_as_many_cells_as_are_wanted(client: TestClient[Any]) -> None:
    """The first ones; a count that is none asks for the usual number."""
    assert len(client.get("/v1/watch/plan?count=2").json()["cells"]) == 2
    assert len(client.get("/v1/watch/plan?count=x").json()["cells"]) == 5


def test_costs(client: TestClient[Any]) -> None:
    """Each set; the one in force is marked."""
    choices = client.get("/v1/watch/plan/costs").json()["choices"]
    assert [(one["rules"], one["in_force"]) for one in choices] == [
        ("gentle", False), ("usual", True), ("close", False),
    ]  # fmt: skip


def test_into_the_queue(client: TestClient[Any]) -> None:
    """The counter then asks the due places alone, and says why not the others."""
    assert client.post("/v1/watch/plan/queue", json={"count": 1}).json()["added"] == 1
    assert client.post("/v1/watch/plan/queue", json={}).json() == {"added": 1, "known": 1, "gone": 0, "left": 0}
    first, _ = client.get("/v1/counter").json()["items"]
    states = {(place["state"], place["why"]) for place in first["places"]}
    assert states <= {("open", None), ("skipped", "plan")}


def test_choosing(client: TestClient[Any]) -> None:
    """The set is in force from then on; one without rules, or unknown, is refused."""
    assert client.post("/v1/watch/plan/choice", json={"rules": "close"}).json() == {"rules": "close"}
    assert client.get("/v1/watch/plan").json()["rules"] == "close"
    assert client.post("/v1/watch/plan/choice", json={"rules": "own"}).json()["code"] == "plan-rules-invalid"
    assert client.post("/v1/watch/plan/choice", json={"rules": "all"}).json()["code"] == "body-invalid"


def test_nothing_of_it_is_public(tmp_path: Path) -> None:
    """A public page has no plan."""
    tmp_path.chmod(0o700)
    made = Kit(tmp_path, public(settings_of()))
    with TestClient(made.app, base_url=BASE) as stranger:
        assert stranger.get("/v1/watch/plan").status_code == 404
    made.close()
