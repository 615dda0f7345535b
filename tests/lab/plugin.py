"""pytest plugin for tests that run inside the lab's namespaces: `scripts/lab --bare -- python3 -m pytest -p lab.plugin`."""

import os

import pytest

from .lab import USUAL_PARTS, Lab


def pytest_addoption(parser):
    """--lab-parts: which parts of the lab the tests of this run need."""
    parser.addoption("--lab-parts", default=",".join(USUAL_PARTS), help="what the lab starts beside DNS")


@pytest.fixture(scope="session")
def lab(request):
    """The running lab, one for all tests of a run."""
    if not os.path.isdir("/run/lab"):
        pytest.fail("these tests run inside the lab: scripts/lab --bare -- python3 -m pytest -p lab.plugin …")
    running = Lab(parts=[part for part in request.config.getoption("--lab-parts").split(",") if part])
    yield running
    running.close()
