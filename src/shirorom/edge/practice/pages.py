"""The practice pages as HTML text: form, answer, and every page that a carrier may send in its stead.

The markup follows what is known of the real pages (`data/carriers/*.toml`): names of fields and buttons, the answer's
place, the encoding. It is written by hand and not made from those facts, so that a slip in a fact shows in a test.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import Mark
from shirorom.edge.practice.look import document

HEADING = "ネットワーク利用制限携帯電話機の確認"

ENCODINGS = {
    CarrierId.DOCOMO: "shift_jis",
    CarrierId.AU: "utf-8",
    CarrierId.SOFTBANK: "utf-8",
    CarrierId.RAKUTEN: "utf-8",
}

SENTENCES: dict[Mark, str] = {
    Mark.CLEAR: "現在、利用制限の対象ではありません。",
    Mark.CAUTION: "現在は利用できますが、今後制限の対象となる可能性があります。",
    Mark.RESTRICTED: "ネットワークの利用を制限しています。",
    Mark.NO_RECORD: "入力された製造番号は確認できません。",
}

RAKUTEN_SENTENCES: dict[Mark, str] = {
    Mark.CLEAR: "利用可能です。",
    Mark.CAUTION: "確認中です。今後制限されることがあります。",
    Mark.RESTRICTED: "代金債務不履行等により制限しています。",
    Mark.NO_RECORD: "入力されたIMEIは確認できません。",
}

_LEGEND = (
    ("○", "制限の対象ではないもの"),
    ("△", "今は使えるが、支払いなどの状況により制限されることがあるもの"),
    ("×", "制限しているもの"),
    ("－", "番号を確認できないもの"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a result page shows. `echo` and `sentence` are text; `glyph` is text that stands in the answer's place.

    Attributes:
        echo: The number that the page repeats; None leaves it out.
        glyph: The symbol; None leaves the answer's place out altogether.
        sentence: The explanation beside it.
        legend_first: Whether the list of all four symbols stands before the answer.
        glyph_html: Raw HTML in the glyph's stead (for tests that hide, swap or draw it).
        second: A second answer of the same kind: a page that contradicts itself.
        head: Raw HTML at the end of the head.
        before: Raw HTML before everything in the page's main part.
        after: Raw HTML after it.
    """

    echo: str | None
    glyph: str | None
    sentence: str = ""
    legend_first: bool | None = None
    glyph_html: str | None = None
    second: str | None = None
    head: str = ""
    before: str = ""
    after: str = ""

    @property
    def mark_html(self) -> str:
        """The glyph as HTML."""
        return self.glyph_html if self.glyph_html is not None else escape(self.glyph or "")


def sentence_of(carrier: CarrierId, mark: Mark | None) -> str:
    """The practice site's own words for a mark; for an unknown symbol, words that claim nothing."""
    if mark is None:
        return "窓口でお問い合わせください。"
    return (RAKUTEN_SENTENCES if carrier is CarrierId.RAKUTEN else SENTENCES)[mark]


def encode(carrier: CarrierId, html: str) -> bytes:
    """The bytes that this carrier sends: docomo's are Shift_JIS, with references for what it cannot hold."""
    codec = "cp932" if ENCODINGS[carrier] == "shift_jis" else "utf-8"
    return html.encode(codec, errors="xmlcharrefreplace")


def page(carrier: CarrierId, heading: str, body: str, *, head: str = "") -> str:
    """Any page of this carrier's practice site."""
    return document(carrier, heading, body, head=head, charset=ENCODINGS[carrier])


