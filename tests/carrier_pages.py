"""Result pages of the four carriers, made up anew each time: what the facts fix stays, all else is thrown about.

What is fixed comes from what is known of the real pages (place, echo), not from our practice sites.
"""
# ruff: noqa: E501 (markup reads best whole)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from random import Random

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark

GLYPHS: dict[Mark, str] = {
    Mark.CLEAR: "○〇◯⚪",
    Mark.CAUTION: "△▲∆",
    Mark.RESTRICTED: "×✕✖☓✗",
    Mark.NO_RECORD: "－-−ー–—―",
}
SENTENCES: dict[Mark, tuple[str, ...]] = {
    Mark.CLEAR: (
        "利用可能です。",
        "現在、ネットワーク利用制限の対象ではございません。",
        "現時点で制限はありません（将来を保証するものではありません）。",
    ),
    Mark.CAUTION: (
        "確認中です。",
        "お支払い状況等により、今後×になる場合があります。",
        "現在は利用できますが、代金債務不履行等により制限となる可能性があります。",
    ),
    Mark.RESTRICTED: ("代金債務不履行等により利用制限中です。", "ネットワークの利用を制限しています。"),
    Mark.NO_RECORD: ("製造番号を確認できません。", "当社で販売した携帯電話機として確認できません。"),
}
LEGEND = (
    ("○", "制限の対象ではないもの"),
    ("△", "今後制限される可能性があるもの"),
    ("×", "利用制限中のもの"),
    ("－", "製造番号を確認できないもの"),
)
WORDS = (
    "card",
    "box",
    "inner",
    "l-main",
    "mod-01",
    "u-mt20",
    "clearfix",
    "txt",
    "col2",
    "js-x",
    "wrap",
    "sec",
    "is-on",
)


@dataclass(frozen=True)
class Made:
    """One page: its body, the carrier and number it is for, and the only mark that may come of it (None: no mark)."""

    html: str
    carrier: CarrierId
    asked: Imei
    mark: Mark | None
    what: str = "honest"


@dataclass(frozen=True)
class Parts:
    """What a page is put together from, before it is put together."""

    carrier: CarrierId
    asked: Imei
    glyph: str
    sentence: str
    glyph_html: str
    echo: str
    legend: bool = True
    place: bool = True
    extra_place: str = ""
    extra_first: bool = False
    css: str = ""


def honest_parts(random: Random) -> tuple[Parts, Mark]:
    """A carrier, a number, a mark, and one of the ways to write each."""
    carrier = random.choice(list(CarrierId))
    asked = Imei.of_key(f"00100101{random.randrange(10**6):06d}")
    mark = random.choice(list(Mark))
    glyph = random.choice(GLYPHS[mark]) + ("\ufe0e" if random.random() < 0.05 else "")
    sentence = random.choice((*SENTENCES[mark], ""))
    return Parts(carrier, asked, glyph, sentence, glyph, echo(random, asked)), mark


def honest(random: Random) -> Made:
    """A page that says what it seems to say."""
    parts, mark = honest_parts(random)
    return Made(put_together(random, parts), parts.carrier, parts.asked, mark)


# ── putting together ─────────────────────────────────────────────────────────────────────────────────────────────────


def put_together(random: Random, parts: Parts) -> str:
    """The whole page: head, noise, number, place, legend, in an order that the facts leave open."""
    blocks = _ANSWERS[parts.carrier](random, parts)
    if parts.legend and random.random() < 0.8:
        at = random.choice((0, len(blocks)))
        blocks.insert(at, legend(random, parts.carrier))
    for _ in range(random.randrange(4)):
        blocks.insert(random.choice((0, len(blocks))), noise(random))
    body = "\n".join(wrapped(random, block) for block in blocks)
    head = f"<meta charset='utf-8'><title>確認結果</title><style>{_style(random)}{parts.css}</style>"
    return f"<head>{head}</head><body>{_comment(random)}{body}</body>"


