"""What nginx's module owes beside the shared cases: nginx's own places and ways to ask."""

import subprocess
from pathlib import Path

import pytest

import cases
from client import Connection, get, request
from expected import BODY, ELSEWHERE, PATH, WORDS, assert_policy, assert_refused
from nginx import Nginx
from server import Site

LAB = Path(__file__).resolve().parents[2] / "build" / "lab-nginx" / "root"
BROTLI = LAB / "usr/lib/nginx/modules/ngx_http_brotli_filter_module.so"
OWN_LOCATION = "location = /.well-known/mta-sts.txt { mta_sts testing mx=a.example; }"
OWN_BODY = b"version: STSv1\r\nmode: testing\r\nmx: a.example\r\nmax_age: 86400\r\n"


class TestShared(cases.Shared):
    kind = Nginx


class TestServer:
    """The directive in a server, beside nginx's other ways to answer."""

    kind = Nginx

    @pytest.mark.parametrize(
        "line",
        [
            "return 301 https://www.example.com$request_uri;",
            "return 444;",
            "rewrite ^ https://www.example.com/ permanent;",
            "rewrite ^/.well-known/(.*)$ /other/$1 last;",
            "if ($request_uri ~ mta-sts) { return 403; }",
            "location / { return 301 https://www.example.com/; }",
            "location = /.well-known/mta-sts.txt { return 404; }",
            "location ^~ /.well-known/ { deny all; }",
            "location ~ txt$ { proxy_pass http://127.0.0.1:9; }",
            "location / { try_files /nothing =404; }",
            "limit_except GET { deny all; }",
            "deny all;",
            "auth_basic closed; auth_basic_user_file /nonexistent;",
            "auth_request /auth; location = /auth { return 403; }",
            "error_page 404 405 412 =302 /other;",
            "merge_slashes off;",
            "chunked_transfer_encoding off;",
            "postpone_output 9999;",
            "sendfile on; tcp_nopush on; aio threads;",
            "limit_rate 100000;",
            "etag off; if_modified_since before;",
            "expires 1h;",
            "keepalive_timeout 0;",
            "sub_filter enforce none;",
        ],
    )
    def test_answers_whatever_else_stands_there(self, start, line):
        if line.startswith("limit_except"):
            line = "location / { " + line + " }"
        server = start(Site(policy=WORDS, inside=line))
        answer = get(server.port, PATH)
        assert answer.status == 200 and answer.body == BODY

    def test_honours_charset_and_keeps_the_type(self, start):
        server = start(Site(policy=WORDS, inside="charset utf-8;"))
        answer = get(server.port, PATH)
        assert_policy(answer)
        assert answer.field("content-type") == "text/plain; charset=utf-8"

    def test_sends_add_header_with_304_and_405(self, start):
        server = start(Site(policy=WORDS, headers={"X-Site": "here"}))
        etag = get(server.port, PATH).field("etag")
        assert get(server.port, PATH, {"If-None-Match": etag}).field("x-site") == "here"
        assert request(server.port, "POST", PATH).field("x-site") == "here"

    def test_answers_412_to_an_if_match_of_another_policy(self, start):
        server = start(Site(policy=WORDS))
        assert get(server.port, PATH, {"If-Match": '"another"'}).status == 412

    def test_answers_http_0_9(self, start):
        server = start(Site(policy=WORDS))
        with Connection(server.port) as connection:
            connection.send(f"GET {PATH}\r\n".encode())
            assert connection._take_rest() == BODY

    def test_leaves_errors_of_the_core_to_the_core(self, start):
        """TRACE never comes to a module."""
        server = start(Site(policy=WORDS))
        assert request(server.port, "TRACE", PATH).status == 405

    def test_logs_the_address_that_realip_gives(self, start):
        site = Site(
            policy=WORDS,
            log_format="address status",
            inside="set_real_ip_from 127.0.0.1; real_ip_header X-Forwarded-For;",
        )
        server = start(site)
        assert_policy(get(server.port, PATH, {"X-Forwarded-For": "192.0.2.7"}))
        server.stop()
        assert server.access_log_fields() == [{"address": "192.0.2.7", "status": "200"}]

    def test_has_variables_in_other_answers(self, start):
        site = Site(policy=WORDS, inside='location = /x { return 200 "$mta_sts_mode|$mta_sts_domain|$mta_sts_id"; }')
        server = start(site)
        policy_id = get(server.port, PATH).field("etag").strip('"')
        body = get(server.port, "/x", {"Host": "mta-sts.sub.example.com"}).body.decode()
        assert body == f"enforce|sub.example.com|{policy_id}"

    def test_chooses_the_server_by_its_name(self, start):
        above = "server { listen 127.0.0.1:%d; server_name mta-sts.other.example; mta_sts none; }"
        server = start(Site(policy=WORDS, inside="server_name mta-sts.example.com;"))
        server.site = Site(policy=WORDS, inside=server.site.inside, above=above % server.port)
        server.reload()
        assert b"mode: none" in get(server.port, PATH, {"Host": "mta-sts.other.example"}).body
        assert_policy(get(server.port, PATH, {"Host": "mta-sts.example.com"}))


