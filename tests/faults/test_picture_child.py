"""Pictures that mean harm, and a child that dies, hangs or is left alone: a code each, and the next picture is read."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from PIL import Image

from shirorom.adapters.pictures import process
from shirorom.adapters.pictures.child import ADDRESS_BYTES_MAX
from shirorom.adapters.pictures.process import WAITING_MAX, ProcessPictures
from shirorom.domain.errors import ShiroromError
from shirorom.domain.picture import numbers_in
from tests.pictures import draw
from tests.pictures.bad import GREY, UNREADABLE, harmless
from tests.pictures.degrade import jpeg, png

PHONE = draw.phone(Random(5), sims=1)
LABEL = jpeg(draw.label(Random(5), PHONE))
MEMORY_BYTES_MAX = 1024**3
SIDEWAYS = 6
"""EXIF's orientation of a picture that is to be turned clockwise."""


@dataclass(frozen=True, slots=True)
class Run:
    """One child that was given everything: what came of each, its process before and after, its largest memory."""

    said: dict[str, str]
    pids: tuple[int | None, int | None]
    memory_bytes: int


def patient(**more: float) -> ProcessPictures:
    """As the product's own, with time enough on a machine that does ten things at once."""
    return ProcessPictures(job_s_max=200.0, **more)


@pytest.fixture(scope="module")
def run() -> Run:
    return asyncio.run(_run())


async def _run() -> Run:
    pictures = patient()
    try:
        said = {"a label before": await _said(pictures, LABEL)}
        before = pictures.pid
        for name, content in [*UNREADABLE, *harmless()]:
            said[name] = await _said(pictures, content)
        said["a label after"] = await _said(pictures, LABEL)
        return Run(said, (before, pictures.pid), _largest_memory(pictures.pid))
    finally:
        await pictures.close()


def _largest_memory(pid: int | None) -> int:
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in status if "VmHWM" in line).split()[1]) * 1024


async def _said(pictures: ProcessPictures, content: bytes) -> str:
    try:
        return " ".join(number.text for number in numbers_in(await pictures.read(content)).found)
    except ShiroromError as error:
        return error.code


@pytest.mark.parametrize("name", [name for name, _ in UNREADABLE])
def test_what_cannot_be_decoded_is_said_to_be_so(run: Run, name: str) -> None:
    """A code, and no traceback of a decoder."""
    assert run.said[name] == "picture-unreadable"


@pytest.mark.parametrize("name", [name for name, _ in harmless()])
def test_what_hides_in_a_picture_has_no_effect(run: Run, name: str) -> None:
    """It is read like any other, and shows no number."""
    assert run.said[name] == ""


def test_the_same_child_read_them_all(run: Run) -> None:
    """None of them killed it, and it still reads a label."""
    assert run.pids[0] == run.pids[1]
    assert PHONE[0].digits in run.said["a label before"]
    assert run.said["a label after"] == run.said["a label before"]


def test_its_memory_stays_bounded(run: Run) -> None:
    """25 Mpx and a bomb of 60 MB included."""
    assert run.memory_bytes < MEMORY_BYTES_MAX < ADDRESS_BYTES_MAX


async def test_a_clean_picture_is_upright_and_holds_pixels_alone() -> None:
    """No place, no camera, no comment, nothing behind its end; turned as EXIF says."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = SIDEWAYS, "Camera of somebody"
    exif.get_ifd(0x8825)[1] = "N"
    content = jpeg(GREY, exif=exif.tobytes(), comment=b"written by hand") + b"TRAILER"
    pictures = patient()
    try:
        clean = await pictures.clean(content)
    finally:
        await pictures.close()
    with Image.open(BytesIO(content)) as before, Image.open(BytesIO(clean)) as after:
        assert (dict(before.getexif()) != {}, before.size) == (True, GREY.size)  # the control
        assert (dict(after.getexif()), after.info, after.size) == ({}, {}, GREY.size[::-1])
    assert not any(word in clean for word in (b"somebody", b"by hand", b"TRAILER", b"Exif", b"eXIf"))


async def test_a_picture_lying_on_its_side_is_read_as_exif_says() -> None:
    """Places are those of the upright picture."""
    exif = Image.Exif()
    exif[0x0112] = SIDEWAYS
    lying = draw.label(Random(5), PHONE).transpose(Image.Transpose.ROTATE_90)
    pictures = patient()
    try:
        read = await pictures.read(jpeg(lying, exif=exif.tobytes()))
    finally:
        await pictures.close()
    assert (read.width, read.height) == lying.size[::-1]
    assert numbers_in(read).devices == (PHONE,)


async def test_a_child_that_was_killed_is_replaced() -> None:
    """The next picture is read by another."""
    pictures = patient()
    try:
        await pictures.text(b"a", "")
        first = pictures.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert await pictures.text(b"b", "") == "b"
        assert pictures.pid not in (None, first)
    finally:
        await pictures.close()


async def test_what_a_child_dies_of_is_not_given_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code for it, after one new child at most."""
    started = 0

    async def dying(*_: object, **__: object) -> asyncio.subprocess.Process:
        nonlocal started
        started += 1
        program = "import sys; sys.stdin.buffer.read(9)"
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    pictures = patient()
    try:
        assert await pictures.text(b"a", "") == "a"
        assert pictures.pid is not None
        os.kill(pictures.pid, signal.SIGKILL)
        with monkeypatch.context() as patched:
            patched.setattr(process, "start_child", dying)
            with pytest.raises(ShiroromError) as died:
                await pictures.text(b"b" * 99, "")
        assert (died.value.code, started) == ("file-unreadable", 1)
        assert await pictures.text(b"c", "") == "c"
    finally:
        await pictures.close()


