"""The lab's certificate authorities and the certificates they issue, good ones and each kind of bad one."""

import hashlib
import shutil
import ssl
from pathlib import Path

from .namespace import STATE, command

FOLDER = STATE / "ca"
TRUST_STORE = Path("/etc/ssl/certs/ca-certificates.crt")

# What can be wrong with a certificate; every kind works for web and mail hosts alike.
KINDS = ("good", "wrong-name", "expired", "untrusted", "cn-only", "incomplete", "expired-issuer", "weak-key")

_REQUEST = ("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_WEAK_REQUEST = ("openssl", "req", "-new", "-newkey", "rsa:1024", "-nodes")
_PAST = ("-startdate", "20200101000000Z", "-enddate", "20200201000000Z")
_CONFIG = """
[ca]
default_ca = lab
[lab]
new_certs_dir = {folder}/issued
database = {folder}/index
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[host]
basicConstraints = CA:FALSE
subjectAltName = {names}
extendedKeyUsage = serverAuth
[host-cn-only]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
"""


class Certificate:
    """A certificate on disk: `chain` is what a server sends, `leaf` the certificate alone, `key` its private key,
    `issuer` the certificate of the authority that signed it."""

    def __init__(self, leaf, chain, key, issuer):
        self.leaf, self.chain, self.key, self.issuer = leaf, chain, key, issuer

    def tlsa(self, parameters):
        """The data of a TLSA record that this certificate fits. parameters: usage, selector and matching type; usages
        0 and 2 name the issuer."""
        usage, selector, matching = parameters.split()
        pem = (self.issuer if usage in "02" else self.leaf).read_text()
        if selector == "1":
            pem = command("openssl", "x509", "-noout", "-pubkey", input=pem).replace("PUBLIC KEY", "CERTIFICATE")
        der = ssl.PEM_cert_to_DER_cert(pem)
        data = {"0": der.hex(), "1": hashlib.sha256(der).hexdigest(), "2": hashlib.sha512(der).hexdigest()}
        return f"{parameters} {data[matching]}"


class _Authority:
    """One authority: a root and the intermediate that issues."""

    def __init__(self, name, root=None, issuer_dates=("-days", 30)):
        """root: another authority, whose root signs the issuer of this one."""
        self.folder = FOLDER / name
        (self.folder / "issued").mkdir(parents=True)
        (self.folder / "index").touch()
        self.root, self.root_key = (root.root, root.root_key) if root else (self.folder / "root.pem", self.folder / "root.key")
        request = self.folder / "issuer.csr"
        self.issuer, self.issuer_key = self.folder / "issuer.pem", self.folder / "issuer.key"
        if not root:
            command(*_REQUEST, "-x509", "-keyout", self.root_key, "-days", 30, "-subj", f"/CN=Lab {name} root",
                    "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", self.root)
        command(*_REQUEST, "-keyout", self.issuer_key, "-subj", f"/CN=Lab {name} issuer", "-out", request)
        self._sign(request, self.issuer, self.root, self.root_key, "authority", *issuer_dates)

    def _sign(self, request, out, issuer, key, section, *dates, names="DNS:none.invalid"):
        config = self.folder / "openssl.cnf"
        config.write_text(_CONFIG.format(folder=self.folder, names=names))
        command("openssl", "ca", "-batch", "-notext", "-config", config, "-cert", issuer, "-keyfile", key,
                "-extensions", section, "-in", request, "-out", out, *dates)

    def issue(self, stem, common_name, names, section="host", dates=("-days", 20), make_request=_REQUEST):
        leaf, key, request = (FOLDER / f"{stem}.{end}" for end in ("pem", "key", "csr"))
        command(*make_request, "-keyout", key, "-subj", f"/CN={common_name[:64]}", "-out", request)
        self._sign(request, leaf, self.issuer, self.issuer_key, section, *dates,
                   names=",".join(f"DNS:{name}" for name in names))
        chain = FOLDER / f"{stem}.chain.pem"
        chain.write_bytes(leaf.read_bytes() + self.issuer.read_bytes())
        return Certificate(leaf, chain, key, self.issuer)


class Authorities:
    """The trusted authority (in the trust store of this namespace) and one that nobody trusts."""

    def __init__(self):
        self._trusted = _Authority("trusted")
        self._stranger = None
        self._late = None  # the trusted root's other issuer, which has expired
        self._made = {}
        self.root = self._trusted.root
        with TRUST_STORE.open("ab") as store, self.root.open("rb") as root:
            shutil.copyfileobj(root, store)

    def certificate(self, name, kind="good", names=None):
        """The certificate of one kind for a host; made once, `names` are its DNS names where they are not the host's."""
        key = (name, kind, tuple(names or ()))
        if key not in self._made:
            self._made[key] = self._make(name, kind, list(names or [name]), f"{len(self._made)}-{kind}-{name[:60]}")
        return self._made[key]

    def _make(self, name, kind, names, stem):
        if kind == "good":
            return self._trusted.issue(stem, name, names)
        if kind == "long":  # outlives the days that a test counts by a clock of its own
            return self._trusted.issue(stem, name, names, dates=("-days", 90))
        if kind == "wrong-name":
            return self._trusted.issue(stem, "other.invalid", ["other.invalid"])
        if kind == "expired":
            return self._trusted.issue(stem, name, names, dates=_PAST)
        if kind == "cn-only":
            return self._trusted.issue(stem, name, names, section="host-cn-only")
        if kind == "incomplete":
            made = self._trusted.issue(stem, name, names)
            return Certificate(made.leaf, made.leaf, made.key, made.issuer)
        if kind == "expired-issuer":
            self._late = self._late or _Authority("late", self._trusted, _PAST)
            return self._late.issue(stem, name, names)
        if kind == "weak-key":
            return self._trusted.issue(stem, name, names, make_request=_WEAK_REQUEST)
        if kind == "untrusted":
            self._stranger = self._stranger or _Authority("stranger")
            return self._stranger.issue(stem, name, names)
        raise ValueError(f"no certificate of kind {kind}; there are {', '.join(KINDS)}")
