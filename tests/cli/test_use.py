"""Every subcommand that --help names, whatever their number: help, exit codes, and wrong use."""

import pytest
from commands import command, run, tree

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
    needed = ["example.com"] if "DOMAIN TEXT" in each.help else []
    done = run(*each.words, *needed, "--config", str(tmp_path / "absent"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("mta-sts: error: ") and str(tmp_path / "absent") in done.stderr


def test_an_error_word_is_explained_and_any_other_is_refused():
    known, unknown = run("errors", "cert-expired"), run("errors", "cert-expire")
    assert known.returncode == 0 and "fix (the domain's postmaster): renew" in known.stdout
    assert unknown.returncode == 2 and '"cert-expire" is not an error word' in unknown.stderr
