"""`mta-sts check` against real servers that are wrong in one way each."""

import json
import re
import signal
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from broken import CLOSING, CLOSING_WEB, FAULTS, HEALTHY, MORE, PARTICULAR, TABLE, TURNED_AWAY

from lab import namespace

SCREEN_LINES = 24


def check(*words):
    """Runs the command; its exit code and what it printed."""
    done = subprocess.run(["mta-sts", "check", *words], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def found(output, number):
    """The faults of one check in the JSON of a diagnosis."""
    checks = json.loads(output)["checks"]
    return [one for one in checks if one["id"] == number and one["result"] == "found"]


@pytest.mark.parametrize("domain", HEALTHY, ids=lambda domain: domain.name)
def test_healthy_domain_passes_on_one_screen(lab, domain):
    code, shown, messages = check(domain.name)
    assert code == 0 and messages == "", shown + messages
    assert "delivers over verified TLS" in shown and "0 errors, 0 warnings" in shown
    assert shown.count("\n") <= SCREEN_LINES, shown


@pytest.mark.parametrize("fault", (*FAULTS, *MORE), ids=lambda fault: f"row{fault.row}-{fault.check}-{fault.domain.name}")
def test_fault_is_named_with_its_mend(lab, fault):
    code, output, _ = check("--json", *fault.options, fault.domain.name)
    faults = found(output, fault.check)
    assert faults, output
    assert faults[0]["severity"] == fault.severity and fault.row in faults[0]["rows"]
    assert fault.evidence in faults[0]["subject"] + faults[0]["evidence"] and fault.fix in faults[0]["fix"] + faults[0].get("line", "")
    assert code == (1 if fault.severity == "error" else 0)


@pytest.mark.parametrize("domain, reason", TURNED_AWAY, ids=[domain.name for domain, _ in TURNED_AWAY])
def test_host_that_turns_this_one_away_is_not_testable(lab, domain, reason):
    code, output, _ = check("--json", "--timeout", "10", domain.name)
    checks = [one for one in json.loads(output)["checks"] if one["id"] in ("C40", "C41", "C42", "C46", "C47", "C48")]
    assert {one["result"] for one in checks} == {"not-testable"}, checks
    assert all(reason in one["evidence"] for one in checks)
    assert code == 3 and "could not be tested" in json.loads(output)["verdict"]["sentence"]


@pytest.mark.parametrize("domain", PARTICULAR, ids=lambda domain: domain.name)
def test_host_that_is_particular_passes(lab, domain):
    code, shown, _ = check("--all", domain.name)
    assert code == 0 and "delivers over verified TLS." in shown and "0 errors, 0 warnings" in shown, shown
    assert "ok C47 Mail hosts offer TLS 1.2 or 1.3" in shown and "ok C48" in shown


@pytest.fixture(scope="module")
def closing_host(lab):
    """A policy host that closes each connection as it accepts it."""
    namespace.add_addresses([CLOSING_WEB])
    listener = socket.create_server((CLOSING_WEB, 443))

    def close_all():
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return

    thread = threading.Thread(target=close_all)
    thread.start()
    yield
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()


@pytest.mark.usefixtures("closing_host")
@pytest.mark.parametrize("domain", CLOSING, ids=lambda domain: domain.name)
def test_host_that_closes_ends_no_command(domain):
    for _ in range(4):
        code, output, messages = check("--json", domain.name)
        assert (code, messages) == (1, ""), output
        assert json.loads(output)["domain"] == domain.name


@pytest.mark.usefixtures("closing_host")
def test_other_domains_of_a_list_are_checked_after_one_that_closes():
    names = [CLOSING[0].name, HEALTHY[0].name, CLOSING[1].name, HEALTHY[1].name]
    done = subprocess.run(["mta-sts", "check", "--json", "--from", "-"], input="\n".join(names), capture_output=True, text=True, timeout=120, check=False)
    assert [json.loads(line)["domain"] for line in done.stdout.splitlines()] == names and done.returncode == 1


def test_a_reader_that_leaves_ends_the_command_quietly(lab):
    with subprocess.Popen(["mta-sts", "check", "--all", HEALTHY[0].name], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait(60) == -signal.SIGPIPE


def test_helo_is_the_name_that_was_given(lab):
    assert check("--helo", "checker.example.net", "wants-name.example")[0] == 0
    assert "checker.example.net" in {event["helo"] for event in lab.scripted_mail.events("mx.wants-name.example") if "helo" in event}
    assert check("--helo", "me", "wants-name.example")[0] == 3
    code, _, messages = check("--helo", "me\r\nRCPT TO:<a>", "wants-name.example")
    assert code == 2 and "--helo" in messages


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.domain.name)
def test_one_fault_brings_no_stack_of_others(lab, fault):
    """Whatever waits for the faulty step is skipped, not a second error: at most the verdict and the sum of both halves."""
    _, output, _ = check("--json", *fault.options, fault.domain.name)
    errors = {one["id"] for one in json.loads(output)["checks"]
              if one["result"] == "found" and one.get("severity") == "error"}
    assert errors <= {fault.check, "C68"}, errors


def test_all_domains_from_a_file(all_domains):
    assert [json.loads(line)["domain"] for line in all_domains.output.splitlines()] == [domain.name for domain in TABLE]
    assert all_domains.code == 3, "some hosts turn this one away"


def test_recording_is_replayed_without_a_network(lab, tmp_path):
    name = HEALTHY[0].name
    _, live, _ = check("--record", str(tmp_path), "--json", name)
    _, replayed, _ = check("--replay", str(tmp_path), "--json", name)
    assert json.loads(live) == json.loads(replayed)


def test_a_recording_replaces_the_old_one_whole_or_leaves_it(lab, tmp_path):
    name = HEALTHY[0].name
    kept, path = tmp_path / "kept.json", tmp_path / f"{name}.json"
    kept.write_text("old")
    path.symlink_to(kept)
    words = ["mta-sts", "check", "--record", str(tmp_path), name]
    limited = ["prlimit", "--fsize=1000", *words]  # Python ignores SIGXFSZ, which its children keep only so
    done = subprocess.run(limited, capture_output=True, text=True, timeout=120, check=False, restore_signals=False)
    assert done.returncode == 2 and done.stderr.splitlines()[-1] == (
        f"mta-sts: error: output-unwritable: {kept}: cannot be written: File too large")
    assert kept.read_text() == "old"
    before = kept.stat()
    assert subprocess.run(words, capture_output=True, timeout=120, check=False).returncode == 0
    assert json.loads(kept.read_text())["domain"] == name and path.is_symlink()
    assert kept.stat().st_ino != before.st_ino and kept.stat().st_mode == before.st_mode
    assert {file.name for file in tmp_path.iterdir()} == {kept.name, path.name}


def test_every_address_shows_its_tls_and_its_certificate(lab):
    certificates = json.loads(check("--json", "healthy.example")[1])["certificates"]
    assert {one["service"] for one in certificates} == {"https", "smtp"}
    for one in certificates:
        assert one["tls"] in ("TLSv1.2", "TLSv1.3") and "AES" in one["cipher"] and one["key"] and one["signature"], one
        assert one["days_left"] > 0 and one["not_before"] < one["not_after"] and one["chain"].endswith("a trusted root"), one


def test_metrics_have_domains_that_could_not_be_checked(lab, tmp_path):
    path = tmp_path / "check.prom"
    assert check("--metrics", str(path), "healthy.example", "absent.example")[0] == 2
    metrics = path.read_text()
    assert 'mta_sts_check_completed{domain="absent.example"} 0\n' in metrics
    assert 'mta_sts_check_completed{domain="healthy.example"} 1\n' in metrics
    assert 'mta_sts_check_delivers{domain="healthy.example"} 1\n' in metrics


def test_history_notices_a_removed_policy(lab, tmp_path):
    history = tmp_path / "history.jsonl"
    name = HEALTHY[0].name
    assert check("--history", str(history), name)[0] == 0
    records = lab.dns.records(name)
    lab.dns.change(name, [line for line in records if not line.startswith("_mta-sts.")])
    try:
        code, output, _ = check("--history", str(history), "--json", name)
    finally:
        lab.dns.change(name, records)
    assert code == 1 and "vanished" in found(output, "C66")[0]["evidence"]
    assert len(history.read_text().splitlines()) == 2


def test_private_addresses_are_not_contacted(lab):
    name = "no-reports.example"
    records = lab.dns.records(name)
    lab.dns.change(name, [line for line in records if not line.startswith("mta-sts.")] + [f"mta-sts.{name}. A 127.0.0.1"])
    try:
        _, output, _ = check("--json", name)
    finally:
        lab.dns.change(name, records)
    assert "127.0.0.1" in found(output, "C16")[0]["evidence"] and not found(output, "C24")


@pytest.mark.parametrize("words, code, message", [
    (["https://healthy.example/x"], 2, "give the mail domain alone, for example healthy.example"),
    (["192.0.2.1"], 2, "is an address"),
    (["[2001:db8::1]"], 2, "is an address"),
    (["a..b"], 2, "is not a domain"),
    (["example"], 2, "is a top-level domain"),
    (["_mta-sts.healthy.example"], 2, "give the mail domain, healthy.example"),
    (["nowhere.example"], 2, "does not exist in DNS"),
    (["--dns", "127.0.0.9", "--timeout", "8", "healthy.example"], 3, "the name server does not answer"),
    (["--explain", "C99"], 2, "--list shows all"),
    ([], 2, "no domain was given"),
])
def test_bad_input_gets_one_clear_line(lab, words, code, message):
    came, output, messages = check(*words)
    assert came == code and message in messages and output == ""
    assert messages.count("\n") == 1, messages


def test_mail_address_and_u_labels(lab):
    code, output, messages = check("postmaster@healthy.example")
    assert code == 0 and "taking the domain of the address" in messages and output.startswith("healthy.example")
    _, _, messages = check("b\u00fccher.example")
    assert "b\u00fccher.example does not exist" in messages


GUIDE = Path(__file__).resolve().parents[2] / "docs" / "troubleshooting.md"
SESSIONS = [block.split("\n", 1) for block in re.findall(r"```\n\$ mta-sts check (.*?)```", GUIDE.read_text(), re.S)]


@pytest.mark.parametrize("words, shown", SESSIONS, ids=[words for words, _ in SESSIONS])
def test_troubleshooting_guide_shows_what_is_printed(lab, words, shown):
    _, output, _ = check(*words.split())
    at = 0
    for line in shown.rstrip().splitlines():
        found_at = output.find(line, at)
        assert found_at >= 0, f"{line!r} is not in\n{output}"
        at = found_at + len(line)


LIST = (GUIDE.parent / "checks.md").read_text()


def test_list_of_checks_is_the_catalogue(lab):
    """docs/checks.md has what `mta-sts check --list` prints."""
    assert check("--list")[1] in LIST


def test_list_of_checks_says_truly_what_the_lab_proves():
    proved = set(re.search(r"^In the lab, on real servers: (.*?)\.$", LIST, re.M | re.S)[1].replace("\n", " ").split(", "))
    named = set(re.findall(r"^\| (C\d\d) \| ", LIST[LIST.index("## Not in the lab"):], re.M))
    assert proved == {fault.check for fault in (*FAULTS, *MORE)} | {"C16", "C66", "C72"}
    assert not proved & named and proved | named == {f"C{number:02}" for number in range(1, 75)}


def test_troubleshooting_guide_has_all_rows():
    assert re.findall(r"^## (\d)\.", GUIDE.read_text(), re.M) == [str(row) for row in range(1, 9)]


def test_reports_stand_beside_the_live_result(lab, report_of):
    _, output, _ = check("--json", "--reports", str(report_of("mx-expired.example")), "mx-expired.example")
    evidence = found(output, "C72")[0]["evidence"]
    assert "certificate-expired at mx.mx-expired.example in 3 sessions" in evidence and "certificate-refused" in evidence
