"""httpd: the shared cases, and what only httpd can do to a policy."""

import pytest

import cases
import tls
from apache import MODULES, Apache
from cases import BODY, ELSEWHERE, PATH, WORDS, assert_policy, assert_refused
from client import Connection, get, request
from server import Site


def load(*names: str) -> str:
    return "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in names)


class TestShared(cases.Shared):
    kind = Apache


# Whatever else an administrator's site says about the whole site or the very path: the policy wins.
RIVALS = {
    "rewrite-redirect": ("rewrite", "RewriteEngine on\nRewriteRule .* https://www.example.com%{REQUEST_URI} [R=301,L]"),
    "rewrite-forbidden": ("rewrite", "RewriteEngine on\nRewriteRule .* - [F]"),
    "rewrite-to-a-proxy": ("rewrite proxy proxy_http", "RewriteEngine on\nRewriteRule ^(.*)$ http://127.0.0.1:1$1 [P]"),
    "redirect-of-the-path": ("", f"Redirect gone {PATH}"),
    "redirect-match": ("", "RedirectMatch 302 ^/.* https://www.example.com/"),
    "redirect-in-location": ("", "<Location />\nRedirect 301 https://www.example.com/\n</Location>"),
    "proxy": ("proxy proxy_http", "ProxyPass / http://127.0.0.1:1/"),
    "proxy-of-encoded-paths": ("proxy proxy_http", "ProxyPass / http://127.0.0.1:1/ mapping=encoded"),
    "proxy-in-location": ("proxy proxy_http", "<Location />\nProxyPass http://127.0.0.1:1/\n</Location>"),
    "denied-by-expression": ("", '<If "true">\nRequire all denied\n</If>'),
    "denied-by-file": ("", f'<LocationMatch "mta-sts">\nRequire all denied\n</LocationMatch>'),
    "password": (
        "authn_core authn_file auth_basic authz_user",
        "<Location />\nAuthType Basic\nAuthName x\nAuthUserFile /dev/null\nRequire valid-user\n</Location>",
    ),
    "another-handler": ("status", "<Location />\nSetHandler server-status\n</Location>"),
    "allowed-methods": ("allowmethods", "<Location />\nAllowMethods POST\n</Location>"),
    "alias": ("", f"Alias {PATH} /etc/hostname"),
    "multiviews": ("negotiation dir", "<Location />\nOptions +MultiViews\n</Location>\nDirectoryIndex index"),
    "fallback": ("dir", "<Location />\nFallbackResource /index.html\n</Location>"),
    "speling": ("speling", "CheckSpelling on"),
    "userdir": ("userdir", "UserDir enabled"),
    "maintenance": ("rewrite", "RewriteEngine on\nRewriteRule .* - [R=503,L]"),
    "keep-alive-off": ("", "KeepAlive off"),
    "trace": ("", "TraceEnable extended"),
}


@pytest.mark.parametrize("name", RIVALS)
def test_wins_over(start, name):
    modules, lines = RIVALS[name]
    server = start(Site(policy=WORDS, above=load(*modules.split()), inside=lines), Apache)
    assert_policy(get(server.port, PATH))
    assert_policy(get(server.port, "/x/..//%2ewell-known/mta-sts.txt"))
    assert_refused(request(server.port, "POST", PATH, body=b"x"))
    assert request(server.port, "HEAD", PATH).status == 200
    server.tolerate_log("AH01617|AH01618|AH01797|AH01630|client denied")


# Filters that change a body, each set for the whole site.
FILTERS = {
    "substitute": ("substitute", "SetOutputFilter SUBSTITUTE\nSubstitute s/mx/xx/"),
    "sed": ("sed", '<Location />\nSetOutputFilter Sed\nOutputSed "s/mx/xx/"\n</Location>'),
    "include": ("include", "SetOutputFilter INCLUDES"),
    "deflate": ("", "SetOutputFilter DEFLATE"),
    "brotli": ("brotli", "SetOutputFilter BROTLI_COMPRESS"),
    "by-type": ("substitute", "AddOutputFilterByType SUBSTITUTE;DEFLATE text/plain\nSubstitute s/mx/xx/"),
    "provider": ("", 'FilterDeclare pack\nFilterProvider pack DEFLATE "true"\nFilterChain pack'),
    "ext_filter": ("ext_filter", "SetOutputFilter upper"),
    "case": ("case_filter", "CaseFilter on"),
    "buffer": ("buffer", "SetOutputFilter BUFFER"),
    "data": ("data", "SetOutputFilter DATA"),
    "ratelimit": ("ratelimit env", "SetOutputFilter RATE_LIMIT\nSetEnv rate-limit 4000"),
    "reflector": ("reflector", "SetHandler reflector"),
    "charset": ("charset_lite", "CharsetSourceEnc ISO-8859-1\nCharsetDefault UTF-16"),
    "charset-by-default": ("", "AddDefaultCharset utf-8"),
    "input": ("", "SetInputFilter DEFLATE"),
    "error-documents": ("", f"ErrorDocument 405 {PATH}\nErrorDocument 404 {PATH}\nErrorDocument 304 {PATH}"),
}


