"""The book that the watch keeps beside the shop's own POS: which units there are, where each stands, and its number.

Pure. Only what the watch needs: no seller, no buyer's name, no ledger. A unit is known by the POS's own stock key
(管理番号), so that a later export finds it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shirorom.domain.imei import Device

KEY_CHARS_MAX = 64
TEXT_CHARS_MAX = 200
YEN_MAX = 100_000_000
UNITS_MAX = 1_000_000


class Status(StrEnum):
    """Where a unit stands. Only the first two are watched."""

    STOCK = "stock"  # 在庫
    SOLD = "sold"  # 販売済み, perhaps under a warranty
    GONE = "gone"  # 対象外: scrapped, returned, given to another dealer


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of the POS's export.

    Attributes:
        key: The POS's stock key (管理番号); unique in the book.
        store: The shop (店舗) in which it is, or was sold. person: Who looks after it (担当).
        price_yen: What it is offered at, or was sold for. cost_yen: What was paid for it. Tax included, whole yen.
        sold_on: JST. receipt: The receipt's number (レシート番号), by which a claim finds the unit.
        warranty: Id of the terms it was sold under; empty: those that the shop gives by default.
        covered_until: First day (JST) that the POS's own export no longer calls covered; None: the terms say.
    """

    key: str
    device: Device
    status: Status
    store: str = ""
    person: str = ""
    model: str = ""
    price_yen: int | None = None
    cost_yen: int | None = None
    bought_on: date | None = None
    sold_on: date | None = None
    receipt: str = ""
    warranty: str = ""
    covered_until: date | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.key) <= KEY_CHARS_MAX:
            raise ValueError("a stock key is 1 to 64 characters long")
        for text in (self.store, self.person, self.model, self.receipt, self.warranty):
            if len(text) > TEXT_CHARS_MAX:
                raise ValueError("too long a text")
        for yen in (self.price_yen, self.cost_yen):
            if yen is not None and not 0 <= yen <= YEN_MAX:
                raise ValueError("no price in yen")

    @property
    def watched(self) -> bool:
        """Whether anybody asks about it: what is gone is nobody's risk any more."""
        return self.status is not Status.GONE
