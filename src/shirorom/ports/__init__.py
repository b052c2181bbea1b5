"""Every promise that the core asks of the outside world, each kept by an adapter and held to it by a contract suite."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from shirorom.domain.carrier import CarrierFacts, CarrierId, Source
from shirorom.domain.desk.given import Begun, Given
from shirorom.domain.desk.people import Account, Passkey, Role, Session, Token, TrustedDevice
from shirorom.domain.desk.queue import Claim, Item, Outcome, Place, Rules, Seat, Told, Wanted
from shirorom.domain.glyphs import GlyphTable
from shirorom.domain.imei import Device, Imei
from shirorom.domain.picture import PictureRead
from shirorom.domain.policy import Policy
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.entry import DeviceHead, Opening, Sealed


class Clock(Protocol):
    """The time of day, in aware UTC. The only way the product learns it."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Head:
    """What a log stands at: entries held, and the RFC 6962 root over them (32 bytes)."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the log holds it. `opening` is None once it was erased."""

    index: int
    entry: bytes
    opening: Opening | None


class Log(Protocol):
    """Entries in order, with their openings beside them. Nothing is ever changed, moved or removed.

    Whatever a log returns it has checked: an entry against its leaf, the leaf against the root, an opening against
    its commitment, a device's entries against its counter and chain. What does not hold raises
    `StorageError("log-corrupt")`; it is never returned.
    """

    @property
    def origin(self) -> str:
        """The log's name, part of every commitment: an entry of one log means nothing in another."""
        ...

    @property
    def practice(self) -> bool:
        """Whether this is the practice log."""
        ...

    def head(self) -> Head:
        """Size and root as of now, also when another process has appended."""
        ...

    def root_at(self, size: int) -> bytes:
        """The root over its first `size` entries, by which a follower knows whether this log goes on from there.

        Raises:
            ShiroromError: `entry-not-found`, it does not hold so many.
        """
        ...

    def append(self, sealed: Sequence[Sealed], *, size_expected: int) -> Head:
        """Append all or none, and return once they would survive a crash and a power cut.

        Raises:
            LogConflictError: the log no longer has `size_expected` entries; read the device heads again.
            StorageError: `storage-full`, `storage-read-only`, `storage-failed` (a failed sync is final: nothing more
                is acknowledged by this process), `clock-backwards` (an entry's time lies before the last entry's).

        Source: RFC 9162 §2.1 for what size and root commit to.
        """
        ...

    def device(self, key: str) -> Sequence[Entry]:
        """All entries about one phone (14-digit key), oldest first, checked."""
        ...

    def device_heads(self, keys: Sequence[str]) -> Sequence[DeviceHead]:
        """The counter and leaf that the next entry about each of these phones must carry, in the order asked."""
        ...

    def keys(self, first: int) -> Sequence[int]:
        """The phones (first 14 digits, as a number) of the entries from `first` on, in any order; repeats may be.

        Also of a feed's entry, whose key is no phone's. Not checked: for knowing which phones are worth a look.
        """
        ...

    def entry(self, index: int) -> Entry:
        """One entry, checked. Raises `ShiroromError("entry-not-found")`."""
        ...

    def read(self, first: int, *, count_max: int) -> Sequence[Entry]:
        """Entries from `first` on, in order, at most `count_max`; for exports and checks."""
        ...

    def proofs(self, indexes: Sequence[int], *, size: int) -> Sequence[Sequence[bytes]]:
        """The audit path of each of these entries in the tree that the log had at a size (RFC 6962 §2.1.1)."""
        ...

    def close(self) -> None:
        """Let go of the file; idempotent."""
        ...


class LogRows(Protocol):
    """A log as it lies on the disk, row by row and unchecked: for `fsck` alone. Values may have any type.

    Every stream raises `StorageError("log-corrupt")` where it cannot go on.
    """

    @property
    def practice(self) -> bool:
        """Whether this is the practice log."""
        ...

    def exists(self) -> bool:
        """Whether there is such a log."""
        ...

    def checkpoint(self) -> Checkpoint | None:
        """What the second place says that the log stood at. Raises `log-corrupt`."""
        ...

    def renew_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Put another in its place."""
        ...

    def origin(self) -> str:
        """The log's name. Raises `log-newer`, `log-corrupt`."""
        ...

    def faults(self) -> Iterator[str]:
        """What the engine itself finds wrong with its file, without any number of a phone."""
        ...

    def size(self) -> int:
        """Entries, as the engine counts them."""
        ...

    def entries(self) -> Iterator[Sequence[Any]]:
        """(index, entry, hashes of the tree's nodes that it made full, its leaf first), by index."""
        ...

    def openings(self) -> Iterator[Sequence[Any]]:
        """(index, key, counter, previous, salt, statement), by index."""
        ...

    def chains(self) -> Iterator[Sequence[Any]]:
        """(key, counter, index, previous leaf, entry of that index or None), by key and counter."""
        ...

    def devices(self) -> Iterator[Sequence[Any]]:
        """(key, count, last index), by key."""
        ...

    def copy_to(self, data: Path) -> None:
        """A copy as of one moment into another data directory, also while others write."""
        ...

    def close(self) -> None:
        """Let go of the file; idempotent."""
        ...


