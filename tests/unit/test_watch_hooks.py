"""Webhooks: signed as the standard says, in order, tried again, replayed; a bad endpoint hurts nobody but itself."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from shirorom.adapters.desk_sql.outlets import SqlOutlets
from shirorom.adapters.webhook_http import HttpPoster
from shirorom.domain.desk.alerts import AlertKind
from shirorom.domain.desk.outlets import RETRIES_S, Quiet, Rule
from shirorom.domain.errors import RequestError
from shirorom.domain.fold import JST
from shirorom.ports.outlets import Attempt, DeliveryError
from shirorom.service.secret import Secrets
from shirorom.service.watch_hooks import Hooks
from tests.logs import imei
from tests.watch_kit import BATSU, MARU, SANKAKU, World


@dataclass
class Posts:
    """ports.outlets.Poster: keeps what is posted, and answers as it was told."""

    answers: dict[str, list[int | str]] = field(default_factory=dict)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def check(self, url: str) -> None:
        """Everything may be posted to here."""

    def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        said = self.answers.get(url) or [204]
        answer = said.pop(0) if len(said) > 1 else said[0]
        self.got.append((url, headers, body))
        if isinstance(answer, str):
            raise DeliveryError(answer)
        return answer

    def alerts(self, url: str = "https://pos/") -> list[Any]:
        """The alerts posted to an endpoint, in order."""
        return [json.loads(body)["data"].get("alert") for to, _, body in self.got if to == url]


class House:
    """A world with webhooks."""

    def __init__(self, world: World, rules: tuple[Rule, ...] = ()) -> None:
        self.world, self.posts = world, Posts()
        self.hooks = Hooks(SqlOutlets(world.desk), self.posts, Secrets(b"k" * 32, os.urandom), world.clock, rules)

    def change(self, n: int, *marks: Any) -> None:
        """Answers about a phone, followed."""
        for mark in marks:
            self.world.read(n, mark)
        self.world.follow()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.unit("A-1", 1)
    made.unit("B-1", 2, store="池袋", person="佐藤")
    made.follow()
    yield made
    made.close()


@pytest.fixture
def house(world: World) -> House:
    return House(world)


def verify(secret: str, headers: Mapping[str, str], body: bytes, at: datetime) -> Any:
    """By the standard's own library, at the moment of the message."""
    webhook = Webhook(secret)
    sent = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    assert abs(sent - at) < timedelta(seconds=2)
    expected = webhook.sign(headers["webhook-id"], sent, body.decode())
    assert expected in headers["webhook-signature"].split(" ")
    return json.loads(body)


def test_a_message_holds_by_the_standards_own_library(house: House) -> None:
    """Signature, id and timestamp; the payload is thin and names no number of a phone."""
    _, secret = house.hooks.add("pos", "https://pos/", by="Anna")
    assert secret.startswith("whsec_")
    house.change(1, SANKAKU, MARU)
    (attempt,) = house.hooks.deliver_all()
    assert attempt.outcome == "delivered"
    ((_, headers, body),) = house.posts.got
    said = verify(secret, headers, body, house.world.clock.at)
    assert (said["type"], said["data"]["key"], said["data"]["from"], said["data"]["to"], said["data"]["practice"]) == (
        "alert.raised", "A-1", "caution", "clear", True,
    )  # fmt: skip
    assert imei(1).digits not in body.decode()
    assert imei(1).key not in body.decode()


def test_the_library_refuses_another_secret_and_another_body() -> None:
    """Control: what is not signed so does not verify (with the library's own clock)."""
    from shirorom.domain.desk.outlets import secret_text, signed_headers

    now = datetime.now(UTC)
    good = signed_headers([b"a" * 32], "msg_1", now, b"{}")
    assert Webhook(secret_text(b"a" * 32)).verify("{}", good) == {}
    for secret, body in ((b"b" * 32, "{}"), (b"a" * 32, "{ }")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret_text(secret)).verify(body, good)


def test_while_a_secret_is_replaced_both_sign(house: House) -> None:
    """For a day; then the new one alone."""
    _, before = house.hooks.add("pos", "https://pos/", by="Anna")
    _, after = house.hooks.rotate("pos")
    assert before != after
    house.hooks.test("pos")
    (_, headers, body) = house.posts.got[-1]
    for secret in (before, after):
        verify(secret, headers, body, house.world.clock.at)
    house.world.clock.at += timedelta(days=2)
    house.hooks.test("pos")
    assert len(house.posts.got[-1][1]["webhook-signature"].split(" ")) == 1


