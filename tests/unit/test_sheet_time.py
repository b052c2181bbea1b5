"""Time stamps on record sheets, by an authority that `openssl ts` runs: asked, examined, aged, renewed (T42, T43)."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.adapters.timestamp import HttpAuthority, Rfc3161Stamps, certificate_der
from shirorom.domain.errors import ShiroromError
from shirorom.domain.sheet import Note, Outcome, StepCode, Why
from shirorom.log.bundle import BundleForm, encode_bundle, stamped_bytes
from shirorom.log.note import VerifierKey
from shirorom.service.attest import restamped
from shirorom.service.trust import Ring, Source, Trust, stamp_of
from shirorom.service.verify import Examination, Verify
from tests.logs import imei
from tests.sheet_kit import PHONE, Shop, all_four
from tests.sheet_vectors_sound import tie_of
from tests.stamp_kit import OpensslAuthority, serving

YEAR = timedelta(days=365)


class World:
    """A shop, its authority, and one stamped sheet."""

    def __init__(self, folder: Path, ca: OpensslAuthority, authority: HttpAuthority) -> None:
        self.ca, self.authority = ca, authority
        self.shop = Shop(folder / "data")
        self.now = datetime.now(UTC).replace(microsecond=0)  # the authority's clock is the machine's
        self.shop.clock.at = self.now
        self.shop.record(*all_four())
        attest = replace(self.shop.attest, authority=authority)
        made = attest(PHONE, attach=True, tie=tie_of(self.shop, imei(1)))
        assert made.unstamped is None
        self.bundle = made.bundle
        self.trust = Trust(
            given=(self.shop.key,), authorities=frozenset({certificate_der(ca.root.read_bytes())})
        )  # fmt: skip

    def examine(
        self, bundle: BundleForm | None = None, *, after: timedelta = timedelta(), **trusted: Any
    ) -> Examination:
        trust = replace(self.trust, **trusted)
        file = encode_bundle(bundle or self.bundle)
        return Verify(Rfc3161Stamps())(file, trust, now=self.now + after, admit_practice=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("stamps")
    with serving(folder / "ca") as (ca, authority):
        made = World(folder, ca, authority)
        yield made
        made.shop.close()


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


# Every change of any value fails verification.


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value that is no list and no object."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from leaves(inner, (*path, n))
    else:
        yield path


def containers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every list and object that holds anything."""
    if isinstance(value, dict | list) and value:
        yield path
        for name, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from containers(inner, (*path, name))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for step_ in path:
        value = value[step_]
    return value


def other(draw: Any, value: object) -> object:
    """Another value: of the same kind, or of any."""
    if isinstance(value, str) and value and draw(st.booleans()):
        n = draw(st.integers(0, len(value) - 1))
        sign = draw(st.sampled_from("0123456789abcdefABCXYZ+/=- \n").filter(lambda s: s != value[n]))
        return value[:n] + sign + value[n + 1 :]
    anything = (
        st.none() | st.booleans() | st.integers(0, 9) | st.just("") | st.just([]) | st.just({}) | st.text(max_size=4)
    )
    return draw(anything.filter(lambda new: (type(new), new) != (type(value), value)))


@cache
def _plain(file: bytes) -> str:
    return json.dumps(json.loads(file))


@given(data=st.data())
@settings(max_examples=250, deadline=None)
def test_every_change_of_a_value_fails(world: World, data: st.DataObject) -> None:
    """One value anywhere in a stamped sheet with an attachment, changed by who has no key: it does not hold."""
    bundle = json.loads(_plain(encode_bundle(world.bundle)))
    paths = list(leaves(bundle))
    path = paths[data.draw(st.integers(0, len(paths) - 1))]
    holder = at(bundle, path[:-1])
    holder[path[-1]] = other(data.draw, holder[path[-1]])
    assert not _holds(world, bundle)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_every_change_of_shape_fails(world: World, data: st.DataObject) -> None:
    """Dropped, doubled or swapped anywhere: it does not hold. But a stamp, a CRL, an attachment may be taken away."""
    bundle = json.loads(_plain(encode_bundle(world.bundle)))
    paths = list(containers(bundle))
    path = paths[data.draw(st.integers(0, len(paths) - 1))]
    found = at(bundle, path)
    if isinstance(found, dict):
        name = data.draw(st.sampled_from(sorted(found)))
        if path == ("attachments",):
            return  # less is shown, nothing else is said
        del found[name]
    elif data.draw(st.booleans()):
        if path == ("time",) or path[-1] == "revocation":
            return
        del found[data.draw(st.integers(0, len(found) - 1))]
    else:
        found.insert(0, found[-1])
    assert not _holds(world, bundle)


def test_an_attachment_may_be_taken_away(world: World) -> None:
    """And a stamp, and a CRL: the sheet that is left is true and shows less."""
    less = msgspec.structs.replace(world.bundle, attachments={}, time=[])
    assert world.examine(less).outcome is Outcome.HOLDS
    assert "clock" in world.examine(less).not_proved


def _holds(world: World, bundle: Mapping[str, Any]) -> bool:
    file = json.dumps(bundle).encode("utf-8", "surrogatepass")
    return Verify(Rfc3161Stamps())(file, world.trust, now=world.now, admit_practice=True).holds


def test_every_bit_of_a_stamp_counts(world: World) -> None:
    """A sample of the bits of token, certificates and CRL (all of them were tried once: none is accepted)."""
    stamp = stamp_of(world.bundle.time[0])
    message = stamped_bytes(world.bundle, 0)
    accepted = []
    for name, content in (("token", stamp.token), ("certificates", stamp.certificates[0])):
        for bit in range(0, len(content) * 8, 37):
            bent = bytearray(content)
            bent[bit // 8] ^= 1 << bit % 8
            whole = bytes(bent) if name == "token" else (bytes(bent), *stamp.certificates[1:])
            try:
                Rfc3161Stamps().examine(replace(stamp, **{name: whole}), message)
                accepted.append((name, bit))
            except Exception:  # noqa: BLE001
                pass
    assert accepted == []
