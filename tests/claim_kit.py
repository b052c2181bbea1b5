"""What the tests of warranty and risk share: units put straight into the book, terms of every pattern, answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, insert, select

from shirorom.adapters.desk_sql.counter_rows import ms_of
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.watch_tables import NUMBERS, UNITS
from shirorom.adapters.watch_toml import WatchFiles
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.stock import Status, Unit
from shirorom.domain.desk.warranty import Duration, Period, Remedy, Share, ShopTerms, Terms
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Reading
from tests.counter_kit import device
from tests.logs import START, imei

TODAY = date(2026, 11, 23)
SOLD_ON = date(2026, 3, 1)


def unit(n: int = 1, *more: int, **changes: object) -> Unit:
    """A sold unit of these test numbers: receipt R-n, 50,000 yen."""
    made: dict[str, object] = {
        "key": f"K{n}", "device": device(n, *more), "status": Status.SOLD, "store": "本店", "model": "練習機",
        "price_yen": 50_000, "sold_on": SOLD_ON, "receipt": f"R-{n}",
    }  # fmt: skip
    return Unit(**(made | changes))  # type: ignore[arg-type]


def book(desk: Desk, *units: Unit, practice: bool = True) -> None:
    """Put units into the book, in this order; one that is there (by key) is replaced."""
    with desk.writing() as db:
        for one in units:
            db.execute(delete(UNITS).where(UNITS.c.key == one.key))
            days = {name: getattr(one, name) for name in ("bought_on", "sold_on", "covered_until")}
            values = {
                "key": one.key, "status": one.status.value, "store": one.store, "person": one.person,
                "model": one.model, "price_yen": one.price_yen, "cost_yen": one.cost_yen, "receipt": one.receipt,
                "warranty": one.warranty, "practice": practice, "since": 0, "changed_at": ms_of(START),
                **{name: day.isoformat() if day else None for name, day in days.items()},
            }  # fmt: skip
            db.execute(insert(UNITS).values(values))
            seq = db.execute(select(UNITS.c.seq).where(UNITS.c.key == one.key)).scalar_one()
            rows = [
                {"unit": seq, "number": n, "imei": number.digits, "phone": number.key}
                for n, number in enumerate(one.device.imeis, 1)
            ]
            db.execute(insert(NUMBERS), rows)


def terms(**changes: object) -> Terms:
    """Unlimited exchange since 2024."""
    made: dict[str, object] = {
        "id": "std", "name": "赤ロム無期限保証", "from_": date(2024, 1, 1),
        "duration": Duration(Period.UNLIMITED), "remedies": (Remedy.EXCHANGE,),
    }  # fmt: skip
    return Terms(**(made | changes))  # type: ignore[arg-type]


def shop_terms(**changes: object) -> ShopTerms:
    """One set of terms, the default."""
    return ShopTerms("std", (terms(**changes),))


BY_TIME = (Share(0, 100), Share(6, 70), Share(12, 50), Share(24, 0))

WARRANTY = """
default = "std"
[[term]]
id = "std"
name = "赤ロム無期限保証"
from = 2024-01-01
duration = { unit = "unlimited" }
remedies = ["exchange", "refund"]
settle_days = 14
"""


def write_terms(data: Path, text: str = WARRANTY) -> None:
    """The shop's own terms, saved as the command does."""
    draft = data / "draft.toml"
    draft.write_text(text, encoding="utf-8")
    WatchFiles(data).save_terms(draft)
    draft.unlink()


def answers(n: int, carrier: CarrierId, said: Sequence[tuple[datetime, Mark]]) -> list[Reading]:
    """Answers read by hand about one number."""
    return [
        Reading(
            imei=imei(n), carrier=carrier, mark=mark, glyph=mark.symbol, sentence="練習", asked_at=at,
            channel=Channel.HAND, by="佐藤", practice=True,
        )
        for at, mark in said
    ]  # fmt: skip


def days_ago(count: float, now: datetime = START) -> datetime:
    """A moment before the tests' present."""
    return now - timedelta(days=count)