def test_a_new_endpoint_hears_what_comes(house: House) -> None:
    """What was told before is there by replay alone."""
    house.change(1, SANKAKU, MARU)
    house.hooks.add("pos", "https://pos/", by="Anna")
    assert house.hooks.deliver_all() == []
    house.change(2, SANKAKU, BATSU)
    house.hooks.deliver_all()
    assert house.posts.alerts() == [2]
    assert house.hooks.replay("pos", since=1) == 2
    house.hooks.deliver_all()
    assert sorted(house.posts.alerts()[1:]) == [1, 2]


def test_a_retraction_is_told(house: House) -> None:
    """Whoever acted on an alert hears that it was taken back."""
    house.hooks.add("pos", "https://pos/", by="Anna")
    house.world.read(1, SANKAKU)
    wrong = house.world.read(1, BATSU)
    house.world.follow()
    house.world.withdraw(1, wrong)
    house.world.follow()
    house.hooks.deliver_all()
    assert [json.loads(body)["type"] for _, _, body in house.posts.got] == ["alert.raised", "alert.retracted"]


def test_what_fails_is_tried_again_by_the_schedule_and_then_switched_off(house: House) -> None:
    """In order: nothing overtakes it. After the last try the endpoint is off, and says so; replay switches it on."""
    house.hooks.add("pos", "https://pos/", by="Anna")
    house.posts.answers["https://pos/"] = [500]
    house.change(1, SANKAKU, MARU)
    house.change(2, SANKAKU, BATSU)
    assert len(house.hooks.deliver_all()) == 1
    for seconds in RETRIES_S:
        assert house.hooks.store.hook("pos").off_at is None
        house.world.clock.at += timedelta(seconds=seconds - 1)
        assert house.hooks.deliver("pos") is None
        house.world.clock.at += timedelta(seconds=1)
        assert house.hooks.deliver("pos") is not None
    hook = house.hooks.store.hook("pos")
    assert house.posts.alerts() == [1] * (1 + len(RETRIES_S))
    assert (hook.off_why, hook.waiting) == ("failing", 2)
    house.posts.answers["https://pos/"] = [200]
    house.posts.got.clear()
    house.hooks.replay("pos", since=1)
    house.hooks.deliver_all()
    assert house.posts.alerts() == [1, 2]


def test_an_endpoint_that_is_gone_is_switched_off_at_once(house: House) -> None:
    """410 says that nobody wants it any more."""
    house.hooks.add("pos", "https://pos/", by="Anna")
    house.posts.answers["https://pos/"] = [410]
    house.change(1, SANKAKU, MARU)
    house.hooks.deliver_all()
    assert house.hooks.store.hook("pos").off_why == "gone"


def test_a_redirect_is_no_delivery(house: House) -> None:
    """It is not followed, and tried again."""
    house.hooks.add("pos", "https://pos/", by="Anna")
    house.posts.answers["https://pos/"] = [302, 200]
    house.change(1, SANKAKU, MARU)
    (attempt,) = house.hooks.deliver_all()
    assert (attempt.outcome, attempt.status) == ("redirected", 302)
    house.world.clock.at += timedelta(seconds=6)
    assert [one.outcome for one in house.hooks.deliver_all()] == ["delivered"]
    log = house.hooks.store.attempts("pos", count_max=9)
    assert [(one.outcome, one.alert) for one in log] == [("delivered", 1), ("redirected", 1)]
    assert len({one.message for one in log}) == 1


def test_one_message_is_replayed_by_its_id(house: House) -> None:
    """With the same id; an id that is not there is said so."""
    house.hooks.add("pos", "https://pos/", by="Anna")
    house.change(1, SANKAKU, MARU, BATSU)
    first, _ = house.hooks.deliver_all()
    house.posts.got.clear()
    house.hooks.replay("pos", message=first.message)
    house.hooks.deliver_all()
    assert [headers["webhook-id"] for _, headers, _ in house.posts.got] == [first.message]
    with pytest.raises(RequestError) as refused:
        house.hooks.replay("pos", message="msg_none")
    assert refused.value.code == "message-not-found"


