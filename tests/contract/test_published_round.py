"""The whole round over HTTP on this machine: record, publish, witness, watch; then a rollback and a fork (T8, T10)."""

from __future__ import annotations

import asyncio
import http.client
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from litestar import Litestar

from shirorom.adapters.fetch import FileSource, Http, HttpSource, HttpWitness, checked, source_of
from shirorom.adapters.heads_sqlite import SqliteHeads
from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.domain.errors import ConfigError, ShiroromError
from shirorom.edge.web.app import create_app
from shirorom.edge.web.serve import serve
from shirorom.edge.witness import create_witness
from shirorom.log.note import SignatureKind
from shirorom.service.monitor import monitor
from shirorom.service.monitor_report import Finding, Report, Seen, Wanted
from shirorom.service.publish import Publish
from shirorom.service.witness import Witness
from tests.logs import START, SetClock
from tests.publishing_kit import PublishedLog
from tests.web_kit import Kit, served, settings_of


def witness_of(shop: PublishedLog, data: Path) -> Witness:
    signer = Ed25519Signer("witness.example/w1", bytes(range(32)), SignatureKind.COSIGNATURE)
    return Witness.of([shop.keys.signer(START).key], SqliteHeads(data / "w" / "witness.sqlite"), signer, SetClock())


async def test_the_whole_round(tmp_path: Path):
    """A stranger over HTTP sees what was recorded, signed and witnessed; what goes back or forks is refused."""
    shop = PublishedLog(tmp_path / "data")
    kit = Kit(tmp_path / "kit", settings_of())
    witness = witness_of(shop, tmp_path)
    async with served(kit, app=showing(kit, shop)) as url, served(kit, app=create_witness(witness)) as witness_url:
        await asyncio.to_thread(round_, shop, tmp_path, f"{url}/log/practice", witness_url, witness)
    kit.close()


def showing(kit: Kit, shop: PublishedLog) -> Litestar:
    """The kit's app with the practice log's files."""
    return create_app(replace(kit.parts, shelves={True: shop.shelf}))


def look(url: str, seen: Seen, wanted: Wanted) -> Report:
    with closing(HttpSource(url)) as source:
        return monitor(source, seen, wanted)


def round_(shop: PublishedLog, tmp_path: Path, url: str, witness_url: str, witness: Witness) -> None:
    client = HttpWitness(witness_url, witness.signer.key)
    publish = Publish(shop.log, shop.checkpoints, shop.shelf, [client])
    wanted = Wanted([shop.keys.signer(START).key], {}, [witness.signer.key], 1)
    seen = Seen()
    for count in (3, 260, 40):
        shop.grow(count)
        assert [one.outcome for one in publish.ask_witnesses(publish().signed)] == ["signed"]
        report = look(url, seen, wanted)
        assert (report.ok, report.cosigners) == (True, (witness.signer.key,))
        seen = report.seen
    assert seen.signed is not None
    assert seen.signed.checkpoint.size == 303
    head = seen.signed.note.encode()

    shop.close()
    fork = tmp_path / "fork"
    shutil.copytree(shop.data, fork)
    shop.__post_init__()
    shop.grow(1)
    publish = Publish(shop.log, shop.checkpoints, shop.shelf, [client])
    publish.ask_witnesses(publish().signed)
    other = PublishedLog(fork)  # the same key in another's hands, gone another way
    other.grow(1)
    forged = Publish(other.log, other.checkpoints, other.shelf, [client])
    assert [one.outcome for one in forged.ask_witnesses(forged().signed)] == ["refused"]
    assert len(SqliteHeads(tmp_path / "w" / "witness.sqlite").accusations()) == 1
    seen = look(url, seen, wanted).seen
    assert [one.finding for one in monitor(FileSource(other.shelf.root), seen, wanted).alarms] == [Finding.FORKED]

    shop.shelf.put("checkpoint", head)  # yesterday's head, shown again
    assert [one.finding for one in look(url, seen, wanted).alarms] == [Finding.ROLLED_BACK]
    other.close()
    shop.close()


def test_a_witness_that_has_seen_more_says_so(tmp_path: Path):
    """A shop restored from an old backup, with no memory of what it signed, hears it from its witness (T8)."""
    shop = PublishedLog(tmp_path / "data")
    shop.grow(2)
    shop.close()
    shutil.copytree(shop.data, tmp_path / "backup")
    shop.__post_init__()
    witness = witness_of(shop, tmp_path)

    class Near:
        key = witness.signer.key

        def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
            answer = witness.add_checkpoint(body)
            return answer.status, answer.body

    shop.grow(3)
    publish = Publish(shop.log, shop.checkpoints, shop.shelf, [Near()])
    publish.ask_witnesses(publish().signed)
    shutil.copytree(shop.data / "keys", tmp_path / "backup" / "keys", dirs_exist_ok=True)
    back = PublishedLog(tmp_path / "backup")
    restored = Publish(back.log, back.checkpoints, back.shelf, [Near()])
    assert [one.outcome for one in restored.ask_witnesses(restored().signed)] == ["ahead"]
    back.close()
    shop.close()


