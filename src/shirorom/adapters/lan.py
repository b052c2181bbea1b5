"""What `serve --lan` needs of this machine: its names on the shop's network, and a certificate for them.

A certificate authority of this installation alone, made once. What it may vouch for is written into it (private
addresses, this machine's own names), so that its key could not be misused for sites outside. Keys never leave `keys/`.
"""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from shirorom.adapters.durable import private_directory, refuse_looser, write_durably
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import StorageError

CA_TIME = timedelta(days=3_652)
LEAF_TIME = timedelta(days=397)
RENEW_BEFORE = timedelta(days=45)
SKEW = timedelta(hours=1)
"""Begin a little earlier: a tablet's clock may be behind."""
PRIVATE = tuple(IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8"))
TOWARDS = ("192.168.255.254", "10.255.255.254", "172.31.255.254", "192.0.2.1")
"""Addresses that a route is asked for; nothing is sent to them."""
CA_KEY, CA_CERTIFICATE, LEAF_KEY, LEAF_CERTIFICATE = "lan-ca-key", "lan-ca-certificate", "lan-key", "lan-certificate"
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class LanTls:
    """What the server is given. `left_out`: names that the authority of this installation may not vouch for."""

    certificate: Path
    key: Path
    authority: bytes
    fingerprint: str
    names: tuple[str, ...]
    left_out: tuple[str, ...]
    renew_at: datetime


def lan_names(extra: Sequence[str] = ()) -> tuple[str, ...]:
    """What this machine is called on the network: addresses first, its name, the name with `.local`, then `extra`."""
    host = socket.gethostname().partition(".")[0].lower()
    named = (f"{host}.local", host) if _LABEL.fullmatch(host) and host != "localhost" else ()
    return tuple(dict.fromkeys((*lan_addresses(), *named, *(name.lower() for name in extra))))


def lan_addresses() -> list[str]:
    """This machine's private IPv4 addresses, as the routes towards such networks name them."""
    found: dict[str, None] = {}
    for target in TOWARDS:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((target, 9))  # a datagram socket: this only chooses the route
                address = IPv4Address(probe.getsockname()[0])
            except OSError:
                continue
        if not address.is_loopback and any(address in network for network in PRIVATE):
            found[str(address)] = None
    return list(found)


def lan_tls(data: Path, names: Sequence[str], *, now: datetime) -> LanTls:
    """A certificate for these names, made or renewed where that is due.

    Raises:
        StorageError: `data-unsafe`, others may read a key; `storage-…`.
    """
    folder = data / "keys"
    with storage_errors(folder):
        private_directory(folder)
        authority, authority_key = _authority(folder, names, now)
        allowed = [name for name in names if _may_vouch(authority, name)]
        wanted = ["localhost", "127.0.0.1", *allowed]
        leaf = _kept_leaf(folder, authority, wanted, now) or _new_leaf(folder, authority, authority_key, wanted, now)
    return LanTls(
        certificate=folder / LEAF_CERTIFICATE,
        key=folder / LEAF_KEY,
        authority=authority.public_bytes(serialization.Encoding.DER),
        fingerprint=authority.fingerprint(hashes.SHA256()).hex(":").upper(),
        names=tuple(allowed),
        left_out=tuple(name for name in names if name not in allowed),
        renew_at=leaf.not_valid_after_utc - RENEW_BEFORE,
    )


def _authority(
    folder: Path, names: Sequence[str], now: datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """The authority of this installation; a new one only where there is none or its time has passed."""
    if (folder / CA_CERTIFICATE).exists() and (folder / CA_KEY).exists():
        certificate = _read_certificate(folder / CA_CERTIFICATE)
        if now < certificate.not_valid_after_utc - LEAF_TIME:
            return certificate, _read_key(folder / CA_KEY)
    key = ec.generate_private_key(ec.SECP256R1())
    hosts = [name for name in names if not _is_address(name)]
    label = f"Shirorom {next(iter(hosts), 'shop')} {os.urandom(2).hex().upper()}"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])
    permitted: list[x509.GeneralName] = [x509.DNSName(host) for host in ("localhost", *hosts)]
    permitted += [x509.IPAddress(network) for network in PRIVATE]
    permitted += [x509.IPAddress(IPv6Network("fc00::/7")), x509.IPAddress(IPv6Network("::1/128"))]
    certificate = (
        _builder(subject, subject, key.public_key(), now, CA_TIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(folder / CA_KEY, key)
    _write_certificate(folder / CA_CERTIFICATE, certificate)
    return certificate, key


def _kept_leaf(
    folder: Path, authority: x509.Certificate, names: Sequence[str], now: datetime
) -> x509.Certificate | None:
    """The certificate that there is, if it is this authority's, for all these names, and holds for a while."""
    if not ((folder / LEAF_CERTIFICATE).exists() and (folder / LEAF_KEY).exists()):
        return None
    leaf = _read_certificate(folder / LEAF_CERTIFICATE)
    refuse_looser(folder / LEAF_KEY)
    alternative = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    known = {str(one) for one in alternative.get_values_for_type(x509.IPAddress)}
    known |= set(alternative.get_values_for_type(x509.DNSName))
    good = leaf.issuer == authority.subject and set(names) <= known and now < leaf.not_valid_after_utc - RENEW_BEFORE
    return leaf if good and leaf.not_valid_before_utc <= now else None


def _new_leaf(
    folder: Path,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    now: datetime,
) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Shirorom")])
    leaf = (
        _builder(subject, authority.subject, key.public_key(), now, LEAF_TIME)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    _write_key(folder / LEAF_KEY, key)
    _write_certificate(folder / LEAF_CERTIFICATE, leaf)
    return leaf


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lasting: timedelta
) -> x509.CertificateBuilder:
    begin = now.replace(microsecond=0) - SKEW
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + lasting)
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates, key_cert_sign=sign_certificates, crl_sign=sign_certificates,
        content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _may_vouch(authority: x509.Certificate, name: str) -> bool:
    """Whether the constraints written into the authority allow it this name."""
    permitted = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    if _is_address(name):
        address = ip_address(name)
        networks = [one.value for one in permitted if isinstance(one, x509.IPAddress)]
        return any(isinstance(one, IPv4Network | IPv6Network) and address in one for one in networks)
    hosts = [one.value for one in permitted if isinstance(one, x509.DNSName)]
    return any(name == host or name.endswith(f".{host}") for host in hosts)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _general(name: str) -> x509.GeneralName:
    return x509.IPAddress(ip_address(name)) if _is_address(name) else x509.DNSName(name)


def _read_certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise StorageError("storage-failed", part=path.name) from error


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    refuse_looser(path)
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise StorageError("storage-failed", part=path.name) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise StorageError("storage-failed", part=path.name)
    return key


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    write_durably(
        path,
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    write_durably(path, certificate.public_bytes(serialization.Encoding.PEM))
