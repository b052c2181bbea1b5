"""Hostile pages: they attack whoever opens them, by script, by redirect, by size, by time, or by what they ask for."""

from __future__ import annotations

import gzip
import threading
import tomllib
from collections.abc import Callable, Iterator
from functools import cache, partial
from urllib.parse import quote

import msgspec

from shirorom.domain.mark import Mark
from shirorom.edge.practice import pages
from shirorom.edge.practice.look import asset
from shirorom.edge.practice.pages import Shown
from shirorom.edge.practice.scene import NEUTRAL, Evil, Scene, html, show
from shirorom.edge.practice.server import Response

HUGE_BYTES = 400_000_000
BOMB_BYTES = 200_000_000
"""What a compressed answer of 200 kB unfolds to."""
DRIP_S = 0.5


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page of `assets/hostile.toml`; what its keys mean stands there."""

    name: str
    tries: str
    script: str | None = None
    markup: str = ""
    head: str = ""
    instead: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    redirect: str | None = None
    status: int = 302


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    page: tuple[_Row, ...]


def _of(row: _Row) -> Evil:
    if row.redirect is not None:
        return Evil(row.name, row.tries, None, partial(_redirect, row))
    if row.instead is not None:
        return Evil(row.name, row.tries, None, partial(_instead, row))
    return Evil(row.name, row.tries, Mark.RESTRICTED, partial(_beside_answer, row))


def _redirect(row: _Row, scene: Scene) -> Response:
    target = quote(_fill(row.redirect or "", scene), safe="%:/;,=<>?&()'")  # a header is ASCII
    return Response(status=row.status, headers=(("Location", target),))


def _instead(row: _Row, scene: Scene) -> Response:
    body = pages.page(scene.carrier, "確認結果", "<p>お待ちください。</p>" + _fill(row.instead or "", scene))
    return html(scene, body, headers=tuple((name, _fill(value, scene)) for name, value in row.headers))


def _beside_answer(row: _Row, scene: Scene) -> Response:
    markup = row.markup if row.script is None else f"<script>{row.script}</script>"
    shown = Shown(scene.imei.digits, "\u00d7", NEUTRAL, after=_fill(markup, scene), head=_fill(row.head, scene))
    return show(scene, shown)


def _fill(text: str, scene: Scene) -> str:
    return text.replace("{stray}", scene.stray).replace("{imei}", scene.imei.digits)


# ── bytes and streams ────────────────────────────────────────────────────────────────────────────────────────────────


def _bare(name: str, tries: str, page: Callable[[Scene], Response]) -> Evil:
    return Evil(name, tries, None, page)


def _stream(
    first: bytes, chunk: Callable[[int], bytes], *, every_s: float, bytes_max: int | None = None
) -> Callable[[threading.Event], Iterator[bytes]]:
    def chunks(closing: threading.Event) -> Iterator[bytes]:
        yield first
        sent = n = 0
        while bytes_max is None or sent < bytes_max:
            if every_s and closing.wait(every_s):
                return
            part = chunk(n)
            yield part
            sent += len(part)
            n += 1

    return chunks


def _streamed(
    name: str, tries: str, part: str, *, every_s: float = 0.0, bytes_max: int | None = None, answer: bool = False
) -> Evil:
    def page(scene: Scene) -> Response:
        shown = Shown(scene.imei.digits, "\u00d7" if answer else None, NEUTRAL)
        whole = pages.encode(scene.carrier, pages.result(scene.carrier, shown))
        first = whole[: whole.rindex(b"</main>")]
        more = pages.encode(scene.carrier, part)
        content_type = f"text/html; charset={pages.ENCODINGS[scene.carrier]}"
        return Response(
            content_type=content_type, chunks=_stream(first, lambda _: more, every_s=every_s, bytes_max=bytes_max)
        )

    return Evil(name, tries, Mark.RESTRICTED if answer else None, page)


def _raw(
    name: str,
    tries: str,
    body: bytes,
    content_type: str,
    *,
    status: int = 200,
    length: int | None = None,
    headers: tuple[tuple[str, str], ...] = (),
) -> Evil:
    return _bare(name, tries, lambda scene: Response(body, status, content_type, headers, length=length))


_RING_HTML = "<!DOCTYPE html><meta charset=utf-8><title>○</title><p>○</p>".encode()
_BOUNDARY = b"--part\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
_ENTITIES = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "○○○○○○○○○○">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + ']><x xmlns="http://www.w3.org/1999/xhtml">&i;</x>'
).encode()


def _on_the_wire() -> list[Evil]:
    return [
        _streamed("body-endless", "a page that never ends", "<p>" + "×" * 4_000 + "</p>"),
        _streamed("body-400-mb", "a page of 400 million bytes", "<p>" + "-" * 65_000 + "</p>", bytes_max=HUGE_BYTES),
        _streamed(
            "body-400-mb-answered",
            "the same after a true answer",
            "<!--" + "-" * 65_000 + "-->",
            bytes_max=HUGE_BYTES,
            answer=True,
        ),
        _streamed("body-drip", "a page that drips a character at a time", " ", every_s=DRIP_S),
        _streamed("body-drip-answered", "the same after a true answer", " ", every_s=DRIP_S, answer=True),
        _streamed("body-drip-swap", "a page that goes on adding to its answer", "<b>○</b>", every_s=0.02),
        _raw("body-shorter", "a page shorter than it said", _RING_HTML, "text/html; charset=utf-8", length=9_999),
        _bare(
            "body-bomb",
            "a page that unfolds to a thousand times its size",
            lambda scene: Response(_bomb(), headers=(("Content-Encoding", "gzip"),)),
        ),
        _raw(
            "body-no-gzip",
            "a page that says it is compressed and is not",
            _RING_HTML,
            "text/html",
            headers=(("Content-Encoding", "gzip"),),
        ),
        _raw(
            "body-no-brotli", "the same in another way", _RING_HTML, "text/html", headers=(("Content-Encoding", "br"),)
        ),
        _raw("body-empty", "nothing at all", b"", "text/html; charset=utf-8"),
        _raw("body-noise", "bytes without sense", bytes(range(256)) * 64, "text/html; charset=utf-8"),
        _raw(
            "body-download",
            "a file instead of a page",
            _RING_HTML,
            "application/octet-stream",
            headers=(("Content-Disposition", 'attachment; filename="setup.exe"'),),
        ),
        _raw(
            "body-download-html",
            "a page that wants to be saved",
            _RING_HTML,
            "text/html; charset=utf-8",
            headers=(("Content-Disposition", "attachment; filename=a.html"),),
        ),
        _raw("body-text", "a page declared as plain text", _RING_HTML, "text/plain; charset=utf-8"),
        _raw(
            "body-json",
            "an answer that is no page",
            '{"imei":"","symbol":"○","message":"○"}'.encode(),
            "application/json; charset=utf-8",
        ),
        _raw("body-pdf", "a document instead of a page", b"%PDF-1.4\n%%EOF\n", "application/pdf"),
        _raw(
            "body-image",
            "a picture instead of a page",
            b"<svg xmlns='http://www.w3.org/2000/svg'><text y='20'>\xe2\x97\x8b</text></svg>",
            "image/svg+xml",
        ),
        _raw("body-xml", "an XML that unfolds without end", _ENTITIES, "application/xhtml+xml; charset=utf-8"),
        _bare(
            "body-replaced",
            "pages that follow one another in one answer",
            lambda scene: Response(
                content_type="multipart/x-mixed-replace; boundary=part",
                chunks=_stream(b"", lambda n: _BOUNDARY + ("○" if n % 2 else "×").encode() + b"\r\n", every_s=0.05),
            ),
        ),
        _raw("status-204", "no page", b"", "text/html", status=204),
        _raw("status-205", "no page, and start again", b"", "text/html", status=205),
        _raw(
            "status-206",
            "a part of a page",
            _RING_HTML,
            "text/html; charset=utf-8",
            status=206,
            headers=(("Content-Range", "bytes 0-9/99"),),
        ),
        _raw("status-304", "nothing new", b"", "text/html", status=304),
        _raw("status-300", "a choice of pages", _RING_HTML, "text/html; charset=utf-8", status=300),
        _raw(
            "status-401",
            "a password",
            _RING_HTML,
            "text/html; charset=utf-8",
            status=401,
            headers=(("WWW-Authenticate", 'Basic realm="\xe2"'),),
        ),
        _raw(
            "status-407",
            "a password for a proxy",
            _RING_HTML,
            "text/html; charset=utf-8",
            status=407,
            headers=(("Proxy-Authenticate", "Basic realm=x"),),
        ),
        _raw("status-500-with-answer", "a failure that shows ○", _RING_HTML, "text/html; charset=utf-8", status=500),
        _bare(
            "status-404-with-answer",
            "a whole answer under a status of failure",
            lambda scene: html(
                scene, pages.result(scene.carrier, Shown(scene.imei.digits, "\u25cb", NEUTRAL)), status=404
            ),
        ),
        _bare(
            "status-503-with-answer",
            "the same, under another",
            lambda scene: html(
                scene, pages.result(scene.carrier, Shown(scene.imei.digits, "\uff0d", NEUTRAL)), status=503
            ),
        ),
        _raw(
            "headers-large",
            "a header of a hundred thousand bytes",
            _RING_HTML,
            "text/html",
            headers=(("X-Large", "x" * 100_000),),
        ),
        _raw(
            "headers-cookies",
            "two hundred cookies",
            _RING_HTML,
            "text/html; charset=utf-8",
            headers=tuple(("Set-Cookie", f"c{n}={'x' * 900}; Path=/") for n in range(200)),
        ),
    ]


@cache
def _bomb() -> bytes:
    """A page of `BOMB_BYTES` spaces, compressed while it is made."""
    return gzip.compress(_RING_HTML, 1) + gzip.compress(b" " * BOMB_BYTES, 1)


HOSTILE: tuple[Evil, ...] = (
    *map(_of, msgspec.convert(tomllib.loads(asset("hostile.toml")), _File).page),
    *_on_the_wire(),
)
"""Every hostile page of this house. Names are unique."""
