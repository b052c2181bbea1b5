"""A practice export of a POS, as a chain of twelve shops would write it: made up, with test numbers alone.

The same count gives the same rows, but for the days, which count back from the day given. Prices have marks, dates are
in 西暦 and 和暦, phones with two SIMs have two numbers, and most warranties have no end.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from shirorom.domain.imei import Imei

STOCK, SOLD = 8_000, 30_000
RANGES = tuple(f"0010{n:02}" for n in range(1, 18))
"""001001 to 001017 (GSMA TS.06), the first six digits."""
HEADINGS = (
    "管理番号", "ステータス", "店舗", "担当者", "機種名", "IMEI", "IMEI2", "販売価格(税込)", "仕入価格", "仕入日",
    "販売日", "赤ロム保証期限", "レシート番号",
)  # fmt: skip
STORES = ("秋葉原", "新宿", "渋谷", "池袋", "上野", "町田", "横浜", "大宮", "千葉", "名古屋", "梅田", "福岡")
PEOPLE = ("佐藤", "鈴木", "高橋", "田中", "伊藤", "渡辺", "山本", "中村", "小林", "加藤")
MODELS = (
    ("練習フォン 13 128GB", 46_800, True), ("練習フォン 14 128GB", 62_800, True), ("練習フォン 15 256GB", 98_800, True),
    ("練習フォン SE 64GB", 19_800, True), ("レンシュウ 8a", 58_800, False), ("レンシュウ Note 10", 34_800, True),
)  # fmt: skip
SEED = 20


def numbers() -> Iterator[Imei]:
    """Test numbers, none twice: a million in each range."""
    for first in RANGES:
        for n in range(1, 1_000_000):
            yield Imei.of_key(f"{first}{n:08}")


def rows(today: date, *, stock: int = STOCK, sold: int = SOLD) -> Iterator[tuple[str, ...]]:
    """Rows below `HEADINGS`: units in stock, then units sold over the last three years."""
    random, imeis = Random(SEED), numbers()  # noqa: S311  # made up, and the same every time
    for n in range(stock + sold):
        model, price, two = random.choice(MODELS)
        first, second = next(imeis), next(imeis) if two else None
        price += random.randrange(-40, 20) * 100
        held = random.randrange(3, 120)
        sold_on = None if n < stock else today - timedelta(days=random.randrange(1, 1_095))
        bought_on = (sold_on or today) - timedelta(days=held)
        yield (
            f"{'Z' if sold_on is None else 'U'}{n:06}", "在庫" if sold_on is None else "販売済",
            random.choice(STORES), random.choice(PEOPLE), model, first.digits, "" if second is None else second.digits,
            f"¥{price:,}", f"{int(price * 0.7):,}円", _day(bought_on, random),
            "" if sold_on is None else _day(sold_on, random),
            "" if sold_on is None else _until(sold_on, random), "" if sold_on is None else f"R{n:07}",
        )  # fmt: skip


def _day(day: date, random: Random) -> str:
    """As one of the shops' people would write it."""
    era = f"令和{day.year - 2018}年{day.month}月{day.day}日"
    return random.choice(
        (f"{day:%Y/%m/%d}", f"{day:%Y/%m/%d}", day.isoformat(), f"{day.year}年{day.month}月{day.day}日", era)
    )


def _until(sold_on: date, random: Random) -> str:
    """Most are covered without end."""
    return "無期限" if random.random() < 0.7 else f"{sold_on + timedelta(days=3 * 365):%Y/%m/%d}"