def test_a_bad_endpoint_delays_no_other(house: House) -> None:
    """Each has its own line."""
    house.hooks.add("bad", "https://bad/", by="Anna")
    house.hooks.add("pos", "https://pos/", by="Anna")
    house.posts.answers["https://bad/"] = ["timeout"]
    house.change(1, SANKAKU, MARU)
    house.hooks.deliver_all()
    assert house.posts.alerts() == [1]


def test_rules_say_which_alerts_go_where(world: World) -> None:
    """Kinds, shops and persons; an endpoint without a rule hears everything."""
    house = House(
        world,
        (
            Rule("a", hook="kinds", kinds=frozenset({AlertKind.RESTRICTED})),
            Rule("b", hook="shops", stores=frozenset({"池袋"}), persons=frozenset({"佐藤"})),
            Rule("c", hook="real", practice=False),
        ),
    )
    for name in ("kinds", "shops", "real", "all"):
        house.hooks.add(name, f"https://{name}/", by="Anna")
    house.change(1, SANKAKU, BATSU)
    house.change(2, SANKAKU, MARU)
    house.hooks.deliver_all()
    got = {name: house.posts.alerts(f"https://{name}/") for name in ("kinds", "shops", "real", "all")}
    assert got == {"kinds": [1], "shops": [2], "real": [], "all": [1, 2]}


def test_quiet_hours_hold_back_what_may_wait(world: World) -> None:
    """Restricted breaks through where the shop chose so; the rest comes when they end."""
    quiet = Quiet(clock_time(17), clock_time(8), frozenset({AlertKind.RESTRICTED}))  # it is 18:00 in Japan
    house = House(world, (Rule("a", hook="pos", quiet=quiet),))
    house.hooks.add("pos", "https://pos/", by="Anna")
    house.change(1, SANKAKU, MARU)
    house.change(2, SANKAKU, BATSU)
    house.hooks.deliver_all()
    assert house.posts.alerts() == [2]
    world.clock.at = world.clock.at.astimezone(JST).replace(hour=8, minute=0).astimezone(UTC) + timedelta(days=1)
    house.hooks.deliver_all()
    assert house.posts.alerts() == [2, 1]


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),  # noqa: DTZ001  # made aware below
    from_=st.integers(0, 23),
    until=st.integers(0, 23),
)
def test_quiet_hours_end(now: datetime, from_: int, until: int) -> None:
    """What waits goes out at the hour they end, within a day; outside of them at once."""
    moment = now.replace(tzinfo=UTC)
    when = Quiet(clock_time(from_), clock_time(until)).wait(AlertKind.FREED, moment)
    inside = (moment.astimezone(JST).hour - from_) % 24 < (until - from_) % 24
    assert (when != moment) is inside or when == moment
    assert timedelta(0) <= when - moment <= timedelta(days=1)
    if when != moment:
        local = when.astimezone(JST)
        assert (local.hour, local.minute, inside) == (until, 0, True)


def test_two_processes_do_not_post_to_one_endpoint_at_once(house: House) -> None:
    """Whoever comes second finds it held, also after a crash in between, until the hold is over."""
    house.hooks.add("pos", "https://pos/", by="Anna")
    house.change(1, SANKAKU, MARU)
    house.hooks.spread()
    now = house.world.clock.at
    assert house.hooks.store.take("pos", now=now, until=now + timedelta(seconds=60)) is not None
    assert house.hooks.deliver("pos") is None
    house.world.clock.at += timedelta(seconds=61)
    assert house.hooks.deliver("pos") is not None


@pytest.mark.parametrize("name", ["", "A", "a b", "-a", "a" * 33, "../x", "あ"])
def test_odd_names_are_refused(house: House, name: str) -> None:
    """A name stands in addresses and logs."""
    with pytest.raises(RequestError) as refused:
        house.hooks.add(name, "https://pos/", by="Anna")
    assert refused.value.code == "hook-name"


def test_no_secret_is_in_the_database(house: House, tmp_path: Path) -> None:
    """A secret is made of this installation's key; the file alone opens nothing."""
    _, secret = house.hooks.add("pos", "https://pos/", by="Anna")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("desk.sqlite*"))
    assert secret.removeprefix("whsec_").encode() not in kept
    from base64 import b64decode

    assert b64decode(secret.removeprefix("whsec_")) not in kept


# Over real sockets (T40)


