"""`shirorom watch terms`: the shop's own warranty terms, checked and saved; packaged examples; what other shops do."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.streams import print_json, say

if TYPE_CHECKING:
    from shirorom.domain.desk.warranty import ShopTerms
    from shirorom.ports.claims import TermsFiles

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(cls=Command, name="terms")
@click.option("--check", "check", type=FILE, metavar="FILE")
@click.option("--save", "save", type=FILE, metavar="FILE")
@click.option("--example", is_flag=True)
@click.option("--market", is_flag=True)
@json_option
@common
@click.pass_obj
def terms(session: Session, check: Path | None, save: Path | None, example: bool, market: bool, as_json: bool) -> int:
    """Show, check or save the terms. A file that does not hold changes nothing."""
    files = session.composition.watch.files
    if example:
        click.echo(files.example(), nl=False)
        return 0
    if market:
        _market(session, files, as_json)
        return 0
    if check is not None:
        found = files.read(check)
    elif save is not None:
        found = files.save_terms(save)
    else:
        found = files.terms()
    if as_json:
        import msgspec

        print_json(msgspec.to_builtins(found))
        return 0
    if check is not None or save is not None:
        say(session.t("claim.cli.saved" if save else "claim.cli.holds", count=len(found.terms)))
    _show(session, found)
    return 0


def _show(session: Session, found: ShopTerms) -> None:
    from shirorom.edge.claim_wire import duration_text, remedy_text

    console = session.console()
    if not found.terms:
        console.print(session.t("claim.cli.empty"), soft_wrap=True)
        return

    def until(day: date | None) -> str:
        return session.t("claim.cli.still") if day is None else session.t("claim.cli.before", day=day.isoformat())

    for one in found.terms:
        remedies = " / ".join(remedy_text(remedy, session.texts, one.shares[0].percent if one.shares else 100)
                              for remedy in one.remedies)  # fmt: skip
        line = session.t(
            "claim.cli.term", id=one.id, name=one.name, since=one.from_.isoformat(), until=until(one.until),
            duration=duration_text(one.duration, session.texts), remedies=remedies,
        )  # fmt: skip
        console.print(line, soft_wrap=True)
    for key, ranges in (("working", found.workings), ("returns", found.returns)):
        for range_ in ranges:
            details: dict[str, str | int] = {
                "days": range_.days,
                "since": range_.from_.isoformat(),
                "until": until(range_.until),
            }
            console.print(session.t(f"claim.cli.{key}", **details), soft_wrap=True)
    if found.default:
        console.print(session.t("claim.cli.default", id=found.default), soft_wrap=True)


def _market(session: Session, files: TermsFiles, as_json: bool) -> None:
    shops = files.market()
    if as_json:
        import msgspec

        print_json({"verify": True, "shops": msgspec.to_builtins(shops)})
        return
    console = session.console()
    console.print(session.t("claim.cli.verify"), style="bold", soft_wrap=True)
    for shop in shops:
        console.print(f"{shop.name}: {shop.term}  {shop.note}", soft_wrap=True)
        for source in shop.sources:
            read = session.t("claim.cli.read", day=source.read_on.isoformat(), confidence=source.confidence.value)
            console.print(f"    {source.url} ({read})", soft_wrap=True)
