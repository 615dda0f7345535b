import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
pytest.register_assert_rewrite("attack", "cases", "expected", "reloads", "server", "client")

import kinds  # noqa: E402
import server as harness  # noqa: E402
import tls  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "full: a long loop, run with MTA_STS_FULL=1 alone")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("full") and not harness.FULL:
            item.add_marker(pytest.mark.skip(reason="a long loop: MTA_STS_FULL=1 runs it"))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return tls.make_certificate(tmp_path_factory.mktemp("tls"), "mta-sts.example.com")


@pytest.fixture
def start(request, certificate):
    """Starts a server of the test's kind: `start(Site(...))`, or `start(Site(...), kind=Nginx)`.

    All of them are stopped when the test ends, and what their logs hold is then part of the test.
    """
    running = []

    def run(site, kind=None):
        one = (kind or request.cls.kind)(site, certificate)
        one.__enter__()
        running.append(one)
        return one

    yield run
    report = getattr(request.node, "outcome_of_call", None)
    passed = report is not None and report.passed
    problems = []
    for one in reversed(running):
        try:
            one.__exit__(None if passed else AssertionError, None, None)
        except Exception as problem:
            problems.append(str(problem))
    assert not problems, "\n".join(problems)


@pytest.hookimpl(tryfirst=True, hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    if call.when == "call":
        item.outcome_of_call = outcome.get_result()


def pytest_generate_tests(metafunc):
    """A test that asks for `any_kind` runs once for each kind of server."""
    if "any_kind" in metafunc.fixturenames:
        found = kinds.all_kinds()
        metafunc.parametrize("any_kind", found, ids=[kind.kind for kind in found])