class Server:
    """An endpoint on loopback that answers in its own way."""

    def __init__(self, way: str, *, tls: Path | None = None) -> None:
        self.bodies: list[bytes] = []
        self.hosts: list[str] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                server.hosts.append(self.headers["host"])
                server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
                if way == "hang":
                    time.sleep(3)
                if way == "close":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response({"redirect": 302, "500": 500}.get(way, 200))
                if way == "redirect":
                    self.send_header("location", "http://169.254.169.254/")
                if way == "drip":
                    for _ in range(40):
                        self.wfile.write(b"x: y")
                        self.wfile.flush()
                        time.sleep(0.1)
                self.end_headers()
                while way == "endless":
                    self.wfile.write(b"x" * 65_536)

            def log_message(self, *_: object) -> None:
                """Quiet."""

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/hook"

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.mark.parametrize(
    ("way", "outcome"),
    [
        ("good", "delivered"), ("500", "status"), ("redirect", "redirected"), ("close", "no-answer"),
        ("hang", "timeout"), ("drip", "timeout"), ("endless", "delivered"),
    ],
)  # fmt: skip
def test_every_way_of_answering_ends(world: World, way: str, outcome: str) -> None:
    """A server that hangs, drips, breaks off or never ends costs no more than the time allowed; nothing is read on."""
    server = Server(way)
    try:
        poster = HttpPoster(loopback=True, total_s_max=0.5)
        hooks = Hooks(SqlOutlets(world.desk), poster, Secrets(b"k" * 32, os.urandom), world.clock)
        hooks.add("pos", server.url, by="Anna")
        attempt: Attempt = hooks.test("pos")
        assert attempt.outcome == outcome
        assert json.loads(server.bodies[0])["type"] == "test"
    finally:
        server.close()


def test_the_name_is_in_sni_and_host(tmp_path: Path) -> None:
    """The connection goes to the address, and the certificate must be that of the name."""
    authority = make_certificate(tmp_path, "hooks.example.test")
    server = Server("good", tls=tmp_path / "both.pem")
    try:
        poster = HttpPoster(
            loopback=True,
            resolver=lambda *_: ["127.0.0.1"],
            context=lambda: ssl.create_default_context(cafile=str(authority)),
            total_s_max=5,
        )
        port = server.url.split(":")[2]
        assert poster.post(f"https://hooks.example.test:{port}", {}, b"{}") == 200
        assert server.hosts == [f"hooks.example.test:{port.partition('/')[0]}"]
        with pytest.raises(DeliveryError, match="tls"):
            poster.post(f"https://other.example.test:{port}", {}, b"{}")
        assert len(server.bodies) == 1
    finally:
        server.close()


def make_certificate(folder: Path, name: str) -> Path:
    """A certificate of that name that vouches for itself; `both.pem` has its key too."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + pem)
    (folder / "ca.pem").write_bytes(pem)
    return folder / "ca.pem"


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """TLS is checked: a server that speaks none, or is not who it says, gets nothing."""
    server = Server("good")
    try:
        with pytest.raises(DeliveryError, match="tls"):
            HttpPoster(loopback=True, total_s_max=2).post(server.url.replace("http:", "https:"), {}, b"{}")
        assert server.bodies == []
    finally:
        server.close()


async def test_an_endpoint_that_hangs_delays_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it runs beside the app: while one is still waited for, the others have theirs."""
    monkeypatch.setattr("shirorom.service.watch_hooks.ROUND_S", 0.01)
    house, held = House(world), threading.Event()
    plain = house.posts.post

    def post(url: str, headers: dict[str, str], body: bytes) -> int:
        if url == "https://hangs/":
            held.wait(20)
        return plain(url, headers, body)

    house.posts.post = post  # type: ignore[method-assign]
    for name in ("hangs", "pos"):
        house.hooks.add(name, f"https://{name}/", by="Anna")
    house.change(1, SANKAKU, MARU, BATSU)
    task = asyncio.create_task(house.hooks.run())
    try:
        async with asyncio.timeout(15):
            while house.posts.alerts() != [1, 2]:  # noqa: ASYNC110  # the thread that posts tells nobody
                await asyncio.sleep(0.01)
        assert house.posts.alerts("https://hangs/") == []
    finally:
        held.set()
        async with asyncio.timeout(15):
            while len(house.posts.alerts("https://hangs/")) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        task.cancel()
