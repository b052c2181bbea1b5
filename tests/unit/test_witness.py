"""The witness: every answer of c2sp.org/tlog-witness, and never two histories of one log (T10)."""

from __future__ import annotations

import os
import threading
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shirorom.adapters.heads_sqlite import SqliteHeads
from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.domain.errors import StorageError
from shirorom.log.checkpoint import Checkpoint, encode_checkpoint
from shirorom.log.note import Note, NoteSignature, SignatureKind, decode_signatures
from shirorom.log.tree import Frontier, consistency_proof, frontier_at, grow, home_of, leaf_hash
from shirorom.service.witness import SIZE, Witness
from tests.c2sp import opened
from tests.logs import SetClock

ORIGIN = "log.example/one"
LOG = Ed25519Signer(ORIGIN, bytes(range(32)))
OWN = Ed25519Signer("witness.example/w1", bytes(range(1, 33)), SignatureKind.COSIGNATURE)
SIZE_MAX = 40


class Tree:
    """A tree of leaves that begin with the same ones, up to a fork."""

    def __init__(self, fork: int = SIZE_MAX) -> None:
        leaves = [leaf_hash(b"%d%s" % (n, b"" if n < fork else b"x")) for n in range(SIZE_MAX)]
        _, self.completed = grow(Frontier(), leaves)

    def node(self, level: int, position: int) -> bytes:
        index, place = home_of(level, position)
        return self.completed[index][place]

    def note(self, size: int, signer: Ed25519Signer = LOG, origin: str = ORIGIN) -> bytes:
        text = encode_checkpoint(Checkpoint(origin, size, frontier_at(size, self.node).root))
        return Note(text, (NoteSignature(signer.key.name, signer.key.id, signer.sign(text)),)).encode()

    def request(self, old: int, size: int) -> bytes:
        proof = consistency_proof(old, size, self.node) if 0 < old < size else []
        return body(old, proof, self.note(size))


def body(old: int | str, proof: list[bytes], note: bytes) -> bytes:
    return f"old {old}\n".encode() + b"".join(b64encode(one) + b"\n" for one in proof) + b"\n" + note


TREE, FORKED = Tree(), Tree(fork=5)


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return witness_of(tmp_path)


def witness_of(data: Path) -> Witness:
    return Witness.of([LOG.key], SqliteHeads(data / "witness" / "witness.sqlite"), OWN, SetClock())


def test_a_log_that_grows_is_signed(witness: Witness):
    """The line is a cosignature of the checkpoint, by other code's reading too."""
    for old, size in ((0, 3), (3, 8), (8, 8), (8, 21)):
        answer = witness.add_checkpoint(TREE.request(old, size))
        assert answer.status == 200
        (line,) = decode_signatures(answer.body)
        note = Note(TREE.note(size).rpartition(b"\n\n")[0] + b"\n", (line,))
        assert opened(note.encode(), OWN.key.text) == note.text


def test_a_wrong_old_size_is_answered_by_the_right_one(witness: Witness):
    """409, with the size that was signed last."""
    witness.add_checkpoint(TREE.request(0, 7))
    answer = witness.add_checkpoint(TREE.request(3, 9))
    assert (answer.status, answer.media, answer.body) == (409, SIZE, b"7\n")


def test_a_log_that_went_back_is_refused(witness: Witness):
    """T8: yesterday's size is a conflict, and the answer says what was seen."""
    witness.add_checkpoint(TREE.request(0, 7))
    assert (witness.add_checkpoint(TREE.request(0, 4)).body, witness.heads.latest(ORIGIN)) == (b"7\n", TREE.note(7))


def test_another_log_is_unknown(witness: Witness):
    """404: whoever is not on the list."""
    note = TREE.note(3, Ed25519Signer("other.example", bytes(32)), "other.example")
    assert witness.add_checkpoint(body(0, [], note)).status == 404


def test_another_signature_is_forbidden(witness: Witness):
    """403: the origin is on the list, the key is not."""
    note = TREE.note(3, Ed25519Signer(ORIGIN, bytes(32)))
    assert witness.add_checkpoint(body(0, [], note)).status == 403


def test_two_heads_of_one_size_are_refused_and_kept(witness: Witness):
    """T10: the log signed both; together they prove it."""
    witness.add_checkpoint(TREE.request(0, 9))
    answer = witness.add_checkpoint(FORKED.request(9, 9))
    assert answer.status == 409
    assert witness.heads.accusations() == [(ORIGIN, TREE.note(9), FORKED.note(9))]


