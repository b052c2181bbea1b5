"""T50: a fresh data directory, a careless umask, no configuration: what is safe out of the box, item by item.

The server of this file is started with umask 000, asks practice carriers by itself and records; then everything that it
made, opened and answered is looked at. What the design names for later (accounts, EIR, uploads) is not here yet.
"""

from __future__ import annotations

import configparser
import http.client
import json
import os
import re
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from scripts.serving import SHIROROM, Served, free_port, post, serving

ROOT = Path(__file__).resolve().parents[2]
IMEI = "001001010000047"
CARELESS = ("sh", "-c", 'umask 000; exec "$0" "$@"')
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ADDRESSES = ("/", "/help", "/help/stale", "/docs", "/openapi.json", "/healthz", "/v1/carriers", "/no-such-page")


@dataclass(frozen=True, slots=True)
class Fresh:
    """A server on a fresh data directory that has answered one check."""

    served: Served
    data: Path
    check: dict[str, Any]

    def request(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One request; the answer and its body."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(http.client.HTTPConnection(self.served.url.removeprefix("http://"), timeout=60)) as connection:
            connection.request(method, path, body, names)
            answer = connection.getresponse()
            return answer, answer.read()

    def json(self, body: str) -> tuple[int, dict[str, Any]]:
        """A check with a body as it stands; status and object."""
        answer, content = self.request("POST", "/v1/checks", body, content_type="application/json")
        return answer.status, json.loads(content)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fresh]:
    data = tmp_path_factory.mktemp("fresh") / "deep" / "data"
    with serving("--practice", data=data, under=CARELESS) as served:
        status, check = post(f"{served.url}/v1/checks", {"imeis": [IMEI]})
        assert (status, check["verdict"]) == (200, "clear")
        yield Fresh(served, data, check)


def made_by(data: Path) -> list[Path]:
    """The data directory and everything below it."""
    return [data, *data.rglob("*")]


def looser(paths: list[Path]) -> list[str]:
    """Names that somebody else may read, write or enter."""
    return [path.name for path in paths if stat.S_IMODE(path.stat().st_mode) & 0o077]


# --- Bind ------------------------------------------------------------------------------------------------------------


def test_only_loopback_is_listened_on(fresh: Fresh) -> None:
    """The server, its browser and the practice carriers listen on 127.0.0.1 and nowhere else."""
    server = psutil.Process(fresh.served.process.pid)
    listening = [c for one in (server, *server.children(recursive=True)) for c in listened_by(one)]
    assert len(listening) >= 6  # control: the app, the four carriers and their index are seen
    assert {c.laddr.ip for c in listening} == {"127.0.0.1"}


def test_other_address_is_refused_without_hosts(tmp_path: Path) -> None:
    """Listening to other machines needs a list of the names to answer to; without it: `bind-unsafe`."""
    command = [SHIROROM, "--data", tmp_path / "data", "serve", "--bind", "0.0.0.0", "--port", str(free_port())]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, "(bind-unsafe)" in done.stderr) == (1, True)


def test_other_address_is_served_with_a_named_proxy(tmp_path: Path) -> None:
    """Control: with such a list, and a proxy that speaks TLS, the same address is listened on."""
    config = tmp_path / "config.toml"
    config.write_text('[web]\nhosts = ["shop.example"]\nproxy = "10.0.0.2"\n')
    with serving("--bind", "0.0.0.0", data=tmp_path / "data", config=config) as served:
        listening = listened_by(psutil.Process(served.process.pid))
    assert {c.laddr.ip for c in listening} == {"0.0.0.0"}


def listened_by(process: psutil.Process) -> list[Any]:
    """The sockets on which a process waits for others; none when it has ended meanwhile."""
    try:
        return [c for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN]
    except psutil.NoSuchProcess:
        return []


# --- Files and secrets -----------------------------------------------------------------------------------------------


def test_nobody_else_may_read_the_data(fresh: Fresh) -> None:
    """Directories are 0700 and files 0600 although the umask was 000: log, blobs, keys and all the rest."""
    made = made_by(fresh.data)
    assert {"practice.sqlite", "keys", "blobs"} <= {path.name for path in made}
    assert looser(made) == []


def test_everything_kept_is_in_the_manual(fresh: Fresh) -> None:
    """docs/reference/data-directory.md names whatever lies in the data directory; no other file is made silently."""
    manual = (ROOT / "docs/reference/data-directory.md").read_text(encoding="utf-8")
    made = {path.name for path in fresh.data.iterdir()}
    assert {name for name in made if name not in manual} == set()


