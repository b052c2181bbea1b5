"""`shirorom watch plan`, `rules`, `choose`, as a shop would call them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from shirorom.adapters.desk_sql.database import Desk
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.fold import JST
from tests.logs import imei
from tests.plan_kit import Row, put
from tests.unit.cli_house import Shop, shop

__all__ = ["shop"]


@pytest.fixture
def book(shop: Shop) -> Shop:
    """Two △ phones in stock, due at docomo alone, and one that was sold."""
    now = datetime.now(JST)
    old, fresh = now - timedelta(days=9), now - timedelta(days=2)
    rows = []
    for n in (1, 2):
        answers = {(n, carrier): ("no-record", fresh) for carrier in CARRIERS} | {(n, CARRIERS[0]): ("caution", old)}
        rows.append(Row(n, (n,), answers, bought_on="2026-01-05"))
    over = {"status": "sold", "sold_on": "2025-01-01", "covered_until": "2025-02-01"}
    rows.append(Row(3, (3,), {(3, carrier): ("clear", old) for carrier in CARRIERS}, **over))  # type: ignore[arg-type]
    shop.configure("hand")
    desk = Desk(shop.directory)
    put(desk, *rows, at=old)
    desk.close()
    return shop


def test_a_day_says_what_is_asked_and_what_is_not(book: Shop) -> None:
    """Cells, carriers, what the rules leave out, the days ahead; and that it is practice."""
    answer = book.call("watch", "plan")
    assert answer.status == 0
    for said in (
        "【練習】",
        "今日 2件のうち 0件 済み",
        "規則で聞かない：4件（1台、合計 30,000円）",
        "K1（1番目の番号）",
    ):
        assert said in answer.out


def test_json_is_one_object_without_a_number(book: Shop) -> None:
    """By stock key: no IMEI stands in it."""
    answer = book.call("watch", "plan", "--json")
    whole = answer.json
    assert (whole["open"], whole["practice"], whole["never"]["stale"]) == (2, True, 4)
    assert [(one["key"], one["carrier"], one["symbol"]) for one in whole["cells"]] == [
        (key, "docomo", "△") for key in sorted(("K1", "K2"), key=[one["key"] for one in whole["cells"]].index)
    ]
    assert len(whole["ahead"]) == 7
    assert not any(imei(n).digits in answer.out for n in (1, 2, 3))


def test_another_day_can_be_looked_at(book: Shop) -> None:
    """In Japan's time; a word that is no day is refused."""
    day = (datetime.now(JST) + timedelta(days=3)).date().isoformat()
    assert book.call("watch", "plan", "--date", day, "--json").json["day"] == day
    assert book.call("watch", "plan", "--date", "tomorrow").status == 2


def test_costs_before_choosing(book: Shop) -> None:
    """Every set with its minutes, what it assumes, and which is in force."""
    answer = book.call("watch", "plan", "--costs")
    for said in ("【控えめ】", "【標準】いま使っている規則", "【細かく】", "1件を手で20秒"):
        assert said in answer.out
    assert [one["rules"] for one in book.call("watch", "plan", "--costs", "--json").json["choices"]] == [
        "gentle", "usual", "close",
    ]  # fmt: skip


def test_choosing(book: Shop) -> None:
    """From then on the chosen set is in force."""
    assert book.call("watch", "choose", "close").status == 0
    assert book.call("watch", "plan", "--json").json["rules"] == "close"
    assert book.call("watch", "choose", "own", "--json").problem["code"] == "plan-rules-invalid"


def test_rules_are_printed_checked_and_saved(book: Shop) -> None:
    """What is printed can be edited and taken back in; a slip is told with file, line and key, and changes nothing."""
    text = book.call("watch", "rules").out
    assert text == book.call("watch", "rules", "--default").out
    mine = book.directory / "mine.toml"
    mine.write_text(text.replace("cells = 200", "cells = 1"), encoding="utf-8")
    assert book.call("watch", "rules", "--check", str(mine)).status == 0
    assert book.call("watch", "plan", "--json").json["open"] == 2
    assert book.call("watch", "rules", "--save", str(mine)).status == 0
    assert book.call("watch", "plan", "--json").json["open"] == 1
    assert "cells = 1" in book.call("watch", "rules").out
    mine.write_text(text.replace("every = 3\n", 'every = "x"\n'), encoding="utf-8")
    refused = book.call("watch", "rules", "--save", str(mine))
    assert refused.status == 2
    assert "mine.toml" in refused.err
    assert "行目 gentle[1].every" in refused.err
    assert book.call("watch", "rules", "--default", "--check", str(mine)).status == 2


def test_into_the_queue(book: Shop) -> None:
    """As many as are wanted; then the rest; then nothing new."""
    assert book.call("watch", "plan", "--queue", "1", "--json").json == {"added": 1, "known": 0, "gone": 0, "left": 1}
    assert book.call("watch", "plan", "--queue", "--json").json == {"added": 1, "known": 1, "gone": 0, "left": 0}
    assert "すでにあった 2台" in book.call("watch", "plan", "--queue").out
    assert book.call("watch", "plan", "--queue", "1", "--date", "2027-01-01").status == 2
