"""Both servers take TLS reports by POST (RFC 8460 section 5.4) and put them into a folder, unread."""

import gzip
import json
import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from client import Connection, request
from nginx import Nginx
from server import BUILD, Site

AT = "/tlsrpt"
JSON = json.dumps({
    "organization-name": "Sender", "report-id": "1", "contact-info": "a@sender.example",
    "date-range": {"start-datetime": "2026-03-02T00:00:00Z", "end-datetime": "2026-03-02T23:59:59Z"},
    "policies": [{"policy": {"policy-type": "sts", "policy-domain": "example.com"},
                  "summary": {"total-successful-session-count": 5, "total-failure-session-count": 0}}],
}).encode()  # fmt: skip
GZIP = gzip.compress(JSON, mtime=0)


@pytest.fixture
def folder():
    """A folder of the workers' user, as root makes it."""
    made = Path(tempfile.mkdtemp(prefix="mta-sts-spool-"))
    if os.getuid() == 0:
        shutil.chown(made, "www-data", "www-data")
    yield made
    shutil.rmtree(made)


def section(kind: str, words: str) -> str:
    if kind == "nginx":
        return f"location = {AT} {{ mta_sts_reports {words}; }}"
    return f"<Location {AT}>\nMtaStsReports {words}\n</Location>"


@pytest.fixture
def serve(start, any_kind, folder):
    """Starts a server with the folder: `serve()`, or `serve("max_files=2")`."""

    def run(more: str = "", **site):
        return start(Site(inside=section(any_kind.kind, f"{folder} {more}"), **site), kind=any_kind)

    return run


def stored(folder: Path) -> list:
    new = folder / "new"
    return sorted(path.read_bytes() for path in new.iterdir()) if new.exists() else []