def legend(carrier: CarrierId) -> str:
    """All four symbols with their meaning, marked up as treacherously like the answer as on such pages."""
    if carrier is CarrierId.AU:
        rows = "".join(f"<li>{glyph}：{text}</li>" for glyph, text in _LEGEND)
        return f'<section class="legend"><h2>記号の説明</h2><ul>{rows}</ul></section>'
    if carrier is CarrierId.SOFTBANK:
        rows = "".join(f"<tr><td>{glyph}</td><td>{text}</td></tr>" for glyph, text in _LEGEND)
        return f'<section class="legend"><h2>記号の見かた</h2><table>{rows}</table></section>'
    if carrier is CarrierId.RAKUTEN:
        rows = "".join(f"<li><span>{glyph}</span> {text}</li>" for glyph, text in _LEGEND)
        return f'<section class="legend"><h2>判定結果について</h2><ul>{rows}</ul></section>'
    rows = "".join(f"<dt>{glyph}</dt><dd>{text}</dd>" for glyph, text in _LEGEND)
    return f'<section class="legend"><h2>凡例</h2><dl>{rows}</dl></section>'


# ── forms ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def top() -> str:
    """docomo's first page, which leads to the form."""
    return page(
        CarrierId.DOCOMO,
        HEADING,
        "<p>携帯電話機の製造番号から、利用制限の状況を確認できます。</p>"
        '<p><a class="button" href="/search.php">確認へ進む</a></p>' + legend(CarrierId.DOCOMO),
    )


def form(carrier: CarrierId, problem: str | None = None) -> str:
    """The page with the field; with `problem`, the sentence that refuses an input, and no symbol at all."""
    told = f'<p class="problem">{escape(problem)}</p>' if problem else ""
    about = "" if problem else legend(carrier)
    head = '<script src="/restriction/app.js" defer></script>\n' if carrier is CarrierId.RAKUTEN else ""
    return page(carrier, HEADING, told + _FORMS[carrier] + about, head=head)


_FORMS = {
    CarrierId.DOCOMO: (
        '<form method="post" action="/result.php"><label for="productno">製造番号</label>'
        '<input type="text" id="productno" name="productno" maxlength="15" inputmode="numeric" autocomplete="off">'
        '<div><input type="submit" value="確認する"></div></form>'
    ),
    CarrierId.AU: (
        '<form method="post" action="/cmn/WCV009001/WCE009002.hc"><label for="f1">IMEI番号</label>'
        '<input type="tel" id="f1" name="imei" maxlength="15" autocomplete="off">'
        '<div><button type="submit" class="btnPrimary">次へ</button></div></form>'
    ),
    CarrierId.SOFTBANK: (
        '<form method="post" action="/WBF/icv"><input type="hidden" name="_PageID" value="WBF001000">'
        '<table><tr><th><label for="imei-no">製造番号（IMEI）</label></th>'
        '<td><input type="text" id="imei-no" name="imei" maxlength="15" inputmode="numeric" autocomplete="off"></td>'
        "</tr></table>"
        '<input type="submit" name="ACT_TE001" value="確認"></form>'
    ),
    CarrierId.RAKUTEN: (
        '<form id="ask" onsubmit="return false"><label for="imei">IMEI</label>'
        '<input type="tel" id="imei" maxlength="15" autocomplete="off">'
        '<div><button type="button" id="search" disabled>確認する</button></div></form>'
        '<div id="searched"></div><div id="search-result" aria-live="polite"></div>'
    ),
}

# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def result(carrier: CarrierId, shown: Shown) -> str:
    """A carrier's result page. Rakuten's is what its script makes of the form page, written out."""
    first = _LEGEND_FIRST[carrier] if shown.legend_first is None else shown.legend_first
    about = legend(carrier)
    answer = _ANSWERS[carrier](shown)
    parts = (about, answer) if first else (answer, about)
    return page(carrier, "確認結果", shown.before + "".join(parts) + shown.after, head=shown.head)


_LEGEND_FIRST = {
    CarrierId.DOCOMO: False,
    CarrierId.AU: True,
    CarrierId.SOFTBANK: False,
    CarrierId.RAKUTEN: True,
}


def _docomo_answer(shown: Shown) -> str:
    echo = "" if shown.echo is None else f"製造番号：{escape(shown.echo)}"
    panel = ""
    if shown.glyph is not None:
        second = "" if shown.second is None else f'<span class="mark">{escape(shown.second)}</span>'
        panel = (
            f'<div class="result-panel"><span class="mark">{shown.mark_html}</span>{second}'
            f"<p>{escape(shown.sentence)}</p></div>"
        )
    return f'<div class="result-panel"><p>{echo}</p></div>{panel}<p><a href="/search.php">続けて確認する</a></p>'


