"""What comes before the policy in both servers, and what does not: the tables of docs/nginx.md and docs/apache.md, a test a line.

Each has the other modules that Debian offers; a control request shows that they do something at all.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from apache import Apache
from client import Connection, get, request
from expected import PATH, WORDS, assert_policy
from nginx import Nginx
from server import Site

UNPACKED = Path(__file__).resolve().parents[2] / "build"  # by scripts/test, for every build folder
DEBIANS = {"nginx": UNPACKED / "lab-nginx/root", "apache": UNPACKED / "lab-apache/root"}
OTHER = PATH + ".other"  # everything but the policy's own path


class Beside:
    """A server that finds the libraries of Debian's other modules, which are unpacked and not installed."""

    @classmethod
    def environment(cls):
        libraries = next((DEBIANS[cls.kind] / "usr/lib").glob("*-linux-gnu"))
        return {**super().environment(), "LD_LIBRARY_PATH": str(libraries)}


class NginxBeside(Beside, Nginx):
    others = ()
    others_last = False

    def main_lines(self):
        modules = DEBIANS["nginx"] / "usr/lib/nginx/modules"
        lines = "".join(f"load_module {modules}/{name}.so;\n" for name in self.others)
        own = Nginx.main_lines(self)
        return own.replace("user ", lines + "user ", 1) if self.others_last else lines + own


class NginxModSecurity(NginxBeside):
    others = ("ngx_http_modsecurity_module",)


class NginxLua(NginxBeside):
    others = ("ndk_http_module", "ngx_http_lua_module")


class NginxLuaLast(NginxLua):
    others_last = True


LUA_FILES = f'lua_package_path "{UNPACKED}/lab-nginx/root/usr/share/lua/5.1/?.lua;;";'
ZONES = "limit_req_zone $server_port zone=req:64k rate=1r/m; limit_conn_zone $server_port zone=conn:64k;"
SECURITY = 'modsecurity on; modsecurity_rules \'SecRuleEngine On\nSecRule REQUEST_URI "@contains mta-sts" "id:1,phase:1,deny,status:403"\';'


@pytest.mark.parametrize(
    "kind, inside, refused",
    [
        (Nginx, "limit_req zone=req;", 503),
        (Nginx, "deny all;", 403),
        (Nginx, "auth_basic closed; auth_basic_user_file /dev/null;", 401),
        (Nginx, "auth_request /auth; location = /auth { internal; return 403; }", 403),
        (Nginx, "return 410;", 410),
        (Nginx, "rewrite ^ https://www.example.com/ permanent;", 301),
        (NginxModSecurity, SECURITY, 403),
        (NginxLua, "rewrite_by_lua_block { ngx.exit(403) }", 403),
        (NginxLua, "access_by_lua_block { ngx.exit(403) }", 403),
        (NginxLua, "server_rewrite_by_lua_block { ngx.exit(403) }", 403),
        (NginxLuaLast, "server_rewrite_by_lua_block { ngx.exit(403) }", 403),
    ],
)
def test_in_nginx_the_policy_comes_before(start, kind, inside, refused):
    above = ZONES + (LUA_FILES if issubclass(kind, NginxLua) else "")
    server = start(Site(policy=WORDS, inside=inside, above=above, files={OTHER: "other"}), kind=kind)
    server.tolerate_log("limiting requests|access forbidden|no user/password|ModSecurity|lua_load_resty_core|detected a LuaJIT")
    assert refused in [get(server.port, OTHER).status for _ in range(3)]
    for _ in range(3):
        assert_policy(get(server.port, PATH))


def test_in_nginx_the_policy_comes_before_limits_of_connections(start):
    inside = "limit_conn conn 1; location = /slow.txt { limit_rate 100; }"
    server = start(Site(policy=WORDS, inside=inside, above=ZONES, files={"/slow.txt": "x" * 100_000, OTHER: ""}), kind=Nginx)
    server.expect_log("limiting connections")
    with Connection(server.port) as slow:
        slow.send_request("GET", "/slow.txt")
        server.wait_until(lambda: get(server.port, OTHER).status == 503, "the limit to be reached")
        assert_policy(get(server.port, PATH))


def test_limits_of_header_fields_come_first(start, any_kind):
    server = start(Site(policy=WORDS), kind=any_kind)
    assert get(server.port, PATH, {"X-Long": "x" * 40_000}).status == 400
    server.stop()
    assert "policy-not-served" not in server.log_text()  # a fault of the client


