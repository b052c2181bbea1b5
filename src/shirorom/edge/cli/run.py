"""What runs until it is interrupted: the practice carriers and the web app."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import symbol_of
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import ServeOptions, Session, Started
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import print_json, say
from shirorom.edge.cli.wrap import aligned, pad

if TYPE_CHECKING:
    from shirorom.edge.practice.catalogue import PracticePhone
    from shirorom.edge.practice.run import Practice

PRACTICE_PORT = 9_100


@click.command(cls=Command)
@click.option("--port", default=PRACTICE_PORT, show_default=True, type=click.IntRange(0, 65_531))
@click.option("--write-config", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--list", "list_", is_flag=True)
@click.option("--book", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--feed", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--carrier", type=click.Choice([carrier.value for carrier in CarrierId]))
@click.option("--slow", default=0.0, type=click.FloatRange(0, 600), metavar="SECONDS")
@click.option("--consent", is_flag=True)
@click.option("--evil", is_flag=True)
@json_option
@common
@click.pass_obj
def practice(
    session: Session,
    port: int,
    write_config: Path | None,
    list_: bool,
    book: Path | None,
    feed: Path | None,
    carrier: str | None,
    slow: float,
    consent: bool,
    evil: bool,
    as_json: bool,
) -> int:
    """Run four practice carriers on this machine, or list their phones."""
    from shirorom.edge.practice.run import run

    if list_:
        return _list(session, as_json=as_json)
    if book is not None:
        return _book(session, book, as_json=as_json)
    if feed is not None:
        return _feed(session, feed, carrier, as_json=as_json)

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
@click.option("--port", default=8_000, show_default=True, type=click.IntRange(0, 65_535))
@click.option("--bind", default="127.0.0.1", show_default=True, metavar="ADDRESS")
@click.option("--practice", is_flag=True)
@click.option("--public", is_flag=True)
@click.option("--lan", is_flag=True)
@click.option("--owner-link", is_flag=True)
@click.option("--lookups-port", type=click.IntRange(0, 65_535))
@common
@click.pass_obj
def serve(
    session: Session,
    port: int,
    bind: str,
    practice: bool,
    public: bool,
    lan: bool,
    owner_link: bool,
    lookups_port: int | None,
) -> int:
    """Run the web app: the page, the API and the manual."""
    if lookups_port is not None and (public or session.composition.settings.web.public):
        raise BadCallError(session.t("lookups.cli.public"))

    def ready(started: Started) -> None:
        url = started.url
        say(session.t("cli.serve.started", url=url))
        if started.lookups is not None:
            say(session.t("lookups.cli.door", url=started.lookups))
        _say_lan(session, started)
        if started.setup is not None:
            click.echo(session.t("people.cli.setup" if not owner_link else "people.cli.owner_link"))
            click.echo(f"  {started.setup}")
        if practice and not session.composition.can_read:
            say(session.t("cli.serve.by-hand"))
        if practice:
            imei = _example()
            say(session.t("cli.serve.example", imei=imei))
            say(f"  curl -s -H 'Content-Type: application/json' -d '{{\"imeis\": [\"{imei}\"]}}' {url}v1/checks")
        say(session.t("cli.stop"))

    options = ServeOptions(bind=bind, port=port, practice=practice, public=public, lan=lan, owner_link=owner_link,
                           lookups_port=lookups_port)  # fmt: skip
    session.composition.serve(options, on_ready=ready)
    return 0


def _say_lan(session: Session, started: Started) -> None:
    """How other devices get here: the address to type or to photograph, and what they must be shown there."""
    if started.trust is None:
        return
    from shirorom.edge.qr import qr_terminal

    say(session.t("people.cli.trust", url=started.trust))
    if sys.stderr.isatty():
        say(qr_terminal(started.trust))
    say(session.t("people.cli.fingerprint"))
    say(f"  {started.fingerprint}")
    for name in started.left_out:
        say(session.t("people.cli.left_out", name=name))


def _book(session: Session, path: Path, *, as_json: bool) -> int:
    """The export of a chain that does not exist, to try the watch with."""
    from shirorom.domain.fold import JST
    from shirorom.edge.cli.screen import kind_of
    from shirorom.edge.practice import book

    today = session.composition.now().astimezone(JST).date()
    rows = book.rows(today)
    session.composition.tables.write(path, book.HEADINGS, rows, kind=kind_of(session, path), escape=False)
    count = book.STOCK + book.SOLD
    if as_json:
        print_json({"units": count, "path": str(path)})
    else:
        say(session.t("book.cli.practice_book", count=f"{count:,}", file=str(path)))
    return 0


def _feed(session: Session, path: Path, carrier: str | None, *, as_json: bool) -> int:
    """A full list of one practice carrier as it stands now, signed, with the key to add before it is imported."""
    from shirorom.edge.practice.feed import feed

    if carrier is None:
        raise BadCallError(session.t("cli.feeds.carrier_needed"))
    content, key, count = feed(CarrierId(carrier), session.composition.now())
    path.write_bytes(content)
    if as_json:
        print_json({"path": str(path), "rows": count, "key": key.text})
        return 0
    name = session.t(f"carrier.{carrier}")
    say(session.t("cli.feeds.practice_written", carrier=name, file=str(path), count=count))
    say(session.t("cli.feeds.practice_next"))
    click.echo(f"  shirorom carrier key add --practice --carrier {carrier} {key.text}")
    click.echo(f"  shirorom import {path} --carrier {carrier}")
    return 0


def _list(session: Session, *, as_json: bool) -> int:
    """The catalogue: number, what the four carriers will say, verdict and exit status, what the phone is."""
    from shirorom.edge.practice.catalogue import Group, catalogue

    phones = catalogue().phones
    if as_json:
        print_json({"phones": [_phone(session, phone) for phone in phones]})
        return 0
    for group in Group:
        click.echo(session.t(f"cli.practice-list.{group.value}"))
        for line in aligned([row for phone in phones if phone.group is group for row in _rows(session, phone)]):
            click.echo(f"  {line}")
    return 0


def _rows(session: Session, phone: PracticePhone) -> list[tuple[str, str, str, str, str]]:
    """A row a number; the first also says what the whole phone comes to, check after check."""
    rows = []
    for number in phone.numbers:
        said = [cell.mark for cell in phone.checks[0].cells if cell.imei == number.imei]
        rows.append((number.imei.grouped, " ".join(pad(symbol_of(mark), 2) for mark in said), "", "", ""))
    verdicts = "→".join(expected.verdict.symbol for expected in phone.checks)
    exits = "→".join(str(expected.exit) for expected in phone.checks)
    return [(*rows[0][:2], verdicts, exits, _title(session, phone)), *rows[1:]]


def _title(session: Session, phone: PracticePhone) -> str:
    return phone.title if session.lang == "ja" else phone.title_en


def _phone(session: Session, phone: PracticePhone) -> dict[str, object]:
    return {
        "id": phone.id,
        "group": phone.group.value,
        "imeis": [number.imei.digits for number in phone.numbers],
        "title": _title(session, phone),
        "checks": [{"verdict": expected.verdict.value, "exit": expected.exit} for expected in phone.checks],
    }


def _example() -> str:
    """A practice number whose answer nobody overlooks: restricted."""
    from shirorom.domain.mark import VerdictKind
    from shirorom.edge.practice.catalogue import catalogue

    phones = [phone for phone in catalogue().phones if phone.checks[0].verdict is VerdictKind.RESTRICTED]
    return phones[0].numbers[0].imei.digits
