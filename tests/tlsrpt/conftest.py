"""The history of a test: a file, and a database of a server. A test that is about the file alone is marked in_file."""

import pytest

from history import History, ServerHistory
from postgresql import REPORTS_SCHEMA, needed, postgresql  # noqa: F401


@pytest.fixture(scope="session")
def reports_server(postgresql):  # noqa: F811
    postgresql.make("reports", REPORTS_SCHEMA)
    return postgresql


@pytest.fixture
def team(reports_server, tmp_path):
    """A history on the server, empty."""
    return ServerHistory(tmp_path, reports_server)


@pytest.fixture(params=["file", pytest.param("server", marks=needed)])
def history(request, tmp_path):
    return History(tmp_path) if request.param == "file" else request.getfixturevalue("team")
