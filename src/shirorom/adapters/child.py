"""How a parent starts, addresses and ends a child process: frames of 4 bytes length (big endian) and msgpack.

The child's input ends when the parent does, however the parent ends; a child that then goes on by itself is one's own
fault. Its stdout belongs to the frames: whatever else prints goes to stderr.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO

import msgspec

END_S_MAX = 5.0
_NEW_GROUP = 0x200  # CREATE_NEW_PROCESS_GROUP, which `subprocess` only names on Windows


async def start_child(module: str, *, limit: int, env: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
    """Start `python -m module`. `limit`: bytes of its answers that may wait; `env` is added to the environment."""
    apart: dict[str, Any] = (  # Ctrl-C in the terminal is the parent's business
        {"creationflags": _NEW_GROUP} if sys.platform == "win32" else {"start_new_session": True}
    )
    debugging = os.environ.get("SHIROROM_DEBUG") == "1"
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if debugging else subprocess.DEVNULL,  # a message may hold a page's or a picture's text
        limit=limit,
        env=None if env is None else {**os.environ, **env},
        **apart,
    )


async def end_child(process: asyncio.subprocess.Process, *, within_s: float = END_S_MAX) -> None:
    """Let it end by itself (its input ends), then make it end."""
    with contextlib.suppress(OSError, RuntimeError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        await asyncio.wait_for(process.wait(), within_s)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def frame(message: msgspec.Struct) -> bytes:
    """One message as it goes through the pipe."""
    body = msgspec.msgpack.encode(message)
    return len(body).to_bytes(4, "big") + body


def own_stdout() -> BinaryIO:
    """In the child: the pipe to the parent, out of reach of everything that prints."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sink
