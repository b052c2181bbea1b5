"""Screenings when things end too early: an upload torn off, a server killed (T27, T35)."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil
import pytest

from scripts.serving import Served, serving
from tests.screening_kit import table
from tests.web_kit import Kit, served, settings_of

HEAD = "POST /v1/screenings HTTP/1.1\r\nhost: {host}\r\ncontent-type: text/csv\r\ncontent-length: 900000\r\n\r\n"
ROWS = 150_000


async def test_a_torn_upload_leaves_nothing(tmp_path: Path) -> None:
    """A connection that breaks in the middle of a body makes no job and leaves no file; the server serves on."""
    kit = Kit(tmp_path, settings_of())
    async with served(kit) as origin:
        host, port = origin.removeprefix("http://").split(":")
        for sent in (b"", table(100), table(100) * 50):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(HEAD.format(host=host).encode() + sent)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /v1/screenings HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert b'{"screenings":[],"next":null}' in answer
        incoming = tmp_path / "screenings" / "incoming"
        for _ in range(600):  # until the bodies began to be taken in, and are gone again
            if incoming.exists() and not list(incoming.iterdir()):
                break
            await asyncio.sleep(0.05)
        assert list(incoming.iterdir()) == []
    kit.close()


def call(at: Served, path: str, body: bytes | None = None) -> Any:
    request = urllib.request.Request(at.url + path, body, {"content-type": "text/csv"} if body else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def child_of(at: Served) -> psutil.Process:
    """The process of the job, stopped as soon as it is there: however late a test comes, the job is under way."""
    server, until = psutil.Process(at.process.pid), time.monotonic() + 60
    while time.monotonic() < until:
        for one in server.children(recursive=True):
            if "shirorom.compose.screening" in one.cmdline():
                one.suspend()
                return one
        time.sleep(0.005)
    raise AssertionError("the job was not begun")


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX'")
def test_a_killed_server(tmp_path: Path) -> None:
    """Its child ends with it; the next server says that the job was interrupted, and removes its files."""
    with serving(data=tmp_path) as first:
        id_ = call(first, "/v1/screenings", table(ROWS))["id"]
        child = child_of(first)
        assert call(first, f"/v1/screenings/{id_}")["state"] == "running"
        family = psutil.Process(first.process.pid).children(recursive=True)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait()
        child.resume()
        _, alive = psutil.wait_procs(family, timeout=20)
        assert [process.cmdline() for process in alive if "shirorom.compose.screening" in process.cmdline()] == []
    with serving(data=tmp_path) as second:
        job = call(second, f"/v1/screenings/{id_}")
        assert (job["state"], job["error"]["code"]) == ("failed", "screening-interrupted")
        assert [path.name for path in (tmp_path / "screenings" / id_).iterdir()] == ["job.json"]
