"""What makes the public page installable: manifest and worker. The worker keeps explanations, never an answer."""

from __future__ import annotations

import json
import re
from functools import cache

import msgspec
from litestar import get
from litestar.response import Response

from shirorom.edge.http.language import tag_of
from shirorom.edge.web.guide import FOR_ANYONE, OFFLINE
from shirorom.edge.web.page import AnyRequest, speech_of, web_of
from shirorom.edge.web.templating import static_files, static_url, template_source

ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)
WITH_GUIDES = ("base.html", "guide.html", "guide_index.html", "guide_offline.html", "drawings.html")
_STATIC = re.compile(r"static\('([^']+)'\)")
_URL = re.compile(rb'url\("([a-z0-9.-]+)"\)')
VARY = {"vary": "Accept-Language, Cookie"}


@get("/manifest.webmanifest", include_in_schema=False, opt=FOR_ANYONE)
async def manifest(request: AnyRequest) -> Response[bytes]:
    """Name, colours and icons for the home screen."""
    speech = speech_of(request)
    told = {
        "id": "/",
        "name": speech.t("ui.name"),
        "short_name": speech.t("ui.name"),
        "description": speech.t("ui.ask.heading"),
        "lang": tag_of(speech.language),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f2f2f2",
        "theme_color": "#0017c1",
        "icons": [
            {"src": static_url(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
    }
    return Response(msgspec.json.encode(told), media_type="application/manifest+json", headers=VARY)


@get("/sw.js", include_in_schema=False, opt=FOR_ANYONE)
async def service_worker(request: AnyRequest) -> Response[bytes]:
    """The worker, with the list of what it may keep written into it."""
    guides = ["/guide", *(f"/guide/{guide.id}" for guide in web_of(request).parts.guides()), f"/guide/{OFFLINE}"]
    lists = f"const GUIDES = {json.dumps(guides)};\nconst FILES = {json.dumps(offline_files())};\n"
    return Response(lists.encode() + static_files()["worker.js"], media_type="text/javascript")


@cache
def offline_files() -> list[str]:
    """Addresses of the static files that the explanations load: those their templates and style sheets name."""
    names = dict.fromkeys(name for template in WITH_GUIDES for name in _STATIC.findall(template_source(template)))
    addresses = [static_url(name) for name in names]
    for name in names:
        if name.endswith(".css"):
            addresses += [f"/static/{inner.decode()}" for inner in _URL.findall(static_files()[name])]
    return list(dict.fromkeys(addresses))


INSTALLABLE = (manifest, service_worker)
