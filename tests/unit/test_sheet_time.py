"""Time stamps on record sheets, by an authority that `openssl ts` runs: asked, examined, aged, renewed (T42, T43)."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shirorom.adapters.timestamp import HttpAuthority, certificate_der
from shirorom.domain.errors import ShiroromError
from shirorom.domain.sheet import Note, Outcome, StepCode, Why
from shirorom.log.bundle import stamped_bytes
from shirorom.log.note import VerifierKey
from shirorom.service.attest import restamped
from shirorom.service.trust import Ring, Source
from shirorom.service.verify import Examination
from tests.sheet_kit import PHONE
from tests.stamp_kit import OpensslAuthority, serving
from tests.stamp_world import World, world

__all__ = ["world"]

YEAR = timedelta(days=365)


def step(found: Examination, code: StepCode = StepCode.TIME) -> Any:
    return next(one for one in found.steps if one.code is code)


def test_a_stamped_sheet_proves_its_time(world: World) -> None:
    """By an authority that the reader trusts, the issuer's clock is no longer among what is not proved."""
    found = world.examine()
    assert found.outcome is Outcome.HOLDS
    assert found.stamped_at is not None
    assert "clock" not in found.not_proved


def test_chain_and_revocation_lie_in_the_sheet(world: World) -> None:
    """What is needed to examine it once the authority is gone: chain up to the root, and a CRL."""
    (stamp,) = world.bundle.time
    assert (len(stamp.certificates), len(stamp.revocation)) == (2, 1)


