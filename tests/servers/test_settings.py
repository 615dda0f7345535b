"""Settings that real configurations have around the directive: listeners, names, variables, protocols."""

import re
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

import tls
from apache import MODULES, Apache
from client import get, request
from expected import BODY, PATH, WORDS, assert_policy
from nginx import Nginx, build_of_nginx
from server import Site
from stores import Store, body_of

HTTP3 = Path(__file__).resolve().parents[2] / "build" / "lab-http3" / "root"
HOST = "mta-sts.example.com"
TESTING = body_of("testing", "a.example")
PROXY_LINE = b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 443\r\n"


def reserved(family=socket.AF_INET6, address="::1"):
    """A port that is bound and not listened on, so that no other program is given it."""
    holder = socket.socket(family)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((address, 0))
    return holder, holder.getsockname()[1]


def ask(family, address, before: bytes = b"", host: str = HOST) -> bytes:
    """The whole answer to a request of HTTP/1.0."""
    with socket.socket(family) as connection:
        connection.settimeout(20)
        connection.connect(address)
        connection.sendall(before + f"GET {PATH} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        answer = b""
        while data := connection.recv(65536):
            answer += data
    return answer


@pytest.fixture
def store():
    with Store() as made:
        made.set("one.example", "testing", "mx=a.example")
        made.set("two.example", "none")
        yield made


def assert_each_host_of(server):
    """Over HTTP/1.1 and 2, with TLS and without, each host gets its own policy."""
    for domain, body in (("one.example", TESTING), ("two.example", body_of("none"))):
        assert_policy(request(server.port, "GET", PATH, {"Host": f"mta-sts.{domain}"}), body)
        for version in ("--http1.1", "--http2"):
            fetched = tls.curl(server, f"mta-sts.{domain}", PATH, "-k", version, "-w", "%{http_version}")
            assert fetched == body.decode().replace("\r\n", "\n") + ("2" if version == "--http2" else "1.1")


class TestNginx:
    kind = Nginx

    @pytest.mark.parametrize("words, before", [("", b""), (" proxy_protocol", PROXY_LINE)], ids=["plain", "proxy_protocol"])
    def test_ipv6_and_unix_sockets(self, start, words, before):
        holder, port = reserved()
        with holder, tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/socket"
            lines = f"listen [::1]:{port}{words}; listen unix:{path}{words}; set_real_ip_from unix:; set_real_ip_from ::1;"
            lines += " real_ip_header proxy_protocol;" if words else ""
            server = start(Site(policy=WORDS, inside=lines, log_format="status address"))
            assert ask(socket.AF_INET6, ("::1", port), before).endswith(BODY)
            assert ask(socket.AF_UNIX, path, before).endswith(BODY)
            server.stop()
            logged = [line["address"] for line in server.access_log_fields()]
            assert logged == (["192.0.2.1"] * 2 if words else ["::1", "unix:"])

    def test_names_of_every_form_choose_the_server(self, start):
        def other(names, port):
            return f"server {{ listen 127.0.0.1:{port}; server_name {names}; mta_sts testing mx=a.example; }}\n"

        class Two(Nginx):
            def http_lines(self):
                return super().http_lines().replace("http {\n", "http {\n" + other(r"mta-sts.a.example .b.example mta-sts.* ~^mta-sts\.(?<d>x.+)$", self.port), 1)

        server = start(Site(policy=WORDS, inside=f"server_name {HOST} mta-sts.example.net;"), kind=Two)
        for host in (HOST, "MTA-STS.example.NET.", "mta-sts.example.net:8443"):
            assert_policy(request(server.port, "GET", PATH, {"Host": host}))
        for host in ("mta-sts.a.example", "mta-sts.b.example", "mta-sts.org", "mta-sts.xyz.example"):
            assert_policy(request(server.port, "GET", PATH, {"Host": host}), TESTING)

    def test_maps_go_by_the_policy_and_choose_what_stands_beside_it(self, start):
        above = ('map $mta_sts_mode $mta_sts_hsts { enforce "max-age=31536000"; default ""; }\n'
                 "map $host $where { hostnames; .example.com http://127.0.0.1:1; default http://127.0.0.1:2; }")  # fmt: skip
        inside = "add_header Strict-Transport-Security $mta_sts_hsts always; location / { proxy_pass $where; }"
        for words, seen in ((WORDS, "max-age=31536000"), ("testing mx=a.example", None)):
            server = start(Site(policy=words, above=above, inside=inside))
            assert get(server.port, PATH).field("strict-transport-security") == seen

    def test_a_store_over_http_2(self, start, store):
        server = start(Site(policy=f"store={store.path}", tls=True, redirect="https://www.example.com"))
        assert_each_host_of(server)

    def test_http_3(self, start, store, tmp_path):
        if "--with-http_v3_module" not in build_of_nginx():
            pytest.skip("this nginx has no HTTP/3")
        if not HTTP3.exists():
            pytest.skip("no client of HTTP/3: scripts/compat unpacks one")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
            holder.bind(("127.0.0.1", 0))
            port = holder.getsockname()[1]
        server = start(Site(policy=f"store={store.path}", tls=True, inside=f"listen 127.0.0.1:{port} quic;"))
        for domain, body in (("one.example", TESTING), ("two.example", body_of("none"))):
            answer = http3(port, f"mta-sts.{domain}", f"--download={tmp_path}")
            assert "[:status: 200]" in answer and "[content-type: text/plain]" in answer and f"[content-length: {len(body)}]" in answer
            assert (tmp_path / "mta-sts.txt").read_bytes() == body
        assert "[:status: 404]" in http3(port, "mta-sts.three.example")
        assert "[:status: 405]" in http3(port, "mta-sts.one.example", "--http-method=DELETE")


def http3(port: int, host: str, *options: str) -> str:
    """What the client of another release tells of an exchange, in its own C library."""
    libraries = HTTP3 / "usr/lib/x86_64-linux-gnu"
    words = [HTTP3 / "usr/lib64/ld-linux-x86-64.so.2", "--library-path", libraries, HTTP3 / "usr/bin/gtlsclient", "--exit-on-all-streams-close",
             "--timeout=20s", *options, "127.0.0.1", port, f"https://{host}:{port}{PATH}"]  # fmt: skip
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, errors="replace", timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)


