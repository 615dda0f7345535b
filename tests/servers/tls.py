"""A throwaway certificate authority, and curl as the client that trusts it."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    authority: Path
    chain: Path
    key: Path


def openssl(*words) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)


def make_certificate(folder: Path, host: str, *more_hosts: str) -> Certificate:
    """Makes an authority and a certificate of it for these hosts; the folder is the test run's own."""
    authority, authority_key = folder / "ca.pem", folder / "ca.key"
    new_key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new_key, "-keyout", authority_key, "-out", authority, "-days", 2, "-subj", "/CN=test CA",
            "-addext", "basicConstraints=critical,CA:TRUE")  # fmt: skip
    chain, key, request = folder / "host.pem", folder / "host.key", folder / "host.csr"
    openssl("req", *new_key, "-keyout", key, "-out", request, "-subj", f"/CN={host}")
    extensions = folder / "host.ext"
    names = ",".join(f"DNS:{name}" for name in (host, *more_hosts))
    extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n")
    openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", authority_key, "-CAcreateserial",
            "-days", 2, "-extfile", extensions, "-out", chain)  # fmt: skip
    return Certificate(authority, chain, key)


def server_context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


def curl(server, host: str, path: str, *options: str) -> str:
    """Fetches https://host/path from `server` with the authority as the only trust; gives what curl prints."""
    command = ["curl", "--silent", "--show-error", "--max-time", "20", "--noproxy", "*",
               "--cacert", str(server.certificate.authority), "--resolve", f"{host}:{server.tls_port}:127.0.0.1",
               *options, f"https://{host}:{server.tls_port}{path}"]  # fmt: skip
    for _ in range(20):
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        # curl 7.88 gives up with 92 where the whole answer of an upload is there before it looks.
        if done.returncode != 92:
            break
    assert done.returncode == 0, done.stderr
    return done.stdout
