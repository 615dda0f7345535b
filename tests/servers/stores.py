"""A store of policies that a server serves, made and changed by the command."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from server import BUILD

COMMAND = BUILD / "bin" / "mta-sts"


def body_of(mode: str, *mx: str, max_age: int = 86400) -> bytes:
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {name}" for name in mx), f"max_age: {max_age}"]
    return "".join(line + "\r\n" for line in lines).encode()


class Store:
    """`with Store() as store:` has a folder that the workers' group may use, and removes it."""

    def __init__(self, group: str = "www-data"):
        self.folder = Path(tempfile.mkdtemp(prefix="mta-sts-store-"))
        self.path = self.folder / "policies.mdb"
        if os.getuid() == 0:
            shutil.chown(self.folder, group=group)
        self.folder.chmod(0o2770)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def run(self, action: str, *words: str, text: str = None) -> str:
        """Runs `mta-sts store ACTION`, which must succeed, and gives its output."""
        done = subprocess.run(
            [COMMAND, "store", action, "--store", self.path, *words],
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stderr}"
        return done.stdout

    def set(self, domain: str, *words: str) -> None:
        self.run("set", domain, *words)
