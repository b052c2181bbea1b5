"""`shirorom serve` as it is started in a shop: over TLS, closed until there is an owner, refused where unsafe."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

from scripts.serving import SHIROROM, free_port, serving

PASSWORD = "kaze to yama no aida"


@dataclass
class Started:
    """A server of the shop's network, and what it printed."""

    port: int
    stdout: str
    stderr: str
    data: Path

    def call(self, path: str, *, form: dict[str, str] | None = None, jar: CookieJar | None = None) -> tuple[int, Any]:
        """One call over TLS, believing the shop's authority and nobody else."""
        context = ssl.create_default_context(cafile=str(self.data / "keys" / "lan-ca-certificate"))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(jar)
        )
        body = urllib.parse.urlencode(form).encode() if form is not None else None
        request = urllib.request.Request(f"https://localhost:{self.port}{path}", body)
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    @property
    def link(self) -> str:
        """The path of the set-up link."""
        found = re.search(r"https://\S+?(/setup/\S+)", self.stdout)
        assert found is not None
        return found[1]


@contextmanager
def started(data: Path, *arguments: str) -> Iterator[Started]:
    """`serve --lan` on free ports, until left."""
    port = free_port()
    command = [str(SHIROROM), "--data", str(data), "serve", "--lan", "--port", str(port), *arguments]
    out, err = data.with_name("stdout"), data.with_name("stderr")
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr)
        try:
            until = time.monotonic() + 60
            while "Ctrl-C" not in err.read_text() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            assert process.poll() is None, err.read_text()
            yield Started(port, out.read_text(), err.read_text(), data)
        finally:
            process.terminate()
            process.wait(30)


