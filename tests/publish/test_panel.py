"""A panel's calls: one command, repeated, with its DNS updates sent to Knot with TSIG, until everything is done."""

import json
import subprocess

import pytest
from conftest import NAME

from lab.dns import TSIG
from lab.lab import NAME_SERVER

SECONDS = 60
WORDS = ("enforce", "--mx", "auto", "--host", f"web.{NAME}", "--rua", f"mailto:tlsrpt@{NAME}")


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    path = tmp_path_factory.mktemp("key") / "update.key"
    path.write_text(":".join(TSIG) + "\n")
    return path


def publish(*words):
    done = subprocess.run(["mta-sts", "publish", NAME, *words], capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.returncode, done.stdout, done.stderr


def found(*words):
    code, out, err = publish("--json", *words)
    assert code == 0, (out, err)
    return json.loads(out)


def update(lab, key, lines):
    """Gives the output to knsupdate as it is, and forgets what the resolver knew."""
    text = f"server {NAME_SERVER}\nzone {NAME}.\n{lines}"
    done = subprocess.run(["knsupdate", "-k", key], input=text, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    lab.dns.forget(NAME)


def records(kind, name):
    return subprocess.run(["kdig", f"@{NAME_SERVER}", "+short", kind, name], capture_output=True, text=True, check=True).stdout.split("\n")[:-1]


def states(result):
    return {step["step"]: step["state"] for step in result["steps"]}


def dues(result):
    return {f"{record['type']} {record['name']}": record["due"] for record in result["records"]}


def test_the_same_call_leads_to_the_end(lab, key):
    first = found(*WORDS)
    assert (first["state"], first["next"], first["changed"], first["mx"]) == ("pending", "host", True, [f"mx.{NAME}"])
    assert dues(first) == {f"CNAME mta-sts.{NAME}": "now", f"TXT _mta-sts.{NAME}": "later", f"TXT _smtp._tls.{NAME}": "now"}
    code, out, err = publish(*WORDS, "--nsupdate")
    assert (code, err) == (0, "") and "_mta-sts" not in "".join(line for line in out.splitlines() if not line.startswith(";"))
    update(lab, key, out)
    assert records("CNAME", f"mta-sts.{NAME}") == [f"web.{NAME}."] and records("TXT", f"_mta-sts.{NAME}") == []

    second = found(*WORDS)  # the web server has the policy already: it reads the store with each request
    assert states(second) == {"host": "done", "certificate": "done", "serve": "done", "mail-hosts": "done", "announce": "to-do",
                              "reports": "done"}  # fmt: skip
    update(lab, key, publish(*WORDS, "--nsupdate")[1])
    assert records("TXT", f"_mta-sts.{NAME}") == [f'"v=STSv1; id={second["id"]};"']

    last = found(*WORDS)
    assert (last["state"], last["next"], last["changed"], last["announced_id"]) == ("done", None, False, last["id"])
    assert (last["certificate_valid"], last["policy_served"]) == (True, True)
    assert "update" not in publish(*WORDS, "--nsupdate")[1]


def test_a_change_is_served_before_its_id_is_due(lab, key):
    old = found(*WORDS)
    new = found("testing", "--mx", "auto")
    assert new["changed"] and new["id"] != old["id"] and states(new)["serve"] == "done" and states(new)["announce"] == "to-do"
    update(lab, key, publish("--nsupdate")[1])
    assert records("TXT", f"_mta-sts.{NAME}") == [f'"v=STSv1; id={new["id"]};"']
    assert found()["state"] == "done"
    update(lab, key, publish(*WORDS, "--nsupdate", "--ttl", "60")[1])
    assert found(*WORDS)["state"] == "done"


def test_a_policy_that_leaves_a_mail_host_out_is_refused(lab):
    before = found()
    code, out, err = publish("--json", "enforce", "mx=other.example", "--mx", "auto")
    assert (code, json.loads(out)["error"]["word"]) == (1, "mx-not-covered") and "mx-not-covered" in err
    assert found() == before
    code, out, _ = publish("--json", "enforce", "mx=other.example")  # without --mx auto it is stored, and told
    assert (code, states(json.loads(out))["mail-hosts"]) == (1, "at-fault")


def test_a_withdrawal_waits_for_what_senders_hold(lab, key):
    assert found(*WORDS)["mode"] == "enforce"
    begun = found("--remove")
    assert (begun["mode"], states(begun)["serve"], states(begun)["announce"]) == ("none", "done", "to-do")
    update(lab, key, publish("--remove", "--nsupdate")[1])
    waiting = found("--remove")
    assert (waiting["state"], waiting["next"], waiting["changed"]) == ("waiting", "wait", False)
    assert waiting["steps"][2]["until"] == waiting["old_policy_held_until"]
