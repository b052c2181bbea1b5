"""The dated facts that come with the product (`data/*.toml`) as domain values. Strict: a slip in a file is an error."""

from __future__ import annotations

import dataclasses
import re
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import msgspec

from shirorom.domain.carrier import CarrierFacts, CarrierId, Confidence, Source
from shirorom.domain.errors import ConfigError
from shirorom.domain.glyphs import GlyphTable
from shirorom.domain.mark import Mark
from shirorom.domain.policy import Policy

FILE_BYTES_MAX = 256 * 1024
"""No fact file comes near this; a bigger one is not ours."""

_AT = re.compile(r"`\$\.?([^`]+)`$")

_T = TypeVar("_T")


class TomlFacts:
    """`ports.Facts` from the package's own data, or from another directory of the same shape. Each file is read once.

    Raises:
        ConfigError: `config-invalid` with `file` and `key` (and `why`, in English, for whoever edits the file).
    """

    def __init__(self, root: Traversable | None = None) -> None:
        self._root = root if root is not None else resources.files("shirorom") / "data"
        self._carriers = {carrier: self._read_carrier(carrier) for carrier in CarrierId}
        self._glyphs = _read_glyphs(self._root / "glyphs.toml")
        self._policies = self._read_policies()
        self._policy_by_id = {policy.id: policy for policy in self._policies}
        self._sources = _read_sources(self._root / "sources.toml")

    def carrier(self, carrier: CarrierId) -> CarrierFacts:
        """What is known of one carrier."""
        return self._carriers[carrier]

    def glyphs(self) -> GlyphTable:
        """Which symbol means which mark."""
        return self._glyphs

    def policies(self) -> Sequence[Policy]:
        """The rules, oldest first."""
        return self._policies

    def policy(self, policy: str) -> Policy:
        """One rule, by its id."""
        try:
            return self._policy_by_id[policy]
        except KeyError:
            raise ConfigError(
                "config-invalid", file="config.toml", key="verdict.policy", why="no such policy"
            ) from None

    def source(self, what: str) -> Source:
        """Where a reason or an advice rests (`data/sources.toml`). KeyError: no such name."""
        return self._sources[what]

    def _read_carrier(self, carrier: CarrierId) -> CarrierFacts:
        file = self._root / "carriers" / f"{carrier.value}.toml"
        facts = load(file, CarrierFacts)
        if facts.id is not carrier:
            raise _invalid(file, "id", "differs from the file's name")
        for key, url in (("origin", facts.origin), ("check_url", facts.check_url)):
            try:
                real = facts.is_real(url)
            except ConfigError:
                real = False
            if not real:
                raise _invalid(file, key, "its host is not among `hosts`")
        if facts.page.glyph not in ("alone", "first-character"):
            raise _invalid(file, "page.glyph", "neither alone nor first-character")
        if set(facts.wording) != set(Mark):
            raise _invalid(file, "wording", "needs one list for each of the four marks")
        if not facts.sources:
            raise _invalid(file, "source", "a fact without a source")
        return facts

    def _read_policies(self) -> tuple[Policy, ...]:
        directory = self._root / "policies"
        files = [file for file in directory.iterdir() if file.name.endswith(".toml")] if directory.is_dir() else []
        policies = [load(file, Policy) for file in files]
        if len({policy.id for policy in policies}) != len(policies):
            raise ConfigError("config-invalid", file="policies", key="id", why="two files with one id")
        return tuple(sorted(policies, key=lambda policy: (policy.announced_on, policy.id)))


@cache
def packaged_facts() -> TomlFacts:
    """The facts of this installation, read once per process."""
    return TomlFacts()


def load(file: Traversable, shape: type[_T]) -> _T:
    """Read one TOML file into a dataclass of the domain.

    A key of the file is the field's name without a trailing underscore (`from` fills `from_`); an array of tables is
    named in the singular (`[[source]]` fills `sources`). A field that may be None, or has a default, may be absent.

    Raises:
        ConfigError: `config-invalid`: unreadable, an unknown key, a missing key, a value of another type.
    """
    prepared = _fill(_table(file), shape, file, "")
    try:
        return msgspec.convert(prepared, shape, strict=True)
    except (msgspec.ValidationError, ValueError) as error:
        at = _AT.search(str(error))
        raise _invalid(file, at[1] if at else "?", str(error).partition(" - at ")[0]) from error


