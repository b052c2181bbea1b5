"""The page templates: one Jinja environment, everything escaped, an unknown name is an error. And the static files."""

from __future__ import annotations

import gzip
from functools import cache
from hashlib import sha256
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined

KINDS = (".css", ".js", ".svg", ".png")
COMPRESSED = (".css", ".js", ".svg")
"""Text shrinks to a third; a picture does not."""


@cache
def environment() -> Environment:
    """Made once; templates are compiled when first used and stay."""
    made = Environment(
        loader=PackageLoader("shirorom.edge.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["static"] = static_url
    return made


def render(template: str, **context: object) -> str:
    """A page or a part of one."""
    return environment().get_template(template).render(**context)


@cache
def template_source(name: str) -> str:
    """A template as it is written."""
    return (resources.files("shirorom.edge.web") / "templates" / name).read_text(encoding="utf-8")


@cache
def static_files() -> dict[str, bytes]:
    """Everything under `static/` that a page may load, by name."""
    folder = resources.files("shirorom.edge.web") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith(KINDS)}


@cache
def compressed(name: str) -> bytes | None:
    """A static file by gzip, made once; None where that gains nothing. Only these: they hold nobody's secret."""
    if not name.endswith(COMPRESSED):
        return None
    content = static_files()[name]
    smaller = gzip.compress(content, compresslevel=9, mtime=0)
    return smaller if len(smaller) < len(content) else None


@cache
def static_url(name: str) -> str:
    """Address of a static file; its digest is part of it, so that it may be cached for ever."""
    return f"/static/{name}?v={sha256(static_files()[name]).hexdigest()[:12]}"
