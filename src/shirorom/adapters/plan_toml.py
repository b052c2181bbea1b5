"""The file of the plan's rules: the shop's own (`DATA/watch/plan.toml`), else the one that comes with the product."""

from __future__ import annotations

import re
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from shirorom.adapters.durable import make_private, private_directory, write_durably
from shirorom.adapters.facts_toml import load
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.desk.plan_rules import PlanRules, RuleSet
from shirorom.domain.errors import ConfigError

NAME = "plan.toml"
_CHOICE = re.compile(r'^rules[ \t]*=[ \t]*(?:"[^"\n]*"|\'[^\'\n]*\')', re.MULTILINE)
_PART = re.compile(r"(\w+)(?:\[(\d+)\])?(?:\.(\w+))?")
_SYNTAX = re.compile(r"at line (\d+)")


class TomlRuleBook:
    """See `ports.plan.RuleBook`; besides, the file itself for whoever edits it."""

    def __init__(self, data: Path) -> None:
        self._own = data / "watch" / NAME
        self._read: tuple[tuple[int, int, int], PlanRules] | None = None

    @property
    def is_own(self) -> bool:
        """Whether the shop has a file of its own."""
        return self._own.exists()

    def rules(self) -> PlanRules:
        """See `ports.plan.RuleBook`."""
        state = self._state()
        if self._read is None or self._read[0] != state:
            self._read = (state, read_rules(self._file()))
        return self._read[1]

    def _state(self) -> tuple[int, int, int]:
        """Which file it is, so that an edited one is read anew."""
        try:
            known = self._own.stat()
        except OSError:
            return (0, 0, 0)
        return (known.st_ino, known.st_mtime_ns, known.st_size)

    def text(self, *, default: bool = False) -> str:
        """The file in force, or the one that comes with the product, as it stands."""
        with storage_errors(self._own):
            return (_packaged() if default else self._file()).read_text(encoding="utf-8")

    def check(self, file: Path) -> PlanRules:
        """Read a file without using it. Raises ConfigError `plan-rules-invalid`."""
        return read_rules(file)

    def save(self, file: Path) -> PlanRules:
        """Put a file in force, once it is sound. Raises as `check`, and StorageError: nothing was changed."""
        rules = read_rules(file)
        self._write(file.read_text(encoding="utf-8-sig"))
        return rules

    def choose(self, name: RuleSet) -> PlanRules:
        """See `ports.plan.RuleBook`. One line of the file changes; comments and all else stay."""
        known = self.rules()
        if name not in known.sets:
            raise _invalid(NAME, 0, name.value, "no rule")
        text = self.text()
        changed, count = _CHOICE.subn(f'rules = "{name.value}"', text, count=1)
        if not count:
            raise _invalid(NAME, 0, "rules", "missing")
        self._write(changed)
        return self.rules()

    def _file(self) -> Traversable | Path:
        return self._own if self._own.exists() else _packaged()

    def _write(self, text: str) -> None:
        with storage_errors(self._own):
            if not self._own.parent.exists():
                make_private(self._own.parent.parent)
            private_directory(self._own.parent)
            write_durably(self._own, text.encode("utf-8"))


def read_rules(file: Traversable | Path) -> PlanRules:
    """Read and check a file of rules.

    Raises:
        ConfigError: `plan-rules-invalid` with `file`, `line` (0: unknown), `key` and `why` (in English).
    """
    try:
        return load(file, PlanRules)
    except ConfigError as error:
        key, why = str(error.details.get("key", "?")), str(error.details.get("why", ""))
        syntax = _SYNTAX.search(why)
        line = int(syntax[1]) if syntax else _line_of(file, key)
        raise _invalid(file.name, line, key, why) from error


def _line_of(file: Traversable | Path, key: str) -> int:
    """The line of a key such as `usual[3].every`, from 1; of its table where the key is missing; 0: unknown."""
    part = _PART.match(key)
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        return 0
    if part is None:
        return 0
    table, nth, inner = part[1], part[2], part[3]
    head = re.compile(rf"\s*\[\[\s*{table}\s*\]\]" if nth is not None else rf"\s*\[\s*{table}\s*\]")
    starts = [n for n, line in enumerate(lines, 1) if head.match(line)]
    at = int(nth or 0)
    start = starts[at] if at < len(starts) else 0
    if start and inner is None:
        return start
    wanted = re.compile(rf"\s*{inner if start else table}\s*=")
    for n in range(start, len(lines)):
        if lines[n].lstrip().startswith("["):
            break
        if wanted.match(lines[n]):
            return n + 1
    return start


def _packaged() -> Traversable:
    return resources.files("shirorom") / "data" / "watch" / NAME


def _invalid(file: str, line: int, key: str, why: str) -> ConfigError:
    return ConfigError("plan-rules-invalid", file=file, line=line, key=key, why=why)
