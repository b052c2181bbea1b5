"""adapters/gate.py: one carrier through, nothing else, and not too much of it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shirorom.adapters.gate import Gate, Target

HOST = "127.0.0.1"


class Carrier:
    """A server that keeps what it was asked and answers what it was told."""

    def __init__(self) -> None:
        self.heads: list[bytes] = []
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.answer)
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture
async def carrier() -> AsyncIterator[Carrier]:
    carrier = Carrier()
    server = await asyncio.start_server(carrier.serve, HOST, 0)
    carrier.port = server.sockets[0].getsockname()[1]
    yield carrier
    server.close()


@pytest_asyncio.fixture
async def gate() -> AsyncIterator[tuple[Gate, int]]:
    gate = Gate(bytes_max=10_000)
    address = await gate.open()
    yield gate, int(address.rpartition(":")[2])
    await gate.close()


async def talk(port: int, request: bytes) -> bytes:
    """Send a request to the gate and read all that comes back."""
    reader, writer = await asyncio.open_connection(HOST, port)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return answer


async def test_closed_until_it_is_aimed(gate: tuple[Gate, int], carrier: Carrier) -> None:
    """A prepared tab reaches nobody."""
    answer = await talk(gate[1], f"GET http://{HOST}:{carrier.port}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403")
    assert carrier.heads == []
    assert gate[0].refused == 1


async def test_request_as_the_carrier_expects_it(gate: tuple[Gate, int], carrier: Carrier) -> None:
    """Path instead of address, one request a connection, no header of the proxy."""
    gate[0].allow(frozenset({Target(HOST, carrier.port)}))
    request = (
        f"GET http://{HOST}:{carrier.port}/a?b HTTP/1.1\r\nHost: {HOST}\r\nProxy-Connection: keep-alive\r\nX: y\r\n\r\n"
    )
    assert (await talk(gate[1], request.encode())).endswith(b"ok")
    assert carrier.heads == [f"GET /a?b HTTP/1.1\r\nHost: {HOST}\r\nX: y\r\nConnection: close\r\n\r\n".encode()]


@pytest.mark.parametrize(
    "line",
    [
        "GET http://127.0.0.1:{other}/ HTTP/1.1", "GET http://localhost:{port}/ HTTP/1.1",
        "GET http://127.0.0.2:{port}/ HTTP/1.1",
        "CONNECT 127.0.0.1:{other} HTTP/1.1", "CONNECT evil.example:443 HTTP/1.1", "GET file:///etc/passwd HTTP/1.1",
        "GET ftp://127.0.0.1:{port}/ HTTP/1.1", "GET / HTTP/1.1",
        "GET http://127.0.0.1:{port}@evil.example/ HTTP/1.1", "GET http://[ HTTP/1.1",
    ],
)  # fmt: skip
async def test_everything_else_is_refused(gate: tuple[Gate, int], carrier: Carrier, line: str) -> None:
    """Another port, host, scheme, or a line that is none."""
    gate[0].allow(frozenset({Target(HOST, carrier.port)}))
    request = line.format(port=carrier.port, other=carrier.port + 1) + "\r\nHost: x\r\n\r\n"
    assert (await talk(gate[1], request.encode())).startswith(b"HTTP/1.1 403")
    assert carrier.heads == []


async def test_tunnel(gate: tuple[Gate, int], carrier: Carrier) -> None:
    """TLS goes through untouched, to the same targets only."""
    gate[0].allow(frozenset({Target(HOST, carrier.port)}))
    answer = await talk(gate[1], f"CONNECT {HOST}:{carrier.port} HTTP/1.1\r\n\r\nhello\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200")
    assert carrier.heads == [b"hello\r\n\r\n"]


async def test_too_many_bytes_end_it(gate: tuple[Gate, int], carrier: Carrier) -> None:
    """What comes back is counted and cut."""
    gate[0].allow(frozenset({Target(HOST, carrier.port)}))
    carrier.answer = b"x" * 1_000_000
    answer = await talk(gate[1], f"GET http://{HOST}:{carrier.port}/ HTTP/1.1\r\n\r\n".encode())
    assert gate[0].overflow.is_set()
    assert len(answer) <= 10_000


async def test_unreachable_carrier_is_noted(gate: tuple[Gate, int]) -> None:
    """Nobody listens: the gate knows why the page stayed away."""
    server = await asyncio.start_server(lambda *_: None, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    gate[0].allow(frozenset({Target(HOST, port)}))
    assert (await talk(gate[1], f"GET http://{HOST}:{port}/ HTTP/1.1\r\n\r\n".encode())).startswith(b"HTTP/1.1 502")
    assert gate[0].unreachable


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://a.test", Target("a.test", 80)),
        ("https://A.test./x", Target("a.test", 443)),
        ("http://127.0.0.1:9101", Target(HOST, 9101)),
    ],
)
def test_target_of_an_address(url: str, target: Target) -> None:
    """Host in lower case without its last dot, port by scheme."""
    assert Target.of(url) == target


async def test_nobody_is_left_waiting() -> None:
    """Callers that come in the moment the gate closes see an ended connection, whether they were let in yet or not."""
    for pause in range(6):
        gate = Gate(1_000)
        port = int((await gate.open()).rpartition(":")[2])
        with socket.create_connection((HOST, port)) as caller:
            for _ in range(pause):
                await asyncio.sleep(0)
            await gate.close()
            caller.setblocking(False)
            ended = asyncio.wait_for(asyncio.get_running_loop().sock_recv(caller, 1), 5)
            with contextlib.suppress(ConnectionResetError):  # it had not been let in
                assert await ended == b""
