"""The counter's queue: answers that are durable, and the next question for thirty clerks at once.

Services alone (no HTTP): the log and the desk's database on this machine's disk, each answer with all of its syncs.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from shirorom.compose import Composition
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.queue import Place, Seat, Wish
from shirorom.domain.imei import Device, Imei
from shirorom.edge.cli.context import Options
from shirorom.service.counter_answers import Said
from shirorom.service.settings import CarrierSettings, CarriersSettings, Settings

PHONES = 60
CLERKS = 30
QUESTIONS = 4 * PHONES // CLERKS
MANY = 2_000


def run() -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        rows = [*_day(Path(one)), *_full(Path(two))]
    return {"name": "counter", "rows": rows}


def _open(data: Path) -> Composition:
    table = CarrierSettings(url="http://127.0.0.1:9")
    settings = Settings(carriers=CarriersSettings(**{carrier.value: table for carrier in CarrierId}))
    return Composition(Options(data=data), settings=settings)


def _phones(count: int) -> list[Device]:
    return [Device((Imei.of_key(f"0010010{n:07d}"),)) for n in range(count)]


def _day(data: Path) -> list[dict[str, Any]]:
    """One clerk answers every question of some phones; then thirty take questions of as many others."""
    made = _open(data)
    counter, answers = made.counter, made.answers
    if counter is None or answers is None:
        raise RuntimeError("the extra `desk` is not installed")
    me, took = Seat(1, "bench"), list[float]()
    for item, _ in counter.add(_phones(PHONES), by="bench"):
        for carrier in CARRIERS:
            begin = time.perf_counter()
            answers.answer(os.urandom(8).hex(), item.id, Place(1, carrier), Said("－"), seat=me)
            took.append(time.perf_counter() - begin)
    counter.add(_phones(2 * PHONES)[PHONES:], by="bench")

    def clerk(n: int) -> int:
        for got in range(QUESTIONS):  # each by another person: who holds a question is given it again
            if counter.next(Seat(n * QUESTIONS + got, str(n)), Wish()) is None:
                raise RuntimeError("nothing left")
        return QUESTIONS

    begin = time.perf_counter()
    with ThreadPoolExecutor(CLERKS) as pool:
        taken = sum(pool.map(clerk, range(CLERKS)))
    seconds = time.perf_counter() - begin
    made.close()
    return [
        {
            "what": "answers by one clerk, each durable (log and key)",
            "value": len(took) / sum(took),
            "unit": "answers/s",
        },
        {"what": "one answer, slowest of 20", "value": 1000 * statistics.quantiles(took, n=20)[-1], "unit": "ms"},
        {
            "what": f"next question, {CLERKS} clerks at once, none twice",
            "value": taken / seconds,
            "unit": "questions/s",
        },
    ]


def _full(data: Path) -> list[dict[str, Any]]:
    """A queue as long as it may be."""
    made = _open(data)
    counter, answers = made.counter, made.answers
    if counter is None or answers is None:
        raise RuntimeError("the extra `desk` is not installed")
    items = counter.add(_phones(MANY), by="bench")
    begin = time.perf_counter()
    counter.board()
    first = time.perf_counter() - begin
    answers.answer(os.urandom(8).hex(), items[0][0].id, Place(1, CARRIERS[0]), Said("○"), seat=Seat(1, "bench"))
    begin = time.perf_counter()
    counter.board()
    again = time.perf_counter() - begin
    made.close()
    return [
        {"what": f"board of {MANY:,} phones, first look", "value": 1000 * first, "unit": "ms"},
        {"what": f"board of {MANY:,} phones, after one answer", "value": 1000 * again, "unit": "ms"},
    ]
