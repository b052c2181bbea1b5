"""`shirorom watch rules` and `watch choose`: the rules of the plan, as the shop edits and chooses them."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import click

from shirorom.domain.desk.plan_rules import RuleSet
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import print_json

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=Command, name="rules")
@click.option("--default", "default", is_flag=True)
@click.option("--check", "checked", type=FILE, metavar="FILE")
@click.option("--save", "saved", type=FILE, metavar="FILE")
@json_option
@common
@click.pass_obj
def rules(session: Session, default: bool, checked: Path | None, saved: Path | None, as_json: bool) -> int:
    """Print, check or replace the rules of the plan."""
    book = session.composition.watch.rule_book
    if sum((default, checked is not None, saved is not None)) > 1:
        raise BadCallError(session.t("cli.plan.one-of"))
    if checked is None and saved is None:
        text = book.text(default=default)
        if as_json:
            print_json({"own": book.is_own and not default, "text": text})
        else:
            click.echo(text, nl=False)
        return 0
    found = book.save(saved) if saved is not None else book.check(cast("Path", checked))
    if as_json:
        print_json({"sound": True, "saved": saved is not None, "rules": found.rules.value})
    else:
        key = "cli.plan.saved" if saved is not None else "cli.plan.sound"
        session.console().print(session.t(key, rules=session.t(f"plan.set.{found.rules.value}")), soft_wrap=True)
    return 0


@click.command(cls=Command, name="choose")
@click.argument("name", type=click.Choice([name.value for name in RuleSet]))
@json_option
@common
@click.pass_obj
def choose(session: Session, name: str, as_json: bool) -> int:
    """Put a set of rules in force."""
    session.composition.watch.rule_book.choose(RuleSet(name))
    if as_json:
        print_json({"rules": name})
    else:
        session.console().print(session.t("cli.plan.chosen", rules=session.t(f"plan.set.{name}")), soft_wrap=True)
    return 0