def refused(tmp_path: Path, *arguments: str, config: str = "") -> tuple[int, str]:
    """What a start that does not come about says."""
    (tmp_path / "config.toml").write_text(config)
    command = [SHIROROM, "--data", tmp_path / "data", "--config", tmp_path / "config.toml", "serve", "--port", "0"]
    done = subprocess.run(
        [*map(str, command), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stderr.strip()


@pytest.fixture(scope="module")
def lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with started(tmp_path_factory.mktemp("lan") / "data", "--lookups-port", "0") as made:
        yield made


def test_nothing_is_served_before_there_is_an_owner(lan: Started) -> None:
    """Then, by the link from the terminal, everything is: over a certificate that a device was told to trust."""
    for path in ("/", "/v1/carriers", "/people", "/docs"):
        status, problem = lan.call(path)
        assert (status, problem["code"]) == (503, "owner-missing")
    assert [lan.call(path)[0] for path in ("/healthz", "/trust", "/signin", "/help", lan.link)] == [200] * 5
    jar = CookieJar()
    done = lan.call(lan.link, form={"name": "田中", "password": PASSWORD, "again": PASSWORD}, jar=jar)
    assert done[0] == 200
    assert {cookie.name: cookie.secure for cookie in jar} == {"__Host-shirorom": True, "__Host-shirorom-device": True}
    assert lan.call("/people", jar=jar)[0] == 200
    assert lan.call("/v1/carriers")[0] == 401
    assert lan.call(lan.link)[1]["code"] == "setup-link-over"


def test_link_is_on_stdout_and_nothing_else(lan: Started) -> None:
    """The secret stands on stdout alone, once; addresses and fingerprint on stderr."""
    assert lan.stdout.count("/setup/") == 1
    assert "/setup/" not in lan.stderr
    shown = ssl.PEM_cert_to_DER_cert((lan.data / "keys" / "lan-ca-certificate").read_text())
    digest = hashlib.sha256(shown).hexdigest().upper()
    assert ":".join(digest[place : place + 2] for place in range(0, 64, 2)) in lan.stderr


def test_look_ups_own_port_speaks_tls_too(lan: Started) -> None:
    """By the same certificate, at the address that was told; in clear it says nothing."""
    told = re.search(r"https://([\d.]+|localhost):(\d+)/v1/lookups", lan.stderr)
    assert told is not None
    assert replace(lan, port=int(told[2])).call("/healthz") == (200, '{"status":"ok"}')
    with pytest.raises((OSError, http.client.HTTPException)):
        urllib.request.urlopen(f"http://127.0.0.1:{told[2]}/healthz", timeout=30)


def test_plain_port_leads_to_tls(lan: Started) -> None:
    """Beside it, without TLS, the page for devices that do not trust us yet; the port itself says nothing in clear."""
    with urllib.request.urlopen(f"http://127.0.0.1:{lan.port + 1}/trust", timeout=30) as answer:
        assert answer.status == 200
    with pytest.raises((OSError, http.client.HTTPException)):
        urllib.request.urlopen(f"http://127.0.0.1:{lan.port}/healthz", timeout=30)


@pytest.mark.parametrize(
    ("arguments", "config", "code"),
    [
        (("--bind", "0.0.0.0"), "", "bind-unsafe"),
        (("--bind", "0.0.0.0"), '[web]\nhosts = ["shop.example"]\n', "bind-unsafe"),
        (("--bind", "0.0.0.0"), '[web]\nproxy = "10.0.0.2"\n', "bind-unsafe"),
        (("--bind", "0.0.0.0", "--public"), "", "bind-unsafe"),
        (("--bind", "0.0.0.0"), '[web]\nproxy = "caddy"\nhosts = ["shop.example"]\n', "config-invalid"),
    ],
)
def test_unsafe_start_is_refused(tmp_path: Path, arguments: tuple[str, ...], config: str, code: str) -> None:
    """Beyond this machine nothing starts without TLS or a named proxy, public or not."""
    status, said = refused(tmp_path, *arguments, config=config)
    assert (status, said.endswith(f"({code})")) == (1, True), said


def test_a_public_page_has_no_port_for_look_ups(tmp_path: Path) -> None:
    """There are no look-ups on it: asked for, nothing starts."""
    for arguments, config in ((("--public",), ""), ((), "[web]\npublic = true\n")):
        status, said = refused(tmp_path, "--lookups-port", "0", *arguments, config=config)
        assert (status, "--lookups-port" in said) == (2, True), said


@pytest.mark.parametrize("lan", [False, True])
def test_a_port_is_not_given_twice(tmp_path: Path, lan: bool) -> None:
    """The look-ups' own port is neither the app's nor that of the page that leads to TLS: two would share its calls."""
    port = free_port()
    command = [str(SHIROROM), "--data", str(tmp_path / "data"), "serve", "--port", str(port)]
    more = ["--lookups-port", str(port + lan), *(["--lan"] if lan else [])]
    done = subprocess.run([*command, *more], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "(port-in-use)" in done.stderr) == (1, True), done.stderr


def test_named_proxy_starts_closed(tmp_path: Path) -> None:
    """With a named proxy it starts; who is not the proxy is refused, and before there is an owner all is closed."""
    config = tmp_path / "config.toml"
    config.write_text('[web]\nproxy = "127.0.0.1"\nhosts = ["shop.example"]\n')
    with serving("--bind", "0.0.0.0", data=tmp_path / "data", config=config) as served:
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{served.url}/", timeout=30)
        assert json.loads(caught.value.read())["code"] == "owner-missing"


HIDDEN = """
import sys
for name in ("sqlalchemy", "alembic", "argon2", "webauthn", "segno"):
    sys.modules[name] = None
from shirorom.compose import main
main()
"""


def without_extra(data: Path, *arguments: str) -> list[str]:
    """The program where the extra `[desk]` is not installed."""
    return [sys.executable, "-c", HIDDEN, "--data", str(data), "serve", *arguments]


def test_loopback_runs_without_the_extra(tmp_path: Path) -> None:
    """As before: everything for whoever is at the machine, nobody asked who they are."""
    port = free_port()
    process = subprocess.Popen(
        without_extra(tmp_path / "data", "--port", str(port)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/carriers", timeout=30) as answer:
                    assert answer.status == 200
                    break
            except OSError:
                assert process.poll() is None
                time.sleep(0.05)
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=30)
    assert out == b""  # no link: there would be nothing behind it
    assert not (tmp_path / "data" / "desk.sqlite").exists()


def test_people_are_not_forgotten_without_the_extra(tmp_path: Path) -> None:
    """A shop that has people does not become open to everybody because a package is missing: `desk-missing`."""
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "desk.sqlite").touch(mode=0o600)
    for arguments in (("--port", "0"), ("--lan", "--port", "0")):
        done = subprocess.run(
            without_extra(tmp_path / "data", *arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
        assert (done.returncode, done.stderr.strip().endswith("(desk-missing)")) == (1, True), done.stderr


def test_renewed_certificate_is_taken_without_a_restart(tmp_path: Path) -> None:
    """While it runs: another certificate in its place is served after the server is told, on the same port."""
    code = (
        "import asyncio, ssl, sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from shirorom.adapters.lan import lan_tls\n"
        "from shirorom.edge.web.serve import Tls, serve\n"
        "from tests.web_kit import Kit, settings_of\n"
        "def shown(port):\n"
        "    return ssl.get_server_certificate(('127.0.0.1', port))\n"
        "async def main(data):\n"
        "    made = lan_tls(data, ('localhost',), now=datetime.now(UTC))\n"
        "    kit, renewed, stop, ready = Kit(data, settings_of()), asyncio.Event(), asyncio.Event(), asyncio.Future()\n"
        "    tls = Tls(made.certificate, made.key, renewed)\n"
        "    task = asyncio.create_task(serve(kit.app, port=0, on_ready=ready.set_result, stop=stop, tls=tls))\n"
        "    port = int((await ready).rstrip('/').rpartition(':')[2])\n"
        "    first = await asyncio.to_thread(shown, port)\n"
        "    lan_tls(data, ('localhost',), now=made.renew_at)\n"
        "    renewed.set()\n"
        "    for _ in range(400):\n"
        "        await asyncio.sleep(0.05)\n"
        "        try:\n"
        "            if await asyncio.to_thread(shown, port) != first:\n"
        "                print('renewed')\n"
        "                break\n"
        "        except OSError:\n"
        "            continue\n"
        "    stop.set()\n"
        "    await task\n"
        "    kit.close()\n"
        "asyncio.run(main(Path(sys.argv[1])))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert done.stdout.strip() == "renewed", done.stderr
