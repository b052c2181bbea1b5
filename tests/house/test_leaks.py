"""T41: no number of a phone in a log line, an error, a URL, a file name, a process list or a browser's leftovers.

One long visit is made in a home and a temporary directory of its own: the server with practice carriers, its browser,
every kind of answer and failure, the commands. Afterwards everything that it wrote, named and said is searched for the
numbers used: 14, 15 and 16 digits, grouped, and their plain digests.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import re
import subprocess
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest

from scripts.serving import SHIROROM, post, serving
from shirorom.domain.imei import Imei
from shirorom.edge.practice.catalogue import catalogue

CLEAR = "001001010000047"
WANTED = {"docomo-clear", "au-restricted", "captcha", "status-500", "no-answer", "other-number"}
ADDRESS = re.compile(r"""\s(?:href|src|action|formaction|hx-[a-z]+)=["']([^"']*)["']""")
ENDED_S_MAX = 30.0


def forms(imei: str) -> dict[bytes, str]:
    """How a number could leak -> what it is called: as digits of 14 (any longer form holds them), grouped, digested."""
    number = Imei(imei)
    found = {number.key.encode(): "digits", number.grouped[:-2].encode(): "grouped"}
    found |= {number.key.encode("utf-16-le"): "digits, UTF-16"}
    spellings = [
        number.key,
        number.digits,
        number.grouped,
        *(f"{number.key}{version}" for version in ("00", "01", "10")),
    ]
    for text in spellings:
        for name in ("md5", "sha1", "sha256"):
            digest = hashlib.new(name, text.encode(), usedforsecurity=False).digest()
            found |= {digest.hex().encode(): name, digest.hex().upper().encode(): name, digest: f"{name}, raw"}
            found |= {base64.b64encode(digest).rstrip(b"="): name, base64.urlsafe_b64encode(digest).rstrip(b"="): name}
        found[base64.b64encode(text.encode()).rstrip(b"=")] = "base64"
    return found


@dataclass(slots=True)
class Visit:
    """Everything that a visit left: where it lived, what it said, what it named."""

    home: Path
    numbers: tuple[str, ...]
    said: dict[str, bytes] = field(default_factory=dict)
    addresses: list[str] = field(default_factory=list)
    processes: list[str] = field(default_factory=list)

    def leaks_in(self, place: str, content: bytes) -> list[str]:
        """One line for each number found in some bytes."""
        all_forms = ((imei, form, name) for imei in self.numbers for form, name in forms(imei).items())
        return [f"{place}: …{imei[-4:]} as {name}" for imei, form, name in all_forms if form in content]

    def leaks_below(self, folder: Path) -> list[str]:
        """Leaks in names and contents of files; the log's own file is where the numbers are kept, and is left out."""
        found = []
        for path in folder.rglob("*"):
            name = str(path.relative_to(folder))
            found += self.leaks_in(f"the name {name}", name.encode())
            if path.is_file() and not is_log(path):
                found += self.leaks_in(name, path.read_bytes())
        return found


def is_log(path: Path) -> bool:
    """The log with its openings, which are part of the record and hold the numbers."""
    return path.parent.name == "log" and path.name.startswith(("practice.sqlite", "real.sqlite"))


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    home = tmp_path_factory.mktemp("home")
    phones = [phone for phone in catalogue().phones if phone.id in WANTED]
    numbers = tuple(sorted({CLEAR, *(number.imei.digits for phone in phones for number in phone.numbers)}))
    visit = Visit(home, numbers)
    for name in ("tmp", "run", "data"):
        (home / name).mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "SHIROROM_"))}
    env = kept | {"HOME": str(home), "TMPDIR": str(home / "tmp"), "XDG_RUNTIME_DIR": str(home / "run")}
    with (home / "serve.log").open("wb") as log:
        with serving("--practice", data=home / "data", env=env, output=log) as served:
            family = [psutil.Process(served.process.pid)]
            visit_pages(served.url, visit)
            family += family[0].children(recursive=True)
            visit.processes = [command_of(one) for one in family]
        psutil.wait_procs(family, timeout=ENDED_S_MAX)
    visit_commands(env, visit)
    return visit


