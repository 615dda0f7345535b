"""The lab of this folder's tests, and the recordings of its domains."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Run:
    """One run of `mta-sts check --json --record FOLDER`: what it printed, and its recordings."""

    code: int
    output: str
    folder: Path

    def recordings(self):
        """Everything that was seen, one tree a domain."""
        return [json.loads(path.read_text()) for path in sorted(self.folder.glob("*.json"))]


@pytest.fixture(scope="session")
def lab():
    """A lab with this folder's own domains."""
    from broken import TABLE

    from lab.lab import Lab

    running = Lab(parts=("web", "mail"), table=TABLE)
    yield running
    running.close()


@pytest.fixture(scope="session")
def recorded(lab, tmp_path_factory):
    """Runs the command with a recording: recorded(*words)."""

    def run(*words):
        folder = tmp_path_factory.mktemp("recordings")
        done = subprocess.run(["mta-sts", "check", "--json", "--record", str(folder), *map(str, words)], capture_output=True, text=True,
                              timeout=300, check=False)
        return Run(done.returncode, done.stdout, folder)

    return run


@pytest.fixture(scope="session")
def all_domains(recorded, tmp_path_factory):
    """One run over all domains of the lab, from a file."""
    from broken import TABLE

    listed = tmp_path_factory.mktemp("list") / "domains.txt"
    listed.write_text("# all of them\n" + "".join(f"{domain.name}\n" for domain in TABLE))
    return recorded("--from", listed)
