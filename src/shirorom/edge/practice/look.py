"""How the practice sites look: one plain document for all, four invented dresses. Nothing here copies a real design."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from html import escape
from importlib import resources

from shirorom.domain.carrier import CarrierId

REFUSAL_NOT_TEST = "練習サイトは試験番号だけを受け付けます。実在の端末の番号は入力しないでください。"


@dataclass(frozen=True, slots=True)
class Dress:
    """What makes one practice site feel unlike the next: names, colours, type, corners."""

    site: str
    short: str
    ink: str
    ground: str
    accent: str
    font: str
    radius_px: int
    width_rem: int


_GOTHIC = '"Noto Sans JP","Noto Sans CJK JP","Hiragino Sans","Yu Gothic UI",Meiryo,sans-serif'
_MINCHO = '"Noto Serif JP","Noto Serif CJK JP","Hiragino Mincho ProN","Yu Mincho",serif'

DRESSES = {
    CarrierId.DOCOMO: Dress("練習ドコモ", "ドコモ", "#26201d", "#f6f1ea", "#7a3b1d", _GOTHIC, 2, 44),
    CarrierId.AU: Dress("練習au", "au", "#1d2433", "#eef2f8", "#2f4a7d", _GOTHIC, 14, 40),
    CarrierId.SOFTBANK: Dress("練習ソフトバンク", "ソフトバンク", "#222", "#fff", "#4a4f57", _MINCHO, 0, 46),
    CarrierId.RAKUTEN: Dress("練習楽天モバイル", "楽天", "#1c2a26", "#f1f7f4", "#1f6b57", _GOTHIC, 24, 36),
}


@cache
def asset(name: str) -> str:
    """The text of a file in `assets/`: style, script or picture of the practice sites."""
    return (resources.files(__package__) / "assets" / name).read_text(encoding="utf-8")


def document(carrier: CarrierId, heading: str, body: str, *, head: str = "", charset: str = "utf-8") -> str:
    """A whole page of one practice site, plainly marked 練習. `heading` is text; `body` and `head` are HTML."""
    dress = DRESSES[carrier]
    style = (
        f":root{{--ink:{dress.ink};--accent:{dress.accent};--radius:{dress.radius_px}px;--width:{dress.width_rem}rem}}"
        f"body{{font-family:{dress.font};color:{dress.ink};background:{dress.ground}}}{asset('site.css')}{asset(f'{carrier.value}.css')}"
    )
    return f"""<!DOCTYPE html>
<html lang="ja">
<head>
<meta charset="{charset}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>【練習】{escape(heading)}｜{dress.site}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
{head}</head>
<body>
<p class="practice-band">練習サイト <small>通信会社の公式サイトではありません。答えはすべて作りものです。</small></p>
<header><p>{dress.site}</p></header>
<main>
<h1>{escape(heading)}</h1>
{body}
</main>
<footer><p>白ロムの練習用です。実在の会社、契約、端末とは関係がありません。</p></footer>
</body>
</html>
"""
