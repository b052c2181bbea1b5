"""A register of 200,000 phones: a feed in, look-ups and a file answered, a day's changes, a shop with a snapshot."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind
from shirorom.domain.imei import Device, Imei
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.ports.tables import TableKind
from shirorom.service.screen import Wish
from tests.feed_kit import Publisher
from tests.logs import imei
from tests.web_kit import BASE, Kit, settings_of
from tests.wide import wide

PHONES, NAMED, CHANGED, AT_ONCE = 200_000, 190_000, 1_000, 10_000
SAID = {NoticeKind.REGISTERED: "clear", NoticeKind.INSTALMENTS_STARTED: "caution", NoticeKind.RESTRICTED: "restricted"}


@cache
def numbers() -> list[Imei]:
    """The last ten thousand are in no book. (Every worker collects this file; one needs them.)"""
    return [imei(n) for n in range(PHONES)]


def kind_of(n: int) -> NoticeKind:
    return NoticeKind.RESTRICTED if n % 50 == 0 else list(SAID)[n % 7 == 0]


def notice(n: int, kind: NoticeKind) -> Notice:
    ground = Ground.UNPAID if kind in (NoticeKind.RESTRICTED, NoticeKind.LIFTED) else None
    return Notice(kind, numbers()[n], CarrierId.DOCOMO, ground, None, None, 0, practice=True)


class Country:
    """The operator's installation; docomo publishes, nobody else."""

    def __init__(self, data: Path) -> None:
        self.kit = Kit(data, settings_of())
        self.kit.composition.feeds.keys.add(Publisher().key())
        self.marks = {numbers()[n].digits: SAID[kind_of(n)] for n in range(NAMED)}
        self.fed = 0

    def hand_in(self, notices: list[Notice]) -> None:
        """Docomo's next feed, imported and published as the command does it."""
        now = self.kit.composition.clock.now().astimezone(UTC).replace(microsecond=0)
        kind = FeedKind.DELTA if self.fed else FeedKind.FULL
        content = Publisher().feed(notices, self.fed, kind, made_at=now - timedelta(minutes=30 - self.fed))
        assert self.kit.composition.feeds.take(io.BytesIO(content), CarrierId.DOCOMO, "local").taken == len(notices)
        self.fed += 1

    def mark(self, number: Imei) -> str:
        return self.marks.get(number.digits, "no-record")


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Country]:
    made = Country(tmp_path_factory.mktemp("country"))
    made.hand_in([notice(n, kind_of(n)) for n in range(NAMED)])
    made.kit.composition.register.now(True)
    yield made
    made.kit.close()


@pytest.fixture(scope="module")
def client(country: Country) -> Iterator[TestClient[Any]]:
    with TestClient(country.kit.app, base_url=BASE) as made:
        yield made


def looked_up(client: TestClient[Any], devices: list[Any]) -> list[dict[str, Any]]:
    answer = client.post("/v1/lookups", json={"devices": devices})
    assert answer.status_code == 200, answer.text[:200]
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def docomo(result: dict[str, Any]) -> str | None:
    (mark,) = [cell["mark"] for cell in result["cells"] if cell["carrier"] == "docomo"]
    return mark


def test_every_phone_is_answered_as_its_carrier_said(country: Country, client: TestClient[Any]) -> None:
    """200,000 in twenty calls: in order, each mark as published; a phone in no book is －; other carriers have none."""
    assert country.kit.composition.register.lookup.sight(True).by_register
    wrong = 0
    for first in range(0, PHONES, AT_ONCE):
        some = numbers()[first : first + AT_ONCE]
        results = looked_up(client, [number.digits for number in some])
        wrong += sum(
            docomo(result) != country.mark(number) or result["imeis"] != [number.digits] or result["complete"]
            for number, result in zip(some, results, strict=True)
        )
    assert wrong == 0


