"""Time stamps for tests, by `openssl ts` alone: an authority in a folder, by an elliptic curve or by RSA."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.sheet_maker import base64

_CONFIG = """
[ here ]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
[ stamper ]
extendedKeyUsage = critical,timeStamping
[ ca ]
default_ca = it
[ it ]
database = index.txt
default_md = sha256
crlnumber = crlnumber
default_crl_days = 30
"""
_KEYS = {"ec": ("EC", "-pkeyopt", "ec_paramgen_curve:P-256"), "rsa": ("RSA", "-pkeyopt", "rsa_keygen_bits:2048")}


class Authority:
    """Root, stamper and list of revoked certificates, made anew."""

    def __init__(self, folder: Path, kind: str = "ec") -> None:
        self.folder = folder
        folder.mkdir()
        for name, content in (("ts.cnf", _CONFIG), ("serial", "01\n"), ("index.txt", ""), ("crlnumber", "01\n")):
            (folder / name).write_text(content)
        for who in ("root", "tsa"):
            self._run("genpkey", "-algorithm", *_KEYS[kind], "-out", f"{who}.key")
        self._run("req", "-x509", "-new", "-key", "root.key", "-subj", "/CN=Root", "-days", "900", "-out", "root.pem")
        self._run("req", "-new", "-key", "tsa.key", "-subj", "/CN=Stamper", "-out", "tsa.csr")
        self._run(
            "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
            "-days", "700", "-extfile", "ts.cnf", "-extensions", "stamper", "-out", "tsa.pem",
        )  # fmt: skip
        for who in ("root", "tsa"):
            self._run("x509", "-in", f"{who}.pem", "-outform", "DER", "-out", f"{who}.der")
        self._list()

    @property
    def root_pem(self) -> str:
        """What a reader gives."""
        return (self.folder / "root.pem").read_text()

    def revoke(self) -> None:
        """Take the stamper's certificate back, from now on."""
        self._run("ca", "-config", "ts.cnf", "-revoke", "tsa.pem", "-keyfile", "root.key", "-cert", "root.pem")
        self._list()

    def stamp(self, message: bytes, *, digest: str = "sha256") -> dict[str, object]:
        """A stamp over a message, as a bundle holds it."""
        (self.folder / "message").write_bytes(message)
        self._run("ts", "-query", "-data", "message", f"-{digest}", "-cert", "-out", "query")
        self._run(
            "ts", "-reply", "-config", "ts.cnf", "-section", "here", "-queryfile", "query", "-token_out",
            "-out", "token",
        )  # fmt: skip
        certificates = [base64((self.folder / f"{who}.der").read_bytes()) for who in ("tsa", "root")]
        revocation = [base64((self.folder / "crl.der").read_bytes())]
        token = base64((self.folder / "token").read_bytes())
        return {"token": token, "certificates": certificates, "revocation": revocation}

    def _list(self) -> None:
        self._run("ca", "-config", "ts.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem", "-out", "crl.pem")
        self._run("crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl.der")

    def _run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)