def test_a_report_is_stored_once(serve, folder):
    server = serve()
    for body in (GZIP, JSON, b"\xef\xbb\xbf\n " + JSON):
        first, again = (request(server.port, "POST", AT, body=body) for _ in range(2))
        assert (first.status, again.status) == (201, 200)
        for answer in (first, again):
            assert answer.field("cache-control") == "no-store"
            assert answer.field("content-type").split(";")[0] == "text/plain"
    assert stored(folder) == sorted([GZIP, JSON, b"\xef\xbb\xbf\n " + JSON])
    assert list((folder / "tmp").iterdir()) == []
    for path in (folder / "new").iterdir():
        assert path.stat().st_mode & 0o7777 == 0o640
    read = subprocess.run([BUILD / "bin" / "mta-sts", "report", "--json", *sorted((folder / "new").glob("*.json.gz"))],
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert read.returncode == 0 and json.loads(read.stdout)["summary"]["reports"] == 1, read.stderr + read.stdout


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(serve, folder, method):
    server = serve()
    answer = request(server.port, method, AT)
    assert (answer.status, answer.field("allow")) == (405, "POST")
    assert stored(folder) == []


@pytest.mark.parametrize(
    "body, status",
    [(b"", 400), (b"<html>", 415), (b"[1]", 415), (b"   ", 415), (b"\x1f", 415), (b"x=1&y={", 415)],
)
def test_what_is_no_report_is_refused(serve, folder, body, status):
    server = serve()
    assert request(server.port, "POST", AT, {"Content-Length": str(len(body))}, body).status == status
    assert stored(folder) == []


@pytest.mark.parametrize(
    "block",
    [
        pytest.param("if ($request_method = POST) { set $seen yes; }", id="if"),
        pytest.param("limit_except GET { allow all; }", id="limit_except"),
    ],
)
def test_a_block_in_the_location_takes_reports_too(start, folder, block):
    at = f"location = {AT} {{ mta_sts_reports {folder}; {block} }}"
    server = start(Site(inside=at), kind=Nginx)
    workers = server.workers()
    assert request(server.port, "POST", AT, body=JSON).status == 201
    assert request(server.port, "GET", AT).status == 405
    assert server.workers() == workers
    assert stored(folder) == [JSON]


def test_large_reports(serve, folder):
    server = serve("max_size=100k")
    fits = b"{" + b" " * (100 * 1024 - 1)
    server.tolerate_log("buffered to a temporary file")
    assert request(server.port, "POST", AT, body=fits).status == 201
    assert request(server.port, "POST", AT, body=fits + b" ").status == 413
    with Connection(server.port) as connection:
        connection.send_request("POST", AT, {"Transfer-Encoding": "chunked"})
        connection.send(b"%x\r\n" % (len(fits) + 1) + fits + b" \r\n0\r\n\r\n")
        assert connection.read_answer().status == 413
    assert stored(folder) == [fits]


def test_a_body_without_length_takes_no_more_memory_than_the_limit(serve, folder, any_kind):
    server = serve("max_size=100k" + ("; client_max_body_size 0" if any_kind.kind == "nginx" else ""))
    server.tolerate_log("buffered to a temporary file")
    assert request(server.port, "POST", AT, body=JSON).status == 201

    def most_kb():
        texts = [Path(f"/proc/{worker}/status").read_text() for worker in server.workers()]
        return max(int(re.search(r"VmHWM:\s+(\d+)", text).group(1)) for text in texts)

    before = most_kb()
    with Connection(server.port) as connection:
        connection.send_request("POST", AT, {"Transfer-Encoding": "chunked"})
        chunk = b"100000\r\n" + (b"{" + b" " * ((1 << 20) - 1)) + b"\r\n"
        try:
            for _ in range(64):
                connection.send(chunk)
            connection.send(b"0\r\n\r\n")
        except OSError:
            pass  # a server may answer and close before all has come
        if any_kind.kind == "nginx":
            assert connection.read_answer().status == 413
    assert most_kb() - before < 16 * 1024
    assert stored(folder) == [JSON]


def test_chunked_and_expected_bodies(serve, folder):
    server = serve()
    with Connection(server.port) as connection:
        connection.send_request("POST", AT, {"Transfer-Encoding": "chunked"})
        for at in range(0, len(GZIP), 7):
            connection.send(b"%x\r\n" % len(GZIP[at : at + 7]) + GZIP[at : at + 7] + b"\r\n")
        connection.send(b"0\r\n\r\n")
        assert connection.read_answer().status == 201
        connection.send_request("POST", AT, {"Expect": "100-continue", "Content-Length": str(len(JSON))})
        assert connection.read_answer().status == 100
        connection.send(JSON)
        assert connection.read_answer().status == 201  # on the same connection
    assert stored(folder) == sorted([GZIP, JSON])


def test_a_full_spool_is_told_once(serve, folder):
    server = serve("max_files=2")
    server.expect_log("spool-full")
    bodies = [b'{"report-id": %d}' % number for number in range(6)]
    answers = [request(server.port, "POST", AT, body=body) for body in bodies]
    assert [answer.status for answer in answers] == [201, 201, 503, 503, 503, 503]
    assert answers[2].field("retry-after") == "3600"
    assert stored(folder) == bodies[:2]
    assert request(server.port, "POST", AT, body=bodies[0]).status == 200
    assert server.log_text().count("spool-full") == 1


def test_bytes_are_limited_too(serve, folder):
    server = serve("max_bytes=1k")
    server.expect_log("spool-full")
    assert request(server.port, "POST", AT, body=b"{" + b" " * 600).status == 201
    assert request(server.port, "POST", AT, body=b"{" + b" " * 601).status == 503
    assert len(stored(folder)) == 1


def ruin_gone(folder):
    folder.rename(folder.with_name(folder.name + "-moved"))
    return folder.with_name(folder.name + "-moved")


def ruin_rights(folder):
    folder.chmod(0o500)
    shutil.chown(folder, "root", "root")
    return folder


def ruin_link(folder):
    moved = ruin_gone(folder)
    folder.symlink_to(moved)
    return moved


def ruin_link_inside(folder):
    (folder / "new").symlink_to("/tmp")
    return folder


@pytest.mark.parametrize("ruin", [ruin_gone, ruin_rights, ruin_link, ruin_link_inside])
def test_a_folder_that_cannot_be_used(serve, folder, ruin):
    moved = ruin(folder)
    try:
        server = serve()
        server.expect_log("spool-unwritable")
        for body in (GZIP, JSON):
            assert request(server.port, "POST", AT, body=body).status == 503
        assert server.log_text().count("spool-unwritable") == 1
    finally:
        if folder.is_symlink():
            folder.unlink()
        if moved != folder:
            moved.rename(folder)


def test_many_at_once(serve, folder):
    server = serve()
    bodies = [b'{"report-id": %d}' % (number % 100) for number in range(400)]
    with ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(lambda body: request(server.port, "POST", AT, body=body).status, bodies))
    assert statuses <= {200, 201}
    assert stored(folder) == sorted(set(bodies))


def test_nothing_of_a_request_gets_into_a_path(serve, folder):
    server = serve()
    fields = {"Content-Disposition": 'attachment; filename="../../x"', "Content-Type": "application/tlsrpt+gzip"}
    assert request(server.port, "POST", AT + "?../../x", fields, GZIP).status == 201
    (name,) = (path.name for path in (folder / "new").iterdir())
    assert len(name) == len("0" * 32 + ".json.gz") and name.endswith(".json.gz")


def test_other_paths_are_left_alone(serve, folder):
    server = serve(files={"/index.html": "home"})
    assert request(server.port, "GET", "/index.html").body == b"home"
    server.tolerate_log("No such file|not found")
    assert request(server.port, "POST", "/index.html", body=GZIP).status in (200, 405)
    assert stored(folder) == []
