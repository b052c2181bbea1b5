"""Lies made of honest pages: to a program they look as if they said ○ or －, to a person they do not."""
# ruff: noqa: E501 (markup reads best whole)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape
from random import Random

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from tests.carrier_pages import GLYPHS, LEGEND, Made, Parts, echo, honest_parts, legend, put_together

_HIDING = (
    "display:none", "visibility:hidden", "opacity:0", "opacity:.05", "font-size:0", "font-size:1px", "color:transparent",
    "position:absolute;left:-9999px", "position:absolute;top:-9999px", "display:inline-block;width:0;overflow:hidden",
    "display:inline-block;transform:scale(0)", "display:inline-block;clip-path:inset(50%)", "-webkit-text-fill-color:transparent",
    "display:inline-block;text-indent:-999em;overflow:hidden;width:2em", "filter:opacity(0)", "color:#fff;background:#fff",
    "position:absolute;clip:rect(0,0,0,0)", "display:inline-block;max-height:0;overflow:hidden", "content-visibility:hidden;display:inline-block",
    "display:inline-block;transform:translateX(-200vw)", "-webkit-text-security:disc", "text-decoration:line-through",
)  # fmt: skip
_LOOKALIKES = "Oo0ＯｏОо○\u0338○\u20e0◎●⭕⚬XxＸｘХх╳❌メ乂▽▼Δ＿_～〜一─=＝+｜…？?!✓✔良可未\ufffd"
_DECOYS = (Mark.CLEAR, Mark.NO_RECORD)


def lying(random: Random) -> Made:
    """A page that to a program looks as if it said ○ or －, and to a person does not."""
    parts, mark = honest_parts(random)
    name, lie = random.choice(_LIES)
    made = lie(random, parts, mark)
    return replace(made, what=name)


def _made(random: Random, parts: Parts, mark: Mark | None) -> Made:
    return Made(put_together(random, parts), parts.carrier, parts.asked, mark)


def _decoy(random: Random) -> str:
    return random.choice(GLYPHS[random.choice(_DECOYS)])


def _hidden_only(random: Random, parts: Parts, _: Mark) -> Made:
    """Nobody sees the symbol."""
    html = f'<span style="{random.choice(_HIDING)}">{_decoy(random)}</span>'
    return _made(random, replace(parts, glyph_html=html), None)


def _hidden_beside(random: Random, parts: Parts, _: Mark) -> Made:
    """A hidden ○ beside the × that everybody sees."""
    pair = [f'<span style="{random.choice(_HIDING)}">{_decoy(random)}</span>', "×"]
    random.shuffle(pair)
    return _made(random, replace(parts, glyph="×", glyph_html="".join(pair), sentence=""), Mark.RESTRICTED)


def _two(random: Random, parts: Parts, mark: Mark) -> Made:
    """Two symbols in one place."""
    other = random.choice([glyph for each in Mark if each is not mark for glyph in GLYPHS[each][:1]])
    gap = random.choice(("", " ", "<br>", "</span><span>", "／", "<p>"))
    return _made(random, replace(parts, glyph_html=f"<span>{parts.glyph}{gap}{other}</span>"), None)


def _legend_only(random: Random, parts: Parts, _: Mark) -> Made:
    """The legend, and no answer."""
    made = replace(parts, place=False)
    return _made(random, replace(made, extra_place=legend(random, parts.carrier)), None)


def _legend_in_place(random: Random, parts: Parts, _: Mark) -> Made:
    """The legend where the answer should be."""
    return _made(random, replace(parts, glyph_html=legend(random, parts.carrier), sentence=""), None)


def _other_number(random: Random, parts: Parts, _: Mark) -> Made:
    """An answer for another phone; the asked number at most where nobody sees it."""
    other = Imei.of_key(f"{int(parts.asked.key) + random.choice((1, 10, 1000)):014d}")
    hidden = random.choice(
        (
            "",
            f'<p style="{random.choice(_HIDING[:8])}">IMEI {parts.asked.digits}</p>',
            f"<input name=imei value={parts.asked.digits}>",
            f"<!-- {parts.asked.digits} -->",
        )
    )
    return _made(random, replace(parts, echo=echo(random, other) + hidden), None)


def _no_number(random: Random, parts: Parts, _: Mark) -> Made:
    """An answer without any number: left over, or an error page's."""
    return _made(
        random,
        replace(
            parts, echo=random.choice(("", "製造番号：***********", f"製造番号：{parts.asked.digits[:14]}", "エラー"))
        ),
        None,
    )


def _lookalike(random: Random, parts: Parts, _: Mark) -> Made:
    """A character that is none of the four."""
    glyph = random.choice(
        [c for c in _LOOKALIKES if c not in "\u0338\u20e0○"] + ["○\u0338", "○\u20e0", "○\u200b", "\u2060－", "○○", "○×"]
    )
    return _made(random, replace(parts, glyph=glyph, glyph_html=escape(glyph)), None)


