"""Each `mta-sts …` of README.md and docs/ is run by the built command, in a folder in place of /.

Without network: domains are checked by a recording, and nobody is asked for verdicts. What a block shows as a command must
run as it stands; between backticks in a sentence the name of a subcommand is enough.
"""

import gzip
import ipaddress
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from commands import MTA_STS, command, run
from mentions import code_of, mentions
from test_documents import PAPERS, ROOT

RECORDING = ROOT / "tests/vectors/check/healthy.json"
# What stands for a name in capitals. A new one needs a value here.
VALUES = {
    "DOMAIN": ["example.com"], "FILE": ["policy"], "FILE…": ["tls-report.json"], "FOLDER": ["/written"], "MODE": ["observe"],
    "NAME": ["hosted"], "PATH": ["/written/socket"],
    "SUBCOMMAND": ["lint"], "WORD": ["bad-mx"], "[WORD]": ["bad-mx"], "WORDS…": ["testing", "mx=mail.example.com"],
}  # fmt: skip
# Options that keep a subcommand from the network and from this host, and what it says and ends with then.
APART = {
    "check": (["--replay", "/recordings"], None), "tlsrpt": (["--db", "/history"], None),
    "store": (["--store", "/store"], None), "publish": (["--store", "/store", "--offline"], None),
    "rollout": (["--store", "/store", "--db", "/history", "--offline"], None),
    "verdict": (["--socket", "/absent"], None), "explain": (["--socket", "/absent"], "resolver-unreachable"),
    "cache": (["--socket", "/absent"], "resolver-unreachable"),
    "exim-setup": (["--exim", "/absent"], "exim-unusable"), "exim-check": (["--exim", "/absent"], "exim-unusable"),
}  # fmt: skip
NO_DNS = ["--dns", "127.0.0.1:9"]
ALONE = {"--help", "--explain", "--list"}  # with these nothing else is looked at
INCOMPLETE = re.compile(r"usage-error: .*(?:required|no domain was given|name one DOMAIN)")
SECONDS = 60


def report(day: str) -> bytes:
    return json.dumps({
        "organization-name": "A Sender", "report-id": day, "contact-info": "tls@sender.example",
        "date-range": {"start-datetime": f"{day}T00:00:00Z", "end-datetime": f"{day}T23:59:59Z"},
        "policies": [{"policy": {"policy-type": "sts", "policy-domain": "example.com"},
                      "summary": {"total-successful-session-count": 9, "total-failure-session-count": 0}}],
    }).encode()  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A host's files: a policy, reports in all their places, a history of them."""
    path = tmp_path_factory.mktemp("host")
    for name in ("home/Maildir/new", "home/Maildir/cur", "home/Maildir/tmp", "var/spool/mta-sts/reports/new", "var/www",
                 "archive/reports", "recordings", "written", "etc/mta-sts", "var/lib/prometheus/node-exporter"):  # fmt: skip
        (path / name).mkdir(parents=True)
    (path / "etc/mta-sts/domains").write_text("example.com\n")
    (path / "tlsrpt.conf").write_text("from = tls-reports@example.com\n")
    (path / "domains.csv").write_text("example.org,none\n")
    (path / "domains.ndjson").write_text('{"domain": "example.org", "mode": "none"}\n')
    (path / "recordings/example.com.json").write_text(RECORDING.read_text())
    (path / "policy").write_text(run("render", *VALUES["WORDS…"]).stdout)
    for name in ("tls-report.json", "archive/reports/1.json"):
        (path / name).write_bytes(report("2026-03-01"))
    (path / "home/Maildir/new/1").write_bytes(b"Content-Type: application/tlsrpt+json\n\n" + report("2026-03-02"))
    (path / "var/spool/mta-sts/reports/new/1").write_bytes(gzip.compress(report("2026-03-03")))
    with zipfile.ZipFile(path / "archive/2025.zip", "w") as archive:
        archive.writestr("1.json", report("2026-03-04"))
    mail = b"From a@sender.example Tue Mar  3 04:12:09 2026\nContent-Type: application/tlsrpt+json\n\n" + report("2026-03-05")
    (path / "archive/2026-01.mbox.gz").write_bytes(gzip.compress(mail))
    assert run("tlsrpt", "import", "--db", path / "history", path / "tls-report.json").returncode == 0
    for domain in (*VALUES["DOMAIN"], "example.net"):
        assert run("store", "set", "--store", path / "store", domain, *VALUES["WORDS…"]).returncode == 0
    return path