@pytest.mark.parametrize("name", FILTERS)
def test_keeps_its_bytes_under(start, name):
    modules, lines = FILTERS[name]
    above = load(*modules.split())
    if name == "ext_filter":
        above += '\nExtFilterDefine upper mode=output cmd="/usr/bin/tr a-z A-Z"'
    server = start(Site(policy=WORDS, above=above, inside=lines), Apache)
    accept = {"Accept-Encoding": "gzip, br"}
    assert_policy(get(server.port, PATH, accept))
    assert_policy(get(server.port, "//.well-known/mta-sts.txt", accept))
    packed = {"Content-Encoding": "gzip"}
    assert_refused(request(server.port, "POST", PATH, packed, b"\x1f\x8b no gzip at all"))
    etag = get(server.port, PATH).field("etag")
    assert get(server.port, PATH, {"If-None-Match": etag}).status == 304


def test_ignores_the_old_name_of_range_R46(start):
    server = start(Site(policy=WORDS), Apache)
    assert_policy(get(server.port, PATH, {"Request-Range": "bytes=0-9"}))


def test_ignores_dates_in_conditions(start):
    """A date can say nothing about a policy that has none."""
    server = start(Site(policy=WORDS), Apache)
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        for year in ("1970", "2026", "2099"):
            assert_policy(get(server.port, PATH, {name: f"Thu, 01 Jan {year} 00:00:00 GMT"}))
    now = get(server.port, PATH).field("date")
    assert_policy(get(server.port, PATH, {"If-Modified-Since": now}))


@pytest.mark.parametrize("fields", ["Header set X-One one", "Header always set X-One one", "Header early set X-One one"])
def test_sends_the_fields_of_mod_headers(start, fields):
    server = start(Site(policy=WORDS, inside=fields if "early" not in fields else "Header set X-One one early"), Apache)
    etag = get(server.port, PATH).field("etag")
    assert get(server.port, PATH).field("x-one") == "one"
    assert get(server.port, PATH, {"If-None-Match": etag}).field("x-one") == "one"
    assert request(server.port, "DELETE", PATH).field("x-one") == "one"
    assert get(server.port, "/.well-known/./mta-sts.txt").field("x-one") == "one"


def test_sends_the_fields_of_mod_expires_and_of_notes(start):  # R51
    lines = 'ExpiresActive on\nExpiresDefault "access plus 1 hour"\nHeader set X-Id "expr=%{note:mta_sts_id}"'
    server = start(Site(policy=WORDS, above=load("expires"), inside=lines), Apache)
    answer = get(server.port, PATH)
    assert answer.field("cache-control") == "max-age=3600" and answer.field("expires")
    assert answer.field("x-id") == answer.field("etag").strip('"')


def test_sends_the_same_fields_for_every_spelling_of_the_path(start):
    """Sections of URLs count for neither: the guides put header fields into the virtual host."""
    lines = "Header set X-Site site\n<Location />\nHeader set X-Location location\n</Location>"
    server = start(Site(policy=WORDS, inside=lines), Apache)
    for target in (PATH, "//.well-known/mta-sts.txt", "/x/../.well-known/mta-sts.txt", "/%2ewell-known/mta-sts.txt"):
        answer = get(server.port, target)
        assert answer.field("x-site") == "site" and answer.field("x-location") is None


# What is no request of a client for the path is not the module's. R43.
def test_is_no_answer_to_a_subrequest(start):
    site = Site(
        policy=WORDS,
        above=load("include"),
        inside="AddOutputFilter INCLUDES .html\n<Location />\nOptions +Includes\n</Location>",
        files={"/page.html": f'[<!--#include virtual="{PATH}" -->]'},
    )
    server = start(site, Apache)
    answer = get(server.port, "/page.html")
    assert answer.status == 200 and answer.body.startswith(b"[") and b"STSv1" not in answer.body
    server.expect_log("AH01373|AH01374|unable to include")


