"""RFC 3161 time stamps: read without any connection (ports.stamps.Stamps), and asked of an authority over HTTP."""

from __future__ import annotations

import http.client
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from shirorom.domain.errors import ConfigError, ShiroromError
from shirorom.domain.sheet import Why
from shirorom.ports.stamps import Stamp, Stamped, StampError

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

ANSWER_BYTES_MAX = 64_000
REVOCATION_BYTES_MAX = 1_000_000
CERTIFICATE_BYTES_MAX = 64_000
CHAIN_MAX = 8
_HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha-256", "2.16.840.1.101.3.4.2.2": "sha-384", "2.16.840.1.101.3.4.2.3": "sha-512",
}  # fmt: skip
_GRANTED = b"\x30\x03\x02\x01\x00"
_SEQUENCE, _BITS, _OCTETS = 0x30, 0x03, 0x04
_RSA = "300d06092a864886f70d0101{:02x}0500"
_SIGNED_BY: Mapping[bool, Mapping[str, tuple[str, ...]]] = {
    True: {f"sha-{256 + 128 * n}": (f"300a06082a8648ce3d0403{2 + n:02x}",) for n in range(3)},
    False: {f"sha-{256 + 128 * n}": (_RSA.format(1), _RSA.format(11 + n)) for n in range(3)},
}
"""How a signature is named, by an elliptic curve or by RSA (RFC 5754): DER of the AlgorithmIdentifier."""


class Rfc3161Stamps:
    """Examines tokens with the certificates and CRLs that lie beside them."""

    def examine(self, stamp: Stamp, message: bytes) -> Stamped:
        """What a stamp says of these bytes.

        1. The token is one, over these bytes. 2. Its chain: each certificate issued by the next, all valid when it
        stamped. 3. None of them was revoked by then, as the CRLs say. 4. The signature.
        """
        try:
            return _examine(stamp, message)
        except StampError:
            raise
        except Exception as error:  # the libraries raise many kinds for what a stranger may write
            raise StampError(Why.STAMP_UNREADABLE) from error

    def on_document(self, token: bytes, message: bytes, roots: Collection[bytes]) -> None:
        """Whether a token on a whole PDF is over these bytes and, by one of the reader's roots, whether it holds."""
        try:
            response = _read(token)
            told = response.tst_info.message_imprint
            if _digest(_HASHES[told.hash_algorithm.dotted_string], message) != told.message:
                raise StampError(Why.STAMP_OTHER)
            chain = next(_chains(response, roots), None)
            if chain is not None:
                _examine(Stamp(token, chain), message)
        except StampError:
            raise
        except Exception as error:  # the libraries raise many kinds for what a stranger may write
            raise StampError(Why.STAMP_UNREADABLE) from error


def _examine(stamp: Stamp, message: bytes) -> Stamped:
    from rfc3161_client import VerificationError, VerifierBuilder

    response, chain = _read(stamp.token), _chain(stamp.certificates)
    told, signed = response.tst_info, response.signed_data
    hash_ = _HASHES[told.message_imprint.hash_algorithm.dotted_string]
    if _digest(hash_, message) != told.message_imprint.message:
        raise StampError(Why.STAMP_OTHER)
    _check_chain(chain, told.gen_time)
    if not signed.certificates <= set(stamp.certificates):
        raise StampError(Why.STAMP_CHAIN)  # nothing may ride along unexamined
    _check_revocation(chain, stamp.revocation, told.gen_time)
    (digest,) = (_HASHES[oid.dotted_string] for oid in signed.digest_algorithms)
    _check_unsigned(stamp.token, response, chain[0], digest)
    try:
        VerifierBuilder(
            tsa_certificate=chain[0], intermediates=list(chain[1:-1]), roots=[chain[-1]]
        ).build().verify_message(response, message)
    except VerificationError as error:
        raise StampError(Why.STAMP_WRONG) from error
    return Stamped(
        at=told.gen_time,
        root=chain[-1].public_bytes(Encoding.DER),
        algorithms=frozenset({hash_, digest, *_algorithms(chain)}),
        holds_until=min(one.not_valid_after_utc for one in chain),
    )


