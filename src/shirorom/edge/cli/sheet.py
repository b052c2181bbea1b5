"""Record sheets: make one, examine one, renew its time stamp."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shirorom.domain.errors import RequestError
from shirorom.edge.cli.check import EXIT_STATUS
from shirorom.edge.cli.command import Command, common, json_option
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.device import device_of
from shirorom.edge.cli.save import save
from shirorom.edge.cli.streams import print_json, say

if TYPE_CHECKING:
    from datetime import datetime

    from shirorom.log.bundle import BundleForm
    from shirorom.log.note import VerifierKey
    from shirorom.service.attest import Attested
    from shirorom.service.trust import Ring, Trust
    from shirorom.service.verify import Examination

NOT_HELD = 1
_IN = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


@click.command(cls=Command)
@click.argument("numbers", nargs=-1, metavar="[IMEI…|-]")
@click.option("--output", "-o", required=True, type=_OUT, metavar="FILE")
@click.option("--pdf", type=_OUT, metavar="FILE")
@click.option("--full", is_flag=True)
@click.option("--attach", is_flag=True)
@click.option("--practice", is_flag=True)
@json_option
@common
@click.pass_obj
def attest(
    session: Session,
    numbers: tuple[str, ...],
    output: Path,
    pdf: Path | None,
    full: bool,
    attach: bool,
    practice: bool,
    as_json: bool,
) -> int:
    """A record sheet of one phone, from what is recorded."""
    from shirorom.edge.sheet_view import page_of

    device, proof = device_of(session, numbers), session.composition.proof
    made = proof.attest(device, practice=practice, attach=attach)
    view = None if pdf is None else page_of(proof.view, made.bundle, session.texts, full=full)
    save(output, made.file)
    if pdf is not None and view is not None:
        save(pdf, view.file)
    unstamped = made.unstamped or (None if view is None else view.unstamped)
    _show_made(session, replace(made, unstamped=unstamped), output, pdf, as_json=as_json)
    return 0


@click.command(cls=Command)
@click.argument("file", type=_IN, metavar="FILE")
@click.option("--key", "keys", multiple=True, metavar="KEY|FINGERPRINT")
@click.option("--keys", "keys_files", multiple=True, type=_IN, metavar="FILE")
@click.option("--authority", "authorities", multiple=True, type=_IN, metavar="FILE")
@click.option("--witness", "witness_keys", multiple=True, metavar="KEY")
@click.option("--witnesses", "witnesses_min", default=0, show_default=True, type=click.IntRange(0, 16))
@click.option("--broken", multiple=True, metavar="NAME=DATE")
@click.option("--practice", is_flag=True)
@click.option("--verdict", is_flag=True)
@json_option
@common
@click.pass_obj
def verify(
    session: Session,
    file: Path,
    keys: tuple[str, ...],
    keys_files: tuple[Path, ...],
    authorities: tuple[Path, ...],
    witness_keys: tuple[str, ...],
    witnesses_min: int,
    broken: tuple[str, ...],
    practice: bool,
    verdict: bool,
    as_json: bool,
) -> int:
    """Examine a record sheet; needs no network and no data."""
    from shirorom.log.bundle import BYTES_MAX

    composition = session.composition
    trust = replace(
        _trust(session, keys, keys_files, authorities),
        witnesses=tuple(map(_witness, witness_keys)), witnesses_min=witnesses_min, broken=dict(map(_broken, broken)),
    )  # fmt: skip
    content = _read(file, BYTES_MAX)
    found = composition.proof.verify(content, trust, now=composition.now(), admit_practice=practice)
    _show_examination(session, found, as_json=as_json)
    if not found.holds or found.verdict is None:
        return NOT_HELD
    return EXIT_STATUS[found.verdict] if verdict else 0


@click.command(cls=Command)
@click.argument("file", type=_IN, metavar="FILE")
@json_option
@common
@click.pass_obj
def restamp(session: Session, file: Path, as_json: bool) -> int:
    """One more time stamp, before the one that a sheet has grows old."""
    from shirorom.log.bundle import BYTES_MAX, encode_bundle
    from shirorom.log.pdf_read import START, stamps_in

    content, proof = _read(file, BYTES_MAX), session.composition.proof
    if content.startswith(START):
        renewed = proof.view.restamp(content)
        count = stamps_in(renewed)
    else:
        bundle = proof.attest.restamp(_bundle(content))
        renewed, count = encode_bundle(bundle), len(bundle.time)
    save(file, renewed)
    if as_json:
        print_json({"done": True, "path": str(file), "stamps": count})
    else:
        say(session.t("sheet.cli.restamped", path=str(file), count=count))
    return 0


def _bundle(content: bytes) -> BundleForm:
    from shirorom.log.bundle import FormError, decode_bundle

    try:
        return decode_bundle(content)
    except FormError as error:
        raise RequestError("sheet-invalid", why=error.code) from error


def _read(path: Path, bytes_max: int) -> bytes:
    """A file, and one byte more where it is too large: whoever reads it says so."""
    with path.open("rb") as file:
        return file.read(bytes_max + 1)


def _trust(session: Session, keys: tuple[str, ...], files: tuple[Path, ...], authorities: tuple[Path, ...]) -> Trust:
    """What the caller brings. Raises RequestError `trust-invalid`."""
    from shirorom.service.trust import Trust

    roots = []
    for path in authorities:
        try:
            roots.append(session.composition.proof.root(_read(path, 64_000)))
        except ValueError as error:
            raise RequestError("trust-invalid", what=path.name) from error
    rings = tuple(ring for path in files for ring in _rings(path))
    return Trust(given=keys, rings=rings, authorities=frozenset(roots))


def _witness(text: str) -> VerifierKey:
    """A witness's key. Raises RequestError `trust-invalid`."""
    from shirorom.log.entry import MalformedError
    from shirorom.log.note import VerifierKey

    try:
        return VerifierKey.parse(text)
    except MalformedError as error:
        raise RequestError("trust-invalid", what="--witness") from error