class Archive(Protocol):
    """A data directory in one file: private, durable, never half there under its own name."""

    def stage(self, beside: Path) -> AbstractContextManager[Path]:
        """A private directory next to a path, gone afterwards; an interrupted call's is removed by the next."""
        ...

    def pack(self, staged: Path, target: Path, *, heads: Mapping[str, Checkpoint], made_at: datetime) -> None:
        """Everything into one file: the logs from `staged`, all else from the data directory.

        `heads` says, by log name, what each log stands at. A file of that name is replaced once the new one is whole.
        """
        ...

    def unpack(self, source: Path, staged: Path) -> Mapping[str, Checkpoint]:
        """Into a directory, every byte compared with what the archive says of it; returns `heads`.

        Raises:
            StorageError: `backup-invalid`.
        """
        ...

    def refuse_unless_empty(self) -> None:
        """Raises `restore-not-empty` where the data directory holds anything."""
        ...

    def go_live(self, staged: Path) -> None:
        """Make a directory the data directory, at one moment. Raises `restore-not-empty`."""
        ...


class DeskCopy(Protocol):
    """What a shop keeps beside the record, for a backup: examined when it is copied and before it is restored."""

    def save(self, staged: Path) -> None:
        """A copy as of one moment into a directory, where there is anything. Raises `desk-corrupt`."""
        ...

    def restored(self, staged: Path) -> None:
        """Examine the copy in a directory; sign-ins in it are over. Raises `backup-invalid`."""
        ...


class Blobs(Protocol):
    """Saved pages and screenshots: encrypted at rest, content-addressed, durable once `put` returns."""

    def put(self, content: bytes) -> str:
        """Keep content (at most `BLOB_BYTES_MAX`) and return its SHA-256 digest (hex). Idempotent."""
        ...

    def get(self, digest: str) -> bytes | None:
        """The content, or None when its time has passed. Raises `StorageError("blob-corrupt")`."""
        ...

    def digests(self) -> Iterator[str]:
        """Everything kept."""
        ...

    def expire(self, *, before: datetime) -> int:
        """Remove what was put before a moment; returns how many."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What stood in the answer's place on a carrier's page; the number echoed there was the one asked."""

    imei: Imei
    carrier: CarrierId
    glyph: str
    sentence: str
    asked_at: datetime
    page: bytes
    screenshot: bytes


class Asker(Protocol):
    """Asks one carrier's page about one number. Never solves a CAPTCHA, never gives a consent."""

    async def ask(self, imei: Imei, carrier: CarrierId) -> Answer:
        """Ask, and read the answer from its place.

        Raises:
            CellError: any code of DESIGN §5 except `not-asked` and `glyph-unknown`.
        """
        ...

    async def warm(self) -> None:
        """Make the next `ask` quick; never fails."""
        ...

    async def close(self) -> None:
        """End the browser and everything it started; idempotent."""
        ...


class Pictures(Protocol):
    """Reads pictures and dropped files. Nothing of them is kept, and nothing in them can hurt who calls."""

    async def read(self, content: bytes) -> PictureRead:
        """Barcodes and print of a picture (PNG, JPEG, WebP).

        Raises:
            RequestError: `picture-too-large`, `picture-too-many-pixels`, `picture-kind`, `picture-unreadable` (also:
                it took too long), `picture-reader-missing` (the extra `scan` is not installed), `picture-busy`.
        """
        ...

    async def clean(self, content: bytes) -> bytes:
        """The picture made anew as PNG, upright, with nothing but its pixels: what may be kept. Raises as `read`."""
        ...

    async def text(self, content: bytes, name: str) -> str:
        """What a csv, tsv, txt, xlsx or pdf file says (its content tells which), `TEXT_CHARS_MAX` characters at most.

        Raises:
            RequestError: `file-too-large`, `file-kind`, `file-unreadable`, `file-no-text`, `picture-reader-missing`,
                `picture-busy`.
        """
        ...

    async def close(self) -> None:
        """End everything it started; idempotent. Whoever reads afterwards starts it anew."""
        ...


