"""A folder into which the POS writes: every complete file once, nothing half-written, nothing moved unasked."""

from __future__ import annotations

import asyncio
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from shirorom.adapters.watched_folder import WatchedFolder
from shirorom.domain.errors import ShiroromError
from shirorom.service.settings import WatchSettings
from shirorom.service.watch_folder import STILL, FileTaken
from shirorom.service.watch_import import Wish
from tests.book_kit import BookShop, book_shop, csv_of, row


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[BookShop]:
    with book_shop(tmp_path) as made:
        (tmp_path / "pos").mkdir()
        yield made


def put(shop: BookShop, name: str, *rows: list[str], content: bytes | None = None) -> Path:
    path = shop.data / "pos" / name
    path.write_bytes(csv_of(rows) if content is None else content)
    return path


def look(shop: BookShop, *, done: Path | None = None, **wish: bool) -> list[FileTaken]:
    """Two looks, as far apart as a file must lie still."""
    folder = shop.watch.folder(shop.data / "pos", done=done)
    found = list(shop.watch.book.folders.look(folder, Wish(**wish)))
    shop.clock.pass_(STILL.total_seconds())
    return found + list(shop.watch.book.folders.look(folder, Wish(**wish)))


def names(found: list[FileTaken]) -> list[str]:
    return [taken.name for taken in found]


def anew(shop: BookShop) -> None:
    """Another process over the same data."""
    shop.composition.close()
    shop.__post_init__()


def test_a_file_is_taken_once_and_its_result_lies_beside_it(shop: BookShop) -> None:
    """Nothing of the POS's is touched; our own results are no exports."""
    path = put(shop, "stock.csv", row("A", 1))
    before = path.read_bytes()
    (taken,) = look(shop)
    assert taken.result == shop.data / "pos" / "shirorom" / "stock.shirorom.csv"
    assert "shirorom_verdict" in taken.result.read_text(encoding="utf-8-sig")
    assert (look(shop), path.read_bytes()) == ([], before)
    anew(shop)
    assert look(shop) == []


def test_a_changed_file_is_taken_again(shop: BookShop) -> None:
    """Also where it changes back to what it was before."""
    first, second = row("A", 1, 販売価格="100"), row("A", 1, 販売価格="90")
    for expected, price in (("100", first), ("90", second), ("100", first)):
        put(shop, "stock.csv", price)
        assert names(look(shop)) == ["stock.csv"]
        assert str(shop.units()["A"].price_yen) == expected


def test_a_half_written_file_is_left(shop: BookShop) -> None:
    """It is taken when it has been still for a moment, and as a whole."""
    folder, folders = shop.watch.folder(shop.data / "pos"), shop.watch.book.folders
    whole = csv_of([row("A", 1), row("B", 2)])
    path = put(shop, "stock.csv", content=whole[:60])
    assert folders.look(folder, Wish()) == []
    shop.clock.pass_(1)
    assert folders.look(folder, Wish()) == []
    path.write_bytes(whole)
    shop.clock.pass_(1)
    assert folders.look(folder, Wish()) == []  # it has moved
    shop.clock.pass_(STILL.total_seconds())
    (taken,) = folders.look(folder, Wish())
    assert taken.imported is not None
    assert taken.imported.new == 2


def test_a_renamed_copy_is_no_second_import(shop: BookShop) -> None:
    """Nor an old one, which would set the book back."""
    old = put(shop, "stock.csv", row("A", 1, 販売価格="100"))
    look(shop)
    shutil.copy(old, shop.data / "pos" / "backup.csv")
    put(shop, "stock.csv", row("A", 1, 販売価格="90"))
    assert names(look(shop)) == ["stock.csv"]
    anew(shop)
    assert look(shop) == []
    assert shop.units()["A"].price_yen == 90


def test_a_broken_file_is_told_once_and_stops_no_other(shop: BookShop) -> None:
    """By its code; a mended one is taken."""
    put(shop, "a.csv", content=b"%PDF-1.7")
    put(shop, "b.csv", row("B", 2))
    found = look(shop)
    assert [(one.name, one.error.code if one.error else "") for one in found] == [
        ("a.csv", "table-unreadable"), ("b.csv", "")
    ]  # fmt: skip
    anew(shop)
    assert look(shop) == []
    put(shop, "a.csv", row("A", 1))
    assert names(look(shop)) == ["a.csv"]


