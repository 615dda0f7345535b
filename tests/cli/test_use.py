"""Every subcommand that --help names, whatever their number: help, exit codes, and wrong use."""

import json
import re
import socket
import threading
from pathlib import Path

import pytest
from commands import command, run, section, tree

ALL = tree()
BELOW = ALL[1:]


def test_the_tree_is_read():
    assert {("check",), ("tlsrpt",), ("tlsrpt", "import"), ("cache", "purge")} <= {each.words for each in ALL}
    assert "--json" in command("lint").options and "--output" in command("tlsrpt", "html").options


@pytest.mark.parametrize("each", ALL, ids=str)
def test_help_tells_use_and_exit_codes(each):
    done = run(*each.words, "--help")
    assert done.returncode == 0 and done.stderr == ""
    assert f"\nUsage: {each} [OPTIONS]" in done.stdout and "\nExit codes: 0 " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120


# What an entry of help is made of: names with the kind of value, and the text, on the same line or the next.
ENTRY = re.compile(r"^  (?P<names>(?:-\w, )?\S+)(?: (?P<value>[^\s]+))?(?: {2,}|\n {30})(?P<text>\S.*)", re.MULTILINE)


@pytest.mark.parametrize("each", ALL, ids=str)
def test_help_is_in_one_style(each):
    assert re.match(r"[A-Z].*[^.]\nUsage: ", each.help) or not each.words
    assert not re.search(r"\b(?:TEXT|U?INT|FLOAT|REQUIRED|Needs|Excludes)\b", each.help)
    found = []
    for title in ("Arguments", "Options", "Subcommands"):
        part = section(each.help, title)
        entries = list(ENTRY.finditer(part))
        assert len(entries) == len(re.findall(r"^  \S", part, re.MULTILINE)), part
        found += entries
        for entry in entries:
            assert entry["text"][0].isupper(), entry[0]
            assert re.fullmatch(r"[A-Z:|\[\]]+", entry["value"] or "X"), entry[0]
        texts = re.split(r"\n  (?=\S)", part.rstrip())
        assert [text for text in texts if text.endswith(".") or text.count("default: ") > 1] == []
    assert {"-h, --help"} <= {entry["names"] for entry in found}


@pytest.mark.parametrize("each", ALL, ids=str)
def test_an_unknown_option_is_named_beside_the_help_that_lists_the_known(each):
    done = run(*each.words, "--frob")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mta-sts: error: usage-error: unknown option --frob; see '{each} --help'\n"


@pytest.mark.parametrize("each", [each for each in ALL if each.subcommands], ids=str)
def test_a_missing_or_unknown_subcommand(each):
    done = run(*each.words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mta-sts: error: usage-error: a subcommand is required; see '{each} --help'\n"
    done = run(*each.words, "frob")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mta-sts: error: usage-error: unknown subcommand frob; see '{each} --help'\n"


@pytest.mark.parametrize("each", [each for each in BELOW if '"key = value"' in each.help], ids=str)
def test_an_absent_configuration_file_is_wrong_use(each, tmp_path):
    needed = ["example.com"] if "[OPTIONS] DOMAIN" in each.help else []
    done = run(*each.words, *needed, "--config", str(tmp_path / "absent"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mta-sts: error: ") and str(tmp_path / "absent") in done.stderr


@pytest.mark.parametrize("line, told", [
    ("dns = frob", 'config-bad-value: {}:2: --dns: "frob" is not an address: write 192.0.2.1, 192.0.2.1:5353 or [2001:db8::1]:5353'),
    ("https-port = 0", "config-bad-value: {}:2: --https-port: Value 0 not in range 1 to 65535"),
    ("allow-private = perhaps", 'config-bad-value: {}:2: allow-private = "perhaps": write yes or no'),
    ("smtp-port = 25", 'config-unknown-key: {}:2: "smtp-port": the keys are the long options of \'mta-sts resolver --help\', '
                       "without the hyphens before them"),
    ("dns 127.0.0.1", 'config-syntax: {}:2: "dns 127.0.0.1": write key = value, or # before a comment'),
])  # fmt: skip
def test_check_says_where_its_configuration_is_wrong_and_what_to_write(tmp_path, line, told):
    file = tmp_path / "mta-sts.conf"
    file.write_text(f"# for the resolver\n{line}\n")
    done = run("check", "--config", str(file), "a.test")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"mta-sts: error: {told.format(file)}\n")


@pytest.fixture
def name_server():
    """A name server that refuses every question: its ADDRESS:PORT, and the questions so far."""
    asked, refused = [], 5
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def answer():
            while True:
                question, sender = server.recvfrom(4096)
                if not question:
                    return
                asked.append(question)
                server.sendto(question[:2] + bytes([0x81, 0x80 | refused]) + question[4:], sender)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}", asked
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", server.getsockname())
            thread.join()


# Keys of the resolver that `check` has no option for, and those whose option means something else there.
PASSED_OVER = "max-entries = 5\nmetrics = 127.0.0.1:9163\ntimeout = 3600\n"


def test_check_asks_the_name_server_of_the_configuration(name_server, tmp_path):
    place, asked = name_server
    file = tmp_path / "mta-sts.conf"
    file.write_text(f"{PASSED_OVER}dns = {place}\n")
    done = run("check", "--config", str(file), "a.test")
    assert asked and "config-" not in done.stderr, done.stderr
    assert not Path("127.0.0.1:9163").exists()


def test_the_command_line_of_check_takes_precedence_over_the_configuration(name_server, tmp_path):
    place, asked = name_server
    file = tmp_path / "mta-sts.conf"
    file.write_text(f"{PASSED_OVER}dns = {place}\n")
    run("check", "--config", str(file), "--dns", "127.0.0.1:9", "a.test")
    assert asked == []


def test_an_error_word_is_explained_and_any_other_is_refused():
    known, unknown = run("errors", "cert-expired"), run("errors", "cert-expire")
    of_report = run("errors", "E_GZIP", "W_SUM")
    told = json.loads(run("errors", "--json", "E_GZIP", "cert-expired").stdout)
    assert (told[0]["word"], told[0]["fix"], told[0]["actor"], told[0]["exit_code"]) == ("E_GZIP", "fetch it again", "you", None)
    assert {each["word"] for each in told} == {"E_GZIP", "cert-expired"} and len(json.loads(run("errors", "--json").stdout)) > 200
    assert of_report.returncode == 0 and "fix (you): fetch it again" in of_report.stdout and "E_GZIP: " in run("errors").stdout
    assert known.returncode == 0 and "fix (the domain's postmaster): renew" in known.stdout
    assert unknown.returncode == 2 and '"cert-expire" is not an error word' in unknown.stderr
