"""Alerts in the words of the catalogue: one line that names the unit by its stock key, never by a phone's number."""

from __future__ import annotations

from shirorom.domain.desk.alerts import Alert
from shirorom.edge.words import Words


def title_of(alert: Alert, words: Words) -> str:
    """【練習】A-1 ドコモ △→○ 制限の心配がなくなりました. One that was taken back or explained says so."""
    details = {
        "key": alert.key,
        "carrier": words.t(f"carrier.{alert.carrier.value}"),
        "before": alert.change.from_.symbol,
        "after": alert.change.to.symbol,
        "what": words.t(f"alerts.kind.{alert.kind.value}.title"),
    }
    parts = [words.t("alerts.line", **details)]
    if alert.practice:
        parts.insert(0, words.t("alerts.practice"))
    if alert.retracted_at is not None:
        parts.append(words.t("alerts.retracted"))
    elif alert.explained_at is not None:
        parts.append(words.t("alerts.explained"))
    return " ".join(parts)
