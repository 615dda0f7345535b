"""Both servers count their answers, and show the counts and their stores to Prometheus, where they are told to."""

import os
import pathlib
import shutil
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import promtool
import apache
from client import Connection, get, request
from expected import PATH, WORDS
from nginx import Nginx
from server import Site
from stores import Store


class Apache(apache.Apache):
    modules = (*apache.Apache.modules, "authz_host")  # has `Require local`


KINDS = [Nginx, Apache]
AT = "/metrics"
SECTIONS = {
    "nginx": f"location = {AT} {{ allow 127.0.0.1; deny all; mta_sts_metrics; }}\n"
    "location = /tlsrpt { mta_sts_reports reports max_files=1; }",
    "apache": f"<Location {AT}>\nRequire local\nSetHandler mta-sts-metrics\n</Location>\n"
    "<Location /tlsrpt>\nMtaStsReports reports max_files=1\n</Location>",
}


def metrics_of(port: int) -> dict:
    """The samples of a page that Prometheus would take."""
    answer = get(port, AT)
    assert answer.status == 200
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in answer.body.decode().splitlines() if line[0] != "#")}


def answers(port: int, status) -> float:
    return metrics_of(port)[f'mta_sts_web_answers_total{{status="{status}"}}']


@pytest.fixture(params=KINDS, ids=lambda kind: kind.kind)
def kind(request):
    return request.param


@pytest.fixture
def serve(start, kind):
    """Starts a server that shows its metrics: `serve("words", of_kind={"mpm": "worker"})`."""

    def run(policy=WORDS, of_kind=None, **more):
        site = Site(policy=policy, inside=SECTIONS[kind.kind], **more)
        return start(site, kind=type(kind.__name__, (kind,), of_kind or {}))

    return run


def test_answers_are_counted_by_their_status(serve):
    server = serve()
    etag = get(server.port, PATH).field("etag")
    for _ in range(3):
        assert get(server.port, PATH, {"If-None-Match": etag}).status == 304
    assert request(server.port, "HEAD", PATH).status == 200
    assert request(server.port, "POST", PATH).status == 405
    get(server.port, "/other")
    server.tolerate_log("No such file|not found")
    found = metrics_of(server.port)
    counted = {status: found[f'mta_sts_web_answers_total{{status="{status}"}}'] for status in (200, 304, 404, 405, 503, "other")}
    assert counted == {200: 2, 304: 3, 404: 0, 405: 1, 503: 0, "other": 0}
    assert found["mta_sts_web_store_faults_total"] == 0
    assert not any("store_readable" in name for name in found)


@promtool.needed
def test_prometheus_takes_the_page(serve):
    with Store() as store:
        store.set("one.example", "none")
        server = serve(f"store={store.path}")
        answer = get(server.port, AT)
        assert answer.field("content-type") == "text/plain; version=0.0.4; charset=utf-8"
        assert answer.field("cache-control") == "no-store"
        assert promtool.complaints(answer.body.decode()) == ""


def test_servers_have_the_same_metrics(start):
    names = []
    with Store() as store:
        store.set("one.example", "none")
        for kind in KINDS:
            server = start(Site(policy=f"store={store.path}", inside=SECTIONS[kind.kind]), kind=kind)
            names.append(sorted(name for name in metrics_of(server.port) if "build_info" not in name))
            (build,) = (name for name in metrics_of(server.port) if "build_info" in name)
            assert f'server="{kind.kind}' in build.lower()
    assert names[0] == names[1]


def test_only_get_and_head_are_answered(serve):
    server = serve()
    whole = get(server.port, AT)
    head = request(server.port, "HEAD", AT)
    assert (head.status, head.field("content-length")) == (200, str(len(whole.body)))
    for method in ("POST", "PUT", "DELETE"):
        refused = request(server.port, method, AT)
        assert (refused.status, refused.field("allow")) == (405, "GET, HEAD")


def test_nothing_is_shown_unless_it_is_written(start, kind):
    server = start(Site(policy=WORDS), kind=kind)
    server.tolerate_log("No such file|not found")
    get(server.port, PATH)
    assert get(server.port, AT).status == 404


def test_the_servers_own_rules_come_before(start, kind):
    closed = {"nginx": f"location = {AT} {{ deny all; mta_sts_metrics; }}",
              "apache": f"<Location {AT}>\nRequire all denied\nSetHandler mta-sts-metrics\n</Location>"}  # fmt: skip
    server = start(Site(policy=WORDS, inside=closed[kind.kind]), kind=kind)
    server.tolerate_log("access forbidden by rule|client denied")
    assert get(server.port, AT).status == 403


