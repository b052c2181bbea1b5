"""`shirorom watch`: the watch over a shop's units, beside the POS that it has. Its commands lie in `watch_*.py`."""

from __future__ import annotations

import click

from shirorom.edge.cli.command import Group, common
from shirorom.edge.cli.watch_alerts import alerts, handle
from shirorom.edge.cli.watch_claim import claim
from shirorom.edge.cli.watch_export import export, list_
from shirorom.edge.cli.watch_hook import hook
from shirorom.edge.cli.watch_import import import_
from shirorom.edge.cli.watch_plan import plan
from shirorom.edge.cli.watch_risk import risk
from shirorom.edge.cli.watch_rules import choose, rules
from shirorom.edge.cli.watch_terms import terms

COMMANDS: tuple[click.Command, ...] = (
    import_, alerts, handle, plan, list_, export, claim, risk, hook, terms, rules, choose,
)  # fmt: skip
"""In the order in which `--help` lists them."""


@click.group(cls=Group, name="watch")
@common
def watch() -> None:
    """Every morning, what changed."""


for command in COMMANDS:
    watch.add_command(command)
