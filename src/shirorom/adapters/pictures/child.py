"""The child's program: reads one picture or file after the other, under limits that its parent cannot be hurt through.

It has a bounded address space, writes no file, leaves no core, opens no connection, and ends by itself when a job hangs
or its parent is gone. What it says of a failure is a code, never a message: a message may quote a number.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import sys
from typing import BinaryIO

import msgspec

from shirorom.adapters.child import frame, own_stdout
from shirorom.domain.errors import ShiroromError
from shirorom.domain.picture import PictureRead

JOB_S_MAX = 10.0
"""Seconds a job may take, by the wall clock; the parent ends the child then, and the child itself a little later."""
SLACK_S = 5.0
WARM_S_MAX = 120.0
"""Seconds in which the models are loaded, once a process, on a slow disk."""
ADDRESS_BYTES_MAX = 2 * 1024**3
"""Libraries and models take 0.65 GB of addresses before they read anything, 25 Mpx of PNG 1.05 GB: docs/adr/0012."""
FRAME_BYTES_MAX = 128 * 1024 * 1024
"""A clean PNG of 25 Mpx of noise has 75 MB."""


class Warm(msgspec.Struct, frozen=True, tag="warm"):
    """Load what reading a picture needs. `within_s`, here and below: seconds of the wall clock it may take."""

    within_s: float


class Read(msgspec.Struct, frozen=True, tag="read"):
    """Read a picture."""

    content: bytes
    within_s: float


class Clean(msgspec.Struct, frozen=True, tag="clean"):
    """Make a picture anew, without anything but its pixels."""

    content: bytes
    within_s: float


class Extract(msgspec.Struct, frozen=True, tag="extract"):
    """Give the text of a file."""

    content: bytes
    within_s: float


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """What a picture shows."""

    read: PictureRead


class Made(msgspec.Struct, frozen=True, tag="made"):
    """The picture made anew (PNG)."""

    content: bytes


class Said(msgspec.Struct, frozen=True, tag="said"):
    """A file's text; or that all is loaded."""

    text: str


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """Why not, by a code."""

    code: str
    details: dict[str, str | int]


Job = Warm | Read | Clean | Extract
Result = Seen | Made | Said | Failed


def do(job: Job) -> Result:
    """One job. Each imports what it needs and no more: a text file is read without any extra package."""
    try:
        match job:
            case Warm():
                from shirorom.adapters.pictures.read import warm

                warm()
                return Said("")
            case Read(content):
                from shirorom.adapters.pictures.read import read

                return Seen(read(content))
            case Clean(content):
                from shirorom.adapters.pictures.look import clean

                return Made(clean(content))
            case Extract(content):
                from shirorom.adapters.pictures.files import text_of

                return Said(text_of(content))
    except ShiroromError as error:
        return Failed(error.code, dict(error.details))
    except Exception:  # noqa: BLE001  # whatever it was, the parent waits; a message may hold a number and stays here
        return Failed("file-unreadable" if isinstance(job, Extract) else "picture-unreadable", {})


def limit() -> None:
    """Bound what this process may do; where the system knows no such limits (Windows), the wall clock alone holds."""
    with contextlib.suppress(ImportError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES_MAX, ADDRESS_BYTES_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    sys.addaudithook(_refuse_connections)


def _refuse_connections(event: str, args: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen", "os.system", "os.exec"):
        raise PermissionError(event)


def serve_parent(source: BinaryIO, sink: BinaryIO) -> None:
    """Do what the parent asks, one after the other, until its messages end."""
    decoder: msgspec.msgpack.Decoder[Job] = msgspec.msgpack.Decoder(Job)
    while len(head := source.read(4)) == 4:
        body = source.read(int.from_bytes(head, "big"))
        job = decoder.decode(body)
        del body
        with open(os.devnull, "w") as nowhere:  # a thread of C: it ends us whatever hangs, and whoever is gone
            faulthandler.dump_traceback_later(job.within_s + SLACK_S, exit=True, file=nowhere)
            result = do(job)
            faulthandler.cancel_dump_traceback_later()
        del job
        with contextlib.suppress(OSError):  # the parent is gone: the end of our input will say so
            sink.write(frame(result))
            sink.flush()
        del result
        gc.collect()


def main() -> None:
    """The child's program."""
    sink = own_stdout()
    limit()
    serve_parent(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
