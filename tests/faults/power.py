"""Power loss without a kernel module: what a program wrote and synced is recorded by strace, and disk states are built
from it in which what was not synced is there, is missing, is torn, or came in another order.

The model, stricter than most disks: a file's bytes are durable from the end of a sync of that file; a name (made,
renamed, removed) from the end of a sync of its directory; names become durable in order, bytes in any order and in
sectors of 512 bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

SECTOR = 512
CALLS = "openat,pwrite64,write,ftruncate,fdatasync,fsync,rename,unlink,link,lseek,close"

_DONE = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)(?:<([^>]*)>)?")
_BEGUN = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
_QUOTED = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_DESCRIPTOR = re.compile(r"^(\d+)<([^>]*)>")


@dataclass(frozen=True)
class Call:
    """One call that changed the disk, or a line that was said."""

    name: str
    path: str
    other: str = ""
    offset: int = 0
    data: bytes = b""


def strace_options() -> tuple[str, ...]:
    """Everything the replay needs: whole data, in hexadecimal, and the path of every descriptor."""
    return ("-xx", "-y", "-s", "1000000", "-e", f"trace={CALLS}")


def calls(trace: Path) -> Iterator[Call]:
    """The recorded calls that succeeded, in the order in which they came to their end."""
    begun: dict[str, str] = {}
    ends: dict[tuple[str, str], int] = {}  # (process, descriptor's path): where the next `write` goes
    for line in trace.read_text().splitlines():
        if match := _BEGUN.match(line):
            begun[match[1]] = f"{match[1]} {match[2]}({match[3]}"
            continue
        if match := _RESUMED.match(line):
            line = begun.pop(match[1]) + match[3]
        done = _DONE.match(line)
        if done is None or int(done[4]) < 0:
            continue
        yield from _call(done[2], done[3], int(done[4]), done[5], ends)


def _call(
    name: str, arguments: str, result: int, opened: str | None, ends: dict[tuple[str, str], int]
) -> Iterator[Call]:
    strings = [_bytes(quoted) for quoted in _QUOTED.finditer(arguments)]
    on = _DESCRIPTOR.match(arguments)
    path = _text(on[2]) if on else ""
    match name:
        case "openat":
            target = _text(opened or "")
            ends[("", target)] = 0
            if "O_CREAT" in arguments:
                yield Call("create", target)
            if "O_TRUNC" in arguments:
                yield Call("ftruncate", target, offset=0)
        case "pwrite64":
            yield Call("write", path, offset=int(arguments.rsplit(",", 1)[1]), data=strings[0][:result])
        case "write" if on is not None and on[1] == "1":
            yield Call("say", "", data=strings[0])
        case "write":
            place = ends.get(("", path), 0)
            ends[("", path)] = place + result
            yield Call("write", path, offset=place, data=strings[0][:result])
        case "ftruncate":
            yield Call("ftruncate", path, offset=int(arguments.rsplit(",", 1)[1]))
        case "fdatasync" | "fsync":
            yield Call("sync", path)
        case "rename" | "link":
            yield Call(name, strings[0].decode(), other=strings[1].decode())
        case "unlink":
            yield Call("unlink", strings[0].decode())


def _bytes(quoted: re.Match[str]) -> bytes:
    assert quoted[2] is None, "strace cut the data"
    return bytes.fromhex(quoted[1].replace("\\x", ""))


def _text(escaped: str) -> str:
    return bytes.fromhex(escaped.replace("\\x", "")).decode() if escaped.startswith("\\x") else escaped


@dataclass
class Inode:
    """A file: what is durable of it, and what was done to it since."""

    durable: bytes = b""
    since: list[Call] = field(default_factory=list)

    def after(self, random: Random) -> bytes:
        """Its bytes after the power came back: of what was not synced, any part."""
        content = bytearray(self.durable)
        for call in self.since:
            chance = random.random()
            if chance < 0.4:
                continue
            _apply(content, _torn(call, random) if chance < 0.6 else call)
        return bytes(content)

    def sync(self) -> None:
        """All of it is durable from here on."""
        content = bytearray(self.durable)
        for call in self.since:
            _apply(content, call)
        self.durable, self.since = bytes(content), []


@dataclass
class Naming:
    """A change of names that its directory was not synced after: `path` is gone, `to` is this file (empty: none).

    Without a file it is a directory that was renamed, with whatever it holds.
    """

    path: str
    to: str
    inode: Inode | None

    def apply(self, names: dict[str, Inode]) -> None:
        """Carry it out."""
        if self.inode is None:
            for name in [name for name in names if name.startswith(f"{self.path}/")]:
                names[self.to + name.removeprefix(self.path)] = names.pop(name)
            return
        names.pop(self.path, None)
        if self.to:
            names[self.to] = self.inode

    def is_in(self, directory: str) -> bool:
        """Whether a sync of this directory makes it durable."""
        return directory in (str(Path(name).parent) for name in (self.path, self.to) if name)


class Disk:
    """What a disk below one directory holds, and what it would hold if the power failed now."""

    def __init__(self, root: Path) -> None:
        self._root = f"{root}/"
        files = [path for path in root.rglob("*") if path.is_file()]
        self._names = {str(path): Inode(path.read_bytes()) for path in files}
        self._durable = dict(self._names)
        self._since: list[Naming] = []

    def do(self, call: Call) -> None:
        """Carry out one recorded call."""
        here = self._names.get(call.path)
        match call.name:
            case "create" if here is None and call.path.startswith(self._root):
                self._name(Naming("", call.path, Inode()))
            case "write" | "ftruncate" if here is not None:
                here.since.append(call)
            case "rename" if call.path.startswith(self._root):
                self._name(Naming(call.path, call.other, here))
            case "link" if here is not None:
                self._name(Naming("", call.other, here))
            case "unlink" if here is not None:
                self._name(Naming(call.path, "", here))
            case "sync" if here is not None:
                here.sync()
            case "sync":
                self._sync_directory(call.path)

    def after(self, random: Random) -> dict[str, bytes]:
        """The files after a power loss, by their path below the root."""
        names = dict(self._durable)
        for naming in self._since[: random.randint(0, len(self._since))]:
            naming.apply(names)
        return {
            path.removeprefix(self._root): inode.after(random)
            for path, inode in names.items()
            if not path.endswith("-shm")  # an index in memory, never read after a crash
        }

    def _name(self, naming: Naming) -> None:
        naming.apply(self._names)
        self._since.append(naming)

    def _sync_directory(self, directory: str) -> None:
        for naming in self._since:
            if naming.is_in(directory):
                naming.apply(self._durable)
        self._since = [naming for naming in self._since if not naming.is_in(directory)]


def _apply(content: bytearray, call: Call) -> None:
    if call.name == "ftruncate":
        del content[call.offset :]
        content.extend(bytes(call.offset - len(content)))
        return
    if len(content) < call.offset:
        content.extend(bytes(call.offset - len(content)))
    content[call.offset : call.offset + len(call.data)] = call.data


def _torn(call: Call, random: Random) -> Call:
    """Only some first sectors of a write reached the disk."""
    return replace(call, data=call.data[: random.randint(0, len(call.data) // SECTOR) * SECTOR])