async def test_a_child_that_hangs_is_ended_and_replaced() -> None:
    """After its seconds, by the clock on the wall."""
    pictures = ProcessPictures(job_s_max=5.0)
    try:
        assert await pictures.text(b"a", "") == "a"  # the control: in time
        first = pictures.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        with pytest.raises(ShiroromError) as hung:
            await pictures.text(b"b", "")
        assert hung.value.code == "file-unreadable"
        assert not _runs(first)
        assert await pictures.text(b"c", "") == "c"
    finally:
        await pictures.close()


async def test_who_comes_when_too_many_wait_is_told_so() -> None:
    """And the others are served."""
    pictures = patient()
    try:
        await pictures.text(b"a", "")
        waiting = [asyncio.create_task(pictures.text(str(n).encode(), "")) for n in range(WAITING_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(ShiroromError) as busy:
            await pictures.text(b"b", "")
        assert busy.value.code == "picture-busy"
        assert await asyncio.gather(*waiting) == [str(n) for n in range(WAITING_MAX)]
    finally:
        await pictures.close()


async def test_who_goes_away_leaves_no_answer_to_the_next() -> None:
    """A closed page does not put its answer into another's hands."""
    pictures = patient()
    try:
        await pictures.text(b"a", "")
        gone = asyncio.create_task(pictures.text(b"somebody's", ""))
        await asyncio.sleep(0)
        gone.cancel()
        assert await pictures.text(b"mine", "") == "mine"
    finally:
        await pictures.close()


async def test_the_loop_goes_on_while_a_picture_is_read() -> None:
    """Others' pages are served meanwhile."""
    pictures = patient()
    try:
        reading = asyncio.create_task(pictures.read(LABEL))
        turns = 0
        while not reading.done():
            await asyncio.sleep(0.01)
            turns += 1
        await reading
        assert turns > 10
    finally:
        await pictures.close()


async def test_a_child_with_nothing_to_do_ends() -> None:
    """Its models are given back; the next picture starts another."""
    pictures = patient(idle_s=0.1)
    try:
        await pictures.text(b"a", "")
        first = pictures.pid
        assert first is not None
        while _runs(first):  # noqa: ASYNC110  # nothing tells that it sleeps
            await asyncio.sleep(0.05)
        assert await pictures.text(b"b", "") == "b"
    finally:
        await pictures.close()


async def test_nothing_is_left_after_close(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No process; and no reader has said a word that could hold a number."""
    monkeypatch.setenv("SHIROROM_DEBUG", "1")  # what the child prints is thrown away otherwise
    pictures = patient()
    await pictures.read(LABEL)
    pid = pictures.pid
    await pictures.close()
    await pictures.close()
    assert pid is not None
    assert not _runs(pid)
    assert capfd.readouterr() == ("", "")


def test_a_child_ends_when_its_parent_is_killed() -> None:
    """Even by a signal that lets nobody say goodbye."""
    program = (
        "import asyncio\n"
        "from shirorom.adapters.pictures.process import ProcessPictures\n"
        "async def main():\n"
        "    pictures = ProcessPictures()\n"
        "    await pictures.text(b'a', '')\n"
        "    print(pictures.pid, flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert _runs(child)  # the control
        parent.kill()
    for _ in range(200):
        if not _runs(child):
            break
        subprocess.run(["sleep", "0.05"], check=True)
    assert not _runs(child)


LIMITED = "from shirorom.adapters.pictures.child import limit; limit(); "


@pytest.mark.parametrize(
    ("harm", "refused"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', {port}))", "PermissionError"),
        ("open('{file}', 'wb', buffering=0).write(b'0' * 9)", "OSError"),
        ("import mmap; mmap.mmap(-1, 4 * 1024 ** 3)", "OSError"),
        ("import subprocess; subprocess.run(['true'])", "PermissionError"),
    ],
)
def test_the_child_may_do_nothing_but_read(tmp_path: Path, harm: str, refused: str) -> None:
    """No connection, no file, no memory without end, no program; each of them works without the limits."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = harm.format(port=server.getsockname()[1], file=tmp_path / "written")
        free = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        bound = subprocess.run([sys.executable, "-c", LIMITED + code], capture_output=True, text=True, check=False)
    assert (free.returncode, free.stderr) == (0, "")
    assert bound.returncode != 0
    assert refused in bound.stderr


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def test_the_noise_of_a_camera_is_no_number() -> None:
    """Six million pixels of nothing: read in time, and nothing found."""

    async def read() -> str:
        pictures = patient()
        try:
            return await _said(pictures, jpeg(Image.effect_noise((3000, 2000), 60), 60))
        finally:
            await pictures.close()

    assert asyncio.run(read()) == ""


def test_png_of_noise_is_read() -> None:
    """The control of the truncated ones: whole, it is a picture."""
    assert png(Image.effect_noise((400, 300), 80))[:4] == b"\x89PNG"
