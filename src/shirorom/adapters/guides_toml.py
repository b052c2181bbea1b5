"""Reads the explanation pages (`data/guide/*.toml`). Strict: a statement without a source is refused, like a slip."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from shirorom.adapters.facts_toml import load
from shirorom.domain.carrier import Source
from shirorom.domain.errors import ConfigError
from shirorom.domain.guide import Guide, GuideKind, Section, Statement

SOURCES = "sources.toml"


@dataclasses.dataclass(frozen=True, slots=True)
class _File:
    """One page's file."""

    id: str
    order: int
    kind: GuideKind
    sections: tuple[Section, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class _Sources:
    """A list of sources."""

    sources: tuple[Source, ...]


@cache
def packaged_guides() -> Sequence[Guide]:
    """The pages of this installation, in their order; read once per process."""
    return read_guides(resources.files("shirorom") / "data")


def read_guides(data: Traversable) -> Sequence[Guide]:
    """Every page under `data/guide`; its sources are those of `guide/sources.toml` and of `sources.toml`.

    Raises:
        ConfigError: `config-invalid`: a statement without source, a source that nobody knows, an id twice.
    """
    sources = _named(data / SOURCES) | _named(data / "guide" / SOURCES)
    files = sorted((data / "guide").iterdir(), key=lambda file: file.name)
    guides = [_guide(file, sources) for file in files if file.name.endswith(".toml") and file.name != SOURCES]
    if len({guide.id for guide in guides}) != len(guides):
        raise ConfigError("config-invalid", file="guide", key="id", why="two files with one id")
    return tuple(sorted(guides, key=lambda guide: guide.order))


def _named(file: Traversable) -> dict[str, Source]:
    return {source.what: source for source in load(file, _Sources).sources}


def _guide(file: Traversable, sources: Mapping[str, Source]) -> Guide:
    read = load(file, _File)
    used: dict[str, Source] = {}
    for section in read.sections:
        if len({one.id for one in section.statements}) != len(section.statements):
            raise ConfigError("config-invalid", file=file.name, key=section.id, why="one statement stands twice")
        for statement in section.statements:
            _check(statement, sources, f"{section.id}.{statement.id}", file)
            used |= {name: sources[name] for name in statement.source}
    return Guide(read.id, read.order, read.kind, read.sections, used)


def _check(statement: Statement, sources: Mapping[str, Source], key: str, file: Traversable) -> None:
    if bool(statement.source) + statement.ours + statement.unknown != 1:
        raise ConfigError("config-invalid", file=file.name, key=key, why="needs a source, or `ours`, or `unknown`")
    for name in statement.source:
        if name not in sources:
            raise ConfigError("config-invalid", file=file.name, key=key, why=f"no such source: {name}")
