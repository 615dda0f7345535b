"""docs/apache.md, run as it stands: its blocks with addresses and paths put in their place, its commands on a host of their own."""

import re
from pathlib import Path

import pytest

import guide_host
import tls
from apache import MODULES, Apache
from cases import ELSEWHERE, PATH
from client import Connection, get
from server import Site

REPOSITORY = Path(__file__).resolve().parents[2]
GUIDE = REPOSITORY / "docs" / "apache.md"
BLOCKS = dict(re.findall(r"<!-- block: (\w+) -->\n```apache\n(.*?)```", GUIDE.read_text(), re.S))
COMMANDS = dict(re.findall(r"<!-- run: (\w+) -->\n```sh\n(.*?)```", GUIDE.read_text(), re.S))
LIVE = "/etc/letsencrypt/live/mta-sts.example.com"
INSTALLED = "/usr/lib/apache2/modules/mod_mta_sts.so"
HOST = "mta-sts.example.com"


class GuideApache(Apache):
    """httpd with one block of the guide in the place of the virtual host that the harness would write."""

    block = ""
    modules = (*Apache.modules, "proxy", "proxy_http")
    load_module = False  # the guide's block does it

    def main_lines(self):
        return [f"Define APACHE_LOG_DIR {self.folder}", *super().main_lines(), self.here(BLOCKS["load"])]

    def site_lines(self, port, more):
        if self.block.startswith("<VirtualHost"):
            text = self.here(self.block)
            served = f"127.0.0.1:{self.port}"  # what the proxy block passes its requests to
            return [text, *([] if served in text.split(">")[0] else [f"<VirtualHost {served}>", "</VirtualHost>"])]
        words = "" if "MtaSts" in self.block else "MtaSts none"
        return [f"<VirtualHost 127.0.0.1:{port}>", words, self.here(self.block), "</VirtualHost>"]

    def tls_site_lines(self):
        return []

    def here(self, text: str) -> str:
        for ours, here in (
            (INSTALLED, str(self.module)),
            ("<VirtualHost *:443>", f"<VirtualHost 127.0.0.1:{self.tls_port}>"),
            ("<VirtualHost 127.0.0.1:8081>", f"<VirtualHost 127.0.0.1:{self.port}>"),
            ("http://127.0.0.1:8080", f"http://127.0.0.1:{self.port}"),
            (LIVE + "/fullchain.pem", str(self.certificate.chain)),
            (LIVE + "/privkey.pem", str(self.certificate.key)),
        ):
            text = text.replace(ours, here)
        return text


def guide(name: str):
    return type("Guide", (GuideApache,), {"block": BLOCKS[name]})


PACKAGE = REPOSITORY / "build" / "lab-apache" / "root"  # apache2: this machine has apache2-bin, which has no a2enmod
AS_INSTALLED = r"""
mkdir -p /etc/apache2/mods-enabled /etc/apache2/sites-enabled /etc/apache2/conf-enabled /var/log/apache2 /var/www/html /var/lib/apache2
a2enmod --quiet mpm_event authz_core authz_host alias dir mime
apachectl start
systemctl() {
  [ "$*" = "restart apache2" ] && apachectl stop && while [ -e /run/apache2/apache2.pid ]; do sleep 0.1; done && apachectl start
}
"""


@guide_host.needed
def test_commands_from_installation_to_removal(tmp_path):
    assert (PACKAGE / "usr" / "sbin" / "a2enmod").exists(), "scripts/test unpacks the package apache2 there"
    (tmp_path / "tls.conf").write_text(BLOCKS["tls"])
    printed = guide_host.run_on_a_host(
        tmp_path,
        AS_INSTALLED + COMMANDS["install"] + "cp tls.conf /etc/apache2/sites-available/mta-sts.conf\n"
        + "echo == served\n" + COMMANDS["serve"]
        + "sed -i '/MtaSts/d' /etc/apache2/sites-available/mta-sts.conf\n" + COMMANDS["remove"]
        + f"echo == removed\ncurl -i https://{HOST}{PATH}\n"
        + "maps=$(cat /proc/$(cat /run/apache2/apache2.pid)/maps)\ncase $maps in *mod_mta_sts*) exit 1;; esac\n"
        + "[ -z \"$(find /etc/apache2 /usr/lib/apache2 -name '*mta_sts*')\" ]\n",
        over=PACKAGE,
    )  # fmt: skip
    _, served, removed = re.split("== (?:served|removed)\n", printed)
    assert "\nHTTP/2 200" in served and "version: STSv1" in served and "mode: testing" in served
    assert removed.startswith("HTTP/2 301")


