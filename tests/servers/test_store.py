"""Both servers serve the policies of a store by the Host of each request."""

import os
import re
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

import kinds
from apache import Apache
from client import Connection, get, request
from expected import PATH, assert_policy, assert_refused
from nginx import Nginx
from server import Site
from stores import Store, body_of

ONE = body_of("enforce", "mail.example.com", max_age=604800)
TWO = body_of("testing", "*.example.net")


def ask(port: int, domain: str, method: str = "GET", path: str = PATH, **fields):
    return request(port, method, path, {"Host": f"mta-sts.{domain}", **fields})


@pytest.fixture
def store():
    with Store() as made:
        made.set("one.example", "enforce", "mx=mail.example.com", "max_age=1w")
        made.set("two.example", "testing", "mx=*.example.net")
        yield made


@pytest.fixture
def serve(start, any_kind):
    """Starts a server whose site has the store: `serve(store)`."""

    def run(store, **more):
        return start(Site(policy=f"store={store.path}", **more), kind=any_kind)

    return run


def test_each_host_gets_its_own_policy(serve, store):
    server = serve(store)
    assert_policy(ask(server.port, "one.example"), ONE)
    assert_policy(ask(server.port, "two.example"), TWO)
    assert_policy(ask(server.port, "TWO.example.:8443"), TWO)
    head = ask(server.port, "one.example", "HEAD")
    assert (head.status, head.field("content-length")) == (200, str(len(ONE)))
    assert_refused(ask(server.port, "one.example", "POST"))
    again = ask(server.port, "one.example", **{"If-None-Match": head.field("etag")})
    assert (again.status, again.field("etag")) == (304, head.field("etag"))


def test_a_domain_that_is_not_stored_is_404_and_no_other_page(serve, store):
    server = serve(store, redirect="https://www.example.com")
    for method in ("GET", "HEAD"):
        answer = ask(server.port, "three.example", method)
        assert answer.status == 404
        assert answer.field("content-type").split(";")[0] == "text/plain"
        assert answer.field("etag") is None
    assert_refused(ask(server.port, "three.example", "DELETE"))


def test_other_requests_are_left_alone(serve, store):
    server = serve(store, redirect="https://www.example.com")
    assert get(server.port, PATH, {"Host": "www.one.example"}).status == 301
    assert ask(server.port, "one.example", path="/").status == 301
    assert ask(server.port, "one.example", path=PATH + "/").status == 301
    assert get(server.port, PATH, {"Host": "mta-sts.\"<x>"}).status in (301, 400)


def test_a_change_shows_with_the_next_request(serve, store):
    server = serve(store)
    for number in range(1, 30):
        store.set("one.example", "testing", f"mx=mx{number}.example.com")
        assert_policy(ask(server.port, "one.example"), body_of("testing", f"mx{number}.example.com"))
    store.run("remove", "one.example")
    assert ask(server.port, "one.example").status == 404
    store.set("one.example", "none")
    assert_policy(ask(server.port, "one.example"), body_of("none"))


def test_profiles_and_aliases_are_followed(serve, store):
    store.run("profile", "hosted", "testing", "mx=mx.example.org")
    store.set("three.example", "--profile", "hosted")
    store.set("four.example", "--alias", "three.example")
    server = serve(store)
    for domain in ("three.example", "four.example"):
        assert_policy(ask(server.port, domain), body_of("testing", "mx.example.org"))
    store.run("profile", "hosted", "enforce", "mx=mx.example.org")
    for domain in ("three.example", "four.example"):
        assert_policy(ask(server.port, domain), body_of("enforce", "mx.example.org", max_age=1209600))


def test_growth_is_followed(serve, store):
    server = serve(store)
    assert_policy(ask(server.port, "one.example"), ONE)
    lines = "".join(f"d{number}.example,testing mx=m{number}.example.com\n" for number in range(20_000))
    store.run("import", "-", text=lines)
    for number in (0, 9_999, 19_999):
        assert_policy(ask(server.port, f"d{number}.example"), body_of("testing", f"m{number}.example.com"))


def test_the_log_names_what_was_served(serve, store):
    server = serve(store, log_format="id mode domain status")
    with Connection(server.port) as connection:  # one, since servers log connections in any order
        connection.send_request("GET", PATH, {"Host": "mta-sts.one.example"})
        etag = connection.read_answer().field("etag")
        connection.send_request("GET", PATH, {"Host": "mta-sts.three.example"})
        assert connection.read_answer().status == 404
    server.stop()
    known, unknown = server.access_log_fields()
    assert known == {"id": etag.strip('"'), "mode": "enforce", "domain": "one.example", "status": "200"}
    assert (unknown["id"], unknown["mode"], unknown["status"]) == ("", "", "404")


def test_without_a_store_the_answer_is_503_until_there_is_one(start, any_kind):
    with Store() as store:
        server = start(Site(policy=f"store={store.path}", redirect="https://www.example.com"), kind=any_kind)
        server.expect_log("store-missing")
        for _ in range(20):
            answer = ask(server.port, "one.example")
            assert answer.status == 503
            assert answer.field("content-type").split(";")[0] == "text/plain"
        assert_refused(ask(server.port, "one.example", "POST"))
        assert ask(server.port, "one.example", path="/").status == 301
        lines = [line for line in server.log_text().splitlines() if "store-missing" in line and "[error]" in line]
        lines += [line for line in server.log_text().splitlines() if "store-missing" in line and ":error]" in line]
        assert len(lines) == 1
        store.set("one.example", "enforce", "mx=mail.example.com", "max_age=1w")
        server.wait_until(lambda: ask(server.port, "one.example").status == 200, "the store to be opened")
        assert_policy(ask(server.port, "one.example"), ONE)


