"""The index page of the practice carriers: the four sites and the catalogue, to copy numbers from."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import symbol_of
from shirorom.edge.practice.catalogue import Catalogue, Group, Over, PracticePhone
from shirorom.edge.practice.look import DRESSES, asset
from shirorom.edge.practice.server import Handle, Request, Response
from shirorom.edge.practice.sites import Place

_GROUPS = {
    Group.MARKS: "4つの答え",
    Group.MIXED: "会社ごとにちがう答え",
    Group.DUAL: "番号が2つある端末",
    Group.TIME: "時間とともに変わる端末",
    Group.FAULTS: "答えが出ないとき",
    Group.GLYPHS: "記号の書きかたのちがい",
}

_WORDS = {
    "clear": "現在制限なし",
    "caution": "今後制限の可能性",
    "restricted": "利用制限中",
    "no-record": "判定なし",
    "undetermined": "未確認",
}


def index_handler(phones: Catalogue, origins: Mapping[CarrierId, str], places: Mapping[CarrierId, Place]) -> Handle:
    """The handler of the index page; the page is made once."""
    body = _index(phones, origins, places).encode("utf-8")

    def handle(request: Request) -> Response:
        if request.path == "/" and request.method in ("GET", "HEAD"):
            return Response(body)
        return Response(b"not found", 404, "text/plain; charset=us-ascii")

    return handle


def _index(phones: Catalogue, origins: Mapping[CarrierId, str], places: Mapping[CarrierId, Place]) -> str:
    sites = "".join(
        f'<li><a href="{escape(origin)}{"/top.php" if carrier is CarrierId.DOCOMO else places[carrier].form}">'
        f"<b>{DRESSES[carrier].site}</b><br><span class=dim>{escape(origin)}</span></a></li>"
        for carrier, origin in origins.items()
    )
    groups = "".join(_group(title, [p for p in phones.phones if p.group is group]) for group, title in _GROUPS.items())
    return f"""<!DOCTYPE html>
<html lang="ja"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>【練習】練習サイトと練習端末</title><link rel="icon" href="data:,">
<style>{asset("index.css")}</style></head><body>
<p class="practice-band">練習サイト</p><main>
<h1>練習サイトと練習端末</h1>
<p>4社の照会ページに見立てた練習サイトと、答えの決まった試験番号の一覧です。実在の会社、契約、端末とは関係がありません。
答えは、画面でも <code>shirorom check</code> でも API でも同じです。</p>
<ul class="sites">{sites}</ul>
<p class="dim">一覧にない試験番号（001001～001017、0044、0086 で始まるもの）は、
4社とも － と答えます。
それ以外の番号は受け付けません。</p>
{groups}
</main><script>{asset("index.js")}</script></body></html>
"""


def _group(title: str, phones: list[PracticePhone]) -> str:
    if not phones:
        return ""
    return f'<h2>{title}</h2><ul class="phones">{"".join(_phone(phone) for phone in phones)}</ul>'


def _phone(phone: PracticePhone) -> str:
    first = phone.checks[0]
    numbers = []
    for number in phone.numbers:
        digits = number.imei.digits
        cells = "".join(
            f"<dt>{DRESSES[cell.carrier].short}</dt><dd>{symbol_of(cell.mark)}"
            + (f"<small>{escape(cell.error)}</small>" if cell.error else "")
            + "</dd>"
            for cell in first.cells
            if cell.imei == number.imei
        )
        numbers.append(
            f'<div class="number"><code>{digits}</code>'
            f'<button type="button" data-copy="{digits}" hidden>コピー</button></div>'
            f'<dl class="cells">{cells}</dl>'
        )
    verdicts = " → ".join(
        f"<span class=nb>{check.verdict.symbol} {_WORDS[check.verdict.value]}</span>" for check in phone.checks
    )
    over = {None: "", Over.ASKS: "（照会するたび）", Over.MINUTES: "（1分ごと）"}[phone.over]
    return (
        f'<li id="{escape(phone.id)}"><h3>{escape(phone.title)}</h3><p class="dim">{escape(phone.shows)}</p>'
        f"{''.join(numbers)}<p>判定：{verdicts}{over}</p></li>"
    )
