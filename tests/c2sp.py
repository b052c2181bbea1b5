"""Opens signed notes by the text of c2sp.org/signed-note and /tlog-cosignature alone: shares no code with us."""

from __future__ import annotations

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def opened(note: bytes, vkey: str) -> bytes | None:
    """The note's text, if this verifier key signed it."""
    name, key_id, material = vkey.split("+", 2)
    key = base64.b64decode(material)
    assert hashlib.sha256(name.encode() + b"\n" + key).digest()[:4].hex() == key_id
    text, _, lines = note.rpartition(b"\n\n")
    text += b"\n"
    for line in lines.decode().splitlines():
        dash, who, encoded = line.split(" ")
        raw = base64.b64decode(encoded)
        if (dash, who, raw[:4].hex()) != ("\N{EM DASH}", name, key_id):
            continue
        message, signature = text, raw[4:]
        if key[0] == 4:
            at = int.from_bytes(raw[4:12], "big")
            message, signature = f"cosignature/v1\ntime {at}\n".encode() + text, raw[12:]
        try:
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(signature, message)
        except InvalidSignature:
            return None
        return text
    return None