def damage_foreign(store):
    store.path.write_text("version: STSv1\n" * 1000)
    return "store-foreign"


def damage_cut(store):
    os.truncate(store.path, 4096)
    return "store-cut"


def damage_rights(store):
    store.path.chmod(0o600)
    os.chown(store.path, 0, 0)
    return "store-unreadable"


def damage_folder(store):
    store.path.unlink()
    store.path.mkdir()
    return "store-not-regular"


def damage_link(store):
    store.path.unlink()
    store.path.symlink_to(store.folder / "nowhere")
    return "store-missing"


@pytest.mark.parametrize("damage", [damage_foreign, damage_cut, damage_rights, damage_folder, damage_link])
def test_a_store_that_cannot_be_read_stops_no_server(serve, store, damage):
    word = damage(store)
    server = serve(store)
    server.expect_log(word)
    server.tolerate_log(word)
    for _ in range(5):
        assert ask(server.port, "one.example").status == 503
    server.reload()
    assert ask(server.port, "one.example").status == 503
    assert re.search(rf"error\].*{word}: {store.folder}.*; \w+ ", server.log_text())  # and what to do about it


def test_a_store_that_is_cut_while_it_is_served_ends_no_worker(serve, store):
    server = serve(store)
    assert_policy(ask(server.port, "one.example"), ONE)
    workers = server.workers()
    server.expect_log("store-cut")
    whole = store.path.read_bytes()
    os.truncate(store.path, 8192)
    for _ in range(5):
        assert ask(server.port, "one.example").status == 503
    assert server.workers() == workers
    store.path.write_bytes(whole)
    server.wait_until(lambda: ask(server.port, "one.example").status == 200, "the store to be opened")


@pytest.mark.parametrize("is_kept", [False, True], ids=["replaced", "moved-away"])
def test_another_file_in_its_place_is_never_mixed_with_it(serve, store, is_kept):
    server = serve(store)
    assert_policy(ask(server.port, "one.example"), ONE)
    server.tolerate_log("store-replaced")
    with Store() as other:
        other.set("one.example", "none")
        if is_kept:
            os.replace(store.path, store.folder / "before.mdb")
        os.replace(other.path, store.path)
    store.path.chmod(0o644)
    seen = []
    server.wait_until(lambda: seen.append(ask(server.port, "one.example")) or seen[-1].status == 200, "the new file")
    assert {answer.status for answer in seen} <= {200, 503}
    assert_policy(seen[-1], body_of("none"))


def test_a_killed_worker_leaves_the_store_as_it_was(serve, store):
    server = serve(store)
    for number in range(20):
        assert_policy(ask(server.port, "two.example"), TWO)
        worker = server.workers()[0]
        os.kill(worker, signal.SIGKILL)
        server.wait_until(lambda: worker not in server.workers() and server.workers(), "another worker")
        store.set("one.example", "testing", f"mx=mx{number}.example.com")
        assert_policy(ask(server.port, "one.example"), body_of("testing", f"mx{number}.example.com"))
    server.tolerate_log(r"exited on signal 9|exit signal Killed")
    store.run("verify")


@pytest.mark.parametrize("mpm", ["event", "worker", "prefork"])
def test_processes_and_threads_share_a_store(start, store, mpm):
    server = start(Site(policy=f"store={store.path}"), kind=type("Httpd", (Apache,), {"mpm": mpm}))

    def ask_often(number):
        domain, body = (("one.example", ONE), ("two.example", TWO))[number % 2]
        return all(ask(server.port, domain).body == body for _ in range(25))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask_often, range(16)))


def test_a_proxy_leads_to_the_store(start, store):
    server = start(Site(policy=f"store={store.path}"), kind=Nginx)
    more = f"listen unix:{server.folder}/sock proxy_protocol; server_name ~^mta-sts\\. mta-sts.other.example;"
    server.site = Site(policy=f"store={store.path}", inside=more + " real_ip_header proxy_protocol;")
    server.reload()
    assert_policy(ask(server.port, "one.example"), ONE)
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"{server.folder}/sock")
        connection.sendall(
            f"PROXY TCP4 192.0.2.1 192.0.2.2 4000 443\r\nGET {PATH} HTTP/1.0\r\nHost: mta-sts.two.example\r\n\r\n".encode()
        )
        answer = b""
        while data := connection.recv(65536):
            answer += data
    assert answer.endswith(TWO)


def test_policies_of_a_store_and_of_words_are_the_same(start, store):
    for kind in kinds.all_kinds():
        by_words = start(Site(policy="enforce mx=mail.example.com max_age=1w"), kind=kind)
        by_store = start(Site(policy=f"store={store.path}"), kind=kind)
        first, second = ask(by_words.port, "one.example"), ask(by_store.port, "one.example")
        assert (first.body, first.field("etag")) == (second.body, second.field("etag"))
        assert [name for name, _ in first.fields] == [name for name, _ in second.fields]
