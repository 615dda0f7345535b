"""The behaviour that every web server module owes, one test a duty; each kind of server runs them all.

A test file brings a class `class TestShared(cases.Shared): kind = Nginx`, so that a case has no idea which server
it talks to. R-numbers are those of the requirements list of RFC 8461.
"""

import pytest

import tls
from attack import Attack
from client import Connection, get, request
from expected import BODY, ELSEWHERE, PATH, WORDS, assert_policy, assert_refused
from server import Site

# Spellings that a server normalises to the one path before it asks the module.
SAME_PATH = [
    PATH + "?",
    PATH + "?x=1&y=../..",
    "//.well-known/mta-sts.txt",
    "/.well-known//mta-sts.txt",
    "/./.well-known/./mta-sts.txt",
    "/x/../.well-known/mta-sts.txt",
    "/%2ewell-known/mta-sts.txt",
    "/.well%2Dknown/mta%2dsts%2etxt",
]

# R43: no other spelling, case or place is the policy's.
OTHER_PATHS = [
    "/",
    "/mta-sts.txt",
    "/.well-known",
    "/.well-known/",
    "/.well-known/mta-sts",
    "/.well-known/mta-sts.tx",
    "/.well-known/mta-sts.txt/",
    "/.well-known/mta-sts.txt/x",
    "/.well-known/mta-sts.txt.bak",
    "/.well-known/mta-sts.txt%20",
    "/.well-known/mta-sts.txt;x",
    "/.well-known/MTA-STS.txt",
    "/.Well-Known/mta-sts.txt",
    "/foo/.well-known/mta-sts.txt",
    "/.well-known%252fmta-sts.txt",
    "/.well-known/mta-sts.txt%3fx",
    "/.well-known\\mta-sts.txt",
]

OTHER_METHODS = ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "MKCOL", "REPORT", "FOO"]