def _au_answer(shown: Shown) -> str:
    rows = []
    if shown.echo is not None:
        rows.append(("IMEI", escape(shown.echo)))
    if shown.glyph is not None:
        rows.append(("状態", f"{shown.mark_html}：{escape(shown.sentence)}"))
    if shown.second is not None:
        rows.append(("状態", f"{escape(shown.second)}：{escape(shown.sentence)}"))
    items = "".join(
        f'<li><span class="heading">{heading}</span><span class="detail">{detail}</span></li>'
        for heading, detail in rows
    )
    return f'<ul class="list-result">{items}</ul><p><a href="/cmn/WCV009001/WCE009001.hc">戻る</a></p>'


def _softbank_answer(shown: Shown) -> str:
    echo = "" if shown.echo is None else f"<tr><th>製造番号</th><td colspan=2>{escape(shown.echo)}</td></tr>"
    rows = ""
    if shown.glyph is not None:
        rows += f'<tr><th>判定</th><td class="glyph">{shown.mark_html}</td><td>{escape(shown.sentence)}</td></tr>'
    if shown.second is not None:
        rows += f'<tr><th>判定</th><td class="glyph">{escape(shown.second)}</td><td></td></tr>'
    return f'<table class="tbl-result">{echo}{rows}</table><p><a href="/WBF/icv">戻る</a></p>'


def _rakuten_answer(shown: Shown) -> str:
    echo = "" if shown.echo is None else f"<p>IMEI：{escape(shown.echo)}</p>"
    place = ""
    if shown.glyph is not None:
        place = f'<p class="glyph">{shown.mark_html}</p>'
        if shown.second is not None:
            place += f'<p class="glyph">{escape(shown.second)}</p>'
        place += f"<p>{escape(shown.sentence)}</p>"
    return f'<div id="searched">{echo}</div><div id="search-result">{place}</div>'


_ANSWERS = {
    CarrierId.DOCOMO: _docomo_answer,
    CarrierId.AU: _au_answer,
    CarrierId.SOFTBANK: _softbank_answer,
    CarrierId.RAKUTEN: _rakuten_answer,
}


# ── pages in the answer's stead ──────────────────────────────────────────────────────────────────────────────────────


def maintenance(carrier: CarrierId) -> str:
    """A closed page."""
    return page(
        carrier, "お知らせ", "<p>システムメンテナンス中です。ただいまご利用いただけません。終了までお待ちください。</p>"
    )


def consent(carrier: CarrierId, action: str, fields: dict[str, str]) -> str:
    """A consent that only a person can give; then the answer."""
    return page(
        carrier,
        "確認結果をご覧になる前に",
        f'<form method="post" action="{escape(action)}">{_hidden(fields)}'
        "<p>表示される内容は照会した時点のもので、将来を約束するものではありません。</p>"
        '<p><label><input type="checkbox" name="agree" value="1" required> 上の内容に同意する</label></p>'
        '<button type="submit">同意して進む</button></form>',
    )


def captcha(carrier: CarrierId, action: str, fields: dict[str, str]) -> str:
    """A picture that only a person may read (it always shows the same four digits: this is practice)."""
    return page(
        carrier,
        "画像認証",
        f'<form method="post" action="{escape(action)}">{_hidden(fields)}'
        '<p><img src="/captcha.svg" alt="画像認証の文字" width="180" height="60"></p>'
        '<label for="key">画像に見える数字を入力してください</label>'
        '<input type="text" id="key" name="attestationkey" autocomplete="off" inputmode="numeric">'
        '<div><button type="submit">送信</button></div></form>',
    )


CAPTCHA_KEY = "7319"


def _hidden(fields: dict[str, str]) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in fields.items()
    )
