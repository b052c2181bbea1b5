"""`shirorom completion SHELL`: click's scripts for bash, zsh and fish, and our own for PowerShell."""

from __future__ import annotations

import os
from typing import ClassVar

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)

from shirorom.edge.cli.command import Command, common

PROGRAM = "shirorom"
COMPLETE_VARIABLE = "_SHIROROM_COMPLETE"
SHELLS = ("bash", "zsh", "fish", "powershell")

_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $env:%(complete_var)s = "powershell_complete"
    $env:COMP_WORDS = ($commandAst.CommandElements | ForEach-Object { $_.Extent.Text }) -join "`n"
    $env:COMP_LAST = $wordToComplete
    %(prog_name)s | ForEach-Object {
        $kind, $value, $help = $_ -split "`t", 3
        if ($kind -eq "plain") {
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, "ParameterValue", $help)
        }
    }
    Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_LAST
}
"""


class PowerShellComplete(ShellComplete):
    """PowerShell 5.1 and later. Files are left to PowerShell: it completes them where we offer nothing."""

    name: ClassVar[str] = "powershell"
    source_template: ClassVar[str] = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one under the cursor, and that one."""
        words = os.environ["COMP_WORDS"].splitlines()[1:]
        last = os.environ.get("COMP_LAST", "")
        return (words[:-1] if last and words and words[-1] == last else words), last

    def format_completion(self, item: CompletionItem) -> str:
        """One line: kind, value, help."""
        return f"{item.type}\t{item.value}\t{(item.help or '').splitlines()[0] if item.help else ''}"


add_completion_class(PowerShellComplete)


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
@common
@click.pass_context
def completion(ctx: click.Context, shell: str) -> int:
    """Print the completion script of a shell."""
    root = ctx.find_root().command
    chosen = get_completion_class(shell)
    if chosen is None:  # the choice above lists what is registered
        raise LookupError(shell)
    writer = chosen(root, {}, PROGRAM, COMPLETE_VARIABLE)
    if isinstance(writer, BashComplete):  # `source()` would ask the bash on this machine for its version
        click.echo(writer.source_template % writer.source_vars())
    else:
        click.echo(writer.source())
    return 0