def _broken(text: str) -> tuple[str, datetime]:
    """`sha-256=2030-01-01`: from when (UTC) an algorithm or a key (its fingerprint) is not trusted any more."""
    from datetime import UTC, datetime

    name, _, day = text.rpartition("=")
    try:
        return name.strip(), datetime.fromisoformat(day).replace(tzinfo=UTC)
    except ValueError as error:
        raise RequestError("trust-invalid", what="--broken") from error


def _rings(path: Path) -> tuple[Ring, ...]:
    from shirorom.edge.sheet_wire import rings_of
    from shirorom.log.entry import MalformedError
    from shirorom.log.keyring import KEYS_FILE_BYTES_MAX
    from shirorom.service.trust import Source

    try:
        return rings_of(_read(path, KEYS_FILE_BYTES_MAX), Source.PINNED)
    except MalformedError as error:
        raise RequestError("trust-invalid", what=path.name) from error


def _show_made(session: Session, made: Attested, output: Path, pdf: Path | None, *, as_json: bool) -> None:
    from shirorom.log.note import VerifierKey

    sheet = made.bundle.sheet
    key = VerifierKey.parse(made.bundle.signatures[0].key)
    if as_json:
        print_json({
            "path": str(output), "practice": sheet.practice, "verdict": sheet.verdict.kind.value,
            "entries": len(sheet.entries), "key": key.text, "fingerprint": key.fingerprint,
            "sha256": sha256(made.file).hexdigest(), "stamped": bool(made.bundle.time), "unstamped": made.unstamped,
            "pdf": None if pdf is None else str(pdf),
        })  # fmt: skip
        return
    say(session.t("sheet.cli.made", path=str(output), verdict=session.t(f"verdict.{sheet.verdict.kind}.title")))
    say(session.t("sheet.cli.fingerprint", fingerprint=key.fingerprint))
    if pdf is not None:
        say(session.t("sheet.cli.pdf", path=str(pdf), digest=sha256(made.file).hexdigest()))
    if sheet.practice:
        say(session.t("sheet.cli.practice"))
    if made.unstamped is not None:
        say(session.t("sheet.cli.unstamped"))
    say(session.t("sheet.cli.personal"))


def _show_examination(session: Session, found: Examination, *, as_json: bool) -> None:
    import msgspec

    from shirorom.edge.sheet_wire import verify_of

    told = verify_of(found, session.texts)
    if as_json:
        print_json(msgspec.to_builtins(told))
        return
    console = session.console()
    style = "bold" if told.holds else "bold red" if told.outcome == "refused" else "bold yellow"
    console.print(session.t(f"sheet.outcome.{told.outcome}.title"), style=style, soft_wrap=True)
    console.print(session.t(f"sheet.outcome.{told.outcome}.text"), soft_wrap=True)
    if told.practice:
        console.print(session.t("sheet.practice"), style="bold", soft_wrap=True)
    if told.verdict is not None and told.outcome in ("holds", "consistent"):  # a refused one says nothing
        title = session.t(f"verdict.{told.verdict}.title")
        console.print(session.t("sheet.says", issuer=told.issuer or "", verdict=title, time=told.issued_at or ""),
                      soft_wrap=True, markup=False)  # fmt: skip
    if told.fingerprint is not None:
        source = session.t(f"sheet.trust.{told.trust}") if told.trust else session.t("sheet.trust.none")
        console.print(session.t("sheet.key", fingerprint=told.fingerprint, source=source), soft_wrap=True)
    if told.sha256 is not None:
        console.print(f"{session.t('sheet.page.digest')}: {told.sha256}", soft_wrap=True, markup=False)
    for step in told.steps:
        mark = "✓" if step.ok else "✗"
        console.print(f"{step.n:>2} {mark} {step.text}", style="" if step.ok else "red", soft_wrap=True, markup=False)
    if told.not_proved:
        console.print(session.t("sheet.not_proved.heading"), style="bold", soft_wrap=True)
        for code in told.not_proved:
            console.print(f"・{session.t(f'sheet.not_proved.{code}')}", soft_wrap=True, markup=False)
