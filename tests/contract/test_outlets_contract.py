"""What `ports.outlets.Outlets` promises, held against every adapter (one so far); its use: `test_watch_hooks.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from shirorom.adapters.desk_sql.outlets import SqlOutlets
from shirorom.domain.desk.alerts import AlertEvent
from shirorom.domain.errors import RequestError
from shirorom.ports.outlets import HOOKS_MAX, Attempt, Mail, NewMessage, Outlets
from tests.logs import START
from tests.watch_kit import BATSU, MARU, SANKAKU, World

LATER = START + timedelta(minutes=1)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """One alert."""
    made = World(tmp_path)
    made.unit("A-1", 1)
    for mark in (SANKAKU, MARU):
        made.read(1, mark)
    made.follow()
    yield made
    made.close()


@pytest.fixture
def outlets(world: World) -> Outlets:
    return SqlOutlets(world.desk)


def add(outlets: Outlets, name: str = "pos") -> None:
    outlets.add_hook(name, "https://pos/", b"salt", by="Anna", at=START)


def test_news_come_in_order_with_their_alert(outlets: Outlets, world: World) -> None:
    """By cursor, each with the alert as it stands."""
    world.read(1, BATSU)
    world.follow()
    found = outlets.news(0, count_max=9)
    assert [(one.seq, one.event, one.alert.seq) for one in found] == [
        (1, AlertEvent.RAISED, 1), (2, AlertEvent.RAISED, 2),
    ]  # fmt: skip
    assert [one.seq for one in outlets.news(1, count_max=9)] == [2]
    assert outlets.news_end() == 2


def test_names_are_unique_and_bounded(outlets: Outlets) -> None:
    """The second of a name and one too many are refused; who is not there is said so."""
    add(outlets)
    with pytest.raises(RequestError) as taken:
        add(outlets)
    for n in range(HOOKS_MAX - 1):
        add(outlets, f"n-{n}")
    with pytest.raises(RequestError) as full:
        add(outlets, "one-more")
    with pytest.raises(RequestError) as missing:
        outlets.hook("none")
    codes = [one.value.code for one in (taken, full, missing)]
    assert codes == ["hook-name-taken", "hooks-full", "hook-not-found"]


def test_news_have_one_message_an_endpoint(outlets: Outlets) -> None:
    """Spreading again, as after a crash, puts nothing in line twice."""
    add(outlets)
    for id_ in ("msg_1", "msg_2"):
        outlets.spread("pos", [NewMessage(id_, b"{}", START, news=1, alert=1)], until=1, at=START)
    assert outlets.hook("pos").waiting == 1
    assert outlets.unspread("pos", count_max=9) == []


def test_a_message_is_held_by_one(outlets: Outlets) -> None:
    """Until it was tried, or the hold is over; what was delivered does not come again."""
    add(outlets)
    outlets.spread("pos", [NewMessage("msg_1", b"{}", START)], until=0, at=START)
    message = outlets.take("pos", now=START, until=LATER)
    assert message is not None
    assert outlets.take("pos", now=START, until=LATER) is None
    assert outlets.take("pos", now=LATER, until=LATER) == message
    attempt = Attempt(message.id, None, START, 12, 204, "delivered")
    outlets.attempted(message, attempt, done=True, next_at=None)
    assert outlets.take("pos", now=LATER, until=LATER) is None
    assert outlets.attempts("pos", count_max=9) == [attempt]


def test_an_endpoint_removed_meanwhile_hurts_nobody(outlets: Outlets) -> None:
    """Its messages and its log are gone; the attempt that still ran is noted nowhere."""
    add(outlets)
    outlets.spread("pos", [NewMessage("msg_1", b"{}", START)], until=0, at=START)
    message = outlets.take("pos", now=START, until=LATER)
    assert message is not None
    outlets.remove_hook("pos")
    outlets.attempted(message, Attempt("msg_1", None, START, 1, 500, "status"), done=False, next_at=LATER)
    assert outlets.hooks() == []


def test_a_mail_is_one_an_outlet_and_day(outlets: Outlets) -> None:
    """What is put again stands in its place; the one before is of an earlier day."""
    day = date(2026, 11, 24)
    mail = Mail("digest", day, "<1@x>", 3, START, next_at=START)
    outlets.put_mail(mail)
    outlets.put_mail(replace(mail, sent_at=LATER))
    assert outlets.mail("digest", day) == replace(mail, sent_at=LATER)
    assert outlets.mail("other", day) is None
    assert outlets.mail_before("digest", day) is None
    assert outlets.mail_before("digest", day + timedelta(days=9)) == replace(mail, sent_at=LATER)