def test_in_nginx_a_required_client_certificate_comes_first(start, certificate):
    site = Site(policy=WORDS, tls=True, inside=f"ssl_verify_client on; ssl_client_certificate {certificate.chain};")
    server = start(site, kind=Nginx)
    assert ask_by_tls(server) == "400"
    assert_policy(get(server.port, PATH))


def ask_by_tls(server) -> str:
    return subprocess.run(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "--connect-to", "::127.0.0.1:",
                           f"https://mta-sts.example.com:{server.tls_port}{PATH}"],
                          capture_output=True, text=True, timeout=60, check=False).stdout  # fmt: skip


def test_in_nginx_limits_come_before_reports(start):
    site = Site(inside="location = /tlsrpt { limit_req zone=req; mta_sts_reports reports; }", above=ZONES)
    server = start(site, kind=Nginx)
    server.tolerate_log("limiting requests")
    folder = server.folder / "reports"
    folder.mkdir()
    if os.getuid() == 0:
        shutil.chown(folder, "www-data", "www-data")
    statuses = [request(server.port, "POST", "/tlsrpt", body=b'{"a": %d}' % number).status for number in range(3)]
    assert statuses == [201, 503, 503]
    assert len(list((folder / "new").iterdir())) == 1


class ApacheWith(Beside, Apache):
    """`more` are httpd's own modules, `others` Debian's further ones as name and file."""

    more = ()
    others = ()

    @property
    def modules(self):
        return (*Apache.modules, *self.more)

    def main_lines(self):
        modules = DEBIANS["apache"] / "usr/lib/apache2/modules"
        lines = [f"LoadModule {name}_module {modules}/mod_{file}.so" for name, file in self.others]
        return [*lines, *super().main_lines()]


class ModSecurity(ApacheWith):
    more = ("unique_id",)
    others = (("security2", "security2"),)


class Login(ApacheWith):
    more = ("authn_core", "authn_file", "auth_basic", "authz_user")


class Rewriting(ApacheWith):
    more = ("rewrite",)


class Lua(ApacheWith):
    more = ("lua",)


RULE = 'SecRuleEngine On\nSecRule REQUEST_URI "@contains mta-sts" "id:1,phase:%d,deny,status:403"'


@pytest.mark.parametrize(
    "kind, inside, refused",
    [
        (Apache, "<Location />\nRequire all denied\n</Location>", 403),
        (Login, "<Location />\nAuthType Basic\nAuthName closed\nAuthUserFile /dev/null\nRequire valid-user\n</Location>", 401),
        (Apache, "Redirect permanent / https://www.example.com/", 301),
        (Rewriting, "RewriteEngine on\nRewriteRule ^ - [F]", 403),
        (ModSecurity, RULE % 2, 403),
        (Lua, "LuaQuickHandler {root}/quick.lua refuse", 403),
    ],
)
def test_in_apache_the_policy_comes_before(start, kind, inside, refused):
    script = "require 'apache2'\nfunction refuse(r) return 403 end\n"
    lua = {"/quick.lua": script} if kind is Lua else {}

    class Filled(kind):
        def site_lines(self, port, more):
            return [line.replace("{root}", str(self.root)) for line in super().site_lines(port, more)]

    server = start(Site(policy=WORDS, inside=inside, files={OTHER: "other", **lua}), kind=Filled)
    server.tolerate_log(r"client denied|ModSecurity|:security2|\[lua:|AH01617|AH0\d+: user")
    assert refused in [get(server.port, OTHER).status for _ in range(4)]
    for _ in range(3):
        assert_policy(get(server.port, PATH))


def test_in_apache_phase_1_of_modsecurity_comes_first(start):
    server = start(Site(policy=WORDS, inside=RULE % 1), kind=ModSecurity)
    server.tolerate_log("ModSecurity|:security2")
    server.expect_log("policy-not-served: .* answered 403 ")
    assert get(server.port, PATH).status == 403


def test_in_apache_a_required_client_certificate_comes_first(start, certificate):
    class Required(Apache):
        def tls_site_lines(self):
            lines = super().tls_site_lines()
            return [*lines[:-1], "SSLVerifyClient require", f"SSLCACertificateFile {certificate.chain}", lines[-1]]

    server = start(Site(policy=WORDS, tls=True), kind=Required)
    server.tolerate_log(r"\[ssl:")
    assert ask_by_tls(server) == "000"  # no handshake, no answer
    assert_policy(get(server.port, PATH))
