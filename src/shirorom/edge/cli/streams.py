"""How the program prints: results to stdout, all else to stderr; no escape code where nobody could see its effect."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from rich.console import Console

_LONG_NUMBER = re.compile(r"\d(?:[ \-./]?\d){13,}")


def make_streams_safe() -> None:
    """Let no symbol end a command: a console that lacks ○ or － (cp932, ASCII) shows an escape in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def wants_plain(argv: list[str]) -> bool:
    """Whether colour was declined: `--no-color`, NO_COLOR (any value but empty), TERM=dumb."""
    return "--no-color" in argv or bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def console(stream: TextIO, *, plain: bool) -> Console:
    """A rich console on a stream. Plain, or no terminal: no escape code at all; text is never read as markup."""
    from rich.console import Console

    if plain or not stream.isatty():
        return Console(file=stream, color_system=None, force_terminal=False, markup=False, highlight=False, emoji=False)
    return Console(file=stream, markup=False, highlight=False, emoji=False)


def print_json(value: Any, stream: TextIO | None = None) -> None:
    """One JSON object: indented for people, one line for programs, pure ASCII where the stream is not UTF-8."""
    out = sys.stdout if stream is None else stream
    unicode_ok = (out.encoding or "").lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig")
    click.echo(json.dumps(value, ensure_ascii=not unicode_ok, indent=2 if out.isatty() else None), file=out)


def say(text: str) -> None:
    """One line on stderr."""
    click.echo(text, err=True)


def decode(content: bytes) -> str | None:
    """Text as people's programs write it: UTF-16 or UTF-8 by their marks, else UTF-8, else cp932; None: no text."""
    encodings = ("utf-16",) if content.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "cp932")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def redact(text: str) -> str:
    """Take every long number out of a text that is about to be shown or kept: it may be an IMEI."""
    return _LONG_NUMBER.sub("…", text)
