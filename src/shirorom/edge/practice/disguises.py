"""The stuff that lies are made of: ways to hide a symbol from people, and characters that are not what they seem."""

from __future__ import annotations

HIDES: dict[str, str] = {
    "display": '<span style="display:none">{}</span>',
    "visibility": '<span style="visibility:hidden">{}</span>',
    "visibility-collapse": '<span style="visibility:collapse">{}</span>',
    "opacity": '<span style="opacity:0">{}</span>',
    "opacity-almost": '<span style="opacity:.02">{}</span>',
    "opacity-parent": '<span style="opacity:.1"><span style="opacity:.1"><b>{}</b></span></span>',
    "off-left": '<span style="position:absolute;left:-9999px">{}</span>',
    "off-top": '<span style="position:fixed;top:-9999px">{}</span>',
    "off-translate": '<span style="display:inline-block;transform:translateX(-300vw)">{}</span>',
    "off-margin": '<span style="display:inline-block;margin:0 9999px 0 -9999px">{}</span>',
    "off-indent": '<span style="display:inline-block;width:1em;overflow:hidden;text-indent:-9999px">{}</span>',
    "font-zero": '<span style="font-size:0">{}</span>',
    "font-one": '<span style="font-size:1px">{}</span>',
    "zoom": '<span style="display:inline-block;zoom:.01">{}</span>',
    "scale-zero": '<span style="display:inline-block;transform:scale(0)">{}</span>',
    "scale-flat": '<span style="display:inline-block;transform:scaleX(.01)">{}</span>',
    "rotate-edge-on": '<span style="display:inline-block;transform:rotateX(90deg)">{}</span>',
    "backface": '<span style="display:inline-block;transform:rotateY(180deg);backface-visibility:hidden">{}</span>',
    "transparent": '<span style="color:transparent">{}</span>',
    "text-fill": '<span style="-webkit-text-fill-color:transparent">{}</span>',
    "same-colour": '<span style="color:#fff;background:#fff">{}</span>',
    "almost-same-colour": '<span style="color:#fdfdfd;background:#fff">{}</span>',
    "same-colour-image": '<span style="color:#fff;background-image:linear-gradient(#fff,#fff)">{}</span>',
    "clip": '<span style="position:absolute;clip:rect(0 0 0 0)">{}</span>',
    "clip-path": '<span style="display:inline-block;clip-path:inset(100%)">{}</span>',
    "clip-circle": '<span style="display:inline-block;clip-path:circle(0)">{}</span>',
    "mask": '<span style="display:inline-block;mask-image:linear-gradient(transparent,transparent)">{}</span>',
    "filter": '<span style="display:inline-block;filter:opacity(0)">{}</span>',
    "no-size": '<span style="display:inline-block;width:0;height:0;overflow:hidden">{}</span>',
    "no-height": '<span style="display:block;max-height:0;overflow:hidden">{}</span>',
    "scrolled-out": (
        '<span style="display:inline-block;width:1.2em;height:1.2em;overflow:hidden;position:relative">'
        '<span style="position:absolute;top:5em">{}</span></span>'
    ),
    "covered": (
        '<span style="position:relative;display:inline-block">{}'
        '<span style="position:absolute;inset:0;background:#fff"></span></span>'
    ),
    "behind": (
        '<span style="position:relative;display:inline-block;z-index:0;background:#fff">'
        '<span style="position:absolute;z-index:-1">{}</span><span style="display:block;background:#fff;'
        'width:1.2em;height:1.2em"></span></span>'
    ),
    "hidden-attribute": "<span hidden>{}</span>",
    "until-found": '<div hidden="until-found">{}</div>',
    "content-visibility": '<span style="display:inline-block;content-visibility:hidden">{}</span>',
    "details": "<details><summary>説明</summary>{}</details>",
    "dialog": "<dialog>{}</dialog>",
    "popover": "<div popover>{}</div>",
    "template": "<template>{}</template>",
    "noscript": "<noscript>{}</noscript>",
    "comment": "<!--{}-->",
    "script": '<script type="text/plain">{}</script>',
    "hidden-input": '<input type="hidden" value="{}">',
    "option": "<select hidden><option>{}</option></select>",
    "title": '<span title="{0}" data-mark="{0}" aria-label="{0}"></span>',
    "ruby-hidden": '<ruby><rt style="display:none">{}</rt></ruby>',
    "media-print": "<style>@media screen{{.only-print{{display:none}}}}</style><span class=only-print>{}</span>",
    "animation": (
        "<style>@keyframes gone{{to{{opacity:0}}}}.going{{animation:gone 1ms forwards}}</style>"
        "<span class=going>{}</span>"
    ),
    "first-letter": (
        "<style>.fl::first-letter{{font-size:0;color:transparent}}</style>"
        '<span class="fl" style="display:inline-block">{}</span>'
    ),
    "layer": (
        "<style>@layer a{{.lay{{display:none!important}}}}.lay{{display:inline!important}}</style><i class=lay>{}</i>"
    ),
}
"""Each takes a symbol and keeps it from being seen. Name → HTML with one `{}`."""