def test_the_guide_has_the_blocks_that_are_tested():
    assert set(BLOCKS) == {"load", "tls", "line", "proxy", "behind", "many", "log"}
    assert set(COMMANDS) == {"install", "serve", "remove"}


@pytest.mark.parametrize("name", ["tls", "proxy", "many"])
def test_virtual_hosts_with_tls(start, name):  # R49, R50: curl sends SNI and checks chain and name
    server = start(Site(tls=True, files={"/index.html": "of the application"}), kind=guide(name))
    answer = tls.curl(server, HOST, PATH, "--http2", "-i")
    assert " 200" in answer.splitlines()[0] and "version: STSv1" in answer
    if name == "tls":
        assert answer.startswith("HTTP/2 200") and "mode: testing" in answer and "mx: mail2.example.com" in answer
        assert ELSEWHERE + "/x" in tls.curl(server, HOST, "/x", "-i")
    if name == "proxy":
        assert tls.curl(server, HOST, "/index.html") == "of the application"
        assert "strict-transport-security: max-age=31536000" in answer.lower()


def test_virtual_host_behind_a_proxy(start):  # R52
    server = start(Site(), kind=guide("behind"))
    assert b"mode: enforce" in get(server.port, PATH).body


def test_line(start):
    server = start(Site(), kind=guide("line"))
    assert b"max_age: 2419200" in get(server.port, PATH).body


def test_log(start):
    server = start(Site(), kind=guide("log"))
    with Connection(server.port) as connection:
        connection.send_request("GET", PATH)
        policy_id = connection.read_answer().field("etag").strip('"')
    server.stop()
    line = (server.folder / "mta-sts.log").read_text()
    assert line.endswith(f'" 200 domain=example.com mode=none id={policy_id}\n')


def test_message_of_a_wrong_line(tmp_path):
    """The example is what configtest really prints."""
    shown = re.search(r"^(MtaSts: .*): \.\.\.$", GUIDE.read_text(), re.M)[1]
    word = re.search(r'"(mx=[^"]+)"', shown)[1]
    config = tmp_path / "httpd.conf"
    config.write_text(
        f"DefaultRuntimeDir {tmp_path}\nLoadModule mpm_event_module {MODULES}/mod_mpm_event.so\n"
        f"LoadModule mta_sts_module {Apache.module}\n<VirtualHost *:80>\nMtaSts enforce {word}\n</VirtualHost>\n"
    )
    printed = Apache.check(config, tmp_path).stderr
    assert f"\n{shown}: " in printed and f"AH00526: Syntax error on line 5 of {config}:" in printed


def test_files_for_mods_available(start):
    """What a2enmod links into place: httpd reads both, and mta_sts.load is the line of the guide."""
    folder = REPOSITORY / "apache-module"
    assert (folder / "mta_sts.load").read_text() == BLOCKS["load"]
    server = start(Site(above=f"Include {folder}/mta_sts.conf", policy="none"), Apache)
    assert get(server.port, PATH).status == 200


def test_install_command_names_packages_of_the_build():
    line = re.search(r"apt-get install (g\+\+(?:.*\\\n)*.*)", GUIDE.read_text())[1].replace("\\\n", " ")
    script = (REPOSITORY / "scripts" / "packages.sh").read_text()
    packages = re.search(r"build_packages=\((.*?)\)", script, re.S)[1].split()
    assert set(line.split()) <= {*packages, "apache2", "curl", "ca-certificates"}  # the service, where there is none yet; for curl see the guide