def test_careless_umask_is_in_force(fresh: Fresh, tmp_path: Path) -> None:
    """Control: what is made without care under this umask is seen as loose."""
    subprocess.run([*CARELESS, "touch", str(tmp_path / "loose")], check=True)
    assert looser([tmp_path / "loose"]) == ["loose"]


@pytest.mark.parametrize("place", [".", "log", "log/practice.sqlite", "keys"])
def test_loose_data_is_refused(place: str, tmp_path: Path) -> None:
    """A data directory, log or key that others may read is not used: `data-unsafe`; made private again, it is."""
    data = tmp_path / "data"
    assert record(data).returncode == 0
    loose = data / place
    loose.chmod(loose.stat().st_mode | 0o044)
    refused = record(data)
    loose.chmod(loose.stat().st_mode & ~0o077)
    assert (refused.returncode, "(data-unsafe)" in refused.stderr, record(data).returncode) == (1, True, 0)


def record(data: Path) -> subprocess.CompletedProcess[str]:
    """Record an answer with a picture by hand: uses the log, the blobs and their key."""
    picture = data.with_name("seen.png")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(64))
    command = [str(SHIROROM), "--data", str(data), "record", "-", "--carrier", "au", "--glyph", "○"]
    return subprocess.run(
        [*command, "--screenshot", str(picture)], input=IMEI, capture_output=True, text=True, check=False
    )


def test_secrets_are_files_of_their_own(fresh: Fresh) -> None:
    """Each secret is 32 bytes in a file of its own, and stands in no other file of the data directory."""
    keys = [path for path in (fresh.data / "keys").iterdir() if path.is_file()]
    others = [path for path in made_by(fresh.data) if path.is_file() and path not in keys]
    assert [path.stat().st_size for path in keys] == [32] * len(keys) != []
    secrets = [form for key in keys for form in (key.read_bytes(), key.read_bytes().hex().encode())]
    assert [path.name for path in others for secret in secrets if secret in path.read_bytes()] == []


def test_log_is_kept_in_wal_mode(fresh: Fresh) -> None:
    """The log's file says WAL; that commits are synced (FULL) is what the power-cut tests show."""
    with closing(sqlite3.connect(f"file:{fresh.data / 'log' / 'practice.sqlite'}?mode=ro", uri=True)) as log:
        assert log.execute("PRAGMA journal_mode").fetchone() == ("wal",)


# --- What every answer carries ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_headers(address: str, fresh: Fresh) -> None:
    """Policy, type and referrer headers on pages, API, manual and errors; no permission for other sites (CORS)."""
    answer, _ = fresh.request("GET", address, accept="text/html", origin="http://evil.test")
    headers = {name.lower(): value for name, value in answer.getheaders()}
    wanted = {
        "content-security-policy": CSP,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(self)",
        "cross-origin-opener-policy": "same-origin",
    }
    assert {name: headers.get(name) for name in wanted} == wanted
    assert [name for name in headers if name.startswith("access-control-")] == []
    assert "strict-transport-security" not in headers  # plain HTTP on loopback: it would lock the name out


def test_no_page_holds_inline_script(fresh: Fresh) -> None:
    """Pages keep the policy themselves: no inline script, no inline handler, no style attribute."""
    for address in ("/", "/help", "/docs"):
        _, body = fresh.request("GET", address, accept="text/html")
        page = body.decode()
        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+=|\sstyle=|javascript:", page) == []
        assert "<form" in page or "<main" in page  # control: this is a page


def test_answers_with_numbers_are_not_stored(fresh: Fresh) -> None:
    """Whatever holds a number says `no-store`: the API's answer and the page of a result."""
    api, _ = fresh.request("POST", "/v1/checks", json.dumps({"imeis": [IMEI]}), content_type="application/json")
    form = "application/x-www-form-urlencoded"
    begun, _ = fresh.request("POST", "/check", f"text={IMEI}", content_type=form)
    page, body = fresh.request("GET", begun.getheader("location") or "")
    assert (begun.status, page.status, IMEI[-4:] in body.decode()) == (303, 200, True)
    assert [answer.getheader("cache-control") for answer in (api, begun, page)] == ["no-store"] * 3


def test_only_cookie_is_the_language(fresh: Fresh) -> None:
    """No session and no identity: a cookie comes only with a choice of language, closed to scripts and other sites."""
    silent, _ = fresh.request("GET", "/", accept="text/html")
    chosen, _ = fresh.request("GET", "/?lang=en", accept="text/html")
    assert silent.getheader("set-cookie") is None
    parts = {part.strip().lower() for part in (chosen.getheader("set-cookie") or "").split(";")}
    assert {"lang=en", "httponly", "samesite=lax"} <= parts


