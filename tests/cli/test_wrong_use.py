"""Wrong uses of every subcommand: each message begins with a known error word, and the exit code is as documented."""

import re

import pytest
from commands import run, tree

PROBLEM, USAGE, TEMPORARY = 1, 2, 3
NO_DNS = ["--dns", "127.0.0.1:9"]
ABSENT = "{folder}/absent"

# Words of the command line, the error word, the exit code. {folder} has the files of `folder` below.
TABLE = [
    (["--frob"], "usage-error", USAGE),
    (["frob"], "usage-error", USAGE),
    (["lint"], "usage-error", USAGE),
    (["lint", ABSENT], "input-unreadable", USAGE),
    (["lint", "{folder}"], "input-unreadable", USAGE),
    (["render"], "usage-error", USAGE),
    (["render", "frob"], "unknown-word", USAGE),
    (["render", "enforce"], "missing-mx", USAGE),
    (["render", "enforce", "mx=192.0.2.1"], "bad-mx", USAGE),
    (["render", "none", "serial=x"], "bad-serial", USAGE),
    (["render", "off"], "no-policy-words", USAGE),
    (["render", f"file={ABSENT}"], "input-unreadable", USAGE),
    (["render", "file={folder}/wrong-policy"], "bad-mode", PROBLEM),
    (["record"], "usage-error", USAGE),
    (["record", "a b", "none"], "bad-domain", USAGE),
    (["record", "a.test"], "no-words", USAGE),
    (["record", "a.test", "none", "none"], "repeated-word", USAGE),
    (["record", "a.test", "none", "--ttl", "0"], "usage-error", USAGE),
    (["record", "a.test", "none", "--rua", "ftp://x"], "bad-rua", USAGE),
    (["record", "a.test", "--file", "{folder}/wrong-policy"], "bad-mode", PROBLEM),
    (["record", "a.test", "--live", "none"], "conflicting-word", USAGE),
    (["record", "a.test", "--live", "--ca", ABSENT], "ca-unreadable", USAGE),
    (["record", "a.test", "--live", "--dns-timeout", "1", *NO_DNS], "fetch-internal", TEMPORARY),
    (["errors", "frob"], "usage-error", USAGE),
    (["check"], "usage-error", USAGE),
    (["check", "https://example.com/"], "bad-domain", USAGE),
    (["check", "--explain", "C99"], "usage-error", USAGE),
    (["check", "--from", ABSENT], "input-unreadable", USAGE),
    (["check", "--dns", "frob", "a.test"], "usage-error", USAGE),
    (["check", "--helo", "a b", "a.test"], "bad-option", USAGE),
    (["check", "--config", ABSENT, "a.test"], "input-unreadable", USAGE),
    (["check", "--config", "{folder}/text", "a.test"], "config-syntax", USAGE),
    (["check", "--config", "{folder}/unknown-key", "a.test"], "config-unknown-key", USAGE),
    (["check", "--config", "{folder}/bad-server", "a.test"], "config-bad-value", USAGE),
    (["check", "--ca", ABSENT, "a.test"], "ca-unreadable", USAGE),
    (["check", "--replay", "{folder}", "b.test"], "input-unreadable", USAGE),
    (["check", "--replay", "{folder}", "a.test"], "input-invalid", USAGE),
    (["check", "--replay", ABSENT], "input-unreadable", USAGE),
    (["check", "--replay", "{folder}/text", "a.test"], "usage-error", USAGE),
    (["check", "--replay", "{folder}/text"], "input-invalid", USAGE),
    (["check", "--history", "{folder}/text", "a.test"], "input-invalid", USAGE),
    (["check", "--reports", "{folder}/text", "a.test"], "no-report", USAGE),
    (["check", "--reports", "{folder}/damaged", "a.test"], "history-damaged", USAGE),
    (["check", "--html", ABSENT + "/page", "a.test"], "output-unwritable", USAGE),
    (["check", *NO_DNS, "a.test"], "dns-unreachable", TEMPORARY),
    (["store"], "usage-error", USAGE),
    (["store", "set", "--store", "{folder}/new"], "usage-error", USAGE),
    (["store", "sync"], "usage-error", USAGE),
    (["store", "sync", "--from", "postgresql://node:word@localhost/panel", "--once"], "usage-error", USAGE),
    (["store", "set", "--store", "{folder}/new", "a.test", "enforce"], "missing-mx", USAGE),
    (["store", "set", "--store", "{folder}/text", "a.test", "none"], "store-cut", USAGE),
    (["store", "get", "--store", ABSENT, "a.test"], "store-missing", USAGE),
    (["store", "get", "--host", "--json", "a.test"], "usage-error", USAGE),
    (["store", "remove", "--store", "{folder}", "a.test"], "store-not-regular", USAGE),
    (["store", "list", "--store", "{folder}/damaged"], "store-foreign", USAGE),
    (["store", "profile", "--store", "{folder}/new", "a b", "none"], "bad-option", USAGE),
    (["store", "import", "--store", "{folder}/new", "{folder}/text"], "input-invalid", PROBLEM),
    (["store", "export", "--store", ABSENT], "store-missing", USAGE),
    (["store", "verify", "--store", "{folder}/text"], "store-cut", PROBLEM),
    (["publish"], "usage-error", USAGE),
    (["publish", "--mx", "auto", "--offline", "a.test", "none"], "usage-error", USAGE),
    (["publish", "--offline", "--store", "{folder}/text", "a.test", "none"], "store-cut", USAGE),
    (["publish", "--offline", "--store", "{folder}/new", "a.test"], "store-missing", USAGE),
    (["publish", "--offline", "--from", ABSENT], "input-unreadable", USAGE),
    (["rollout"], "usage-error", USAGE),
    (["rollout", "--offline", "a b"], "bad-domain", USAGE),
    (["rollout", "--offline", "--to", "frob", "a.test"], "usage-error", USAGE),
    (["rollout", "--offline", "--to", "none", "--add-mx", "b.test", "a.test"], "usage-error", USAGE),
    (["rollout", "--offline", "--add-mx", "192.0.2.1", "a.test"], "bad-option", USAGE),
    (["rollout", "--offline", "--target", "101", "a.test"], "bad-option", USAGE),
    (["rollout", "--offline", "--served-since", "frob", "a.test"], "bad-option", USAGE),
    (["rollout", "--offline", "--history", "{folder}/text", "a.test"], "input-invalid", USAGE),
    (["rollout", "--offline", "--store", "{folder}/text", "a.test"], "store-cut", USAGE),
    (["rollout", "--apply", "--ca", ABSENT, "--store", "{folder}/new", "a.test"], "ca-unreadable", USAGE),
    (["publish", "--ca", ABSENT, "--store", "{folder}/new", "a.test", "none"], "ca-unreadable", USAGE),
    (["verdict"], "usage-error", USAGE),
    (["verdict", "--direct", "--ca", ABSENT, "a.test"], "ca-unreadable", USAGE),
    (["verdict", "--config", ABSENT, "a.test"], "input-unreadable", USAGE),
    (["verdict", "--config", "{folder}/text", "a.test"], "config-syntax", USAGE),
    (["tlsrpt", "send", "--config", "{folder}/text"], "config-syntax", USAGE),
    (["tlsrpt", "send", "--config", "{folder}/unknown-key"], "config-unknown-key", USAGE),
    (["tlsrpt", "send", "--from", "a b"], "usage-error", USAGE),
    (["tlsrpt", "send", "--from", "a@b.test", "--day", "frob"], "bad-option", USAGE),
    (["tlsrpt", "send", "--from", "a@b.test", "--outcomes-file", ABSENT], "tally-unavailable", USAGE),
    (["tlsrpt", "sent", "--since", "frob"], "bad-option", USAGE),
    (["tlsrpt", "sent", "--queue", ABSENT], "queue-unavailable", USAGE),
    (["tlsrpt", "sent", "--queue", "{folder}/damaged"], "queue-damaged", USAGE),
    (["explain"], "usage-error", USAGE),
    (["explain", "--socket", ABSENT, "a.test"], "resolver-unreachable", TEMPORARY),
    (["cache"], "usage-error", USAGE),
    (["cache", "list", "--wait", "0"], "usage-error", USAGE),
    (["cache", "list", "--socket", ABSENT], "resolver-unreachable", TEMPORARY),
    (["cache", "show"], "usage-error", USAGE),
    (["cache", "show", "--socket", ABSENT, "a.test"], "resolver-unreachable", TEMPORARY),
    (["cache", "refresh"], "usage-error", USAGE),
    (["cache", "refresh", "--socket", "/" + "x" * 120, "a.test"], "socket-path-too-long", TEMPORARY),
    (["cache", "purge"], "usage-error", USAGE),
    (["cache", "purge", "--all", "a.test"], "usage-error", USAGE),
    (["cache", "stats", "frob"], "usage-error", USAGE),
    (["resolver", "--max-entries", "0"], "usage-error", USAGE),
    (["resolver", "--txt-ttl-least", "9", "--txt-ttl-most", "8"], "bad-option", USAGE),
    (["resolver", "--config", "{folder}/unknown-key"], "config-unknown-key", USAGE),
    (["resolver", "--config", "{folder}/bad-value"], "config-bad-value", USAGE),
    (["exim-setup", "frob", "frob"], "usage-error", USAGE),
    (["exim-setup", "--exim", ABSENT], "exim-unusable", USAGE),
    (["exim-setup", "--write", "relative"], "usage-error", USAGE),
    (["exim-check", "--expect", "frob"], "usage-error", USAGE),
    (["exim-check", "--exim", ABSENT], "exim-unusable", USAGE),
    (["report"], "usage-error", USAGE),
    (["report", ABSENT], "input-unreadable", USAGE),
    (["report", "{folder}/text"], "no-report", USAGE),
    (["report", "--target", "frob", "{folder}/text"], "bad-option", USAGE),
    (["report", "--since", "frob", "{folder}/text"], "bad-option", USAGE),
    (["tlsrpt"], "usage-error", USAGE),
    (["tlsrpt", "import"], "usage-error", USAGE),
    (["tlsrpt", "import", "--db", ABSENT + "/db", "{folder}/text"], "history-unavailable", USAGE),
    (["tlsrpt", "import", "--db", "{folder}/new", ABSENT], "input-unreadable", USAGE),
    (["tlsrpt", "show", "--db", ABSENT], "history-unavailable", USAGE),
    (["tlsrpt", "show", "--db", "{folder}/damaged"], "history-damaged", USAGE),
    (["tlsrpt", "show", "--domain", "a..b"], "bad-option", USAGE),
    (["tlsrpt", "html"], "usage-error", USAGE),
    (["tlsrpt", "html", "--db", ABSENT, "-o", "{folder}/page"], "history-unavailable", USAGE),
    (["tlsrpt", "metrics", "--db", ABSENT], "history-unavailable", USAGE),
    (["tlsrpt", "alert", "--until", "frob"], "bad-option", USAGE),
    (["tlsrpt", "alert", "--days", "0"], "usage-error", USAGE),
    (["tlsrpt", "prune"], "usage-error", USAGE),
    (["tlsrpt", "prune", "--before", "frob"], "bad-option", USAGE),
]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("wrong")
    (path / "text").write_text("not what it should be\n")
    (path / "wrong-policy").write_text("version: STSv1\nmode: frob\nmax_age: 86400\n")
    (path / "a.test.json").write_text("{")
    (path / "damaged").write_bytes(b"SQLite format 3\0" + b"x" * 4096)
    (path / "unknown-key").write_text("frob = 1\n")
    (path / "bad-server").write_text("# a comment\ndns = frob\n")
    (path / "bad-value").write_text("max-entries = none\n")
    return path


def test_every_subcommand_is_in_the_table():
    starts = {tuple(words[:length]) for words, _, _ in TABLE for length in (1, 2)}
    assert [str(each) for each in tree()[1:] if each.words not in starts] == []


@pytest.mark.parametrize("words, word, code", TABLE, ids=lambda value: " ".join(value) if isinstance(value, list) else None)
def test_a_message_begins_with_a_known_word(folder, words, word, code):
    done = run(*(each.format(folder=folder) for each in words))
    told = [line for line in done.stderr.splitlines() if line.startswith("mta-sts: error: ")]
    found = [re.match(r"mta-sts: error: ([a-z0-9]+(?:-[a-z0-9]+)*): \S", line) for line in told]
    assert all(found) and [each[1] for each in found][:1] == [word], done.stderr
    assert all(run("errors", each[1]).returncode == 0 for each in found)
    assert done.returncode == code, done.stderr