def _style(random: Random) -> str:
    size = random.choice((13, 14, 16, 18))
    return (
        f"body{{font:{size}px/{random.choice((1.4, 1.7))} sans-serif;margin:{random.choice((0, 8, 24))}px;"
        f"background:{random.choice(('#fff', '#f4f4f4', '#fffbe6', 'white'))};color:{random.choice(('#000', '#333', '#222'))}}}"
        f".big{{font-size:{random.choice(('2em', '40px', '200%'))}}} table{{border-collapse:collapse}} td,th{{border:1px solid #999;padding:4px}}"
        f".card{{border:1px solid #ccc;padding:8px}}.clearfix::after{{content:'';display:block;clear:both}}"
        ".col2{max-width:60rem;margin:0 auto}.l-main{display:block}"
    )


def attributes(random: Random, *classes: str) -> str:
    """Some classes among others, and things that do not matter."""
    names = [*classes, *random.sample(WORDS, random.randrange(3))]
    random.shuffle(names)
    text = f' class="{" ".join(names)}"' if names else ""
    if random.random() < 0.3:
        text += f' data-v="{random.randrange(99)}"'
    if random.random() < 0.2:
        text += f' id="e{random.randrange(10**6)}"'
    return text


def wrapped(random: Random, html: str) -> str:
    """As it is, or in one to three more elements."""
    for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
        tag = random.choice(("div", "section", "main", "article", "div"))
        html = f"<{tag}{attributes(random)}>{_gap(random)}{html}{_gap(random)}</{tag}>"
    return html


def inline(random: Random, html: str) -> str:
    """As it is, or in one to three inline elements."""
    for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
        tag = random.choice(("span", "b", "strong", "font", "em"))
        html = f"<{tag}{attributes(random)}>{html}</{tag}>"
    return html


def block(random: Random, html: str, *tags: str) -> str:
    """One block element around it."""
    tag = random.choice(tags or ("p", "div", "h3", "p"))
    return f"<{tag}{attributes(random)}>{_gap(random)}{html}{_gap(random)}</{tag}>"


def _gap(random: Random) -> str:
    return random.choice(("", "", "\n", "  ", "\n\t", "&nbsp;", "\u3000", _comment(random)))


def _comment(random: Random) -> str:
    return random.choice(("", "", "<!-- ○ 制限なし -->", "<!-- × -->", "<!--[if IE]>-<![endif]-->"))


def noise(random: Random) -> str:
    """What stands on such pages besides: dates, telephone numbers, hints, buttons, menus."""
    return random.choice(
        (
            "<p>※ 判定結果は照会した時点のものです。</p>",
            "<p>お問い合わせ 0120-800-000（受付時間 9:00－20:00）</p>",
            "<p>照会日時 2026/11/23 12:34:56　受付番号 20261123123456</p>",
            "<ul><li>○○の方はこちら</li><li>- 料金プラン</li><li>－ よくあるご質問</li></ul>",
            "<p><a href='#'>× 閉じる</a></p>",
            "<nav><a href='#'>トップ</a> － <a href='#'>サポート</a> － 確認</nav>",
            "<p>△や×の場合は、ご購入店へお問い合わせください。</p>",
            "<p>利用可能／確認中／代金債務不履行等</p>",
            "<footer>Copyright 2026 －</footer>",
            "<table><tr><th>店舗</th><td>－</td></tr></table>",
            "<hr><p>価格 ¥12,800　ポイント －</p>",
            "<form><label>別の番号 <input name='q' value=''></label><button type='button'>もう一度</button></form>",
            "<p hidden>○</p>",
            "<script>var answer = '○';</script>",
        )
    )


