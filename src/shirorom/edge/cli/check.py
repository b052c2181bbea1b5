"""`shirorom check`: ask every carrier that is on about one device, or about each device of a file."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import StorageError
from shirorom.domain.mark import VerdictKind
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.device import device_of
from shirorom.edge.cli.failure import BadCallError, sentence
from shirorom.edge.cli.progress import Progress
from shirorom.edge.cli.streams import print_json, say
from shirorom.edge.cli.wrap import pad

if TYPE_CHECKING:
    from shirorom.domain.assessment import Assessment
    from shirorom.domain.imei import Device

EXIT_STATUS = {
    VerdictKind.CLEAR: 0,
    VerdictKind.CAUTION: 3,
    VerdictKind.RESTRICTED: 4,
    VerdictKind.NO_RECORD: 5,
    VerdictKind.UNDETERMINED: 6,
}


@click.command(cls=Command)
@click.argument("numbers", nargs=-1, metavar="[IMEI…|-]")
@click.option("--only", multiple=True, type=click.Choice([carrier.value for carrier in CarrierId]))
@click.option("--practice", is_flag=True)
@click.option("--no-record", is_flag=True)
@click.option("--list", "list_", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE")
@click.option("--fresh", is_flag=True)
@click.option("--sources", is_flag=True)
@json_option
@common
@click.pass_obj
def check(
    session: Session,
    numbers: tuple[str, ...],
    only: tuple[str, ...],
    practice: bool,
    no_record: bool,
    list_: Path | None,
    output: Path | None,
    fresh: bool,
    sources: bool,
    as_json: bool,
) -> int:
    """Ask every carrier that is on about one device. `-` reads the numbers from standard input."""
    chosen = frozenset(map(CarrierId, only)) or None
    if list_ is not None:
        from shirorom.edge.cli.listing import check_list

        if numbers or as_json:
            raise BadCallError(session.t("cli.usage.list-alone"))
        return check_list(session, list_, output, only=chosen, practice=practice, record=not no_record, fresh=fresh)
    if output is not None or fresh:
        raise BadCallError(session.t("cli.usage.list-only"))
    import asyncio

    device = device_of(session, numbers)
    assessment = asyncio.run(_ask(session, device, chosen, practice, record=not no_record, as_json=as_json))
    _show(session, assessment, as_json=as_json, sources=sources)
    return exit_status(assessment, chosen)


def exit_status(assessment: Assessment, only: frozenset[CarrierId] | None = None) -> int:
    """By the verdict; with `--only`, by the verdict over the carriers that were asked.

    That is `so_far`, unless one of them gave no answer: a ○ beside a failure is 6, never 0.
    """
    if only is None:
        return EXIT_STATUS[assessment.verdict.kind]
    from shirorom.domain.verdict import decide

    return EXIT_STATUS[decide([cell for cell in assessment.cells if cell.carrier in only]).kind]


async def _ask(
    session: Session, device: Device, only: frozenset[CarrierId] | None, practice: bool, *, record: bool, as_json: bool
) -> Assessment:
    """Start what is needed, ask, and tell on the way; leaving ends browser and practice carriers."""
    from asyncio import CancelledError

    composition = session.composition
    quiet = as_json and not sys.stderr.isatty()
    progress = Progress(session, device, only=only or frozenset(CarrierId), record=record)
    try:
        async with composition.checking(practice=practice) as checking:
            with nullcontext() if quiet else progress:
                return await checking(device, only=only, record=record, on_cell=None if quiet else progress.on_cell)
    except CancelledError:
        if progress.recorded():
            say(session.t("cli.progress.kept", count=progress.recorded()))
        raise


def _show(session: Session, assessment: Assessment, *, as_json: bool, sources: bool) -> None:
    import msgspec

    from shirorom.edge import wire
    from shirorom.edge.cli.table import show_check

    answer = wire.check_of(assessment, session.texts)
    if as_json:
        print_json(msgspec.to_builtins(answer))
    else:
        show_check(session.console(), assessment, answer, session.texts, sources=sources)
        _show_by_hand(session, assessment)
    if assessment.storage is not None:
        say(f"{session.t('cli.error')}: {sentence(session, StorageError(assessment.storage))}")


def _show_by_hand(session: Session, assessment: Assessment) -> None:
    """Where a person has to ask: which pages, and how the answer is put on record."""
    composition = session.composition
    wanted = [
        carrier
        for carrier in CarrierId
        if composition.settings.carrier(carrier).access.value == "hand"
        and any(cell.carrier is carrier and cell.error == "not-asked" for cell in assessment.cells)
    ]
    if not wanted:
        return
    say("")
    if assessment.practice:
        say(session.t("cli.hand.practice"))
        return
    say(session.t("cli.hand.pages"))
    for carrier in wanted:
        name = pad(session.t(f"carrier.{carrier.value}"), 16)
        say(f"  {name}{composition.facts.carrier(carrier).check_url}")
    say(session.t("cli.hand.record", carrier=wanted[0].value))
