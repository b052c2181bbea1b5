"""The catalogue of practice phones: complete, true to itself, and strict when it is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CODES, Area, ConfigError
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.verdict import Cell, decide
from shirorom.edge.practice.catalogue import (
    EVIL_TAC,
    Behaviour,
    Catalogue,
    Fault,
    Group,
    Over,
    PracticePhone,
    catalogue,
    load,
)

FILE = Path(__file__).resolve().parents[2] / "src" / "shirorom" / "data" / "practice" / "phones.toml"
EXIT_OF = {"clear": 0, "caution": 3, "restricted": 4, "no-record": 5, "undetermined": 6}
PHONES = catalogue().phones


def shown(phone: PracticePhone, carrier: CarrierId) -> set[str | None]:
    """What this carrier's site shows about any of the phone's numbers, at any time."""
    behaviours = [number.behaviour(carrier) for number in phone.numbers]
    return {step.glyph for one in behaviours for step in (one.steps or (one,)) if step.fault is None}


@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: phone.id)
def test_phone_is_a_valid_test_device(phone: PracticePhone) -> None:
    """Every number lies in a test range and outside the evil mode's; title and sentence stand in both languages."""
    assert phone.device.is_test
    assert all(number.imei.is_test and number.imei.tac != EVIL_TAC for number in phone.numbers)
    assert all((phone.title, phone.title_en, phone.shows, phone.shows_en))


@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: phone.id)
def test_expected_verdict_follows_from_the_expected_cells(phone: PracticePhone) -> None:
    """Verdict, so_far and exit status are those that the rules give for the cells: no entry contradicts itself."""
    for check in phone.checks:
        verdict = decide([Cell(cell.imei, cell.carrier, cell.mark, error=cell.error) for cell in check.cells])
        assert (verdict.kind, verdict.so_far) == (check.verdict, check.so_far)
        assert check.exit == EXIT_OF[check.verdict.value]
        assert len(check.cells) == 4 * len(phone.numbers)


@pytest.mark.parametrize("phone", PHONES, ids=lambda phone: phone.id)
def test_expected_mark_is_that_of_the_glyph(phone: PracticePhone) -> None:
    """What a site shows at the n-th ask, read by the glyph table, is the mark that is expected (a standing × apart)."""
    glyphs = packaged_facts().glyphs()
    for n, check in enumerate(phone.checks):
        for cell in check.cells:
            number = next(number for number in phone.numbers if number.imei == cell.imei)
            behaviour = number.behaviour(cell.carrier).at(asks=n, minutes=n)
            if behaviour.fault is not None:
                assert cell.mark is None
                continue
            mark = glyphs.mark_on_page(behaviour.glyph or "")
            if "restriction-vanished" in check.reasons and cell.mark is Mark.RESTRICTED:
                assert mark is Mark.CLEAR
                continue
            assert cell.mark is mark
            assert cell.error == (None if mark else "glyph-unknown")
            assert behaviour.meant is mark  # the sentence beside it says the same


@pytest.mark.parametrize("carrier", CarrierId)
@pytest.mark.parametrize("mark", Mark)
def test_every_mark_has_a_number_at_every_carrier(carrier: CarrierId, mark: Mark) -> None:
    """Whoever wants to see ○, △, × or － of one carrier, with the others silent or －, finds a phone."""
    assert any(
        phone.group is Group.MARKS
        and all(cell.mark is (mark if cell.carrier is carrier else Mark.NO_RECORD) for cell in phone.checks[0].cells)
        for phone in PHONES
    )


@pytest.mark.parametrize("glyph", sorted(packaged_facts().glyphs().page), ids=lambda glyph: f"U+{ord(glyph):04X}")
def test_every_known_glyph_has_a_number_at_every_carrier(glyph: str) -> None:
    """No row of the glyph table is without a phone that shows it."""
    for carrier in CarrierId:
        assert any(glyph in shown(phone, carrier) for phone in PHONES)


PAGE_ERRORS = (
    "carrier-unreachable", "carrier-timeout", "carrier-error", "carrier-maintenance", "needs-person", "page-changed",
    "echo-mismatch", "glyph-unknown",
)  # fmt: skip


@pytest.mark.parametrize("carrier", CarrierId)
@pytest.mark.parametrize("error", PAGE_ERRORS)
def test_every_error_of_a_page_has_a_number_at_every_carrier(carrier: CarrierId, error: str) -> None:
    """Each way in which a page fails to answer can be provoked at each carrier."""
    cells = [cell for phone in PHONES for check in phone.checks for cell in check.cells]
    assert any(cell.carrier is carrier and cell.error == error for cell in cells)


def test_no_cell_error_is_forgotten() -> None:
    """The errors that no page can cause are named here; a new code must be put on one side or the other."""
    ours = {"carrier-paused", "test-number", "browser-missing", "browser-unsafe", "not-asked"}
    cells = {code for code, entry in CODES.items() if entry.area is Area.CELL}
    assert cells - set(PAGE_ERRORS) >= ours
    assert {cell.error for phone in PHONES for check in phone.checks for cell in check.cells} - {None} == set(
        PAGE_ERRORS
    )


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_is_used(fault: Fault) -> None:
    """No fault is programmed that no phone shows."""
    behaviours = [one for phone in PHONES for number in phone.numbers for one in number.behaviours.values()]
    assert any(step.fault is fault for one in behaviours for step in (one.steps or (one,)))