def placed(words: list, folder: Path) -> list:
    """The words with values for names in capitals and places in the folder, without what the shell takes."""
    found = []
    for word in words:
        if re.match(r"\d?>", word):
            break
        for value in VALUES[word] if re.fullmatch(r"\[?[A-Z]{2,}…?\]?", word) else [word]:
            found.append(re.sub(r"^~?(?=/)", lambda at: f"{folder}/home" if at[0] else str(folder), value))
    return found


def run_apart(words: list, folder: Path):
    """Runs them apart from the host; gives what came, and the error word that must come."""
    apart, error = APART.get(words[0] if words else "", ([], None))
    if words[:1] == ["publish"] and "--mx" in words:  # it asks for the mail hosts
        apart, error = ["--store", "/store", *NO_DNS, "--timeout", "1"], "mx-not-known"
    if words[:2] == ["store", "sync"] and "--from" in words:
        error = "database-unreachable"
    if words[:1] == ["tlsrpt"] and any(word.startswith("postgresql://") for word in words):
        apart, error = [], "history-unavailable" if "--from-db" in words else "history-unreachable"
    if words[:2] == ["tlsrpt", "import"] and "--imap" in words:  # there is no password
        error = "bad-option"
    if words[:2] == ["tlsrpt", "send"]:
        apart, error = ["--config", "/tlsrpt.conf", "--outcomes-file", "/absent", *NO_DNS], None if "--check" in words else "tally-unavailable"
    if words[:2] == ["tlsrpt", "sent"]:
        apart, error = ["--config", "/tlsrpt.conf", "--queue", "/absent"], "queue-unavailable"
    if ALONE & set(words):
        apart, error = [], None
    if "--direct" in words:
        apart = [*NO_DNS, "--dns-timeout", "1"]
    if "--leads-to" in words:
        apart, error = [*apart, *NO_DNS], "dns-failure"
    for name in words:
        if words[0] == "check" and re.fullmatch(r"[\w-]+\.example|example\.com", name):
            (folder / "recordings" / f"{name}.json").write_text(RECORDING.read_text().replace("example.com", name))
    done = subprocess.run([MTA_STS, *words, *placed(apart, folder)], input=report("2026-03-06").decode(), capture_output=True, text=True,
                          cwd=folder, timeout=SECONDS, check=False)  # fmt: skip
    return done, error


def fault_of(words: list, folder: Path, is_whole: bool) -> str:
    """What is wrong with a command, "" where nothing is. One that is not whole may lack arguments."""
    if words[0] == "resolver" and "--help" not in words:
        return fault_of_resolver(words)
    words = placed(words, folder)
    if not is_whole and command(*words).subcommands:
        return ""
    done, error = run_apart(words, folder)
    if INCOMPLETE.search(done.stderr) and not is_whole:
        name = [word for word in words if not word.startswith("-")]
        return "" if run(*name, "--help").returncode == 0 else f"{name} has no help"
    errors = re.findall(r"^mta-sts: error: ([a-z0-9-]+)", done.stderr, re.MULTILINE)
    if errors != ([error] if error else []):
        return done.stderr or f"no {error}"
    waits = error == "resolver-unreachable" or words[:1] == ["verdict"] or words[:2] == ["tlsrpt", "send"] and "--check" in words
    return "" if done.returncode in ((2, 3) if error else (3,) if waits else (0, 1)) else f"exit code {done.returncode}"


