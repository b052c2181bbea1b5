"""The story of the owner of twelve shops: the POS's export in, three days of answers, the right alerts and no other.

The server, the commands, the practice carriers and the browser are real; answers are recorded by another process,
as the counters of twelve shops do.
"""

from __future__ import annotations

import csv
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from scripts.serving import SHIROROM
from shirorom.adapters.texts_toml import Texts
from shirorom.compose import Composition
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Reading
from shirorom.edge.cli.context import Options
from shirorom.edge.practice.book import HEADINGS, rows
from tests.browser.page_kit import chromium, watched
from tests.scale import scaled
from tests.stories.kit import Place, installation

STOCK, SOLD = 7_400, 600
STOCK_SOAK, SOLD_SOAK = 8_000, 30_000
TOLD_S = 30.0
DOCOMO, AU, SOFTBANK, RAKUTEN = CARRIERS
CLEAR, CAUTION, RESTRICTED, NO_RECORD = Mark.CLEAR, Mark.CAUTION, Mark.RESTRICTED, Mark.NO_RECORD
TERMS = """
default = "refund"
[[term]]
id = "refund"
pos = ["無期限"]
name = "赤ロム無期限保証（返金）"
from = 2020-01-01
duration = { unit = "unlimited" }
remedies = ["refund"]
needs = ["receipt", "same-number", "bought-here"]
"""

Told = tuple[str, str, str, str]
"""Stock key, carrier, from, to."""


def export(path: Path) -> list[dict[str, str]]:
    """The POS's export of this morning; the whole chain under soak."""
    stock, sold = (STOCK_SOAK, SOLD_SOAK) if scaled(2) > 1 else (STOCK, SOLD)
    made = list(rows(datetime.now(UTC).date(), stock=stock, sold=sold))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(made)
    return [dict(zip(HEADINGS, row, strict=True)) for row in made]


def shirorom(place: Place, config: Path, *words: str, said: str | None = None) -> str:
    """A command of the same installation, as the owner types it."""
    call = [str(SHIROROM), "--data", str(place.data), "--config", str(config), *words]
    done = subprocess.run(call, input=said, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass
class Chain:
    """What the shops' counters record, and what the owner is told."""

    place: Place
    rooms: Composition
    sold: Mapping[str, Mapping[str, str]]
    expected: list[Told] = field(default_factory=list)

    def answer(self, row: Mapping[str, str], carrier: CarrierId, mark: Mark, *, days_ago: float = 0.0) -> Reading:
        at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=days_ago)
        return Reading(
            imei=Imei(row["IMEI"]), carrier=carrier, mark=mark, glyph=mark.symbol, sentence="", asked_at=at,
            channel=Channel.HAND, by="練習の店", practice=True,
        )  # fmt: skip

    def record(self, readings: Sequence[Reading]) -> None:
        self.rooms.room(True).recorder.record(readings)

    def told(self) -> list[Told]:
        with self.place.client() as client:
            alerts: list[dict[str, Any]] = client.get("/v1/watch/alerts").raise_for_status().json()["alerts"]
        return [(one["key"], one["carrier"], one["from"], one["to"]) for one in alerts]

    def expect(self, *more: Told) -> None:
        """The right alerts and nothing else, as soon as the server has followed."""
        self.expected += more
        end = time.monotonic() + TOLD_S
        while len(self.told()) < len(self.expected) and time.monotonic() < end:
            time.sleep(0.1)
        assert sorted(self.told()) == sorted(self.expected)


@contextmanager
def chain(folder: Path, book: Sequence[Mapping[str, str]]) -> Iterator[Chain]:
    """A running installation of the chain, and its counters."""
    with installation(folder) as place:
        rooms = Composition(Options(data=place.data, config=folder / "config.toml"))
        yield Chain(place, rooms, {row["管理番号"]: row for row in book if row["ステータス"] == "販売済"})
        rooms.close()