class HttpAuthority:
    """One authority (ports.stamps.Authority). Whatever it answers is examined before it is believed."""

    def __init__(self, url: str, certificate_file: Path, timeout_s: float) -> None:
        self._url = url
        self._file = certificate_file
        self._timeout_s = timeout_s
        self._stamps = Rfc3161Stamps()

    def stamp(self, message: bytes, *, renewal: bool) -> Stamp:
        """Ask for a stamp: by SHA-256, a renewal by SHA-512."""
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

        root = read_certificate(self._file)
        hash_ = HashAlgorithm.SHA512 if renewal else HashAlgorithm.SHA256
        asked = TimestampRequestBuilder().data(message).hash_algorithm(hash_).build()
        try:
            answer = _call(self._url, self._timeout_s, asked.as_bytes())
            response = decode_timestamp_response(answer)
            if response.tst_info.nonce != asked.nonce:
                raise ValueError("the answer is to another request")
            chain = _ordered(response, root)
            stamp = Stamp(response.time_stamp_token(), chain, tuple(self._revocation(chain)))
            self._stamps.examine(stamp, message)
        except (OSError, ValueError, http.client.HTTPException, StampError) as error:
            why = error.why.value if isinstance(error, StampError) else type(error).__name__
            raise ShiroromError("stamp-authority-failed", why=why) from error
        return stamp

    def _revocation(self, chain: Sequence[bytes]) -> Iterator[bytes]:
        """The CRLs that the chain names and that can be had now; a sheet is good without them."""
        for certificate in map(x509.load_der_x509_certificate, chain[:-1]):
            for url in _crl_urls(certificate)[:1]:
                try:
                    content = _call(url, self._timeout_s, None, bytes_max=REVOCATION_BYTES_MAX)
                    x509.load_der_x509_crl(content)
                except (OSError, ValueError, http.client.HTTPException):
                    continue
                yield content


def read_certificate(path: Path) -> bytes:
    """A certificate file (PEM or DER) as DER. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            content = file.read(CERTIFICATE_BYTES_MAX)
        return certificate_der(content)
    except (OSError, ValueError) as error:
        raise ConfigError(
            "config-invalid", file=str(path), key="proof.authority.certificate_file", why="no certificate"
        ) from error


def certificate_der(content: bytes) -> bytes:
    """A certificate (PEM or DER) as DER. Raises ValueError."""
    pem = content.lstrip().startswith(b"-----BEGIN")
    found = x509.load_pem_x509_certificate(content) if pem else x509.load_der_x509_certificate(content)
    return found.public_bytes(Encoding.DER)


def _read(token: bytes) -> TimeStampResponse:
    """A bare token, put into the answer that the library reads."""
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(_der(_SEQUENCE, _GRANTED + token))
        _ = response.tst_info, response.signed_data  # both are read when they are touched
    except ValueError as error:
        raise StampError(Why.STAMP_UNREADABLE) from error
    return response


def _der(tag: int, content: bytes) -> bytes:
    """A DER element."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def _header_of(element: bytes) -> int:
    """Bytes before the content of a DER element of less than 64 kB."""
    return 2 + (element[1] & 0x7F if element[1] & 0x80 else 0)


def _digest(name: str, message: bytes) -> bytes:
    import hashlib

    return hashlib.new(name.replace("-", ""), message).digest()


def _chain(certificates: Sequence[bytes]) -> tuple[x509.Certificate, ...]:
    try:
        chain = tuple(x509.load_der_x509_certificate(one) for one in certificates)
    except ValueError as error:
        raise StampError(Why.STAMP_CHAIN) from error
    for content, certificate in zip(certificates, chain, strict=True):
        _check_spelling(content, certificate.signature)
    return chain


def _check_spelling(content: bytes, signature: bytes) -> None:
    """Bits left over at the end of a signature say nothing, so they say it in one way."""
    if not content.endswith(_der(_BITS, b"\0" + signature)):
        raise StampError(Why.STAMP_CHAIN)


def _check_chain(chain: Sequence[x509.Certificate], at: datetime) -> None:
    """Each signed by the next, the root by itself, all in force at a moment."""
    try:
        for certificate, issuer in zip(chain, (*chain[1:], chain[-1]), strict=True):
            certificate.verify_directly_issued_by(issuer)
            if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
                raise StampError(Why.STAMP_CHAIN)
    except (InvalidSignature, TypeError, ValueError) as error:
        raise StampError(Why.STAMP_CHAIN) from error


