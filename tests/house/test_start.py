"""What a call pays for, and what the core alone can do."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from shirorom.adapters.desk_sql.database import Desk

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("litestar", "granian", "playwright", "cryptography", "jinja2", "sqlite3")
IMEI = "001001010000047"
PROBE = """
import sys
from shirorom.edge.cli.main import run
from shirorom.compose import Composition
status = run(Composition, {argv!r})
print("loaded", *(name for name in {heavy!r} if name in sys.modules))
sys.exit(status)
"""


def loaded_by(*argv: str) -> set[str]:
    """Which of the heavy parts a call of the program loads."""
    code = PROBE.format(argv=list(argv), heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return set(done.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    "argv", [("--help",), ("--version",), ("check", "--help"), ("serve", "--help"), ("parse", "x")]
)
def test_light_calls_load_nothing_heavy(argv: tuple[str, ...]) -> None:
    """Help, version and parse load neither server nor browser nor ciphers nor a database."""
    assert loaded_by(*argv) == set()


def test_heavy_parts_are_seen(tmp_path: Path) -> None:
    """Control: a call that opens the log is seen to load the database."""
    assert "sqlite3" in loaded_by("--data", str(tmp_path / "data"), "history", IMEI)


SERVED = """
import sys
from pathlib import Path
from shirorom.compose import Composition
from shirorom.compose.serving import Reach, Serving
from shirorom.domain.numbers.token import token
from shirorom.edge.cli.context import Options
from shirorom.edge.web.app import create_app
whole = Composition(Options(data=Path(sys.argv[1])))
parts = Serving(whole).parts(whole.process_asker(), Reach("127.0.0.1", 8000, beyond=False))
create_app(parts)
assert parts.people is not None
print(*sys.modules, *(["a pattern"] if token.cache_info().currsize else []))
print(*vars(parts.people.hasher))
"""
RARE = {
    "alembic", "cbor2", "fastexcel", "numpy", "onnxruntime", "PIL", "playwright", "polars", "psycopg", "rfc3161_client",
    "typst", "webauthn", "zxingcpp", "a pattern", "shirorom.adapters.passkeys", "shirorom.adapters.timestamp",
    "shirorom.service.verify", "shirorom.service.watch_risk",
}  # fmt: skip
"""What a start has no use for: each took some hundredths of a second of it, or would."""


def test_served_app_loads_nothing_rare(tmp_path: Path) -> None:
    """The whole app of a shop with a desk of today is built without what single pages and later days are for."""
    Desk(tmp_path).close()
    done = _run(sys.executable, "-c", SERVED, str(tmp_path))
    loaded, hasher = (set(line.split()) for line in done.splitlines())
    assert {"litestar", "sqlalchemy", "shirorom.edge.web.app"} <= loaded
    assert loaded & RARE == set()
    assert "_nobody" not in hasher  # a hash is slow on purpose: none is made before somebody signs in


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the locked core and the product's wheel, and nothing else."""
    folder = tmp_path_factory.mktemp("core")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheels = folder / "wheels"
    _run(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT))
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    into = [*pip, "--python", str(python), "install", "--no-deps"]
    _run(*into, "--require-hashes", "-r", str(ROOT / "requirements/core.lock"))
    _run(*into, *map(str, wheels.glob("shirorom-*.whl")))
    return python.with_name("shirorom")


def _run(*command: str) -> str:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _json(*command: str, status: int) -> dict[str, Any]:
    done = subprocess.run(command, input=IMEI, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_core_has_no_extra(core: Path) -> None:
    """The core-only installation holds no Playwright, and its packages fit together."""
    python = core.with_name("python")
    code = "import importlib.util as u; print(u.find_spec('playwright'), u.find_spec('shirorom').origin)"
    missing, origin = _run(str(python), "-c", code).split()
    assert (missing, str(core.parent.parent) in origin) == ("None", True)


def test_core_answers_by_hand(core: Path, tmp_path: Path) -> None:
    """The core alone parses, records an answer by hand and checks by it."""
    program = (str(core), "--data", str(tmp_path / "data"))
    parsed = _json(*program, "parse", "-", "--json", status=0)
    recorded = _json(*program, "record", "-", "--carrier", "docomo", "--glyph", "×", "--json", status=0)
    checked = _json(*program, "check", "-", "--json", status=4)
    assert parsed["devices"] == [[IMEI]]
    assert (recorded["recorded"], recorded["practice"]) == (True, True)  # a test number is practice, always
    cells = {cell["carrier"]: (cell["mark"], cell["channel"], cell["error"]) for cell in checked["cells"]}
    assert (checked["verdict"], cells["docomo"]) == ("restricted", ("restricted", "hand", None))
    assert {cells[name] for name in ("au", "softbank", "rakuten")} == {(None, None, "not-asked")}


def test_core_says_that_a_browser_is_missing(core: Path, tmp_path: Path) -> None:
    """Without the extra, automatic reading gives `browser-missing` for every carrier, and no mark."""
    done = subprocess.run(
        [str(core), "--data", str(tmp_path / "data"), "check", "-", "--practice", "--json"],
        input=IMEI,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6, done.stderr
    cells = json.loads(done.stdout)["cells"]
    assert {(cell["mark"], cell["error"]) for cell in cells} == {(None, "browser-missing")}


def test_wheel_holds_data_and_licence(core: Path) -> None:
    """The wheel brings facts, texts, pages and the licence: it needs no source tree."""
    python = str(core.with_name("python"))
    code = "from importlib.metadata import files; print(*files('shirorom'), sep='\\n')"
    names = _run(python, "-c", code).splitlines()
    wanted = ["data/carriers/docomo.toml", "data/text/ja.toml", "edge/web/templates/base.html", "adapters/reader.js"]
    wanted += ["data/practice/phones.toml", "py.typed", "licenses/LICENSE"]
    assert [name for name in wanted if not any(found.endswith(name) for found in names)] == []
