"""The signature of a sheet's PDF (PAdES B-B, ETSI EN 319 142-1): its one spelling, and whether it holds.

A CMS SignedData (RFC 5652) with one certificate and one ECDSA P-256 signature over SHA-256. The certificate is issued
by the log's own Ed25519 key, the one that signs the bundle: so who signed the page signed the bundle too.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from shirorom.log.der import BITS, INTEGER, OCTETS, OID, SEQUENCE, SET, der, first, inside
from shirorom.log.entry import MalformedError

if TYPE_CHECKING:
    from cryptography import x509

_TAGGED = 0xA0
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SIGNED_DATA = der(OID, bytes.fromhex("2a864886f70d010702"))
_DATA = der(OID, bytes.fromhex("2a864886f70d010701"))
_CONTENT_TYPE = der(OID, bytes.fromhex("2a864886f70d010903"))
_MESSAGE_DIGEST = der(OID, bytes.fromhex("2a864886f70d010904"))
_CERTIFICATE_V2 = der(OID, bytes.fromhex("2a864886f70d010910022f"))
_SHA256 = der(SEQUENCE, der(OID, bytes.fromhex("608648016503040201")))
_ECDSA = der(SEQUENCE, der(OID, bytes.fromhex("2a8648ce3d040302")))
_ED25519 = der(SEQUENCE, der(OID, bytes.fromhex("2b6570")))


class SealError(MalformedError):
    """A signature that is not one of ours, or does not hold."""


@dataclass(frozen=True, slots=True)
class Issued:
    """What the issuer of a certificate signed, and with which signature: whose it is, a verifier key tells."""

    told: bytes
    signature: bytes


def signed_attributes(message: bytes, certificate: bytes) -> bytes:
    """What is really signed: the content's kind and digest, and which certificate it was (RFC 5035), as a DER set."""
    named = der(SEQUENCE, der(SEQUENCE, der(SEQUENCE, der(OCTETS, sha256(certificate).digest()))))
    rows = (
        der(SEQUENCE, _CONTENT_TYPE, der(SET, _DATA)),
        der(SEQUENCE, _MESSAGE_DIGEST, der(SET, der(OCTETS, sha256(message).digest()))),
        der(SEQUENCE, _CERTIFICATE_V2, der(SET, named)),
    )
    return der(SET, *sorted(rows))


def seal_of(certificate: x509.Certificate, attributes: bytes, signature: bytes) -> bytes:
    """The CMS. `attributes`: as `signed_attributes` gives them; `signature`: over them, as `one_spelling` gives it."""
    from cryptography.hazmat.primitives.serialization import Encoding

    serial = certificate.serial_number
    number = der(INTEGER, serial.to_bytes(serial.bit_length() // 8 + 1, "big"))
    version = der(INTEGER, b"\x01")
    info = der(
        SEQUENCE, version, der(SEQUENCE, certificate.issuer.public_bytes(), number), _SHA256,
        der(_TAGGED, *inside(attributes, SET)), _ECDSA, der(OCTETS, signature),
    )  # fmt: skip
    held = der(_TAGGED, certificate.public_bytes(Encoding.DER))
    return der(SEQUENCE, _SIGNED_DATA, der(_TAGGED, der(
        SEQUENCE, version, der(SET, _SHA256), der(SEQUENCE, _DATA), held, der(SET, info))))  # fmt: skip


def one_spelling(signature: bytes) -> bytes:
    """An ECDSA signature holds with s and with n − s; the smaller one is the one that we write."""
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, ORDER - s))


def open_seal(place: bytes, message: bytes) -> Issued:
    """Whether the signature in its place (with zeros behind it) holds over a message. Raises SealError."""
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        held, signature = _parts(place)
        certificate = x509.load_der_x509_certificate(held)
        attributes = signed_attributes(message, held)
        written = seal_of(certificate, attributes, signature)
        key = certificate.public_key()
        if place != written.ljust(len(place), b"\0") or one_spelling(signature) != signature:
            raise SealError("another spelling")
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise SealError("another key")
        key.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
        told, by = certificate.tbs_certificate_bytes, certificate.signature
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, OverflowError) as error:
        raise SealError("does not hold") from error
    if held != der(SEQUENCE, told, _ED25519, der(BITS, b"\0" + by)):
        raise SealError("another issuer")
    return Issued(told, by)


def _parts(place: bytes) -> tuple[bytes, bytes]:
    """The certificate and the signature in a CMS; all else is written anew and compared. Raises MalformedError."""
    _, content, _ = first(place)
    _, wrapped = inside(content, OID, _TAGGED)
    (signed,) = inside(wrapped, SEQUENCE)
    _, _, _, certificate, infos = inside(signed, INTEGER, SET, SEQUENCE, _TAGGED, SET)
    (info,) = inside(infos, SEQUENCE)
    return certificate, inside(info, INTEGER, SEQUENCE, SEQUENCE, _TAGGED, SEQUENCE, OCTETS)[-1]
