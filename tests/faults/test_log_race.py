"""T9: several processes append to one log, one of them stopped in the middle. One winner a size, no fork."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.log_run import ROOT, command, loss
from tests.logs import open_log
from tests.scale import scaled

APPENDS = 40_000


class Racer:
    """One writing process, its lines collected as they come."""

    def __init__(self, data: Path, n: int, count: int, *options: object) -> None:
        argv = command("race", data, "--first", n, "--count", count, *options)
        self.process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        self.said = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def __enter__(self) -> Racer:
        return self

    def __exit__(self, *args: object) -> None:
        self.process.kill()
        self._reader.join()
        self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                with self.said:
                    self.lines.append(line.strip())
                    self.said.notify_all()

    def wait_for(self, count: int) -> None:
        """Until it said so many lines, or ended."""
        with self.said:
            self.said.wait_for(lambda: len(self.lines) >= count or self.process.poll() is not None, timeout=120)

    def wait_for_more(self, count: int) -> None:
        """Until it said so many lines more, or that the log is locked: it would say that again and again."""
        begin = len(self.lines)
        with self.said:
            self.said.wait_for(
                lambda: (
                    len(self.lines) >= begin + count
                    or any(line.startswith("fail") for line in self.lines[begin:])
                    or self.process.poll() is not None
                ),
                timeout=120,
            )

    def end(self) -> list[str]:
        """What it said, to its end."""
        self._reader.join()
        assert self.process.wait() == 0, self.lines[-1:]
        return self.lines


def wins(lines: Iterator[list[str]]) -> Counter[int]:
    """How many processes won each size."""
    return Counter(int(line.split()[1]) for said in lines for line in said if line.startswith("size"))


@pytest.mark.parametrize("processes", [2, 4, 8])
def test_one_writer_wins_each_size(tmp_path: Path, processes: int) -> None:
    """Every size from 0 on is won once; the others got `conflict`; the log is sound."""
    open_log(tmp_path / "data").close()
    count = scaled(APPENDS) // processes
    with ExitStack() as stack:
        racers = [stack.enter_context(Racer(tmp_path / "data", n, count)) for n in range(processes)]
        won = wins(racer.end() for racer in racers)
    assert won == Counter(range(count * processes))
    assert sum(line.startswith("conflict") for racer in racers for line in racer.lines) > 0
    assert loss(tmp_path / "data", []) is None


def test_a_writer_that_was_stopped_does_not_fork_the_log(tmp_path: Path) -> None:
    """Stopped at any moment, also inside its transaction, and woken long after: it wins no size that another won."""
    open_log(tmp_path / "data").close()
    count = scaled(APPENDS) // 20
    with Racer(tmp_path / "data", 0, count) as sleeper, Racer(tmp_path / "data", 1, count * 2) as other:
        for turn in range(1, 4):
            sleeper.wait_for(turn * count // 8)
            os.kill(sleeper.process.pid, signal.SIGSTOP)
            other.wait_for_more(count // 8)
            os.kill(sleeper.process.pid, signal.SIGCONT)
        won = wins(racer.end() for racer in (sleeper, other))
    assert won == Counter(range(count * 3))
    assert loss(tmp_path / "data", []) is None


def test_without_the_comparison_a_size_has_two_winners(tmp_path: Path) -> None:
    """Control: writers that append at whatever size the log has both believe that they won the same one."""
    open_log(tmp_path / "data").close()
    with ExitStack() as stack:
        options = ("--without", "compare-and-set")
        racers = [stack.enter_context(Racer(tmp_path / "data", n, 300, *options)) for n in range(2)]
        won = wins(racer.end() for racer in racers)
    assert max(won.values()) > 1
