"""Screenings over HTTP: upload, job, file; whose it is; what hostile files do (T27, T35)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from shirorom.adapters.tables.files import FileTables
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.people import Role
from shirorom.edge.api import screenings as api
from shirorom.edge.http.body import Spool
from shirorom.edge.http.guard import Takes
from shirorom.service.screen import NAMES, NAMES_NUMBERS
from tests.faults.table_corpus import LIMITS, REFUSED
from tests.logs import imei
from tests.people_kit import shop_of
from tests.screening_kit import CSV, Here, ended, table
from tests.web_kit import BASE, Kit, settings_of
from tests.wide import wide


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kit]:
    made = Kit(tmp_path_factory.mktemp("data"), settings_of())
    assert made.parts.screenings is not None
    made.parts.screenings.screener = Here(made.composition)
    made.record(imei(1), CarrierId.AU, "×")
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(kit: Kit) -> Iterator[TestClient[Any]]:
    with TestClient(kit.app, base_url=BASE) as made:
        yield made


@pytest.fixture(autouse=True)
def _room(kit: Kit) -> Iterator[None]:
    """Each test leaves room for the next."""
    yield
    jobs = kit.parts.screenings
    assert jobs is not None
    for job in jobs.page(api.Asker(0, owner=True), after=None, count_max=99):
        jobs.remove(job.id, api.Asker(0, owner=True))


def send(client: TestClient[Any], content: bytes, query: str = "", **headers: str) -> Any:
    return client.post(f"/v1/screenings{query}", content=content, headers=CSV | headers)


def test_a_table_in_a_table_out(client: TestClient[Any]) -> None:
    """202 with where to look; then a row out for each row in, as an attachment that no browser keeps or guesses at."""
    made = send(client, table(3))
    assert (made.status_code, made.json()["state"]) == (202, "queued")
    assert made.headers["location"] == f"/v1/screenings/{made.json()['id']}"
    job = ended(client, made.json()["id"])
    assert (job["state"], job["rows"], job["progress"]) == ("done", 3, 1.0)
    assert job["counts"]["verdicts"] == {"restricted": 1, "undetermined": 2}
    result = client.get(f"/v1/screenings/{job['id']}/result")
    assert result.headers["content-disposition"].startswith("attachment; filename=")
    assert result.headers["x-content-type-options"] == "nosniff"
    assert result.headers["cache-control"] == "no-store"
    assert int(result.headers["content-length"]) == len(result.content)
    lines = result.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[1].startswith(f"1,{imei(1).digits},{imei(1).digits},,restricted,")


@pytest.mark.parametrize("kind", ["csv", "tsv", "xlsx", "parquet"])
def test_every_kind_comes_out(client: TestClient[Any], kind: str) -> None:
    """The kind asked for, and read again as one going in."""
    job = ended(client, send(client, table(2), f"?format={kind}").json()["id"])
    result = client.get(f"/v1/screenings/{job['id']}/result")
    assert result.headers["content-type"].partition(";")[0] == api.MEDIA[api.TableKind(kind)]
    again = ended(client, send(client, result.content).json()["id"])
    assert (again["state"], again["rows"], again["counts"]["phones"]) == ("done", 2, 2)


def test_any_spelling_of_a_restricted_phone(client: TestClient[Any]) -> None:
    """Whatever way a number is written in the file, its restriction is said."""
    one = imei(1).digits
    spellings = [one, one[:14], one[:14] + "01", wide(one), f"IMEI: {one}", f"{one[:6]}-{one[6:14]}-{one[14]}"]
    job = ended(client, send(client, "\n".join(["IMEI", *spellings]).encode()).json()["id"])
    assert job["counts"]["verdicts"] == {"restricted": len(spellings)}


def test_options(client: TestClient[Any]) -> None:
    """A named column, numbers alone; a column that is not there fails the job, and says so in the caller's language."""
    job = ended(client, send(client, table(2), "?numbers_only=true&column=IMEI").json()["id"])
    assert job["counts"]["verdicts"] == {}
    job = ended(client, send(client, table(2), "?column=nothing").json()["id"], headers={"accept-language": "en"})
    assert (job["state"], job["error"]["code"]) == ("failed", "table-column-missing")
    assert job["error"]["fix"].isascii()


def test_columns_by_choice(client: TestClient[Any]) -> None:
    """`add` and `added_only` as the command has them: those columns, in their own order, and no other."""
    job = ended(client, send(client, table(2), "?add=verdict&add=docomo&added_only=true").json()["id"])
    lines = client.get(f"/v1/screenings/{job['id']}/result").content.decode("utf-8-sig").splitlines()
    assert lines == ["shirorom_docomo,shirorom_verdict", ",restricted", ",undetermined"]
    job = ended(client, send(client, table(1), "?add=error").json()["id"])
    lines = client.get(f"/v1/screenings/{job['id']}/result").content.decode("utf-8-sig").splitlines()
    assert lines[0] == "管理番号,IMEI,shirorom_error"


