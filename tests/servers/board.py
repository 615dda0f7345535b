"""Everything that the board of packaging/grafana shows, running: a resolver, a web server, a table of policies, reports and diagnoses, and a Prometheus that collects from them."""

import contextlib
import json
import pathlib
import re
import socket
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import postgresql
import tls
from client import get
from expected import PATH
from nginx import Nginx
from peers import NameServer, PolicyHosts, http, policy_text
from prometheus_server import Prometheus, node_exporter
from redis_server import Redis
from resolver import COMMAND, Resolver
from server import Site
from stores import Store
from test_resolver_outcomes import outcome
from world import free_port

BOARD = json.loads((ROOT / "packaging/grafana/mta-sts.json").read_text(encoding="utf-8"))
RULES = ROOT / "packaging/prometheus/mta-sts.rules.yml"
GUIDE = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
# What Grafana puts in place of its variables.
VARIABLES = {"$__rate_interval": "10s", "$resolver": ".*", "$web": ".*", "$domain": ".*"}
DOMAINS = [f"d{n}.test" for n in range(40)]


def as_asked(expression):
    for name, value in VARIABLES.items():
        expression = expression.replace(name, value)
    return expression


QUERIES = {(panel["title"], target["refId"]): as_asked(target["expr"]) for panel in PANELS for target in panel["targets"]}


def run(*words):
    done = subprocess.run([str(COMMAND), *map(str, words)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def write_reports(folder):
    """The metrics of a history with one report of yesterday, of the lab's recording, and of their files."""
    report = folder / "report.json"
    report.write_text(json.dumps({
        "organization-name": "Sender Ltd", "report-id": "1", "contact-info": "tls@sender.example",
        "date-range": {"start-datetime": "2026-03-01T00:00:00Z", "end-datetime": "2026-03-01T23:59:59Z"},
        "policies": [{"policy": {"policy-type": "sts", "policy-domain": "example.com"},
                      "summary": {"total-successful-session-count": 97, "total-failure-session-count": 3},
                      "failure-details": [{"result-type": "certificate-expired", "receiving-mx-hostname": "mx.example.com", "failed-session-count": 3}]}],
    }))  # fmt: skip
    run("tlsrpt", "import", "--db", folder / "history.sqlite", "--metrics", folder / "mta-sts-import.prom", report)
    (folder / "tlsrpt.prom").write_text(run("tlsrpt", "metrics", "--db", folder / "history.sqlite", "--since", "1970-01-01"))
    run("check", "--replay", ROOT / "tests/vectors/check/healthy.json", "--metrics", folder / "mta-sts-check.prom")


class Table:
    """A table of policies, and a node that follows it and writes metrics."""

    def __init__(self, stack, folder):
        self._server = postgresql.Server()
        stack.callback(self._server.remove)
        self._server.create()
        self._server.make("board")
        self._server.do("board", "INSERT INTO mta_sts.domain (domain, words) VALUES ('a.example', 'none')")
        metrics = folder / "run/mta-sts-sync.prom"  # with a link to it, as the guide says
        metrics.parent.mkdir()
        (folder / metrics.name).symlink_to(metrics)
        with open(folder / "sync.log", "wb") as log:
            process = subprocess.Popen([COMMAND, "store", "sync", "--from", self._server.address("board"), "--store", folder / "synced.mdb",
                                        "--metrics", metrics], stdout=log, stderr=log)  # fmt: skip
        stack.callback(process.wait)
        stack.callback(process.terminate)


class Sender:
    """A resolver with all that it can count, and mail servers that ask it and tell it of sessions."""

    def __init__(self, stack, certificate):
        self.names, self.hosts = stack.enter_context(NameServer()), stack.enter_context(PolicyHosts(certificate))
        self.redis, self.port = stack.enter_context(Redis()), free_port()
        self.resolver = Resolver(self.names, self.hosts, certificate, ("--metrics", f"127.0.0.1:{self.port}", "--shared-cache", self.redis.url()))
        self.resolver.words += ["--outcomes-socket", self.resolver.folder / "outcomes.sock", "--outcomes-file", self.resolver.folder / "outcomes.sqlite"]
        self.resolver.expect_log("shared-cache-unsealed")
        self.resolver.expect_log("http-status")
        stack.enter_context(self.resolver)
        for domain in DOMAINS:
            self.names.set_record(domain, "v=STSv1; id=1;")
            self.hosts.answers[domain] = http(policy_text())
        self.names.set_record("second.test", "v=STSv1; id=1;")
        self.hosts.answers["second.test"] = http("gone", "404 Not Found")
        self._left = list(DOMAINS)

    def work(self):
        """Mail to a domain that nobody has asked for yet, and to one whose policy cannot be fetched."""
        for domain in ["second.test", *([self._left.pop()] if self._left else [])]:
            self.resolver.ask(domain)
        self.tell()

    def tell(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(outcome("a.test"), str(self.resolver.folder / "outcomes.sock"))


class Web:
    """nginx with a store, a receiver of reports, and metrics."""

    def __init__(self, stack):
        store = stack.enter_context(Store())
        store.run("profile", "hosted", "none")
        store.set("example.com", "--profile", "hosted")
        inside = "location = /metrics { allow 127.0.0.1; deny all; mta_sts_metrics; }\nlocation = /tlsrpt { mta_sts_reports reports; }"
        self._server = stack.enter_context(Nginx(Site(policy=f"store={store.path}", inside=inside)))
        self.port = self._server.port

    def work(self):
        assert get(self.port, PATH, {"Host": "mta-sts.example.com"}).status == 200


def scrape_configs(resolver, web, node):
    """Those of the guide, with the ports of this test, as JSON."""
    text = re.search(r"<!-- block: scrape -->\n```yaml\n(.*?)```", GUIDE, re.S)[1]
    jobs = re.findall(r"- job_name: (\S+)\n +static_configs:\n +- targets: \[(.*)\]\n", text)
    ports = {"mta-sts-resolver": resolver, "mta-sts-web": web, "node": node}
    assert [name for name, _ in jobs] == list(ports) and len(jobs) == text.count("job_name")
    return [{"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]} for name, port in ports.items()]


@contextlib.contextmanager
def everything(folder, hosts):
    """Gives a Prometheus that collects each second, the sender, and the web server. Both folders are empty ones."""
    certificate = tls.make_certificate(hosts, *(f"mta-sts.{name}" for name in [*DOMAINS, "second.test"]))
    write_reports(folder)
    with contextlib.ExitStack() as stack:
        Table(stack, folder)
        sender, web = Sender(stack, certificate), Web(stack)
        config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [str(RULES)],
                  "scrape_configs": scrape_configs(sender.port, web.port, stack.enter_context(node_exporter(folder)))}  # fmt: skip
        yield stack.enter_context(Prometheus(config)), sender, web
