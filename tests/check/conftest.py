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
def report_of(tmp_path_factory):
    """Gives the file of a TLS report of three failed sessions with mx.DOMAIN: report_of(domain)."""

    def write(domain):
        path = tmp_path_factory.mktemp("reported") / "report.json"
        path.write_text(json.dumps({
            "organization-name": "A Sender", "contact-info": "tls@sender.example", "report-id": "1",
            "date-range": {"start-datetime": "2026-03-01T00:00:00Z", "end-datetime": "2026-03-01T23:59:59Z"},
            "policies": [{"policy": {"policy-type": "sts", "policy-domain": domain},
                          "summary": {"total-successful-session-count": 4, "total-failure-session-count": 3},
                          "failure-details": [{"result-type": "certificate-expired", "failed-session-count": 3,
                                               "receiving-mx-hostname": f"mx.{domain}"}]}],
        }))  # fmt: skip
        return path

    return write


@pytest.fixture(scope="session")
def all_domains(recorded, tmp_path_factory):
    """One run over all domains of the lab, from a file."""
    from broken import TABLE

    listed = tmp_path_factory.mktemp("list") / "domains.txt"
    listed.write_text("# all of them\n" + "".join(f"{domain.name}\n" for domain in TABLE))
    return recorded("--from", listed)