class Answer:
    """What a request for the policy gets."""

    def test_serves_the_policy_R42_R46_R47_R48(self, start):
        server = start(Site(policy=WORDS))
        assert_policy(get(server.port, PATH))

    def test_answers_head_with_the_fields_of_get_R45(self, start):
        server = start(Site(policy=WORDS))
        from_get, from_head = get(server.port, PATH), request(server.port, "HEAD", PATH)
        assert from_head.status == 200 and from_head.body == b""
        for name in ("content-type", "content-length", "etag"):
            assert from_head.field(name) == from_get.field(name)
        with Connection(server.port) as connection:
            connection.send_request("HEAD", PATH)
            connection.read_answer(without_body=True)
            connection.send_request("GET", PATH)
            assert_policy(connection.read_answer())

    @pytest.mark.parametrize("target", SAME_PATH)
    def test_answers_the_normalised_path(self, start, target):
        assert_policy(get(start(Site(policy=WORDS)).port, target))

    def test_leaves_the_challenges_of_acme_alone(self, start):
        token = "/.well-known/acme-challenge/LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"
        for words in (WORDS, "store=/nonexistent/store.mdb"):
            server = start(Site(policy=words, files={token: "token.thumbprint"}))
            server.tolerate_log("store-missing")
            answer = request(server.port, "GET", token, {"Host": "mta-sts.example.com"})
            assert (answer.status, answer.body) == (200, b"token.thumbprint")

    def test_leaves_every_other_path_alone_R43(self, start):
        server = start(Site(policy=WORDS, redirect=ELSEWHERE))
        for target in OTHER_PATHS:
            answer = get(server.port, target)
            assert answer.status in (301, 400, 404), target
            assert b"STSv1" not in answer.body, target

    def test_leaves_files_of_the_site_alone(self, start):
        server = start(Site(policy=WORDS, files={"/.well-known/security.txt": "here", "/index.html": "home"}))
        assert get(server.port, "/.well-known/security.txt").body == b"here"
        assert get(server.port, "/index.html").body == b"home"

    def test_answers_before_the_users_files_R44(self, start):
        assert_policy(get(start(Site(policy=WORDS, files={PATH: "of a user"})).port, PATH))

    @pytest.mark.parametrize("form", ["{0}", "W/{0}", '"other", {0}', "*"])
    def test_answers_304_to_a_matching_if_none_match_R46(self, start, form):
        server = start(Site(policy=WORDS))
        etag = get(server.port, PATH).field("etag")
        answer = get(server.port, PATH, {"If-None-Match": form.format(etag)})
        assert answer.status == 304 and answer.field("etag") == etag and answer.body == b""
        # RFC 9110 section 13.1.3: a date is ignored beside it.
        both = {"If-None-Match": form.format(etag), "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"}
        assert get(server.port, PATH, both).status == 304

    def test_answers_200_to_other_conditions_R46(self, start):
        server = start(Site(policy=WORDS))
        etag = get(server.port, PATH).field("etag")
        for fields in (
            {"If-None-Match": '"other"'},
            {"If-None-Match": etag.strip('"')},
            {"If-Match": etag},
            {"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
            # RFC 9110 section 13.1.4: without a date of modification this is ignored.
            {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:01 GMT"},
        ):
            assert_policy(get(server.port, PATH, fields))

    def test_ignores_ranges_R46(self, start):
        server = start(Site(policy=WORDS))
        etag = get(server.port, PATH).field("etag")
        for fields in ({"Range": "bytes=0-9"}, {"Range": "bytes=0-1,4-5"}, {"Range": "bytes=9999-"},
                       {"Range": "bytes=0-9", "If-Range": etag}):  # fmt: skip
            assert_policy(get(server.port, PATH, fields))

    def test_is_never_compressed_R46(self, start):
        server = start(Site(policy=WORDS, compress=True, files={"/long.txt": "long " * 1000}))
        accept = {"Accept-Encoding": "gzip, deflate, br"}
        assert get(server.port, "/long.txt", accept).field("content-encoding") == "gzip"  # it is on
        assert_policy(get(server.port, PATH, accept))

    def test_wins_over_a_redirect_of_the_whole_site(self, start):
        server = start(Site(policy=WORDS, redirect=ELSEWHERE))
        assert_policy(get(server.port, PATH))
        answer = get(server.port, "/x")
        assert answer.status == 301 and answer.field("location") == ELSEWHERE + "/x"

    def test_wins_over_a_closed_site(self, start):
        server = start(Site(policy=WORDS, deny=True, files={"/index.html": "home"}))
        server.tolerate_log("denied|forbidden")
        assert_policy(get(server.port, PATH))
        assert get(server.port, "/index.html").status == 403

    def test_sends_the_administrators_header_fields(self, start):
        server = start(Site(policy=WORDS, headers={"Strict-Transport-Security": "max-age=9", "X-Site": "here"}))
        for answer in (get(server.port, PATH), request(server.port, "HEAD", PATH)):
            assert answer.field("strict-transport-security") == "max-age=9"
            assert answer.field("x-site") == "here"


class Methods:
    """What other methods than GET and HEAD get. R45."""

    @pytest.mark.parametrize("method", OTHER_METHODS)
    def test_refuses_the_method_R45(self, start, method):
        server = start(Site(policy=WORDS, redirect=ELSEWHERE))
        assert_refused(request(server.port, method, PATH))

    def test_refuses_with_its_own_page(self, start):
        server = start(Site(policy=WORDS, error_page_405="<p>of the administrator"))
        assert_refused(request(server.port, "POST", PATH, body=b"x=1"))

    def test_refuses_under_a_redirect_and_an_error_page(self, start):
        server = start(Site(policy=WORDS, redirect=ELSEWHERE, error_page_405="<p>of the administrator"))
        assert_refused(request(server.port, "POST", PATH, body=b"x=1"))

    def test_never_serves_the_policy_to_an_unclear_method(self, start):
        server = start(Site(policy=WORDS))
        for method in ("get", "Get", "TRACE", "CONNECT", "GET\t", "G" * 4000):
            with Connection(server.port) as connection:
                connection.send(f"{method} {PATH} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
                answer = connection.read_answer()
                assert answer.status in (400, 405, 414, 501), method
                assert b"STSv1" not in answer.body

    @pytest.mark.parametrize("size", [0, 1, 3000, 300000])
    def test_keeps_the_connection_after_a_refused_body(self, start, size):
        server = start(Site(policy=WORDS))
        with Connection(server.port) as connection:
            connection.send_request("POST", PATH, {"Content-Length": str(size)}, b"x" * size)
            connection.send_request("GET", PATH)
            assert_refused(connection.read_answer())
            assert_policy(connection.read_answer())

    def test_keeps_the_connection_after_a_refused_chunked_body(self, start):
        server = start(Site(policy=WORDS))
        with Connection(server.port) as connection:
            connection.send_request("PUT", PATH, {"Transfer-Encoding": "chunked"})
            connection.send(b"5\r\nhello\r\n3;ext=1\r\n...\r\n0\r\n\r\n")
            connection.send_request("GET", PATH)
            assert_refused(connection.read_answer())
            assert_policy(connection.read_answer())

    def test_answers_who_expects_100_continue(self, start):
        server = start(Site(policy=WORDS))
        with Connection(server.port) as connection:
            connection.send_request("POST", PATH, {"Content-Length": "5", "Expect": "100-continue"})
            answer = connection.read_answer()
            if answer.status == 100:
                connection.send(b"hello")
                answer = connection.read_answer()
            assert_refused(answer)


class Protocol:
    """How the answer goes over the wire."""

    def test_answers_http_1_0(self, start):
        server = start(Site(policy=WORDS))
        with Connection(server.port) as connection:
            connection.send(f"GET {PATH} HTTP/1.0\r\n\r\n".encode())
            answer = connection.read_answer()
            assert_policy(answer)
            assert answer.field("transfer-encoding") is None
            assert connection.is_closed()

    def test_answers_http_1_0_with_keep_alive(self, start):
        server = start(Site(policy=WORDS))
        with Connection(server.port) as connection:
            for _ in range(3):
                connection.send_request("GET", PATH, {"Connection": "keep-alive"}, version="1.0")
                assert_policy(connection.read_answer())

    def test_answers_pipelined_requests_in_order(self, start):
        server = start(Site(policy=WORDS, files={"/x.html": "x"}))
        with Connection(server.port) as connection:
            one = f"GET {PATH} HTTP/1.1\r\nHost: a\r\n\r\nGET /x.html HTTP/1.1\r\nHost: a\r\n\r\n".encode()
            connection.send(one * 50)
            for _ in range(50):
                assert_policy(connection.read_answer())
                assert connection.read_answer().body == b"x"

    def test_takes_the_body_of_a_get_as_a_body(self, start):
        """What hides in a body is never a request of its own (request smuggling)."""
        server = start(Site(policy=WORDS))
        hidden = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
        with Connection(server.port) as connection:
            connection.send_request("GET", PATH, body=hidden)
            connection.send_request("HEAD", PATH)
            assert_policy(connection.read_answer())
            assert connection.read_answer(without_body=True).status == 200
            connection.send_request("GET", PATH, {"Connection": "close"})
            assert_policy(connection.read_answer())
            assert connection.is_closed()

    def test_answers_a_request_that_comes_byte_by_byte(self, start):
        server = start(Site(policy=WORDS))
        with Connection(server.port) as connection:
            for byte in f"GET {PATH} HTTP/1.1\r\nHost: a\r\n\r\n".encode():
                connection.send(bytes([byte]))
            assert_policy(connection.read_answer())

    def test_answers_the_absolute_form(self, start):
        server = start(Site(policy=WORDS))
        assert_policy(get(server.port, "http://mta-sts.example.com" + PATH))
        assert_policy(get(server.port, "HTTP://MTA-STS.example.com:80" + PATH + "?q"))

    @pytest.mark.parametrize("host", ["MTA-STS.EXAMPLE.COM", "mta-sts.example.com.", "mta-sts.example.com:8443", "x"])
    def test_answers_whatever_host_the_site_has(self, start, host):
        assert_policy(get(start(Site(policy=WORDS)).port, PATH, {"Host": host}))

    def test_answers_http_2(self, start):
        server = start(Site(policy=WORDS, tls=True, headers={"X-Site": "here"}))
        found = tls.curl(server, "mta-sts.example.com", PATH, "--http2", "--include", "-w", "|%{http_version}")
        head, rest = found.split("\r\n\r\n", 1) if "\r\n\r\n" in found else found.split("\n\n", 1)
        assert head.startswith("HTTP/2 200") and "x-site: here" in head and "content-type: text/plain" in head
        assert rest == BODY.decode().replace("\r\n", "\n") + "|2" or rest == BODY.decode() + "|2"
        assert tls.curl(server, "mta-sts.example.com", PATH, "--http2", "--head").startswith("HTTP/2 200")
        refused = tls.curl(server, "mta-sts.example.com", PATH, "--http2", "-i", "--data", "x" * 5000)
        assert refused.startswith("HTTP/2 405") and "allow: GET, HEAD" in refused

    def test_answers_tls_with_http_1(self, start):
        server = start(Site(policy=WORDS, tls=True))
        assert "|1.1" in tls.curl(server, "mta-sts.example.com", PATH, "--http1.1", "-w", "|%{http_version}")


class Words:
    """What the directive's words serve."""

    @pytest.mark.parametrize(
        "words, body",
        [
            ("testing mx=a.example", "version: STSv1\r\nmode: testing\r\nmx: a.example\r\nmax_age: 86400\r\n"),
            ("none", "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"),
            ("none max_age=86401", "version: STSv1\r\nmode: none\r\nmax_age: 86401\r\n"),
            ("enforce mx=a.example", "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 1209600\r\n"),
            ("enforce mx=a.example max_age=2w", "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 1209600\r\n"),
            ("max_age=10d mx=b.example mx=a.example mx=b.example enforce",
             "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmx: b.example\r\nmax_age: 864000\r\n"),
            ("testing mx=bücher.example", "version: STSv1\r\nmode: testing\r\nmx: xn--bcher-kva.example\r\nmax_age: 86400\r\n"),
        ],
    )  # fmt: skip
    def test_serves_the_words(self, start, words, body):
        assert_policy(get(start(Site(policy=words)).port, PATH), body.encode())

    def test_serves_a_line_of_any_number_of_words(self, start):
        names = [f"mx{number}.example.com" for number in range(2000)]
        server = start(Site(policy="enforce " + " ".join(f"mx={name}" for name in names)))
        lines = ["version: STSv1", "mode: enforce", *(f"mx: {name}" for name in names), "max_age: 1209600", ""]
        assert_policy(get(server.port, PATH), "\r\n".join(lines).encode())

    def test_changes_the_etag_when_the_policy_changes_and_serves_one_body_with_it(self, start):
        answers = [
            get(start(Site(policy=words)).port, PATH)
            for words in (
                "testing mx=a.example mx=b.example",
                "testing mx=b.example mx=A.EXAMPLE",
                "testing mx=a.example",
                "testing mx=a.example mx=b.example serial=1",
            )
        ]
        etags = [answer.field("etag") for answer in answers]
        assert etags[0] == etags[1] and len(set(etags)) == 3
        assert answers[0].body == answers[1].body

    @pytest.mark.parametrize("words, said", [("enforce mx=a.example max_age=604799", "under a week"), ("none max_age=86399", "under a day")])
    def test_warns_of_enforce_for_under_a_week_and_of_any_mode_under_a_day_R40(self, start, words, said):
        server = start(Site(policy=words))
        server.expect_log(said)
        assert get(server.port, PATH).status == 200

    def test_warns_of_a_policy_for_every_host(self, start):
        server = start(Site(policy_above=WORDS))
        server.expect_log("answers-every-host")
        assert_policy(get(server.port, PATH, {"Host": "mta-sts.any.example"}))

    def test_lets_the_site_choose_another_policy(self, start):
        server = start(Site(policy_above=WORDS, policy="none"))
        server.expect_log("answers-every-host")
        assert get(server.port, PATH).body == b"version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n"

    def test_lets_the_site_choose_off(self, start):
        server = start(Site(policy_above=WORDS, policy="off", files={PATH: "of a user"}))
        server.expect_log("answers-every-host")
        assert get(server.port, PATH).body == b"of a user"

    def test_serves_nothing_without_a_directive(self, start):
        server = start(Site(files={"/index.html": "home"}))
        server.tolerate_log("No such file")
        assert get(server.port, PATH).status == 404


class File:
    """A policy from a file."""

    # R-free fields stay in their order; line ends and the order of the known fields are ours.
    TEXT = "version: STSv1\nmode: testing\nx-two: b\nmx: mail.example.com\nx-one: a b\nmax_age: 86400\n"
    SERVED = b"version: STSv1\r\nmode: testing\r\nmx: mail.example.com\r\nmax_age: 86400\r\nx-two: b\r\nx-one: a b\r\n"

    @pytest.mark.parametrize("path", ["{folder}/root/policy.txt", "root/policy.txt"])
    def test_serves_the_file(self, start, path):
        server = start(Site(policy=f"file={path}", files={"/policy.txt": self.TEXT}))
        assert_policy(get(server.port, PATH), self.SERVED)

    def test_reads_the_file_at_configuration_alone(self, start):
        server = start(Site(policy="file={folder}/root/policy.txt", files={"/policy.txt": self.TEXT}))
        before = get(server.port, PATH)
        (server.root / "policy.txt").write_text("version: STSv1\nmode: none\nmax_age: 86400\n")
        assert get(server.port, PATH).body == before.body
        server.reload()
        after = get(server.port, PATH)
        assert_policy(after, b"version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n")
        assert after.field("etag") != before.field("etag")

    def test_gives_a_new_id_for_a_new_serial(self, start):
        files = {"/policy.txt": self.TEXT}
        etags = [
            get(start(Site(policy=f"file=root/policy.txt{serial}", files=files)).port, PATH).field("etag")
            for serial in ("", " serial=0", " serial=4294967295")
        ]
        assert etags[0] == etags[1] != etags[2]

    def test_serves_what_the_same_words_would_serve(self, start):
        from_file = start(Site(policy="file=root/p", files={"/p": BODY.decode()}))
        from_words = start(Site(policy=WORDS))
        one, other = get(from_file.port, PATH), get(from_words.port, PATH)
        assert one.body == other.body and one.field("etag") == other.field("etag")


class Log:
    """What the administrator's own log can hold."""

    def test_names_id_mode_and_domain(self, start):
        server = start(Site(policy=WORDS, log_format="id mode domain status", files={"/index.html": "home"}))
        with Connection(server.port) as connection:  # one, since servers log connections in any order
            connection.send_request("GET", PATH)
            policy_id = connection.read_answer().field("etag").strip('"')
            connection.send_request("GET", "/index.html")
            connection.read_answer()
            connection.send_request("POST", PATH, {"Host": "www.example.com"})
            connection.read_answer()
        server.stop()
        assert server.access_log_fields() == [
            {"id": policy_id, "mode": "enforce", "domain": "example.com", "status": "200"},
            {"id": policy_id, "mode": "enforce", "domain": "example.com", "status": "200"},
            {"id": policy_id, "mode": "enforce", "domain": "", "status": "405"},
        ]

    @pytest.mark.parametrize(
        "host, domain",
        [
            ("mta-sts.example.com", "example.com"),
            ("MTA-STS.Example.COM", "example.com"),
            ("mta-sts.example.com:8443", "example.com"),
            ("mta-sts.example.com.", "example.com"),
            ("example.com", ""),
            ("mta-sts", ""),
            ("xmta-sts.example.com", ""),
            ("127.0.0.1", ""),
        ],
    )
    def test_gives_the_domain_of_the_host_R53(self, start, host, domain):
        server = start(Site(policy=WORDS, log_format="domain"))
        get(server.port, PATH, {"Host": host})
        server.stop()
        assert [fields["domain"].lower() for fields in server.access_log_fields()] == [domain]

    def test_has_nothing_to_name_without_a_policy(self, start):
        server = start(Site(files={"/index.html": "home"}, log_format="id mode"))
        get(server.port, "/index.html")
        server.stop()
        assert server.access_log_fields() == [{"id": "", "mode": ""}]


class Shared(Answer, Methods, Protocol, Words, File, Log, Attack):
    """All of it."""
