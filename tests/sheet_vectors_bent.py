"""The golden sheets that must be refused. Where nothing else is said, the issuer itself signed what was bent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from shirorom.domain.carrier import CarrierId
from shirorom.domain.mark import Mark
from shirorom.log.checkpoint import Checkpoint, encode_checkpoint
from shirorom.log.keyring import encode_keys
from shirorom.log.note import Note, NoteSignature
from shirorom.log.times import time_text
from shirorom.service.attest import Attested
from tests.logs import START, imei
from tests.sheet_kit import DUAL, all_four, said
from tests.sheet_vectors import Maker, Shops, Vector, plain, stranger
from tests.sheet_vectors_sound import tie_of

AU = CarrierId.AU
Sheet = dict[str, Any]


def add(shops: Shops, made: dict[str, Vector]) -> None:
    """All of them, bent from one honest sheet of a phone with two numbers."""
    maker = Maker(shops("bent"), made)
    shop = maker.shop
    page = shop.blobs.put(b"a page")
    shop.record(*[said(AU, Mark.CLEAR, n=n) for n in range(50, 60)])
    shop.record(*all_four(), said(AU, Mark.CAUTION, hours=1, page=page), *all_four(n=2), hours=2)
    shop.record(*[said(AU, Mark.CLEAR, n=n) for n in range(60, 70)], hours=3)
    sheet = shop.sheet(DUAL, attach=True, tie=tie_of(shop, imei(1), imei(2)))
    _forms(maker, sheet)
    _worlds(maker, sheet)
    _signatures(maker, sheet)
    _checkpoints(maker, sheet)
    _entries(maker, sheet)
    _chains(maker, sheet)
    _cells(maker, sheet)
    _rest(maker, sheet)
    _lies(Maker(shops("lies"), made))
    _over(Maker(shops("over"), made))


def _forms(maker: Maker, sheet: Attested) -> None:
    text = json.dumps(plain(sheet), ensure_ascii=False)

    def raw(name: str, why: str, file: str) -> None:
        maker.refused(f"refused-form-{name}", why, file.encode("utf-8", "surrogatepass"), "form")

    raw("no-json", "the file ends in the middle", text[: len(text) // 2])
    raw(
        "name-twice", "a name stands twice: two readers could read two sheets", text.replace('"v": 1', '"v": 1, "v": 1')
    )
    raw("unknown-name", "a name that nobody knows: it might say something", text.replace('"v": 1', '"v": 1, "w": 1'))
    raw("missing-name", "a name is missing", text.replace('"v": 1, ', ""))
    raw("fraction", "a number that is not whole", text.replace('"v": 1', '"v": 1.0'))
    raw("truth", "a number where true or false belongs", text.replace('"practice": true', '"practice": 1'))
    raw("other-version", "a version that is not known yet", text.replace("shirorom-sheet/v1", "shirorom-sheet/v2"))
    raw("half-a-pair", "half of a surrogate pair is no text", text.replace("れんしゅう堂", "\\ud83d"))
    raw("deep", "lists in lists without end", "[" * 100_000 + "]" * 100_000)
    raw("no-number", "the number's own check digit is wrong", text.replace(imei(1).digits, imei(1).digits[:14] + "9"))
    raw("no-day", "a day that there never was", text.replace('"issued_at": "2026-11-23', '"issued_at": "2026-11-31'))
    signature = plain(sheet)["signatures"][0]["signature"]
    spare = signature[:-3] + chr(ord(signature[-3]) + 1) + "=="
    raw(
        "spare-bits",
        "base64 with spare bits at its end: two spellings of one signature",
        text.replace(signature, spare),
    )
    swapped = plain(sheet)
    swapped["sheet"]["entries"][:2] = swapped["sheet"]["entries"][1::-1]
    maker.refused("refused-form-order", "two entries change places", maker.signed(swapped), "form")
    doubled = plain(sheet)
    doubled["sheet"]["entries"].insert(1, doubled["sheet"]["entries"][0])
    maker.refused("refused-form-doubled", "an entry stands twice", maker.signed(doubled), "form")


def _worlds(maker: Maker, sheet: Attested) -> None:
    maker.refused("refused-practice", "a practice sheet, and the reader asked for a real one", sheet, "practice",
                  practice=False)  # fmt: skip
    _bend(
        maker,
        "as-real",
        "a practice sheet that calls itself real",
        sheet,
        "practice",
        lambda s: s.update(practice=False),
    )

    def real_origin(s: Sheet) -> None:
        s["checkpoint"] = s["checkpoint"].replace("shirorom/practice/", "shirorom/real/")

    _bend(maker, "real-origin", "a practice sheet over a log that is named real", sheet, "practice", real_origin)


def _signatures(maker: Maker, sheet: Attested) -> None:
    value = plain(sheet)
    good = value["signatures"][0]

    def signed_by(name: str, why: str, *signatures: dict[str, str], step: str = "signature") -> None:
        maker.refused(f"refused-{name}", why, json.dumps(value | {"signatures": signatures}).encode(), step)

    flipped = good | {"signature": ("B" if good["signature"][0] != "B" else "C") + good["signature"][1:]}
    signed_by("signature", "one character of the signature was changed", flipped)
    signed_by("same-key-twice", "one key signs twice, to look like two", good, good)
    head, number, material = good["key"].split("+", 2)
    signed_by("key-id", "the key's own number is not that of the key",
              good | {"key": f"{head}+{int(number, 16) ^ 1:08x}+{material}"})  # fmt: skip
    signed_by("no-key", "where the key belongs stands something else", good | {"key": "key"})
    other = stranger(maker.shop.log.origin)
    signed_by("signature-of-another", "the issuer's key is named, and another has signed",
              good | {"signature": maker.signed_by(value, other)})  # fmt: skip
    foreign = stranger("shirorom/practice/ffffffffffffffffffffffffffffffff")
    maker.refused(
        "refused-other-log", "signed by the key of another log alone", maker.signed(plain(sheet), foreign), "signature"
    )
    forged = maker.signed(plain(sheet), other)
    why = "a stranger signs with a key of the same name; the checkpoint gives them away"
    maker.refused("refused-forger", why, forged, "trust")

    def better(whole: dict[str, Any]) -> None:
        whole["sheet"]["cells"][1]["mark"] = "clear"

    maker.refused(
        "refused-edited", "△ was edited to ○ after signing", maker.bent(sheet, better, sign=False), "signature"
    )


def _checkpoints(maker: Maker, sheet: Attested) -> None:
    log, signer = maker.shop.log, maker.signer
    head = log.head()

    def replaced(note: bytes) -> Callable[[Sheet], object]:
        return lambda s: s.update(checkpoint=note.decode())

    def note(root: bytes, by: Any = signer) -> bytes:
        text = encode_checkpoint(Checkpoint(log.origin, head.size, root))
        return Note(text, (NoteSignature(by.key.name, by.key.id, by.sign(text)),)).encode()

    _bend(maker, "checkpoint-of-another", "the checkpoint is signed by another key", sheet, "checkpoint",
          replaced(note(head.root, stranger(log.origin))))  # fmt: skip
    tampered = plain(sheet)["sheet"]["checkpoint"].replace(f"\n{head.size}\n", f"\n{head.size - 1}\n", 1)
    _bend(maker, "checkpoint-size", "the size in the checkpoint was changed", sheet, "checkpoint",
          replaced(tampered.encode()))  # fmt: skip
    _bend(maker, "checkpoint-text", "the checkpoint is no checkpoint", sheet, "checkpoint",
          replaced(f"{log.origin}\nno checkpoint\n".encode()))  # fmt: skip
    _bend(maker, "other-root", "the log's key signed another root: no entry is below it", sheet, "inclusion",
          replaced(note(bytes(32))))  # fmt: skip
    _bend(maker, "issued-early", "issued before its newest entry was recorded", sheet, "checkpoint",
          lambda s: s.update(issued_at=time_text(START), as_of=time_text(START)))  # fmt: skip


def _entries(maker: Maker, sheet: Attested) -> None:
    def opening(n: int, **fields: object) -> Callable[[Sheet], object]:
        return lambda s: s["entries"][n]["opening"].update(**fields)

    def entry(n: int, **fields: object) -> Callable[[Sheet], object]:
        return lambda s: s["entries"][n].update(**fields)

    first = plain(sheet)["sheet"]["entries"][0]
    statement = first["opening"]["statement"]
    cautious = plain(sheet)["sheet"]["entries"][4]["opening"]["statement"]
    _bend(maker, "proof", "one hash of a proof was changed", sheet, "inclusion",
          entry(0, proof=["00" * 32, *first["proof"][1:]]))  # fmt: skip
    _bend(maker, "proof-short", "a proof lacks its last hash", sheet, "inclusion", entry(0, proof=first["proof"][:-1]))
    _bend(
        maker,
        "index",
        "an entry claims another place in the log",
        sheet,
        "inclusion",
        entry(0, index=first["index"] - 1),
    )
    _bend(maker, "entry", "the time of an entry was changed", sheet, "inclusion",
          entry(0, entry=first["entry"].replace("T11:", "T10:")))  # fmt: skip
    _bend(maker, "salt", "one salt was changed", sheet, "openings", opening(0, salt="00" * 32))
    _bend(maker, "statement", "a statement says clear where it said caution", sheet, "openings",
          opening(4, statement=cautious.replace('"caution"', '"clear"')))  # fmt: skip
    _bend(maker, "statement-form", "the same statement with a space in it", sheet, "openings",
          opening(0, statement=statement.replace(",", ", ", 1)))  # fmt: skip
    _bend(maker, "other-phone", "the history of another phone", sheet, "openings",
          lambda s: s.update(imeis=[imei(1).digits, imei(3).digits]))  # fmt: skip


def _chains(maker: Maker, sheet: Attested) -> None:
    _bend(maker, "gap", "an entry in the middle was left out", sheet, "chain", lambda s: s["entries"].pop(4))
    _bend(maker, "first-missing", "the first entry was left out", sheet, "chain", lambda s: s["entries"].pop(0))
    _bend(maker, "tail-missing", "the newest entry was left out, and the count still tells", sheet, "chain",
          lambda s: s["entries"].pop())  # fmt: skip
    _bend(
        maker,
        "count",
        "one entry more is claimed than is there",
        sheet,
        "chain",
        lambda s: s["devices"][0].update(count=6),
    )
    _bend(maker, "device-missing", "one of the two numbers has no count", sheet, "chain", lambda s: s["devices"].pop())


def _cells(maker: Maker, sheet: Attested) -> None:
    def cell(n: int, **fields: object) -> Callable[[Sheet], object]:
        return lambda s: s["cells"][n].update(**fields)

    _bend(
        maker, "mark", "the issuer shows ○ where its own record says △", sheet, "cells", cell(1, mark="clear", raw="○")
    )
    empty = dict.fromkeys(("mark", "raw", "sentence", "asked_at", "channel", "index"))
    _bend(
        maker, "hidden", "the issuer hides an answer as not asked", sheet, "cells", cell(1, **empty, error="not-asked")
    )
    _bend(maker, "sentence", "the carrier's sentence was reworded", sheet, "cells", cell(0, sentence="問題ありません"))
    _bend(maker, "channel", "a hand reading is shown as read by the program", sheet, "cells", cell(0, channel="site"))
    _bend(maker, "cell-missing", "one carrier's cell is missing", sheet, "cells", lambda s: s["cells"].pop())
    _bend(maker, "cells-swapped", "two carriers' cells change places", sheet, "cells",
          lambda s: s["cells"].insert(0, s["cells"].pop(1)))  # fmt: skip
    _bend(maker, "evidence", "the digest of a saved page was left out", sheet, "cells", lambda s: s["evidence"].pop(0))
    _bend(maker, "tie", "the photo shows other numbers, and the sheet says that they match", sheet, "cells",
          lambda s: s["tie"].update(numbers=[imei(9).digits]))  # fmt: skip
    _bend(maker, "as-of-late", "the answers are of a moment after the sheet was issued", sheet, "cells",
          lambda s: s.update(as_of=time_text(START + timedelta(days=9))))  # fmt: skip


def _rest(maker: Maker, sheet: Attested) -> None:
    _bend(
        maker,
        "verdict",
        "the verdict is better than the cells",
        sheet,
        "verdict",
        lambda s: s["verdict"].update(kind="clear"),
    )
    _bend(maker, "so-far", "the worst mark known is shown as a better one", sheet, "verdict",
          lambda s: s["verdict"].update(so_far="clear"))  # fmt: skip
    whole = plain(sheet)
    digest = next(iter(whole["attachments"]))
    other = json.dumps(whole | {"attachments": {digest: "YWJj"}}).encode()
    maker.refused("refused-attachment", "an attachment is not what its digest says", other, "attachments")
    extra = {"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad": "YWJj"}
    unnamed = json.dumps(whole | {"attachments": whole["attachments"] | extra}).encode()
    maker.refused("refused-attachment-unnamed", "an attachment that the sheet does not name", unnamed, "attachments")
    stamp = {"token": "YWJj", "certificates": ["YWJj"], "revocation": []}
    stamped = json.dumps(whole | {"time": [stamp]}).encode()
    maker.refused("refused-stamp", "where the time stamp belongs stands something else", stamped, "time")


def _lies(maker: Maker) -> None:
    """Sheets whose record holds a ×."""
    shop = maker.shop
    shop.record(*all_four(), hours=1)
    shop.record(said(AU, Mark.RESTRICTED, hours=2), hours=2)
    shop.record(said(AU, Mark.CLEAR, hours=3), hours=3)
    sheet = shop.sheet()

    def clear(s: Sheet) -> None:
        s["cells"][1].update(mark="clear", vanished=False)
        s["verdict"] = {"kind": "clear", "so_far": "clear", "complete": True}

    _bend(maker, "vanished", "a × that vanished is shown as ○", sheet, "cells", clear)

    def before(s: Sheet) -> None:
        clear(s)
        s["as_of"] = time_text(START + timedelta(hours=1))

    _bend(maker, "as-of-early", "the moment was chosen before the × was recorded", sheet, "cells", before)
    shop.clock.at = START + timedelta(days=3)
    old = shop.sheet()

    def fresh(s: Sheet) -> None:
        for cell in s["cells"]:
            cell["stale"] = False

    _bend(maker, "fresh", "old answers are shown as fresh", old, "cells", fresh)
    _bend(maker, "age", "the limit of age was raised, and the cells were not folded with it", old, "cells",
          lambda s: s.update(age_s_max=10**9))  # fmt: skip


def _over(maker: Maker) -> None:
    """A key that was replaced or revoked, used all the same."""
    shop = maker.shop
    shop.record(*all_four())
    old = maker.signer
    shop.clock.at = START + timedelta(days=1)
    shop.keyring.rotate(shop.clock.now())
    shop.clock.at = START + timedelta(days=2)
    sheet = plain(shop.sheet())
    text = encode_checkpoint(Checkpoint(shop.log.origin, shop.log.head().size, shop.log.head().root))
    note = Note(text, (NoteSignature(old.key.name, old.key.id, old.sign(text)),)).encode()
    sheet["sheet"]["checkpoint"] = note.decode()
    pinned = {"keys": [], "keys_file": json.loads(encode_keys(shop.keyring.known()))}
    why = "signed with a key that had been replaced a day before"
    maker.refused("refused-key-over", why, maker.signed(sheet, old), "trust", **pinned)


def _bend(maker: Maker, name: str, why: str, sheet: Attested, step: str, bend: Callable[[Sheet], object]) -> None:
    maker.refused(f"refused-{name}", why, maker.bent(sheet, bend), step)
