"""The program as its own process: terminals, pipes, encodings, Ctrl-C. POSIX terminals; Windows has no `pty`."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from shirorom.compose import Composition
from shirorom.edge.cli.context import Options
from shirorom.edge.practice.run import start

PROGRAM = [sys.executable, "-m", "shirorom"]
PHONE = "001001010000047"
WAIT_S = 90.0


def environment(**extra: str) -> dict[str, str]:
    """What a person's shell gives, without this test run's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SHIROROM_", "COLUMNS", "NO_"))}
    return {**kept, "SHIROROM_LANG": "ja", "TERM": "xterm-256color", **extra}


def call(*words: str, stdin: str = "", env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    """One call with pipes."""
    return subprocess.run(
        [*PROGRAM, *words],
        input=stdin.encode(),
        capture_output=True,
        env=dict(env or environment()),
        timeout=WAIT_S,
        check=False,
    )


def on_terminal(*words: str, typed: bytes = b"", env: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """One call on a terminal of 80 columns that echoes, as terminals do: status and everything that was seen."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, *words],
        stdin=child,
        stdout=child,
        stderr=child,
        env=dict(env or environment()),
        start_new_session=True,
    )
    os.close(child)
    seen = b""
    limit = time.monotonic() + WAIT_S
    while time.monotonic() < limit:
        if select.select([parent], [], [], 0.1)[0]:
            try:
                seen += os.read(parent, 65_536)
            except OSError:  # the other side is closed
                break
        if typed and "出ません".encode() in seen:
            os.write(parent, typed)
            typed = b""
    status = process.wait(timeout=WAIT_S)
    os.close(parent)
    return status, seen


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A data directory with one reading by hand; nothing here adds to it."""
    directory = str(tmp_path_factory.mktemp("shop") / "data")
    done = call("--data", directory, "record", "-", "--carrier", "docomo", "--glyph", "○", stdin=PHONE)
    assert done.returncode == 0, done.stderr
    return directory


def test_exit_status_of_the_process(data: str) -> None:
    """The status that a shell sees is the command's."""
    assert call("--data", data, "check", "-", "--only", "docomo", stdin=PHONE).returncode == 0
    assert call("--data", data, "check", "-", stdin=PHONE).returncode == 6
    assert call("--data", data, "check", "-", stdin="001001010000048").returncode == 2
    assert call("--data", data, "withdraw", "9", "--reason", "x").returncode == 1


def test_a_problem_is_alone_on_stderr(data: str) -> None:
    """With --json a failure is one object on stderr, and stdout is empty."""
    done = call("--data", data, "check", "-", "--json", stdin="001001010000048")
    assert done.stdout == b""
    assert json.loads(done.stderr)["type"] == "/help/imei-check-digit"


def test_colour_on_a_terminal(data: str) -> None:
    """The control of the next test: on a terminal there are escape codes."""
    _, seen = on_terminal("--data", data, "history", PHONE)
    assert b"\x1b[" in seen


@pytest.mark.parametrize("extra", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_escape_code_where_colour_was_declined(data: str, extra: dict[str, str]) -> None:
    """NO_COLOR and TERM=dumb: the same words, not one escape code, on a terminal."""
    status, seen = on_terminal("--data", data, "check", PHONE, env=environment(**extra))
    assert status == 6
    assert "○ 現在制限なし".encode() in seen
    assert b"\x1b" not in seen


def test_no_color_flag_behind_the_command(data: str) -> None:
    """--no-color counts wherever it stands."""
    assert b"\x1b" not in on_terminal("--data", data, "check", PHONE, "--no-color")[1]


def test_the_prompt_hides_the_number(data: str) -> None:
    """Without arguments the number is asked for, and what is typed is not echoed."""
    status, seen = on_terminal("--data", data, "check", "--only", "docomo", typed=PHONE.encode() + b"\n")
    assert status == 0
    assert PHONE.encode() not in seen


def test_a_closed_pipe_is_quiet(data: str) -> None:
    """`shirorom … | head` ends without a word on stderr."""
    script = f"{sys.executable} -m shirorom practice --list | head -n 1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, env=environment(), timeout=WAIT_S, check=False)
    assert done.stderr == b""
    assert done.stdout


@pytest.mark.parametrize("encoding", ["cp932", "ascii", "utf-8"])
def test_no_console_is_too_poor(data: str, encoding: str) -> None:
    """The table is printed in whatever the console can show; ○ － ？ never end a command."""
    done = call("--data", data, "check", "-", stdin=PHONE, env=environment(PYTHONIOENCODING=f"{encoding}:strict"))
    assert (done.returncode, b"Traceback" in done.stderr) == (6, False)
    symbol = {"ascii": b"\\u25cb", "cp932": "○".encode("cp932"), "utf-8": "○".encode()}[encoding]
    assert symbol in done.stdout


def wait_for(path: Path, text: str, process: subprocess.Popen[bytes]) -> None:
    """Until a file holds a text; fails when the process ends first."""
    limit = time.monotonic() + WAIT_S
    while text not in path.read_text(encoding="utf-8"):
        assert process.poll() is None, path.read_text(encoding="utf-8")
        assert time.monotonic() < limit, path.read_text(encoding="utf-8")
        time.sleep(0.05)


@pytest.mark.parametrize(("extra", "kept"), [([], {"docomo", "au", "softbank"}), (["--no-record"], set())])
def test_ctrl_c_keeps_what_was_read(tmp_path: Path, extra: list[str], kept: set[str]) -> None:
    """Ctrl-C while one carrier is silent: exit 130, the answers of the other three are on record.

    Control: with --no-record the same interrupt leaves nothing, so it is the recording that keeps them.
    """
    phone, data = partly_silent(), tmp_path / "data"
    with start() as practice:
        config = tmp_path / "config.toml"
        config.write_text(
            "".join(
                f'[carriers.{carrier.value}]\naccess = "site"\nurl = "{origin}"\ntimeout_s = 60\n'
                for carrier, origin in practice.origins.items()
            ),
            encoding="utf-8",
        )
        err = tmp_path / "err"
        with err.open("wb") as stderr:
            process = subprocess.Popen(
                [*PROGRAM, "--data", str(data), "--config", str(config), "check", "-", *extra],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=environment(),
                start_new_session=True,
            )
            assert process.stdin is not None
            process.stdin.write(phone.encode())
            process.stdin.close()
            for name in ("au", "ソフトバンク", "ドコモ"):
                wait_for(err, f"{name}: ", process)
            wait_for_size(data, len(kept))
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the program and to its browser
            assert process.wait(timeout=WAIT_S) == 130
        assert process.stdout is not None
        assert process.stdout.read() == b""
        process.stdout.close()
    assert "Traceback" not in err.read_text(encoding="utf-8")
    history = call("--data", str(data), "history", "-", "--json", stdin=phone)
    assert {entry["carrier"] for entry in json.loads(history.stdout)["entries"]} == kept
    assert call("--data", str(data), "fsck").returncode == 0


def wait_for_size(data: Path, size: int) -> None:
    """Until the practice record holds so many entries."""
    composition = Composition(Options(data=data))
    limit = time.monotonic() + WAIT_S
    while composition.room(True).log.head().size < size:
        assert time.monotonic() < limit
        time.sleep(0.05)
    composition.close()


def partly_silent() -> str:
    """A practice phone at which rakuten alone never answers."""
    from shirorom.domain.carrier import CarrierId
    from shirorom.edge.practice.catalogue import catalogue

    for phone in catalogue().phones:
        errors = {cell.carrier for cell in phone.checks[0].cells if cell.error == "carrier-timeout"}
        if errors == {CarrierId.RAKUTEN} and len(phone.numbers) == 1:
            return phone.numbers[0].imei.digits
    raise LookupError


def running(*words: str) -> subprocess.Popen[str]:
    """A command that runs until it is interrupted."""
    return subprocess.Popen(
        [*PROGRAM, *words], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(),
        encoding="utf-8", start_new_session=True,
    )  # fmt: skip


def address(process: subprocess.Popen[str]) -> str:
    """The first address that it tells on stderr."""
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r"http://127\.0\.0\.1:[0-9]+/", line):
            return found[0]
    raise AssertionError("ended without an address")


def interrupt(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Ctrl-C: exit status and what stood on stdout."""
    os.killpg(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=WAIT_S)
    return process.returncode, out


def test_serve_tells_its_address_and_ends_quietly(tmp_path: Path) -> None:
    """The address that is printed answers; Ctrl-C ends it with 0; stdout holds the set-up link alone."""
    process = running("--data", str(tmp_path / "data"), "serve", "--port", "0")
    with urllib.request.urlopen(f"{address(process)}healthz", timeout=WAIT_S) as answer:  # loopback, our own
        assert answer.status == 200
    status, out = interrupt(process)
    assert (status, len(out.splitlines()), out.count("/setup/")) == (0, 2, 1)


def test_a_port_in_use_is_told_with_its_remedy(tmp_path: Path) -> None:
    """Exit 1, `port-in-use`, and what to do; for the web app and the practice carriers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for command in ("serve", "practice"):
            done = call("--data", str(tmp_path / "data"), command, "--port", port)
            assert done.returncode == 1
            assert b"--port" in done.stderr
            assert done.stderr.strip().endswith(b"(port-in-use)")


def test_another_address_needs_the_configuration(tmp_path: Path) -> None:
    """Without [web] hosts nobody but this machine is listened to."""
    done = call("--data", str(tmp_path / "data"), "serve", "--bind", "0.0.0.0", "--port", "0")
    assert done.returncode == 1
    assert done.stderr.strip().endswith(b"(bind-unsafe)")


def test_practice_writes_a_configuration_that_check_follows(tmp_path: Path) -> None:
    """`practice --write-config`, then `check --config`: a restricted phone ends with 4, as the catalogue says."""
    config, data = tmp_path / "practice.toml", str(tmp_path / "data")
    process = running("practice", "--port", "0", "--write-config", str(config))
    address(process)
    phone = "001001010000062"
    done = call("--data", data, "--config", str(config), "check", "-", "--json", stdin=phone)
    assert interrupt(process) == (0, "")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["verdict"], answer["practice"]) == (4, "restricted", True)
    assert [cell["channel"] for cell in answer["cells"]] == ["site"] * 4
    assert [cell["index"] is not None for cell in answer["cells"]] == [True] * 4
    assert done.stderr == b""


def test_a_backup_comes_back(data: str, tmp_path: Path) -> None:
    """backup, restore into an empty directory, fsck: the same history; into a full one it is refused."""
    file, other = str(tmp_path / "all.tar"), str(tmp_path / "other")
    assert call("--data", data, "backup", file).returncode == 0
    assert call("--data", other, "restore", file).returncode == 0
    assert call("--data", other, "fsck").returncode == 0
    there = [call("--data", place, "history", "-", "--json", stdin=PHONE).stdout for place in (data, other)]
    assert there[0] == there[1] != b""
    again = call("--data", other, "restore", file, "--json")
    assert (again.returncode, json.loads(again.stderr)["code"]) == (1, "restore-not-empty")


def test_practice_for_one_call(tmp_path: Path) -> None:
    """`check --practice` needs no configuration and leaves nothing running; --no-record leaves nothing on record."""
    data = str(tmp_path / "data")
    done = call("--data", data, "check", "--practice", "--no-record", "-", stdin=PHONE)
    assert done.returncode == 0
    assert "【練習】".encode() in done.stdout
    assert "ドコモ: ○ 現在制限なし".encode() in done.stderr
    assert json.loads(call("--data", data, "history", "-", "--json", stdin=PHONE).stdout)["entries"] == []
