"""T44: an audit that could not look is never green."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from scripts.audit import Outcome, judge

ROOT = Path(__file__).resolve().parents[2]
PINNED = {"click": "8.5.1", "rich": "15.0.0"}
SEEN = [{"name": "click", "version": "8.5.1", "vulns": []}, {"name": "rich", "version": "15.0.0", "vulns": []}]
SKIPPED = [{"name": name, "skip_reason": "could not be audited"} for name in PINNED]  # as pip-audit 2.10.1 tells it
HOLE = {"id": "TEST-2026-1", "fix_versions": [], "aliases": [], "description": "made for this test"}


class Advisories(ThreadingHTTPServer):
    """A source of advisories on loopback that knows one hole, in the package named `vulnerable`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.vulnerable = ""
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/query"


class _Handler(BaseHTTPRequestHandler):
    server: Advisories

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["content-length"])))
        name = query["package"]["name"]
        self.server.asked.append(name)
        body = json.dumps({"vulns": [_osv(name)]} if name == self.server.vulnerable else {}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        return


def _osv(name: str) -> dict[str, Any]:
    hole = {"id": "TEST-2026-1", "summary": "made for this test", "published": "2026-01-01T00:00:00Z"}
    return hole | {"affected": [{"package": {"name": name, "ecosystem": "PyPI"}, "ranges": []}]}


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    with Advisories() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def audit(*options: str) -> subprocess.CompletedProcess[str]:
    """The audit as `make audit` runs it, kept from every network but loopback."""
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    return subprocess.run(
        [sys.executable, "-m", "scripts.audit", *options],
        cwd=ROOT,
        env=os.environ | nowhere,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("options", [(), ("-s", "osv", "--osv-url", "http://127.0.0.1:9/v1/query")])
def test_no_source_is_not_audited(options: tuple[str, ...]) -> None:
    """With no source of advisories in reach the audit says "not audited", and its exit status is not 0."""
    done = audit(*options)
    assert (done.returncode, done.stdout.split(":")[1].strip()) == (Outcome.NOT_AUDITED, "NOT AUDITED")


def test_source_in_reach_is_an_audit(advisories: Advisories) -> None:
    """Control: with a source that answers, the same command looks up every package and is green."""
    done = audit("-s", "osv", "--osv-url", advisories.url)
    assert (done.returncode, done.stderr) == (Outcome.CLEAN, "")
    assert {"click", "pytest", "colorama"} <= set(advisories.asked)  # packages of other platforms too


def test_hole_is_found(advisories: Advisories) -> None:
    """Control: a package with a known hole makes the audit red."""
    advisories.vulnerable = "click"
    done = audit("-s", "osv", "--osv-url", advisories.url)
    assert (done.returncode, "TEST-2026-1" in done.stdout) == (Outcome.VULNERABLE, True)


@pytest.mark.parametrize(
    ("report", "outcome"),
    [
        (None, Outcome.NOT_AUDITED),
        ({}, Outcome.NOT_AUDITED),
        ({"dependencies": SKIPPED}, Outcome.NOT_AUDITED),
        ({"dependencies": SEEN[:1]}, Outcome.NOT_AUDITED),
        ({"dependencies": [SEEN[0], SEEN[1] | {"version": "14.0.0"}]}, Outcome.NOT_AUDITED),
        ({"dependencies": [SEEN[0], SKIPPED[1]]}, Outcome.NOT_AUDITED),
        ({"dependencies": SEEN}, Outcome.CLEAN),
        ({"dependencies": [SEEN[0] | {"vulns": [HOLE]}, SKIPPED[1]]}, Outcome.VULNERABLE),
    ],
)
def test_only_a_full_look_is_clean(report: dict[str, Any] | None, outcome: Outcome) -> None:
    """Clean is said only when every pinned package was looked up at its pinned version."""
    assert judge(PINNED, report)[0] is outcome


def test_nothing_pinned_is_not_audited() -> None:
    """An empty lock file, or one that could not be read, gives no green either."""
    assert judge({}, {"dependencies": []})[0] is Outcome.NOT_AUDITED