def test_the_example_of_the_first_screen_is_there() -> None:
    """The dual-SIM phone that the pages show: △－－○ and ×－－ with Rakuten silent."""
    phone = catalogue().phone("dual-caution-restricted")
    assert [number.imei.digits for number in phone.numbers] == ["001001010000013", "001001010000021"]
    marks = [cell.mark.symbol if cell.mark else cell.error for cell in phone.checks[0].cells]
    assert marks == ["△", "－", "－", "○", "×", "－", "－", "carrier-timeout"]


def test_phones_change_in_each_of_the_two_ways() -> None:
    """By the number of asks and by the minute: both are there."""
    assert {phone.over for phone in PHONES} == {None, Over.ASKS, Over.MINUTES}


def test_last_step_stays() -> None:
    """A phone that has changed for the last time stays as it is."""
    behaviour = Behaviour(over=Over.ASKS, steps=(Behaviour(glyph="○"), Behaviour(glyph="×")))
    assert [behaviour.at(asks=n, minutes=99).glyph for n in range(4)] == ["○", "×", "×", "×"]


def test_unknown_number_answers_no_record() -> None:
    """A test number that is in no entry gets － everywhere, as documented."""
    assert catalogue().behaviour(PHONES[0].numbers[0].imei, CarrierId.AU).glyph == "－"


# ── strictness ───────────────────────────────────────────────────────────────────────────────────────────────────────


def spoilt(tmp_path: Path, spoil: Callable[[str], str]) -> Path:
    """The packaged file with one slip in it."""
    before = FILE.read_text(encoding="utf-8")
    after = spoil(before)
    assert after != before
    path = tmp_path / "phones.toml"
    path.write_text(after, encoding="utf-8")
    return path


def test_unspoilt_copy_is_accepted(tmp_path: Path) -> None:
    """Control of the refusals below."""
    path = tmp_path / "phones.toml"
    path.write_bytes(FILE.read_bytes())
    assert isinstance(load(path), Catalogue)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace('id = "all-clear"', 'id = "no-record"'),
        lambda text: text.replace("001001010000021", "001001010000013"),
        lambda text: text.replace("001001010000021", "001001010000022"),
        lambda text: text.replace("001001010000021", "490154203237518"),
        lambda text: text.replace("001001010000021", "00100101000002"),
        lambda text: text.replace("001001010000021", "001017010000015"),
        lambda text: text.replace('fault = "silent"', 'fault = "loud"'),
        lambda text: text.replace('{ fault = "silent" }', "{ }"),
        lambda text: text.replace('{ fault = "silent" }', '{ over = "asks" }'),
        lambda text: text.replace('{ fault = "silent" }', '{ glyph = "○", colour = "red" }'),
        lambda text: text.replace('{ fault = "consent", glyph = "△" }', '{ fault = "consent" }'),
        lambda text: text.replace('docomo = "clear"', 'docomo = "fine"'),
        lambda text: text.replace('docomo = "clear"', 'docomo = "usage"'),
        lambda text: text.replace('docomo = ["clear", "caution", "restricted"]', 'docomo = ["clear", "caution"]'),
        lambda text: text.replace('group = "dual"', 'group = "triple"'),
        lambda text: text.replace('title = "SIMフリー（4社とも －）"\n', ""),
        lambda text: text.replace("exit = 5", 'exit = "5"'),
        lambda text: text.replace('id = "no-record"', 'id = "no-record"\nsecret = 1'),
        lambda text: text + "\n[[phone]",
    ],
)
def test_slip_in_the_catalogue_is_refused(tmp_path: Path, spoil: Callable[[str], str]) -> None:
    """Twice the same id or number, a number that may be real, an unknown word or key: told with file and key."""
    with pytest.raises(ConfigError) as caught:
        load(spoilt(tmp_path, spoil))
    assert caught.value.code == "config-invalid"
    assert caught.value.details["file"] == "phones.toml"
    assert caught.value.details["key"]


def test_refusal_names_no_number(tmp_path: Path) -> None:
    """An error about a number that may be real does not repeat it."""
    with pytest.raises(ConfigError) as caught:
        load(spoilt(tmp_path, lambda text: text.replace("001001010000021", "490154203237518")))
    assert "490154203237518" not in str(caught.value) + str(dict(caught.value.details))


def test_missing_catalogue_is_refused(tmp_path: Path) -> None:
    """No file is an error, not an empty world."""
    with pytest.raises(ConfigError):
        load(tmp_path / "none.toml")


def test_verdict_kinds_are_all_there() -> None:
    """Each verdict, ？ included, has a phone."""
    assert {check.verdict for phone in PHONES for check in phone.checks} == set(VerdictKind)
