"""Pebble, an ACME authority for tests: it refuses three in ten nonces, and its roots are new with each start."""

import json
import os
import shutil
import ssl
import urllib.request
from pathlib import Path

from lab.dns import RESOLVER
from lab.namespace import STATE
from lab.processes import Program

NAME = "acme.authority.example"
PORT, MANAGEMENT_PORT = 14000, 15000
DIRECTORY = f"https://{NAME}:{PORT}/dir"
FOLDER = STATE / "pebble"


class Pebble:
    """The running authority. `roots`: a file with the lab's roots and its own."""

    def __init__(self, address, certificate, lab_root):
        FOLDER.mkdir()
        self._context = ssl.create_default_context(cafile=lab_root)
        self.roots = FOLDER / "roots.pem"
        settings = {"listenAddress": f"{address}:{PORT}", "managementListenAddress": f"{address}:{MANAGEMENT_PORT}",
                    "certificate": str(certificate.chain), "privateKey": str(certificate.key), "httpPort": 80, "tlsPort": 443,
                    "ocspResponderURL": ""}  # fmt: skip
        config = FOLDER / "pebble.json"
        config.write_text(json.dumps({"pebble": settings}))
        self._program = Program("pebble", ["pebble", "-config", config, "-dnsserver", f"{RESOLVER}:53"], lambda: self._get("/roots/0"),
                                env={**os.environ, "PEBBLE_WFE_NONCEREJECT": "30", "PEBBLE_VA_NOSLEEP": "1"})  # fmt: skip
        self.roots.write_bytes(Path(lab_root).read_bytes() + self._get("/roots/0"))

    def _get(self, path):
        try:
            with urllib.request.urlopen(f"https://{NAME}:{MANAGEMENT_PORT}{path}", context=self._context, timeout=5) as answer:
                return answer.read()
        except OSError:
            return b""

    def log(self):
        return self._program.log.read_text(errors="replace")

    def stop(self):
        self._program.stop()
        shutil.rmtree(FOLDER)
