"""The tree itself: no registry hosts, no numbers of phones that may exist, locks that lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import locks, tree
from shirorom.domain.imei import Imei

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = Imei.of_key("35" + "0" * 11 + "1").digits  # built here, so that it does not stand in the tree


def test_tree_holds_neither_registry_hosts_nor_foreign_numbers() -> None:
    """Nothing that git tracks names a registry's host or a valid IMEI outside the test ranges."""
    assert list(tree.complaints()) == []


def test_tree_is_really_read() -> None:
    """The look covers this very file: an empty list of files would find nothing too."""
    assert Path(__file__).resolve() in tree.files()


@pytest.mark.parametrize("host", tree.REGISTRIES)
def test_registry_host_is_found(host: str) -> None:
    """Control: every host on the list is found in an address, in any case of letters."""
    assert list(tree.registries_in(f"--index-url https://{host.upper()}/simple")) == [host]


@pytest.mark.parametrize("form", ["{0}", "IMEI:{0}/01", "{1}-{2}-{3}-{4}", "{1} {2} {3} {4}", "imei={0}&x", '"{0}"'])
def test_foreign_imei_is_found(form: str) -> None:
    """Control: a valid IMEI outside the test ranges is found, however it is grouped."""
    d = FOREIGN
    assert list(tree.foreign_imeis_in(form.format(d, d[:2], d[2:8], d[8:14], d[14]))) == [d]


@pytest.mark.parametrize(
    "text", ["001001000000000" + "1" * 17, "sha256:" + FOREIGN + "ab", "1" + FOREIGN, FOREIGN + "0"]
)
def test_longer_runs_are_not_imeis(text: str) -> None:
    """An EID, an ICCID or a digest is not taken for an IMEI."""
    assert list(tree.foreign_imeis_in(text)) == []


def test_test_range_and_documentation_numbers_are_allowed() -> None:
    """Test-range numbers and the two examples of the standards may stand in the tree."""
    assert (
        list(tree.foreign_imeis_in(" ".join([Imei.of_key("00101700000001").digits, *tree.DOCUMENTATION_IMEIS]))) == []
    )


def test_locks_are_complete_and_hashed() -> None:
    """Every lock satisfies what is asked for, by hash, and none holds an address."""
    assert list(locks.complaints()) == []


@pytest.mark.parametrize(
    "line",
    [
        "click==8.5.1",
        "click>=8 \\\n    --hash=sha256:00",
        "click @ https://example.test/click.whl \\\n    --hash=sha256:00",
        "--index-url https://example.test/simple",
    ],
)
def test_loose_lock_is_refused(line: str) -> None:
    """Control: a requirement without pin or hash, an address, an index option is told."""
    assert list(locks.loose(f"# made\n{line}\n"))


def test_stale_lock_is_refused() -> None:
    """Control: a requirement that the lock does not satisfy is told."""
    pinned = locks.pins("click==8.1.0 \\\n    --hash=sha256:00")
    assert list(locks.missing(["click>=8.2", "rich"], pinned)) == ["click>=8.2 (locked: 8.1.0)", "rich (locked: None)"]
