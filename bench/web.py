"""The web app as a process: checks answered from recorded hand readings, and the page against practice carriers.

Load comes from `wrk` where it is installed, else from a small client of our own (which then is the slower of the two,
and is named). All on this machine: server and load share its cores.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench._rows import at_least, at_most, row
from bench.startup import memory
from scripts.serving import serving
from shirorom.compose import Composition
from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.edge.cli.context import Options

PHONES = 500
SECONDS = 10
CONNECTIONS = 16
CHECKS = 21
GLYPHS = "○△－○"

LUA = """
local bodies = {{ {bodies} }}
local n = 0
request = function()
  n = n % #bodies + 1
  return wrk.format("POST", "/v1/checks", {{["Content-Type"] = "application/json"}}, bodies[n])
end
"""


def run() -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [*_hand(Path(folder) / "hand"), *_site(Path(folder) / "site")]
    return {"name": "web", "rows": rows}


def _hand(data: Path) -> list[dict[str, Any]]:
    phones = _record(data)
    with serving(data=data) as served:
        process = psutil.Process(served.process.pid)
        before = memory(process)
        bare, tool = _load(served.url, [])
        checks, _ = _load(served.url, phones)
        grown = memory(process) - before
    return [
        row(
            f"/v1/checks from hand readings, {PHONES} phones, {CONNECTIONS} connections, {tool}",
            checks,
            "checks/s",
            asked=at_least(3_000),
            beside="/healthz of the same server",
            peer=bare,
        ),
        row(f"memory that {2 * SECONDS} s of this load add", grown, "MiB"),
    ]


def _site(data: Path) -> list[dict[str, Any]]:
    firsts: list[float] = []
    alls: list[float] = []
    with serving("--practice", data=data) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        while not client.get("/readyz").is_success:
            time.sleep(0.2)
        for _ in range(CHECKS + 1):
            first, whole = _page(client)
            firsts.append(first)
            alls.append(whole)
    return [
        row("page, warm, practice carriers: first mark, median", _median(firsts), "s", asked=at_most(0.7)),
        row("the same: four recorded with screenshots, median", _median(alls), "s", asked=at_most(1.5)),
    ]


def _median(values: list[float]) -> float:
    return statistics.median(values[1:])  # the first check warms what `readyz` does not look at


def _page(client: httpx.Client) -> tuple[float, float]:
    """One check as the page does it: seconds until the first mark is shown, and until all four are durable."""
    began = time.perf_counter()
    first: float | None = None
    address = client.post("/check", data={"text": "001001010000062"}).headers["location"]
    seen = "0"
    while True:
        text = client.get(f"{address}/news", params={"seen": seen}).text
        now = time.perf_counter() - began
        if first is None and re.search(r'class="mark (?:ok|ca|ng|un|q) ', text):
            first = now
        wait = re.search(r'id="wait-(\d+)"', text)
        if wait is None:
            return first or now, now
        seen = wait[1]


def _record(data: Path) -> list[Imei]:
    """Four hand readings each of as many phones; test numbers, practice log."""
    composition = Composition(Options(data=data))
    phones = [Imei.of_key(f"001001{place:08d}") for place in range(10_000_000, 10_000_000 + PHONES)]
    for phone in phones:
        for carrier, glyph in zip(CarrierId, GLYPHS, strict=True):
            composition.record(phone, carrier, glyph, by="bench")
    composition.close()
    return phones


def _load(origin: str, phones: list[Imei]) -> tuple[float, str]:
    """Requests a second; without phones GET /healthz."""
    bodies = [f'{{"imeis":["{phone.digits}"]}}' for phone in phones]
    if shutil.which("wrk") is None:
        return asyncio.run(_own_load(origin, bodies)), "own client"
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if bodies:
            script.write(LUA.format(bodies=",".join(f"'{body}'" for body in bodies)))
            script.flush()
            command += ["-s", script.name]
        said = subprocess.run([*command, f"{origin}/healthz"], capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said:
        raise RuntimeError(said)
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), "wrk"  # type: ignore[index]


async def _own_load(origin: str, bodies: list[str]) -> float:
    """The same by asyncio streams: keep-alive, one question at a time a connection."""
    host, _, port = origin.removeprefix("http://").partition(":")
    requests = [_request(body) for body in bodies] or [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"]
    until = time.perf_counter() + SECONDS
    done = 0

    async def one(first: int) -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection(host, int(port))
        place = first
        while time.perf_counter() < until:
            writer.write(requests[place % len(requests)])
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode("latin-1"))
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head)[1]))  # type: ignore[index]
            done += 1
            place += 1
        writer.close()

    await asyncio.gather(*(one(place) for place in range(CONNECTIONS)))
    return done / SECONDS


def _request(body: str) -> bytes:
    head = "POST /v1/checks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()