LOOKALIKES: dict[str, str] = {
    "latin-O": "O", "latin-o": "o", "zero": "0", "fullwidth-O": "\uff2f", "fullwidth-o": "\uff4f",
    "fullwidth-zero": "\uff10", "cyrillic-O": "\u041e", "cyrillic-o": "\u043e", "greek-Omicron": "\u039f",
    "greek-omicron": "\u03bf", "white-bullet": "\u25e6", "small-circle": "\u26ac", "black-circle": "\u25cf",
    "black-large-circle": "\u2b24", "bullseye": "\u25ce", "sun": "\u2609", "circled-dot": "\u2299",
    "circled-ring": "\u229a", "dotted-circle": "\u25cc", "heavy-large-circle": "\u2b55", "radio-button": "\U0001f518",
    "degree": "\u00b0", "masculine-ordinal": "\u00ba", "subscript-o": "\u2092", "circled-o": "\u24de",
    "hangul-ieung": "\u3147", "hangul-jamo-ieung": "\u110b", "telugu-zero": "\u0c66", "devanagari-zero": "\u0966",
    "half-circle": "\u25d0", "circle-lower-half": "\u25d2", "combining-circle": "\u25cb\u20dd",
    "circled-bullet": "\u29be",
    "latin-X": "X", "latin-x": "x", "fullwidth-X": "\uff38", "fullwidth-x": "\uff58", "greek-chi": "\u03c7",
    "cyrillic-Ha": "\u0425", "cyrillic-ha": "\u0445", "box-cross": "\u2573", "vector-cross": "\u2a2f",
    "heavy-ballot-x": "\u2718", "cross-mark": "\u274c", "cross-square": "\u274e", "kanji-gai": "\u4e42",
    "katakana-me": "\u30e1", "bopomofo-x": "\u3128", "circled-times": "\u2297", "runic-gebo": "\u16b7",
    "down-triangle": "\u25bd", "down-triangle-black": "\u25bc", "greek-Delta": "\u0394", "triangle-dot": "\u25ec",
    "small-triangle": "\u25b5", "small-triangle-black": "\u25b4", "right-triangle": "\u25b7", "warning": "\u26a0",
    "red-triangle": "\U0001f53a", "canadian-a": "\u1403", "kanji-mu": "\u3004",
    "underscore": "_", "fullwidth-underscore": "\uff3f", "tilde": "~", "wave-dash": "\u301c",
    "fullwidth-tilde": "\uff5e", "kanji-one": "\u4e00", "kangxi-one": "\u2f00", "box-horizontal": "\u2500",
    "box-horizontal-heavy": "\u2501", "hangul-eu": "\u3161", "macron": "\u00af", "overline": "\u203e",
    "equals": "=", "fullwidth-equals": "\uff1d", "fullwidth-plus": "\uff0b", "vertical-bar": "\uff5c",
    "ellipsis": "\u2026", "question": "\uff1f", "check": "\u2713", "heavy-check": "\u2714", "good": "\u826f",
    "replacement": "\ufffd", "private-use": "\ue000", "emoji-ok": "\U0001f197",
    "nbsp": "\u00a0", "ideographic-space": "\u3000",
}  # fmt: skip
"""Single characters that resemble ○, ×, △ or － (or stand in for them) and are none of them."""

SPOILT: dict[str, str] = {
    "ring-with-stroke": "\u25cb\u0338",
    "ring-prohibited": "\u25cb\u20e0",
    "ring-enclosed": "\u25cb\u20de",
    "ring-overlay-x": "\u25cb\u033d",
    "dash-with-stroke": "\uff0d\u0338",
    "ring-zero-width-space": "\u25cb\u200b",
    "ring-word-joiner": "\u2060\u25cb",
    "ring-joiner-cross": "\u25cb\u200d\u00d7",
    "ring-soft-hyphen": "\u25cb\u00ad",
    "ring-bom": "\ufeff\u25cb",
    "dash-zero-width": "\uff0d\u200b",
    "override-ring": "\u202e\u25cb\u202c",
    "override-two": "\u202e\u25cb\u00d7\u202c",
    "isolate": "\u2067\u25cb\u00d7\u2069",
    "ring-ring": "\u25cb\u25cb",
    "ring-cross": "\u25cb\u00d7",
    "cross-ring": "\u00d7\u25cb",
    "all-four": "\u25cb\u25b3\u00d7\uff0d",
    "ring-slash-cross": "\u25cb/\u00d7",
    "ring-arrow-cross": "\u25cb\u2192\u00d7",
    "ring-or-dash": "\u25cb\u30fb\uff0d",
    "ring-question": "\u25cb\uff1f",
    "ring-date": "\u25cb\u6708\u25cb\u65e5",
    "ring-denied": "\u25cb\u3067\u306f\u3042\u308a\u307e\u305b\u3093",
    "ring-particle": "\u25cb\u306f\u5236\u9650\u306e\u5bfe\u8c61\u5916\u3092\u8868\u3057\u307e\u3059",
    "zero-year": "\u4e8c\u3007\u4e8c\u516d\u5e74",
    "dash-number": "-1",
    "long-vowel": "\u30a8\u30e9\u30fc",
    "range": "9\uff0d17\u6642",
    "empty": "",
    "spaces": "\u3000\u00a0 ",
}
"""Texts in the answer's place that hold a symbol, or nothing, and answer nothing. Name → text."""
