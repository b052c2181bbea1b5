"""How the pages tell a restriction that was announced and has come into force: by its day, not by an inquiry."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind
from shirorom.domain.notice import Ground, NoticeKind
from tests.feed_kit import Publisher, notice
from tests.logs import SetClock, imei
from tests.watch_kit import put_unit
from tests.web_kit import BASE, Kit, settings_of

DAY = date(2026, 11, 26)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient[Any]]:
    """A unit in stock: ○ was read, a restriction from DAY was announced, and it is the day after."""
    clock = SetClock()
    kit = Kit(tmp_path, settings_of(), clock=clock)
    desk, watch = kit.composition.desk, kit.composition.watch
    assert desk is not None
    put_unit(desk, "A-1", 1)
    kit.composition.feeds.keys.add(Publisher().key())
    kit.parts.record(imei(1), CarrierId.DOCOMO, "○", by="local", asked_at=clock.at - timedelta(hours=2))
    announced = notice(1, NoticeKind.RESTRICTED, ground=Ground.UNPAID, effective_on=DAY)
    feed = Publisher().feed([announced], 0, FeedKind.FULL, made_at=clock.at)
    kit.composition.feeds.take(io.BytesIO(feed), Publisher().carrier, "local")
    watch.follower.catch_up()
    clock.at += timedelta(days=4)
    watch.follower.catch_up()
    with TestClient(kit.app, base_url=BASE) as made:
        yield made
    kit.close()


@pytest.mark.parametrize(
    ("language", "words"),
    [("ja", "会社の予告どおり 2026-11-26 から"), ("en", "from 2026-11-26, as the carrier had announced")],
)
def test_the_alert_names_the_day(client: TestClient[Any], language: str, words: str) -> None:
    """△→× came with its day: no moment of an inquiry is told, for there was none."""
    page = client.get(f"/stock/alerts?lang={language}").text
    assert words in page
    assert not re.search(r"26(日|,) 00:00", page)


@pytest.mark.parametrize(
    ("language", "words"), [("ja", "利用制限（2026-11-26 から）"), ("en", "restriction (from 2026-11-26)")]
)
def test_the_history_says_what_was_declared(client: TestClient[Any], language: str, words: str) -> None:
    """In words, with the day from which the carrier means it; no code of the format."""
    found = client.post("/check", data={"text": imei(1).digits}, headers={"origin": BASE}, follow_redirects=False)
    page = client.get(f"{found.headers['location']}/history?lang={language}").text
    assert words in page
    assert not re.search(r">\s*restricted\s*<", page)