class TestApache:
    kind = Apache

    def test_ipv6(self, start):
        holder, port = reserved()
        with holder:
            start(Site(policy=WORDS, above=f"Listen [::1]:{port}\n<VirtualHost [::1]:{port}>\nServerName {HOST}\nMtaSts testing mx=a.example\n</VirtualHost>"))
            assert ask(socket.AF_INET6, ("::1", port)).endswith(TESTING)

    def test_the_protocol_of_proxies(self, start):
        holder, port = reserved(socket.AF_INET, "127.0.0.1")
        lines = (f"LoadModule remoteip_module {MODULES}/mod_remoteip.so\nListen 127.0.0.1:{port}\n"
                 f"<VirtualHost 127.0.0.1:{port}>\nRemoteIPProxyProtocol On\nMtaSts testing mx=a.example\n</VirtualHost>")  # fmt: skip
        with holder:
            server = start(Site(policy=WORDS, above=lines, log_format="status address"))
            assert ask(socket.AF_INET, ("127.0.0.1", port), PROXY_LINE).endswith(TESTING)
            server.stop()
            assert [line["address"] for line in server.access_log_fields()] == ["192.0.2.1"]

    def test_names_of_every_form_choose_the_virtual_host(self, start):
        class Two(Apache):
            def configure(self):
                text = super().configure()
                more = ("ServerName mta-sts.a.example", "ServerAlias mta-sts.b.example mta-sts.*.net mta-sts.x*", "MtaSts testing mx=a.example")
                return text + "\n".join([f"<VirtualHost 127.0.0.1:{self.port}>", *more, "</VirtualHost>"]) + "\n"

        server = start(Site(policy=WORDS, inside=f"ServerName {HOST}\nServerAlias mta-sts.example.org"), kind=Two)
        for host in (HOST, "MTA-STS.example.ORG", "mta-sts.example.org:8443"):
            assert_policy(request(server.port, "GET", PATH, {"Host": host}))
        for host in ("mta-sts.a.example", "mta-sts.b.example", "mta-sts.one.net", "mta-sts.xyz.example"):
            assert_policy(request(server.port, "GET", PATH, {"Host": host}), TESTING)

    @pytest.mark.parametrize("canonical", ["Off", "On", "DNS"])
    def test_a_store_goes_by_the_host_of_the_request(self, start, store, canonical):
        lines = f"UseCanonicalName {canonical}\nUseCanonicalPhysicalPort On\nServerAlias mta-sts.*"
        server = start(Site(policy=f"store={store.path}", tls=True, inside=lines))
        assert_each_host_of(server)

    def test_many_virtual_hosts_share_a_store(self, start, store):
        class Many(Apache):
            def configure(self):
                text = super().configure()
                for domain in ("one.example", "two.example"):
                    text += f"<VirtualHost 127.0.0.1:{self.port}>\nServerName mta-sts.{domain}\nMtaSts store={store.path}\n</VirtualHost>\n"
                return text

        server = start(Site(inside="ServerName www.example.com"), kind=Many)
        for _ in range(20):
            for domain, body in (("one.example", TESTING), ("two.example", body_of("none"))):
                assert_policy(request(server.port, "GET", PATH, {"Host": f"mta-sts.{domain}"}), body)
        assert get(server.port, PATH, {"Host": "www.example.com"}).status == 404