def fault_of_resolver(words: list) -> str:
    """Starts it until it is ready, on sockets and a loopback address of its own and as a user whom nothing on this host belongs to."""
    with tempfile.TemporaryDirectory(prefix="mta-sts-documented-") as name:
        address = ipaddress.ip_address("127.1.0.0") + os.getpid() % 2**22
        words = [word.replace("127.0.0.1:", f"{address}:") for word in placed(words, Path(name))]
        home = Path(name) / "home/mta-sts"
        home.mkdir(parents=True)
        who = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chmod(name, 0o755)
            shutil.chown(home, "nobody")
        for option, value in (("--socket", home / "resolver.sock"), ("--cache", home / "cache.sqlite")):
            words = words if option in words else [*words, option, str(value)]
        with subprocess.Popen([MTA_STS, *words], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              cwd=home, text=True, **who) as resolver:  # fmt: skip
            deadline = time.monotonic() + SECONDS
            while not (home / "resolver.sock").exists() and resolver.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            resolver.send_signal(signal.SIGTERM)
            said = resolver.communicate(timeout=SECONDS)[1]
    return "" if resolver.returncode == 0 else said


def fenced(text: str) -> set:
    """The numbers of the lines that stand in blocks of code."""
    found, inside = set(), False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif inside:
            found.add(number)
    return found


def commands_of(path: Path) -> list:
    """(place, words, does it stand in a block?) of each command that the document names with its program."""
    text = path.read_text()
    blocks = fenced(text)
    found = []
    for place, words in mentions(path, code_of(text), only_whole=True):
        if words and not any(word.endswith(",") for word in words):  # `mta-sts lint, record …` lists names
            found.append((place, words, int(place.rpartition(":")[2]) in blocks))
    return found


@pytest.mark.parametrize("path", [path for path in PAPERS if commands_of(path)], ids=lambda path: path.name)
def test_commands_run(path, folder):
    known, faults = {}, []
    for place, words, is_whole in commands_of(path):
        key = (*words, is_whole)
        if key not in known:
            known[key] = fault_of(words, folder, is_whole)
        faults += [f"{place}: mta-sts {' '.join(words)}: {known[key]}"] if known[key] else []
    assert faults == []


@pytest.mark.parametrize("words", [
    ["frob"], ["check", "--frob", "example.com"], ["check", "a..b"], ["record", "example.com", "testing", "mx=..b"],
    ["record", "example.com", "testing"], ["exim-setup", "--mode", "frob"], ["verdict", "a b"], ["cache", "refresh"],
    ["tlsrpt", "show", "--since", "frob"], ["resolver", "--frob"], ["resolver", "--log-level", "frob"], ["report", "absent"],
])  # fmt: skip
def test_a_wrong_command_is_found(words, folder):
    assert fault_of(words, folder, is_whole=True) != ""


def outputs(path: Path) -> list:
    """(commands, what they print) of each block of our commands alone that is followed by one marked as its output; scripts/guides
    holds the others."""
    found = re.findall(r"^```sh\n((?:(?!```).)*)```\n\n(?:<!-- way: \w+ -->\n)?<!-- output -->\n```\n(.*?)```", path.read_text(), re.DOTALL | re.MULTILINE)
    return [(shell, shown) for shell, shown in found if all(line.startswith("mta-sts ") for line in shell.splitlines())]


@pytest.mark.parametrize("path", [path for path in PAPERS if outputs(path)], ids=lambda path: path.name)
def test_commands_print_what_the_document_shows(path, folder):
    for shell, shown in outputs(path):
        lines = [line.removeprefix("mta-sts ").split() for line in shell.splitlines()]
        assert "".join(run_apart(placed(words, folder), folder)[0].stdout for words in lines) == shown


def test_sessions_are_those_that_other_tests_hold():
    """`$ mta-sts …` and its answer: against the servers of the lab, and against a resolver."""
    held = {"troubleshooting.md": "tests/check/test_rows.py", "resolver.md": "tests/servers/test_cli.py"}
    found = {path.name for path in PAPERS if re.search(r"^\$ mta-sts ", path.read_text(), re.MULTILINE)}
    assert found == set(held)
    assert all(name in (ROOT / test).read_text() for name, test in held.items())


def test_every_subcommand_is_documented_as_one_to_type():
    """README.md and the guides show each in a form that was run above, not only by name."""
    typed = {words[0] for path in PAPERS for _, words, is_whole in commands_of(path) if len(words) > 1}
    assert typed >= set(command().subcommands) - {"resolver", "exim-check"}