@pytest.mark.parametrize(
    "modules, lines",
    [
        ("", f"ErrorDocument 404 {PATH}"),
        ("dir", f"<Location />\nFallbackResource {PATH}\n</Location>"),
        ("dir", f"DirectoryIndex {PATH}"),
        ("rewrite", f"RewriteEngine on\nRewriteRule ^/other$ {PATH} [PT]"),
        ("rewrite", f"<Location />\nRewriteEngine on\nRewriteRule other$ {PATH} [L]\n</Location>"),
        ("actions", f"Action x {PATH} virtual\n<Location /other>\nSetHandler x\n</Location>"),
    ],
)
def test_is_no_answer_to_an_internal_redirect(start, modules, lines):
    server = start(Site(policy=WORDS, above=load(*modules.split()), inside=lines), Apache)
    for target in ("/other", "/"):
        answer = get(server.port, target)
        assert answer.status in (403, 404, 500) and b"STSv1" not in answer.body
    assert_policy(get(server.port, PATH))
    server.tolerate_log("AH0\\d{4}")


def test_is_no_answer_for_other_hosts_behind_a_forward_proxy(start):
    server = start(Site(policy=WORDS, above=load("proxy", "proxy_http"), inside="ProxyRequests on"), Apache)
    answer = get(server.port, f"http://127.0.0.1:1{PATH}", {"Host": "127.0.0.1:1"})
    assert answer.status == 503 and b"STSv1" not in answer.body
    assert_policy(get(server.port, PATH))
    server.expect_log("AH00957|AH01114")


def test_is_answered_ahead_of_a_cache(start):
    """mod_cache answers from a quick handler too; what it kept from before must not hide the policy."""
    above = load("cache", "cache_disk")
    lines = "CacheEnable disk /\nCacheMinExpire 3600\nCacheRoot {folder}/cache"
    server = Apache(Site(above=above, inside=lines, files={PATH: "of a user"}))
    (server.folder / "cache").mkdir()
    (server.folder / "cache").chmod(0o777)
    server.site = Site(above=above, inside=lines.format(folder=server.folder), files={PATH: "of a user"})
    with server:
        first, second = get(server.port, PATH), get(server.port, PATH)
        assert first.body == second.body == b"of a user" and second.field("age") is not None  # the cache is in use
        server.site = Site(policy=WORDS, above=above, inside=server.site.inside)
        server.reload()
        for _ in range(2):
            answer = get(server.port, PATH)
            assert_policy(answer)
            assert answer.field("age") is None


def test_takes_any_number_of_words(start):
    """httpd's own splitting of a line drops every word after the 64th."""
    hosts = [f"mail{number}.example.com" for number in range(1500)]
    server = start(Site(policy="enforce " + " ".join(f"mx={host}" for host in hosts)), Apache)
    body = get(server.port, PATH).body.decode()
    assert [line[4:] for line in body.split("\r\n") if line.startswith("mx: ")] == hosts


def test_reads_words_as_httpd_does(start):
    """Quotes, a line that goes on, a defined value: as in every directive of httpd."""
    site = Site(
        above="Define mta_sts_host mail.example.com",
        policy='"enforce" \\\n    mx=${mta_sts_host} \'mx=*.backup.example.net\' \\\n    max_age=1w   ',
    )
    assert_policy(get(start(site, Apache).port, PATH))


def test_serves_each_virtual_host_its_own(start):
    hosts = {
        "one": "enforce mx=one.example max_age=1w",
        "two": "testing mx=two.example",
        "three": "off",
        "four": "",
    }

    def virtual_host(port, name, words):
        line = f"MtaSts {words}" if words else ""
        return f"<VirtualHost 127.0.0.1:{port}>\nServerName mta-sts.{name}.example\n{line}\n</VirtualHost>"

    server = Apache(Site(policy_above="none", files={PATH: "of a user"}))
    port = server.port = server.reserve()
    server.site = Site(
        policy_above="none",
        files={PATH: "of a user"},
        inside="ServerName default.example",
        above="\n".join(virtual_host(port, *host) for host in hosts.items()),
    )
    server.expect_log("answers-every-host")
    with server:
        bodies = {name: get(port, PATH, {"Host": f"mta-sts.{name}.example"}).body for name in hosts}
    assert b"mx: one.example\r\n" in bodies["one"]
    assert b"mx: two.example\r\n" in bodies["two"]
    assert bodies["three"] == b"of a user"
    assert b"mode: none\r\n" in bodies["four"]  # the main server's


