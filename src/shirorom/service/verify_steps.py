"""The steps of an examination, one method each; `service/verify.py` says what they are and what they come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from shirorom.domain.errors import ShiroromError
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Imei
from shirorom.domain.sheet import Evidence, Note, Step, StepCode, Why, cells_of, evidence_of, is_practice, matches
from shirorom.domain.verdict import Cell, decide
from shirorom.log.bundle import BundleForm, SheetForm, of_base64, signed_bytes
from shirorom.log.checkpoint import Checkpoint, decode_checkpoint
from shirorom.log.entry import NO_LEAF, STATEMENT_KINDS, EntryBody, MalformedError, Opening, commitment, decode_entry
from shirorom.log.note import NoteError, UnknownKindError, VerifierKey, decode_note
from shirorom.log.statement import decode_statement, kind_of
from shirorom.log.times import time_of
from shirorom.log.tree import leaf_hash, verify_inclusion
from shirorom.service.sheet_forms import cell_form, verdict_form
from shirorom.service.trust import Judged, Trust

REAL, PRACTICE = "shirorom/real/", "shirorom/practice/"


class FailedError(Exception):
    """A step does not hold."""

    def __init__(self, why: Why, place: str | None = None) -> None:
        super().__init__(why.value)
        self.why, self.place = why, place


@dataclass(frozen=True)
class _Opened:
    """One entry with what its opening says."""

    index: int
    entry: bytes
    body: EntryBody
    opening: Opening
    recorded: Recorded


@dataclass
class Run:
    """One examination under way."""

    bundle: BundleForm
    imeis: tuple[Imei, ...]
    trust: Trust
    judged: Judged
    now: datetime
    admit_practice: bool
    log_key: VerifierKey | None = field(default=None)

    @property
    def sheet(self) -> SheetForm:
        """What was signed."""
        return self.bundle.sheet

    @property
    def origin(self) -> str:
        """The log's name, as the checkpoint says."""
        return self.sheet.checkpoint.partition("\n")[0]

    def steps(self) -> tuple[Step, ...]:
        """All of them, in order, whatever the one before came to."""
        return (
            Step(StepCode.FORM),
            self._step(StepCode.PRACTICE, self.practice),
            self._step(StepCode.SIGNATURE, self.signature),
            self._step(StepCode.TRUST, self.key_trusted),
            self._step(StepCode.CHECKPOINT, self.checkpoint_signed),
            self._step(StepCode.WITNESSES, self.witnesses),
            self._step(StepCode.INCLUSION, self.inclusion),
            self._step(StepCode.OPENINGS, self.openings),
            self._step(StepCode.CHAIN, self.chain),
            self._step(StepCode.CELLS, self.cells),
            self._step(StepCode.VERDICT, self.verdict),
            self.judged.step,
            self._step(StepCode.ATTACHMENTS, self.attachments),
        )

    def _step(self, code: StepCode, examine: Callable[[], Sequence[Note] | None]) -> Step:
        try:
            return Step(code, notes=tuple(examine() or ()))
        except FailedError as error:
            return Step(code, error.why, place=error.place)

    def practice(self) -> None:
        """Nothing of one world is shown as the other, and practice only to who asked for it."""
        practice = self.sheet.practice
        said = [is_practice(one.recorded.statement) for one in self.opened if isinstance(one, _Opened)]
        if not self.origin.startswith(PRACTICE if practice else REAL) or (not practice) in said:
            raise FailedError(Why.PRACTICE_MIXED)
        if not practice and any(imei.is_test for imei in self.imeis):
            raise FailedError(Why.TEST_NUMBER)
        if practice and not self.admit_practice:
            raise FailedError(Why.PRACTICE_SHEET)

    def signature(self) -> Sequence[Note]:
        """Every signature holds, and the log's own key is among them."""
        message, seen = signed_bytes(self.sheet), set()
        for n, one in enumerate(self.bundle.signatures):
            key = self._key(one.key, n)
            if key in seen:
                raise FailedError(Why.KEY_TWICE, str(n))
            if not key.verify(message, of_base64(one.signature)):
                raise FailedError(Why.SIGNATURE_WRONG, str(n))
            seen.add(key)
            if key.name == self.origin and self.log_key is None:
                self.log_key = key
        if self.log_key is None:
            raise FailedError(Why.LOG_KEY_MISSING)
        return self._sound("ed25519", "sha-256")

    def _key(self, text: str, n: int) -> VerifierKey:
        try:
            key = VerifierKey.parse(text)
        except UnknownKindError as error:
            raise FailedError(Why.ALGORITHM_UNKNOWN, str(n)) from error
        except MalformedError as error:
            raise FailedError(Why.KEY_UNREADABLE, str(n)) from error
        if key.kind.name != "ED25519":
            raise FailedError(Why.ALGORITHM_UNKNOWN, str(n))
        return key

    def _sound(self, *names: str) -> Sequence[Note]:
        """Whether what the signature rests on still did at the moment by which it is known to have been made."""
        since = [self.trust.broken[name] for name in names if name in self.trust.broken]
        if any(at <= self.judged.known_by for at in since):
            raise FailedError(Why.ALGORITHM_BROKEN)
        return (Note.RENEWED,) if any(at <= self.now for at in since) else ()

    def key_trusted(self) -> Sequence[Note]:
        """Whose key it is, and whether it was theirs when the sheet was issued."""
        if self.log_key is None:
            raise FailedError(Why.LOG_KEY_MISSING)
        why, notes = self.trust.judge(
            self.log_key, issued_at=time_of(self.sheet.issued_at), known_by=self.judged.known_by, now=self.now,
            name=self.sheet.issuer.name,
        )  # fmt: skip
        if why is not None:
            raise FailedError(why)
        return notes

    @cached_property
    def checkpoint(self) -> Checkpoint | None:
        """Size and root; None where the text is no checkpoint."""
        try:
            return decode_checkpoint(decode_note(self.sheet.checkpoint.encode()).text)
        except MalformedError:
            return None

    def checkpoint_signed(self) -> None:
        """The log's key signed it, and nothing here was recorded after the sheet was issued."""
        if self.checkpoint is None:
            raise FailedError(Why.CHECKPOINT_UNREADABLE)
        try:
            decode_note(self.sheet.checkpoint.encode()).verified_by([self.log_key] if self.log_key else [])
        except NoteError as error:
            raise FailedError(Why.CHECKPOINT_UNSIGNED) from error
        issued_at = time_of(self.sheet.issued_at)
        if any(isinstance(one, _Opened) and one.body.at > issued_at for one in self.opened):
            raise FailedError(Why.ISSUED_TOO_EARLY)

    def witnesses(self) -> Sequence[Note]:
        """Who else saw this tree: a log that shows two faces needs them to be silent."""
        if self.checkpoint is None:
            raise FailedError(Why.CHECKPOINT_UNREADABLE)
        note = decode_note(self.sheet.checkpoint.encode())
        try:
            seen = len(note.verified_by(self.trust.witnesses))
        except NoteError as error:
            if error.known:
                raise FailedError(Why.CHECKPOINT_UNSIGNED) from error
            seen = 0
        if seen < self.trust.witnesses_min:
            raise FailedError(Why.WITNESSES_FEW)
        return () if seen else (Note.NO_WITNESS,)

    def inclusion(self) -> None:
        """Every entry has its place under the root."""
        if self.checkpoint is None:
            raise FailedError(Why.CHECKPOINT_UNREADABLE)
        for one in self.sheet.entries:
            proof = [bytes.fromhex(node) for node in one.proof]
            leaf = leaf_hash(one.entry.encode())
            if not verify_inclusion(leaf, one.index, self.checkpoint.size, proof, self.checkpoint.root):
                raise FailedError(Why.NOT_IN_TREE, str(one.index))

    @cached_property
    def opened(self) -> tuple[_Opened | FailedError, ...]:
        """Each entry with its opening, or why it has none."""
        return tuple(self._open(n) for n in range(len(self.sheet.entries)))

    def _open(self, n: int) -> _Opened | FailedError:
        one = self.sheet.entries[n]
        o, entry, place = one.opening, one.entry.encode(), str(one.index)
        opening = Opening(
            o.key, o.counter, bytes.fromhex(o.previous), bytes.fromhex(o.salt), o.statement.encode()
        )  # fmt: skip
        try:
            body, statement = decode_entry(entry), decode_statement(opening.statement)
        except MalformedError:
            return FailedError(Why.STATEMENT_UNREADABLE, place)
        if body.kind not in STATEMENT_KINDS:  # a feed is about no phone
            return FailedError(Why.STATEMENT_UNREADABLE, place)
        if commitment(self.origin, opening) != body.commitment or kind_of(statement) != body.kind:
            return FailedError(Why.OPENING_WRONG, place)
        if statement.imei.key != o.key or o.key not in {imei.key for imei in self.imeis}:
            return FailedError(Why.OTHER_PHONE, place)
        return _Opened(one.index, entry, body, opening, Recorded(one.index, body.at, statement))

    def openings(self) -> None:
        """Every entry says what is shown beside it."""
        self._all_opened()

    def _all_opened(self) -> Sequence[_Opened]:
        for one in self.opened:
            if isinstance(one, FailedError):
                raise FailedError(one.why, one.place)
        return [one for one in self.opened if isinstance(one, _Opened)]

    def chain(self) -> None:
        """The entries of each phone are all that there were, up to the newest here."""
        counts = [(imei.key, 0) for imei in self.imeis]
        heads = {imei.key: (0, NO_LEAF) for imei in self.imeis}
        for one in self._all_opened():
            if (one.opening.counter, one.opening.previous) != heads[one.opening.key]:
                raise FailedError(Why.CHAIN_GAP, str(one.index))
            heads[one.opening.key] = (one.opening.counter + 1, leaf_hash(one.entry))
        counts = [(imei.key, heads[imei.key][0]) for imei in self.imeis]
        if [(device.key, device.count) for device in self.sheet.devices] != counts:
            raise FailedError(Why.CHAIN_GAP)

    def cells(self) -> None:
        """What the sheet shows is what the entries come to, at its moment."""
        as_of = time_of(self.sheet.as_of)
        recorded = [one.recorded for one in self._all_opened()]
        if as_of > time_of(self.sheet.issued_at) or any(one.recorded_at > as_of for one in recorded):
            raise FailedError(Why.AS_OF_WRONG)
        of = {imei: [one for one in recorded if one.statement.imei.key == imei.key] for imei in self.imeis}
        try:
            cells = cells_of(self.imeis, of, as_of=as_of, age_s_max=self.sheet.age_s_max)
        except (ValueError, OverflowError) as error:
            raise FailedError(Why.CELLS_DIFFER) from error
        if [cell_form(cell) for cell in cells] != self.sheet.cells:
            raise FailedError(Why.CELLS_DIFFER)
        self._tie_matches()
        self._evidence_named(evidence_of(recorded))

    def _tie_matches(self) -> None:
        tie = self.sheet.tie
        if tie is None:
            return
        try:
            seen = [Imei(digits) for digits in tie.numbers]
        except ShiroromError as error:
            raise FailedError(Why.TIE_DIFFERS) from error
        if tie.matches is not matches(self.imeis, seen):
            raise FailedError(Why.TIE_DIFFERS)

    def _evidence_named(self, named: Sequence[Evidence]) -> None:
        tie = self.sheet.tie
        wanted = [*named, *([Evidence(None, "picture", tie.picture)] if tie is not None else [])]
        if [Evidence(e.index, e.what, e.digest) for e in self.sheet.evidence] != wanted:
            raise FailedError(Why.EVIDENCE_DIFFERS)

    def verdict(self) -> None:
        """The verdict follows from the cells shown."""
        try:
            cells = [
                Cell(Imei(c.imei), c.carrier, c.mark, stale=c.stale, error=c.error) for c in self.sheet.cells
            ]  # fmt: skip
        except (ShiroromError, ValueError) as error:
            raise FailedError(Why.VERDICT_DIFFERS) from error
        if verdict_form(decide(cells)) != self.sheet.verdict:
            raise FailedError(Why.VERDICT_DIFFERS)

    def attachments(self) -> None:
        """What is put in is what the digests say."""
        named = {one.digest for one in self.sheet.evidence}
        for digest, content in self.bundle.attachments.items():
            if sha256(of_base64(content)).hexdigest() != digest:
                raise FailedError(Why.ATTACHMENT_WRONG)
            if digest not in named:
                raise FailedError(Why.ATTACHMENT_UNNAMED)
