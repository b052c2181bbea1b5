"""Clients made from our own description, Python and TypeScript, against a running server; no line of them patched."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from shirorom.domain.carrier import CarrierId
from tests.logs import imei
from tests.screening_kit import Here, table
from tests.web_kit import Kit, openapi_of, served, settings_of

HERE = Path(__file__).resolve().parent
NPM = HERE / "node_modules" / ".bin"
RESTRICTED = imei(1).digits
UNITS = 5
COMMAND_S_MAX = 120


@pytest.fixture(scope="module")
def description(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`/openapi.json` as a file."""
    path = tmp_path_factory.mktemp("described") / "openapi.json"
    path.write_text(json.dumps(openapi_of()), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    """A practice shop with five units, one of them restricted."""
    made = Kit(tmp_path_factory.mktemp("data"), settings_of(), people=True)
    assert made.parts.screenings is not None
    made.parts.screenings.screener = Here(made.composition)
    made.record(imei(1), CarrierId.AU, "×")
    yield made
    made.close()


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command; what it said."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=COMMAND_S_MAX, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


@pytest.fixture(scope="module")
def python_client(description: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The generated package, imported."""
    place = tmp_path_factory.mktemp("python")
    generator = Path(sys.executable).with_name("openapi-python-client")
    options = ("--config", HERE / "python.yml", "--output-path", place / "shirorom_client", "--meta", "none")
    said = run(generator, "generate", "--path", description, *options)
    assert "Warning" not in said, said
    sys.path.insert(0, str(place))
    yield importlib.import_module("shirorom_client")
    sys.path.remove(str(place))


def of(client: ModuleType, name: str) -> Any:
    """A module of the generated package."""
    return importlib.import_module(f"{client.__name__}.{name}")


async def test_python(kit: Kit, python_client: ModuleType) -> None:
    """A check, a bad number, a paged list, a screening from its file to its result."""
    async with served(kit) as origin:
        await asyncio.to_thread(visit, python_client, origin)


def visit(client: ModuleType, origin: str) -> None:
    """What a marketplace's program does, by what was generated alone."""
    with client.AuthenticatedClient(base_url=origin, token="", prefix="") as api:
        check_and_problem(client, api)
        paged_list(client, api)
        screening(client, api)


def check_and_problem(client: ModuleType, api: Any) -> None:
    models, check = of(client, "models"), of(client, "api.checks.check")
    answer = check.sync(client=api, body=models.CheckRequest(imeis=[RESTRICTED]))
    assert (answer.verdict, len(answer.cells)) == ("restricted", 4)
    problem = check.sync(client=api, body=models.CheckRequest(imeis=[RESTRICTED[:9]]))
    assert isinstance(problem, models.Problem)
    assert (problem.code, problem.errors[0].pointer) == ("imei-length", "/imeis/0")


def paged_list(client: ModuleType, api: Any) -> None:
    types = of(client, "types")
    file = types.File(payload=BytesIO(table(UNITS)))
    assert of(client, "api.watch.watch_import").sync(client=api, body=file).rows == UNITS
    units, seen, after = of(client, "api.watch.watch_units"), set(), types.UNSET
    while after is not None:
        page = units.sync(client=api, limit=2, after=after)
        seen |= {unit.key for unit in page.units}
        after = page.next_
    assert len(seen) == UNITS


def screening(client: ModuleType, api: Any) -> None:
    models, types = of(client, "models"), of(client, "types")
    file = types.File(payload=BytesIO(table(UNITS)))
    added = [models.AddedColumn.VERDICT, models.AddedColumn.ERROR]
    job = of(client, "api.screenings.screen").sync(client=api, body=file, format_=models.TableKind.TSV, add=added)
    look = of(client, "api.screenings.screening")
    until = time.monotonic() + 30
    while job.state not in ("done", "failed") and time.monotonic() < until:
        time.sleep(0.05)
        job = look.sync(job.id, client=api)
    assert job.counts.verdicts["restricted"] == 1
    result = of(client, "api.screenings.screening_result").sync(job.id, client=api)
    assert b"\trestricted\t" in result.payload.read()


@pytest.fixture(scope="module")
def typescript(description: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generated types and the visit that uses them."""
    place = tmp_path_factory.mktemp("typescript")
    (place / "node_modules").symlink_to(HERE / "node_modules")
    for name in ("visit.ts", "tsconfig.json", "package.json"):
        (place / name).write_bytes((HERE / name).read_bytes())
    # what has a default may be left out of a request
    run(NPM / "openapi-typescript", description, "--default-non-nullable=false", "-o", place / "schema.d.ts")
    return place


async def test_typescript(kit: Kit, typescript: Path) -> None:
    """The same visit in TypeScript: its types hold, and so does what it meets."""
    await asyncio.to_thread(run, NPM / "tsc", cwd=typescript)
    async with served(kit) as origin:
        await asyncio.to_thread(import_units, origin)
        words = (origin, RESTRICTED, table(UNITS).decode())
        said = await asyncio.to_thread(run, "node", typescript / "visit.js", *words, cwd=typescript)
    assert said == "all holds\n"


def import_units(origin: str) -> None:
    """The list that is paged through; again, it changes nothing."""
    done = httpx.post(f"{origin}/v1/watch/imports", content=table(UNITS), headers={"content-type": "text/csv"})
    assert done.status_code == 200, done.text


def test_types_are_held(typescript: Path) -> None:
    """Control: a call that the description does not know fails to compile."""
    text = (HERE / "visit.ts").read_text(encoding="utf-8")
    wrong = text.replace("body: { imeis: [restricted] }", "body: { imei: restricted }")
    (typescript / "visit.ts").write_text(wrong, encoding="utf-8")
    with pytest.raises(AssertionError, match="imei"):
        run(NPM / "tsc", "--noEmit", cwd=typescript)