class Facts(Protocol):
    """The dated data that come with the product."""

    def carrier(self, carrier: CarrierId) -> CarrierFacts:
        """What is known of one carrier."""
        ...

    def glyphs(self) -> GlyphTable:
        """Which symbol means which mark."""
        ...

    def policies(self) -> Sequence[Policy]:
        """The rules, oldest first."""
        ...

    def policy(self, policy: str) -> Policy:
        """One rule, by its id. Raises ConfigError (`config-invalid`) when there is none."""
        ...

    def source(self, what: str) -> Source:
        """Where a reason or an advice rests, by its name in `data/sources.toml`."""
        ...


@dataclass(frozen=True, slots=True)
class NewItem:
    """A phone that comes in: its numbers, and the order in which its carriers are asked.

    `wanted`: where the plan of re-checks puts it there, the places of these numbers that it wants.
    """

    device: Device
    order: tuple[CarrierId, ...]
    wanted: Wanted | None = None


class Queue(Protocol):
    """What the shop's counters share: phones, who is at which place, and what was given there.

    Every change is one durable transaction, and no two happen side by side, in whatever thread or process. Nothing
    here is the record of an answer: an answer that counts stands in the log, and its row here only names the entry.
    """

    def version(self, now: datetime) -> tuple[int, int]:
        """Changes so far, and places that are held: differs after all that somebody may see, the end of a lease too."""
        ...

    def rules(self) -> Rules:
        """The shop's choice."""
        ...

    def set_rules(self, rules: Rules) -> None:
        """Choose anew."""
        ...

    def add(
        self, items: Sequence[NewItem], *, ids: Sequence[str], by: str, at: datetime, since: datetime
    ) -> Sequence[tuple[Item, bool]]:
        """Take phones in; for each the item and whether it is new.

        A phone of which any number is in an item that waits, or was closed since `since`, is not added twice: its other
        numbers join that item, which opens again. A phone of the plan that a person takes in is asked everywhere from
        then on; one that the plan has anew is asked what the plan wants now; the plan takes nothing off a person's.

        Raises:
            ShiroromError: `queue-full`, more than `OPEN_MAX` would wait: none was added.
        """
        ...

    def items(self, *, since: datetime) -> Sequence[Item]:
        """Those that wait, and those closed since a moment, oldest first."""
        ...

    def item(self, id_: str) -> Item:
        """One item, also when it was removed. Raises ShiroromError `item-not-found`."""
        ...

    def close_items(self, ids: Sequence[str], at: datetime) -> None:
        """Nothing is left to ask there."""
        ...

    def open_items(self, ids: Sequence[str]) -> None:
        """There is again."""
        ...

    def remove(self, id_: str, at: datetime) -> None:
        """Take a phone off the list; what was answered stays in the record. Raises `item-not-found`."""
        ...

    def remove_items(self, ids: Sequence[str], at: datetime) -> None:
        """The same for many; those that are not there are passed over."""
        ...

    def claims(self, now: datetime) -> Sequence[Claim]:
        """The places that somebody holds now."""
        ...

    def claim(
        self,
        wanted: Sequence[tuple[str, Place]],
        seat: Seat,
        *,
        now: datetime,
        until: datetime,
        seen: int | None = None,
    ) -> tuple[str, Place] | None:
        """Take the first of these that nobody else holds; None: there is none. One page (`tab`) holds one place.

        `seen`: the changes that the wanted places were chosen by. What was finished after that is not given again.
        """
        ...

    def release(self, id_: str, place: Place, seat: Seat) -> None:
        """Let go of a place, if this seat holds it."""
        ...

    def begin(self, given: Given, *, holder: str, now: datetime, until: datetime) -> Begun:
        """Keep what is about to be recorded under its key, and hold it until `until`; durable before it is recorded.

        Raises:
            RequestError: `idempotency-key-reused` (that key came with another body), `idempotency-in-progress` (another
                attempt holds it).
        """
        ...

    def give_up(self, key: str, holder: str) -> None:
        """This attempt failed; another may try at once."""
        ...

    def finish(self, key: str, *, index: int | None, told: bool | None, at: datetime) -> Given:
        """It is recorded (`index`: the log's entry). Lets go of the place; `told`: whether the mark was one but －."""
        ...

    def adopted(self, practice: bool, indexes: Collection[int]) -> Collection[int]:
        """Those of these entries that belong to some key already."""
        ...

    def outcomes(self, ids: Sequence[str]) -> Mapping[tuple[str, Place], Outcome]:
        """Where a person got no answer or left a place out, and did not take that back."""
        ...

    def last_given(self, id_: str, person: int) -> Given | None:
        """What this person gave last at an item and did not take back."""
        ...

    def taken_back(self, key: str, at: datetime) -> None:
        """It no longer counts here."""
        ...

    def told(self, tac: str) -> Mapping[CarrierId, Told]:
        """What the shop's answers about a model say of each carrier."""
        ...

    def keep_screenshot(self, id_: str, place: Place, digest: str, at: datetime) -> None:
        """A picture whose number was checked to be the one asked there."""
        ...

    def has_screenshot(self, id_: str, place: Place, digest: str) -> bool:
        """Whether it was."""
        ...

    def forget(self, before: datetime) -> int:
        """Erase items closed or removed before a moment, with all that hangs on them; returns how many."""


