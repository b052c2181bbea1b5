"""What a carrier declares itself (通知): a sale, instalments begun or paid, a restriction, its lifting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei


class NoticeKind(StrEnum):
    """What is declared."""

    REGISTERED = "registered"
    INSTALMENTS_STARTED = "instalments-started"
    INSTALMENTS_PAID = "instalments-paid"
    RESTRICTED = "restricted"
    LIFTED = "lifted"


class Ground(StrEnum):
    """Why a phone is restricted; a check page never says it. The ministry groups the first four (DOMAIN §2.1)."""

    UNPAID = "unpaid"  # 分割支払金などの未払い
    THEFT_OR_FRAUD = "theft-or-fraud"  # 盗難・詐欺などの犯罪
    FALSE_CONTRACT = "false-contract"  # 契約時の虚偽
    COMPENSATION = "compensation"  # 補償サービスで交換された旧端末
    OTHER = "other"


_WITH_GROUND = frozenset({NoticeKind.RESTRICTED, NoticeKind.LIFTED})


@dataclass(frozen=True, slots=True)
class Notice:
    """One declaration of one carrier about one IMEI.

    `effective_on` is the day (JST) from which the carrier means it, None: from when it reached us. `purchased_on` is
    the day (JST) on which the phone was first sold. `sequence` is the publisher's own count and orders its notices.
    `ground` belongs to `restricted` and `lifted` alone; None: the carrier did not name one.
    """

    kind: NoticeKind
    imei: Imei
    carrier: CarrierId
    ground: Ground | None
    effective_on: date | None
    purchased_on: date | None
    sequence: int
    practice: bool

    def __post_init__(self) -> None:
        if self.ground is not None and self.kind not in _WITH_GROUND:
            raise ValueError("only a restriction and its lifting have a ground")
        if self.sequence < 0:
            raise ValueError("a publisher's sequence starts at 0")
        if self.imei.is_test and not self.practice:
            raise ValueError("a notice about a test number is practice")
