"""Domain values as the bundle writes them."""

from __future__ import annotations

from shirorom.domain.carrier import CarrierId
from shirorom.domain.verdict import Cell, Verdict
from shirorom.log.bundle import AccessForm, CellForm, IssuerForm, VerdictForm
from shirorom.log.times import time_text
from shirorom.service.settings import Settings


def cell_form(cell: Cell) -> CellForm:
    """A cell as a sheet states it."""
    asked_at = None if cell.asked_at is None else time_text(cell.asked_at)
    return CellForm(
        imei=cell.imei.digits, carrier=cell.carrier, mark=cell.mark, raw=cell.raw, sentence=cell.sentence,
        asked_at=asked_at, channel=cell.channel, stale=cell.stale, vanished=cell.vanished, error=cell.error,
        index=cell.index,
    )  # fmt: skip


def verdict_form(verdict: Verdict) -> VerdictForm:
    """A verdict as a sheet states it."""
    return VerdictForm(verdict.kind, verdict.so_far, verdict.complete)


def access_of(settings: Settings) -> AccessForm:
    """How each carrier is asked here."""
    return AccessForm(**{carrier.value: settings.carrier(carrier).access.value for carrier in CarrierId})


def issuer_of(settings: Settings) -> IssuerForm:
    """What the shop says of itself; the operator's name where it says nothing."""
    shop = settings.shop
    since = f" ({shop.since.isoformat()})" if shop.terms and shop.since is not None else ""
    return IssuerForm(
        name=shop.name or settings.operator, licence=shop.licence, rmj=shop.rmj, url=shop.url,
        terms=f"{shop.terms}{since}" if shop.terms else None,
    )  # fmt: skip
