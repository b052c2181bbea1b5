"""The examination of a record sheet: thirteen steps, each with what it proved (docs/reference/sheet.md).

 1. form: the file is in this form and no other      2. practice: one world, admitted by the reader
 3. signature: every signature holds                 4. trust: the key is one that the reader knows
 5. checkpoint: signed by that key                   6. witnesses: as many as the reader asks for
 7. inclusion: every entry is in the tree            8. openings: every opening opens its entry
 9. chain: no entry of a phone is missing           10. cells: the entries, folded anew, give these cells
11. verdict: the cells give this verdict            12. time: every stamp holds
13. attachments: each is what its digest says

Nothing is asked of a network, a data directory or a clock. What the sheet says of itself is never taken for granted:
marks and verdict are computed again from the openings.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import VerdictKind
from shirorom.domain.sheet import Note, NotProved, Outcome, Step, StepCode, Why, not_proved, outcome_of
from shirorom.log.bundle import FormError, SheetForm, decode_bundle
from shirorom.log.note import VerifierKey
from shirorom.log.pdf_read import START as PDF_START
from shirorom.log.pdf_read import Additions, open_pdf
from shirorom.log.times import time_of
from shirorom.ports.stamps import StampError, Stamps
from shirorom.service.trust import Source, Trust, judge_stamps
from shirorom.service.verify_steps import Run


@dataclass(frozen=True, slots=True)
class Examination:
    """How a file came out. What it states stands in `sheet`, None where it is in no known form.

    Attributes:
        key: The key that its log is signed with; None where there is none.
        source: How the reader came by that key; None: it is not one of the reader's.
        stamped_at: When the first trusted time stamp was made.
        digest: SHA-256 of the bundle, hex; of a PDF, of the one in it.
    """

    steps: tuple[Step, ...]
    outcome: Outcome
    sheet: SheetForm | None = None
    key: VerifierKey | None = None
    source: Source | None = None
    stamped_at: datetime | None = None
    digest: str | None = None
    not_proved: tuple[NotProved, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every step does."""
        return self.outcome is Outcome.HOLDS

    @property
    def practice(self) -> bool | None:
        """What the sheet says of itself."""
        return None if self.sheet is None else self.sheet.practice

    @property
    def verdict(self) -> VerdictKind | None:
        """What the sheet says of the phone; worth what the outcome says."""
        return None if self.sheet is None else self.sheet.verdict.kind


@dataclass(frozen=True, slots=True)
class Verify:
    """A file → its examination. `stamps` is None where the extra that reads them is not installed."""

    stamps: Stamps | None

    def __call__(self, file: bytes, trust: Trust, *, now: datetime, admit_practice: bool = False) -> Examination:
        """Examine a bundle, or a file that holds one, at a moment. Whatever is in it, the answer is an examination."""
        try:
            view = open_pdf(file) if file.startswith(PDF_START) else None
            bundle = decode_bundle(file if view is None else view.bundle)
            imeis = _in_order(bundle.sheet)
            sealed = None if view is None else view.additions(bundle.sheet.issued_at)
        except FormError as error:
            failed = [Step(StepCode.FORM, Why(error.code), place=error.place)]
            failed += [Step(code, Why.NOT_EXAMINED) for code in list(StepCode)[1:]]
            return Examination(tuple(failed), Outcome.REFUSED)
        judged = judge_stamps(bundle, trust, self.stamps, now=now)
        run = Run(bundle, imeis, trust, judged, now, admit_practice)
        steps = run.steps()
        if sealed is not None:
            steps = (self._page(sealed, run.log_key, trust), *steps[1:])
        return Examination(
            steps=steps,
            outcome=outcome_of(steps),
            sheet=bundle.sheet,
            key=run.log_key,
            source=trust.source(run.log_key) if run.log_key is not None else None,
            stamped_at=judged.stamped_at,
            digest=sha256(file if view is None else view.bundle).hexdigest(),
            not_proved=not_proved(
                tied=bundle.sheet.tie is not None and bundle.sheet.tie.matches, stamped=judged.stamped_at is not None
            ),
        )

    def _page(self, sealed: Additions, key: VerifierKey | None, trust: Trust) -> Step:
        """Whether a page is the issuer's: the log's key gave the certificate that sealed it; its stamps are on it."""
        if key is None or not key.verify(sealed.by.told, sealed.by.signature):
            return Step(StepCode.FORM, Why.PDF_OTHER_KEY)
        try:
            for one in sealed.stamps:
                if self.stamps is None:
                    return Step(StepCode.FORM, Why.STAMP_MISSING_READER)
                self.stamps.on_document(one.token, one.message, trust.authorities)
        except StampError as error:
            return Step(StepCode.FORM, error.why)
        return Step(StepCode.FORM, notes=(Note.VIEW,))


def _in_order(sheet: SheetForm) -> tuple[Imei, ...]:
    """What the shapes alone do not say: numbers that are numbers, times that are times, lists in their one order."""
    try:
        imeis = Device(tuple(Imei(digits) for digits in sheet.imeis)).imeis
        for text in (sheet.issued_at, sheet.as_of, *(cell.asked_at for cell in sheet.cells), *_tie_times(sheet)):
            if text is not None:
                time_of(text)
    except (ShiroromError, ValueError) as error:
        raise FormError("other-form") from error
    indexes = [entry.index for entry in sheet.entries]
    if indexes != sorted(set(indexes)) or (sheet.tie and sheet.tie.numbers != sorted(set(sheet.tie.numbers))):
        raise FormError("other-form", "order")
    return imeis


def _tie_times(sheet: SheetForm) -> tuple[str, ...]:
    return () if sheet.tie is None else (sheet.tie.at,)