def test_a_witness_out_of_reach_changes_nothing(tmp_path: Path):
    """The checkpoint is published; the result says who did not answer."""
    shop = PublishedLog(tmp_path / "data")
    shop.grow(2)
    witness = HttpWitness("http://127.0.0.1:9", witness_of(shop, tmp_path).signer.key)
    publish = Publish(shop.log, shop.checkpoints, shop.shelf, [witness])
    signed = publish().signed
    assert [one.outcome for one in publish.ask_witnesses(signed)] == ["unreachable"]
    assert shop.published() == signed
    shop.close()


ROWS = {
    "/log/practice/checkpoint": 200, "/log/practice/tile/0/000.p/2": 200, "/log/practice/keys.json": 200,
    "/log/checkpoint": 404, "/log/practice/heads.sqlite": 404, "/log/practice/../heads.sqlite": 404,
    "/log/practice/tile/0/%2e%2e/%2e%2e/%2e%2e/heads.sqlite": 404, "/log/practice/tile/0/000": 404,
    "/log/practice/tile/0/000.p/02": 404, "/log/": 404,
}  # fmt: skip


async def test_nothing_but_the_log_is_served(tmp_path: Path):
    """Only names that a log has lead to a file; what never changes may be kept for ever, the checkpoint for seconds."""
    shop = PublishedLog(tmp_path / "data")
    shop.grow(2)
    shop.publish()
    kit = Kit(tmp_path / "kit", settings_of())
    async with served(kit, app=showing(kit, shop)) as url:
        answers = {path: await asyncio.to_thread(_get, url, path) for path in ROWS}
    assert {path: answer.status for path, answer in answers.items()} == ROWS
    assert answers["/log/practice/checkpoint"].headers["content-type"] == "text/plain; charset=utf-8"
    assert "immutable" in answers["/log/practice/tile/0/000.p/2"].headers["cache-control"]
    assert answers["/log/practice/checkpoint"].headers["cache-control"] == "public, max-age=2"
    kit.close()
    shop.close()


async def test_granian_serves_tiles_by_itself_and_nothing_beside_them(tmp_path: Path):
    """Kept for a year; whatever lies beside the tiles is out of reach, and the app still answers everything else."""
    shop = PublishedLog(tmp_path / "data")
    shop.grow(2)
    shop.publish()
    kit = Kit(tmp_path / "kit", settings_of())
    ready, stop = asyncio.get_running_loop().create_future(), asyncio.Event()
    mounts = {"/log/practice/tile": shop.shelf.root / "tile"}
    app = showing(kit, shop)
    task = asyncio.create_task(serve(app, port=0, on_ready=ready.set_result, stop=stop, mounts=mounts))
    url: str = await ready
    answers = {path: await asyncio.to_thread(_get, url, path) for path in ROWS}
    stop.set()
    await task
    assert {path: answer.status for path, answer in answers.items()} == ROWS
    assert answers["/log/practice/tile/0/000.p/2"].headers["cache-control"] == "max-age=31536000"
    kit.close()
    shop.close()


def _get(url: str, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/log", "ftp://127.0.0.1/", "http://127.0.0.1.example.com/", "https://user@example.com/",
        "https://example.com/?a=1", "https://example.com/#a", "http://[::ffff:10.0.0.1]/", "http://10.0.0.1/",
        "https:///log", "https://example.com:x/", "https://exa mple.com/", "http://0.0.0.0/", "//example.com/log",
    ],
)  # fmt: skip
def test_only_https_or_this_machine_is_asked(url: str):
    """Neither plain http elsewhere, nor another scheme, nor names and passwords in it."""
    with pytest.raises(ConfigError):
        checked(url)


@pytest.mark.parametrize(
    "where", ["https://example.com/log/", "http://127.0.0.1:8000/log", "http://[::1]/", "http://localhost/"]
)
def test_https_and_loopback_may_be_asked(where: str):
    """And directories, and files' addresses."""
    assert checked(where)
    assert isinstance(source_of("file:///srv/log"), FileSource)


class _Odd(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked: list[str] = []  # noqa: RUF012  # of all of them, on purpose

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("location", "/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()
        elif self.path == "/drip":
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            while not self.server.over.wait(0.05):  # type: ignore[attr-defined]
                try:
                    self.wfile.write(b"x")
                    self.wfile.flush()
                except OSError:
                    return
        else:
            self.send_response(200)
            self.send_header("content-length", "5000")
            self.end_headers()
            self.wfile.write(bytes(5000))

    def log_message(self, *_: object) -> None: ...


@contextmanager
def odd() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Odd)
    server.daemon_threads = True
    server.over = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.over.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_redirect_is_not_followed():
    """It is an answer that is no file."""
    _Odd.asked.clear()
    with odd() as url, closing(HttpSource(url)) as source, pytest.raises(ShiroromError) as raised:
        source.get("redirect", bytes_max=10)
    assert raised.value.code == "log-unreachable"
    assert "/elsewhere" not in _Odd.asked


def test_a_file_too_large_is_not_read():
    """Not one byte more than its limit."""
    with odd() as url, closing(HttpSource(url)) as source, pytest.raises(ShiroromError):
        source.get("large", bytes_max=4_999)


def test_a_server_that_drips_is_left():
    """However often a byte comes: the whole has a limit."""
    with odd() as url:
        http_ = Http(url, seconds_max=0.3)
        with pytest.raises(ShiroromError) as raised:
            http_.call("GET", "drip", bytes_max=10_000)
    assert raised.value.code == "log-unreachable"
