"""How a call that failed is told: one line on stderr, or one problem object with `--json`; never an IMEI."""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from types import TracebackType

import click

from shirorom.domain.errors import CODES, NumberError, ShiroromError
from shirorom.edge.cli.command import UnknownCommandError
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.streams import print_json, redact, say

INTERRUPTED = 130


class BadCallError(ShiroromError):
    """A call that was put together wrongly; `why` is a whole sentence in the session's language, without numbers."""

    def __init__(self, why: str) -> None:
        super().__init__("usage", why=redact(why))


def report(session: Session, error: BaseException, *, as_json: bool) -> int:
    """Tell a failure on stderr and return its exit status. Never raises: words that fail are told as a code alone."""
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        if not as_json:
            say(session.t("cli.interrupted"))
        return INTERRUPTED
    if os.environ.get("SHIROROM_DEBUG") == "1" and not isinstance(error, (ShiroromError, click.ClickException)):
        say(_trace(error))
    try:
        failure = _failure(session, error)
        if as_json:
            _print_problem(session, failure)
        else:
            say(f"{session.t('cli.error')}: {sentence(session, failure)}")
    except Exception as worse:  # noqa: BLE001 (nothing is left but to name it)
        say(f"shirorom: internal ({type(error).__name__}, {type(worse).__name__})")
        return CODES["internal"].exit
    return failure.exit


def sentence(session: Session, failure: ShiroromError) -> str:
    """A failure in one line: what is wrong, what would fix it, its code."""
    title, detail, fix = (_word(session, failure, part) for part in ("title", "text", "fix"))
    said = detail or title
    asked = ""
    if isinstance(failure, NumberError) and failure.suggestion and sys.stderr.isatty():
        asked = session.t("cli.suggestion", suggestion=failure.suggestion)  # only to the person who typed it
    words = ("" if session.lang == "ja" else " ").join(word for word in (said, asked, fix) if word)
    return f"{words} ({failure.code})"


class Redacting(logging.Formatter):
    """What libraries log as a last resort (a task that failed unseen) never holds a number either."""

    def format(self, record: logging.LogRecord) -> str:
        """The record without long numbers."""
        return redact(super().format(record))


def hook(session: Session) -> None:
    """Let whatever escapes everything (a thread, an exit handler, a log line) be told the same way."""

    def told(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        report(session, error, as_json=False)

    def told_by_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            report(session, args.exc_value, as_json=False)

    sys.excepthook = told
    threading.excepthook = told_by_thread
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(Redacting())


def _failure(session: Session, error: BaseException) -> ShiroromError:
    if isinstance(error, ShiroromError):
        return error
    if isinstance(error, click.UsageError):
        return BadCallError(_usage(session, error))
    if isinstance(error, click.ClickException):
        return BadCallError(error.format_message())
    return ShiroromError("internal", kind=type(error).__name__)


def _usage(session: Session, error: click.UsageError) -> str:
    """click's complaint in the session's language; what was typed is named only where it cannot be a number."""
    if isinstance(error, UnknownCommandError):
        if error.number:
            return session.t("cli.usage.number-first")
        near = session.t("cli.usage.near", near=error.near) if error.near else ""
        return f"{session.t('cli.usage.no-such-command')} {near}".strip()
    if isinstance(error, click.NoSuchOption):
        near = ", ".join(error.possibilities or ())
        return session.t("cli.usage.no-such-option", name=error.option_name) + (
            " " + session.t("cli.usage.near", near=near) if near else ""
        )
    if isinstance(error, click.MissingParameter):
        return session.t("cli.usage.missing", name=_hint(error))
    if isinstance(error, click.BadParameter):
        choices = error.param.type.choices if error.param and isinstance(error.param.type, click.Choice) else ()
        said = session.t("cli.usage.choose", choices=" ".join(map(str, choices))) if choices else error.message
        return session.t("cli.usage.bad-value", name=_hint(error), why=said)
    return error.format_message()


def _hint(error: click.BadParameter) -> str:
    if error.param is None:
        return str(error.param_hint or "")
    return error.param.get_error_hint(error.ctx) if error.ctx else error.param.opts[-1]


def _word(session: Session, failure: ShiroromError, part: str) -> str:
    return redact(session.t(f"code.{failure.code}.{part}", **failure.details)).strip().replace("\n", " ")


def _print_problem(session: Session, failure: ShiroromError) -> None:
    import msgspec

    from shirorom.edge import wire

    print_json(msgspec.to_builtins(wire.problem_of(failure, session.texts)), sys.stderr)


def _trace(error: BaseException) -> str:
    """Where it happened, without values: no locals, and no long number of any message."""
    return redact("".join(traceback.format_exception(error))).rstrip()
