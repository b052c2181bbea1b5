"""The field and what was read from it: the one parser's findings, in words that say what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shirorom.domain.errors import NumberError
from shirorom.domain.imei import Device
from shirorom.domain.parse import parse
from shirorom.edge.web.foundlist import Block, blocks_of, shown
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
        "files": not asking.public,
        "note": _note(asking.public, site, speech),
        "public": asking.public,
        "found": None,
        "hidden": 0,
        "summary": None,
        "error": None,
        "choices": [],
        "focus": focus,
    }
    if text is None:
        return field
    parsed = parse(text)
    blocks = blocks_of(text, parsed, speech)
    field["found"], field["hidden"] = shown(blocks)
    field["error"] = _error(text, blocks, parsed.devices, speech, gently=gently)
    if len(parsed.devices) > 1:
        field["summary"] = speech.t("ui.found.devices", count=len(parsed.devices))
        if not parsed.bad:
            field["choices"] = parsed.devices
    return field


def _error(text: str, blocks: Sequence[Block], devices: Any, speech: Speech, *, gently: bool) -> str | None:
    if blocks:
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
