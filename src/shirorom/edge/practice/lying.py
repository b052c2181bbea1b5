"""Lying pages: to a program they look like an answer, to a person they say something else or nothing."""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Callable
from html import escape
from importlib import resources
from typing import Any

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.edge.practice import pages
from shirorom.edge.practice.disguises import HIDES, LOOKALIKES, SPOILT
from shirorom.edge.practice.look import asset
from shirorom.edge.practice.pages import Shown
from shirorom.edge.practice.scene import ALL, NEUTRAL, Evil, Scene, html, show
from shirorom.edge.practice.server import Response

RING, CROSS, DASH = "\u25cb", "\u00d7", "\uff0d"


def _lie(
    name: str,
    tries: str,
    expected: Mark | None,
    shown: Callable[[Scene], Shown],
    carriers: frozenset[CarrierId] = ALL,
) -> Evil:
    return Evil(name, tries, expected, lambda scene: show(scene, shown(scene)), carriers)


def _glyph(name: str, tries: str, expected: Mark | None, markup: str, *, head: str = "") -> Evil:
    """A page whose answer's place holds this markup."""
    return _lie(
        name, tries, expected,
        lambda scene: Shown(scene.imei.digits, "?", NEUTRAL, glyph_html=markup, head=head),
    )  # fmt: skip


def _text(name: str, tries: str, text: str) -> Evil:
    return _glyph(name, tries, None, escape(text))


# ── hidden, replaced, drawn, scripted ────────────────────────────────────────────────────────────────────────────────


