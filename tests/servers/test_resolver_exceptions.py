"""The administrator's exceptions: read at the start and again with SIGHUP; a wrong line changes nothing."""

import signal

import pytest
from resolver import Resolver
from world import folder, hosts, names, policy_certificate, publish, start  # noqa: F401

PINNED = "version: STSv1\nmode: enforce\nmx: pinned.example\nmax_age: 86400\n"


@pytest.fixture
def exceptions(folder):  # noqa: F811
    """Writes the file, and gives the words that name it."""
    path = folder / "exceptions"

    def write(text):
        path.write_text(text)
        path.chmod(0o644)
        return ["--exceptions", path]

    return write


def reload(resolver, pattern, count=1):
    resolver.process.send_signal(signal.SIGHUP)
    resolver.wait_for_log(pattern, count)


def test_they_hold_until_the_file_says_otherwise(start, publish, hosts, folder, exceptions):  # noqa: F811
    for name in ("example.test", "second.test", "third.test"):
        publish(name)
    (folder / "policy.txt").write_text(PINNED)
    (folder / "policy.txt").chmod(0o644)
    words = exceptions(f"example.test off\nsecond.test testing\nthird.test policy={folder}/policy.txt\n")
    resolver = start(*words, folder=folder)
    assert (resolver.ask("example.test")["mode"], resolver.ask("second.test")["mode"]) == ("none", "testing")
    pinned = resolver.ask("third.test")
    assert (pinned["mode"], pinned["mx"], pinned["reason"]) == ("enforce", "pinned.example", "exception-pinned")
    assert hosts.fetched == ["second.test"]
    exceptions("example.test testing\n")
    reload(resolver, "^info reloaded ")
    assert [resolver.ask(name)["mode"] for name in ("example.test", "second.test", "third.test")] == [
        "testing", "enforce", "enforce"]  # fmt: skip
    assert resolver.ask("second.test")["source"] == "cache"


def test_a_wrong_line_is_named_and_what_was_stays(start, publish, folder, exceptions):  # noqa: F811
    publish()
    resolver = start(*exceptions("example.test off\n"), folder=folder)
    exceptions("other.test off\nexample.test of\n")
    resolver.expect_log('^error exceptions-wrong .*exceptions:2: "of" is no exception')
    reload(resolver, "^error exceptions-wrong ")
    assert resolver.ask("example.test")["reason"] == "exception-off"
    (folder / "exceptions").unlink()
    resolver.expect_log("^error exceptions-wrong file-unreadable ")
    reload(resolver, "^error exceptions-wrong ", 2)
    assert resolver.ask("example.test")["reason"] == "exception-off"


def test_a_wrong_line_stops_the_start(folder, exceptions):  # noqa: F811
    resolver = Resolver(options=exceptions("example.test\n"), folder=folder)
    process = resolver.spawn()
    assert process.wait(20) == 2
    assert "exceptions-wrong" in resolver.log() and "exceptions:1:" in resolver.log()
