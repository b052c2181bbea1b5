"""Signed notes: the reference implementation's own examples, and everything that is no note."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.log.entry import MalformedError
from shirorom.log.note import (
    Note,
    NoteError,
    NoteSignature,
    SignatureKind,
    UnknownKindError,
    VerifierKey,
    cosigned_message,
    decode_note,
)
from tests.c2sp import opened

# golang.org/x/mod/sumdb/note, note_test.go: the key and the note of the reference implementation's own tests.
VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
NOTE = TEXT + b"\n" + LINE.encode()

FOREIGN = NoteSignature("other.example", b"\1\2\3\4", bytes(64)).line.encode() + b"\n"


def signed(signer: Ed25519Signer, text: bytes) -> NoteSignature:
    return NoteSignature(signer.key.name, signer.key.id, signer.sign(text))


def test_the_reference_note_is_signed_by_its_key():
    """What the Go tests accept, we accept."""
    assert decode_note(NOTE).verified_by([VerifierKey.parse(VKEY)]) == (VerifierKey.parse(VKEY),)


def test_our_signature_is_the_reference_signature():
    """Ed25519 is deterministic: the same key and text give the reference implementation's own bytes."""
    signer = Ed25519Signer("PeterNeumann", SEED)
    assert (signer.key.text, Note(TEXT, (signed(signer, TEXT),)).encode()) == (VKEY, NOTE)


def test_a_reader_that_shares_no_code_opens_our_note():
    """Twenty lines from the text of the specification, and a plain Ed25519 library."""
    signer = Ed25519Signer("shirorom/practice/00", bytes(range(32)))
    assert (
        opened(Note(b"one\n\ntwo\n", (signed(signer, b"one\n\ntwo\n"),)).encode(), signer.key.text) == b"one\n\ntwo\n"
    )


@pytest.mark.parametrize("part", [(0, 5), (3, None), (0, -1), (13, None)])
def test_a_part_of_a_verifier_key_is_none(part: tuple[int, int | None]):
    """Neither a beginning nor an end of a key is taken for a key."""
    with pytest.raises(MalformedError):
        VerifierKey.parse(VKEY[slice(*part)])


@given(at=st.integers(0, len(VKEY) - 1))
def test_a_verifier_key_with_another_character_is_refused(at: int):
    """The key id covers name, kind and key."""
    with pytest.raises(MalformedError):
        VerifierKey.parse(VKEY[:at] + chr(ord(VKEY[at]) + 1) + VKEY[at + 1 :])


def test_a_key_of_wrong_length_is_refused():
    """The reference implementation's own: right id, 36 bytes."""
    with pytest.raises(MalformedError):
        VerifierKey.parse("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==")


def test_a_key_of_an_unknown_kind_is_refused_where_it_is_asked_for():
    """The reference implementation's own: right id, kind 0x65."""
    with pytest.raises(UnknownKindError):
        VerifierKey.parse("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")


def test_a_line_by_a_foreign_key_is_passed_over():
    """Whoever is not asked for says nothing, for or against."""
    assert decode_note(NOTE + FOREIGN).verified_by([VerifierKey.parse(VKEY)])


def test_a_note_by_foreign_keys_alone_is_refused():
    """No signature that we asked for is no signature."""
    with pytest.raises(NoteError, match="no key"):
        decode_note(TEXT + b"\n" + FOREIGN).verified_by([VerifierKey.parse(VKEY)])


def test_one_bad_line_of_a_known_key_refuses_the_whole_note():
    """Also where a good line of the same key stands beside it."""
    bad = NoteSignature("PeterNeumann", bytes.fromhex("c74f20a3"), bytes(64)).line.encode() + b"\n"
    with pytest.raises(NoteError, match="does not hold"):
        decode_note(NOTE + bad).verified_by([VerifierKey.parse(VKEY)])


@given(at=st.integers(0, len(NOTE) - 1), by=st.integers(1, 255))
def test_a_note_with_any_other_byte_is_refused(at: int, by: int):
    """Nothing of a note can change but what a foreign key's line says."""
    bent = NOTE[:at] + bytes([NOTE[at] ^ by]) + NOTE[at + 1 :]
    with pytest.raises((MalformedError, NoteError)):
        decode_note(bent).verified_by([VerifierKey.parse(VKEY)])


@pytest.mark.parametrize(
    "bent",
    [
        b"", TEXT, NOTE[:-1], NOTE + b"\n", NOTE.replace(b"\xe2\x80\x94", b"-"), NOTE.replace(b"\n\n", b"\n"),
        NOTE.replace(b"If", b"\tIf"), NOTE.replace(b"If", b"\xff"), NOTE.replace(b"AM=", b"AN="),
        NOTE.replace(b"n x0", b"n  x0"), NOTE.replace(b"\n", b"\r\n"), b"\n" + NOTE[len(TEXT) :] + b"x",
        TEXT + b"\n" + LINE.encode() * 65,
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(bent: bytes):
    """No line, cut, stray bytes, another dash, control characters, spare bits in base64, too many lines."""
    with pytest.raises(MalformedError):
        decode_note(bent)


def test_sixteen_lines_are_read():
    """A reader must take 16 at least."""
    assert len(decode_note(NOTE + FOREIGN * 15).signatures) == 16


def test_a_cosignature_says_when_and_is_bound_to_it():
    """The time is signed with the checkpoint: another time in the line does not hold."""
    witness = Ed25519Signer("witness.example/w1", SEED, SignatureKind.COSIGNATURE)
    at, text = 1_679_315_147, b"example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
    blob = at.to_bytes(8, "big") + witness.sign(cosigned_message(text, at))
    line = NoteSignature(witness.key.name, witness.key.id, blob)
    assert opened(Note(text, (line,)).encode(), witness.key.text) == text
    assert Note(text, (line,)).verified_by([witness.key]) == (witness.key,)
    later = NoteSignature(witness.key.name, witness.key.id, (at + 1).to_bytes(8, "big") + blob[8:])
    with pytest.raises(NoteError):
        Note(text, (later,)).verified_by([witness.key])


def test_a_cosigner_is_no_signer():
    """The same 32 bytes with another kind are another key: a witness never signs as the log."""
    witness, log = (
        Ed25519Signer("one.example", SEED, kind) for kind in (SignatureKind.COSIGNATURE, SignatureKind.ED25519)
    )
    assert witness.key.id != log.key.id
    with pytest.raises(NoteError):
        Note(TEXT, (signed(log, TEXT),)).verified_by([witness.key])


def test_a_newer_line_takes_the_place_of_the_older_one():
    """A witness that is asked again does not fill the note."""
    note = decode_note(NOTE)
    assert note.with_signatures(note.signatures) == note


def test_a_fingerprint_is_twenty_digits_of_the_key_as_text():
    """For people to compare, as docs/reference/sheet.md has it."""
    import hashlib

    digits = hashlib.sha256(VKEY.encode()).hexdigest()[:20]
    assert VerifierKey.parse(VKEY).fingerprint.replace(" ", "") == digits
