"""`mta-sts lint` from outside: findings, output, and what --fix writes."""

import json
import subprocess
import sys

import pytest
from cli import GOOD, is_safe, run
from resolver import COMMAND


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

    def test_line_ends_alone_are_mended(self, tmp_path):
        path = tmp_path / "old-mac.txt"
        path.write_bytes(GOOD.encode().replace(b"\r\n", b"\n").replace(b"\n", b"\r"))
        done = run("lint", "--fix", path)
        assert (done.returncode, done.stdout) == (0, f"{path}: mended: line ends only\n{path}: ok\n")
        assert path.read_bytes() == GOOD.encode().replace(b"\r\n", b"\n")
        assert run("lint", path).returncode == 0

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