# --- Who may call, how much, how long --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"host": "evil.test"}, "host-refused"),
        ({"origin": "http://evil.test"}, "origin-refused"),
        ({"sec_fetch_site": "cross-site"}, "origin-refused"),
        ({"origin": "null"}, "origin-refused"),
    ],
    ids=["name", "origin", "site", "opaque"],
)
def test_other_sites_are_refused(headers: dict[str, str], code: str, fresh: Fresh) -> None:
    """Another name (DNS rebinding), another origin, another site: 403, and nothing is asked."""
    answer, body = fresh.request(
        "POST", "/v1/checks", json.dumps({"imeis": [IMEI]}), content_type="application/json", **headers
    )
    assert (answer.status, json.loads(body)["code"]) == (403, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{" + '"imeis": ["' + "1" * 70_000 + '"]}', 413, "body-too-large"),
        ("[" * 40 + "]" * 40, 400, "body-too-deep"),
        ("[" * 30_000, 400, "body-too-deep"),
        ('{"imeis": ["1"], "imeis": ["2"]}', 400, "body-duplicate-key"),
        ('{"imeis": ["' + IMEI + '"], "extra": 1}', 422, "body-invalid"),
        ("{", 400, "body-malformed"),
        ('{"imeis": ["' + IMEI + '"]}', 200, None),
    ],
    ids=["large", "deep", "deeper", "twice", "unknown", "torn", "control"],
)
def test_bodies_have_limits(body: str, status: int, code: str | None, fresh: Fresh) -> None:
    """64 kB, depth 32, no double keys, no unknown fields: each has its code, never 500. Last row: the control."""
    found, problem = fresh.json(body)
    assert (found, problem.get("code")) == (status, code)


def test_unfinished_headers_are_cut_off(fresh: Fresh) -> None:
    """Who never ends the headers is let go by the server itself (after 10 s; the test waits much longer)."""
    host, port = fresh.served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=120) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert b"200 OK" not in slow.recv(4_096)


# --- The unit file ---------------------------------------------------------------------------------------------------


def test_unit_file_is_hardened() -> None:
    """The systemd unit holds what the design asks for, and never gives up restarting."""
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[method-assign,assignment]  # the way to keep the case of names
    unit.read(ROOT / "docs/deploy/shirorom.service")
    service = {"NoNewPrivileges": "yes", "ProtectSystem": "strict", "PrivateTmp": "yes", "Restart": "always"}
    assert service.items() <= dict(unit["Service"]).items()
    assert ("MemoryMax" in unit["Service"], unit["Unit"]["StartLimitIntervalSec"]) == (True, "0")


# --- Telemetry, update checks ----------------------------------------------------------------------------------------

_CONNECT = re.compile(r'connect\(\d+, \{sa_family=AF_INET6?, .*?inet_(?:addr|pton)\((?:AF_INET6, )?"([^"]+)"')
TRACE = ("strace", "-D", "-f", "-q", "-e", "trace=connect,sendto", "-o")  # -D: the traced program is our own child
TRACE_S_MAX = 30.0


def called(trace: Path, pid: int) -> set[str]:
    """Addresses that anything in a trace connected to or asked (name servers too), once the program has ended."""
    until = time.monotonic() + TRACE_S_MAX
    while not re.search(rf"^{pid} +\+\+\+ ", text := trace.read_text(), re.MULTILINE):
        assert time.monotonic() < until, "the trace has no end"
        time.sleep(0.05)
    return {address for line in text.splitlines() for address in _CONNECT.findall(line)}


def test_nobody_is_told_anything(tmp_path: Path) -> None:
    """From start to end, with pages, API and an answer by hand, the server connects to nothing but loopback."""
    trace = tmp_path / "trace"
    with serving(data=tmp_path / "data", under=(*TRACE, str(trace))) as served:
        fresh = Fresh(served, tmp_path / "data", {})
        assert all(fresh.request("GET", address)[0].status < 500 for address in ADDRESSES)
        reading = {"imei": IMEI, "carrier": "au", "glyph": "○"}
        assert post(f"{served.url}/v1/readings", reading)[0] == 201
        assert post(f"{served.url}/v1/checks", {"imeis": [IMEI]})[0] == 200
    found = called(trace, served.process.pid)
    assert {address for address in found if not address.startswith(("127.", "::1"))} == set()


def test_trace_sees_who_is_called(tmp_path: Path) -> None:
    """Control: the same trace sees a connection when one is made."""
    trace = tmp_path / "trace"
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 53))"  # sends nothing
    with subprocess.Popen([*TRACE, trace, sys.executable, "-c", code]) as process:
        process.wait()
    assert called(trace, process.pid) == {"192.0.2.1"}