def legend(random: Random, carrier: CarrierId) -> str:
    """The list of all four symbols, in one of the forms that lists have."""
    rows = list(LEGEND)
    if random.random() < 0.3:
        random.shuffle(rows)
    form = random.choice(("ul", "dl", "table", "p", "line"))
    if form == "ul":
        return "<h3>記号の説明</h3><ul>" + "".join(f"<li>{g}：{t}</li>" for g, t in rows) + "</ul>"
    if form == "dl":
        return "<dl>" + "".join(f"<dt>{g}</dt><dd>{t}</dd>" for g, t in rows) + "</dl>"
    if form == "table":
        return "<table>" + "".join(f"<tr><td>{g}</td><td>{t}</td></tr>" for g, t in rows) + "</table>"
    if form == "p":
        return "".join(f"<p>{g}　{t}</p>" for g, t in rows)
    return "<p>" + "　".join(f"{g}：{t}" for g, t in rows) + "</p>"


def echo(random: Random, asked: Imei) -> str:
    """The number as pages repeat it, with its label."""
    d = asked.digits
    text = random.choice(
        (
            d,
            d,
            d,
            asked.grouped,
            f"{d[:6]} {d[6:12]} {d[12:]}",
            d.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
            f"{d[:5]}-{d[5:10]}-{d[10:]}",
        )
    )
    label = random.choice(("製造番号", "IMEI", "製造番号（IMEI）", "入力された製造番号", "IMEI番号"))
    return random.choice(
        (
            f"{label}：{text}",
            f"{label} {text}",
            f"{label}<br>{text}",
            f"<b>{label}</b>&nbsp;{text}",
            f"{label}：<span>{text}</span>",
        )
    )


def _words(random: Random, sentence: str) -> list[str]:
    return [block(random, escape(sentence), "p", "div", "small")] if sentence else []


# ── the four places ──────────────────────────────────────────────────────────────────────────────────────────────────


def _docomo(random: Random, parts: Parts) -> list[str]:
    blocks = [f"<div{attributes(random, 'result-panel')}>{block(random, parts.echo)}</div>"]
    if parts.place:
        blocks.append(f"<div{attributes(random, 'result-panel')}>{_gap(random)}{_alone(random, parts)}</div>")
    if parts.extra_first:
        return [blocks[0], parts.extra_place, *blocks[1:]]
    return blocks + ([parts.extra_place] if parts.extra_place else [])


def _rakuten(random: Random, parts: Parts) -> list[str]:
    blocks = [block(random, parts.echo, "p", "div")]
    if parts.place:
        place = f'<div id="search-result"{random.choice(("", " role=status", " aria-live=polite"))}>{_gap(random)}{_alone(random, parts)}</div>'
        blocks.insert(random.randrange(2), place)
    return blocks + ([parts.extra_place] if parts.extra_place else [])


def _alone(random: Random, parts: Parts) -> str:
    """A place with the symbol as a line of its own, or at the head of one, and words."""
    glyph = inline(random, parts.glyph_html)
    form = random.choice(("lines", "lines", "before", "table", "dl", "break", "head", "label"))
    words = _words(random, parts.sentence)
    if form == "table":
        label = random.choice(("判定", "判定結果", "利用制限"))
        more = f"<tr><th>説明</th><td>{escape(parts.sentence)}</td></tr>" if parts.sentence else ""
        more += random.choice(("", "<tr><th>備考</th><td>－</td></tr>"))
        return f"<table><tr><th>{label}</th><td>{glyph}</td></tr>{more}</table>"
    if form == "dl":
        return f"<dl><dt>判定結果</dt><dd>{glyph}</dd></dl>" + "".join(words)
    if form == "break":
        return f"{glyph}<br>{escape(parts.sentence)}"
    if form == "head" and parts.sentence and parts.glyph_html == parts.glyph:
        return block(random, f"{glyph}{random.choice(('：', ':', '： '))}{escape(parts.sentence)}")
    if form == "label" and parts.glyph_html == parts.glyph:
        label = random.choice(("判定結果：", "判定：", "利用制限の状態 ", "<b>判定</b>　"))
        more = f"（{escape(parts.sentence)}）" if parts.sentence and parts.glyph[0] not in "-−ー–—―" else ""
        return block(random, f"{label}{glyph}{more}")
    pieces = [block(random, glyph), *words]
    if random.random() < 0.4:
        pieces.insert(
            0, block(random, random.choice(("判定結果", "確認結果は次のとおりです。", "ネットワーク利用制限")))
        )
    if form == "before" and words:
        pieces[-1], pieces[-2] = pieces[-2], pieces[-1]
    return "".join(pieces)


