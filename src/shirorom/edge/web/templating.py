"""The page templates: one Jinja environment, everything escaped, an unknown name is an error."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined


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
def static_files() -> dict[str, bytes]:
    """Everything under `static/` that a page may load, by name."""
    folder = resources.files("shirorom.edge.web") / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name.endswith((".css", ".js", ".svg"))}


@cache
def static_url(name: str) -> str:
    """Address of a static file; its digest is part of it, so that it may be cached for ever."""
    return f"/static/{name}?v={sha256(static_files()[name]).hexdigest()[:12]}"