def _hidden() -> list[Evil]:
    lies = []
    for way, markup in HIDES.items():
        lies += [
            _glyph(f"hidden-ring-{way}", f"a ○ that nobody sees ({way}), and nothing else", None, markup.format(RING)),
            _glyph(f"hidden-dash-{way}", f"a － that nobody sees ({way}), and nothing else", None, markup.format(DASH)),
            _glyph(
                f"hidden-ring-beside-cross-{way}",
                f"a ○ that nobody sees ({way}) before the × that everybody sees",
                Mark.RESTRICTED,
                markup.format(RING) + CROSS,
            ),
        ]
    return lies


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page of `assets/lying.toml`; what its keys mean stands there."""

    name: str
    tries: str
    glyph: str
    expected: Mark | None = None
    head: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    page: tuple[_Row, ...]


def _written() -> list[Evil]:
    rows = msgspec.convert(tomllib.loads(asset("lying.toml")), _File).page
    font = base64.b64encode((resources.files(__package__) / "assets" / "liar.woff2").read_bytes()).decode()
    face = f"@font-face{{font-family:liar;src:url(data:font/woff2;base64,{font})}}.liar{{font-family:liar}}"
    liar = f"<style>{face}</style>"
    return [_glyph(row.name, row.tries, row.expected, row.glyph, head=row.head.replace("{liar}", liar)) for row in rows]


def _styled(css: str) -> str:
    return f"<style>{css}</style>"


# ── two answers, no answer, another's answer ─────────────────────────────────────────────────────────────────────────


def _other(imei: Imei) -> str:
    """Another number of the same kind: the phone next to it in the box."""
    return Imei.of_key(f"{int(imei.key) + 1:014d}").digits


def _one_digit_off(scene: Scene) -> str:
    digits = scene.imei.digits
    return digits[:9] + str((int(digits[9]) + 1) % 10) + digits[10:]


_PLACES: dict[CarrierId, str] = {
    CarrierId.DOCOMO: '<div class="result-panel"><span class="mark">{}</span><p>{}</p></div>',
    CarrierId.AU: '<ul class="list-result"><li><span class="heading">状態</span>'
    '<span class="detail">{}：{}</span></li></ul>',
    CarrierId.SOFTBANK: '<table class="tbl-result"><tr><th>判定</th><td class="glyph">{}</td><td>{}</td></tr></table>',
    CarrierId.RAKUTEN: '<div id="search-result"><p class="glyph">{}</p><p>{}</p></div>',
}


def _place(scene: Scene, glyph: str, sentence: str = NEUTRAL) -> str:
    """One more place for an answer, as this carrier marks it up."""
    return _PLACES[scene.carrier].format(glyph, sentence)


_SHORT_LEGEND = "○：制限なし　△：制限の可能性　×：制限中　－：確認できません"


def _answers() -> list[Evil]:
    def shown(scene: Scene, glyph: str | None, **more: Any) -> Shown:
        return Shown(scene.imei.digits, glyph, NEUTRAL, **more)

    def legend_in_place(scene: Scene) -> str:
        return _place(scene, "<br>".join(_SHORT_LEGEND.split("　")), "")

    return [
        _lie("two-ring-cross", "○ and × side by side", None, lambda s: shown(s, RING, second=CROSS)),
        _lie("two-cross-ring", "× and ○ side by side", None, lambda s: shown(s, CROSS, second=RING)),
        _lie("two-dash-ring", "－ and ○ side by side", None, lambda s: shown(s, DASH, second=RING)),
        _lie("two-places", "two places, ○ and ×", None, lambda s: shown(s, RING, after=_place(s, CROSS))),
        _lie("two-places-before", "two places, × and ○", None, lambda s: shown(s, CROSS, before=_place(s, RING))),
        _lie(
            "place-twice-hidden",
            "a hidden place with ○ before the one with ×",
            Mark.RESTRICTED,
            lambda s: shown(s, CROSS, before=f'<div style="display:none">{_place(s, RING)}</div>'),
        ),
        _lie(
            "place-twice-off",
            "a place with ○ off the page, one with × on it",
            Mark.RESTRICTED,
            lambda s: shown(s, CROSS, before=f'<div style="position:absolute;left:-9999px">{_place(s, RING)}</div>'),
        ),
        _lie(
            "place-example",
            "an example in the answer's place",
            None,
            lambda s: shown(s, None, after=_place(s, f"表示例 {RING}").replace("<th>判定", "<th>表示例")),
        ),
        _lie("legend-only", "the legend and no answer", None, lambda s: Shown(None, None)),
        _lie("legend-with-number", "the number, the legend and no answer", None, lambda s: shown(s, None)),
        _lie(
            "legend-in-place",
            "the legend in the answer's place",
            None,
            lambda s: shown(s, None, after=legend_in_place(s)),
        ),
        _lie(
            "legend-line-in-place",
            "the legend in one line in the answer's place",
            None,
            lambda s: shown(s, "?", glyph_html=_SHORT_LEGEND),
        ),
        _lie(
            "legend-large",
            "the legend in large type, and no answer",
            None,
            lambda s: Shown(s.imei.digits, None, head=_styled(".legend *{font-size:2.4rem!important}")),
        ),
        _lie(
            "answer-elsewhere",
            "a large ○ in a place that is no answer's",
            None,
            lambda s: shown(s, None, after='<p style="font-size:3rem">○</p>'),
        ),
        _lie(
            "failure-as-dash",
            "a failure told as －",
            None,
            lambda s: Shown(s.imei.digits, DASH, "システムエラーが発生しました。時間をおいてもう一度お試しください。"),
        ),
        _lie(
            "failure-as-ring",
            "a failure beside ○",
            None,
            lambda s: Shown(s.imei.digits, RING, "照会に失敗しました。エラーコード E-102"),
        ),
        _lie(
            "pending-as-dash",
            "－ while the answer is still being looked up",
            None,
            lambda s: Shown(s.imei.digits, DASH, "照会中です。しばらくお待ちください。"),
        ),
        _lie(
            "contradiction",
            "○ beside words of a restriction",
            None,
            lambda s: Shown(s.imei.digits, RING, "代金債務不履行等により制限しています。"),
            frozenset({CarrierId.RAKUTEN}),
        ),
        _lie(
            "small-type",
            "the symbol in the type of ordinary text, where it is known to be large",
            None,
            lambda s: shown(s, RING, head=_styled(".tbl-result td.glyph{font-size:1rem!important}")),
            frozenset({CarrierId.SOFTBANK}),
        ),
        _lie(
            "panel-inserted",
            "a panel with ○ pushed between number and answer",
            None,
            lambda s: Shown(
                None,
                None,
                before=f'<div class="result-panel">製造番号：{s.imei.digits}</div>'
                + _place(s, RING, "キャンペーンのご案内")
                + _place(s, CROSS),
            ),
            frozenset({CarrierId.DOCOMO}),
        ),
        _lie(
            "heading-of-another",
            "the heading 状態 stands over the legend",
            None,
            lambda s: shown(
                s, None, after='<ul><li><span class="heading">状態の見かた</span><span>○：制限なし</span></li></ul>'
            ),
            frozenset({CarrierId.AU}),
        ),
        _lie(
            "order-panels",
            "styles that show the answer's place before the number, and another panel in its stead",
            None,
            lambda s: shown(
                s,
                RING,
                before='<div style="display:flex;flex-direction:column-reverse">',
                after='<div class="result-panel"><span class="mark">×</span></div></div>',
            ),
            frozenset({CarrierId.DOCOMO}),
        ),
        _glyph(
            "order-flex",
            "two symbols, shown in the other order",
            None,
            '<span style="display:inline-flex;flex-direction:row-reverse"><i>○</i><i>×</i></span>',
        ),
    ]


def _echoes() -> list[Evil]:
    def echo(name: str, tries: str, number: Callable[[Scene], str | None], glyph: str = RING, **more: Any) -> Evil:
        return _lie(name, tries, None, lambda s: Shown(number(s), glyph, NEUTRAL, **more))

    other = lambda s: _other(s.imei)  # noqa: E731 (used eight times below, and named)
    return [
        echo("echo-other", "an answer for another number", other),
        echo("echo-other-dash", "－ for another number", other, DASH),
        echo("echo-none", "an answer for nobody", lambda s: None),
        echo("echo-none-dash", "－ for nobody", lambda s: None, DASH),
        echo("echo-one-digit", "a number with one digit changed", _one_digit_off),
        echo("echo-short", "a number that lost its last digit", lambda s: s.imei.digits[:14]),
        echo("echo-masked", "a number of which only the end is shown", lambda s: "***********" + s.imei.digits[-4:]),
        echo("echo-two", "two numbers, both asked for", lambda s: f"{s.imei.digits} / {_other(s.imei)}"),
        _lie(
            "echo-hidden",
            "the asked number hidden, another one shown",
            None,
            lambda s: Shown(
                _other(s.imei), RING, NEUTRAL, before=f'<p style="display:none">製造番号：{s.imei.digits}</p>'
            ),
        ),
        _lie(
            "echo-in-field",
            "the asked number in a hidden field, another one shown",
            None,
            lambda s: Shown(
                _other(s.imei), RING, NEUTRAL, after=f'<input type="hidden" name="imei" value="{s.imei.digits}">'
            ),
        ),
        _lie(
            "echo-in-script",
            "the asked number in the script, another one shown",
            None,
            lambda s: Shown(_other(s.imei), RING, NEUTRAL, after=f"<script>var imei='{s.imei.digits}'</script>"),
        ),
        _lie(
            "echo-in-title",
            "the asked number in the title only",
            None,
            lambda s: Shown(None, RING, NEUTRAL, head=f"<script>document.title='{s.imei.digits}'</script>"),
        ),
        _lie(
            "echo-replaced",
            "another number drawn over the asked one",
            None,
            lambda s: Shown(
                s.imei.digits,
                RING,
                NEUTRAL,
                head=_replacing_echo(_other(s.imei)),
            ),
        ),
    ]


def _replacing_echo(digits: str) -> str:
    places = (
        ".result-panel:first-of-type p",
        ".list-result li:first-child .detail",
        ".tbl-result tr:first-child td",
        "#searched p",
    )
    rules = (
        f'{place}{{font-size:0}}{place}::before{{content:"製造番号：{digits}";font-size:1rem}}' for place in places
    )
    return _styled("".join(rules))


# ── encodings ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _mojibake() -> list[Evil]:
    def bytes_as(name: str, codec: str, declared: str, glyph: str, meta: str | None = None) -> Evil:
        def page(scene: Scene) -> Response:
            text = pages.result(scene.carrier, Shown(scene.imei.digits, glyph, NEUTRAL))
            text = text.replace(f'charset="{pages.ENCODINGS[scene.carrier]}"', f'charset="{meta or declared}"')
            return Response(text.encode(codec, "xmlcharrefreplace"), content_type=f"text/html; charset={declared}")

        mark = {CROSS: Mark.RESTRICTED}.get(glyph)
        carriers = ALL - {CarrierId.RAKUTEN} if codec == "utf-8" else ALL  # its script takes all bytes for UTF-8
        return Evil(f"mojibake-{name}", f"{codec} bytes declared to be {declared}", mark, page, carriers)

    return [
        bytes_as("sjis-as-utf8", "cp932", "utf-8", CROSS),
        bytes_as("sjis-as-utf8-ring", "cp932", "utf-8", RING),
        bytes_as("utf8-as-sjis", "utf-8", "shift_jis", CROSS),
        bytes_as("utf8-as-sjis-ring", "utf-8", "shift_jis", RING),
        bytes_as("utf8-as-sjis-dash", "utf-8", "shift_jis", DASH),
        bytes_as("sjis-as-eucjp", "cp932", "euc-jp", CROSS),
        bytes_as("eucjp-as-sjis", "euc_jp", "shift_jis", CROSS),
        bytes_as("eucjp-as-sjis-ring", "euc_jp", "shift_jis", RING),
        bytes_as("utf8-as-latin1", "utf-8", "iso-8859-1", CROSS),
        bytes_as("utf8-as-latin1-ring", "utf-8", "iso-8859-1", RING),
        bytes_as("utf8-as-latin1-dash", "utf-8", "iso-8859-1", DASH),
        bytes_as("utf16-as-utf8", "utf-16-le", "utf-8", CROSS),
        bytes_as("meta-differs", "utf-8", "utf-8", CROSS, meta="shift_jis"),
        bytes_as("unknown-charset", "utf-8", "x-unknown", CROSS),
    ]


def _lookalikes() -> list[Evil]:
    return [
        *(
            _text(f"lookalike-{name}", f"a character that is none of the four ({name})", text)
            for name, text in LOOKALIKES.items()
        ),
        *(_text(f"spoilt-{name}", f"a text that answers nothing ({name})", text) for name, text in SPOILT.items()),
        Evil(
            "spoilt-lone-surrogate",
            "a reference to half a character",
            None,
            lambda scene: html(
                scene, pages.result(scene.carrier, Shown(scene.imei.digits, "?", NEUTRAL, glyph_html="&#xD83D;"))
            ),
        ),
        _glyph("spoilt-cross-zero-width", "a × with invisible company", Mark.RESTRICTED, "\u200b×\u2060"),
    ]


LYING: tuple[Evil, ...] = (
    *_hidden(),
    *_written(),
    *_answers(),
    *_echoes(),
    *_mojibake(),
    *_lookalikes(),
)
"""Every lie of this house. Names are unique."""
