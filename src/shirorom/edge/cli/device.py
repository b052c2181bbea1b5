"""From what a person typed, piped or was asked for, to one device."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from shirorom.domain.imei import Device, Imei
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError
from shirorom.edge.cli.streams import decode


def read_text(session: Session) -> str:
    """All of standard input, in whatever encoding the other program wrote it.

    Raises:
        BadCallError: it is longer than `parse` reads, or no text.
    """
    from shirorom.domain.parse import TEXT_CHARS_MAX

    raw = getattr(sys.stdin, "buffer", None)
    text = decode(raw.read(4 * TEXT_CHARS_MAX + 1)) if raw is not None else sys.stdin.read(TEXT_CHARS_MAX + 1)
    if text is None:
        raise BadCallError(session.t("cli.usage.no-encoding"))
    if len(text) > TEXT_CHARS_MAX:
        raise BadCallError(session.t("cli.usage.too-long", chars_max=TEXT_CHARS_MAX))
    return text


def device_of(session: Session, numbers: Sequence[str]) -> Device:
    """One device from arguments, from `-` (standard input), or from a hidden prompt on a terminal.

    Raises:
        NumberError: a number that is not one.
        BadCallError: no number, or those of several devices.
    """
    from shirorom.domain.parse import read_device

    if list(numbers) == ["-"]:
        return device_in(session, read_text(session))
    if numbers:
        return read_device(numbers)
    if not sys.stdin.isatty():
        raise BadCallError(session.t("cli.usage.no-number"))
    return device_in(session, click.prompt(session.t("cli.prompt"), hide_input=True, err=True))


def imei_of(session: Session, number: str | None) -> Imei:
    """The one number of a command that takes one, from where `device_of` takes it."""
    device = device_of(session, () if number is None else (number,))
    if len(device.imeis) > 1:
        raise BadCallError(session.t("cli.usage.one-number"))
    return device.imeis[0]


def device_in(session: Session, text: str) -> Device:
    """The one device of a text. A text with several is refused: whose answer would it be?"""
    from shirorom.domain.parse import parse, read_device

    parsed = parse(text)
    if len(parsed.devices) > 1 and not parsed.bad:
        raise BadCallError(session.t("cli.usage.many-devices", count=len(parsed.devices)))
    if len(parsed.devices) == 1 and not parsed.bad:
        return Device(parsed.devices[0])
    return read_device([text])  # says what is wrong