# What a shop keeps of its people (`adapters/desk_sql`). Secrets come in as keyed digests only, 32 bytes each. Times are
# aware UTC, kept to the second. Every method that changes something is durable and whole once it returns.


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What a browser's registration comes to once it was verified."""

    credential: bytes
    public_key: bytes
    sign_count: int
    host: str
    label: str


class PeopleStore(Protocol):
    """The people of a shop and how they show who they are."""

    def has_owner(self) -> bool:
        """Whether an active owner was set up."""
        ...

    def accounts(self) -> Sequence[Account]:
        """Everybody, also those that were ended, in the order in which they were added."""
        ...

    def account(self, person: int) -> Account | None:
        """One of them."""
        ...

    def named(self, key: str) -> Account | None:
        """Who is called so (`key_of`), active or not."""
        ...

    def add(self, name: str, key: str, *, handle: bytes, at: datetime) -> int:
        """Somebody new, as staff. Raises `name-taken`."""
        ...

    def set_active(self, person: int, active: bool, *, at: datetime) -> None:
        """End somebody (their sessions, codes and tokens end with them), or take them back (without any of these)."""
        ...

    def set_password(self, person: int, password: str) -> None:
        """An argon2id hash in place of what was there."""
        ...

    def offer_setup(self, digest: bytes, *, until: datetime) -> None:
        """One set-up link; it replaces the one before."""
        ...

    def setup_open(self, digest: bytes, *, at: datetime) -> bool:
        """Whether a set-up link still holds."""
        ...

    def use_setup(self, digest: bytes, name: str, key: str, *, handle: bytes, password: str | None,
                  passkey: NewPasskey | None, at: datetime) -> int:  # fmt: skip
        """Take the link and make the owner, at one moment; tokens given before there was one end.

        Where there is an owner, they keep name and passkeys and get the new password or passkey; all they had signed in
        ends. Raises `setup-link-over`, `name-taken`.
        """
        ...

    def passkeys(self, person: int) -> Sequence[Passkey]:
        """Somebody's passkeys."""
        ...

    def passkey(self, credential: bytes) -> Passkey | None:
        """The passkey of a credential id."""
        ...

    def add_passkey(self, person: int, passkey: NewPasskey, *, at: datetime) -> None:
        """One more. Raises `passkey-failed` where it is known already."""
        ...

    def passkey_used(self, passkey: int, *, sign_count: int, at: datetime) -> None:
        """Remember the authenticator's counter."""
        ...

    def remove_passkey(self, passkey: int, *, person: int) -> None:
        """Forget one of somebody's passkeys; nothing where it is not theirs."""
        ...

    def set_recovery(self, person: int, digests: Sequence[bytes]) -> None:
        """Recovery codes in place of those before."""
        ...

    def use_recovery(self, digest: bytes) -> int | None:
        """Take a recovery code, once; whose it was."""
        ...

    def recovery_left(self, person: int) -> int:
        """How many are left."""
        ...

    def set_staff_code(self, person: int, digest: bytes | None, *, at: datetime) -> None:
        """The one staff code of somebody, or none any more; sessions opened by the one before end."""
        ...

    def staff_code_made(self, person: int) -> datetime | None:
        """When somebody's staff code was made; None: there is none."""
        ...

    def by_staff_code(self, digest: bytes) -> Account | None:
        """Whose staff code it is, if they are active."""
        ...