class TestFilters:
    """Other modules' filters of answers: those that change a policy are told in the log, whatever they change."""

    kind = Nginx

    @pytest.mark.parametrize(
        "line",
        [
            "gzip on; gzip_types text/plain; gzip_min_length 1; gzip_vary on;",
            "ssi on;",
            "sub_filter enforce none;",
            "charset utf-8;",
            "add_after_body /other;",
            "gunzip on;",
        ],
    )
    def test_leave_the_policy_alone_in_silence(self, start, line):
        server = start(Site(policy=WORDS, inside=line))
        for accept in ("gzip, br, zstd", "identity"):
            assert_policy(get(server.port, PATH, {"Accept-Encoding": accept}))
        etag = get(server.port, PATH).field("etag")
        assert get(server.port, PATH, {"If-None-Match": etag}).status == 304

    def test_brotli_leaves_the_policy_alone(self, start):
        assert BROTLI.exists(), "scripts/test unpacks Debian's module there"
        brotli = type("Brotli", (Nginx,), {"main_lines": lambda self: f"load_module {BROTLI};\n" + Nginx.main_lines(self)})
        line = "brotli on; brotli_types text/plain; brotli_min_length 1;"
        server = start(Site(policy=WORDS, inside=line, files={"/long.txt": "long " * 1000}), kind=brotli)
        accept = {"Accept-Encoding": "br, gzip"}
        assert get(server.port, "/long.txt", accept).field("content-encoding") == "br"  # it is on
        assert_policy(get(server.port, PATH, accept))

    @pytest.mark.parametrize(
        "line",
        [
            "ssi on; ssi_types text/plain;",
            "sub_filter enforce none; sub_filter_types *;",
            "add_after_body /other; addition_types text/plain; location = /other { return 200 x; }",
            "charset utf-8; source_charset koi8-r;",
            "add_trailer X-Later yes;",
        ],
    )
    def test_that_change_the_answer_are_logged_once(self, start, line):
        above = "charset_map koi8-r utf-8 { C0 D18E; }" if "koi8" in line else ""
        server = start(Site(policy=WORDS, inside=line, above=above))
        server.expect_log("policy-filtered")
        for method in ("GET", "HEAD", "GET"):
            assert request(server.port, method, PATH).status == 200
        assert server.log_text().count("policy-filtered") == 1


class TestInternal:
    """What nginx asks of itself is no request for the policy."""

    kind = Nginx

    def test_is_not_included_by_ssi(self, start):
        files = {"/page.html": f'<!--#include virtual="{PATH}" -->.'}
        server = start(Site(policy=WORDS, files=files, inside="ssi on;"))
        server.tolerate_log("No such file")
        answer = get(server.port, "/page.html")
        assert answer.status == 200 and b"STSv1" not in answer.body and answer.body.endswith(b".")

    def test_is_not_the_page_of_an_error(self, start):
        server = start(Site(policy=WORDS, inside=f"error_page 404 {PATH};"))
        server.tolerate_log("No such file")
        answer = get(server.port, "/nothing")
        assert answer.status == 404 and b"STSv1" not in answer.body

    def test_is_not_the_last_of_try_files(self, start):
        server = start(Site(policy=WORDS, inside=f"location /x {{ try_files /nothing {PATH}; }}"))
        server.tolerate_log("No such file")
        assert get(server.port, "/x").status == 404

    def test_is_not_what_auth_request_asks(self, start):
        server = start(Site(policy=WORDS, files={"/p.html": "p"}, inside=f"auth_request {PATH};"))
        server.tolerate_log("No such file|auth request unexpected status")
        assert get(server.port, "/p.html").status == 500  # 404 of the subrequest, as without the module
        assert_policy(get(server.port, PATH))

    def test_is_not_reached_by_a_rewrite(self, start):
        server = start(Site(policy=WORDS, inside=f"rewrite ^/x$ {PATH} last;"))
        server.tolerate_log("No such file")
        assert get(server.port, "/x").status == 404

    def test_is_sent_by_a_proxy_to_itself(self, start):
        server = start(Site(policy=WORDS))
        line = f"location /x {{ proxy_pass http://127.0.0.1:{server.port}{PATH}; }}"
        server.site = Site(policy=WORDS, inside=line)
        server.reload()
        assert_policy(get(server.port, "/x"))