@pytest.mark.parametrize("query", ["add=nothing", "add=", "add=verdict,error", "add=verdict&numbers_only=true"])
def test_a_column_that_cannot_be_added_is_refused(client: TestClient[Any], query: str) -> None:
    """Before the table is taken in, and with the place; with numbers alone there are but two."""
    answer = send(client, table(1), f"?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "body-invalid")
    assert answer.json()["errors"][0]["pointer"].startswith("/add")
    assert client.get("/v1/screenings").json()["screenings"] == []


def test_every_column_of_the_command_has_its_name_here() -> None:
    """The description lists the names, so they stand there once more: the same ones, in the same order."""
    assert tuple(api.AddedColumn) == NAMES
    assert frozenset(NAMES_NUMBERS) == api.WITHOUT_RECORD


@pytest.mark.parametrize("name", REFUSED)
def test_hostile_files_fail_their_job(kit: Kit, client: TestClient[Any], name: str, small: None) -> None:
    """A bomb, a torn or lying file, too many columns: the job has failed and says why; no file is left of it."""
    content, code = REFUSED[name]
    made = send(client, content)
    if made.status_code != 202:
        assert (made.status_code, made.json()["code"]) == (422, code)
        return
    job = ended(client, made.json()["id"])
    assert job["state"] == "failed"
    assert job["error"]["code"] in (code, "table-no-numbers")  # no heading, no numbers: it is not even read to its end
    assert [path.name for path in (kit.composition.data / "screenings" / job["id"]).iterdir()] == ["job.json"]


@pytest.fixture
def small(kit: Kit) -> Iterator[None]:
    """The corpus is made for lower limits."""
    usual = kit.composition.tables
    screen = kit.composition.__dict__.pop("screen", None)
    kit.composition.tables = FileTables(LIMITS)
    yield
    kit.composition.tables = usual
    kit.composition.__dict__["screen"] = screen


def test_odd_rows_are_told_and_kept(client: TestClient[Any]) -> None:
    """NUL bytes and mixed line ends: every row is there, and what is wrong is said of the row that it is wrong with."""
    content = f"IMEI\r\n{imei(1).digits}\n{imei(2).digits[:9]}\0{imei(2).digits[9:]}\r{imei(3).digits}\r\n".encode()
    job = ended(client, send(client, content).json()["id"])
    assert (job["state"], job["rows"]) == ("done", 3)
    assert job["counts"]["bad"][0]["line"] == 3


def test_too_large_is_refused(client: TestClient[Any], kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """413 as soon as the limit is passed, whether the length was told or not; nothing is left on the way in."""
    declared = client.post("/v1/screenings", content=b"x", headers=CSV | {"content-length": "1000000001"})
    monkeypatch.setattr(Takes, "bytes_max", 100)
    streamed = client.post("/v1/screenings", content=iter([b"x" * 60] * 2), headers=CSV)
    for answer in (declared, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")
        assert answer.headers["connection"] == "close"
    assert list((kit.composition.data / "screenings" / "incoming").iterdir()) == []


def test_a_disk_that_fills_up_is_told(client: TestClient[Any], kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a body comes in: 503 `storage-full`, no job, no file."""

    async def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Spool, "_fill", full)
    answer = send(client, table(3))
    assert (answer.status_code, answer.json()["code"]) == (503, "storage-full")
    assert list((kit.composition.data / "screenings" / "incoming").iterdir()) == []


def test_the_list_goes_on_by_its_cursor(client: TestClient[Any]) -> None:
    """Newest first, a page at a time, each job once; a bent cursor and one of another list are refused."""
    made = [send(client, table(1)).json()["id"] for _ in range(5)]
    seen: list[str] = []
    after = ""
    while True:
        page = client.get(f"/v1/screenings?limit=2{after}").json()
        seen += [job["id"] for job in page["screenings"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert sorted(seen) == sorted(made)
    bent = client.get(f"/v1/screenings{after.replace('&', '?')}x")
    assert (bent.status_code, bent.json()["code"]) == (400, "cursor-invalid")


def test_a_job_is_its_owners_alone(tmp_path: Path) -> None:
    """T21: other staff get 404 everywhere; the shop's owner sees it; a program's token stands for its person."""
    shop = shop_of(tmp_path)
    jobs = shop.kit.parts.screenings
    assert jobs is not None
    jobs.screener = Here(shop.kit.composition)
    owner = shop.owner()
    (one, _), (two, _) = shop.staff("佐藤"), shop.staff("鈴木")
    mine, other = (shop.client(shop.session(person, Role.STAFF)) for person in (one, two))
    token = shop.client()
    token.headers["authorization"] = f"Bearer {shop.token(one)}"
    id_ = send(token, table(1)).json()["id"]
    ended(mine, id_)
    for path in (f"/v1/screenings/{id_}", f"/v1/screenings/{id_}/result"):
        assert other.get(path).status_code == 404
        assert mine.get(path).status_code == 200
        assert shop.client(shop.session(owner, Role.OWNER)).get(path).status_code == 200
    assert other.post("/v1/screenings/removals", json={"id": id_}).json()["code"] == "screening-not-found"
    assert other.get("/v1/screenings").json()["screenings"] == []
    assert mine.post("/v1/screenings/removals", json={"id": id_}).status_code == 200
    jobs.close()
    shop.close()


def test_a_real_process_does_it(tmp_path: Path) -> None:
    """Without the stand-in of the other tests: the job is done by a child process, and stopped with it."""
    kit = Kit(tmp_path, settings_of())
    with TestClient(kit.app, base_url=BASE) as client:
        job = ended(client, send(client, table(50)).json()["id"])
        assert (job["state"], job["rows"]) == ("done", 50)
        broken = ended(client, send(client, b"PAR1 is no parquet file").json()["id"])
        assert (broken["state"], broken["error"]["code"]) == ("failed", "table-unreadable")
        assert client.get("/healthz").status_code == 200
    kit.close()
