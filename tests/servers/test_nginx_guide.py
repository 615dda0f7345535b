"""docs/nginx.md, run as it stands: its blocks with addresses and paths put in their place, its commands on a host of their own."""

import re
from pathlib import Path

import pytest

import guide_host
import tls
from client import get
from expected import ELSEWHERE, PATH
from nginx import Nginx
from server import Site

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "nginx.md"
BLOCKS = dict(re.findall(r"<!-- block: (\w+) -->\n```nginx\n(.*?)```", GUIDE.read_text(), re.S))
COMMANDS = dict(re.findall(r"<!-- run: (\w+) -->\n```sh\n(.*?)```", GUIDE.read_text(), re.S))
LIVE = "/etc/letsencrypt/live/mta-sts.example.com"
HOST = "mta-sts.example.com"


class GuideNginx(Nginx):
    """nginx with one block of the guide in the place of the server that the harness would write."""

    block = ""

    def http_lines(self):
        text = self.block
        for ours, here in (
            ("listen 443 ssl", f"listen 127.0.0.1:{self.tls_port} ssl"),
            ("listen [::]:443 ssl", f"listen unix:{self.folder}/second ssl"),
            ("listen 127.0.0.1:8081", f"listen 127.0.0.1:{self.port}"),
            (LIVE + "/fullchain.pem", str(self.certificate.chain)),
            (LIVE + "/privkey.pem", str(self.certificate.key)),
            ("/var/log/nginx/mta-sts.log", str(self.access_log_path())),
            ("http://127.0.0.1:8080", f"http://127.0.0.1:{self.port}"),
        ):
            text = text.replace(ours, here)
        lines = [] if "access_log" in text else ["access_log off;"]
        lines += [f"{name}_temp_path {self.folder}/{name};" for name in ("client_body", "proxy", "fastcgi")]
        lines += [f"{name}_temp_path {self.folder}/{name};" for name in ("uwsgi", "scgi")]
        lines += [f"root {self.root};", self.with_surroundings(text)]
        return "http {\n" + "\n".join(lines) + "\n}\n"

    def with_surroundings(self, text: str) -> str:
        """What a reader has around the block: a server around a line, a server beside a log, an application."""
        plain = f"server {{ listen 127.0.0.1:{self.port};\n%s }}\n"
        if text.startswith("mta_sts "):
            return plain % text
        if text.startswith("log_format "):
            return text + plain % "mta_sts none;"
        return text + (plain % "" if "proxy_pass" in text else "")


def guide(name: str):
    return type("Guide", (GuideNginx,), {"block": BLOCKS[name]})


AS_INSTALLED = r"""
rm -rf /etc/nginx/modules-enabled/*mta-sts* /usr/lib/nginx
nginx
systemctl() { [ "$*" = "restart nginx" ] && nginx -s quit && while [ -e /run/nginx.pid ]; do sleep 0.1; done && nginx; }
"""


@guide_host.needed
def test_commands_from_installation_to_removal(tmp_path):
    (tmp_path / "tls.conf").write_text(BLOCKS["tls"])
    fetch = f"curl -i https://{HOST}{PATH}"
    printed = guide_host.run_on_a_host(
        tmp_path,
        AS_INSTALLED + COMMANDS["install"] + "cp tls.conf /etc/nginx/sites-enabled/mta-sts\n"
        + "echo == served\n" + COMMANDS["serve"]
        + "echo == upgraded\n" + COMMANDS["upgrade"] + fetch
        + "\necho == removed\nsed -i '/^ *mta_sts /d' /etc/nginx/sites-enabled/mta-sts\n" + COMMANDS["remove"]
        + f"until {fetch} | grep '^HTTP/1.1 301'; do sleep 0.1; done\n"  # workers from before may still answer
        + "maps=$(cat /proc/$(cat /run/nginx.pid)/maps)\ncase $maps in *ngx_http_mta_sts_module*) exit 1;; esac\n",
    )  # fmt: skip
    _, served, upgraded, removed = re.split("== (?:served|upgraded|removed)\n", printed)
    for answer in (served, upgraded):
        assert answer.startswith("HTTP/1.1 200 OK") and "version: STSv1" in answer and "mode: testing" in answer
    assert removed.startswith("HTTP/1.1 301")


def test_the_guide_has_the_blocks_that_are_tested():
    assert set(BLOCKS) == {"tls", "line", "proxy", "behind", "many", "log"}
    assert set(COMMANDS) == {"install", "serve", "remove", "upgrade"}


@pytest.mark.parametrize("name, host", [("tls", HOST), ("proxy", HOST), ("many", HOST)])
def test_servers_with_tls(start, name, host):  # R49, R50: curl sends SNI and checks chain and name
    server = start(Site(tls=True, files={"/index.html": "of the application"}), kind=guide(name))
    answer = tls.curl(server, host, PATH, "-i")
    assert answer.startswith("HTTP/1.1 200") and "version: STSv1" in answer
    if name == "tls":
        assert "mode: testing" in answer and "mx: mail2.example.com" in answer
        assert ELSEWHERE in tls.curl(server, host, "/x", "-i")
    if name == "proxy":
        assert tls.curl(server, host, "/index.html") == "of the application"


def test_server_behind_a_proxy(start):  # R52
    server = start(Site(), kind=guide("behind"))
    assert b"mode: enforce" in get(server.port, PATH).body


def test_line(start):
    server = start(Site(), kind=guide("line"))
    assert b"max_age: 2419200" in get(server.port, PATH).body


def test_log(start):
    server = start(Site(), kind=guide("log"))
    policy_id = get(server.port, PATH).field("etag").strip('"')
    server.stop()
    line = server.access_log_path().read_text()
    assert line.endswith(f'" 200 domain=example.com mode=none id={policy_id}\n')


def test_message_of_a_wrong_line(tmp_path):
    """The example is a line that nginx really prints."""
    shown = re.search(r"nginx: \[emerg\] (mta_sts: .*): \.\.\. in ", GUIDE.read_text())[1]
    word = re.search(r'"(mx=[^"]+)"', shown)[1]
    config = tmp_path / "nginx.conf"
    config.write_text(f"load_module {Nginx.module};\npid {tmp_path}/pid;\nevents {{ }}\n"
                      f"http {{ server {{ listen unix:{tmp_path}/s; mta_sts enforce {word}; }} }}\n")  # fmt: skip
    assert shown in Nginx.check(config, tmp_path).stderr


def test_line_of_the_log_that_names_the_policy(start):
    shown = re.search(r"mta_sts: serves mode testing with id ([0-9a-f]+) in ", GUIDE.read_text())
    server = start(Site(policy="testing mx=mail.example.com"), kind=Nginx)
    policy_id = get(server.port, PATH).field("etag").strip('"')
    assert "[notice]" in server.log_text()
    assert shown[0].replace(shown[1], policy_id) + str(server.config_path()) in server.log_text()


def test_install_command_names_packages_of_the_build():
    line = re.search(r"apt-get install (g\+\+(?:.*\\\n)*.*)", GUIDE.read_text())[1].replace("\\\n", " ")
    script = (GUIDE.parents[1] / "scripts" / "packages.sh").read_text()
    packages = re.search(r"build_packages=\((.*?)\)", script, re.S)[1].split()
    assert set(line.split()) <= {*packages, "nginx", "curl", "ca-certificates"}  # nginx comes with nginx-dev; for curl see the guide
