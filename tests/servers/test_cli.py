"""The mta-sts command from outside: outputs, exit codes, hostile input, messages that a terminal may show."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tls
from peers import SERVFAIL, NameServer, PolicyHosts, http, policy_text
from resolver import COMMAND, Resolver, command, run_as_user

GOOD = "version: STSv1\r\nmode: enforce\r\nmx: mail.acme.example\r\nmax_age: 1209600\r\n"
GOOD_WORDS = ["enforce", "mx=mail.acme.example", "max_age=2w"]


def run(*words, text=None, **options):
    return subprocess.run([COMMAND, *map(str, words)], input=text, capture_output=True, text=True, timeout=60, **options)


def is_safe(text: str) -> bool:
    """No control character but line ends reaches the terminal."""
    return not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]", text)


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


class TestLint:
    def test_a_good_policy(self, tmp_path):
        (tmp_path / "good.txt").write_bytes(GOOD.encode())
        done = run("lint", tmp_path / "good.txt")
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{tmp_path}/good.txt: ok\n", "")

    def test_each_fault_with_place_caret_source_and_mend(self):
        done = run("lint", "-", text="version: STSv1\nmode: Enforce\nmx: mail.acme.net.\nmax_age: 7d\n")
        assert done.returncode == 1 and done.stderr == ""
        assert done.stdout.splitlines() == [
            'standard input:2:7: error: bad-mode: invalid mode "Enforce": write enforce, testing or none, in lower case.'
            " (RFC 8461 section 3.2)",
            "    mode: Enforce",
            "          ^",
            "    fix (replace line 2): mode: enforce",
            'standard input:3:5: error: bad-mx: invalid mx "mail.acme.net.": remove the trailing dot.'
            " (RFC 8461 section 3.2, RFC 5321 section 4.1.2)",
            "    mx: mail.acme.net.",
            "        ^",
            "    fix (replace line 3): mx: mail.acme.net",
            'standard input:4:10: error: bad-max-age: invalid max_age "7d": write whole seconds from 0 to 31557600 in digits.'
            " (RFC 8461 section 3.2)",
            "    max_age: 7d",
            "             ^",
            "    fix (replace line 4): max_age: 604800",
        ]

    def test_what_is_of_the_whole_file_has_no_line(self):
        done = run("lint", "-", text="version: STSv1\n\nmx: mail.acme.net\n")
        assert done.stdout.splitlines() == [
            "standard input: error: missing-mode: The field mode is missing: add it with enforce, testing or none, in lower case."
            " (RFC 8461 section 3.2)",
            "    fix (insert as line 2): mode: testing",
            "standard input: error: missing-max-age: The field max_age is missing: add it with the seconds for which senders keep"
            " the policy. (RFC 8461 section 3.2)",
            "    fix (insert as line 4): max_age: 86400",
            "standard input:2:1: error: blank-line: The line is empty, and some senders reject that: delete it. (RFC 8461 section 3.2)",
            "    fix (delete line 2)",
        ]

    def test_one_cause_of_the_whole_file_is_told_once_with_all_its_lines(self):
        done = run("lint", "-", text="  version: STSv1\n  mode: none\n  max_age: 1 week\n")
        assert done.returncode == 1
        assert done.stdout.splitlines() == [
            "standard input: error: indented: The lines begin with blanks: each field begins at the first column."
            " (RFC 8461 section 3.2)",
            "    fix (replace lines 1 to 3):",
            "      version: STSv1",
            "      mode: none",
            "      max_age: 604800",
        ]

    def test_warnings_alone_are_no_fault(self):
        done = run("lint", "-", text="version: STSv1\nmode: enforce\nmx: *.com\nmax_age: 60\n")
        assert done.returncode == 0
        assert "warning: wildcard-wide" in done.stdout and "warning: max-age-short" in done.stdout

    def test_what_does_not_fit_the_provider_is_no_fault_and_has_advice(self):
        policy = "version: STSv1\nmode: enforce\nmx: *.icloud.com\nmax_age: 604800\n"
        done = run("lint", "-", text=policy)
        assert done.returncode == 0
        assert done.stdout.splitlines() == [
            "standard input:3:5: warning: mx-too-short: *.icloud.com covers no mx01.mail.icloud.com, where iCloud Mail receives mail."
            ' "*." stands for exactly one label. See https://support.apple.com/102374 (2026-11-28). (RFC 8461 section 4.1)',
            "    mx: *.icloud.com",
            "        ^",
            "    advice (replace line 3):",
            "      mx: mx01.mail.icloud.com",
            "      mx: mx02.mail.icloud.com",
        ]
        report = json.loads(run("lint", "--json", "-", text=policy).stdout)["files"][0]
        assert report["ok"] is True and report["findings"][0]["advice"] is True

    def test_json_has_an_action_with_each_fix(self):
        done = run("lint", "--json", "-", text="version: STSv1\nmode: none\nmax_age: x\n\n")
        report = json.loads(done.stdout)
        assert done.returncode == 1
        assert report["files"][0]["ok"] is False
        unclear, blank = report["files"][0]["findings"]
        assert unclear["word"] == "bad-max-age" and unclear["line"] == 3 and unclear["column"] == 10
        assert unclear["action"] is None and unclear["fix"] is None
        assert (blank["action"], blank["fix"], blank["fix_line"], blank["fix_lines"]) == ("delete", "", 4, 1)
        missing = json.loads(run("lint", "--json", "-", text="mode: none\nmax_age: 86400\n").stdout)["files"][0]["findings"][0]
        assert missing["line"] is None and missing["column"] is None
        assert (missing["action"], missing["fix"], missing["fix_line"]) == ("insert", "version: STSv1", 1)

    def test_what_cannot_be_read_is_told_and_the_rest_is_looked_at(self, tmp_path):
        (tmp_path / "good.txt").write_bytes(GOOD.encode())
        done = run("lint", tmp_path / "absent", tmp_path, tmp_path / "good.txt")
        assert done.returncode == 2
        assert done.stderr.count("input-unreadable") == 2 and "good.txt: ok" in done.stdout

    @pytest.mark.parametrize(
        "data",
        [b"", b"\0" * 100, b"\xff" * 1000, b"\xef\xbb\xbf" + GOOD.encode(), b"a" * 70000, b"\n" * 65536,
         b"mode: \x1b]0;title\x07\x1b[2J\n", "mode: \u202eecrofne\n".encode(), b"x: y\r" * 100, b":" * 65536],
        ids=range(10),
    )  # fmt: skip
    def test_hostile_files_are_faults_and_their_text_is_harmless(self, data, tmp_path):
        (tmp_path / "policy").write_bytes(data)
        done = run("lint", tmp_path / "policy")
        assert done.returncode == 1 and done.stderr == ""
        assert is_safe(done.stdout) and len(done.stdout) < 200000
        json.loads(run("lint", "--json", tmp_path / "policy").stdout)

    def test_a_hostile_file_name_is_harmless(self, tmp_path):
        name = tmp_path / "a\x1b[2J\nb"
        name.write_text("x")
        assert is_safe(run("lint", name).stdout)
        assert is_safe(run("lint", str(name) + "absent").stderr)


class TestLintFix:
    BAD = b"Version: STSv1\r\nmode: Enforced # now\r\n\r\nmx: mail.acme.net.\r\nmax-age: 1 week"
    GOOD = b"version: STSv1\r\nmode: enforce\r\nmx: mail.acme.net\r\nmax_age: 604800\r\n"

    def test_the_file_is_mended_and_the_difference_shown(self, tmp_path):
        path = tmp_path / "policy.txt"
        path.write_bytes(self.BAD)
        path.chmod(0o640)
        done = run("lint", "--fix", path)
        assert (done.returncode, done.stderr) == (0, "")
        assert path.read_bytes() == self.GOOD and path.stat().st_mode & 0o777 == 0o640
        assert [entry.name for entry in tmp_path.iterdir()] == ["policy.txt"]
        assert done.stdout.splitlines() == [
            f"{path}: mended",
            "  -1: Version: STSv1", "  -2: mode: Enforced # now", "  -3: ", "  -4: mx: mail.acme.net.", "  -5: max-age: 1 week",
            "  +1: version: STSv1", "  +2: mode: enforce", "  +3: mx: mail.acme.net", "  +4: max_age: 604800",
            f"{path}: ok",
        ]  # fmt: skip
        assert run("lint", "--fix", path).stdout == f"{path}: ok\n"

    @pytest.mark.parametrize(
        "bad",
        [
            b"version: STSv1\nmode: live\nmx: a.b\nmax_age: 7d\n",  # no fix for the mode
            b"version: STSv1\nmode: enforce\nmax_age: 604800\n\n",  # no mx
            b"version: STSv1\nmode: enforce\nmx: mail.yourdomain.com\nmax_age: 604800\n\n",  # a placeholder
            b"version: STSv1\nmode: enforce\nmode: testing\nmx: a.b\nmax_age: 604800\n\n",  # a choice
            b"---\nlayout: none\n---\nversion: STSv1\nmode: none\nmax_age: 86400\n",  # Jekyll wants it so
            b"",
        ],
        ids=range(6),
    )
    def test_a_file_that_cannot_be_mended_whole_stays_as_it_is(self, bad, tmp_path):
        path = tmp_path / "policy.txt"
        path.write_bytes(bad)
        done = run("lint", "--fix", path)
        assert done.returncode == 1 and path.read_bytes() == bad
        assert done.stdout.splitlines()[-1].startswith(f"{path}: not changed: ")
        report = json.loads(run("lint", "--fix", "--json", path).stdout)["files"][0]
        assert report["mended"] is False and report["policy"] is None and path.read_bytes() == bad
        piped = subprocess.run([COMMAND, "lint", "--fix", "-"], input=bad, capture_output=True, timeout=60)
        assert piped.returncode == 1 and piped.stdout == b"" and b"not changed" in piped.stderr

    def test_standard_input_is_mended_to_standard_output(self):
        done = subprocess.run([COMMAND, "lint", "--fix", "-"], input=self.BAD, capture_output=True, timeout=60)
        assert done.returncode == 0 and done.stdout == self.GOOD
        assert b"standard input: mended" in done.stderr and b"+2: mode: enforce" in done.stderr
        report = json.loads(subprocess.run([COMMAND, "lint", "--fix", "--json", "-"], input=self.BAD, capture_output=True,
                                           timeout=60).stdout)["files"][0]  # fmt: skip
        assert report["mended"] is True and report["policy"].encode() == self.GOOD and report["findings"] == []

    def test_advice_is_not_followed(self, tmp_path):
        path = tmp_path / "policy.txt"
        path.write_bytes(b"version: STSv1\nmode: enforce\nmx: *.google.com\nmax_age: 60")
        before = path.stat()
        done = run("lint", "--fix", path)
        assert done.returncode == 0 and "advice (replace line 4): max_age: 604800" in done.stdout
        assert path.read_bytes().endswith(b"60") and path.stat().st_ino == before.st_ino

    def test_a_link_stays_and_what_it_leads_to_is_mended(self, tmp_path):
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "policy.txt").write_bytes(self.BAD)
        (tmp_path / "link").symlink_to("folder/policy.txt")
        assert run("lint", "--fix", tmp_path / "link").returncode == 0
        assert (tmp_path / "link").is_symlink() and (tmp_path / "link").read_bytes() == self.GOOD

    def test_what_cannot_be_written_is_told(self, tmp_path):
        path = tmp_path / "folder" / "policy.txt"
        path.parent.mkdir()
        path.write_bytes(self.BAD)
        limit = "import resource, os, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (4, 4)); " \
                "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])"  # fmt: skip
        done = subprocess.run([sys.executable, "-c", limit, COMMAND, "lint", "--fix", path], capture_output=True, timeout=60)
        assert done.returncode == 3 and b"output-unwritable" in done.stderr
        assert path.read_bytes() == self.BAD and len(list(path.parent.iterdir())) == 1


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
