"""docs/postfix.md, run as it stands: its commands in a shell, its units by systemd, mail before and after."""

import re
import subprocess

import pytest

from conftest import COMMANDS, SETTINGS, settings_of
from lab import postfix as lab_postfix
from lab.lab import REPOSITORY
from lab.postfix import ETC, Postfix

UNITS = [REPOSITORY / name for name in re.findall(r"packaging/systemd/[\w.-]+", COMMANDS["units"])]
UNIT_OF_OUTCOMES = REPOSITORY / re.search(r"packaging/systemd/[\w.-]+", COMMANDS["tls-reports-unit"])[0]


@pytest.fixture(scope="module")
def plain(lab):
    """Postfix as Debian installs it."""
    running = Postfix(lab.postfix_place)
    yield running
    running.stop()


def run(name, folder):
    """Runs a block of the guide as root in the lab, in a folder where `build` is what was built."""
    reload = 'systemctl() { case "$1 $2" in "reload postfix") postfix reload ;; "disable --now") ;; *) false ;; esac }\n'
    script = 'set -e\nsudo() { "$@"; }\n' + reload + COMMANDS[name]
    done = subprocess.run(["sh", "-c", script], cwd=folder, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_from_installation_to_removal(lab, plain, tmp_path):
    (tmp_path / "build").symlink_to(lab.build)
    assert plain.send("someone@wrong-name.example").outcome == "sent"  # no policy is known to Postfix
    for name in ("install", "configure", "filter"):
        run(name, tmp_path)
    plain.configure([])  # a reload leaves processes that have begun as they are
    assert plain.send("someone@wrong-name.example").outcome == "deferred"
    delivery = plain.send("someone@good.example")
    assert delivery.outcome == "sent"
    assert any("Verified TLS connection established to mx.good.example[" in line for line in delivery.lines)
    refused = plain.send("someone@tls-554.example")
    assert refused.outcome == "deferred" and "dsn=4." in refused.line
    COMMANDS["ask-here"] = COMMANDS["ask"].replace("example.com", "good.example")
    assert run("ask-here", tmp_path) == "secure match=mx.good.example servername=hostname\n"
    run("remove", tmp_path)
    assert "socketmap" not in (ETC / "main.cf").read_text()
    plain.configure([])
    assert plain.send("someone@wrong-name.example").outcome == "sent"


def test_the_tests_settings_are_the_guides():
    lines = [line for line in SETTINGS.format(map="policy").splitlines() if line]
    assert sorted(settings_of("configure")) == sorted(lines)


def test_units():
    """Verified as they are shipped; the guide installs and enables each, and the lab makes the same socket."""
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *UNITS, UNIT_OF_OUTCOMES], text=True, capture_output=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "mta-sts" in line and "not executable" not in line]
    assert ours == [], done.stderr
    (enabled,) = re.findall(r"systemctl enable --now (.*)", COMMANDS["units"])
    assert set(enabled.split()) == {path.name for path in UNITS}
    unit = (REPOSITORY / "packaging/systemd/mta-sts-postfix.socket").read_text()
    assert f"ListenStream={lab_postfix.SOCKET}\n" in unit
    assert "FileDescriptorName=postfix-socketmap\n" in unit
    unit = UNIT_OF_OUTCOMES.read_text()
    assert f"ListenDatagram={lab_postfix.OUTCOMES}\n" in unit and "FileDescriptorName=outcomes\n" in unit
    assert f"smtp_tlsrpt_socket_name = {lab_postfix.OUTCOMES.relative_to(lab_postfix.QUEUE)}" in settings_of("tls-reports")
    assert f"enable --now {UNIT_OF_OUTCOMES.name}\n" in COMMANDS["tls-reports"]
