"""Whom the reader of a sheet trusts, and what a time stamp makes of a key or an algorithm that aged since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from shirorom.domain.sheet import Note, Step, StepCode, Why
from shirorom.log.bundle import BundleForm, StampForm, of_base64, stamped_bytes
from shirorom.log.keyring import KnownKeys
from shirorom.log.note import VerifierKey
from shirorom.log.times import time_of
from shirorom.ports.stamps import Stamp, Stamped, StampError, Stamps

CLOCKS_DIFFER_MAX = timedelta(minutes=5)


class Source(StrEnum):
    """How a reader came by a key."""

    GIVEN = "given"  # typed or pasted for this sheet
    PINNED = "pinned"  # from a file kept before
    FETCHED = "fetched"  # from the shop's own page, just now
    OWN = "own"  # this installation's


@dataclass(frozen=True, slots=True)
class Ring:
    """Keys that came one way. `issuer`: the name that the page they came from gives itself, where it gives one."""

    source: Source
    known: KnownKeys
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """What a reader brings along.

    Attributes:
        given: Verifier keys, or fingerprints of them.
        rings: Keys with their times.
        authorities: Roots of time stamp authorities, DER.
        broken: From when an algorithm (`sha-256`, `ed25519`, …) or a key (its fingerprint) is no longer trusted.
    """

    given: tuple[str, ...] = ()
    rings: tuple[Ring, ...] = ()
    witnesses: tuple[VerifierKey, ...] = ()
    witnesses_min: int = 0
    authorities: frozenset[bytes] = frozenset()
    broken: Mapping[str, datetime] = field(default_factory=dict)

    def source(self, key: VerifierKey) -> Source | None:
        """How the reader came by a key; None: not at all."""
        if any(bare(text) in (bare(key.text), bare(key.fingerprint)) for text in self.given):
            return Source.GIVEN
        return next((ring.source for ring in self.rings if ring.known.find(key) is not None), None)

    def judge(
        self, key: VerifierKey, *, issued_at: datetime, known_by: datetime, now: datetime, name: str
    ) -> tuple[Why | None, tuple[Note, ...]]:
        """Whether a key was its issuer's at `issued_at`; `known_by`: when its signature is known to have been there.

        A revocation counts wherever it is read, whatever else vouches for the key.
        """
        if self.source(key) is None:
            return Why.KEY_UNKNOWN, ()
        notes = []
        for ring in self.rings:
            known = ring.known.find(key)
            if known is None:
                continue
            if issued_at < known.since:
                return Why.KEY_NOT_YET, ()
            if (known.until is not None and issued_at >= known.until) or (
                known.revoked_at is not None and issued_at >= known.revoked_at
            ):
                return Why.KEY_OVER, ()
            if known.revoked_at is not None:
                if known_by >= known.revoked_at:
                    return Why.KEY_REVOKED, ()
                notes.append(Note.REVOKED_LATER)
            if ring.issuer is not None and ring.issuer != name:
                notes.append(Note.NAME_DIFFERS)
        broken_from = self.broken.get(key.fingerprint)
        if broken_from is not None and known_by >= broken_from:
            return Why.KEY_REVOKED, ()
        if broken_from is not None and now >= broken_from:
            notes.append(Note.RENEWED)
        return None, tuple(dict.fromkeys(notes))


def bare(text: str) -> str:
    """A key or a fingerprint without what people put between."""
    return "".join(text.split())


@dataclass(frozen=True, slots=True)
class Judged:
    """The stamps of a bundle. `known_by`: the moment by which its signatures are known to have been made."""

    step: Step
    known_by: datetime
    stamped_at: datetime | None


def judge_stamps(bundle: BundleForm, trust: Trust, stamps: Stamps | None, *, now: datetime) -> Judged:
    """Judge each stamp at the moment of the next younger trusted one, the youngest now."""
    if not bundle.time:
        return Judged(Step(StepCode.TIME, notes=(Note.NO_STAMP,)), now, None)
    if stamps is None:
        return Judged(Step(StepCode.TIME, Why.STAMP_MISSING_READER), now, None)
    known_by, whys, notes = now, list[Why](), list[Note]()
    later: datetime | None = None
    stamped_at: datetime | None = None
    for n in range(len(bundle.time) - 1, -1, -1):
        try:
            stamped = stamps.examine(stamp_of(bundle.time[n]), stamped_bytes(bundle, n))
        except StampError as error:
            whys.append(error.why)
            continue
        if later is not None and stamped.at > later:
            whys.append(Why.STAMP_ORDER)
        later = stamped.at
        why = _why(stamped, trust, known_by)
        if why is not None:
            whys.append(why)
            continue
        known_by, stamped_at = min(known_by, stamped.at), stamped.at
        notes += [Note.CERTIFICATE_OVER] if stamped.holds_until <= now else []
    if later is not None and later < time_of(bundle.sheet.issued_at) - CLOCKS_DIFFER_MAX:
        whys.append(Why.STAMP_ORDER)
    step = Step(StepCode.TIME, _worst(whys), notes=() if whys else tuple(dict.fromkeys(notes)))
    return Judged(step, known_by, None if whys else stamped_at)


def _why(stamped: Stamped, trust: Trust, judged_at: datetime) -> Why | None:
    if stamped.root not in trust.authorities:
        return Why.AUTHORITY_UNKNOWN
    if any(trust.broken[name] <= judged_at for name in stamped.algorithms if name in trust.broken):
        return Why.ALGORITHM_BROKEN
    return None


_MILD_LAST = (Why.ALGORITHM_BROKEN, Why.AUTHORITY_UNKNOWN)


def _worst(whys: Sequence[Why]) -> Why | None:
    """What is wrong before what is old, and that before what only the reader lacks."""
    return min(whys, key=lambda why: _MILD_LAST.index(why) if why in _MILD_LAST else -1, default=None)


def stamp_of(form: StampForm) -> Stamp:
    """A stamp's bytes."""
    return Stamp(
        of_base64(form.token), tuple(map(of_base64, form.certificates)), tuple(map(of_base64, form.revocation))
    )  # fmt: skip