class SessionStore(Protocol):
    """Who is signed in where, and which programs work for whom."""

    def open(self, digest: bytes, person: int, role: Role, *, by_code: bool, label: str, at: datetime,
             until: datetime, replaces: bytes | None) -> None:  # fmt: skip
        """A new session; the one that it replaces ends at the same moment."""
        ...

    def find(self, digest: bytes) -> Session | None:
        """A session of somebody who is active; whether its time has passed is not looked at."""
        ...

    def seen(self, session: int, *, at: datetime) -> None:
        """It was used."""
        ...

    def end(self, *, digest: bytes | None = None, session: int | None = None) -> None:
        """End one session."""
        ...

    def end_others(self, person: int, *, but: bytes) -> None:
        """End every other session of somebody."""
        ...

    def sessions(self) -> Sequence[Session]:
        """Every one that was not ended, newest first."""
        ...

    def forget(self, *, before: datetime, idle_before: datetime) -> None:
        """Remove sessions that ended before a moment or were not used since another."""
        ...

    def trust(self, digest: bytes, *, label: str, by: str, at: datetime) -> None:
        """A device on which staff codes may be used."""
        ...

    def device(self, digest: bytes, *, at: datetime) -> TrustedDevice | None:
        """A trusted device; it was seen now."""
        ...

    def devices(self) -> Sequence[TrustedDevice]:
        """Every trusted device, newest first."""
        ...

    def distrust(self, device: int) -> None:
        """Trust it no more."""
        ...

    def offer_pairing(self, digest: bytes, *, person: int | None, until: datetime) -> None:
        """One code for one program; codes of the same person before it end."""
        ...

    def take_pairing(self, digest: bytes, token: bytes, *, label: str, at: datetime, tries_max: int) -> Token | None:
        """Take the code, once, and give the program its token, at one moment.

        None where there is no such code; then every open code has one try less.
        """
        ...

    def token(self, digest: bytes) -> Token | None:
        """A token that was not ended, of somebody who is active."""
        ...

    def token_used(self, token: int, *, at: datetime) -> None:
        """It was used."""
        ...

    def tokens(self) -> Sequence[Token]:
        """Every token, newest first."""
        ...

    def end_token(self, token: int) -> None:
        """End one."""
        ...


class TryStore(Protocol):
    """How often somebody guessed. Names are keyed digests: a password typed into the wrong field is not kept."""

    def take(self, limits: Sequence[tuple[bytes, int]], *, at: datetime, since: datetime) -> datetime | None:
        """One more try at each of these (what, at most since then), taken before it is looked at.

        Where one of them is used up nothing is counted, and this returns when its oldest try was.
        """
        ...

    def succeeded(self, what: Sequence[bytes]) -> None:
        """Forget the tries at these."""
        ...

    def in_a_row(self, what: bytes) -> int:
        """Failures without a success between them, whenever they were."""
        ...

    def count(self, what: bytes, *, at: datetime) -> None:
        """One more failure in a row."""
        ...


class Hasher(Protocol):
    """Slow hashes of passwords (argon2id)."""

    def hash(self, password: str) -> str:
        """A new hash with its salt and parameters."""
        ...

    def holds(self, hashed: str | None, password: str) -> bool:
        """Whether the password is that one. None costs as much time and holds never."""
        ...

    def outdated(self, hashed: str) -> bool:
        """Whether it was made with other parameters than are used now."""
        ...


class Passkeys(Protocol):
    """WebAuthn: what a browser is asked, and whether its answer holds. `origin` is scheme and host of the page."""

    def registration(self, origin: str, *, challenge: bytes, handle: bytes, name: str,
                     known: Sequence[bytes]) -> dict[str, Any]:  # fmt: skip
        """What `navigator.credentials.create` is asked, as JSON."""
        ...

    def registered(self, origin: str, credential: dict[str, Any], *, challenge: bytes, label: str) -> NewPasskey:
        """The new passkey. Raises `passkey-failed`."""
        ...

    def sign_in(self, origin: str, *, challenge: bytes) -> dict[str, Any]:
        """What `navigator.credentials.get` is asked, as JSON."""
        ...

    def signed_in(self, origin: str, credential: dict[str, Any], *, challenge: bytes, passkey: Passkey) -> int:
        """The authenticator's counter after a sign-in that holds. Raises `passkey-failed`."""
        ...
