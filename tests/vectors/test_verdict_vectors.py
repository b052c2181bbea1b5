"""Golden vectors of the rules (`verdict.json`): for other programs as much as for ours."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import Recorded, fold
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.domain.reading import Channel, Correction, Reading, Withdrawal
from shirorom.domain.verdict import decide
from tests.entries import cell

VECTORS = json.loads((Path(__file__).parent / "verdict.json").read_text(encoding="utf-8"))
NUMBER = Imei(VECTORS["number"])


def proves(vector: dict[str, Any]) -> str:
    return vector["proves"]


def entry(row: dict[str, Any]) -> Recorded:
    """One line of a vector as the log would hold it."""
    carrier = CarrierId(row["carrier"])
    statement: Reading | Withdrawal | Correction | Notice
    match row["kind"]:
        case "reading":
            mark = Mark(row["mark"]) if row["mark"] else None
            statement = Reading(
                imei=NUMBER, carrier=carrier, mark=mark, glyph=mark.symbol if mark else "◇", sentence="",
                asked_at=datetime.fromisoformat(row["asked_at"]), channel=Channel(row["channel"]), by="vector",
                practice=True, error=None if mark else "glyph-unknown",
            )  # fmt: skip
        case "withdrawal":
            at = datetime.fromisoformat(row["at"])
            statement = Withdrawal(NUMBER, carrier, row["of"], "vector", at, "vector")
        case "correction":
            statement = Correction(NUMBER, carrier, "vector", datetime.fromisoformat(row["at"]), "vector")
        case _:
            statement = Notice(
                kind=NoticeKind(row["notice"]), imei=NUMBER, carrier=carrier,
                ground=Ground(row["ground"]) if row["ground"] else None,
                effective_on=date.fromisoformat(row["effective_on"]) if row["effective_on"] else None,
                purchased_on=None, sequence=row["sequence"], practice=True,
            )  # fmt: skip
    return Recorded(row["index"], datetime.fromisoformat(row["recorded_at"]), statement)


@pytest.mark.parametrize("vector", VECTORS["fold"], ids=proves)
def test_fold(vector: dict[str, Any]):
    """The entries of a vector give its mark."""
    now = fold(
        [entry(row) for row in vector["entries"]],
        carrier=CarrierId.DOCOMO, imei=NUMBER, as_of=datetime.fromisoformat(vector["as_of"]),
    )  # fmt: skip
    assert (now.mark and now.mark.value, now.vanished) == (vector["mark"], vector["vanished"])


@pytest.mark.parametrize("vector", VECTORS["verdict"], ids=proves)
def test_verdict(vector: dict[str, Any]):
    """The cells of a vector give its verdict."""
    cells = [
        cell(Mark(row["mark"]) if row["mark"] else None, stale=row.get("stale", False), error=row.get("error", ""), n=n)
        for n, row in enumerate(vector["cells"])
    ]
    verdict = decide(cells)
    said = (verdict.kind.value, verdict.so_far and verdict.so_far.value, verdict.complete)
    assert said == (vector["verdict"], vector["so_far"], vector["complete"])


def test_most_vectors_refute_something():
    """At least half of them show an answer that must not be given."""
    vectors = [*VECTORS["fold"], *VECTORS["verdict"]]
    refuting = [vector for vector in vectors if "naive" in vector]
    assert all(vector["naive"] != vector.get("verdict", vector.get("mark")) for vector in refuting)
    assert len(refuting) * 2 >= len(vectors)
