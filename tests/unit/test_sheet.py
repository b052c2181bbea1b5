"""A record sheet: made from the record, examined with nothing but the file and a key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.adapters.texts_toml import LANGS, Texts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ShiroromError
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.reading import Channel
from shirorom.domain.sheet import Note, NotProved, Outcome, Step, StepCode, Why, outcome_of
from shirorom.log.keyring import KnownKeys
from shirorom.log.note import NoteSignature, SignatureKind, cosigned_message
from shirorom.service.trust import Ring, Source, Trust
from tests.logs import START
from tests.sheet_kit import DUAL, PHONE, Shop, all_four, examine, failing, said


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path / "data")
    yield shop
    shop.close()


def test_a_sheet_holds_for_who_has_the_key(shop: Shop) -> None:
    """What was recorded is stated, and every step holds."""
    shop.record(*all_four())
    found = examine(shop.sheet().file, shop.key)
    assert failing(found) == []
    assert (found.outcome, found.verdict) == (Outcome.HOLDS, VerdictKind.CLEAR)


def test_without_a_key_it_is_consistent_and_no_more(shop: Shop) -> None:
    """Anybody can make a sheet: who has no key is told that the issuer is not confirmed."""
    shop.record(*all_four())
    found = examine(shop.sheet().file)
    assert (found.outcome, failing(found)) == (Outcome.CONSISTENT, ["trust: key-unknown"])


def test_everything_recorded_counts(shop: Shop) -> None:
    """A × read by the program is on the sheet of a shop that now asks by hand: no setting hides it."""
    shop.record(*all_four(), said(CarrierId.AU, Mark.RESTRICTED, hours=1, channel=Channel.SITE), hours=2)
    assert shop.sheet().bundle.sheet.verdict.kind is VerdictKind.RESTRICTED


def test_an_unknown_symbol_does_not_cover_a_restriction(shop: Shop) -> None:
    """× stands until explained, also below a symbol that nobody knows."""
    shop.record(*all_four(Mark.RESTRICTED), said(CarrierId.AU, None, hours=1, channel=Channel.SITE), hours=2)
    assert [cell.mark for cell in shop.sheet().bundle.sheet.cells] == [Mark.RESTRICTED] * 4


def test_two_numbers_are_one_sheet(shop: Shop) -> None:
    """Entries of both, each chain from its first."""
    shop.record(*all_four(), *all_four(n=2))
    sheet = shop.sheet(DUAL)
    assert [(device.key, device.count) for device in sheet.bundle.sheet.devices] == [
        (imei.key, 4) for imei in DUAL.imeis
    ]
    assert failing(examine(sheet.file, shop.key)) == []


def test_other_phones_are_not_on_it(shop: Shop) -> None:
    """No opening of another phone leaves the shop."""
    shop.record(*all_four(), *all_four(n=2))
    assert DUAL.imeis[1].digits not in shop.sheet(PHONE).file.decode()


def test_nothing_recorded_is_nothing_to_state(shop: Shop) -> None:
    """No entry, no sheet; and no key is made for it."""
    with pytest.raises(ShiroromError, match="sheet-nothing"):
        shop.sheet()
    assert shop.keyring.known().keys == ()


def test_evidence_past_its_time_is_only_named(shop: Shop) -> None:
    """A saved page that was cleared away stays named by its digest; the sheet holds without it."""
    page = shop.blobs.put(b"a page")
    shop.record(said(CarrierId.AU, Mark.CLEAR, channel=Channel.SITE, page=page))
    assert list(shop.sheet(attach=True).bundle.attachments) == [page]
    shop.blobs.expire(before=datetime(2200, 1, 1, tzinfo=UTC))
    sheet = shop.sheet(attach=True)
    assert (sheet.bundle.attachments, failing(examine(sheet.file, shop.key))) == ({}, [])


def test_a_rotated_key_leaves_old_sheets_as_they_are(shop: Shop) -> None:
    """The next sheet is signed by the next key; both hold for who has the shop's keys."""
    shop.record(*all_four())
    old = shop.sheet()
    shop.clock.at += timedelta(hours=1)
    shop.keyring.rotate(shop.clock.now())
    new = shop.sheet()
    trust = Trust(rings=(Ring(Source.PINNED, shop.keyring.known()),))
    assert old.bundle.signatures[0].key != new.bundle.signatures[0].key
    assert [examine(one.file, trust=trust).outcome for one in (old, new)] == [Outcome.HOLDS] * 2


