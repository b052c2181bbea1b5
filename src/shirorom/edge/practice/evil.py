"""The evil mode: hostile and lying pages, chosen by number."""

from __future__ import annotations

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.edge.practice.server import Response


def answer_for(carrier: CarrierId, imei: Imei) -> Response | None:
    """The evil page of this number for this carrier, if there is one."""
    return None
