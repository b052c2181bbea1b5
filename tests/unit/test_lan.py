"""The shop's own certificate: what it may vouch for, how long, who may read its keys; the page that hands it out."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from shirorom.adapters import lan
from shirorom.adapters.lan import LanTls, lan_addresses, lan_names, lan_tls
from shirorom.domain.errors import StorageError
from shirorom.edge.web.app import create_helper
from shirorom.edge.web.parts import Trust
from tests.logs import START
from tests.people_kit import Browser, shop_of

NAMES = ("192.168.1.5", "mise-pc.local", "mise-pc")


def leaf_of(made: LanTls) -> x509.Certificate:
    return x509.load_pem_x509_certificate(made.certificate.read_bytes())


def verified(made: LanTls, leaf: x509.Certificate, name: str) -> bool:
    """Whether a verifier that is not ours believes that certificate for that name, by the shop's authority alone."""
    store = Store([x509.load_der_x509_certificate(made.authority)])
    try:
        subject: x509.DNSName | x509.IPAddress = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    try:
        PolicyBuilder().store(store).time(START).build_server_verifier(subject).verify(leaf, [])
    except VerificationError:
        return False
    return True


def test_certificate_is_believed_for_the_shops_names(tmp_path: Path) -> None:
    """For each of its names, for localhost, and for no other."""
    made = lan_tls(tmp_path, NAMES, now=START)
    leaf = leaf_of(made)
    assert [verified(made, leaf, name) for name in (*NAMES, "localhost", "127.0.0.1")] == [True] * 5
    assert [verified(made, leaf, name) for name in ("192.168.1.6", "other.local", "example.com")] == [False] * 3


def test_authority_can_vouch_for_no_site_outside(tmp_path: Path) -> None:
    """Even with its stolen key: a certificate for another site is refused because of what is written into it."""
    made = lan_tls(tmp_path, NAMES, now=START)
    folder = tmp_path / "keys"
    authority = x509.load_der_x509_certificate(made.authority)
    key = lan._read_key(folder / lan.CA_KEY)
    for name, believed in (("bank.example", False), ("8.8.8.8", False), ("x.mise-pc.local", True), ("10.9.8.7", True)):
        stolen = lan._new_leaf(folder, authority, key, [name], START)
        assert verified(made, stolen, name) is believed


def test_lifetimes(tmp_path: Path) -> None:
    """The authority ten years, the certificate 397 days at most, both from a little before now."""
    made = lan_tls(tmp_path, NAMES, now=START)
    authority, leaf = x509.load_der_x509_certificate(made.authority), leaf_of(made)
    lasting = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert lasting <= timedelta(days=397)
    assert timedelta(days=3_650) <= authority.not_valid_after_utc - START <= timedelta(days=3_653)
    assert leaf.not_valid_before_utc < START
    assert isinstance(authority.public_key(), ec.EllipticCurvePublicKey)


def test_certificate_is_kept_and_renewed_by_itself(tmp_path: Path) -> None:
    """The same one until 45 days before its end; then another of the same authority, which devices trust already."""
    first = lan_tls(tmp_path, NAMES, now=START)
    serial = leaf_of(first).serial_number
    assert leaf_of(lan_tls(tmp_path, NAMES, now=START + timedelta(days=300))).serial_number == serial
    later = lan_tls(tmp_path, NAMES, now=first.renew_at)
    assert leaf_of(later).serial_number != serial
    assert later.authority == first.authority
    assert later.renew_at > first.renew_at + timedelta(days=300)


def test_new_address_needs_no_new_trust(tmp_path: Path) -> None:
    """When the router gives another address, the same authority vouches for it; a foreign name is left out and told."""
    first = lan_tls(tmp_path, NAMES, now=START)
    moved = lan_tls(tmp_path, ("192.168.1.77", "mise-pc.local", "shop.example.com"), now=START)
    assert moved.authority == first.authority
    assert verified(moved, leaf_of(moved), "192.168.1.77")
    assert moved.left_out == ("shop.example.com",)


def test_keys_are_private(tmp_path: Path) -> None:
    """0600 whatever the umask; loose ones are refused."""
    lan_tls(tmp_path, NAMES, now=START)
    assert {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == dict.fromkeys(
        (lan.CA_KEY, lan.CA_CERTIFICATE, lan.LEAF_KEY, lan.LEAF_CERTIFICATE), 0o600
    )
    (tmp_path / "keys" / lan.CA_KEY).chmod(0o644)
    with pytest.raises(StorageError, match="data-unsafe"):
        lan_tls(tmp_path, NAMES, now=START)


def test_damaged_authority_is_told(tmp_path: Path) -> None:
    """It is not silently replaced by another, which no device would trust."""
    lan_tls(tmp_path, NAMES, now=START)
    (tmp_path / "keys" / lan.CA_CERTIFICATE).write_bytes(b"rubbish")
    with pytest.raises(StorageError, match="storage-failed"):
        lan_tls(tmp_path, NAMES, now=START)


def test_names_of_this_machine() -> None:
    """Private addresses only, then names; what the configuration adds comes last, once."""
    names = lan_names(("Shop.Example", "shop.example"))
    assert names[-1] == "shop.example"
    assert names.count("shop.example") == 1
    assert all(ipaddress.ip_address(one).is_private for one in lan_addresses())


# The page without TLS


@pytest.fixture
def helper(tmp_path: Path) -> Any:
    made = lan_tls(tmp_path, NAMES, now=START)
    trust = Trust(made.authority, made.fingerprint, tuple(f"https://{name}:8000" for name in NAMES))
    shop = shop_of(tmp_path, beyond=True, trust=trust)
    client = Browser(create_helper(shop.kit.parts), base_url="http://127.0.0.1:8001")
    client.follow_redirects = False
    yield client
    shop.close()


def test_helper_hands_out_the_certificate_alone(helper: Browser) -> None:
    """The page with the fingerprint, its files, and the certificate that the fingerprint is of."""
    page = helper.get("/trust", headers={"accept": "text/html"})
    given = helper.get("/trust/ca.crt")
    fingerprint = x509.load_der_x509_certificate(given.content).fingerprint(lan.hashes.SHA256()).hex(":").upper()
    assert given.headers["content-type"] == "application/x-x509-ca-cert"
    assert all(f"<span>{part}</span>" in page.text for part in fingerprint.split(":"))
    assert b"PRIVATE" not in given.content
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize("path", ["/", "/people", "/signin", "/setup/secret-of-a-link", "/v1/carriers", "/check/abc"])
def test_helper_sends_everything_else_to_tls(helper: Browser, path: str) -> None:
    """By the name under which it was called, without the path, which may be a secret; nothing is served in clear."""
    answer = helper.get(path, headers={"accept": "text/html", "cookie": "shirorom=x"})
    assert (answer.status_code, answer.headers["location"]) == (302, "https://127.0.0.1:8000/")


@pytest.mark.parametrize("path", ["/signin", "/setup/x", "/v1/checks", "/trust"])
def test_helper_takes_nothing(helper: Browser, path: str) -> None:
    """No password, no number is read where everybody could read along."""
    assert helper.post(path, data={"password": "x"}).status_code in (404, 405)


def test_helper_answers_to_its_names_alone(helper: Browser) -> None:
    """DNS rebinding reaches it neither."""
    assert helper.get("/trust", headers={"host": "evil.example"}).json()["code"] == "host-refused"


def test_python_takes_key_and_certificate(tmp_path: Path) -> None:
    """The two files belong together, as a TLS server reads them."""
    made = lan_tls(tmp_path, NAMES, now=START)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.certificate, made.key)