class TestLocation:
    """The directive as a location's handler."""

    kind = Nginx

    def test_answers_in_its_location(self, start):
        server = start(Site(inside=OWN_LOCATION, headers={"X-Site": "here"}))
        answer = get(server.port, PATH)
        assert_policy(answer, OWN_BODY)
        assert answer.field("x-site") == "here"
        assert_refused(request(server.port, "POST", PATH, body=b"x"))
        assert request(server.port, "HEAD", PATH).status == 200

    def test_loses_to_a_redirect_of_the_server(self, start):
        server = start(Site(inside=OWN_LOCATION, redirect=ELSEWHERE))
        server.expect_log("policy-not-served")
        assert get(server.port, PATH).status == 301

    def test_wins_over_a_redirect_of_another_location(self, start):
        server = start(Site(inside=OWN_LOCATION + " location / { return 301 https://www.example.com/; }"))
        assert_policy(get(server.port, PATH), OWN_BODY)
        assert get(server.port, "/x").status == 301

    def test_leaves_other_paths_of_its_location_alone(self, start):
        server = start(Site(inside="location / { mta_sts testing mx=a.example; }", files={"/index.html": "home"}))
        assert get(server.port, "/index.html").body == b"home"
        assert_policy(get(server.port, PATH), OWN_BODY)

    def test_is_closed_by_the_access_rules_of_its_location(self, start):
        line = "location = /.well-known/mta-sts.txt { deny all; mta_sts none; }"
        server = start(Site(inside=line))
        server.expect_log("access forbidden by rule")
        server.expect_log("policy-not-served")
        assert get(server.port, PATH).status == 403

    def test_answers_in_an_if_and_under_limit_except(self, start):
        inner = "if ($arg_x) { add_header X-If yes; } limit_except GET { allow all; }"
        server = start(Site(inside=f"location = {PATH} {{ mta_sts testing mx=a.example; {inner} }}"))
        answer = get(server.port, PATH + "?x=1")
        assert_policy(answer, OWN_BODY)
        assert answer.field("x-if") == "yes"
        assert_refused(request(server.port, "POST", PATH, body=b"x"))

    def test_answers_what_nginx_asks_of_itself(self, start):
        files = {"/page.html": f'[<!--#include virtual="{PATH}" -->]'}
        server = start(Site(inside=OWN_LOCATION + "ssi on;", files=files))
        assert get(server.port, "/page.html").body == b"[" + OWN_BODY + b"]"

    def test_is_not_in_the_locations_inside(self, start):
        line = "location / { mta_sts none; location /.well-known/ { root /nonexistent; } }"
        server = start(Site(inside=line))
        server.tolerate_log("No such file")
        server.expect_log("policy-not-served")
        assert get(server.port, PATH).status == 404

    def test_off_says_nothing_about_a_location(self, start):
        server = start(Site(inside="location / { mta_sts off; }", files={PATH: "of a user"}))
        assert get(server.port, PATH).body == b"of a user"

    def test_has_the_variables_of_its_own_policy(self, start):
        site = Site(log_format="mode", inside=OWN_LOCATION, files={"/index.html": "home"})
        server = start(site)
        get(server.port, PATH)
        get(server.port, "/index.html")
        server.stop()
        assert server.access_log_fields() == [{"mode": "testing"}, {"mode": ""}]


class TestCheck:
    """nginx -t."""

    @pytest.mark.parametrize("more, says", [(["-e", "stderr"], True), (["-e", "stderr", "-q"], False)])
    def test_says_what_is_served_unless_it_shall_be_quiet(self, tmp_path, more, says):
        config = tmp_path / "nginx.conf"
        config.write_text(
            f"load_module {Nginx.module};\npid {tmp_path}/pid;\nevents {{ }}\n"
            f"http {{ access_log off; server {{ listen unix:{tmp_path}/s; mta_sts none; }} }}\n"
        )
        done = Nginx.check(config, tmp_path, *more)
        assert done.returncode == 0
        assert ("serves mode none" in done.stderr) == says
        assert says or done.stderr == ""


class TestFile:
    def test_a_relative_path_begins_at_the_folder_of_the_configuration(self, tmp_path):
        """As in nginx's own include, and not at the prefix (-p)."""
        folders = [tmp_path / name for name in ("prefix", "conf")]
        for folder in folders:
            folder.mkdir()
        config = folders[1] / "nginx.conf"
        config.write_text(
            f"load_module {Nginx.module};\npid {tmp_path}/pid;\nevents {{ }}\n"
            f"http {{ access_log off; server {{ listen unix:{tmp_path}/s; mta_sts file=policy.txt; }} }}\n"
        )
        (folders[0] / "policy.txt").write_bytes(BODY)
        assert "file-unreadable" in Nginx.check(config, folders[0]).stderr
        (folders[1] / "policy.txt").write_bytes(BODY)
        done = Nginx.check(config, folders[0])
        assert "test is successful" in done.stderr, done.stderr


class TestModule:
    """The shared object."""

    def test_exports_what_nginx_needs_alone(self):
        printed = subprocess.run(
            ["nm", "-D", "--defined-only", str(Nginx.module)], capture_output=True, text=True, check=True
        ).stdout
        names = {line.split()[-1] for line in printed.splitlines()}
        assert names == {"ngx_modules", "ngx_module_names", "ngx_module_order", "ngx_http_mta_sts_module"}

    def test_links_no_network_library(self):
        printed = subprocess.run(["objdump", "-p", str(Nginx.module)], capture_output=True, text=True, check=True)
        needed = {line.split()[1].split(".so")[0] for line in printed.stdout.splitlines() if "NEEDED" in line}
        assert needed <= {"libc", "libstdc++", "libgcc_s", "libcrypto", "libidn2", "liblmdb", "libm", *Nginx.sanitizers()}
