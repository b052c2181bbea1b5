"""Starts the app as a person would, in a process of its own, and waits for it: for pictures, benches, tests."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

SHIROROM = Path(sys.executable).with_name("shirorom.exe" if os.name == "nt" else "shirorom")
START_S_MAX = 60.0
STOP_S_MAX = 30.0
PORTS = range(20_000, 32_000)
"""Below those that systems take for connections going out (from 32768 on)."""
CARRIERS = ("docomo", "au", "softbank", "rakuten")


@dataclass(frozen=True, slots=True)
class Served:
    """A running app: its address and its process."""

    url: str
    process: subprocess.Popen[bytes]


def free_port() -> int:
    """A port of loopback that nobody listens on, and that no connection going out is given before it is used."""
    while True:
        port = PORTS.start + secrets.randbelow(len(PORTS))
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def serving(
    *arguments: str,
    data: Path,
    config: Path | None = None,
    env: Mapping[str, str] | None = None,
    output: IO[bytes] | int | None = subprocess.DEVNULL,
    under: Sequence[str] = (),
) -> Iterator[Served]:
    """`shirorom --data DATA serve …` on a free port until left.

    Args:
        arguments: For `serve`.
        data: The data directory.
        config: The configuration to use, instead of the data directory's own.
        env: The whole environment; this process's own when None.
        output: Where its stdout and stderr go, both.
        under: A command that starts it (strace): the program's words are added.
    """
    port = free_port()
    program = [str(SHIROROM), "--data", str(data), *(("--config", str(config)) if config else ())]
    command = [*under, *program, "serve", "--port", str(port), *arguments]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_answered(f"{url}/healthz", process)
            yield Served(url, process)
        finally:
            process.terminate()
            try:
                process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_answered(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return once the address answers with 200; raise when the process ended before, or after START_S_MAX."""
    until = time.monotonic() + START_S_MAX
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"no answer; exit status {process.poll()}") from error
            time.sleep(0.02)


@contextmanager
def practice_carriers(*arguments: str) -> Iterator[Mapping[str, str]]:
    """`shirorom practice …` on free ports until left; gives each carrier's address."""
    command = [str(SHIROROM), "practice", "--port", "0", "--json", *arguments]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as ran:
        try:
            yield json.loads(_first_object(ran.stdout))["origins"]
        finally:
            ran.terminate()


def _first_object(stream: IO[bytes] | None) -> str:
    text = ""
    for line in stream or ():
        text += line.decode()
        try:
            json.loads(text)
        except ValueError:
            continue
        return text
    raise RuntimeError(f"no JSON object: {text!r}")


def configuration(origins: Mapping[str, str], access: str) -> str:
    """A config.toml that asks these carriers in this way."""
    return "".join(f'[carriers.{name}]\naccess = "{access}"\nurl = "{url}"\n\n' for name, url in origins.items())


def post(url: str, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """Send JSON to the API; status and object, also of a problem."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        return problem.code, json.load(problem)
