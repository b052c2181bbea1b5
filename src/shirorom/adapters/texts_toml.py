"""The text catalogue: everything that people read, from `data/text`, and the carriers' names from their facts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ConfigError

LANGS: Final = ("ja", "en")
"""The languages; the first is the original."""
REGISTERS: Final = {"ja-easy": "ja"}
"""Other ways of saying it: a register says what it says itself, and the rest as the language that it belongs to."""

_OPTIONAL = re.compile(r"\{\?((?:[^{}]|\{[a-z_]+\})*)\}")
_PLACE = re.compile(r"\{([a-z_]+)\}")
_READING = re.compile(r"([\u3005\u3400-\u9fff0-9０-９]+)《([ぁ-ゖァ-ヺー]+)》")
_MISSING = "\uff1f"  # ？: a detail that is not known is said to be so
_OWN_TEXT = ("title", "word")


class Texts:
    """One language or register. Keys are dotted paths of the files; `carrier.ID`, `.lag` come from `data/carriers`."""

    def __init__(self, lang: str, texts: Mapping[str, str]) -> None:
        self.lang = lang
        self._texts = texts

    @classmethod
    def load(cls, lang: str, root: Traversable | None = None) -> Texts:
        """The catalogue of a language, from the package's own data or from another directory of the same shape.

        Raises:
            ConfigError: `config-invalid`, a file cannot be read, or one key stands in two files.
        """
        if root is not None:
            return cls(REGISTERS.get(lang, lang), _read(lang, root))
        return _packaged(lang)

    def t(self, key: str, /, **details: object) -> str:
        """The text of a key, its `{name}` places filled.

        A part `{?…{name}…}` is left out when a detail in it is not given. The key of a table (`mark.clear`) gives its
        title or word. KeyError: no such key.
        """
        return fill(self._texts[key], details)

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._texts

    def templates(self) -> Mapping[str, str]:
        """Every key with its text unfilled, for the manual and the tests."""
        return self._texts


def fill(template: str, details: Mapping[str, object]) -> str:
    """Put details into a template; what is not given and not optional shows as ？. Nothing is evaluated."""

    if "{" not in template:
        return template

    def optional(part: re.Match[str]) -> str:
        known = all(name in details for name in _PLACE.findall(part[1]))
        return part[1] if known else ""

    wanted = _OPTIONAL.sub(optional, template).strip() if "{?" in template else template
    return _PLACE.sub(lambda place: str(details.get(place[1], _MISSING)), wanted)


def places(template: str) -> frozenset[str]:
    """The names of a template's places, optional ones with a `?` in front."""
    optional = {f"?{name}" for part in _OPTIONAL.findall(template) for name in _PLACE.findall(part)}
    return frozenset(optional | set(_PLACE.findall(_OPTIONAL.sub("", template))))


@cache
def _packaged(lang: str) -> Texts:
    return Texts(REGISTERS.get(lang, lang), _read(lang, resources.files("shirorom") / "data"))


def _read(lang: str, root: Traversable) -> dict[str, str]:
    if lang in REGISTERS:
        return _of_register(lang, root)
    if lang not in LANGS:
        raise KeyError(lang)
    texts: dict[str, str] = {}
    for file in _files(lang, root):
        _merge(texts, _flat(_table(file)), file)
    for carrier in CarrierId:
        file = root / "carriers" / f"{carrier.value}.toml"
        facts = _table(file)
        suffix = "" if lang == "ja" else f"_{lang}"
        named = {f"carrier.{carrier.value}": facts[f"name{suffix}"]}
        if f"lag{suffix}" in facts:
            named[f"carrier.{carrier.value}.lag"] = facts[f"lag{suffix}"]
        _merge(texts, named, file)
    return texts


def own_texts(register: str, root: Traversable | None = None) -> dict[str, str]:
    """What a register says in words of its own."""
    texts: dict[str, str] = {}
    for file in _files(register, root if root is not None else resources.files("shirorom") / "data"):
        _merge(texts, _flat(_table(file)), file)
    return texts


def _of_register(register: str, root: Traversable) -> dict[str, str]:
    """Its own texts over those of its language. Raises `config-invalid` for a key that the language has not."""
    base, own = _read(REGISTERS[register], root), own_texts(register, root)
    for key in own:
        if key not in base:
            raise ConfigError("config-invalid", file=f"*.{register}.toml", key=key, why="not in the language")
    return base | {key: readings(text) for key, text in own.items()}


def readings(text: str) -> str:
    """Turn 漢字《かんじ》, as the files write a reading, into the private signs that `edge/web/ruby.py` draws."""
    return _READING.sub("\ue000\\1\ue001\\2\ue002", text)


def _files(lang: str, root: Traversable) -> list[Traversable]:
    """`LANG.toml` and every `ROOM.LANG.toml`: each room of the product keeps its words in a file of its own."""
    ending = f".{lang}.toml"
    return sorted(
        (file for file in (root / "text").iterdir() if f".{file.name}".endswith(ending)), key=lambda file: file.name
    )


def _flat(table: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in table.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{path}.")
            own = next((value[name] for name in _OWN_TEXT if isinstance(value.get(name), str)), None)
            if own is not None:
                flat[path] = own
        else:
            flat[path] = str(value)
    return flat


def _merge(texts: dict[str, str], more: Mapping[str, str], file: Traversable) -> None:
    for key, text in more.items():
        if key in texts:
            raise ConfigError("config-invalid", file=file.name, key=key, why="stands twice")
        texts[key] = text


def _table(file: Traversable) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError("config-invalid", file=file.name, key="?", why=str(error)) from error