def test_every_spelling_of_a_restricted_phone_is_restricted(country: Country, client: TestClient[Any]) -> None:
    """14, 15, 16 digits, grouped, full-width, as a URN: no spelling leads past the register."""
    some = [number for number in numbers()[:2_000] if country.mark(number) == "restricted"]
    spelled = []
    for number in some:
        d = number.digits
        spelled += [
            d, d[:14], d[:14] + "01", f"{d[:2]}-{d[2:8]}-{d[8:14]}-{d[14]}", f"{d[:6]} {d[6:12]} {d[12:]}", wide(d),
            f"urn:gsma:imei:{d[:8]}-{d[8:14]}-0", f"IMEI: {d}",
        ]  # fmt: skip
    assert len(spelled) == 8 * 40
    assert {docomo(result) for result in looked_up(client, spelled)} == {"restricted"}


def test_a_file_is_answered_as_the_calls_are(country: Country, tmp_path: Path) -> None:
    """The same 200,000 as a POS writes them, screened in one go: the same marks, in the file's order."""
    source, target = tmp_path / "stock.csv", tmp_path / "out.csv"
    source.write_text("No,IMEI\n" + "".join(f"{n},{one.digits}\n" for n, one in enumerate(numbers())), encoding="utf-8")
    done = screened(country.kit, source, target)
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert done.rows == PHONES
    assert sum(row["shirorom_docomo"] != country.mark(one) for row, one in zip(rows, numbers(), strict=True)) == 0


def test_a_days_changes_count_at_once(country: Country, client: TestClient[Any]) -> None:
    """1,000 notices: answered from the feed itself before the register is made anew, and the same by it afterwards."""
    changed = range(3, NAMED, NAMED // CHANGED)[:CHANGED]
    after = {n: NoticeKind.LIFTED if kind_of(n) is NoticeKind.RESTRICTED else NoticeKind.RESTRICTED for n in changed}
    country.hand_in([notice(n, kind) for n, kind in after.items()])
    for n, kind in after.items():
        country.marks[numbers()[n].digits] = "restricted" if kind is NoticeKind.RESTRICTED else "no-record"
    sight = country.kit.composition.register.lookup.sight(True)
    assert sight.by_register
    told = [[one.words.marks[0] for one in country.kit.composition.register.lookup(devices(changed))]]
    made = country.kit.composition.register.now(True)
    assert made is not None
    assert (made.whole, made.folded) == (False, CHANGED)
    told.append([one.words.marks[0] for one in country.kit.composition.register.lookup(devices(changed))])
    assert told == [[country.mark(numbers()[n]) for n in changed]] * 2
    assert Counter(told[0])["restricted"] > CHANGED * 0.9


def test_a_shop_without_a_network_knows_what_is_bad(country: Country, tmp_path: Path) -> None:
    """A snapshot of △ and ×, encrypted to the shop: there a phone in it is answered, any other is undetermined."""
    maker, shop = country.kit.composition, Kit(tmp_path / "shop", settings_of())
    key = shop.composition.snapshots.key()
    made = maker.snapshots.make(True)([key])
    shop.composition.snapshots.apply(True)(made.file, keys=list(maker.publishing.keyring(True).known().verifiers))
    source, target = tmp_path / "stock.csv", tmp_path / "out.csv"
    source.write_text("IMEI\n" + "".join(f"{one.digits}\n" for one in numbers()), encoding="utf-8")
    screened(shop, source, target)
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    shop.close()
    bad = {"restricted", "caution"}
    wanted = [country.mark(one) if country.mark(one) in bad else "" for one in numbers()]
    assert [row["shirorom_docomo"] for row in rows] == wanted
    assert len(made.file) < 2 * sum(map(bool, wanted)) + 2_000


def devices(places: range) -> list[Device]:
    return [Device((numbers()[n],)) for n in places]


def screened(kit: Kit, source: Path, target: Path) -> Any:
    return kit.composition.screen(source, target, Wish(TableKind.CSV), lambda *_: None)
