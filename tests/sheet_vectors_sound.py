"""The golden sheets in which nothing is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.domain.reading import Channel
from shirorom.domain.sheet import Tie
from shirorom.log.keyring import encode_keys
from tests.logs import START, imei
from tests.sheet_kit import DUAL, Shop, all_four, corrected, said, withdrawn
from tests.sheet_vectors import Maker, Shops, Vector, plain, stranger

DOCOMO, AU, SOFTBANK, RAKUTEN = CarrierId


def add(shops: Shops, made: dict[str, Vector]) -> None:
    """All of them."""
    _marks(shops, made)
    _histories(shops, made)
    _notices(shops, made)
    _evidence(shops, made)
    _keys(shops, made)
    _spellings(shops, made)


def example(shops: Shops) -> str:
    """A bundle as it is written: two numbers, every kind of answer."""
    shop = shops("example")
    shop.record(*_noise())
    page = shop.blobs.put(b"<html>\xe7\xb7\xb4\xe7\xbf\x92</html>")
    first = [
        said(DOCOMO, Mark.CLEAR, channel=Channel.SITE, page=page),
        said(AU, Mark.CAUTION),
        said(SOFTBANK, Mark.NO_RECORD),
    ]
    shop.record(*first, *all_four(n=2), hours=1)
    shop.record(*_noise(), hours=2)
    return shop.sheet(DUAL, attach=True, tie=tie_of(shop, imei(1), imei(2))).file.decode()


def tie_of(shop: Shop, *seen: Imei, match: bool = True) -> Tie:
    """What a photo showed."""
    return Tie("34679A", shop.clock.now(), shop.blobs.put(b"a photo"), seen, match)


def _noise() -> list[object]:
    return [said(AU, Mark.CLEAR, n=n) for n in range(100, 117)]


def _marks(shops: Shops, made: dict[str, Vector]) -> None:
    for mark in Mark:
        maker = Maker(shops(f"marks-{mark}"), made)
        maker.shop.record(*all_four(), said(SOFTBANK, mark))
        maker.holds(f"holds-{mark}", f"one carrier answers {mark}, the others clear", maker.shop.sheet())
    maker = Maker(shops("not-asked"), made)
    maker.shop.record(said(DOCOMO, Mark.CLEAR))
    maker.holds("holds-not-asked", "one carrier was asked: undetermined, and not complete", maker.shop.sheet())
    maker = Maker(shops("dual"), made)
    maker.shop.record(*all_four(), *all_four(Mark.RESTRICTED, n=2))
    maker.holds("holds-two-numbers", "a phone with two numbers, one of them restricted", maker.shop.sheet(DUAL))
    maker = Maker(shops("unknown"), made)
    maker.shop.record(*all_four(), said(AU, None, hours=1, channel=Channel.SITE), hours=2)
    maker.holds("holds-unknown-symbol", "a newer symbol that nobody knows leaves no mark", maker.shop.sheet())
    maker = Maker(shops("old"), made)
    maker.shop.record(*all_four())
    maker.shop.clock.at = START + timedelta(hours=25)
    maker.holds("holds-stale", "answers older than the limit decide nothing", maker.shop.sheet())


def _histories(shops: Shops, made: dict[str, Vector]) -> None:
    maker = Maker(shops("withdrawn"), made)
    maker.shop.record(*all_four(), said(AU, Mark.RESTRICTED, hours=1))
    maker.shop.record(withdrawn(AU, 4), hours=2)
    maker.holds("holds-withdrawn", "a mistyped answer was taken back; both stay visible", maker.shop.sheet())
    maker = Maker(shops("vanished"), made)
    maker.shop.record(said(AU, Mark.RESTRICTED), hours=1)
    maker.shop.record(*[replace(one, asked_at=START + timedelta(hours=2)) for one in all_four()], hours=3)
    maker.holds("holds-vanished", "a restriction stands although the newest answer is better", maker.shop.sheet())
    maker.shop.record(corrected(AU, hours=4), hours=4)
    maker.holds("holds-corrected", "a person explained why the restriction vanished", maker.shop.sheet())
    maker = Maker(shops("busy"), made)
    for n in range(40):
        maker.shop.record(*_noise(), *(all_four() if n % 13 == 5 else ()))
    maker.holds("holds-large-log", "entries far apart in a log of many", maker.shop.sheet())


def _notices(shops: Shops, made: dict[str, Vector]) -> None:
    maker = Maker(shops("notices"), made)
    restricted = Notice(
        NoticeKind.RESTRICTED, imei(1), DOCOMO, ground=Ground.UNPAID, effective_on=date(2026, 11, 20),
        purchased_on=None, sequence=1, practice=True,
    )  # fmt: skip
    maker.shop.record(*all_four(), restricted, hours=1)
    maker.holds("holds-notice", "the carrier's own notice outweighs what was read before", maker.shop.sheet())
    lifted = replace(restricted, kind=NoticeKind.LIFTED, sequence=2)
    maker.shop.record(lifted, hours=2)
    maker.holds("holds-lifted", "the carrier lifted its restriction", maker.shop.sheet())


def _evidence(shops: Shops, made: dict[str, Vector]) -> None:
    maker = Maker(shops("evidence"), made)
    page = maker.shop.blobs.put(b"a page")
    maker.shop.record(*all_four(), said(AU, Mark.CLEAR, hours=1, channel=Channel.SITE, page=page), hours=2)
    maker.holds("holds-evidence", "the digest of a saved page, without the page", maker.shop.sheet())
    maker.holds("holds-attachment", "the saved page is put in", maker.shop.sheet(attach=True))
    tied = tie_of(maker.shop, imei(1), imei(2))
    maker.holds("holds-tied", "a photo of the phone's own screen shows the number", maker.shop.sheet(tie=tied))
    other = tie_of(maker.shop, imei(2), match=False)
    maker.holds(
        "holds-tie-differs", "the photo shows another number, and the sheet says so", maker.shop.sheet(tie=other)
    )


def _keys(shops: Shops, made: dict[str, Vector]) -> None:
    maker = Maker(shops("keys"), made)
    shop = maker.shop
    shop.record(*all_four())
    sheet = shop.sheet()
    fingerprint = maker.signer.key.fingerprint
    maker.holds("holds-fingerprint", "the reader has the key's fingerprint alone", sheet, keys=[fingerprint])
    both = maker.signed(plain(sheet), maker.signer, stranger("someone.example/else"))
    maker.holds("holds-two-signatures", "a second party signed the same sheet", both)
    maker.holds(
        "consistent-no-key", "the reader has no key of the issuer", sheet, keys=[], outcome="consistent", step="trust"
    )
    other = stranger(shop.log.origin).key.text
    maker.holds(
        "consistent-other-key", "the reader has another key under the same name", sheet, keys=[other],
        outcome="consistent", step="trust",
    )  # fmt: skip
    shop.clock.at = START + timedelta(days=1)
    shop.keyring.rotate(shop.clock.now())
    pinned = {"keys": [], "keys_file": json.loads(encode_keys(shop.keyring.known()))}
    maker.holds(
        "holds-rotated", "the key was replaced since; it was in force when the sheet was issued", sheet, **pinned
    )
    maker.refused(
        "refused-key-not-yet", "the sheet says it was issued before its key was in force",
        maker.bent(sheet, lambda _sheet: None), "trust", **pinned,
    )  # fmt: skip
    revoked_at = START + timedelta(hours=1)
    first = shop.keyring.known().keys[0].key
    shop.keyring.revoke(first.id.hex(), revoked_at, "盗難", shop.clock.now())
    revoked = {"keys": [], "keys_file": json.loads(encode_keys(shop.keyring.known()))}
    maker.holds(
        "undetermined-revoked", "the key was stolen later, and no time stamp shows that the sheet is older", sheet,
        outcome="undetermined", step="trust", **revoked,
    )  # fmt: skip


def _spellings(shops: Shops, made: dict[str, Vector]) -> None:
    maker = Maker(shops("spelling"), made)
    odd = "\u20ac$\t\nA'B\"\\\\/\U0001f600 \u2028 \u00e9"
    maker.shop.record(*all_four(), replace(said(AU, Mark.CLEAR, hours=1), sentence=odd), hours=2)
    sheet = maker.shop.sheet()
    maker.holds("holds-odd-text", "quotes, tabs, line ends and signs beyond the BMP in a sentence", sheet)
    reversed_ = json.dumps(dict(reversed(plain(sheet).items())), indent=3).encode()
    maker.holds("holds-other-layout", "white space, escapes and the order of names mean nothing", reversed_)