@dataclasses.dataclass(frozen=True, slots=True)
class _GlyphFile:
    """`glyphs.toml`: the two lists with the day they were gathered."""

    read_on: date
    confidence: Confidence
    page: Mapping[Mark, tuple[str, ...]]
    operator: Mapping[Mark, tuple[str, ...]]


def _read_glyphs(file: Traversable) -> GlyphTable:
    glyphs = load(file, _GlyphFile)
    tables = []
    for key, lists in (("page", glyphs.page), ("operator", glyphs.operator)):
        if set(lists) != set(Mark):
            raise _invalid(file, key, "needs one list for each of the four marks")
        pairs = [(glyph, mark) for mark, those in lists.items() for glyph in those]
        if len({glyph for glyph, _ in pairs}) != len(pairs):
            raise _invalid(file, key, "one symbol stands twice")
        tables.append(dict(pairs))
    return GlyphTable(page=tables[0], operator=tables[1])


@dataclasses.dataclass(frozen=True, slots=True)
class _SourceFile:
    """`sources.toml`."""

    sources: tuple[Source, ...]


def _read_sources(file: Traversable) -> dict[str, Source]:
    sources = load(file, _SourceFile).sources
    named = {source.what: source for source in sources}
    if len(named) != len(sources) or "" in named:
        raise _invalid(file, "what", "missing, or one name stands twice")
    return named


def _table(file: Traversable) -> dict[str, Any]:
    try:
        content = file.read_bytes()
        if len(content) > FILE_BYTES_MAX:
            raise _invalid(file, "?", "too large")
        return tomllib.loads(content.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _invalid(file, "?", str(error)) from error


def _fill(table: Mapping[str, Any], shape: type[Any], file: Traversable, where: str) -> dict[str, Any]:
    """Rename the keys to the fields of `shape`, refuse those it has not, put None where it may stand."""
    hints = typing.get_type_hints(shape)
    filled: dict[str, Any] = {}
    known = set()
    for field in dataclasses.fields(shape):
        hint = hints[field.name]
        row = _row_of(hint)
        key = field.name.removesuffix("s") if row is not None else field.name.rstrip("_")
        known.add(key)
        here = f"{where}{key}"
        if key not in table:
            if _may_be_none(hint):
                filled[field.name] = None
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                raise _invalid(file, here, "missing")
            continue
        value = table[key]
        if row is not None and isinstance(value, list):
            value = [_fill_if(one, row, file, f"{here}[{n}].") for n, one in enumerate(value)]
        filled[field.name] = _fill_if(value, hint, file, f"{here}.")
    for key in table:
        if key not in known:
            raise _invalid(file, f"{where}{key}", "unknown")
    return filled


def _fill_if(value: Any, hint: Any, file: Traversable, where: str) -> Any:
    for one in typing.get_args(hint) if _is_union(hint) else (hint,):
        if dataclasses.is_dataclass(one) and isinstance(one, type) and isinstance(value, dict):
            return _fill(value, one, file, where)
    return value


def _row_of(hint: Any) -> type[Any] | None:
    """The dataclass D of a `tuple[D, ...]`, which the file writes as an array of tables."""
    args = typing.get_args(hint)
    if (
        typing.get_origin(hint) is tuple
        and len(args) == 2
        and args[1] is Ellipsis
        and dataclasses.is_dataclass(args[0])
    ):
        return typing.cast("type[Any]", args[0])
    return None


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def _may_be_none(hint: Any) -> bool:
    return _is_union(hint) and type(None) in typing.get_args(hint)


def _invalid(file: Traversable, key: str, why: str) -> ConfigError:
    return ConfigError("config-invalid", file=file.name, key=key, why=why)
