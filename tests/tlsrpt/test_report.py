"""`mta-sts report` as its users run it: the guide's monitoring section, every kind of input, bad files among good ones."""

import gzip
import json
import os
import pathlib
import subprocess
import zipfile

import pytest

from reports import detail, mta_sts, report

SAMPLES = pathlib.Path(__file__).parent / "samples"
EXPIRED = detail()


def run(*words, stdin=b""):
    return mta_sts("report", *words, stdin=stdin)


# Monitoring, as admins are told to do it: put the daily report through a one-line script, and watch four things.
class TestMonitoringByTheBook:
    @pytest.fixture
    def daily(self, tmp_path):
        path = tmp_path / "tls-report.json"
        path.write_text(json.dumps(report(4521, 3, details=[EXPIRED])))
        return path

    def test_the_rate_is_above_the_target(self, daily):
        code, out, err = run(daily)
        assert (code, err) == (0, "")
        assert "99.93% (4,521 ok, 3 failed)" in out
        assert "target 99.9%: met" in out

    def test_a_pipe_does_as_well_as_a_file(self, daily):
        assert run("-", stdin=daily.read_bytes()) == run(daily)

    def test_a_sudden_spike_is_pointed_out(self, tmp_path):
        for number, failed in enumerate([0, 1, 0, 1, 40]):
            day = f"2026-03-{number + 1:02}"
            (tmp_path / f"{day}.json").write_text(json.dumps(report(1000, failed, day=day)))
        lines = run(tmp_path)[1].splitlines()
        assert [line for line in lines if "jump" in line] == [line for line in lines if "2026-03-05  " in line]

    def test_the_failure_type_comes_with_its_mend(self, daily):
        out = run(daily)[1]
        assert "certificate-expired: 3 sessions" in out
        assert "Renew it, reload the mail server" in out
        assert "C43 of mta-sts check example.com" in out

    def test_the_mail_server_with_the_problem_is_named(self, daily):
        assert "FAILURE: certificate-expired on mail2.example.com (3 sessions)" in run(daily)[1]

    def test_the_short_example_without_details_is_read_too(self, tmp_path):
        short = report(1000, 5, day="2025-01-17")
        for key in ("contact-info", "report-id"):
            del short[key]
        del short["policies"][0]["failure-details"]
        path = tmp_path / "short.json"
        path.write_text(json.dumps(short))
        code, out, _ = run(path)
        assert code == 1  # 99.50 %
        assert "99.50% (1,000 ok, 5 failed)" in out


def test_a_domain_that_no_report_names_is_an_error(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(report()))
    code, _, err = run("--domain", "exmaple.com", tmp_path)
    assert code == 2 and "no report names the domain exmaple.com" in err
    code, out, err = run("--domain", "example.com", "--since", "2027-01-01", tmp_path)
    assert (code, err) == (0, "") and "none, no session was reported" in out


