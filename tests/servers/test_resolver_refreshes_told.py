"""What is told of sessions under a cached policy that could not be fetched anew: the failure, beside how the session ended."""

import socket
import sqlite3

from test_resolver_outcomes import outcome
from world import folder, hosts, names, policy_certificate, publish, start  # noqa: F401


def test_a_failed_refresh_is_counted_with_the_sessions_under_the_cached_policy(start, publish, hosts, folder):  # noqa: F811  # R127
    path, file = folder / "outcomes.sock", folder / "outcomes.sqlite"
    publish()
    resolver = start("--outcomes-socket", path, "--outcomes-file", file, "--txt-ttl-least", 1, "--txt-ttl-most", 1, folder=folder)
    resolver.expect_log("http-status")

    def counted(query: str) -> list:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            return database.execute(query).fetchall()

    def tell(sessions: int) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(outcome("example.test"), str(path))
        resolver.wait_until(lambda: counted("SELECT sum(success), sum(failure) FROM session") == [(sessions, 0)], f"{sessions} sessions")

    failures = "SELECT type, reason, count FROM failure"
    assert resolver.ask("example.test")["mode"] == "enforce"
    tell(1)
    assert counted(failures) == []
    publish(version="2")
    del hosts.answers["example.test"]
    resolver.wait_until(lambda: resolver.ask("example.test")["mode"] == "enforce" and
                        resolver.admin("explain example.test")["failed_refreshes"] == 1, "the refresh to fail")  # fmt: skip
    tell(2)
    assert counted(failures) == [(301, "http-status", 1)]
    publish(version="3")
    resolver.wait_until(lambda: resolver.ask("example.test")["id"] == "3", "the policy")
    tell(3)
    assert counted(failures) == [(301, "http-status", 1)]