def test_names_the_policy_of_each_server_in_its_log(start):
    server = start(Site(policy=WORDS, inside="ServerName mta-sts.example.com"), Apache)
    policy_id = get(server.port, PATH).field("etag").strip('"')
    lines = [line for line in server.log_text().splitlines() if "mta_sts:info" in line]
    assert len(lines) == 1
    assert f"MtaSts: mta-sts.example.com serves mode enforce with id {policy_id} ({server.config_path()} line" in lines[0]


def test_stands_any_log_format(start):
    """The quick way leaves fields of the request unset that later phases would fill."""
    everything = " ".join(f"%{letter}" for letter in "aABbDfhHIklLmOpPqrRstTuUvVX") + " %{mta_sts_id}n %>s"
    server = Apache(Site(policy=WORDS))
    above = f'LogFormat "{everything}" all\nCustomLog {server.access_log_path()} all'
    server.site = Site(policy=WORDS, above=above)
    with server:
        with Connection(server.port) as connection:
            connection.send_request("GET", PATH)
            connection.send_request("POST", PATH)
            assert_policy(connection.read_answer())
            assert_refused(connection.read_answer())
        server.stop()
        lines = server.access_log_path().read_text().splitlines()
    assert len(lines) == 2 and lines[0].endswith(" 200") and lines[1].endswith(" 405")


def test_names_the_policy_after_an_error_page(start):
    site = Site(policy=WORDS, inside="ErrorDocument 404 /lost.html", files={"/lost.html": "lost"}, log_format="id status")
    server = start(site, Apache)
    with Connection(server.port) as connection:
        connection.send_request("GET", PATH)
        policy_id = connection.read_answer().field("etag").strip('"')
        connection.send_request("GET", "/nothing")
        assert connection.read_answer().body == b"lost"
    server.stop()
    assert server.access_log_fields()[1] == {"id": policy_id, "status": "404"}


def test_obeys_the_limit_of_request_bodies(start):
    server = start(Site(policy=WORDS, inside="LimitRequestBody 100"), Apache)
    answer = request(server.port, "POST", PATH, body=b"x" * 101)
    assert answer.status in (405, 413) and b"STSv1" not in answer.body
    assert_policy(get(server.port, PATH))
    server.tolerate_log("AH01588|AH00482|AH01589")


def test_answers_streams_of_http_2(start):
    server = start(Site(policy=WORDS, tls=True, redirect=ELSEWHERE), Apache)
    host = "mta-sts.example.com"
    url = f"https://{host}:{server.tls_port}"
    more = [word for _ in range(20) for word in (url + PATH, url + "//.well-known/mta-sts.txt", url + "/x")]
    options = ["--http2", "--parallel", "--path-as-is", "-o", "/dev/null"] + ["-o", "/dev/null"] * len(more)
    found = tls.curl(server, host, PATH, *options, "-w", "%{http_code} %{http_version} %{size_download}\\n", *more)
    lines = found.splitlines()
    assert lines.count(f"200 2 {len(BODY)}") == 41 and len([x for x in lines if x.startswith("301 2 ")]) == 20
    etag = get(server.port, PATH).field("etag")
    assert tls.curl(server, host, PATH, "--http2", "-i", "-H", f"If-None-Match: {etag}").startswith("HTTP/2 304")


class Prefork(Apache):
    mpm = "prefork"


class Worker(Apache):
    mpm = "worker"


@pytest.mark.parametrize("kind", [Prefork, Worker], ids=["prefork", "worker"])
def test_serves_under_the_other_mpms(start, kind):
    server = start(Site(policy=WORDS, redirect=ELSEWHERE, log_format="id status"), kind)
    for _ in range(2):
        with Connection(server.port) as connection:
            connection.send_request("POST", PATH, body=b"x" * 3000)
            connection.send_request("GET", PATH)
            connection.send_request("GET", "/x")
            assert_refused(connection.read_answer())
            assert_policy(connection.read_answer())
            assert connection.read_answer().status == 301
        server.reload()