class TestInputs:
    def files(self, *words):
        code, out, _ = run("--json", *words)
        return {entry["file"]: entry for entry in json.loads(out)["files"]}, code

    def test_names_are_shown_below_the_shared_folder(self, tmp_path):
        for name in ("a/1.json", "a/b/1.json"):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(report()))
        assert list(self.files(tmp_path / "a")[0]) == ["1.json", "b/1.json"]
        assert list(self.files(tmp_path / "a" / "1.json")[0]) == ["1.json"]
        assert list(self.files(tmp_path / "a/b/1.json", tmp_path / "a/1.json")[0]) == ["b/1.json", "1.json"]

    def test_absolute_and_relative_names_mix(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        pathlib.Path("1.json").write_text(json.dumps(report()))
        assert list(self.files("1.json", tmp_path / "1.json")[0]) == ["1.json", str(tmp_path / "1.json")]

    def test_a_maildir_is_read_without_what_is_still_being_written(self, tmp_path):
        for folder in ("new", "cur", "tmp"):
            (tmp_path / folder).mkdir()
            text = (SAMPLES / "own-04-mail-json-base64.eml").read_bytes()
            (tmp_path / folder / f"1700000000.{folder}.host:2,S").write_bytes(text)
        files, code = self.files(tmp_path)
        assert code == 1 and len(files) == 2 and not any(name.startswith("tmp") for name in files)

    def test_the_folders_of_a_maildir_are_read(self, tmp_path):
        for box in (tmp_path, tmp_path / ".Reports", tmp_path / ".Reports.2026"):
            for folder in ("new", "cur", "tmp"):
                (box / folder).mkdir(parents=True)
            (box / "cur" / "1700000000.M1.host:2,S").write_bytes((SAMPLES / "own-04-mail-json-base64.eml").read_bytes())
        (tmp_path / ".cache").mkdir()
        (tmp_path / ".cache" / "index").write_text("x")
        assert list(self.files(tmp_path)[0]) == [f"{box}cur/1700000000.M1.host:2,S" for box in ("", ".Reports/", ".Reports.2026/")]

    @pytest.mark.parametrize("mails", [
        ["new/1.a", ".Sub/cur/2.b:2,S"],  # a copy without empty folders
        ["new/1.a", ".Sub/new/2.b"],
        ["cur/1.a:2,S", ".Sub/new/2.b", ".Sub/cur/3.c:2,"],
        [".Sub/cur/2.b:2,S"],
        ["new/1.a", "cur/2.b:2,", "Sub/new/3.c", "Sub/cur/4.d:2,S"],  # Dovecot's LAYOUT=fs
        ["mailboxes/INBOX/cur/1.a:2,", "mailboxes/Parent/Sub/cur/1.b:2,"],
        ["Box/cur/1.a:2,", ".Box.directory/sub/new/2.b", ".Box.directory/.sub.directory/below/cur/3.c:2,"],  # KMail
        ["new/1.json", "other/2.json", "3.json"],  # no Maildir: nothing of it may be lost
    ])  # fmt: skip
    def test_whatever_holds_mails_is_read(self, tmp_path, mails):
        for number, name in enumerate(mails):
            path = tmp_path / "M" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(report(report_id=str(number))))
        (tmp_path / "M" / "dovecot-uidlist").write_text("3 V1 N2")
        code, out, err = run("--json", tmp_path / "M")
        assert (code, err) == (0, "") and json.loads(out)["summary"]["reports"] == len(mails)

    def test_two_mails_of_one_name_are_two(self, tmp_path):
        for folder, one in (("new", report(1, 0)), ("cur", report(0, 500, report_id="b")), ("tmp", report())):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "report.json").write_text(json.dumps(one))
        os.link(tmp_path / "new" / "report.json", tmp_path / "cur" / "report.json:2,S")  # a move half done
        summary = json.loads(run("--json", tmp_path)[1])["summary"]
        assert (summary["reports"], summary["failure"], summary["duplicates"]) == (2, 500, 0)

    def test_mails_that_move_while_others_are_read_are_found_again(self, tmp_path):
        for folder in ("new", "cur", "tmp"):
            (tmp_path / folder).mkdir()
        mail = (SAMPLES / "own-04-mail-json-base64.eml").read_bytes()
        for name in ("new/1.M1.host", "cur/2.M2.host:2,"):
            (tmp_path / name).write_bytes(mail)
        with subprocess.Popen([os.environ["MTA_STS"], "report", "--json", "-", tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:  # fmt: skip
            process.stdin.write(b" " * (1 << 18))  # more than a pipe holds: it is read, so the folders have been listed
            process.stdin.flush()
            (tmp_path / "new/1.M1.host").rename(tmp_path / "cur/1.M1.host:2,S")
            (tmp_path / "cur/2.M2.host:2,").rename(tmp_path / "cur/2.M2.host:2,RS")
            out, err = process.communicate(json.dumps(report()).encode())
        files = json.loads(out)["files"]
        assert [(each["file"], len(each["reports"])) for each in files] == [("-", 1), ("new/1.M1.host", 1), ("cur/2.M2.host:2,", 1)]
        assert err == b""

    def test_what_systems_put_into_folders_is_left_out(self, tmp_path):
        for folder in ("__MACOSX", "$RECYCLE.BIN", "System Volume Information", "@eaDir", ".Trashes/new", ".AppleDouble/new"):
            (tmp_path / folder).mkdir(parents=True)
            (tmp_path / folder / "1.json").write_text("x")
        for name in (".DS_Store", "._1.json", "Thumbs.db", "desktop.ini", "ehthumbs.db", "Icon\r", "1.json:Zone.Identifier", "~$1.json"):
            (tmp_path / name).write_text("x")
        (tmp_path / "1.json").write_text(json.dumps(report()))
        assert list(self.files(tmp_path)[0]) == ["1.json"]

    def test_a_spool_is_read_from_new(self, tmp_path):
        for folder in ("new", "tmp"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "1.0123456789abcdef.gz").write_bytes(gzip.compress(json.dumps(report()).encode()))
        assert list(self.files(tmp_path)[0]) == ["1.0123456789abcdef.gz"]

    def test_links_pipes_and_hidden_files_in_folders_are_left_out(self, tmp_path):
        (tmp_path / "1.json").write_text(json.dumps(report()))
        (tmp_path / ".hidden").write_text("x")
        (tmp_path / "link.json").symlink_to("/etc/hostname")
        (tmp_path / "loop").symlink_to(tmp_path)
        os.mkfifo(tmp_path / "pipe")
        assert list(self.files(tmp_path)[0]) == ["1.json"]

    def test_one_bad_file_stops_nothing(self, tmp_path):
        (tmp_path / "a.json").write_text("{")
        (tmp_path / "b.json").write_text(json.dumps(report()))
        code, out, err = run(tmp_path)
        assert code == 0 and "100.00% (10 ok, 0 failed)" in out
        assert "a.json: E_JSON: " in err
        assert run("--strict", tmp_path)[0] == 2

    def test_a_missing_file_is_told_and_the_rest_read(self, tmp_path):
        (tmp_path / "b.json").write_text(json.dumps(report()))
        code, out, err = run(tmp_path / "none.json", tmp_path / "b.json")
        assert code == 2 and "100.00%" in out and "none.json: cannot be read" in err

    def test_nothing_to_read_is_said(self, tmp_path):
        code, out, err = run(tmp_path)
        assert (code, out) == (2, "") and "no-report" in err

    def test_a_zip_of_many_reports(self, tmp_path):
        with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(50):
                archive.writestr(f"{number}.json", json.dumps(report(report_id=str(number))))
        code, out, _ = run(tmp_path / "all.zip")
        assert code == 0 and "(500 ok, 0 failed)" in out


class TestQuery:
    @pytest.fixture
    def folder(self, tmp_path):
        for day in ("2026-03-01", "2026-03-02"):
            for domain in ("a.example", "b.example"):
                (tmp_path / f"{day}{domain}.json").write_text(json.dumps(report(10, domain=domain, day=day)))
        return tmp_path

    @pytest.mark.parametrize("words, sessions", [
        ([], 40), (["--since", "2026-03-02"], 20), (["--until", "2026-03-01"], 20), (["--domain", "A.example."], 20),
        (["--since", "2026-03-02", "--domain", "b.example"], 10), (["--since", "2026-04-01"], 0),
    ])
    def test_span_and_domain(self, folder, words, sessions):
        summary = json.loads(run("--json", *words, folder)[1])["summary"]
        assert summary["success"] == sessions
        assert summary["reports"] == sessions // 10

    @pytest.mark.parametrize("words", [
        ["--since", "yesterday"], ["--since", "2026-02-30"], ["--target", "100.1"], ["--target", "x"], ["--domain", "a..b"],
    ])
    def test_wrong_words_are_refused(self, folder, words):
        code, out, err = run(*words, folder)
        assert (code, out) == (2, "") and words[1] in err

    def test_the_target_is_met_exactly_or_not(self, tmp_path):
        path = tmp_path / "r.json"
        path.write_text(json.dumps(report(999, 1)))
        assert run(path)[0] == 0
        assert run("--target", "99.901", path)[0] == 1

    def test_gaps_are_no_zeros(self, tmp_path):
        for day in ("2026-03-01", "2026-03-05"):
            (tmp_path / f"{day}.json").write_text(json.dumps(report(day=day)))
        code, out, _ = run(tmp_path)
        assert code == 0 and "3 days without reports" in out
        summary = json.loads(run("--json", tmp_path)[1])["summary"]
        assert summary["days_without_reports"] == ["2026-03-02", "2026-03-03", "2026-03-04"]
        assert [day["day"] for day in summary["days"]] == ["2026-03-01", "2026-03-05"]


class TestHostileText:
    def test_a_terminal_sees_no_control_characters(self):
        out = run(SAMPLES / "own-83-hostile-strings.json")[1]
        assert "\\x1b[2J\\u{202e}evil" in out
        assert not any(ord(char) < 32 and char != "\n" or ord(char) == 0x202E for char in out)

    def test_json_is_pure_ascii(self):
        out = run("--json", SAMPLES / "own-83-hostile-strings.json")[1]
        assert out.isascii() and "\x1b" not in out
        assert json.loads(out)["files"][0]["reports"][0]["org"] == "<script>alert(1)</script>\x1b[2J\u202eevil"

    def test_file_names_are_escaped(self, tmp_path):
        path = tmp_path / "a\x1b[2J.json"
        path.write_text("{")
        code, _, err = run(path)
        assert code == 2 and "\x1b" not in err and "\\x1b[2J" in err


def test_mailed_reports_are_marked_as_unverified():  # R141
    assert "DKIM signatures of report mails are not checked" in run(SAMPLES / "own-04-mail-json-base64.eml")[1]
    assert "DKIM" not in run(SAMPLES / "own-01-plain.json")[1]


def test_every_line_of_expected_comes_out_of_the_command():
    """The reader's own runner proves the words; this proves that the command prints them."""
    lines = [json.loads(line) for line in (SAMPLES / "expected.jsonl").read_text().splitlines()]
    files = [line for line in lines if "file" in line]
    out = run("--json", *(SAMPLES / line["file"] for line in files))[1]
    for expected, actual in zip(files, json.loads(out)["files"], strict=True):
        if "policy_count" in str(expected):
            for report_json in actual["reports"]:
                assert len(report_json.pop("policies")) == report_json["policy_count"]
        assert actual == expected
    for line in (line for line in lines if "set" in line):
        summary = json.loads(run("--json", *(SAMPLES / name for name in line["files"]))[1])["summary"]
        for key in line.keys() - {"set", "files", "key", "note"}:
            assert summary[key] == line[key], (line["set"], key)