def test_a_store_is_described(serve):
    with Store() as store:
        store.run("profile", "hosted", "none")
        for number in range(5):
            store.set(f"d{number}.example", "--profile", "hosted")
        server = serve(f"store={store.path}")
        label = f'{{store="{store.path}"}}'
        found = metrics_of(server.port)
        assert found["mta_sts_web_store_readable" + label] == 1
        assert found["mta_sts_web_store_domains" + label] == 5
        assert found["mta_sts_web_store_profiles" + label] == 1
        assert found["mta_sts_web_store_size_bytes" + label] == store.path.stat().st_size
        os.utime(store.path, (0, 1_000_000))
        assert metrics_of(server.port)["mta_sts_web_store_changed_timestamp_seconds" + label] == 1_000_000
        store.set("more.example", "none")
        found = metrics_of(server.port)
        assert found["mta_sts_web_store_domains" + label] == 6
        assert found["mta_sts_web_store_changed_timestamp_seconds" + label] == int(store.path.stat().st_mtime) > 1_000_000
        assert get(server.port, PATH, {"Host": "mta-sts.unknown.example"}).status == 404
        assert answers(server.port, 404) == 1


def test_a_store_that_cannot_be_read_is_counted(serve):
    with Store() as store:
        server = serve(f"store={store.path}")
        server.expect_log("store-missing")
        for _ in range(4):
            assert get(server.port, PATH).status == 503
        found = metrics_of(server.port)
        assert found["mta_sts_web_store_faults_total"] == 4 == answers(server.port, 503)
        assert found[f'mta_sts_web_store_readable{{store="{store.path}"}}'] == 0
        assert not any("store_domains" in name for name in found)


def test_reports_are_counted(serve, kind):
    server = serve()
    folder = server.folder / "reports"
    folder.mkdir()
    if os.getuid() == 0:
        shutil.chown(folder, "www-data", "www-data")
    server.expect_log("spool-full")
    for body in (b'{"a": 1}', b'{"a": 1}', b"<html>", b'{"a": 2}'):
        request(server.port, "POST", "/tlsrpt", body=body)
    found = metrics_of(server.port)
    counted = {result: found[f'mta_sts_web_reports_total{{result="{result}"}}'] for result in ("stored", "repeated", "refused", "failed")}
    assert counted == {"stored": 1, "repeated": 1, "refused": 1, "failed": 1}


WAYS = [(Nginx, {"worker_processes": 3}), (Nginx, {"master": False}), *((Apache, {"mpm": mpm}) for mpm in ("event", "worker", "prefork"))]


@pytest.mark.parametrize("kind, more", WAYS, ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else value.kind)
def test_all_workers_count_together(start, kind, more):
    server = start(Site(policy=WORDS, inside=SECTIONS[kind.kind]), kind=type("Many", (kind,), more))

    def ask_often(_):
        with Connection(server.port) as connection:
            for _ in range(25):
                connection.send_request("GET", PATH)
                assert connection.read_answer().status == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask_often, range(16)))
    assert answers(server.port, 200) == 400


@pytest.mark.parametrize("of_kind", [{}, {"mpm": "worker"}, {"mpm": "prefork"}], ids=str)
def test_a_reload_and_a_killed_worker_keep_the_counts(serve, kind, of_kind):
    if kind is Nginx and of_kind:
        pytest.skip("nginx has one way to run workers")
    server = serve(of_kind=of_kind)
    server.tolerate_log(r"exited on signal 9|exit signal Killed")
    for number in range(1, 6):
        assert get(server.port, PATH).status == 200
        server.reload()
        assert answers(server.port, 200) == 2 * number - 1
        worker = server.workers()[0]
        os.kill(worker, signal.SIGKILL)
        server.wait_until(lambda: worker not in server.workers() and server.workers(), "another worker")
        assert get(server.port, PATH).status == 200
        assert answers(server.port, 200) == 2 * number


def test_counts_stay_where_the_module_is_unloaded_meanwhile(start):
    """httpd unloads modules at each graceful restart; nginx forgets the counts with the last line that shows them."""
    site = Site(policy=WORDS, inside=SECTIONS["apache"])
    server = start(site, kind=Apache)
    assert get(server.port, PATH).status == 200
    server.load_module, server.site = False, Site()
    server.reload()
    server.load_module, server.site = True, site
    server.reload()
    assert answers(server.port, 200) == 1
