"""What both servers tell caches in front of them: a changed policy is seen with the next request, through a proxy too."""

import subprocess

import pytest

from apache import Apache
from client import get, request
from expected import PATH, WORDS, assert_policy
from nginx import Nginx
from server import Site
from stores import Store, body_of


class Proxy(Nginx):
    """An nginx without the module, as hosting panels put one in front."""

    load_module = False


class Expiring(Apache):
    modules = (*Apache.modules, "expires")


def in_front_of(start, port: int, more: str):
    inside = f"""location / {{
      proxy_pass http://127.0.0.1:{port};
      proxy_set_header Host $http_host;
      proxy_cache panel;
      proxy_cache_valid 200 404 10m;
      {more}
      add_header X-Cache $upstream_cache_status always;
    }}"""
    return start(Site(inside=inside, above="proxy_cache_path cache keys_zone=panel:1m;"), kind=Proxy)


PROXIES = ["", "proxy_ignore_headers Cache-Control Expires;", "proxy_cache_revalidate on; proxy_ignore_headers Cache-Control;"]


@pytest.mark.parametrize("more", PROXIES)
def test_a_change_shows_through_a_proxy_that_caches(start, any_kind, more):
    server = start(Site(policy=WORDS, files={"/page.txt": "first"}), kind=any_kind)
    proxy = in_front_of(start, server.port, more)
    for _ in range(3):
        assert_policy(get(proxy.port, PATH))
        get(proxy.port, "/page.txt")
    server.site = Site(policy="none", files={"/page.txt": "second"})
    server.write_files()
    server.reload()
    assert_policy(get(proxy.port, PATH), body_of("none"))
    kept = get(proxy.port, "/page.txt")
    assert (kept.body, kept.field("x-cache")) == (b"first", "HIT")  # it does cache what says nothing


@pytest.mark.parametrize("more", PROXIES)
def test_a_change_of_a_store_shows_through_a_proxy_that_caches(start, any_kind, more):
    with Store() as store:
        host = {"Host": "mta-sts.one.example"}
        store.set("other.example", "none")
        server = start(Site(policy=f"store={store.path}"), kind=any_kind)
        proxy = in_front_of(start, server.port, more)
        for _ in range(2):
            assert get(proxy.port, PATH, host).status == 404
        for number in range(5):
            store.set("one.example", "testing", f"mx=mx{number}.example.com")
            for _ in range(2):
                assert_policy(get(proxy.port, PATH, host), body_of("testing", f"mx{number}.example.com"))


def fields_of(answer):
    return answer.status, answer.field("cache-control"), answer.field("x-accel-expires")


def test_every_answer_says_so(start, any_kind):
    server = start(Site(policy=WORDS), kind=any_kind)
    first = get(server.port, PATH)
    assert fields_of(first) == (200, "no-cache", "0")
    assert fields_of(request(server.port, "HEAD", PATH)) == (200, "no-cache", "0")
    assert fields_of(request(server.port, "POST", PATH)) == (405, "no-cache", "0")
    fresh = get(server.port, PATH, {"If-None-Match": first.field("etag")})
    assert (fresh.status, fresh.field("cache-control"), fresh.field("etag")) == (304, "no-cache", first.field("etag"))
    server.tolerate_log("No such file|not found")
    assert fields_of(get(server.port, "/other")) == (404, None, None)


def test_answers_of_a_store_say_so(start, any_kind):
    with Store() as store:
        server = start(Site(policy=f"store={store.path}"), kind=any_kind)
        server.expect_log("store-missing")
        ask = {"Host": "mta-sts.one.example"}
        assert fields_of(get(server.port, PATH, ask)) == (503, "no-cache", "0")
        store.set("other.example", "none")
        server.wait_until(lambda: get(server.port, PATH, ask).status == 404, "the store to be opened")
        assert fields_of(get(server.port, PATH, ask)) == (404, "no-cache", "0")
        assert fields_of(get(server.port, PATH, {"Host": "mta-sts.other.example"})) == (200, "no-cache", "0")


@pytest.mark.parametrize(
    "kind, line, said",
    [
        (Nginx, "expires 1h;", "max-age=3600"),
        (Nginx, "expires epoch;", "no-cache"),
        (Nginx, 'add_header cache-control "max-age=60";', "max-age=60"),
        (Nginx, 'add_header Cache-Control "max-age=60" always;', "max-age=60"),
        (Expiring, 'ExpiresActive on\nExpiresDefault "access plus 1 hour"', "max-age=3600"),
        (Expiring, 'Header set Cache-Control "max-age=60"', "max-age=60"),
        (Expiring, 'Header always set Cache-Control "max-age=60"', "max-age=60"),
        (Expiring, 'Header append Cache-Control "max-age=60"', "max-age=60"),
        (Expiring, 'Header setifempty Cache-Control "max-age=60"', "max-age=60"),
    ],
)
def test_what_the_administrator_says_stands_alone(start, kind, line, said):
    server = start(Site(policy=WORDS, inside=line), kind=kind)
    first = get(server.port, PATH)
    assert fields_of(first) == (200, said, None)
    fresh = get(server.port, PATH, {"If-None-Match": first.field("etag")})
    assert (fresh.status, fresh.field("cache-control")) == (304, said)


@pytest.mark.parametrize(
    "kind, line", [(Nginx, "add_header X-Accel-Expires 5;"), (Apache, "Header always set X-Accel-Expires 5")]
)
def test_the_administrators_field_for_nginx_stands_too(start, kind, line):
    server = start(Site(policy=WORDS, inside=line), kind=kind)
    assert fields_of(get(server.port, PATH)) == (200, "no-cache", "5")


def test_other_locations_of_nginx_are_left_alone(start):
    inside = "location = /x { return 200 x; } location = /moved { return 301 /; }"
    server = start(Site(policy=WORDS, inside=inside), kind=Nginx)
    assert fields_of(get(server.port, "/x")) == (200, None, None)
    assert fields_of(get(server.port, "/moved")) == (301, None, None)


def test_a_policy_in_a_location_says_so(start):
    inside = f"location = {PATH} {{ mta_sts none; }}"
    server = start(Site(inside=inside), kind=Nginx)
    assert fields_of(get(server.port, PATH)) == (200, "no-cache", "0")


@pytest.mark.parametrize("line, said", [("", ("no-cache", "0")), ("expires 1h;", ("max-age=3600", None))])
def test_a_field_from_before_the_answer_does_not_matter(start, line, said):
    """nginx has the field of a refused login in its list, taken out, when another rule lets the client in."""
    inside = f"""location = /login {{ auth_basic "x"; auth_basic_user_file none; }}
    location = {PATH} {{ mta_sts none; satisfy any; auth_request /login; allow all; {line} }}"""
    server = start(Site(inside=inside), kind=Nginx)
    first = get(server.port, PATH)
    assert (fields_of(first), first.field("www-authenticate")) == ((200, *said), None)


def test_http_2_says_so(start, any_kind):
    """By the server's own other way to write a header."""
    server = start(Site(policy=WORDS, tls=True), kind=any_kind)
    done = subprocess.run(["curl", "-sSik", "--http2", f"https://127.0.0.1:{server.tls_port}{PATH}"],
                          capture_output=True, text=True, check=True, timeout=60)  # fmt: skip
    assert done.stdout.startswith("HTTP/2 200")
    assert "\ncache-control: no-cache" in done.stdout