def test_a_file_that_another_program_holds_is_tried_again(shop: BookShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once, and taken as soon as it can be read."""

    def held(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "held")

    put(shop, "stock.csv", row("A", 1))
    with monkeypatch.context() as patch:
        patch.setattr("shirorom.adapters.watched_folder.Path.open", held)
        assert [one.error and one.error.code for one in look(shop)] == ["import-file"]
        assert look(shop) == []
    assert names(look(shop)) == ["stock.csv"]
    assert list(shop.units()) == ["A"]


@pytest.mark.parametrize("name", [".stock.csv", "~$stock.xlsx", "stock.csv.tmp", "stock.shirorom.csv", "readme.md"])
def test_what_is_no_export_is_not_looked_at(shop: BookShop, name: str) -> None:
    """Hidden files, a spreadsheet's locks, our own results."""
    put(shop, name, row("A", 1))
    assert look(shop) == []


def test_links_are_not_followed(shop: BookShop) -> None:
    """A folder that others can write to names no file outside it."""
    outside = shop.file(csv_of([row("A", 1)]), "outside.csv")
    (shop.data / "pos" / "link.csv").symlink_to(outside)
    assert look(shop) == []


def test_a_read_only_folder_works(shop: BookShop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The book is imported; that the result could not be written is told by its code."""

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "read-only")

    shop.take([row("B", 2)])  # the data directory is made
    put(shop, "stock.csv", row("A", 1))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refused)  # whoever runs the tests may write everywhere
        (taken,) = look(shop)
        assert (taken.unwritten, taken.result, list(shop.units())) == ("storage-read-only", None, ["B", "A"])
        assert look(shop) == []


def test_a_result_that_cannot_be_written_keeps_nothing_out(shop: BookShop) -> None:
    """A file stands where the results' folder would be."""
    put(shop, "stock.csv", row("A", 1))
    (shop.data / "pos" / "shirorom").write_text("x")
    (taken,) = look(shop)
    assert (taken.unwritten != "", list(shop.units())) == (True, ["A"])


def test_taken_files_move_where_the_shop_wants_them(shop: BookShop) -> None:
    """Only then, and never over another."""
    done = shop.data / "done"
    for n in (1, 2):
        put(shop, "stock.csv", row("A", n))
        look(shop, done=done)
    assert sorted(path.name for path in done.iterdir()) == ["stock (2).csv", "stock.csv"]
    assert [path.name for path in (shop.data / "pos").iterdir()] == ["shirorom"]


def test_a_dry_run_remembers_nothing(shop: BookShop) -> None:
    """And writes nothing into the folder."""
    put(shop, "stock.csv", row("A", 1))
    (taken,) = look(shop, dry_run=True)
    assert taken.imported is not None
    assert ([path.name for path in (shop.data / "pos").iterdir()], shop.units()) == (["stock.csv"], {})
    assert names(look(shop))[-1:] == ["stock.csv"]
    assert list(shop.units()) == ["A"]


def test_once_waits_for_what_was_just_written(shop: BookShop) -> None:
    """One call of the command takes what lies there, and ends."""
    put(shop, "stock.csv", row("A", 1))
    folder = WatchedFolder(shop.data / "pos")
    found = shop.watch.book.folders.once(folder, Wish(), shop.clock.pass_)
    assert names(list(found)) == ["stock.csv"]
    assert shop.watch.book.folders.once(folder, Wish(), shop.clock.pass_) == []


def test_a_folder_that_is_gone_is_told(shop: BookShop) -> None:
    """A share that is not connected."""
    with pytest.raises(ShiroromError, match="import-folder"):
        shop.watch.book.folders.look(shop.watch.folder(shop.data / "nowhere"), Wish())


async def test_serve_looks_into_the_folder_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as it runs, and also while the folder is not there."""
    with book_shop(tmp_path) as shop:
        settings = msgspec.structs.replace(shop.composition.settings, watch=WatchSettings(folder="../pos"))
        shop.composition.settings = settings  # type: ignore[misc]  # in the place of what a file would say
        looks = 0

        async def sleep(seconds: float) -> None:
            nonlocal looks
            looks += 1
            shop.clock.pass_(seconds)
            if looks == 1:
                (tmp_path / "pos").mkdir()
                put(shop, "stock.csv", row("A", 1))
            if looks == 4:
                raise asyncio.CancelledError

        monkeypatch.setattr("shirorom.compose.watch.asyncio.sleep", sleep)
        with pytest.raises(asyncio.CancelledError):
            await shop.watch.look_into_folder()
        assert list(shop.units()) == ["A"]
