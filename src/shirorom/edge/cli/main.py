"""The program `shirorom`: its commands, and what holds for every call (language, colour, failures, exit status)."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Sequence

import click

from shirorom import __version__
from shirorom.edge.cli import failure
from shirorom.edge.cli.check import check
from shirorom.edge.cli.command import Group, language_option, place_options, plain_option, speak
from shirorom.edge.cli.completion import COMPLETE_VARIABLE, PROGRAM, completion
from shirorom.edge.cli.context import LANGS, Compose, Session
from shirorom.edge.cli.entries import accept_correction, history, record, withdraw
from shirorom.edge.cli.feeds import carrier, import_
from shirorom.edge.cli.key import key
from shirorom.edge.cli.machine import doctor
from shirorom.edge.cli.parse import parse
from shirorom.edge.cli.published import monitor, publish, witness
from shirorom.edge.cli.run import practice, serve
from shirorom.edge.cli.screen import screen
from shirorom.edge.cli.sheet import attest, restamp, verify
from shirorom.edge.cli.snapshot import snapshot
from shirorom.edge.cli.store import backup, fsck, restore
from shirorom.edge.cli.streams import make_streams_safe, say, wants_plain
from shirorom.edge.cli.watch import watch

COMMANDS = (
    check, parse, record, withdraw, accept_correction, history, screen, import_, carrier, watch, attest, verify,
    restamp, publish, snapshot, monitor, witness, key, serve, practice, doctor, fsck, backup, restore, completion,
)  # fmt: skip
"""In the order in which `--help` lists them."""

BAD_USAGE = 2


@click.group(cls=Group, name=PROGRAM, invoke_without_command=True)
@place_options
@language_option
@plain_option
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Is this used phone restricted? (The words that people read are `cli.help.*` of the catalogue.)"""
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())
        ctx.exit(BAD_USAGE)


for command in COMMANDS:
    cli.add_command(command)


def run(compose: Compose, argv: Sequence[str] | None = None) -> int:
    """Run one call and return its exit status (DESIGN §5); never raises, never exits.

    `compose` is called with the flags of the call, and once with none for the catalogue of texts.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    make_streams_safe()
    session = Session(compose=compose, lang=language(arguments), plain=wants_plain(arguments))
    failure.hook(session)
    try:
        speak(cli, session.texts)
        status = cli.main(
            arguments, prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE, standalone_mode=False, obj=session
        )
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 (the outermost place: told by its code)
        return failure.report(session, error, as_json=_wants_json(arguments))
    finally:
        session.close()
    return status if isinstance(status, int) else 0


def language(argv: Sequence[str]) -> str:
    """`--lang`, else SHIROROM_LANG, else the system's language, else Japanese.

    Read before click runs, because help and complaints about the call itself obey it too.
    """
    named = [_after(argv, "--lang"), os.environ.get("SHIROROM_LANG")]
    for name in named:
        if name in LANGS:
            return name
    system = _system_language()
    if not system:
        return "ja"
    return "ja" if system.lower().startswith(("ja", "japanese")) else "en"


def _after(argv: Sequence[str], option: str) -> str | None:
    for position, word in enumerate(argv):
        if word == "--":
            return None
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
        if word == option and position + 1 < len(argv):
            return argv[position + 1]
    return None


def _system_language() -> str | None:
    """What the system says of its user's language; None where it says nothing (C, POSIX)."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(variable):
            return None if value.partition(".")[0] in ("C", "POSIX") else value
    if sys.platform == "win32":
        import ctypes

        return locale.windows_locale.get(ctypes.windll.kernel32.GetUserDefaultUILanguage())
    return None


def _wants_json(argv: Sequence[str]) -> bool:
    return "--json" in (argv[: argv.index("--")] if "--" in argv else argv)
