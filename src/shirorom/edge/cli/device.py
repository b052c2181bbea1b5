"""From what a person typed, piped or was asked for, to one device; and where the words of a call come from."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import NumberError
from shirorom.domain.imei import Device, Imei
from shirorom.edge.cli.context import Session
from shirorom.edge.cli.failure import BadCallError

if TYPE_CHECKING:
    from shirorom.domain.numbers.found import Parsed

STDIN_CHARS_MAX = 4_000_000
"""Characters of standard input that are read at most; far more than any mail holds."""


def read_text(session: Session) -> str:
    """All of standard input, or a usage failure when it is too long."""
    text = sys.stdin.read(STDIN_CHARS_MAX + 1)
    if len(text) > STDIN_CHARS_MAX:
        raise BadCallError(session.t("cli.usage.too-long", chars_max=STDIN_CHARS_MAX))
    return text


def read_device(session: Session, numbers: Sequence[str]) -> Device:
    """One device from arguments, from `-` (standard input), or from a hidden prompt on a terminal.

    Raises:
        NumberError: a number that is not one, or numbers of several devices.
    """
    if list(numbers) == ["-"]:
        return device_in(session, read_text(session))
    if numbers:
        return Device(tuple(one_imei(number) for number in numbers))
    if not sys.stdin.isatty():
        raise BadCallError(session.t("cli.usage.no-number"))
    return device_in(session, click.prompt(session.t("cli.prompt"), hide_input=True, err=True))


def one_imei(text: str) -> Imei:
    """The one number of an argument, in any spelling.

    Raises:
        NumberError: it is none, or it holds several.
    """
    from shirorom.domain.parse import parse

    found = parse(text)
    if len(found.found) == 1 and found.found[0].imei is not None and found.found[0].valid:
        return found.found[0].imei
    raise _refusal(found)


def device_in(session: Session, text: str) -> Device:
    """The one device of a text. A text with several is refused: whose answer would it be?"""
    from shirorom.domain.parse import parse

    found = parse(text)
    if len(found.devices) > 1:
        raise BadCallError(session.t("cli.usage.many-devices", count=len(found.devices)))
    if found.devices:
        return Device(tuple(found.devices[0]))
    raise _refusal(found)


def _refusal(parsed: Parsed) -> NumberError:
    """Why a text gives no device: the first number in it that was meant as one."""
    wrong = [*parsed.bad, *(found for found in parsed.found if not found.valid)]
    if wrong and wrong[0].error is not None:
        return NumberError(wrong[0].error, suggestion=wrong[0].suggestion, **wrong[0].details)
    if len(parsed.found) > 1:
        return NumberError("device-too-many", count=len(parsed.found), count_max=1)
    return NumberError("imei-not-found")


def carrier_names(session: Session) -> Callable[[str], str]:
    """A carrier's id → its name in the session's language."""
    facts = {carrier.value: session.composition.facts.carrier(carrier) for carrier in CarrierId}
    return lambda carrier: facts[carrier].name if session.lang == "ja" else facts[carrier].name_en
