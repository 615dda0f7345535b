"""The mta-sts command from outside: outputs, exit codes, hostile input, messages that a terminal may show."""

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
import tls
from cli import GOOD, is_safe, run
from peers import SERVFAIL, NameServer, PolicyHosts, http, policy_text
from resolver import COMMAND, Resolver, command, run_as_user

GOOD_WORDS = ["enforce", "mx=mail.acme.example", "max_age=2w"]


class TestUse:
    def test_version(self):
        done = run("--version")
        assert done.returncode == 0 and re.fullmatch(r"mta-sts \d+\.\d+\.\d+\n", done.stdout)

    @pytest.mark.parametrize(
        "words, message",
        [
            (["lint"], "FILE is required; see 'mta-sts lint --help'"),
            (["verdict", "--wait", "x", "a.test"], "--wait"),
            (["verdict", "--wait", "0", "a.test"], "--wait: Value 0 not in range 1 to 3600"),
            (["verdict", "--direct", "--dns", "nowhere", "a.test"], '"nowhere" is not an address: write 192.0.2.1'),
            (["cache", "purge"], "name one DOMAIN, or give --all for the whole cache"),
            (["record", "a.test", "none", "--ttl", "0"], "--ttl: Value 0 not in range 1 to 604800"),
            (["record", "--json", "--nsupdate", "a.test", "none"], "--nsupdate excludes --json"),
            (["record", "a b", "none"], '"a b" is not a domain ('),
            (["record", "localhost", "none"], "is a top-level domain; give a domain below it"),
            (["record", "mta-sts.example.com", "none"], "is a name within MTA-STS; give the mail domain, example.com"),
            (["record", "a.test"], "no-words"),
            (["record", "a.test", "off"], "no-policy-words"),
            (["record", "a.test", "none", "--rua", "ftp://x"], "bad-rua: --rua ftp:"),
            (["render", "enforce"], "missing-mx"),
            (["render", "frob\x1b[31m"], "unknown-word"),
            (["resolver", "--txt-ttl-least", "9", "--txt-ttl-most", "8"], "bad-option: --txt-ttl-least is greater"),
        ],
    )
    def test_wrong_use_is_told_in_one_line(self, words, message):
        done = run(*words)
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr.startswith("mta-sts: error: ") and done.stderr.count("\n") == 1
        assert message in done.stderr and is_safe(done.stderr)

    def test_a_full_disk_is_no_success(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([COMMAND, "render", *GOOD_WORDS], stdout=full, stderr=subprocess.PIPE, timeout=60)
        assert done.returncode == 3 and b"output-unwritable" in done.stderr

    @pytest.mark.parametrize("environment, coloured", [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
    def test_colours_are_for_terminals_that_want_them(self, environment, coloured):
        parent, child = pty.openpty()
        base = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        subprocess.run([COMMAND, "lint", "-"], stdin=subprocess.DEVNULL, stdout=child, stderr=child, timeout=60,
                       env={**base, "TERM": "xterm", **environment})  # fmt: skip
        os.close(child)
        text = os.read(parent, 65536).decode()
        os.close(parent)
        assert "empty" in text and ("\x1b[" in text) == coloured

    def test_no_colour_in_a_pipe(self):
        assert "\x1b" not in run("lint", "-", text="x").stdout


class TestRenderAndRecord:
    def test_render_gives_the_policy_to_the_byte(self):
        done = subprocess.run([COMMAND, "render", *GOOD_WORDS], capture_output=True, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, GOOD.encode(), b"")

    def test_render_json_has_the_id_of_record(self):
        made = json.loads(run("render", "--json", *GOOD_WORDS).stdout)
        assert made["policy"] == GOOD and made["max_age"] == 1209600
        line = run("record", "example.com", *GOOD_WORDS).stdout
        assert line == f'_mta-sts.example.com. 300 IN TXT "v=STSv1; id={made["id"]};"\n'

    def test_what_is_rendered_lints(self):
        policy = subprocess.run([COMMAND, "render", *GOOD_WORDS], capture_output=True, timeout=60).stdout
        done = subprocess.run([COMMAND, "lint", "-"], input=policy, capture_output=True, timeout=60)
        assert done.stdout == b"standard input: ok\n"

    def test_record_of_a_file_is_that_of_its_words(self, tmp_path):
        (tmp_path / "policy").write_bytes(GOOD.encode())
        by_file = run("record", "example.com", "--file", tmp_path / "policy")
        assert by_file.returncode == 0
        assert by_file.stdout == run("record", "example.com", *GOOD_WORDS).stdout
        assert run("record", "example.com", "--file", tmp_path / "policy", "serial=2").stdout != by_file.stdout

    def test_record_of_a_wrong_file_is_its_fault(self, tmp_path):
        (tmp_path / "policy").write_text("version: STSv1\nmode: x\n")
        done = run("record", "example.com", "--file", tmp_path / "policy")
        assert done.returncode == 1 and f"bad-mode: {tmp_path}/policy:2:7: " in done.stderr
        assert run("record", "example.com", "--file", tmp_path / "absent").returncode == 2

    def test_record_forms(self):
        words = ["record", "münchen.de", *GOOD_WORDS, "--rua", "mailto:a@example.com", "--rua", "https://example.com/r"]
        policy_id = json.loads(run("render", "--json", *GOOD_WORDS).stdout)["id"]
        zone = run(*words, "--ttl", 60).stdout.splitlines()
        assert zone == [
            f'_mta-sts.xn--mnchen-3ya.de. 60 IN TXT "v=STSv1; id={policy_id};"',
            '_smtp._tls.xn--mnchen-3ya.de. 60 IN TXT "v=TLSRPTv1; rua=mailto:a@example.com,https://example.com/r"',
        ]
        assert run(*words, "--nsupdate").stdout.splitlines() == [
            "update delete _mta-sts.xn--mnchen-3ya.de. TXT",
            f'update add _mta-sts.xn--mnchen-3ya.de. 300 TXT "v=STSv1; id={policy_id};"',
            "update delete _smtp._tls.xn--mnchen-3ya.de. TXT",
            "update add _smtp._tls.xn--mnchen-3ya.de. 300 TXT"
            ' "v=TLSRPTv1; rua=mailto:a@example.com,https://example.com/r"',
            "send",
        ]
        records = json.loads(run(*words, "--json").stdout)["records"]
        assert [record["name"] for record in records] == ["_mta-sts.xn--mnchen-3ya.de", "_smtp._tls.xn--mnchen-3ya.de"]

    @pytest.mark.parametrize("sign, code", [(",", "%2C"), ("!", "%21"), (";", "%3B")])
    def test_separators_in_a_rua_must_be_encoded(self, sign, code):  # RFC 8460 section 3
        done = run("record", "a.test", "none", "--rua", f"mailto:a{sign}b@example.com")
        assert done.returncode == 2 and f"write mailto:a{code}b@example.com" in done.stderr
        assert run("record", "a.test", "none", "--rua", f"mailto:a{code}b@example.com").returncode == 0

    def test_a_rua_that_stands_there_twice_is_told_and_used_once(self):
        done = run("record", "a.test", "none", *("--rua", "mailto:a@example.com") * 2, "--rua", "mailto:b@example.com")
        assert done.returncode == 0 and done.stderr.startswith("mta-sts: warning: rua-repeated: --rua mailto:a@example.com ")
        assert done.stderr.count("\n") == 1
        assert done.stdout.splitlines()[1].endswith('"v=TLSRPTv1; rua=mailto:a@example.com,mailto:b@example.com"')

    @pytest.mark.parametrize("bytes_, rua, code", [(244, False, 0), (245, False, 2), (242, True, 0), (243, True, 2)])
    def test_names_longer_than_dns_has_are_refused(self, bytes_, rua, code):  # RFC 1035 section 2.3.4
        domain = ".".join(["a" * 60] * 3)
        domain += "." + "b" * (bytes_ - len(domain) - 1)
        assert len(domain) == bytes_
        done = run("record", domain, "none", *(("--rua", "mailto:a@example.com") if rua else ()))
        assert done.returncode == code and ("bad-domain: " in done.stderr) == (code != 0)
        assert not code or "before it makes a name of 254 bytes" in done.stderr
        assert all(len(line.split(". ")[0]) <= 253 for line in done.stdout.splitlines())

    def test_a_file_that_is_being_written_is_not_published_in_silence(self, tmp_path):
        path = tmp_path / "policy"
        path.write_text("version: STSv1\nmode: none\nmax_age: 8640")
        done = run("record", "a.test", "--file", path)
        assert done.returncode == 0 and "no-last-line-end: " in done.stderr

    def test_a_long_value_is_cut_into_strings(self):
        rua = [word for n in range(20) for word in ("--rua", f"mailto:reports-{n}@mail.example.com")]
        line = run("record", "a.test", "none", *rua).stdout.splitlines()[1]
        strings = re.findall(r'"([^"]*)"', line)
        assert len(strings) > 1 and all(len(text) <= 255 for text in strings)


@pytest.fixture(scope="module")
def policy_certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("hosts"), "mta-sts.example.test", "mta-sts.second.test")


@pytest.fixture(scope="module")
def world(policy_certificate):
    with NameServer() as names, PolicyHosts(policy_certificate) as hosts:
        names.set_record("example.test", "v=STSv1; id=1;")
        names.set_record("second.test", "v=STSv1; id=2;")
        names.fail_record("broken.test", SERVFAIL)
        hosts.answers["example.test"] = http(policy_text())
        hosts.answers["second.test"] = http("<html>")
        yield names, hosts


@pytest.fixture(scope="module")
def by_itself(world, policy_certificate):
    """The options for asking without a resolver."""
    names, hosts = world
    return ["--dns", f"127.0.0.1:{names.port}", "--https-port", hosts.port, "--ca", policy_certificate.authority,
            "--allow-private"]  # fmt: skip


GUIDE = Path(__file__).resolve().parents[2] / "docs" / "resolver.md"
SHOWN = re.search(r"^\$ mta-sts verdict example.com\n(.*?)```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)[1]


def as_shown(answer: str) -> list:
    """The last verdict of an answer without its names and times, which docs/resolver.md has its own of."""
    head, host, policy = answer.splitlines()[-3:]
    policy = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", re.sub(r"policy \w+,", "policy ID,", policy))
    return [head.partition(": ")[2], re.sub(r"mail\.example\.(com|net)", "HOST", host), policy]


class TestVerdict:
    def test_direct_says_what_it_is(self, by_itself):
        done = run("verdict", "--direct", *by_itself, "example.test")
        assert done.returncode == 0
        assert "neither reads nor writes its cache" in done.stderr
        lines = done.stdout.splitlines()
        assert lines[0].startswith("example.test: enforce: mail is delivered only to the hosts below")
        assert lines[1] == "  mx: mail.example.net"
        assert re.fullmatch(r"  policy 1, fetched now, live until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", lines[2])

    def test_direct_of_several_as_json(self, by_itself):
        done = run("verdict", "--direct", *by_itself, "--json", "example.test", "second.test", "none.test")
        found = {entry["domain"]: entry for entry in json.loads(done.stdout)["verdicts"]}
        assert done.returncode == 0
        assert [found[name]["mode"] for name in ("example.test", "second.test", "none.test")] == ["enforce", "none", "none"]
        assert found["second.test"]["reason"] == "policy-invalid"
        assert found["example.test"]["expires"] > 1700000000 and found["none.test"]["expires"] is None

    def test_a_reason_is_explained(self, by_itself):
        done = run("verdict", "--direct", *by_itself, "broken.test")
        assert done.returncode == 3
        assert re.search(r"^  why: \S+\n    .+\n    fix.*: .+$", done.stdout, re.MULTILINE)

    def test_roots_that_cannot_be_read_are_wrong_use(self, by_itself):
        done = run("verdict", "--direct", *by_itself, "--ca", "/absent", "example.test")
        assert done.returncode == 2  # --ca stands there twice
        done = run("verdict", "--direct", "--ca", "/absent", "example.test")
        assert done.returncode == 2 and "/absent" in done.stderr

    def test_without_a_resolver_all_mail_waits(self, tmp_path):
        done = run("verdict", "example.test", "--socket", tmp_path / "absent")
        assert done.returncode == 3
        assert "temp" in done.stdout and "why: resolver-unreachable" in done.stdout and "fix (the administrator): " in done.stdout

    @pytest.mark.parametrize("domain", ["", "a b", "a\nb", "\x1b[31m", "a" * 2000])
    def test_what_is_no_domain_is_wrong_use(self, domain, tmp_path):
        done = run("verdict", domain, "--socket", tmp_path / "absent")
        assert done.returncode == 2 and is_safe(done.stdout + done.stderr)

    def test_asks_the_resolver(self, world, policy_certificate):
        with Resolver(*world, policy_certificate) as resolver:
            done = command("verdict", "example.test", "EXAMPLE.test", "--socket", resolver.socket_path)
            assert done.returncode == 0 and done.stderr == ""
            assert "fetched now" in done.stdout and as_shown(done.stdout) == as_shown(SHOWN)
            done = command("explain", "example.test", "--socket", resolver.socket_path)
            assert done.returncode == 0
            assert "  policy: enforce, id 1, live until " in done.stdout and "    mx: mail.example.net" in done.stdout
            done = command("cache", "list", "--socket", resolver.socket_path)
            assert done.stdout.startswith("example.test  enforce  id 1  fetched ")
            assert command("cache", "show", "example.test", "--socket", resolver.socket_path).returncode == 0
            assert command("cache", "refresh", "example.test", "--socket", resolver.socket_path).returncode == 0
            assert "entries 1" in command("cache", "stats", "--socket", resolver.socket_path).stdout
            done = command("cache", "purge", "example.test", "--socket", resolver.socket_path)
            assert (done.returncode, done.stdout) == (0, "purged: 1\n")
            resolver.expect_log("policy-purged")
            done = command("cache", "purge", "example.test", "--socket", resolver.socket_path)
            assert (done.returncode, done.stdout) == (1, "purged: 0\n")
            assert command("cache", "purge", "--all", "--socket", resolver.socket_path).returncode == 0
            assert command("verdict", "second.test", "--socket", resolver.socket_path).returncode == 0
            resolver.expect_log("^warning policy-invalid ")
            done = command("explain", "second.test", "--socket", resolver.socket_path)
            assert "  failed fetch: policy-invalid (in TLS reports: sts-policy-invalid) for id 2 at " in done.stdout

    def test_record_live_is_the_record_of_what_is_served(self, by_itself):
        done = run("record", "example.test", "--live", *by_itself)
        assert done.returncode == 0, done.stderr
        assert done.stdout == run("record", "example.test", "enforce", "mx=mail.example.net", "max_age=1w").stdout
        done = run("record", "second.test", "--live", *by_itself)
        assert done.returncode == 1 and "policy-invalid: https://mta-sts.second.test: " in done.stderr
        done = run("record", "example.test", "none", "--live", *by_itself)
        assert done.returncode == 2 and "conflicting-word" in done.stderr

    def test_record_live_without_a_name_server_may_work_later(self):
        done = run("record", "example.test", "--live", "--dns", "127.0.0.1:9", "--dns-timeout", 1)
        assert done.returncode == 3, done.stderr
        assert "fetch-internal: https://mta-sts.example.test: " in done.stderr and "no name server can be reached" in done.stderr


class TestConfigFile:
    def ask(self, path, *words):
        return run("verdict", "--direct", "--json", "--config", path, *words, "example.test")

    def test_gives_what_the_command_line_left_open(self, by_itself, tmp_path):
        path = tmp_path / "conf"
        pairs = dict(zip(by_itself[0:6:2], by_itself[1:6:2]))
        lines = [f"{key.lstrip('-')} = {value}" for key, value in pairs.items()]
        path.write_text("# a comment\n\n" + "\r\n".join(lines) + '\nallow-private = yes\ncache = "/nowhere"\n')
        done = self.ask(path)
        assert json.loads(done.stdout)["verdicts"][0]["mode"] == "enforce"
        done = self.ask(path, "--https-port", 1)
        assert json.loads(done.stdout)["verdicts"][0]["reason"] == "connect-failure"

    @pytest.mark.parametrize(
        "text, word, message",
        [
            ("dns 127.0.0.1", "config-syntax", ':1: "dns 127.0.0.1": write key = value'),
            ("\n\nfrob = 1", "config-unknown-key", ':3: "frob": the keys are the long options of'),
            ("config = x", "config-unknown-key", ':1: "config"'),
            ("timeout =", "config-syntax", ":1: "),
            ("timeout = 0", "config-bad-value", ":1: --timeout: Value 0 not in range 1 to 3600"),
            ("timeout = 1\ntimeout = 2", "config-bad-value", ":2: "),
            ("allow-private = perhaps", "config-bad-value", ':1: allow-private = "perhaps": write yes or no'),
            ("dns = here", "config-bad-value", ':1: --dns: "here" is not an address'),
            ("ca = a\x1b[2Jb", "config-syntax", ':1: "ca = a\\x1b[2Jb"'),
            ("x" * 70000, "config-syntax", ":1: the file is larger than 64 KiB"),
        ],
    )
    def test_errors_name_file_line_and_word(self, tmp_path, text, word, message):
        path = tmp_path / "conf"
        path.write_text(text)
        done = self.ask(path)
        assert done.returncode == 2 and done.stdout == "" and is_safe(done.stderr)
        assert f"mta-sts: error: {word}: {path}{message}" in done.stderr

    def test_a_file_that_is_not_there_is_told_where_it_was_named(self, tmp_path):
        done = self.ask(tmp_path / "absent")
        assert done.returncode == 2 and "input-unreadable" in done.stderr


def test_the_product_runs_as_another_user():
    """What the tests above rest on: where they run as root, the resolver's user can run the command."""
    assert command("--version", **run_as_user()).returncode == 0
