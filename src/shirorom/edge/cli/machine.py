"""`shirorom doctor`: what stands in the way on this machine, each with its remedy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from shirorom.domain.errors import CODES
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.streams import print_json, redact

if TYPE_CHECKING:
    from shirorom.service.doctor import Finding

SIGNS = {"ok": "ok", "note": "!", "bad": "!!", "unknown": "?"}
STYLES = {"ok": "green", "note": "yellow", "bad": "bold red", "unknown": "magenta"}
SICK = 1


@click.command(cls=Command)
@click.option("--bind", default="127.0.0.1", show_default=True, metavar="ADDRESS")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@json_option
@common
@click.pass_obj
def doctor(session: Session, bind: str, port: int, as_json: bool) -> int:
    """Look at browser, fonts, disk, clock, port, configuration and the record; mend nothing."""
    findings = session.composition.doctor(bind=bind, port=port)
    healthy = all(finding.state.value != "bad" for finding in findings)
    if as_json:
        print_json({"healthy": healthy, "checks": [_as_json(session, finding) for finding in findings]})
    else:
        _show(session, findings, healthy=healthy)
    return 0 if healthy else SICK


def words(session: Session, finding: Finding) -> tuple[str, str]:
    """Sentence and remedy. A failure that has a code of its own is worded by it, as everywhere else."""
    base = f"code.{finding.code}" if finding.code in CODES else f"cli.doctor.{finding.code}"
    text = session.t(f"{base}.text", **finding.details)
    fix = session.t(f"{base}.fix", **finding.details) if finding.state.value != "ok" else ""
    return redact(text).strip(), redact(fix).strip()


def _as_json(session: Session, finding: Finding) -> dict[str, str | None]:
    text, fix = words(session, finding)
    return {
        "check": finding.check,
        "state": finding.state.value,
        "code": finding.code,
        "text": text,
        "fix": fix or None,
    }


def _show(session: Session, findings: Sequence[Finding], *, healthy: bool) -> None:
    from rich.text import Text

    from shirorom.edge.cli.wrap import columns, fold, pad

    console = session.console()
    width = min(console.width, 100)
    names = {finding.check: session.t(f"cli.doctor.name.{finding.check}") for finding in findings}
    name_width = max(columns(name) for name in names.values())
    indent = " " * (5 + name_width)
    for finding in findings:
        text, fix = words(session, finding)
        sign = Text(pad(SIGNS[finding.state.value], 3), style=STYLES[finding.state.value])
        body = fold(text, width, indent=indent, first="")
        console.print(sign + Text(f"{pad(names[finding.check], name_width)}  {body}"), soft_wrap=True)
        if fix:
            console.print(fold(fix, width, indent=f"{indent}  ", first=f"{indent}> "), soft_wrap=True)
    console.print(session.t("cli.doctor.healthy" if healthy else "cli.doctor.sick"), style="bold", soft_wrap=True)