def command_of(process: psutil.Process) -> str:
    """How a process was started; empty when it has ended meanwhile."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def visit_pages(url: str, visit: Visit) -> None:
    """Every number through the API and the page, by machine and by hand, and wrong calls of all kinds."""
    for imei in visit.numbers:
        assert post(f"{url}/v1/checks", {"imeis": [imei]})[0] == 200
    assert post(f"{url}/v1/readings", {"imei": CLEAR, "carrier": "au", "glyph": "×"})[0] == 201
    for body in ({"imeis": [CLEAR[:-1]]}, {"imeis": [CLEAR, CLEAR]}, {"imeis": [CLEAR], CLEAR: 1}, {"imeis": CLEAR}):
        post(f"{url}/v1/checks", body)
    post(f"{url}/v1/readings", {"imei": CLEAR, "carrier": CLEAR, "glyph": "×"})
    post(f"{url}/v1/parse", {"text": f"IMEI1: {CLEAR}"})
    form = urlencode({"text": "\n".join((CLEAR, CLEAR[:-1] + "1"))})
    for path, body in (
        ("/check", urlencode({"text": CLEAR})),
        ("/check", form),
        ("/history", urlencode({"text": CLEAR})),
    ):
        location = browse(url, "POST", path, visit, body)
        for _ in range(2):  # as it begins, and later
            if location:
                browse(url, "GET", location, visit)
    for path in (
        f"/check/{CLEAR}",
        f"/help/{CLEAR}",
        f"/{CLEAR}",
        f"/?text={CLEAR}",
        f"/static/{CLEAR}",
        f"/v1/{CLEAR}",
    ):
        browse(url, "GET", path, visit, keep=False)  # somebody else's wrong address: it is not ours to keep


def browse(url: str, method: str, path: str, visit: Visit, body: str | None = None, *, keep: bool = True) -> str | None:
    """One request as a browser makes it; notes every address that the answer names. Returns where it sends to."""
    form = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}
    with closing(http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)) as connection:
        connection.request(method, path, body, form)
        answer = connection.getresponse()
        page = answer.read().decode("utf-8", "replace")
    if keep:
        visit.addresses += [path, *ADDRESS.findall(page), *(value for _, value in answer.getheaders())]
    return answer.getheader("location")


def visit_commands(env: dict[str, str], visit: Visit) -> None:
    """The commands, with right and wrong input; numbers come by standard input, as the manual says."""
    home = visit.home
    listed = home / "list.csv"
    calls: list[tuple[list[str], str]] = [
        (["check", "-", "--practice"], visit.numbers[-1]),
        (["check", "-"], CLEAR),
        (["check", "-", "--json"], f"{CLEAR} {visit.numbers[-1]}"),
        (["record", "-", "--carrier", "docomo", "--glyph", "△"], CLEAR),
        (["record", "-", "--carrier", "docomo", "--glyph", CLEAR], CLEAR),
        (["record", "-", "--carrier", CLEAR, "--glyph", "○"], CLEAR),
        (["history", "-"], CLEAR),
        (["accept-correction", "-", "--carrier", "docomo", "--reason", "asked"], CLEAR),
        (["withdraw", "0", "--reason", "typed wrong"], ""),
        (["parse", "-"], CLEAR),
        (["check", "--list", str(listed), "--practice"], ""),
        (["fsck"], ""),
        (["doctor"], ""),
        (["backup", str(home / "backup")], ""),
    ]
    for n, (arguments, given) in enumerate(calls):
        listed.write_text(f"imei\n{CLEAR}\n")
        done = subprocess.run(
            [SHIROROM, "--data", home / "data", *arguments],
            input=given.encode(),
            capture_output=True,
            env=env,
            check=False,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        visit.said[f"{n} {arguments[0]}"] = done.stderr
        for made in (*home.glob("list*"), home / "backup"):  # what the person asked to have written, with numbers
            made.unlink(missing_ok=True)


# --- Nothing leaks ---------------------------------------------------------------------------------------------------


def test_no_number_in_what_the_server_said(visit: Visit) -> None:
    """Nothing on the server's stdout and stderr, traces of failures included."""
    assert visit.leaks_in("serve", (visit.home / "serve.log").read_bytes()) == []


def test_no_number_in_what_commands_complain(visit: Visit) -> None:
    """Nothing on stderr of any command; results, which are for the person who asked, go to stdout."""
    assert [leak for name, said in visit.said.items() for leak in visit.leaks_in(name, said)] == []


def test_no_number_in_files_and_names(visit: Visit) -> None:
    """Nothing in the name or content of any file below home, temporary and data directories, the log's own aside.

    Saved pages, configuration, checkpoints, politeness, and whatever the browser left behind are all among them.
    """
    assert visit.leaks_below(visit.home) == []


def test_no_number_in_addresses(visit: Visit) -> None:
    """No address of ours, no link, form, redirect or header holds a number."""
    assert len(visit.addresses) > 50  # control: pages were read
    assert visit.leaks_in("addresses", "\n".join(visit.addresses).encode()) == []


def test_no_number_in_the_process_list(visit: Visit) -> None:
    """No process of ours, the browser's among them, was started with a number."""
    assert any("--type=renderer" in one for one in visit.processes)  # control: the browser was seen
    assert visit.leaks_in("processes", "\n".join(visit.processes).encode()) == []


def test_browser_leaves_nothing_behind(visit: Visit) -> None:
    """When the server has ended, its browser's profile is gone from the temporary directory."""
    until = time.monotonic() + ENDED_S_MAX
    while (left := list((visit.home / "tmp").iterdir())) and time.monotonic() < until:
        time.sleep(0.2)
    assert left == []


# --- Controls --------------------------------------------------------------------------------------------------------


def test_numbers_were_really_used(visit: Visit) -> None:
    """Control: every number stands in the log's own file, so the visit was real and the search can see numbers."""
    log = b"".join(path.read_bytes() for path in (visit.home / "data" / "log").iterdir())
    assert {imei for imei in visit.numbers if imei.encode() in log} == set(visit.numbers)


def test_saved_pages_were_searched(visit: Visit) -> None:
    """Control: there are saved pages, and read with their key they do hold numbers: what was searched is encrypted."""
    from shirorom.adapters.blobs import FileBlobs

    blobs = FileBlobs(visit.home / "data", entropy=os.urandom)
    opened = b"".join(blobs.get(digest) or b"" for digest in blobs.digests())
    assert visit.leaks_in("opened", opened) != []


@pytest.mark.parametrize("form", sorted(set(forms(CLEAR).values())))
def test_planted_leak_is_found(form: str, tmp_path: Path) -> None:
    """Control: each form of a number is found in a log line, in a file and, where names can hold it, in a name."""
    visit = Visit(tmp_path, (CLEAR,))
    leak = next(content for content, name in forms(CLEAR).items() if name == form)
    (tmp_path / "trace.json").write_bytes(json.dumps({"at": 1}).encode() + leak)
    assert visit.leaks_in("line", b"GET /" + leak + b" 200")
    assert visit.leaks_below(tmp_path)
    if leak.isascii() and b"\0" not in leak and b"/" not in leak:
        (tmp_path / "trace.json").rename(tmp_path / leak.decode())
        assert any("the name" in found for found in visit.leaks_below(tmp_path))
