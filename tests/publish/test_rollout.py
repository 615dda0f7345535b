"""A domain on its whole way: from nothing to enforce, back to testing, and away, by the command that an administrator repeats.

Days pass by the clock that the command is told; Knot, nginx, the mail host and the history of reports are real."""

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from clock import told
from conftest import DIRECTIVE, DIRECTIVE_WORDS, NAME, STORE

from lab.dns import TSIG
from lab.lab import NAME_SERVER

BEGIN = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5)  # the certificates are made after this line
SECONDS = 60
RUA = ("--rua", f"mailto:tlsrpt@{NAME}", "--host", f"web.{NAME}")


class Admin:
    """Whoever runs the command, on a day counted from the beginning."""

    def __init__(self, lab, folder):
        self.lab = lab
        self.day = 0.0
        self.reports = folder / "reports.sqlite"
        self.key = folder / "update.key"
        algorithm, name, secret = TSIG
        self.key.write_text(f'key "{name}" {{ algorithm {algorithm}; secret "{secret}"; }};\n')  # as BIND's tools take it

    def at(self, day):
        self.day = day
        return self

    def time(self, day=None):
        return BEGIN + timedelta(days=self.day if day is None else day)

    def run(self, command, *words, stdin=""):
        done = subprocess.run(["mta-sts", command, *words], input=stdin, capture_output=True, text=True, timeout=SECONDS, check=False,
                              env={**os.environ, **told(self.time())})  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def rollout(self, *words, code=0, of=(NAME, *RUA)):
        got, out, err = self.run("rollout", *of, "--db", str(self.reports), "--json", *words)
        assert got == code, (got, out, err)
        return json.loads(out)

    def apply(self, *words):
        """Goes on, and sends what is due to the name server until nothing is."""
        found = self.rollout("--apply", *words)
        for _ in range(3):
            if found["state"] == "done" or all(record["due"] != "now" for record in found["records"]):
                return found
            code, out, err = self.run("rollout", NAME, "--db", str(self.reports), "--nsupdate", *RUA, *words)
            assert code == 0, (out, err)
            self.update(out)
            found = self.rollout(*words)
        raise AssertionError(f"DNS does not follow: {found}")

    def update(self, lines):
        """Sends them to the name server, and forgets what the resolver knew."""
        text = f"server {NAME_SERVER}\nzone {NAME}.\n{lines}"
        done = subprocess.run(["nsupdate", "-k", self.key], input=text, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        self.lab.dns.forget(NAME)

    def report(self, day, success, failure, domain=NAME, kind="sts"):
        """Takes the report of a sender about a day into the history."""
        begin = self.time(day).replace(hour=0, minute=0, second=0)
        failures = [{"result-type": "certificate-expired", "receiving-mx-hostname": f"mx.{NAME}", "failed-session-count": failure}]
        text = json.dumps({
            "organization-name": "A Sender", "report-id": f"{domain}-{day}-{success}-{failure}-{kind}", "contact-info": "tls@sender.example",
            "date-range": {"start-datetime": f"{begin:%Y-%m-%dT00:00:00Z}", "end-datetime": f"{begin:%Y-%m-%dT23:59:59Z}"},
            "policies": [{"policy": {"policy-type": kind, "policy-domain": domain},
                          "summary": {"total-successful-session-count": success, "total-failure-session-count": failure},
                          "failure-details": failures if failure else []}],
        })  # fmt: skip
        code, out, err = self.run("tlsrpt", "import", "--db", str(self.reports), "-", stdin=text)
        assert code == 0 and "1 " in out, (out, err)


@pytest.fixture(scope="module")
def admin(lab, tmp_path_factory):
    return Admin(lab, tmp_path_factory.mktemp("admin"))


def stages(found):
    return {stage["stage"]: stage["state"] for stage in found["stages"]}


def stage(found, name):
    return next(one for one in found["stages"] if one["stage"] == name)


def shown(time):
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"



def records(kind, name):
    return subprocess.run(["kdig", f"@{NAME_SERVER}", "+short", kind, name], capture_output=True, text=True, check=True).stdout.split("\n")[:-1]


def test_begins_with_a_day_of_testing(admin):
    looked = admin.at(0).rollout()
    assert (looked["state"], stages(looked)["testing-day"], looked["changed"], looked["policy"]) == ("pending", "to-do", False, None)
    assert stage(looked, "testing-day")["words"] == ["testing", f"mx=mx.{NAME}", "max_age=86400"]
    begun = admin.apply()
    assert (begun["state"], begun["next_stage"], begun["mode"], begun["announced_id"]) == ("waiting", "testing-week", "testing", begun["id"])
    assert stage(begun, "testing-week")["earliest"] == shown(admin.time(2)) and stage(begun, "enforce")["earliest"] == shown(admin.time(9))
    assert records("TXT", f"_mta-sts.{NAME}") == [f'"v=STSv1; id={begun["id"]};"']
    again = admin.at(1.9).rollout("--apply")
    assert (again["changed"], again["id"], again["state"]) == (False, begun["id"], "waiting")


def test_tests_for_a_week_and_waits_for_reports(admin):
    second = admin.at(2).apply()
    assert (second["max_age"], second["next_stage"], second["state"]) == (604800, "enforce", "waiting")
    assert stage(second, "enforce")["earliest"] == shown(admin.time(9))
    silent = admin.at(9).rollout("--apply")
    assert (silent["state"], stages(silent)["enforce"], silent["changed"]) == ("pending", "not-yet", False)
    assert "--without-reports" in stage(silent, "enforce")["detail"] and "no history" in stage(silent, "enforce")["detail"]
    admin.report(3, 900, 100)
    admin.report(4, 1000000, 0, kind="no-policy-found")  # neither of these says how mail fares under the policy
    admin.report(4, 1000000, 0, kind="tlsa")
    failing = admin.rollout("--apply", "--without-reports", code=1)
    assert (failing["state"], failing["mode"]) == ("at-fault", "testing")
    assert "90.00 % of 1,000" in stage(failing, "enforce")["detail"] and "certificate-expired" in stage(failing, "enforce")["detail"]
    assert "90.00 %" in failing["reports"]
    for day in (7, 8):
        admin.report(day, 100000, 0)


def test_refuses_to_enforce_what_senders_would_refuse(admin, lab):
    host = f"mx.{NAME}"
    lab.scripted_mail.change(host, starttls="no")
    found = admin.at(9).rollout("--apply", code=1)
    assert (stages(found)["enforce"], found["mode"]) == ("at-fault", "testing")
    assert f"no-starttls at {host}" in stage(found, "enforce")["detail"]
    lab.scripted_mail.change(host, starttls="yes", greeting="421 4.7.0 busy")  # not to be tested: reports vouch for it
    assert stages(admin.rollout())["enforce"] == "to-do"
    code, out, _ = admin.run("rollout", NAME, "--db", "/absent", "--json", "--without-reports", "--apply", *RUA)
    assert (code, stages(json.loads(out))["enforce"]) == (3, "not-known")
    lab.scripted_mail.change(host, greeting="")


def test_enforces_for_no_alias_whose_mail_senders_would_refuse(admin):
    assert admin.run("store", "set", "example.com", "--alias", NAME)[0] == 0
    found = admin.at(9).rollout("--apply", code=1)
    assert (stages(found)["enforce"], found["mode"]) == ("at-fault", "testing")
    assert "example.com, which has this policy too: the policy would not name its mail host mail.example.com" in stage(found, "enforce")["detail"]
    assert admin.run("store", "remove", "example.com")[0] == 0
    assert stages(admin.rollout())["enforce"] == "to-do"


def test_enforces_once_all_is_in_order(admin):
    done = admin.at(9).apply()
    assert (done["state"], done["mode"], done["max_age"], done["next_stage"]) == ("done", "enforce", 1209600, None)
    assert admin.rollout("--apply")["changed"] is False
    admin.report(9, 0, 5000)
    failing = admin.at(10).rollout(code=1)
    assert (failing["state"], stages(failing)["enforce"]) == ("at-fault", "at-fault") and "--to testing" in stage(failing, "enforce")["detail"]


def test_counts_from_when_the_old_policy_was_last_served(admin, tmp_path):
    """The web server goes on with what a cache in front would have, and another store has mode none."""
    other = str(tmp_path / "store.mdb")
    shutil.copy(STORE, other)

    def removed(day, *words):
        code, out, err = admin.at(day).run("publish", NAME, "--remove", "--json", "--store", other, *words)
        assert code == 0, (out, err)
        found = json.loads(out)
        return found["mode"], found["old_policy_held_until"]

    assert removed(10) == ("none", shown(admin.time(24)))
    assert removed(30) == removed(31, "--offline") == ("none", shown(admin.time(44)))
    found = json.loads(admin.at(40).run("rollout", NAME, "--to", "none", "--json", "--store", other, "--db", "/absent")[1])
    assert stage(found, "removal")["earliest"] == shown(admin.time(54))
    assert removed(53.9, "--offline")[0] == "none" and removed(54, "--offline")[0] is None


def test_names_a_new_mail_host_before_dns_does(admin):
    words = ("--add-mx", "mx.new.example", "--drop-mx", f"mx.{NAME}")
    begun = admin.at(10).apply(*words)
    assert stages(begun) == {"new-mx": "done", "old-copies": "waiting", "mx-records": "not-yet", "old-mx": "not-yet"}
    assert begun["policy"].count("mx: ") == 2 and stage(begun, "mx-records")["earliest"] == shown(admin.time(24))
    ready = admin.at(24).rollout(*words)
    assert stages(ready)["mx-records"] == "to-do" and "add MX records for mx.new.example" in stage(ready, "mx-records")["detail"]
    admin.update(f"update delete {NAME}. MX\nupdate add {NAME}. 60 MX 10 mx.new.example.\nsend\n")
    moved = admin.rollout("--apply", *words)
    assert (stages(moved)["mx-records"], stages(moved)["old-mx"], moved["changed"]) == ("done", "not-yet", False)
    last = admin.at(25).apply("--drop-mx", f"mx.{NAME}")
    assert (last["state"], last["policy"].count("mx: "), stages(last)["old-mx"]) == ("done", 1, "done")


def test_goes_back_at_once_under_a_new_id(admin):
    before = admin.at(26).rollout("--offline")
    back = admin.apply("--to", "testing")
    assert (back["mode"], back["max_age"], back["next_stage"]) == ("testing", 86400, "testing-week")
    assert back["announced_id"] == back["id"] != before["id"]
    code, out, _ = admin.run("store", "get", NAME, "--json")
    ids = [period["id"] for period in json.loads(out)["history"]]
    assert code == 0 and ids[-1] == back["id"] and len(ids) == len(set(ids)) == 6
    assert admin.rollout("--apply", "--to", "testing")["changed"] is False


def test_withdraws_once_nobody_can_hold_the_policy(admin):
    none = admin.at(27).apply("--to", "none")
    assert (none["mode"], none["announced_id"], stages(none)) == ("none", none["id"], {"none": "done", "removal": "waiting"})
    end = stage(none, "removal")["earliest"]
    assert end == shown(admin.time(40))  # two weeks from the end of enforce
    assert admin.at(39.9).rollout("--apply", "--to", "none")["changed"] is False
    gone = admin.at(40).apply("--to", "none")
    assert (gone["state"], gone["mode"], records("TXT", f"_mta-sts.{NAME}")) == ("done", None, [])


def test_a_killed_command_leaves_the_old_or_the_new_policy(admin):
    """Killed after ever more time, until one lives to its end; the next call goes on."""
    environment = {**os.environ, **told(admin.at(50).time())}
    killed = 0
    milliseconds = 1.0
    while milliseconds < 1000 * SECONDS:
        with subprocess.Popen(["mta-sts", "rollout", NAME, "--db", str(admin.reports), "--apply"], env=environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as command:  # fmt: skip
            try:
                command.wait(timeout=milliseconds / 1000)
                break
            except subprocess.TimeoutExpired:
                command.kill()
                killed += 1
                milliseconds *= 1.3
    assert killed > 0 and command.returncode == 0
    assert json.loads(admin.run("store", "verify", "--json")[1])["fault_count"] == 0
    again = admin.rollout("--apply")
    assert (again["mode"], again["max_age"], again["changed"]) == ("testing", 86400, False)


def test_a_policy_of_a_directive_is_led_by_what_was_seen(admin, tmp_path):
    of = (DIRECTIVE,)
    first = admin.at(0).rollout(of=of)
    assert (first["stored"], first["mode"], stages(first)["enforce"]) == (False, "testing", "waiting")
    since, before = first["assumptions"]
    assert since.startswith("since when this policy is served: ") and "kept for a year is assumed" in before
    seen = ("--history", str(tmp_path / "seen.jsonl"))
    assert stage(admin.rollout(*seen, of=of), "enforce")["earliest"] == shown(admin.time(7))
    assert stage(admin.at(6).rollout(*seen, of=of), "enforce")["earliest"] == shown(admin.time(7))
    admin.report(6, 5000, 0, DIRECTIVE)
    for word in (seen, ("--served-since", f"{admin.time(0):%Y-%m-%d}")):
        assert stages(admin.at(7).rollout(*word, of=of))["enforce"] == "to-do"
    code, out, err = admin.run("rollout", *of, "--db", str(admin.reports), *seen)
    words = DIRECTIVE_WORDS.replace("testing", "enforce").replace("604800", "1209600")
    assert (code, err) == (0, "") and f";   nginx: mta_sts {words};\n;   Apache: MtaSts {words}\n" in out
    record = subprocess.run(["mta-sts", "record", DIRECTIVE, *words.split()], capture_output=True, text=True, check=True).stdout
    assert f";   once it is served: {record}" in out
    code, out, err = admin.run("rollout", *of, "--db", str(admin.reports), *seen, "--apply")
    assert (code, out) == (1, "") and "domain-not-stored" in err


def test_a_year_is_assumed_where_nobody_knows(admin):
    found = admin.at(0).rollout("--add-mx", "mx.new.example", of=(DIRECTIVE,))
    assert stage(found, "old-copies")["earliest"] == shown(admin.time() + timedelta(seconds=31557600))