def test_openssl_accepts_the_token(world: World, tmp_path: Path) -> None:
    """A program that we did not write comes to the same answer about the token and the bytes that it stamps."""
    (tmp_path / "token").write_bytes(b64decode(world.bundle.time[0].token))
    (tmp_path / "data").write_bytes(stamped_bytes(world.bundle, 0))
    told = subprocess.run(
        ["openssl", "ts", "-verify", "-token_in", "-in", "token", "-data", "data", "-CAfile", str(world.ca.root)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "Verification: OK" in told.stdout + told.stderr


@pytest.mark.parametrize("years", [1, 5, 10, 30])
def test_a_sheet_grows_old_and_holds(world: World, years: int) -> None:
    """T42: the same answer in later years. A certificate that ran out since is told, and is not "bad"."""
    found = world.examine(after=years * YEAR)
    assert (found.outcome, found.stamped_at) == (Outcome.HOLDS, world.examine().stamped_at)
    assert (Note.CERTIFICATE_OVER in step(found).notes) is (years > 1)


def test_a_clock_put_back_changes_nothing(world: World) -> None:
    """T42: a reader whose clock is years behind gets the same answer."""
    assert world.examine(after=-5 * YEAR).outcome is Outcome.HOLDS


def test_unknown_authority_is_not_wrong(world: World) -> None:
    """Without its certificate the stamp counts for nothing, and nothing is wrong with the sheet."""
    found = world.examine(authorities=frozenset())
    assert (found.outcome, step(found).why, found.stamped_at) == (Outcome.CONSISTENT, Why.AUTHORITY_UNKNOWN, None)


@pytest.mark.parametrize("name", ["sha-256", "ed25519"])
def test_broken_algorithm_leaves_it_undetermined(world: World, name: str) -> None:
    """T43: from that day on, what no better stamp covers can no longer be told from a forgery."""
    broken = {"sha-256": world.now + YEAR} if name == "sha-256" else {"ed25519": world.now - YEAR}
    assert world.examine(broken=broken, after=2 * YEAR).outcome is Outcome.UNDETERMINED


def test_stamp_outlives_the_signature(world: World) -> None:
    """T43: Ed25519 breaks after the stamp was made: the stamp shows that the signature was there before."""
    found = world.examine(broken={"ed25519": world.now + YEAR}, after=2 * YEAR)
    assert found.outcome is Outcome.HOLDS
    assert Note.RENEWED in step(found, StepCode.SIGNATURE).notes


def test_broken_key_of_the_issuer(world: World) -> None:
    """T43: a key that counts as bad from a day: what was stamped before holds, what was not is undetermined."""
    fingerprint = VerifierKey.parse(world.shop.key).fingerprint
    broken = {fingerprint: world.now + YEAR}
    unstamped = msgspec.structs.replace(world.bundle, time=[])
    assert world.examine(broken=broken, after=2 * YEAR).outcome is Outcome.HOLDS
    assert world.examine(unstamped, broken=broken, after=2 * YEAR).outcome is Outcome.UNDETERMINED


def test_revoked_key_holds_for_what_was_stamped_before(world: World) -> None:
    """A stolen key: the stamp shows that the sheet is older than the theft."""
    known = world.shop.keyring.known()
    later = world.now + timedelta(days=1)
    stolen = replace(known, keys=(replace(known.keys[0], revoked_at=later, until=later, reason="盗難"),))
    ring = Ring(Source.PINNED, stolen)
    assert world.examine(rings=(ring,), after=YEAR).outcome is Outcome.HOLDS
    unstamped = msgspec.structs.replace(world.bundle, time=[])
    found = world.examine(unstamped, rings=(ring,), after=YEAR)
    assert (found.outcome, step(found, StepCode.TRUST).why) == (Outcome.UNDETERMINED, Why.KEY_REVOKED)


def test_renewal_covers_the_stamp_before_it(world: World) -> None:
    """A second stamp by SHA-512 over the first: both hold, and the first cannot be dropped from under it."""
    renewed = restamped(world.bundle, world.authority)
    assert world.examine(renewed).outcome is Outcome.HOLDS
    assert len(renewed.time) == 2
    dropped = msgspec.structs.replace(renewed, time=renewed.time[1:])
    assert step(world.examine(dropped)).why is Why.STAMP_OTHER
    swapped = msgspec.structs.replace(renewed, time=renewed.time[::-1])
    assert step(world.examine(swapped)).why is Why.STAMP_OTHER


def test_renewed_evidence_outlives_a_hash(world: World, tmp_path: Path) -> None:
    """T43: SHA-256 breaks; a renewal that rests on SHA-512 alone was made before, so the older stamp still counts."""
    with serving(tmp_path / "strong", digest="sha512") as (ca, authority):
        renewed = restamped(world.bundle, authority)
        roots = world.trust.authorities | {certificate_der(ca.root.read_bytes())}
    broken = {"sha-256": world.now + YEAR}
    assert world.examine(renewed, broken=broken, authorities=roots, after=2 * YEAR).outcome is Outcome.HOLDS
    assert world.examine(broken=broken, authorities=roots, after=2 * YEAR).outcome is Outcome.UNDETERMINED


def test_eight_stamps_are_enough(world: World) -> None:
    """A ninth is refused before the authority is asked."""
    full = msgspec.structs.replace(world.bundle, time=world.bundle.time * 8)
    with pytest.raises(ShiroromError, match="stamps-too-many"):
        restamped(full, world.authority)


def test_a_failing_authority_never_keeps_a_sheet_back(world: World) -> None:
    """Nobody listens there: the sheet is made all the same, and it is said."""
    nobody = HttpAuthority("http://127.0.0.1:9/", world.ca.root, 0.5)
    made = replace(world.shop.attest, authority=nobody)(PHONE)
    assert (made.unstamped, made.bundle.time) == ("stamp-authority-failed", [])


def test_another_root_is_not_believed(world: World, tmp_path: Path) -> None:
    """An answer by an authority that is not the configured one counts as no answer."""
    other = OpensslAuthority(tmp_path / "other", "http://127.0.0.1:9/crl")
    with pytest.raises(ShiroromError, match="stamp-authority-failed"):
        HttpAuthority(world.authority._url, other.root, 5.0).stamp(b"x", renewal=False)


def test_a_stamp_by_a_revoked_certificate_does_not_hold(tmp_path: Path) -> None:
    """The CRL beside it says that the certificate was taken back before it stamped."""
    with serving(tmp_path / "ca") as (ca, authority):
        ca.revoke()
        with pytest.raises(ShiroromError, match="stamp-authority-failed") as refused:
            authority.stamp(b"x", renewal=False)
        assert refused.value.details["why"] == "stamp-revoked"