def _au(random: Random, parts: Parts) -> list[str]:
    heading = inline(random, random.choice(("状態", "状態", "状態：", "【状態】", "■状態")))
    rest = f"{random.choice(('：', ':', '： ', ' ： '))}{escape(parts.sentence)}" if parts.sentence else ""
    value = f"{parts.glyph_html}{rest}"
    if (
        parts.sentence
        and parts.glyph_html == parts.glyph
        and parts.glyph[0] not in "-−ー–—―"
        and random.random() < 0.25
    ):
        value = f"{parts.glyph_html}{random.choice((' ', '　'))}{escape(parts.sentence)}"
    items = [f"<li>{inline(random, '機種')} 携帯電話機</li>"] if random.random() < 0.3 else []
    number = f"<li>{parts.echo}</li>"
    form = random.choice(("blocks", "spans", "dl", "next", "line"))
    if form == "blocks":
        answer = f"<li{attributes(random)}>{block(random, heading, 'h4', 'p', 'div')}{block(random, inline(random, value), 'p', 'div')}</li>"
    elif form == "spans":
        answer = f"<li{attributes(random)}><span style='display:block'>{heading}</span>{_gap(random)}<span style='display:block'>{value}</span></li>"
    elif form == "dl":
        answer = f"<li{attributes(random)}><dl><dt>{heading}</dt><dd>{value}</dd></dl></li>"
    elif form == "next":
        answer = f"<li{attributes(random)}>{heading}</li>{_gap(random)}<li{attributes(random)}>{value}</li>"
    else:
        answer = (
            f"<li{attributes(random)}><b>状態</b>{random.choice(('：', ' ', '： ', '　'))}<span>{value}</span></li>"
        )
    if not parts.place:
        answer = ""
    items.insert(random.randrange(len(items) + 1), number)
    items.insert(random.randrange(len(items) + 1), answer)
    return [f"<ul{attributes(random)}>{_gap(random)}{_gap(random).join(items)}</ul>{parts.extra_place}"]


def _softbank(random: Random, parts: Parts) -> list[str]:
    glyph = random.choice(
        (
            f"<td class='big'>{inline(random, parts.glyph_html)}</td>",
            f"<td{attributes(random)}><font size='{random.choice('67')}'>{parts.glyph_html}</font></td>",
            f"<td style='font-size:{random.choice(('32px', '2.5em', '48px', 'xx-large'))}' align=center>{_gap(random)}{parts.glyph_html}</td>",
            f"<td><span style='font-size:36px'>{parts.glyph_html}</span><br>{escape(parts.sentence)}</td>",
        )
    )
    words = f"<td>{escape(parts.sentence)}</td>" if parts.sentence else ""
    row = f"<tr>{random.choice(('', '<th>判定</th>', '<td>判定結果</td>'))}{glyph}{words}</tr>"
    rows = [f"<tr><td colspan=3>{parts.echo}</td></tr>"]
    if parts.place:
        rows.insert(random.randrange(2), row)
    table = f"<table{attributes(random)}>{''.join(rows)}</table>"
    if random.random() < 0.3:  # the number outside the table
        table = f"<table{attributes(random)}>{row if parts.place else ''}</table>"
        return [block(random, parts.echo, "p"), table + parts.extra_place]
    return [table + parts.extra_place]


_ANSWERS: dict[CarrierId, Callable[[Random, Parts], list[str]]] = {
    CarrierId.DOCOMO: _docomo,
    CarrierId.AU: _au,
    CarrierId.SOFTBANK: _softbank,
    CarrierId.RAKUTEN: _rakuten,
}
