"""Does a screening job in a child process: what a hostile file does to it, it does to nobody else.

The first frame to the child says what to do; it answers with frames of how far it is, and a last one. The child ends
when its input does, so it never outlives its parent. It runs `module`, which the composition root names: only there is
known what a screening is made of.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

import msgspec

from shirorom.adapters.child import frame, own_stdout
from shirorom.domain.errors import CODES, ShiroromError
from shirorom.ports.screenings import Counts, Form, OnProgress, StoppedError
from shirorom.service.settings import Settings

FRAME_BYTES_MAX = 1_000_000
NICE = 5
"""The web app comes first."""


class Call(msgspec.Struct, frozen=True, tag="call"):
    """One job."""

    settings: Settings
    data: str
    source: str
    target: str
    form: Form


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far it is."""

    rows: int
    about: int | None


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The whole file was written."""

    counts: Counts


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Why it was not."""

    code: str
    details: dict[str, str | int]


Said = Progress | Done | Refused


@dataclass(frozen=True, slots=True)
class ProcessScreener:
    """ports/screenings.py."""

    module: str
    settings: Settings
    data: Path

    def __call__(
        self, source: Path, target: Path, form: Form, on_progress: OnProgress, stop: threading.Event
    ) -> Counts:
        """Start the child, listen to it, end it."""
        call = Call(self.settings, str(self.data), str(source), str(target), form)
        debugging = os.environ.get("SHIROROM_DEBUG") == "1"
        with subprocess.Popen(
            [sys.executable, "-m", self.module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None if debugging else subprocess.DEVNULL,  # a message may hold a file's text
            start_new_session=sys.platform != "win32",  # Ctrl-C in the terminal is the parent's business
        ) as child:
            over = threading.Event()
            threading.Thread(target=_end_when, args=(child, stop, over), daemon=True).start()
            try:
                return self._listen(child, call, on_progress)
            except ShiroromError:
                if stop.is_set():
                    raise StoppedError from None
                raise
            finally:
                over.set()
                child.kill()

    @staticmethod
    def _listen(child: subprocess.Popen[bytes], call: Call, on_progress: OnProgress) -> Counts:
        assert child.stdin is not None
        assert child.stdout is not None
        with suppress(OSError):  # it died already: its silence says so
            child.stdin.write(frame(call))
            child.stdin.flush()
        while True:
            match _read(child.stdout):
                case Progress(rows, about):
                    on_progress(rows, about)
                case Done(counts):
                    return counts
                case Refused(code, details) if code in CODES:
                    raise ShiroromError(code, **details)
                case _:
                    raise ShiroromError("screening-died")


def _end_when(child: subprocess.Popen[bytes], stop: threading.Event, over: threading.Event) -> None:
    """Kill the child as soon as it shall stop; whoever reads from it then reads its end."""
    while not over.wait(0.05):
        if stop.is_set():
            child.kill()
            return


def _read(stream: IO[bytes]) -> Said | None:
    """One frame; None: there is no whole one."""
    head = stream.read(4)
    length = int.from_bytes(head, "big")
    if len(head) != 4 or not 0 < length <= FRAME_BYTES_MAX:
        return None
    try:
        said: Said = msgspec.msgpack.decode(stream.read(length), type=Said)
    except msgspec.MsgspecError:
        return None
    return said


Work = Callable[[Call, OnProgress], Counts]


def be_the_child(work: Work) -> None:
    """In the child: do the one job that is asked for, and say what came of it."""
    source, sink = sys.stdin.buffer, own_stdout()
    call = msgspec.msgpack.decode(source.read(int.from_bytes(source.read(4), "big")), type=Call)
    threading.Thread(target=_end_with, args=(source,), daemon=True).start()
    with suppress(AttributeError, OSError):
        os.nice(NICE)

    def say(said: Said) -> None:
        sink.write(frame(said))
        sink.flush()

    try:
        counts = work(call, lambda rows, about: say(Progress(rows, about)))
    except ShiroromError as error:
        details: Mapping[str, str | int] = error.details
        say(Refused(error.code, dict(details)))
    else:
        say(Done(counts))


def _end_with(source: BinaryIO) -> None:
    """End with the parent, at once: what is half written is cleared away by whoever comes next."""
    source.read()
    os._exit(1)