def test_the_page_of_another_shop_is_told(shop: Shop) -> None:
    """The key fits, the name does not: it holds, and says so."""
    shop.record(*all_four())
    ring = Ring(Source.FETCHED, shop_keys(shop), issuer="ほかの店")
    trusted = next(step for step in examine(shop.sheet().file, trust=Trust(rings=(ring,))).steps if step.n == 4)
    assert (trusted.ok, trusted.notes) == (True, (Note.NAME_DIFFERS,))


def shop_keys(shop: Shop) -> KnownKeys:
    shop.keyring.signer(shop.clock.now())
    return shop.keyring.known()


def test_a_published_revocation_beats_a_given_key(shop: Shop) -> None:
    """Who gives the key by hand and pins the shop's list learns that it was stolen."""
    shop.record(*all_four())
    sheet = shop.sheet()
    key = shop.keyring.known().keys[0].key
    shop.clock.at += timedelta(hours=2)
    shop.keyring.revoke(key.id.hex(), START + timedelta(hours=1), "盗難", shop.clock.now())
    trust = Trust(given=(key.text,), rings=(Ring(Source.PINNED, shop.keyring.known()),))
    assert examine(sheet.file, trust=trust).outcome is Outcome.UNDETERMINED
    assert examine(sheet.file, key.text).outcome is Outcome.HOLDS


@pytest.mark.parametrize("steps", [(), (Why.KEY_UNKNOWN,), (Why.KEY_REVOKED,), (Why.CHAIN_GAP,)])
def test_outcome_is_never_better_than_the_worst_reason(steps: tuple[Why, ...]) -> None:
    """Nothing wrong, something missing, something in doubt, something wrong: each outweighs the one before."""
    order = [Outcome.HOLDS, Outcome.CONSISTENT, Outcome.UNDETERMINED, Outcome.REFUSED]
    alone = outcome_of([Step(StepCode.TRUST, why) for why in steps])
    for more in (Why.KEY_UNKNOWN, Why.ALGORITHM_BROKEN, Why.SIGNATURE_WRONG):
        both = outcome_of([Step(StepCode.TRUST, why) for why in (*steps, more)])
        assert order.index(both) >= order.index(alone)


@pytest.mark.parametrize("lang", LANGS)
def test_everything_that_an_examination_says_has_a_text(lang: str) -> None:
    """Each step, reason, note, outcome and limit, in both languages."""
    wanted = [
        *(f"sheet.step.{code}.ok" for code in StepCode),
        *(f"sheet.why.{why}" for why in Why),
        *(f"sheet.note.{note}" for note in Note),
        *(f"sheet.outcome.{outcome}.{part}" for outcome in Outcome for part in ("title", "text")),
        *(f"sheet.not_proved.{code}" for code in NotProved),
        *(f"sheet.trust.{source}" for source in Source),
    ]
    assert [key for key in wanted if not Texts.load(lang).has(key)] == []


def test_a_witness_counts_where_the_reader_knows_it(shop: Shop) -> None:
    """Its cosignature travels in the sheet; a key that did not sign is none."""
    shop.record(*all_four())
    witness = Ed25519Signer("witness.example/one", bytes(32), SignatureKind.COSIGNATURE)
    other = Ed25519Signer("witness.example/two", bytes(31) + b"1", SignatureKind.COSIGNATURE)
    signed, at = shop.checkpoints.signed(), int(START.timestamp())
    blob = at.to_bytes(8, "big") + witness.sign(cosigned_message(signed.note.text, at))
    shop.checkpoints.cosigned(signed, [NoteSignature(witness.key.name, witness.key.id, blob)])
    file = shop.sheet().file
    trust = Trust(given=(shop.key,), witnesses=(witness.key, other.key), witnesses_min=1)
    assert failing(examine(file, trust=trust)) == []
    assert failing(examine(file, trust=replace(trust, witnesses_min=2))) == ["witnesses: witnesses-few"]


def test_a_sheet_that_nobody_could_read_is_not_made(shop: Shop) -> None:
    """Attachments beyond what a reader takes are refused; without them there is a sheet."""
    pages = [shop.blobs.put(bytes([n]) * 13_000_000) for n in range(2)]
    shop.record(*(said(CarrierId.AU, Mark.CLEAR, channel=Channel.SITE, page=page) for page in pages))
    with pytest.raises(ShiroromError, match="sheet-too-large"):
        shop.sheet(attach=True)
    assert examine(shop.sheet().file, shop.key).outcome is Outcome.HOLDS