async def test_three_days_of_a_chain(tmp_path: Path) -> None:
    """8,000 units in by the page, three days of answers, a claim, and the book out and in again without a change."""
    pos = tmp_path / "pos.csv"
    book = export(pos)
    stock = [row for row in book if row["ステータス"] == "在庫"]
    with chain(tmp_path, book) as shops:
        config, sold = tmp_path / "config.toml", list(shops.sold.values())
        async with chromium() as browser, watched(browser, shops.place.origin, width=1366) as seen:
            page = seen.page
            await page.goto(f"{shops.place.origin}/stock")
            await page.get_by_role("link", name="POSのファイルを取り込む").first.click()
            await page.set_input_files("#file", pos)
            await expect(page.locator("#told")).to_contain_text("まだ取り込んでいません")
            await expect(page.locator("#counts")).to_contain_text(f"{len(book):,}")
            await page.get_by_role("button", name="取り込む").click()
            await expect(page.locator("#told")).to_contain_text(f"{len(book)}台を台帳に入れました")
            await page.get_by_role("link", name="在庫監視へ戻る").last.click()
            await expect(page.locator("h1")).to_contain_text(f"在庫 {len(stock):,}台")

            # What stood before: 14 phones with a debt, 3 unknown, one restricted, two that were sold with a debt.
            first = [shops.answer(row, DOCOMO, CAUTION, days_ago=4) for row in (*stock[:14], *sold[:2])]
            first += [shops.answer(row, AU, NO_RECORD, days_ago=4) for row in stock[14:17]]
            first += [shops.answer(stock[17], SOFTBANK, RESTRICTED, days_ago=4)]
            first += [shops.answer(row, RAKUTEN, CLEAR, days_ago=4) for row in stock[:40]]
            shops.record(first)
            shops.expect()

            # Day one: the debts are paid; one buyer's phone is cut off.
            shops.record([shops.answer(row, DOCOMO, CLEAR, days_ago=3) for row in stock[:14]])
            shops.record([shops.answer(sold[0], DOCOMO, RESTRICTED, days_ago=3)])
            paid = [(row["管理番号"], "docomo", "caution", "clear") for row in stock[:14]]
            shops.expect(*paid, (sold[0]["管理番号"], "docomo", "caution", "restricted"))
            await expect(page.locator(".alerts")).to_contain_text("14台の制限のおそれが消えました")
            await expect(page.locator(".alerts")).to_contain_text(f"{sold[0]['管理番号']} が利用制限中になりました")
            await expect(page.locator(".alerts")).to_contain_text("買った人への連絡を始めてください")

            # Day two: the same answers again are no news; a × that vanished is odd; a carrier now knows three phones.
            shops.record([shops.answer(row, DOCOMO, CLEAR, days_ago=2) for row in stock[:14]])
            shops.record([shops.answer(stock[17], SOFTBANK, CLEAR, days_ago=2)])
            shops.record([shops.answer(row, AU, CLEAR, days_ago=2) for row in stock[14:17]])
            known = [(row["管理番号"], "au", "no-record", "clear") for row in stock[14:17]]
            shops.expect(*known, (stock[17]["管理番号"], "softbank", "restricted", "clear"))
            await expect(page.locator(".alerts")).to_contain_text("ふつうは起きない変わり方")

            # Day three: the POS sends its export again, with one unit sold and one bought back; that is no news either.
            again = [*book]
            again[20] = {**stock[20], "ステータス": "販売済", "販売日": "2026-11-24", "レシート番号": "R-NEW"}
            _write(pos, again)
            said = shirorom(shops.place, config, "watch", "import", str(pos), "--json")
            assert '"changed": 1' in said
            assert '"new": 0' in said
            shops.record([shops.answer(row, RAKUTEN, CLEAR, days_ago=1) for row in stock[:40]])
            shops.expect()

            # A claim: the buyer comes with receipt and phone; the carrier is asked once more, and the terms decide.
            (tmp_path / "terms.toml").write_text(TERMS, encoding="utf-8")
            shirorom(shops.place, config, "watch", "terms", "--save", str(tmp_path / "terms.toml"))
            shops.record([shops.answer(sold[0], carrier, NO_RECORD) for carrier in (AU, SOFTBANK, RAKUTEN)])
            shops.record([shops.answer(sold[0], DOCOMO, RESTRICTED)])
            await page.goto(f"{shops.place.origin}/stock")
            await page.get_by_role("link", name="保証の申し出").first.click()
            await page.fill("#receipt", sold[0]["レシート番号"])
            await page.fill("#number", sold[0]["IMEI"])
            for name in ("need-receipt", "need-same-number"):
                await page.check(f"[name={name}][value=yes]")
            await page.get_by_role("button", name="確かめて決める").click()
            await expect(page.locator("h1")).to_contain_text(Texts.load("ja").t("claim.decision.accepted"))

            await page.goto(f"{shops.place.origin}/stock")
            await page.get_by_role("button", name="全部を対応済みにする").click()
            await expect(page.locator(".alerts")).not_to_contain_text("14台の制限のおそれが消えました")

        # All of it out again, and in again: nothing changes.
        for words in (("watch", "export", "-o"), ("watch", "import", str(pos), "-o")):
            back = tmp_path / f"{words[1]}.csv"
            shirorom(shops.place, config, *words, str(back))
            said = shirorom(shops.place, config, "watch", "import", str(back), "--json")
            assert '"new": 0' in said
            assert '"changed": 0' in said
        shops.expect()


def _write(path: Path, book: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, HEADINGS)
        writer.writeheader()
        writer.writerows(book)
