"""A time stamp authority for tests: `openssl ts` on a loopback port, with a root, a stamper and a CRL."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from shirorom.adapters.timestamp import HttpAuthority

_CONFIG = """
[ tsa ]
default_tsa = here
[ here ]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = DIGEST
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = DIGEST
ess_cert_id_chain = no
[ stamper ]
extendedKeyUsage = critical,timeStamping
basicConstraints = critical,CA:false
crlDistributionPoints = URI:CRL_URL
[ ca ]
default_ca = it
[ it ]
database = index.txt
default_md = sha256
crlnumber = crlnumber
default_crl_days = 30
"""


class OpensslAuthority:
    """The files of one authority, in a folder."""

    def __init__(self, folder: Path, crl_url: str, digest: str = "sha256") -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "ts.cnf").write_text(_CONFIG.replace("CRL_URL", crl_url).replace("DIGEST", digest))
        for name, content in (("serial", "01\n"), ("index.txt", ""), ("crlnumber", "01\n")):
            (folder / name).write_text(content)
        for who in ("root", "tsa"):
            self.run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{who}.key")
        subject = ("-subj", "/CN=Practice root")
        self.run("req", "-x509", "-new", "-key", "root.key", *subject, "-days", "3650", "-out", "root.pem")
        self.run("req", "-new", "-key", "tsa.key", "-subj", "/CN=Practice stamper", "-out", "tsa.csr")
        self.run(
            "x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", f"-{digest}",
            "-days", "700", "-extfile", "ts.cnf", "-extensions", "stamper", "-out", "tsa.pem",
        )  # fmt: skip
        self._crl()

    @property
    def root(self) -> Path:
        """The root certificate (PEM)."""
        return self.folder / "root.pem"

    def revoke(self) -> None:
        """Take the stamper's certificate back, from now on."""
        self.run("ca", "-config", "ts.cnf", "-revoke", "tsa.pem", "-keyfile", "root.key", "-cert", "root.pem")
        self._crl()

    def _crl(self) -> None:
        self.run("ca", "-config", "ts.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem", "-out", "crl.pem")
        self.run("crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl.der")

    def answer(self, query: bytes) -> bytes:
        """A response to a request."""
        (self.folder / "query.tsq").write_bytes(query)
        self.run("ts", "-reply", "-config", "ts.cnf", "-section", "here", "-queryfile", "query.tsq", "-out", "out.tsr")
        return (self.folder / "out.tsr").read_bytes()

    def run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


@contextmanager
def serving(folder: Path, digest: str = "sha256") -> Iterator[tuple[OpensslAuthority, HttpAuthority]]:
    """The authority, and whoever asks it."""
    authority: list[OpensslAuthority] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._tell(authority[0].answer(self.rfile.read(int(self.headers["content-length"]))))

        def do_GET(self) -> None:
            self._tell((authority[0].folder / "crl.der").read_bytes())

        def _tell(self, content: bytes) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        authority.append(OpensslAuthority(folder, f"{url}/crl", digest))
        yield authority[0], HttpAuthority(f"{url}/tsr", authority[0].root, 5.0)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
