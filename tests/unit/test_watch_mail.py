"""The digest of the morning: one mail, in plain words, with no number of a phone; sent once as far as can be known."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from shirorom.adapters.desk_sql.outlets import SqlOutlets
from shirorom.adapters.mail_smtp import SmtpMailer
from shirorom.adapters.texts_toml import Texts
from shirorom.domain.desk.alerts import AlertKind
from shirorom.domain.desk.outlets import Rule
from shirorom.domain.fold import JST
from shirorom.edge.web.serve import free_port
from shirorom.ports.outlets import DeliveryError
from shirorom.service.secret import Secrets
from shirorom.service.settings import MailSettings
from shirorom.service.watch_mail import Digests
from tests.logs import imei
from tests.watch_kit import BATSU, MARU, SANKAKU, World

MORNING = datetime(2026, 11, 24, 8, 5, tzinfo=JST).astimezone(UTC)
SETTINGS = MailSettings(host="mail.example", from_="白ロム <shop@example.jp>", to=("owner@example.jp",))


@dataclass
class Box:
    """ports.outlets.Mailer: keeps what it is given; fails when told to, before or after it was sent."""

    got: list[tuple[Sequence[str], str, str, str]] = field(default_factory=list)
    fails: str = ""
    dies: bool = False

    def send(self, to: Sequence[str], subject: str, text: str, *, message_id: str, at: datetime) -> None:
        if self.fails:
            raise DeliveryError(self.fails)
        self.got.append((to, subject, text, message_id))
        if self.dies:
            raise KeyboardInterrupt


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.unit("A-1", 1)
    made.unit("B-1", 2, store="池袋", person="佐藤")
    made.follow()
    yield made
    made.close()


def digests(world: World, box: Any, *, settings: MailSettings = SETTINGS, rules: Sequence[Rule] = ()) -> Digests:
    secrets = Secrets(b"k" * 32, os.urandom)
    texts = Texts.load(settings.lang)
    return Digests(SqlOutlets(world.desk), box, secrets, world.clock, settings, rules, texts.t)


def changed(world: World) -> None:
    """Two changes, and it is morning."""
    for n, marks in ((1, (SANKAKU, MARU)), (2, (MARU, BATSU))):
        for mark in marks:
            world.read(n, mark)
    world.follow()
    world.clock.at = MORNING


def test_one_mail_a_morning(world: World) -> None:
    """What changed, by what a hand has to do; practice is marked; once a day, and next day nothing when nothing did."""
    box = Box()
    changed(world)
    made = digests(world, box)
    assert [made.send_due() for _ in range(3)] == [1, 0, 0]
    ((to, subject, text, _),) = box.got
    assert to == ("owner@example.jp",)
    assert "2026-11-24" in subject
    assert subject.startswith("【練習】")
    assert text.index("利用制限になりました") < text.index("制限のおそれが外れました")
    assert "【練習】 A-1（末尾" in text
    assert imei(1).digits[-4:] in text
    assert all(imei(n).digits not in text and imei(n).key not in text for n in (1, 2))
    world.clock.at += timedelta(days=1)
    assert made.send_due() == 0
    assert len(box.got) == 1


def test_nothing_before_the_hour(world: World) -> None:
    """The shop chooses it."""
    box = Box()
    changed(world)
    world.clock.at -= timedelta(minutes=10)
    assert digests(world, box).send_due() == 0


def test_an_empty_mail_where_the_shop_wants_one(world: World) -> None:
    """So that silence is not taken for a broken mail."""
    box = Box()
    world.clock.at = MORNING
    settings = MailSettings(host="x", from_="a@b.jp", to=("c@d.jp",), empty=True, lang="en")
    assert digests(world, box, settings=settings).send_due() == 1
    assert "Nothing has changed" in box.got[0][2]


def test_what_changed_since_the_last_mail(world: World) -> None:
    """Each change once; one that was taken back afterwards is told as such, one taken back before is not told."""
    box = Box()
    world.read(1, SANKAKU)
    first = world.read(1, BATSU)
    world.follow()
    world.clock.at = MORNING
    made = digests(world, box)
    made.send_due()
    world.withdraw(1, first)
    second = world.read(1, BATSU)
    world.follow()
    world.withdraw(1, second)
    world.follow()
    world.clock.at = MORNING + timedelta(days=1)
    assert made.send_due() == 1
    assert "取り消された通知（1 件）" in box.got[1][2]


def test_rules_say_who_is_mailed_what(world: World) -> None:
    """Each outlet its own mail."""
    box = Box()
    changed(world)
    rules = (
        Rule("ikebukuro", mail=("i@example.jp",), stores=frozenset({"池袋"})),
        Rule("prices", mail=("p@example.jp",), kinds=frozenset({AlertKind.FREED})),
        Rule("none", mail=("n@example.jp",), persons=frozenset({"誰も"})),
    )
    assert digests(world, box, rules=rules).send_due() == 2
    assert [(to[0], "B-1" in text, "A-1" in text) for to, _, text, _ in box.got] == [
        ("i@example.jp", True, False), ("p@example.jp", False, True),
    ]  # fmt: skip


def test_a_crash_between_sending_and_noting(world: World) -> None:
    """It goes out again under the same Message-ID and says the same, also when more has happened."""
    box = Box(dies=True)
    changed(world)
    with pytest.raises(KeyboardInterrupt):
        digests(world, box).send_due()
    box.dies = False
    world.read(1, BATSU)
    world.follow()
    assert digests(world, box).send_due() == 1
    assert box.got[0] == box.got[1]


def test_a_server_that_fails_is_tried_again_later(world: World) -> None:
    """Not at every look, and with nothing lost."""
    box = Box(fails="unreachable")
    changed(world)
    made = digests(world, box)
    assert made.send_due() == 0
    box.fails = ""
    assert made.send_due() == 0
    world.clock.at += timedelta(minutes=2)
    assert made.send_due() == 1
    assert "A-1" in box.got[0][2]


class Inbox:
    """A mail server's handler."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content)
        return "250 OK"


def test_a_mail_arrives_as_plain_text(world: World) -> None:
    """By real SMTP on loopback: headers, charset, and a text that a person reads."""
    inbox = Inbox()
    port = free_port("127.0.0.1", 0)
    server = Controller(inbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        settings = MailSettings(host="127.0.0.1", port=port, starttls=False, from_=SETTINGS.from_, to=SETTINGS.to)
        changed(world)
        assert digests(world, SmtpMailer(settings), settings=settings).send_due() == 1
    finally:
        server.stop()
    mail = message_from_bytes(inbox.mails[0], policy=policy.default)
    assert mail.get_content_type() == "text/plain"
    assert "△→○" in mail.get_content()
    assert mail["auto-submitted"] == "auto-generated"
    assert mail["message-id"].endswith("@example.jp>")


def test_a_server_that_is_not_there_is_said_so() -> None:
    """One word of why; no exception of a library passes."""
    settings = MailSettings(host="127.0.0.1", port=9, starttls=False, from_="a@b.jp")
    with pytest.raises(DeliveryError, match="unreachable"):
        SmtpMailer(settings).send(["c@d.jp"], "x", "y", message_id="<1@x>", at=MORNING)