def _empty_value(random: Random, parts: Parts, _: Mark) -> Made:
    """An answer's place that is empty, and something like an answer right behind it."""
    rows = "".join(f"<li>{glyph}：{text}</li>" for glyph, text in random.sample(LEGEND, random.choice((2, 3, 4))))
    extra = {
        CarrierId.DOCOMO: f'<div class="result-panel"></div><div>{_decoy(random)}</div>',
        CarrierId.AU: f"<ul><li>状態</li>{rows}</ul>",
        CarrierId.SOFTBANK: f"<table><tr><th>判定</th><td style='font-size:60px'></td><td>{_decoy(random)}</td></tr></table>",
        CarrierId.RAKUTEN: f'<div id="search-result"></div><p>{_decoy(random)}</p>',
    }[parts.carrier]
    return _made(random, replace(parts, place=False, extra_place=extra), None)


def _error_text(random: Random, parts: Parts, _: Mark) -> Made:
    """A － or ○ that an error page draws."""
    sentence = random.choice(
        (
            "通信エラーが発生しました。",
            "ただいま混み合っています。",
            "しばらくしてからお試しください。",
            "照会に失敗しました。",
        )
    )
    return _made(random, replace(parts, glyph_html=_decoy(random), sentence=sentence), None)


def _bullet(random: Random, parts: Parts, _: Mark) -> Made:
    """A list bullet or a hyphen that is no －."""
    text = random.choice(
        (
            "- 番号を確かめてください",
            "– エラー",
            "ーと表示されることがあります",
            "-1",
            "9－17時",
            "－－－",
            "○は制限なしを表します",
            "○月○日に更新しました",
        )
    )
    return _made(random, replace(parts, glyph_html=text, sentence=""), None)


def _replaced(random: Random, parts: Parts, _: Mark) -> Made:
    """A style that draws × where the text says ○."""
    css, html = random.choice(
        (
            ('.zz{font-size:0}.zz::before{content:"×";font-size:40px}', f'<span class="zz">{_decoy(random)}</span>'),
            ('.zz{color:transparent}.zz::after{content:"×";color:#000}', f'<span class="zz">{_decoy(random)}</span>'),
            ('.zz::after{content:"×"}', f'<span class="zz">{_decoy(random)}</span>'),
            ('.zz{position:relative}.zz::after{content:"";position:absolute;inset:0;background:#fff}', f'<span class="zz">{_decoy(random)}</span>'),
            ("", f'<span style="position:relative;display:inline-block">{_decoy(random)}<i style="position:absolute;inset:0;background:#fff;pointer-events:none"></i></span>'),
            ("", f'<span style="position:relative;display:inline-block">{_decoy(random)}<i style="position:absolute;inset:0;background:#fff"></i></span>'),
            ("", f'<span style="position:relative;display:inline-block">{_decoy(random)}<i style="position:absolute;left:0;top:0">×</i></span>'),
            ("", f'<span style="display:inline-block;rotate:90deg">{_decoy(random)}</span>'),
            ("", f'<span style="display:inline-block;transform:scaleX(.02)">{_decoy(random)}</span>'),
            (".zz{display:inline-flex;flex-direction:row-reverse}", f'<span class="zz"><i>{_decoy(random)}</i><i>×</i></span>'),
            ("", f'<img alt="{_decoy(random)}" width=40 height=40 src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
            ("", f"<button>{_decoy(random)}</button>"),
            ("", f'<del>{_decoy(random)}</del> ×'),
        )
    )  # fmt: skip
    return _made(random, replace(parts, glyph="×", glyph_html=html, css=css, sentence=""), Mark.RESTRICTED)


def _second_place(random: Random, parts: Parts, _: Mark) -> Made:
    """One more place of the same kind, that says something else."""
    glyph = _decoy(random)
    place = {
        CarrierId.DOCOMO: f'<div class="result-panel"><p>{glyph}</p></div>',
        CarrierId.AU: f"<ul><li><b>状態</b>：{glyph}：制限はありません</li></ul>",
        CarrierId.SOFTBANK: f"<table><tr><td style='font-size:60px'>{glyph}</td></tr></table>",
        CarrierId.RAKUTEN: f'<div id="search-result"><p>{glyph}</p></div>',
    }[parts.carrier]
    return _made(
        random,
        replace(parts, glyph="×", glyph_html="×", sentence="", extra_place=place, extra_first=random.random() < 0.5),
        Mark.RESTRICTED,
    )


_LIES: tuple[tuple[str, Callable[[Random, Parts, Mark], Made]], ...] = (
    ("hidden-only", _hidden_only),
    ("hidden-beside", _hidden_beside),
    ("two", _two),
    ("legend-only", _legend_only),
    ("legend-in-place", _legend_in_place),
    ("other-number", _other_number),
    ("no-number", _no_number),
    ("lookalike", _lookalike),
    ("empty-value", _empty_value),
    ("error-text", _error_text),
    ("bullet", _bullet),
    ("replaced", _replaced),
    ("second-place", _second_place),
)
