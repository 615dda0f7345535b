"""A policy that something else in the server keeps from senders: the log says so with the first request."""

import subprocess

import pytest

from apache import Apache
from client import get, request
from expected import PATH, WORDS, assert_policy
from nginx import Nginx
from server import Site
from stores import Store

HERE = "mta_sts none;"
WORD = "policy-not-served"


@pytest.mark.parametrize(
    "inside, above, status, likely",
    [
        ("return 403;", "", 403, "deny, auth_request or return"),
        ("return 404;", "", 404, "return"),
        ("return 200 'version: STSv1';", "", 200, "return, rewrite"),
        ("return 301 https://www.example.com$request_uri;", "", 301, "return, rewrite"),
        ("rewrite ^ /other last;", "", 404, "rewrite"),
        ("rewrite ^ /other break;", "", 404, "rewrite"),
        ("rewrite ^ https://www.example.com/ permanent;", "", 301, "return, rewrite"),
        ("if ($request_method = GET) { return 403; }", "", 403, "return"),
        ("deny all;", "", 403, "deny"),
        ("auth_basic closed; auth_basic_user_file /dev/null;", "", 401, "auth_basic"),
        ("auth_request /auth;", "location = /auth { internal; return 403; }", 403, "auth_request"),
        ("try_files /nothing =404;", "", 404, "try_files"),
        ("limit_req zone=none;", "", 503, "limit_req"),
        ("", "return 301 https://www.example.com$request_uri;", 301, "return, rewrite"),
        ("", "rewrite ^/.well-known/ /other last;", 404, "rewrite"),
        ("error_page 403 /denied.html; deny all;", "location = /denied.html { internal; return 200 no; }", 403, "deny"),
    ],
)
def test_nginx_names_what_answers_before_a_location(start, inside, above, status, likely):
    limit = "limit_req_zone $host zone=none:64k rate=1r/m;"
    site = Site(inside=f"{above} location = {PATH} {{ {inside} {HERE} }}", above=limit)
    server = start(site, kind=Nginx)
    if "limit_req" in inside:
        assert get(server.port, PATH).status == 200
    server.tolerate_log("access forbidden by rule|No such file|user .* not found|limiting requests|no user/password")
    server.expect_log(rf"\[error\].*{WORD}: .* answered {status}, likely by [^;]*{likely}.*in place of {server.config_path()}:\d+")
    for _ in range(3):
        answer = get(server.port, PATH)
        assert answer.status in (status, 200)  # an error page has what status it likes
    assert server.log_text().count(WORD) == 1
    assert ("answered" in server.log_text()) and get(server.port, "/elsewhere").status


def test_nginx_names_another_location(start):
    site = Site(inside=f"location /.well-known/ {{ {HERE} }} location ~ [.]txt$ {{ root /nowhere; }}")
    server = start(site, kind=Nginx)
    server.tolerate_log("No such file")
    server.expect_log(rf"\[error\].*{WORD}: .* answered 404, likely by .*another location, before")
    assert get(server.port, PATH).status == 404


@pytest.mark.parametrize(
    "inside, method, target, fields",
    [
        ("", "GET", PATH, {}),
        ("", "HEAD", PATH + "?x", {}),
        ("", "POST", PATH, {}),
        ("", "GET", PATH, {"If-Match": '"another"'}),
        ("return 403;", "POST", PATH, {}),
        ("return 403;", "GET", "/other", {}),
        ("return 301 https://$host$request_uri;", "GET", PATH, {}),  # to where senders ask
    ],
)
def test_nginx_says_nothing_where_nothing_is_lost(start, inside, method, target, fields):
    server = start(Site(inside=f"location = {PATH} {{ {inside} {HERE} }}"), kind=Nginx)
    server.tolerate_log("No such file")
    request(server.port, method, target, fields)
    server.stop()
    assert WORD not in server.log_text()


def test_nginx_says_nothing_of_hosts_that_a_store_is_not_for(start):
    with Store() as store:
        store.set("one.example", "none")
        server = start(Site(inside=f"location = {PATH} {{ mta_sts store={store.path}; }} location / {{ return 404; }}"), kind=Nginx)
        server.tolerate_log("No such file")
        assert get(server.port, PATH, {"Host": "www.one.example"}).status == 404
        assert get(server.port, PATH, {"Host": "mta-sts.one.example"}).status == 200
        server.stop()
        assert WORD not in server.log_text()


def test_nginx_server_level_says_nothing(start):
    server = start(Site(policy=WORDS, inside="return 403; deny all;"), kind=Nginx)
    assert_policy(get(server.port, PATH))
    assert request(server.port, "GET", "/").status == 403
    server.stop()
    assert WORD not in server.log_text()


class WithMd(Apache):
    modules = (*Apache.modules, "md")  # Debian has mod_watchdog built in

    def main_lines(self):
        return [*super().main_lines(), "MDomain mta-sts.example.com", "MDRenewMode manual", f"MDStoreDir {self.folder}/md",
                "MDCertificateAuthority https://127.0.0.1:9/directory", "MDCertificateAgreement accepted",
                "ServerAdmin mailto:admin@example.com"]  # fmt: skip

    def tls_site_lines(self):
        return [line for line in super().tls_site_lines() if not line.startswith("SSLCertificate")]


def test_apache_names_what_answers_before_it(start):
    """mod_md answers 503 where it has no certificate yet, before any handler."""
    server = start(Site(policy=WORDS, tls=True), kind=WithMd)
    server.expect_log(rf"{WORD}: .* answered 503 .*{server.config_path()} line \d+")
    server.tolerate_log(r"\[(md|ssl):")
    for _ in range(3):
        done = subprocess.run(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "--connect-to", "::127.0.0.1:",
                               f"https://mta-sts.example.com:{server.tls_port}{PATH}"],
                              capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
        assert done.stdout == "503"
    assert server.log_text().count(WORD) == 1
    assert_policy(get(server.port, PATH))


@pytest.mark.parametrize(
    "more",
    ["Redirect permanent / https://www.example.com/", "<Location />\nRequire all denied\n</Location>", "Redirect 410 /"],
)
def test_apache_comes_before_the_rest(start, more):
    server = start(Site(policy=WORDS, inside=more), kind=Apache)
    server.tolerate_log("client denied")
    assert_policy(get(server.port, PATH))
    assert request(server.port, "POST", PATH).status == 405
    assert get(server.port, "/other").status in (301, 403, 410)
    server.stop()
    assert WORD not in server.log_text()
