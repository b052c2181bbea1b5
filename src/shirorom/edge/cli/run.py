"""What runs until it is interrupted: the practice carriers and the web app."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shirorom.edge.cli.command import Command, common, language_option, plain_option
from shirorom.edge.cli.context import ServeOptions, Session
from shirorom.edge.cli.streams import print_json, say

if TYPE_CHECKING:
    from shirorom.edge.practice.catalogue import PracticePhone
    from shirorom.edge.practice.run import Practice

PRACTICE_PORT = 9_100
EXAMPLE = "001010000000001"


@click.command(cls=Command)
@click.option("--port", default=PRACTICE_PORT, show_default=True, type=click.IntRange(0, 65_531))
@click.option("--write-config", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--list", "list_", is_flag=True)
@click.option("--slow", default=0.0, type=click.FloatRange(0, 600), metavar="SECONDS")
@click.option("--consent", is_flag=True)
@click.option("--evil", is_flag=True)
@common
@click.pass_obj
def practice(
    session: Session,
    port: int,
    write_config: Path | None,
    list_: bool,
    slow: float,
    consent: bool,
    evil: bool,
    as_json: bool,
) -> int:
    """Run four practice carriers on this machine, or list their phones."""
    from shirorom.edge.practice.run import run

    if list_:
        return _list(session, as_json=as_json)

    def started(running: Practice) -> None:
        if as_json:
            origins = {carrier.value: origin for carrier, origin in running.origins.items()}
            print_json({"index": running.index_url, "origins": origins})
            return
        say(session.t("cli.practice-run.started", url=running.index_url))
        for carrier, origin in running.origins.items():
            say(f"  {carrier.value:<9} {origin}")
        if write_config is not None:
            say(session.t("cli.practice-run.config", file=str(write_config)))
        say(session.t("cli.stop"))

    run(port, write_config=write_config, slow_s=slow, consent=consent, evil=evil, started=started)
    return 0


@click.command(cls=Command)
@click.option("--port", default=8_000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--bind", default="127.0.0.1", show_default=True, metavar="ADDRESS")
@click.option("--practice", is_flag=True)
@click.option("--public", is_flag=True)
@language_option
@plain_option
@click.pass_obj
def serve(session: Session, port: int, bind: str, practice: bool, public: bool) -> int:
    """Run the web app: the page, the API and the manual."""

    def ready(url: str) -> None:
        say(session.t("cli.serve.started", url=url))
        if practice:
            say(session.t("cli.serve.example", url=url, imei=EXAMPLE))
        say(session.t("cli.stop"))

    session.composition.serve(ServeOptions(bind=bind, port=port, practice=practice, public=public), on_ready=ready)
    return 0


def _list(session: Session, *, as_json: bool) -> int:
    from rich.table import Table
    from rich.text import Text

    from shirorom.edge.practice.catalogue import catalogue

    phones = catalogue().phones
    if as_json:
        print_json({"phones": [_phone(session, phone) for phone in phones]})
        return 0
    table = Table.grid(padding=(0, 2))
    for phone in phones:
        numbers = "\n".join(number.imei.grouped for number in phone.numbers)
        table.add_row(numbers, Text(_title(session, phone)))
    session.console().print(table)
    return 0


def _title(session: Session, phone: PracticePhone) -> str:
    return phone.title if session.lang == "ja" else phone.title_en


def _phone(session: Session, phone: PracticePhone) -> dict[str, object]:
    first = phone.checks[0]
    return {
        "id": phone.id,
        "imeis": [number.imei.digits for number in phone.numbers],
        "title": _title(session, phone),
        "verdict": first.verdict.value,
        "exit": first.exit,
    }
