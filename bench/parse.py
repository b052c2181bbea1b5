"""How fast device numbers are read out of a text, with python-stdnum's check of the bare numbers beside it.

stdnum is given each number alone and says valid or not; `parse` is given the whole text, finds the numbers in it, says
where they stand and which are one phone.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from stdnum import imei as stdnum_imei  # type: ignore[import-untyped,unused-ignore]

from shirorom.domain.imei import Imei
from shirorom.domain.parse import TEXT_CHARS_MAX, parse

NUMBERS = 30_000
ROUNDS = 5
TARGET_PER_S = 200_000


def imeis() -> Iterator[Imei]:
    """Numbers of a test range in no order, as a column of stock has them."""
    random = Random(1)
    while True:
        yield Imei.of_key(f"0010010{random.randrange(10**7):07d}")


def texts() -> dict[str, str]:
    """The same numbers as people paste them."""
    source = imeis()
    numbers = [next(source) for _ in range(NUMBERS)]
    return {
        "one a line": "\n".join(number.digits for number in numbers),
        "IMEI: … a line": "\n".join(f"IMEI: {number.digits}" for number in numbers),
        "rows of a table": "\n".join(f"{row}\t{number.digits}\tiPhone" for row, number in enumerate(numbers)),
        "grouped AA-BBBBBB-CCCCCC-D": "\n".join(number.grouped for number in numbers),
    }


def best_s(work: Callable[[], object]) -> float:
    """The quickest of some rounds: what the code costs, without what else the machine did meanwhile."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def run() -> dict[str, Any]:
    """Rows for `make bench`: numbers read a second, and how that compares with stdnum."""
    source = imeis()
    bare = [next(source).digits for _ in range(NUMBERS)]
    stdnum_per_s = NUMBERS / best_s(lambda: [stdnum_imei.is_valid(number) for number in bare])
    rows: list[dict[str, Any]] = []
    for what, text in texts().items():
        count = len(parse(text).devices)
        per_s = count / best_s(lambda text=text: parse(text))  # type: ignore[misc]
        rows.append(
            {
                "what": f"parse, {what}",
                "value": round(per_s),
                "unit": "numbers/s",
                "beside": round(stdnum_per_s),
                "ratio": round(per_s / stdnum_per_s, 2),
            }
        )
    hostile = "1 " * (TEXT_CHARS_MAX // 2)
    rows.append({"what": "1 MB of single digits", "value": round(best_s(lambda: parse(hostile)), 3), "unit": "s"})
    return {"name": "parse", "beside": "python-stdnum is_valid, numbers/s", "target": TARGET_PER_S, "rows": rows}


def main() -> None:
    """`python -m bench.parse [--json]`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    result = run()
    if parser.parse_args().json:
        print(json.dumps(result, ensure_ascii=False))
        return
    for row in result["rows"]:
        beside = f"  stdnum {row['beside']:>9,}  ratio {row['ratio']}" if "beside" in row else ""
        print(f"{row['what']:<36}{row['value']:>12,} {row['unit']}{beside}")


if __name__ == "__main__":
    main()
