"""T24: a webhook goes to where its name means on the open internet, and nowhere else; nothing bad is connected to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence

import pytest

from shirorom.adapters.webhook_http import HttpPoster, resolve
from shirorom.domain.errors import RequestError
from shirorom.ports.outlets import DeliveryError

GOOD = "93.184.215.14"
BAD_URLS = [
    "http://example.jp/", "ftp://example.jp/", "file:///etc/passwd", "gopher://example.jp/", "javascript:alert(1)",
    "//example.jp/", "example.jp", "https://", "https:///x", "https://user@example.jp/", "https://a:b@example.jp/",
    "https://example.jp#x", "https://example.jp:0/", "https://example.jp:99999/", "https://example.jp:x/",
    "https://exa mple.jp/", "https://example.jp/a b", "https://example.jp/\r\nX: y", "https://例え.jp/",
    "https://127.0.0.1/", "https://127.1/", "https://127.0.0.1./", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/", "https://0/", "https://0.0.0.0/",
    "https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.0.1/",
    "https://169.254.169.254/", "https://100.64.0.1/", "https://100.100.100.200/", "https://168.63.129.16/",
    "https://192.0.0.192/", "https://192.0.2.1/", "https://198.18.0.1/", "https://198.51.100.1/",
    "https://203.0.113.1/", "https://192.88.99.1/", "https://224.0.0.1/", "https://239.255.255.255/",
    "https://240.0.0.1/", "https://255.255.255.255/",
    "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:5db8:d70e]/", "https://[::127.0.0.1]/", "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::5db8:d70e]/", "https://[64:ff9b:1::1]/", "https://[2002:7f00:1::]/",
    "https://[2002:5db8:d70e::1]/", "https://[2001:0:4136:e378::1]/", "https://[2001:db8::1]/",
    "https://[3fff::1]/", "https://[fc00::1]/", "https://[fd12:3456:789a::1]/", "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/", "https://[fec0::1]/", "https://[ff02::1]/", "https://[100::1]/",
    "https://localhost/", "https://localhost./", "https://a.localhost/", "https://printer.local/",
    "https://metadata.google.internal/", "https://router.lan/", "https://nas.home.arpa/",
]  # fmt: skip
BAD_ANSWERS: list[Sequence[str]] = [
    ["127.0.0.1"], ["10.0.0.8"], ["169.254.169.254"], ["::1"], ["fd00::1"], ["::ffff:192.168.0.1"],
    ["64:ff9b::a00:1"], ["2002:a00:1::"], ["100.64.0.1"], ["0.0.0.0"], ["fe80::1%eth0"],
    [GOOD, "127.0.0.1"], ["127.0.0.1", GOOD], [GOOD, "fd00::1"],
]  # fmt: skip


class Connections:
    """Counts connections instead of making them."""

    def __init__(self) -> None:
        self.made: list[tuple[str, int]] = []

    def __call__(self, address: str, port: int, seconds: float) -> socket.socket:
        self.made.append((address, port))
        raise ConnectionRefusedError


def poster_of(resolver: Callable[[str, int], Sequence[str]] = lambda *_: [GOOD]) -> tuple[HttpPoster, Connections]:
    connections = Connections()
    return HttpPoster(resolver=resolver, connect=connections), connections


def test_there_are_enough_bad_targets() -> None:
    """RELIABILITY asks for sixty."""
    assert len(set(BAD_URLS)) + len(BAD_ANSWERS) >= 75


@pytest.mark.parametrize("url", BAD_URLS)
def test_a_bad_address_is_never_connected_to(url: str) -> None:
    """Refused when it is entered and again when it would be posted to; also by this machine's own resolver."""
    for resolver in (lambda *_: [GOOD], resolve):
        poster, connections = poster_of(resolver)
        with pytest.raises(RequestError) as refused:
            poster.check(url)
        with pytest.raises(DeliveryError) as failed:
            poster.post(url, {}, b"{}")
        assert (refused.value.code, failed.value.outcome) == ("hook-target", "refused-target")
        assert connections.made == []


@pytest.mark.parametrize("answers", BAD_ANSWERS, ids=" ".join)
def test_a_good_name_at_a_bad_address_is_never_connected_to(answers: Sequence[str]) -> None:
    """Every address of the name counts, not only the first."""
    poster, connections = poster_of(lambda *_: answers)
    poster.check("https://hooks.example.jp/")
    with pytest.raises(DeliveryError, match="refused-target"):
        poster.post("https://hooks.example.jp/", {}, b"{}")
    assert connections.made == []


def test_a_name_that_changes_is_resolved_once() -> None:
    """The address that was looked at is the one that is connected to."""
    answers = iter([[GOOD], ["127.0.0.1"], ["127.0.0.1"]])
    poster, connections = poster_of(lambda *_: next(answers))
    with pytest.raises(DeliveryError, match="unreachable"):
        poster.post("https://rebind.example.jp/", {}, b"{}")
    assert connections.made == [(GOOD, 443)]
    with pytest.raises(DeliveryError, match="refused-target"):
        poster.post("https://rebind.example.jp/", {}, b"{}")
    assert len(connections.made) == 1


@pytest.mark.parametrize("answers", [[], ["no address"], ["93.184.215.999"]])
def test_a_name_without_an_address_is_unknown(answers: Sequence[str]) -> None:
    """Nothing is connected to."""
    poster, connections = poster_of(lambda *_: answers)
    with pytest.raises(DeliveryError, match="name-unknown"):
        poster.post("https://hooks.example.jp/", {}, b"{}")
    assert connections.made == []


def test_the_open_internet_is_connected_to() -> None:
    """Control: by name and by address, in both families; a proxy of the environment is not asked."""
    for url, answers, expected in (
        ("https://hooks.example.jp/x?y=1", [GOOD], (GOOD, 443)),
        ("https://hooks.example.jp:8443/", ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"], None),
        (f"https://{GOOD}/", [], (GOOD, 443)),
    ):
        poster, connections = poster_of(lambda *_, answers=answers: answers)
        poster.check(url)
        with pytest.raises(DeliveryError, match="unreachable"):
            poster.post(url, {}, b"{}")
        assert connections.made == [expected or (answers[0], 8443)]


def test_this_machine_only_where_its_owner_allows() -> None:
    """`allow_private` opens loopback alone, and the network of the shop stays closed."""
    connections = Connections()
    poster = HttpPoster(loopback=True, resolver=lambda *_: ["192.168.0.1"], connect=connections)
    with pytest.raises(DeliveryError, match="unreachable"):
        poster.post("http://127.0.0.1:9/", {}, b"{}")
    for url in ("https://hooks.example.jp/", "http://192.168.0.1/", "http://hooks.example.jp/"):
        with pytest.raises(DeliveryError, match="refused-target"):
            poster.post(url, {}, b"{}")
    assert connections.made == [("127.0.0.1", 9)]
