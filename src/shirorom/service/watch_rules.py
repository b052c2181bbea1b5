"""The shop's rules for alerts, from `[[watch.outlet]]` of its configuration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from shirorom.domain.desk.outlets import Quiet, Rule
from shirorom.service.settings import OutletSettings, WatchSettings


def rules_of(settings: WatchSettings) -> Sequence[Rule]:
    """The rules as values."""
    return [_rule(one) for one in settings.outlet]


def _rule(one: OutletSettings) -> Rule:
    quiet = None
    if one.quiet is not None:
        from_, until = (time.fromisoformat(text) for text in one.quiet)
        quiet = Quiet(from_, until, frozenset(one.through))
    return Rule(
        one.name, one.hook, one.mail, frozenset(one.kinds), frozenset(one.stores), frozenset(one.persons),
        one.practice, quiet,
    )  # fmt: skip
