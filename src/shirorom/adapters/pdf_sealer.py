"""Seals pages (ports.views.Sealer): an ECDSA key that comes from the log's own, and the certificate that it gives it.

PDF readers know no Ed25519, so the page is signed with P-256. Its secret is derived from the log key's seed: no second
file to keep, to back up or to lose, and whoever rotates the log's key has rotated this one too (docs/adr/0027).
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.log.note import VerifierKey
from shirorom.log.pdf_seal import ORDER, one_spelling, seal_of, signed_attributes

PURPOSE = b"shirorom/pdf-seal/v1"
SECRET_BYTES = 48
"""More than the curve needs, so that the remainder is even (FIPS 186-5 A.2.1)."""
NAME_CHARS = 64
NO_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280 §4.1.2.5: no end of its own; the log's key says when it ended."""


class PdfSealer:
    """One key of a log, as it seals pages. Equal signers give equal certificates and equal seals."""

    def __init__(self, signer: Ed25519Signer, since: datetime) -> None:
        """`since`: when the log's key came into force (aware UTC)."""
        self._key = signer.key
        secret = int.from_bytes(signer.derived(PURPOSE, SECRET_BYTES), "big") % (ORDER - 1) + 1
        self._private = ec.derive_private_key(secret, ec.SECP256R1())
        self._certificate = self._certified(signer, since)

    @property
    def key(self) -> VerifierKey:
        """The log's key that answers for it."""
        return self._key

    def seal(self, message: bytes) -> bytes:
        """The CMS (DER) over exactly these bytes."""
        attributes = signed_attributes(message, self._certificate.public_bytes(Encoding.DER))
        signature = self._private.sign(attributes, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        return seal_of(self._certificate, attributes, one_spelling(signature))

    def _certified(self, signer: Ed25519Signer, since: datetime) -> x509.Certificate:
        public = self._private.public_key()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, signer.key.name[:NAME_CHARS])])
        serial = (
            int.from_bytes(
                sha256(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).digest()[:15], "big"
            )
            + 1
        )
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(public).serial_number(serial)
        made = made.not_valid_before(since).not_valid_after(NO_END)
        made = made.add_extension(usage, critical=True)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        return made.sign(signer.private, None)
