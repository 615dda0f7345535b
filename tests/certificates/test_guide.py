"""docs/certificates.md, run as it stands: certificates of a real ACME authority for the hosts of a store, in both servers."""

import json
import re
import subprocess
from pathlib import Path

import pebble
import pytest
from conftest import ABSENT, ALIAS, BROKEN, ELSEWHERE, GOOD, HALF, PLACE

from lab import web
from lab.processes import sanitizers, wait_until

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "certificates.md"
BLOCKS = dict(re.findall(r"<!-- block: ([\w-]+) -->\n *```\w*\n(.*?)```", GUIDE.read_text(), re.S))
SECONDS = 300
HERE = [f"mta-sts.{name}" for name in sorted((*GOOD, ALIAS))]
FOLDER = Path("/etc/mta-sts-certificates")
SCRIPT = Path("/usr/local/sbin/mta-sts-certificates")
# A shell in which root is asked for nothing, with sudo's search path, and which stands in for systemd.
SHELL = r"""
PATH=/usr/local/sbin:/usr/local/bin:$PATH
sudo() { "$@"; }
systemctl() {
  [ "$*" = "restart apache2" ] && apachectl stop && while [ -e /run/apache2/apache2.pid ]; do sleep 0.1; done && apachectl start
}
"""


def run(text, code=0):
    """Runs shell text as root; gives what it printed."""
    done = subprocess.run(["bash", "-e", "-c", SHELL + text], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def attempt(text):
    """Runs shell text that may fail; gives nothing."""
    subprocess.run(["bash", "-c", SHELL + text], capture_output=True, timeout=SECONDS, check=False)


def block(name):
    """A block of the guide, with the test's authority in the place of the public one."""
    return BLOCKS[name].replace("https://acme-v02.api.letsencrypt.org/directory", pebble.DIRECTORY)


def hosts(*words, code=0):
    return run(f"mta-sts store list --hosts {' '.join(map(str, words))}", code).split()


def steps(lab, name):
    found = json.loads(run(f"mta-sts publish --json --ca {lab.authority.roots} {name}"))
    return {step["step"]: step["state"] for step in found["steps"]}


def assert_valid(lab, name):
    """The certificate of the policy host is one that senders accept, and the policy is behind it."""
    found = steps(lab, name)
    assert (found["certificate"], found["serve"], found["announce"]) == ("done", "done", "to-do"), found
    url = f"https://mta-sts.{name}/.well-known/mta-sts.txt"
    assert run(f"curl -sS --cacert {lab.authority.roots} {url}").startswith("version: STSv1")
    check = subprocess.run(["mta-sts", "check", "--json", "--all", "--ca", lab.authority.roots, name],
                           capture_output=True, text=True, timeout=SECONDS, check=False)  # fmt: skip
    results = {entry["id"]: entry["result"] for entry in json.loads(check.stdout)["checks"]}
    assert [results[number] for number in ("C18", "C19", "C20", "C21")] == ["ok"] * 4, check.stdout


def test_only_hosts_that_lead_to_the_server_are_listed(lab):
    assert run(block("list")).split() == HERE
    everybody = hosts()
    assert everybody == sorted([*HERE, *(f"mta-sts.{name}" for name in (ELSEWHERE, HALF, ABSENT))])
    assert hosts("--leads-to", "11.22.33.3") == [f"mta-sts.{ELSEWHERE}"]
    assert hosts("--leads-to", PLACE, "--leads-to", "2A00:1122:33::3") == sorted([*HERE, f"mta-sts.{HALF}"])
    assert hosts("--leads-to", "192.0.2.1") == []


def test_what_dns_does_not_tell_is_left_out_and_told(lab):
    run(f"mta-sts store set {BROKEN} none")
    done = subprocess.run(["mta-sts", "store", "list", "--hosts", "--leads-to", PLACE], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert (done.returncode, done.stdout.split()) == (3, HERE) and "no answer: 1 hosts" in done.stderr
    run(f"mta-sts store remove {BROKEN}")
    done = subprocess.run(["mta-sts", "store", "list", "--hosts", "--leads-to", f"web.{BROKEN}"], capture_output=True, text=True,
                          timeout=SECONDS, check=False)  # fmt: skip
    assert (done.returncode, done.stdout) == (3, "") and "error: dns-failure: " in done.stderr
    done = subprocess.run(["mta-sts", "store", "list", "--hosts", "--leads-to", f"mta-sts.{ABSENT}"], capture_output=True, text=True,
                          timeout=SECONDS, check=False)  # fmt: skip
    assert (done.returncode, done.stdout) == (3, "") and "has no address" in done.stderr


def workers():
    """The worker processes of nginx."""
    master = Path("/run/nginx.pid").read_text().strip()
    return set(Path(f"/proc/{master}/task/{master}/children").read_text().split())


def reload_nginx():
    """The guide's reload. Until they are gone, the workers before it answer too, by the former configuration."""
    before = workers()
    run(block("reload"))
    wait_until(lambda: not before & workers(), "nginx with the new configuration", SECONDS)


def need_plain(module):
    if sanitizers(module):
        pytest.skip("a server as Debian starts it loads no module with sanitizers")


@pytest.fixture
def nginx(lab):
    """Debian's nginx with the module."""
    need_plain(web.NGINX_MODULE)
    enabled = Path("/etc/nginx/modules-enabled")
    enabled.mkdir(exist_ok=True)
    (enabled / "50-mod-http-mta-sts.conf").write_text("load_module modules/ngx_http_mta_sts_module.so;\n")
    for folder in ("/var/log/nginx", "/var/lib/nginx", "/run/lock"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    run("nginx")
    yield
    run("nginx -s quit; while [ -e /run/nginx.pid ]; do sleep 0.1; done")


def test_with_nginx_and_uacme(lab, nginx):
    run(block("folders"))
    Path("/etc/nginx/sites-enabled/mta-sts").write_text(block("nginx"))
    reload_nginx()
    due = ("--due", f"{FOLDER}/{{}}.pem", "--ca", lab.authority.roots, "--leads-to", PLACE)
    assert hosts(*due) == HERE
    assert steps(lab, GOOD[0])["certificate"] != "done"

    SCRIPT.write_text(block("script").replace("--leads-to", f"--ca {lab.authority.roots} --leads-to"))
    # Again and again, as the timer does: the client gives a request up once three of its nonces are refused.
    wait_until(lambda: attempt(block("run")) or hosts(*due) == [], "certificates for all", SECONDS)
    assert "reject 30% of good nonces" in lab.authority.log()
    assert sorted(path.name for path in FOLDER.glob("*.pem")) == [f"{name}.pem" for name in HERE]
    assert {oct(path.stat().st_mode & 0o777) for path in FOLDER.glob("*.pem")} == {"0o640"}
    for name in (*GOOD, ALIAS):
        assert_valid(lab, name)
    assert hosts(*due) == [] and hosts(*due, "--days", 3650) == HERE

    # What is good is not asked for again, and what is missing is put back from what the client has.
    before = lab.authority.log().count("new-order") + lab.authority.log().count("order-plz")
    (FOLDER / f"{HERE[0]}.pem").unlink()
    run(str(SCRIPT))
    assert hosts(*due) == []
    assert lab.authority.log().count("new-order") + lab.authority.log().count("order-plz") == before
    run(block("check").replace("mta-sts publish", f"mta-sts publish --ca {lab.authority.roots}").splitlines()[0])


def test_the_name_of_a_client_is_no_path(lab, nginx):
    Path("/etc/nginx/sites-enabled/mta-sts").write_text(block("nginx"))
    reload_nginx()
    log = Path("/var/log/nginx/error.log")
    before = len(log.read_text())
    for name in ("mta-sts.a/../../x", "../x", "mta-sts..", "", "mta-sts.unknown.example"):
        subprocess.run(["openssl", "s_client", "-connect", "11.22.33.2:443", *(["-servername", name] if name else ["-noservername"])],
                       input=b"", capture_output=True, timeout=SECONDS, check=False)  # fmt: skip
    opened = re.findall(r'cannot load certificate "([^"]*)"', log.read_text()[before:])
    assert set(opened) == {f"{FOLDER}/none.pem", f"{FOLDER}/mta-sts.unknown.example.pem"}


@pytest.fixture
def apache(lab):
    """Debian's Apache with the module, as its package and ours have them."""
    need_plain(web.APACHE_MODULE)
    for folder in ("mods-enabled", "sites-enabled", "conf-enabled", "sites-available"):
        (Path("/etc/apache2") / folder).mkdir(parents=True, exist_ok=True)
    for folder in ("/var/log/apache2", "/var/www/html", "/var/lib/apache2", "/run/lock"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    for name in ("mta_sts.load", "mta_sts.conf"):
        (Path("/etc/apache2/mods-available") / name).write_bytes((ROOT / "apache-module" / name).read_bytes())
    run("a2enmod --quiet mpm_event authz_core authz_host alias dir mime mta_sts\napachectl start")
    yield
    run("apachectl stop; while [ -e /run/apache2/apache2.pid ]; do sleep 0.1; done")


def test_with_mod_md(lab, apache):
    Path("/etc/apache2/sites-available/mta-sts.conf").write_text(block("apache"))
    run(block("hosts"))
    lines = Path("/etc/apache2/mta-sts-hosts.conf").read_text().splitlines()
    assert lines == [f"Use PolicyHost {name}" for name in HERE]
    run(block("hosts"))
    assert Path("/etc/apache2/mta-sts-hosts.conf").read_text().splitlines() == lines
    run(block("enable"))
    # Until then mod_md answers with 503 before the module is asked.
    answer = f"curl -sk -o /dev/null -w '%{{http_code}}' https://{HERE[0]}/.well-known/mta-sts.txt"
    wait_until(lambda: run(answer + " || true") == "503", "mod_md to take the hosts")
    staged = Path("/etc/apache2/md/staging")
    wait_until(lambda: all((staged / name / "pubcert.pem").exists() for name in HERE), "the certificates")
    run(block("graceful"))
    wait_until(lambda: steps(lab, GOOD[0])["certificate"] == "done", "the certificates to be taken")
    for name in (*GOOD, ALIAS):
        assert_valid(lab, name)


@pytest.fixture
def rendered(lab):
    """The policy as a file, and the certificate of its host."""
    printed = run(block("render"))
    assert f'_mta-sts.{GOOD[0]}. 300 IN TXT "v=STSv1; id=' in printed
    return lab.ca.certificate(HERE[0])


def assert_served_as_rendered(lab):
    command = f"curl -sS --compressed -H 'Accept-Encoding: gzip, br' --cacert {lab.ca.root} -D - https://{HERE[0]}/.well-known/mta-sts.txt"
    wait_until(lambda: "200" in run(command + " || true").partition("\n")[0], "the file to be served")
    head, _, body = subprocess.run(["bash", "-c", command], capture_output=True, check=True).stdout.partition(b"\r\n\r\n")
    assert body == subprocess.run(["mta-sts", "render", "enforce", "mx=mail.example.com", "max_age=2w"], capture_output=True, check=True).stdout
    assert re.search(rb"(?im)^content-type: text/plain\b", head) and b"content-encoding" not in head.lower()


def test_without_the_module_in_nginx(lab, nginx, rendered):
    Path("/etc/nginx/sites-enabled/mta-sts").write_text(
        f"server {{ listen 443 ssl; listen [::]:443 ssl; ssl_certificate {rendered.chain}; ssl_certificate_key {rendered.key};\n{block('file-nginx')} }}\n")
    reload_nginx()
    assert_served_as_rendered(lab)


def test_without_the_module_in_apache(lab, apache, rendered):
    Path("/etc/apache2/sites-available/mta-sts.conf").write_text(
        f"AddOutputFilterByType DEFLATE text/plain\n<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile {rendered.chain}\n"
        f"SSLCertificateKeyFile {rendered.key}\n{block('file-apache')}</VirtualHost>\n")
    run("a2enmod --quiet ssl env deflate filter; a2dismod --quiet md; a2ensite --quiet mta-sts\nsystemctl restart apache2")
    assert_served_as_rendered(lab)


def test_units_are_read_by_systemd(tmp_path):
    for kind in ("service", "timer"):
        (tmp_path / f"mta-sts-certificates.{kind}").write_text(BLOCKS[kind])
    SCRIPT.touch(mode=0o755)
    analyze = Path("/usr/bin/systemd-analyze")
    if not analyze.exists():
        pytest.skip("no systemd-analyze here")
    done = subprocess.run([analyze, "verify", *tmp_path.iterdir()], capture_output=True, text=True, timeout=SECONDS, check=False)
    assert "mta-sts-certificates" not in done.stderr, done.stderr


def test_the_guide_has_the_blocks_that_are_tested():
    used = re.findall(r"""block\(["']([\w-]+)["']\)""", Path(__file__).read_text())
    assert set(BLOCKS) == {*used, "service", "timer"}