def test_a_longer_fork_is_refused(witness: Witness):
    """Its own proof is sound, but begins elsewhere. Nobody is accused: anybody can bend a proof."""
    witness.add_checkpoint(TREE.request(0, 9))
    answer = witness.add_checkpoint(FORKED.request(9, 12))
    assert answer.status == 422
    assert witness.heads.accusations() == []
    assert witness.add_checkpoint(TREE.request(9, 12)).status == 200


@pytest.mark.parametrize(
    "bent",
    [
        b"", b"old 0\n", b"old 00\n\n" + TREE.note(1), b"old -1\n\n" + TREE.note(1), b"old 0\n" + TREE.note(1),
        b"Old 0\n\n" + TREE.note(1), b"old 0\n\n" + TREE.note(1)[:-1], b"old 0\nAAAA\n\n" + TREE.note(1),
        body(0, [bytes(32)] * 64, TREE.note(1)), body(5, [], TREE.note(3)), b"old 0\n\n" + b"x" * 70_000,
    ],
)  # fmt: skip
def test_what_is_no_request_is_a_bad_one(witness: Witness, bent: bytes):
    """400: another form, too many lines, an old size above the new one."""
    assert witness.add_checkpoint(bent).status == 400


def test_a_proof_where_none_belongs_is_refused(witness: Witness):
    """From nothing there is nothing to prove."""
    assert witness.add_checkpoint(body(0, [bytes(32)], TREE.note(3))).status == 422


@given(data=st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_bent_proof_is_never_signed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject):
    """T11: change any bit of any hash, drop one, add one, double one: 422, and nothing moves."""
    witness = BENT.setdefault("witness", witness_of(tmp_path_factory.mktemp("bent")))
    if witness.heads.latest(ORIGIN) is None:
        assert witness.add_checkpoint(TREE.request(0, 11)).status == 200
    size = data.draw(st.integers(12, SIZE_MAX))
    proof = consistency_proof(11, size, TREE.node)
    place = data.draw(st.integers(0, len(proof) - 1))
    match data.draw(st.integers(0, 3)):
        case 0:
            bit = data.draw(st.integers(0, 255))
            proof[place] = (int.from_bytes(proof[place], "big") ^ 1 << bit).to_bytes(32, "big")
        case 1:
            del proof[place]
        case 2:
            proof.insert(place, data.draw(st.binary(min_size=32, max_size=32)))
        case _:
            proof.append(proof[place])
    assert witness.add_checkpoint(body(11, proof, TREE.note(size))).status == 422
    assert witness.heads.latest(ORIGIN) == TREE.note(11)


BENT: dict[str, Witness] = {}


def test_of_many_requests_at_once_one_history_is_signed(tmp_path: Path):
    """Two branches, eight callers: whoever is first decides, and only that branch is ever signed."""
    witnesses = [witness_of(tmp_path) for _ in range(8)]
    barrier, won = threading.Barrier(8), list[tuple[int, int]]()

    def run(n: int) -> None:
        tree = (TREE, FORKED)[n % 2]
        barrier.wait()
        if witnesses[n].add_checkpoint(tree.request(0, 9)).status == 200:
            won.append((n % 2, n))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len({branch for branch, _ in won}) == 1
    assert witnesses[0].heads.latest(ORIGIN) == (TREE, FORKED)[won[0][0]].note(9)


def test_what_was_signed_is_remembered_by_the_next_process(tmp_path: Path):
    """Before the signature is given, it is on the disk."""
    witness_of(tmp_path).add_checkpoint(TREE.request(0, 9))
    assert witness_of(tmp_path).add_checkpoint(TREE.request(0, 3)).status == 409


def test_the_key_goes_with_the_memory(tmp_path: Path):
    """A witness that lost what it signed is another witness: its old key signs nothing that it forgot."""
    path = tmp_path / "w" / "witness.sqlite"
    first = SqliteHeads(path).secret("one", os.urandom)
    assert SqliteHeads(path).secret("two", os.urandom) == first
    for part in path.parent.iterdir():
        part.unlink()
    assert SqliteHeads(path).secret("one", os.urandom) != first


def test_a_memory_that_others_can_read_is_refused(tmp_path: Path):
    """Its key is in it."""
    heads = SqliteHeads(tmp_path / "w" / "witness.sqlite")
    heads.secret("one", os.urandom)
    (tmp_path / "w" / "witness.sqlite").chmod(0o644)
    with pytest.raises(StorageError) as raised:
        heads.latest(ORIGIN)
    assert raised.value.code == "data-unsafe"
