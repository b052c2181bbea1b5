"""The field and what was read from it: the one parser's findings, in words that say what to do."""

from __future__ import annotations

from typing import Any

from shirorom.domain.errors import NumberError
from shirorom.domain.imei import Device
from shirorom.domain.numbers.found import Found
from shirorom.domain.parse import parse
from shirorom.edge.web.look import Speech
from shirorom.edge.web.page import Web
from shirorom.service.settings import Access


def field_of(
    web: Web, speech: Speech, *, text: str | None = None, keep: bool = False, focus: bool = False, gently: bool = False
) -> dict[str, Any]:
    """The field's state. `gently`: somebody is still typing; an empty or half-typed field is no mistake yet."""
    asking = web.asking
    site = bool(asking.carriers(Access.SITE))
    field: dict[str, Any] = {
        "text": text or "",
        "keep": keep,
        "keep_offered": asking.public and site,
        "site": site,
        "history": not asking.public,
        "note": _note(asking.public, site, speech),
        "public": asking.public,
        "found": None,
        "error": None,
        "choices": [],
        "focus": focus,
    }
    if text is None:
        return field
    parsed = parse(text)
    number = 0
    rows: list[dict[str, Any]] = []
    for found in parsed.found:
        number += found.valid
        rows.append(_row(found, number, speech))
    field["found"] = rows
    field["error"] = _error(text, parsed.found, parsed.devices, speech, gently=gently)
    if len(parsed.devices) > 1 and not parsed.bad:
        field["choices"] = parsed.devices
        field["error"] = None if not gently else speech.t("ui.found.devices", count=len(parsed.devices))
    return field


def _row(found: Found, number: int, speech: Speech) -> dict[str, Any]:
    bad = found.error is not None
    return {
        "valid": found.valid,
        "label": speech.t("ui.found.number", n=number) if found.valid else found.kind.value.upper(),
        "grouped": found.imei.grouped if found.valid and found.imei else None,
        "text": None if found.valid else found.text,
        "says": speech.t(f"code.{found.error}.title") if bad else speech.t("ui.found.ok"),
        "code": found.error,
        "suggestion": found.suggestion,
    }


def _error(text: str, found: tuple[Found, ...], devices: Any, speech: Speech, *, gently: bool) -> str | None:
    if found:
        if len(devices) == 1:
            return _too_many(devices[0], speech)
        return None
    if gently and (not text.strip() or len(text.strip()) < 14):
        return None
    return speech.t("ui.found.none")


def _too_many(imeis: Any, speech: Speech) -> str | None:
    try:
        Device(imeis)
    except NumberError as error:
        return speech.t(f"code.{error.code}.text", **error.details)
    return None


def _note(public: bool, site: bool, speech: Speech) -> str:
    if public:
        return speech.t("ui.ask.note_public" if site else "ui.ask.note_public_hand")
    return speech.t("ui.ask.note_shop" if site else "ui.ask.note_hand")
