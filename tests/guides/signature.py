"""A DKIM signature of RSA and SHA-256 (RFC 6376), verified with openssl."""

import base64
import hashlib
import re
import subprocess
import tempfile
from pathlib import Path


def _relaxed_header(name, value):
    one_line = re.sub(r"[ \t]+", " ", value.replace("\n", ""))
    return f"{name.lower().strip()}:{one_line.strip()}\r\n"


def _body(text, way):
    lines = text.split("\n")
    if way == "relaxed":
        lines = [re.sub(r"[ \t]+", " ", line).rstrip(" ") for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    whole = "".join(f"{line}\r\n" for line in lines)
    return whole or ("\r\n" if way == "simple" else "")


def fault_of(text, domain, key):
    """What is wrong with the signature of a message (its lines end in \\n) for a domain; "" for nothing. key: its p= value."""
    head, _, body = text.partition("\n\n")
    headers = re.findall(r"^([^:\s]+):((?:.*)(?:\n[ \t].*)*)", head, re.MULTILINE)
    signatures = [value for name, value in headers if name.lower() == "dkim-signature"]
    if len(signatures) != 1:
        return f"{len(signatures)} signatures"
    tags = dict(re.findall(r"(\w+)\s*=\s*([^;]*)", re.sub(r"\s*\n\s*", "", signatures[0])))
    way, _, body_way = tags["c"].strip().partition("/")
    if (tags["a"].strip(), tags["d"].strip(), way) != ("rsa-sha256", domain, "relaxed") or "l" in tags:
        return f"another kind of signature: {tags}"
    hashed = base64.b64encode(hashlib.sha256(_body(body, body_way or "simple").encode("latin-1")).digest()).decode()
    if hashed != re.sub(r"\s", "", tags["bh"]):
        return "the body is not the one that was signed"
    left = list(headers)
    signed = ""
    for name in re.sub(r"\s", "", tags["h"]).lower().split(":"):
        found = next((one for one in reversed(left) if one[0].lower() == name), None)
        if found:  # a name without a header, or once more than there are, stands for "no further one"
            left.remove(found)
            signed += _relaxed_header(*found)
    bare = re.sub(r"(\bb\s*=)[^;]*", r"\1", signatures[0])
    signed += _relaxed_header("dkim-signature", bare).removesuffix("\r\n")
    with tempfile.TemporaryDirectory() as folder:
        public, signature = Path(folder) / "public", Path(folder) / "signature"
        public.write_text(f"-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n")
        signature.write_bytes(base64.b64decode(re.sub(r"\s", "", tags["b"])))
        done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", public, "-signature", signature],
                              input=signed.encode("latin-1"), capture_output=True, check=False)  # fmt: skip
    return "" if done.returncode == 0 else f"the signature does not verify: {done.stdout.decode()}{done.stderr.decode()}"
