"""A resolver on a host whose clock is years off, as after a start without a battery: a real process that is told another time."""

import socket
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta

import clock
import pytest
from resolver import Resolver
from test_resolver_outcomes import outcome
from world import folder, hosts, names, policy_certificate, publish  # noqa: F401


class ResolverAt(Resolver):
    """A resolver whose wall clock stands still at a time."""

    def __init__(self, time: datetime, *words):
        super().__init__(*words)
        self.time = time

    def spawn(self, *words, **options) -> subprocess.Popen:
        return super().spawn(*words, environment=clock.at(int(self.time.timestamp())), **options)


@pytest.mark.parametrize("time", [datetime(1970, 1, 2, tzinfo=UTC), datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC),
                                  datetime(2041, 1, 1, 0, 0, 1, tzinfo=UTC), datetime(2106, 2, 7, tzinfo=UTC)], ids=str)  # fmt: skip
def test_mail_waits_while_the_clock_is_wrong(time, names, hosts, publish, policy_certificate):  # noqa: F811
    publish()
    with ResolverAt(time, names, hosts, policy_certificate) as resolver:
        resolver.expect_log("^error clock-wrong ")
        answer = resolver.ask("example.test")
        assert (answer["mode"], answer["reason"], hosts.fetched) == ("temp", "clock-wrong", [])
        resolver.wait_for_log("^error clock-wrong ")


@pytest.mark.parametrize("time", [datetime(2026, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)], ids=str)
def test_a_clock_within_the_bounds_is_believed(time, names, hosts, publish, policy_certificate):  # noqa: F811
    publish()
    with ResolverAt(time, names, hosts, policy_certificate) as resolver:
        assert resolver.ask("example.test")["mode"] == "enforce"


def test_a_start_five_years_ahead_costs_no_policy(names, hosts, publish, policy_certificate, folder):  # noqa: F811
    publish()
    with Resolver(names, hosts, policy_certificate, folder=folder) as resolver:
        assert resolver.ask("example.test")["mode"] == "enforce"
    names.fail_record("example.test")
    ahead = datetime.now(UTC) + timedelta(days=5 * 365)
    with ResolverAt(ahead, names, hosts, policy_certificate, (), folder) as resolver:
        assert resolver.ask("example.test")["mode"] == "temp"  # it has expired by this clock
    with Resolver(names, hosts, policy_certificate, folder=folder) as resolver:
        answer = resolver.ask("example.test")
        assert (answer["mode"], answer["source"], answer["mx"]) == ("enforce", "cache", "mail.example.net")


def test_a_jump_of_the_clock_costs_no_counts(names, folder):  # noqa: F811
    """Neither ahead nor behind: the counts of the day before are in no report yet."""
    path, file = folder / "outcomes.sock", folder / "outcomes.sqlite"
    options = ("--outcomes-socket", path, "--outcomes-file", file)

    def days() -> list:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            return [day for (day,) in database.execute("SELECT day FROM session ORDER BY day")]

    now = datetime.now(UTC)
    times = [now - timedelta(days=1), now + timedelta(days=5 * 365), now - timedelta(days=100), now]
    for number, time in enumerate(times, start=1):
        with ResolverAt(time, names, None, None, options, folder) as resolver:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(outcome("a.test"), str(path))
            resolver.wait_until(lambda expected=number: len(days()) == expected, "the session in the file")
    assert days() == sorted((time.date() - datetime(1970, 1, 1).date()).days for time in times)
