"""Every subcommand that --help names, whatever their number: help, exit codes, and wrong use."""

import re

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
    assert done.stderr == f"mta-sts: error: usage-error: A subcommand is required; see '{each} --help'\n"
    done = run(*each.words, "frob")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mta-sts: error: usage-error: unknown subcommand frob; see '{each} --help'\n"


@pytest.mark.parametrize("each", [each for each in BELOW if '"key = value"' in each.help], ids=str)
def test_an_absent_configuration_file_is_wrong_use(each, tmp_path):
    needed = ["example.com"] if "[OPTIONS] DOMAIN" in each.help else []
    done = run(*each.words, *needed, "--config", str(tmp_path / "absent"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mta-sts: error: ") and str(tmp_path / "absent") in done.stderr


def test_an_error_word_is_explained_and_any_other_is_refused():
    known, unknown = run("errors", "cert-expired"), run("errors", "cert-expire")
    assert known.returncode == 0 and "fix (the domain's postmaster): renew" in known.stdout
    assert unknown.returncode == 2 and '"cert-expire" is not an error word' in unknown.stderr