def _check_revocation(chain: Sequence[x509.Certificate], revocation: Sequence[bytes], at: datetime) -> None:
    if len(set(revocation)) != len(revocation):
        raise StampError(Why.STAMP_CHAIN)
    for content in revocation:
        try:
            crl = x509.load_der_x509_crl(content)
            _check_spelling(content, crl.signature)
            issuers = [one for one in chain if one.subject == crl.issuer]
            known = any(crl.is_signature_valid(one.public_key()) for one in issuers)  # type: ignore[arg-type]
        except (ValueError, TypeError) as error:
            raise StampError(Why.STAMP_CHAIN) from error
        if not known:
            raise StampError(Why.STAMP_CHAIN)
        for certificate in chain:
            revoked = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if revoked is not None and certificate.issuer == crl.issuer and revoked.revocation_date_utc <= at:
                raise StampError(Why.STAMP_REVOKED)


def _check_unsigned(token: bytes, response: TimeStampResponse, signer: x509.Certificate, digest: str) -> None:
    """What the signature does not cover has one spelling: versions, how it was signed, and nothing behind it."""
    (info,) = response.signed_data.signer_infos
    named = _SIGNED_BY[isinstance(signer.public_key(), ec.EllipticCurvePublicKey)][digest]
    tails = (token.rpartition(bytes.fromhex(one))[2] for one in named)
    alone = any(tail.startswith(b"\x04") and _der(_OCTETS, tail[_header_of(tail) :]) == tail for tail in tails)
    if (response.signed_data.version, info.version) != (3, 1) or not alone:
        raise StampError(Why.STAMP_WRONG)


def _algorithms(chain: Sequence[x509.Certificate]) -> Iterator[str]:
    """What the signatures below the root rest on."""
    for certificate in chain:
        match certificate.public_key():
            case rsa.RSAPublicKey():
                yield "rsa"
            case ec.EllipticCurvePublicKey():
                yield "ecdsa"
            case ed25519.Ed25519PublicKey():
                yield "ed25519"
            case _:
                yield "unknown"
    for certificate in chain[:-1]:
        hash_ = certificate.signature_hash_algorithm
        yield "unknown" if hash_ is None else hash_.name.replace("sha", "sha-")


def _ordered(response: TimeStampResponse, root: bytes) -> tuple[bytes, ...]:
    """The chain of a token: its signer's certificate first, then the issuers, up to the root that we trust."""
    found = [x509.load_der_x509_certificate(one) for one in {*response.signed_data.certificates, root}]
    (signer,) = response.signed_data.signer_infos
    leaf = next(
        one for one in found if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number)
    )  # fmt: skip
    chain = [leaf]
    while chain[-1].issuer != chain[-1].subject and len(chain) < CHAIN_MAX:
        chain.append(next(one for one in found if one.subject == chain[-1].issuer))
    ders = tuple(one.public_bytes(Encoding.DER) for one in chain)
    if ders[-1] != root:
        raise ValueError("the chain leads to another root")
    return ders


def _chains(response: TimeStampResponse, roots: Collection[bytes]) -> Iterator[tuple[bytes, ...]]:
    """The chains of a token to those of some roots that it leads to."""
    for root in roots:
        try:
            chain = _ordered(response, root)
        except (ValueError, LookupError, StopIteration):
            continue
        yield chain


def _crl_urls(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    names = (name.value for point in points for name in point.full_name or ())
    return [url for url in names if isinstance(url, str) and url.startswith(("http://", "https://"))]


def _call(url: str, timeout_s: float, body: bytes | None, *, bytes_max: int = ANSWER_BYTES_MAX) -> bytes:
    """One request, no redirect, at most so many bytes. Raises OSError, HTTPException, ValueError."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": "application/timestamp-query"} if body is not None else {}
    with closing(kind(parts.hostname or "", parts.port, timeout=timeout_s)) as connection:
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read(bytes_max + 1)
    if answer.status != 200 or len(content) > bytes_max:
        raise ValueError(f"status {answer.status}")
    return content
