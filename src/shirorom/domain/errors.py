"""What every failure is called: one stable code each, the same in CLI, API, web, log and manual.

`CODES` is the one table. A sentence for people stands beside each code in `data/text/*.toml`; a page for each
code is served at `/help/CODE`. Errors carry data, never an IMEI, and never exit or print.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Area(StrEnum):
    """Where a failure belongs; decides nothing but where the manual lists it."""

    NUMBER = "number"
    CELL = "cell"
    RECORD = "record"
    STORAGE = "storage"
    PICTURE = "picture"
    PEOPLE = "people"
    COUNTER = "counter"
    PROOF = "proof"
    TABLE = "table"
    WATCH = "watch"
    FEED = "feed"
    SNAPSHOT = "snapshot"
    CONFIG = "config"
    REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Code:
    """How one failure is answered: HTTP status of its problem, exit status of the command."""

    area: Area
    http: int
    exit: int


def _codes(area: Area, http: int, exit_status: int, *names: str) -> dict[str, Code]:
    return dict.fromkeys(names, Code(area, http, exit_status))


CODES: Mapping[str, Code] = {
    # A text that is not a usable device number (exit 2, nothing asked, nothing recorded).
    **_codes(
        Area.NUMBER, 422, 2,
        "imei-length", "imei-check-digit", "imei-characters", "imei-repeated", "imei-lost-zero", "imei-spreadsheet",
        "imei-looks-like", "imei-not-found", "number-is-meid", "number-is-eid", "number-is-iccid",
        "number-is-serial", "device-too-many", "device-repeated",
    ),
    # Why a cell has no mark (DESIGN §5). They are answers (HTTP 200) inside a check.
    **_codes(
        Area.CELL, 200, 6,
        "carrier-unreachable", "carrier-timeout", "carrier-error", "carrier-maintenance", "carrier-paused",
        "needs-person", "page-changed", "echo-mismatch", "glyph-unknown", "test-number", "browser-missing",
        "browser-unsafe", "not-asked",
    ),
    # Findings on a cell that has a mark.
    **_codes(Area.RECORD, 200, 4, "restriction-vanished"),
    **_codes(Area.RECORD, 200, 6, "stale"),
    **_codes(Area.RECORD, 404, 1, "entry-not-found", "check-not-found"),
    **_codes(Area.RECORD, 409, 1, "entry-not-withdrawable", "entry-withdrawn", "correction-not-needed", "log-conflict"),
    **_codes(
        Area.STORAGE, 503, 1,
        "storage-full", "storage-read-only", "storage-failed", "log-corrupt", "log-rolled-back", "log-newer",
        "blob-corrupt", "clock-backwards", "data-unsafe", "backup-invalid", "restore-not-empty", "data-locked",
        "desk-newer", "desk-corrupt",
    ),
    # The record in PostgreSQL (docs/adr/0032).
    **_codes(
        Area.STORAGE, 503, 1, "storage-unreachable", "storage-unconfirmed", "database-unsafe",
    ),
    **_codes(Area.CONFIG, 503, 1, "database-missing"),
    **_codes(
        Area.CONFIG, 500, 1,
        "config-invalid", "config-unknown-key", "config-carrier-host", "port-in-use", "bind-unsafe",
    ),
    # Who may do what, and how they say who they are.
    **_codes(Area.PEOPLE, 401, 1, "sign-in-needed", "sign-in-wrong"),
    **_codes(Area.PEOPLE, 403, 1, "not-allowed", "device-not-trusted", "staff-code-unknown", "pairing-code-wrong",
             "sign-in-again"),
    **_codes(Area.PEOPLE, 409, 1, "name-taken", "person-ended"),
    **_codes(Area.PEOPLE, 410, 1, "setup-link-over"),
    **_codes(
        Area.PEOPLE, 422, 1,
        "name-invalid", "password-short", "password-long", "password-common", "password-differs", "passkey-failed",
        "passkey-address",
    ),
    **_codes(Area.PEOPLE, 429, 1, "too-many-tries", "sign-in-held"),
    **_codes(Area.PEOPLE, 503, 1, "owner-missing"),
    **_codes(Area.CONFIG, 503, 1, "desk-missing"),
    **_codes(Area.CONFIG, 403, 1, "not-through-proxy"),
    **_codes(Area.REQUEST, 400, 2, "body-malformed", "body-duplicate-key", "body-too-deep", "usage"),
    **_codes(Area.REQUEST, 422, 2, "body-invalid", "time-in-future"),
    **_codes(Area.REQUEST, 403, 1, "origin-refused", "host-refused"),
    **_codes(Area.REQUEST, 404, 1, "not-found"),
    **_codes(Area.REQUEST, 405, 1, "method-not-allowed"),
    **_codes(Area.REQUEST, 406, 1, "not-acceptable"),
    **_codes(Area.REQUEST, 408, 1, "body-too-slow"),
    **_codes(Area.REQUEST, 413, 1, "body-too-large"),
    **_codes(Area.REQUEST, 415, 1, "media-type"),
    **_codes(Area.REQUEST, 429, 1, "too-many-requests"),
    **_codes(Area.REQUEST, 500, 1, "internal"),
    # Pictures and files (docs/adr/0012).
    **_codes(Area.NUMBER, 422, 2, "number-is-jan"),
    **_codes(Area.PICTURE, 413, 2, "picture-too-large", "picture-too-many-pixels", "file-too-large"),
    **_codes(Area.PICTURE, 415, 2, "picture-kind", "file-kind"),
    **_codes(
        Area.PICTURE, 422, 2,
        "picture-unreadable", "picture-no-number", "file-unreadable", "file-no-text",
        "screenshot-no-number", "screenshot-other-number", "screenshot-other-carrier",
    ),
    **_codes(Area.PICTURE, 501, 1, "picture-reader-missing"),
    **_codes(Area.PICTURE, 503, 1, "picture-busy"),
    # Manners of the API, and screening jobs (docs/adr/0033).
    **_codes(Area.REQUEST, 400, 2, "cursor-invalid"),
    **_codes(Area.TABLE, 404, 1, "screening-not-found"),
    **_codes(Area.TABLE, 409, 1, "screening-not-done", "screenings-full"),
    **_codes(Area.TABLE, 500, 1, "screening-interrupted", "screening-died"),
    **_codes(Area.TABLE, 503, 1, "screenings-elsewhere"),
    # The counter's queue.
    **_codes(Area.COUNTER, 400, 2, "idempotency-key-missing"),
    **_codes(Area.COUNTER, 404, 1, "item-not-found"),
    **_codes(
        Area.COUNTER, 409, 1, "idempotency-in-progress", "place-claimed", "queue-full", "answer-of-another",
        "nothing-to-undo",
    ),
    **_codes(Area.COUNTER, 422, 2, "idempotency-key-reused", "screenshot-unknown", "place-off"),
    **_codes(Area.COUNTER, 503, 1, "counter-missing"),
    # The published log (log/note.py, log/keyring.py).
    **_codes(Area.RECORD, 404, 1, "key-unknown"),
    **_codes(Area.RECORD, 409, 1, "key-revoked-already"),
    # Record sheets (docs/adr/0025).
    **_codes(Area.PROOF, 404, 1, "sheet-nothing"),
    **_codes(Area.PROOF, 409, 1, "stamps-too-many", "sheet-too-large"),
    **_codes(Area.PROOF, 500, 1, "sheet-pdf-failed"),
    **_codes(Area.PROOF, 422, 2, "sheet-invalid", "trust-invalid", "tie-no-code", "tie-over"),
    **_codes(Area.PROOF, 501, 1, "stamp-authority-none", "proof-missing", "sheet-font-missing"),
    **_codes(Area.PROOF, 502, 1, "stamp-authority-failed"),
    **_codes(Area.STORAGE, 503, 1, "keys-corrupt", "keys-conflict", "monitor-state-corrupt"),
    **_codes(Area.CONFIG, 500, 2, "address-refused", "verifier-key-invalid"),
    **_codes(Area.REQUEST, 502, 1, "log-unreachable"),
    **_codes(Area.REQUEST, 422, 2, "openings-unreadable"),
    # The register (docs/adr/0029): where it cannot be used no answer is given from it.
    **_codes(Area.STORAGE, 503, 1, "register-missing", "register-corrupt", "register-foreign", "register-stale"),
    **_codes(Area.STORAGE, 503, 1, "register-differs", "eir-differs"),
    **_codes(Area.FEED, 409, 1, "eir-not-enrolled"),
    **_codes(Area.CONFIG, 501, 1, "register-extra-missing"),
    # Tables: files of rows (docs/adr/0019).
    **_codes(Area.TABLE, 404, 1, "table-missing"),
    **_codes(
        Area.TABLE, 413, 2,
        "table-too-large", "table-rows-too-many", "table-columns-too-many", "table-cell-too-long",
    ),
    **_codes(
        Area.TABLE, 422, 2,
        "table-unreadable", "table-broken", "table-quote-open", "table-empty", "table-sheet-missing",
        "table-column-missing", "table-no-numbers", "table-row-encoding", "table-row-characters", "table-row-long",
    ),
    # The book of units: what an export says (docs/adr/0020).
    **_codes(Area.WATCH, 409, 1, "stock-full"),
    **_codes(
        Area.WATCH, 422, 2,
        "import-column-missing", "import-column-unknown", "import-rows", "import-strict", "import-folder",
        "import-keys-missing", "import-most-missing",
        "import-file", "row-key-missing", "row-key-repeated", "row-number-missing", "row-number-repeated",
        "row-numbers-differ", "row-sold-twice-at-once", "row-sold-without-day", "row-status-missing",
        "row-status-unknown", "row-money", "row-day", "row-day-year", "row-day-order", "row-day-none", "row-day-future",
        "row-text-long",
    ),
    # What was taken, and looks odd.
    **_codes(Area.WATCH, 200, 0, "row-two-numbers", "row-sold-twice", "row-number-in-book"),
    # The watch: alerts and what carries them out.
    **_codes(Area.WATCH, 404, 1, "alert-not-found", "hook-not-found", "message-not-found"),
    **_codes(Area.WATCH, 409, 1, "hook-name-taken", "hooks-full"),
    **_codes(Area.WATCH, 422, 2, "hook-target", "hook-name"),
    # The watch: the plan of re-checks.
    **_codes(Area.CONFIG, 422, 2, "plan-rules-invalid"),
    **_codes(Area.CONFIG, 503, 1, "plan-missing"),
    # The warranty of the watch.
    **_codes(Area.COUNTER, 404, 1, "claim-not-found", "claim-unknown"),
    **_codes(Area.COUNTER, 409, 1, "claim-ambiguous"),
    **_codes(Area.TABLE, 501, 1, "table-reader-missing"),
    # Carriers' feeds (docs/adr/0030).
    **_codes(Area.FEED, 403, 1, "feed-key-unknown", "feed-key-not-yet", "feed-key-over", "feed-key-revoked",
             "feed-other-carrier", "feed-unsigned"),
    **_codes(Area.FEED, 404, 1, "carrier-key-unknown"),
    **_codes(
        Area.FEED, 409, 1, "feed-replayed", "feed-gap", "feed-shrunk", "feed-conflict", "carrier-key-known",
    ),
    **_codes(Area.FEED, 413, 2, "feed-too-large"),
    **_codes(
        Area.FEED, 422, 2,
        "feed-unreadable", "feed-signature", "feed-time", "feed-count", "feed-root", "feed-rows",
        "notice-form", "notice-row", "notice-test-number", "notice-ground", "notice-day", "notice-repeated",
    ),
    **_codes(Area.STORAGE, 503, 1, "segment-corrupt"),
    **_codes(Area.PROOF, 409, 1, "sheet-notices"),
    # Snapshots of the register for shops (docs/adr/0031).
    **_codes(Area.SNAPSHOT, 403, 1, "snapshot-signature", "snapshot-key-needed", "snapshot-sealed"),
    **_codes(Area.SNAPSHOT, 404, 1, "snapshot-missing", "snapshot-since-unknown"),
    **_codes(
        Area.SNAPSHOT, 409, 1,
        "snapshot-world", "snapshot-foreign", "snapshot-stale", "snapshot-ahead", "snapshot-rollback", "snapshot-base",
        "snapshot-since-other",
    ),
    **_codes(Area.SNAPSHOT, 422, 2, "snapshot-malformed", "snapshot-shop-key", "snapshot-consent"),
    **_codes(Area.STORAGE, 503, 1, "snapshot-corrupt"),
    # The public page: a slip where there is none to give, a photo asked of a seller.
    **_codes(Area.REQUEST, 409, 1, "slip-none"),
    **_codes(Area.PICTURE, 410, 1, "seller-expired"),
}  # fmt: skip


class ShiroromError(Exception):
    """Any failure with a code. `details` are data for the sentence (never an IMEI, never a secret)."""

    def __init__(self, code: str, **details: str | int) -> None:
        if code not in CODES:
            raise KeyError(code)
        super().__init__(code)
        self.code = code
        self.details: Mapping[str, str | int] = details

    @property
    def http(self) -> int:
        """The status of the problem that tells it."""
        return CODES[self.code].http

    @property
    def exit(self) -> int:
        """The exit status of a command that ends by it."""
        return CODES[self.code].exit


class NumberError(ShiroromError):
    """A text that is not a usable device number.

    `position` is the 1-based digit that is wrong, where that is known; `suggestion` the digits that were likely
    meant. A suggestion is shown to the person who typed it, never taken silently and never logged.
    """

    def __init__(self, code: str, *, suggestion: str | None = None, **details: str | int) -> None:
        super().__init__(code, **details)
        self.suggestion = suggestion


class RowsError(ShiroromError):
    """Rows of a file are why it is refused. `rows`: the line of each, counted from 1, and what is wrong with it."""

    def __init__(self, code: str, rows: Sequence[tuple[int, str]], **details: str | int) -> None:
        super().__init__(code, **details)
        self.rows = rows


class CellError(ShiroromError):
    """A carrier gave no answer that may be called one: the cell stays without mark."""


class StorageError(ShiroromError):
    """The record could not be read or written. Nothing was acknowledged."""


class LogConflictError(StorageError):
    """The log no longer has the size that the writer expected; read again and try again."""

    def __init__(self) -> None:
        super().__init__("log-conflict")


class ConfigError(ShiroromError):
    """The configuration cannot be used as it stands."""


class RequestError(ShiroromError):
    """A call that cannot be served as it was made; also one of a cell's codes, met in what a person sent."""

    @property
    def http(self) -> int:
        """A cell's code is an answer inside a check, but refuses a recording."""
        return 422 if CODES[self.code].area is Area.CELL else CODES[self.code].http

    @property
    def exit(self) -> int:
        """Bad usage, where a cell's code would say "undetermined"."""
        return 2 if CODES[self.code].area is Area.CELL else CODES[self.code].exit
