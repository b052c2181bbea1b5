"""click, taught two languages: commands and options take their words from the catalogue, folded to Japanese widths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shirorom.edge.cli.context import LANGS, Session
from shirorom.edge.cli.wrap import columns, fold, pad

if TYPE_CHECKING:
    from shirorom.edge.words import Words

F = TypeVar("F", bound=Any)
WIDTH_MAX = 100
TERM_COLUMNS_MAX = 26
NUMBER_DIGITS_MIN = 8


class Formatter(click.HelpFormatter):
    """click's help, in the session's language and with terminal columns instead of characters."""

    def __init__(self, texts: Words, width: int | None, max_width: int | None) -> None:
        super().__init__(width=width, max_width=max_width or WIDTH_MAX)
        self.texts = texts

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The line that shows how a call is put together."""
        super().write_usage(prog, args, f"{self.texts.t('cli.heading.usage')}: ")

    def write_heading(self, heading: str) -> None:
        """A heading; click's own three are translated."""
        known = ("Options", "Commands", "Arguments")
        word = self.texts.t(f"cli.heading.{heading.lower()}") if heading in known else heading
        self.write(f"{'':>{self.current_indent}}{word}:\n")

    def write_text(self, text: str) -> None:
        """Paragraphs; their own line breaks are kept."""
        indent = " " * self.current_indent
        blocks = [fold(block, self.width, indent=indent) for block in text.strip("\n").split("\n\n")]
        self.write("\n\n".join(blocks) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = TERM_COLUMNS_MAX, col_spacing: int = 2) -> None:
        """Terms and their meaning, in two columns."""
        rows = list(rows)
        term_width = min(max(columns(term) for term, _ in rows), col_max)
        left = " " * self.current_indent
        indent = " " * (self.current_indent + term_width + col_spacing)
        for term, meaning in rows:
            body = fold(meaning, self.width, indent=indent)
            if columns(term) > term_width:
                self.write(f"{left}{term}\n{body}\n")
            else:
                self.write(f"{left}{pad(term, term_width + col_spacing)}{body.lstrip(' ')}\n")


class Context(click.Context):
    """A click context that formats help with the session's words."""

    def make_formatter(self) -> click.HelpFormatter:
        """The formatter of this session."""
        session = self.find_object(Session)
        if session is None:
            return super().make_formatter()
        return Formatter(session.texts, self.terminal_width, self.max_content_width)


class Command(click.Command):
    """A command of the program."""

    context_class = Context

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, in the session's language."""
        return _in_words(super().get_help_option(ctx), ctx)


class UnknownCommandError(click.UsageError):
    """A first word that is no command. `near`: the command that was likely meant; `number`: it may be an IMEI."""

    def __init__(self, word: str, known: Sequence[str], ctx: click.Context) -> None:
        super().__init__("no such command", ctx)
        self.near = next(iter(get_close_matches(word, known, n=1)), None)
        self.number = sum(character.isdigit() for character in word) >= NUMBER_DIGITS_MIN


class Group(click.Group):
    """The program."""

    context_class = Context
    command_class = Command

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, in the session's language."""
        return _in_words(super().get_help_option(ctx), ctx)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command named; an unknown one is refused with the nearest name, or the way to check a number."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise UnknownCommandError(args[0], list(self.commands), ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a person meets them, not by the alphabet."""
        return list(self.commands)


def _in_words(option: click.Option | None, ctx: click.Context) -> click.Option | None:
    session = ctx.find_object(Session)
    if option is not None and session is not None:
        option.help = session.t("cli.option.help")
    return option


def speak(group: click.Group, texts: Words, within: str = "") -> None:
    """Give every command and option its words: `cli.help.COMMAND`, `cli.option.NAME` or `cli.option.COMMAND-NAME`.

    A command of a group is named with it: `watch-import`.
    """
    for command in (group, *group.commands.values()):
        if command is not group and isinstance(command, click.Group):
            speak(command, texts, f"{within}{command.name}-")
            continue
        name = within.rstrip("-") if command is group and within else f"{within}{command.name or ''}"
        help_text = texts.t(f"cli.help.{name}")
        command.help = help_text
        command.short_help = help_text.strip().splitlines()[0]
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                parameter.help = texts.t(f"cli.option.{_option_key(name, parameter)}")


OWN_WORDS = frozenset(
    {"check-practice", "withdraw-practice", "serve-practice", "history-practice", "serve-port", "practice-port",
     "withdraw-reason", "accept-correction-reason", "serve-bind", "practice-list", "check-list", "backup-output",
     "attest-output", "attest-practice", "verify-practice", "verify-keys", "verify-witness-keys",
     "verify-witnesses-min", "verify-broken",
     "publish-practice", "publish-networks", "publish-policy",
     "key-show-practice", "key-rotate-practice", "key-revoke-practice", "key-revoke-reason",
     "witness-port", "witness-bind",
     "practice-book", "practice-carrier", "import-dry-run", "import-by", "import-map", "import-form",
     "carrier-key-add-since", "carrier-key-add-practice", "carrier-key-revoke-reason",
     *(f"watch-import-{name}" for name in ("map", "status", "dry-run", "complete", "even-most", "strict", "sheet",
                                           "every", "done", "escape", "output")),
     "watch-export-output", "watch-export-escape",
     *(f"watch-list-{name}" for name in ("status", "store", "after", "limit")),
     "watch-plan-queue",
     "watch-terms-check", "watch-terms-save", "watch-terms-example", "watch-claim-seen", "watch-claim-list",
     "watch-claim-key", "screen-output",
     *(f"watch-alerts-{name}" for name in ("since", "kind", "store", "person", "open", "as-csv", "output")),
     *(f"snapshot-make-{name}" for name in ("output", "to", "plain", "since", "full", "consent", "practice")),
     "snapshot-apply-keys", "snapshot-verify-keys",
     *(f"snapshot-{name}-practice" for name in ("apply", "show", "forget")),
     *(f"watch-hook-replay-{name}" for name in ("replay-since", "replay-message"))}
)  # fmt: skip
"""Options whose name means something else from command to command."""


def _option_key(command: str, option: click.Option) -> str:
    name = (option.name or "").removesuffix("_").replace("_", "-")
    specific = f"{command}-{name}"
    return specific if specific in OWN_WORDS else name


def common(function: F) -> F:
    """The options of every command: where its data are, `--lang`, `--no-color`."""
    return place_options(plain_option(language_option(function)), hidden=True)


def json_option(function: F) -> F:
    """`--json` (as `as_json`): the result as one object, a failure as one problem."""
    return click.option("--json", "as_json", is_flag=True)(function)


def place_options(function: F, *, hidden: bool = False) -> F:
    """`--data` and `--config`: they stand before the command, and behind it they are understood too."""
    data = click.Path(file_okay=False, path_type=Path)
    config = click.Path(dir_okay=False, path_type=Path)
    for name, kind, metavar in (("--config", config, "FILE"), ("--data", data, "DIR")):
        option = click.option(name, type=kind, metavar=metavar, expose_value=False, callback=_place, hidden=hidden)
        function = option(function)
    return function


def language_option(function: F) -> F:
    """`--lang`. It is read before click runs (`main.language`), so that help obeys it too."""
    return click.option("--lang", type=click.Choice(LANGS), expose_value=False)(function)


def plain_option(function: F) -> F:
    """`--no-color`; read before click runs (`streams.wants_plain`)."""
    return click.option("--no-color", is_flag=True, expose_value=False)(function)


def _place(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    session = ctx.find_object(Session)
    if value is not None and session is not None:
        changed = {parameter.name or "": value}
        session.options = replace(session.options, **changed)
