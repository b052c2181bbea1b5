"""`shirorom watch`: the watch over a shop's units, beside the POS that it has. Its commands lie in `watch_*.py`."""

from __future__ import annotations

import click

from shirorom.edge.cli.command import Group, common
from shirorom.edge.cli.watch_alerts import alerts, handle
from shirorom.edge.cli.watch_hook import hook

COMMANDS: tuple[click.Command, ...] = (alerts, handle, hook)
"""In the order in which `--help` lists them."""


@click.group(cls=Group, name="watch")
@common
def watch() -> None:
    """Every morning, what changed."""


for command in COMMANDS:
    watch.add_command(command)
