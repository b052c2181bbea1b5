"""A folder into which the POS writes its export: each new or changed file is taken once, when it is complete.

What was taken is remembered by its content, so a renamed copy is no second import; a name whose content changed back
is taken again. A broken file is told once and keeps no other away.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.ports.book import Book, Folder, Seen, Taken
from shirorom.ports.clock import Clock
from shirorom.ports.tables import TableKind
from shirorom.service.watch_give_back import GiveBack
from shirorom.service.watch_import import Imported, WatchImport, Wish

STILL = timedelta(seconds=2)
"""A file is complete when size and time have not moved for so long."""
LOOKS_MAX = 5
"""So often `once` waits for files that are still being written; the rest is left for the next time."""


@dataclass(frozen=True, slots=True)
class FileTaken:
    """What came of one file. `result`: the file with our columns; `error`: why nothing was taken.

    `unwritten`: it was taken, and the result (or its move) could not be written, by this code. `again`: it could not be
    read yet (another program holds it), and is tried at the next look.
    """

    name: str
    imported: Imported | None
    error: ShiroromError | None = None
    result: Path | None = None
    unwritten: str = ""
    again: bool = False


@dataclass(slots=True)
class WatchFolder:
    """Looks into folders. One process, one object: it remembers what it saw when."""

    importing: WatchImport
    give_back: GiveBack
    book: Book
    clock: Clock
    _seen: dict[tuple[str, str], tuple[Seen, datetime]] = field(default_factory=dict)
    _settled: dict[tuple[str, str], Seen] = field(default_factory=dict)
    _told: dict[tuple[str, str], tuple[Seen, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def look(self, folder: Folder, wish: Wish) -> Sequence[FileTaken]:
        """Take what is complete by now. Raises `import-folder`, and StorageError of our own disk."""
        with self._lock:
            now, found = self.clock.now(), []
            for seen in folder.files():
                at = (str(folder), seen.name)
                if self._settled.get(at) == seen or not self._still(at, seen, now):
                    continue
                taken = self._take(folder, seen.name, wish)
                again = taken is not None and taken.again
                if not wish.dry_run and not again:
                    self._settled[at] = seen
                if taken is not None and not (again and self._told.get(at) == (seen, taken.error and taken.error.code)):
                    found.append(taken)
                if taken is not None and taken.error is not None:
                    self._told[at] = (seen, taken.error.code)
            return found

    def once(self, folder: Folder, wish: Wish, wait: Callable[[float], None]) -> Sequence[FileTaken]:
        """Look until nothing is left that only needed to be seen twice."""
        found = list(self.look(folder, wish))
        for _ in range(LOOKS_MAX):
            if all(self._settled.get((str(folder), seen.name)) == seen for seen in folder.files()):
                break
            wait(STILL.total_seconds())
            more = self.look(folder, wish)
            found += more
            if wish.dry_run and more:
                break
        return found

    def _still(self, at: tuple[str, str], seen: Seen, now: datetime) -> bool:
        """Whether it lay there just so at an earlier look."""
        before = self._seen.get(at)
        if before is None or before[0] != seen or before[1] > now:
            self._seen[at] = (seen, now)
            return False
        return now - before[1] >= STILL

    def _take(self, folder: Folder, name: str, wish: Wish) -> FileTaken | None:
        """One file; None: it was taken before."""
        try:
            with folder.copied(name) as (copy, digest):
                place = f"{folder}/{name}"
                if not self._is_new(digest, place):
                    return None
                try:
                    imported = self.importing(copy, wish)
                except StorageError:
                    raise
                except ShiroromError as error:
                    self._remember(digest, place, error.code, wish)
                    return FileTaken(name, None, error)
                self._remember(digest, place, "", wish)
        except ShiroromError as error:  # of this machine, not of the file: it may be better at the next look
            return FileTaken(name, None, error, again=True)
        return FileTaken(name, imported) if wish.dry_run else self._answer(folder, name, imported)

    def _is_new(self, digest: str, place: str) -> bool:
        same, last = self.book.taken(digest=digest, name=place)
        if last is not None:
            return last.digest != digest
        return same is None  # under another name: a copy

    def _remember(self, digest: str, place: str, code: str, wish: Wish) -> None:
        if not wish.dry_run:
            self.book.take(Taken(digest, place, code, self.clock.now()))

    def _answer(self, folder: Folder, name: str, imported: Imported) -> FileTaken:
        """Write the results beside it; a folder that cannot be written is imported all the same."""
        try:
            result = folder.result(name)
            self.give_back.file(imported, result, kind=TableKind.CSV)
            folder.done(name)
        except StorageError as error:
            return FileTaken(name, imported, unwritten=error.code)
        return FileTaken(name, imported, result=result)
