"""What a view asks of the engine that holds a log's rows (adapters/log_view.py verifies whatever it is given)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from shirorom.domain.errors import StorageError
from shirorom.log.entry import NO_LEAF
from shirorom.log.tree import NodeOf

T = TypeVar("T")
Row = Sequence[Any]

ROWS_AT_ONCE = 1_000


class Stored(Protocol):
    """The rows of one log over one connection, as they are. A row that is asked for by index and is not there raises
    `StorageError("log-corrupt", part="row")`.
    """

    def version(self) -> object:
        """A value that is another one after somebody else has appended."""
        ...

    def size(self) -> object:
        """Entries."""
        ...

    def derived(self, derive: Callable[[NodeOf], T]) -> T:
        """What follows from nodes of the tree; each is 32 bytes (`as_hash`). `derive` may be called more than once,
        and follows the same way whatever the hashes are.
        """
        ...

    def hashes(self, indexes: Sequence[int]) -> Sequence[Row]:
        """(hashes,) of the entries at these indexes, which rise."""
        ...

    def leaves(self, first: int) -> Iterator[Sequence[Row]]:
        """(index, entry, hashes) from an index on, in order, some at a time."""
        ...

    def entries(self, first: int, until: int) -> Sequence[Row]:
        """(entry,) of a range, in order."""
        ...

    def opening(self, index: int) -> Row:
        """(index, key, counter, previous, salt, statement, entry)."""
        ...

    def history(self, key: int) -> tuple[Sequence[Row], Row | None]:
        """As of one moment: a device's openings by counter, as `opening` has them; its row (count, last index)."""
        ...

    def range(self, first: int, until: int) -> Sequence[Row]:
        """(index, entry, key, counter, previous, salt, statement) of a range, in order."""
        ...

    def heads(self, keys: Sequence[int]) -> Iterable[Row]:
        """(key, count, key and counter of the opening at the last index, the entry there) of those that are known."""
        ...

    def keys(self, first: int) -> Iterable[Row]:
        """(key,) of the openings from an index on, or of every device."""
        ...


def as_whole(value: object) -> int:
    """A count or an index. Raises `log-corrupt`."""
    if not isinstance(value, int) or value < 0:
        raise StorageError("log-corrupt", part="number")
    return value


def as_bytes(value: object) -> bytes:
    """Bytes. Raises `log-corrupt`."""
    if not isinstance(value, bytes):
        raise StorageError("log-corrupt", part="bytes")
    return value


def as_hash(value: object) -> bytes:
    """32 bytes. Raises `log-corrupt`."""
    if not isinstance(value, bytes) or len(value) != len(NO_LEAF):
        raise StorageError("log-corrupt", part="hash")
    return value


def no_row() -> StorageError:
    """What is said where a row must be and is not."""
    return StorageError("log-corrupt", part="row")
