"""`watch import`, `watch export`, `watch list` and `practice --book` as they are called."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest

from tests.book_kit import csv_of, number, row
from tests.unit.cli_house import Shop, shop

__all__ = ["shop"]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "在庫.csv"
    path.write_bytes(
        csv_of([row("A-1", 1, 店舗="新宿"), row("A-2", 2, "販売済", レシート番号="R-9"), row("A-3", "12")])
    )
    return path


def test_import_tells_columns_counts_and_what_is_wrong(shop: Shop, export: Path) -> None:
    """Exit 0 also with row errors; each error names line, column, remedy and code, and no number."""
    done = shop.call("watch", "import", str(export))
    assert done.status == 0
    assert "管理番号 ← 管理番号（見出し）" in done.out
    assert "新しい 2・変わった 0・同じ 0・誤り 1" in done.out
    assert "4 行目 IMEI: " in done.out
    assert "(imei-length)" in done.out
    assert "練習" in done.out
    assert number(1) not in done.out + done.err


def test_dry_run_then_import_then_again(shop: Shop, export: Path) -> None:
    """As JSON: what would be, what is, and that nothing is left to do."""
    dry = shop.call("watch", "import", str(export), "--dry-run", "--json").json
    assert (dry["applied"], dry["new"], [change["line"] for change in dry["changes"]]) == (False, 2, [2, 3])
    assert shop.call("watch", "import", str(export), "--json").json["new"] == 2
    again = shop.call("watch", "import", str(export), "--json").json
    assert (again["new"], again["unchanged"], again["errors"][0]["code"]) == (0, 2, "imei-length")


def test_strict_ends_with_2(shop: Shop, export: Path) -> None:
    """And says why nothing was taken."""
    done = shop.call("watch", "import", str(export), "--strict")
    assert done.status == 2
    assert "(import-strict)" in done.err
    assert shop.call("watch", "list", "--json").json["units"] == []


def test_the_file_and_the_book_come_back_and_change_nothing(shop: Shop, export: Path, tmp_path: Path) -> None:
    """`-o` and `watch export`, in the kind that the name says."""
    back, book = tmp_path / "back.xlsx", tmp_path / "book.csv"
    shop.call("watch", "import", str(export), "-o", str(back))
    assert shop.call("watch", "export", "-o", str(book), "--json").json == {"units": 2, "path": str(book)}
    assert back.read_bytes().startswith(b"PK")
    for path, refused in ((back, 1), (book, 0)):
        again = shop.call("watch", "import", str(path), "--json").json
        assert (again["new"], again["changed"], again["unchanged"], again["refused"]) == (0, 0, 2, refused)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--map", "key"], "名前=値"), (["--map", "nosuch=x"], "covered_until"), (["--status", "委託=yes"], "stock"),
        (["--every", "5"], "--every"), (["--map", "store=どこ"], "import-column-unknown"),
    ],
)  # fmt: skip
def test_bad_calls_are_told(shop: Shop, export: Path, words: list[str], said: str) -> None:
    """Exit 2, one line."""
    done = shop.call("watch", "import", str(export), *words)
    assert (done.status, done.out) == (2, "")
    assert said in done.err


def test_a_file_is_never_written_over_itself(shop: Shop, export: Path) -> None:
    """The POS's own file stays."""
    assert shop.call("watch", "import", str(export), "-o", str(export)).status == 2


def test_own_words_and_columns(shop: Shop, tmp_path: Path) -> None:
    """Said once, known from then on."""
    path = tmp_path / "x.csv"
    path.write_bytes(csv_of([["A", number(1), "店頭委託"]], headings=["品番", "IMEI", "いま"]))
    assert "(import-column-missing)" in shop.call("watch", "import", str(path)).err
    words = ["--map", "key=品番", "--map", "status=いま", "--status", "店頭委託=stock"]
    assert shop.call("watch", "import", str(path), *words, "--json").json["new"] == 1
    assert shop.call("watch", "import", str(path), "--json").json["unchanged"] == 1


def test_list_and_search(shop: Shop, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By store, by status, page by page; by the last digits from standard input; numbers are masked."""
    shop.call("watch", "import", str(export))
    listed = shop.call("watch", "list", "--limit", "1")
    assert "A-1" in listed.out
    assert "--after 1" in listed.err
    assert number(1) not in listed.out
    assert [u["key"] for u in shop.call("watch", "list", "--status", "sold", "--json").json["units"]] == ["A-2"]
    assert [u["key"] for u in shop.call("watch", "list", "R-9", "--json").json["units"]] == ["A-2"]
    monkeypatch.setattr("sys.stdin", io.StringIO(number(1)[-5:] + "\n"))
    (found,) = shop.call("watch", "list", "-", "--json").json["units"]
    assert (found["imeis"], found["practice"], found["marks"]["au"]) == ([number(1)], True, None)


def test_a_folder_is_imported(shop: Shop, export: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, with a result beside it; a broken file ends with 1."""
    monkeypatch.setattr("shirorom.service.watch_folder.STILL", timedelta(0))
    done = shop.call("watch", "import", str(export.parent), "--json")
    assert [one["imported"]["new"] for one in done.json["files"]] == [2]
    assert (export.parent / "shirorom" / "在庫.shirorom.csv").exists()
    (export.parent / "b.csv").write_bytes(b"%PDF-1.7")
    broken = shop.call("watch", "import", str(export.parent))
    assert broken.status == 1
    assert "table-unreadable" in broken.err


def test_practice_book_can_be_imported(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stranger tries the watch with two commands."""
    monkeypatch.setattr("shirorom.edge.practice.book.rows.__kwdefaults__", {"stock": 3, "sold": 4})
    path = tmp_path / "pos.xlsx"
    assert "watch import" in shop.call("practice", "--book", str(path)).err
    assert shop.call("watch", "import", str(path), "--json").json["new"] == 7
