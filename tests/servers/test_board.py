"""packaging/grafana/mta-sts.json: Grafana can read the board, and each of its queries has data from what really runs."""

import collections
import contextlib
import json
import math
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import postgresql
import prometheus_server
import redis_server
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


def test_the_board_is_one_that_grafana_reads():
    assert BOARD["schemaVersion"] == 39 and BOARD["uid"] and BOARD["title"] and "id" not in BOARD and "__inputs" not in BOARD
    ids = [panel["id"] for panel in BOARD["panels"]]
    assert len(ids) == len(set(ids)) and all(panel["panels"] == [] for panel in BOARD["panels"] if panel["type"] == "row")
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)
    source, *others = BOARD["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    for one in [*PANELS, *others]:
        assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert {variable["name"] for variable in others} == {name.removeprefix("$") for name in VARIABLES if "__" not in name}
    for panel in PANELS:
        assert panel["type"] in ("stat", "table", "timeseries") and panel["title"] and panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"] in ("short", "none", "reqps", "percentunit", "s", "d", "bytes")
        references = [target["refId"] for target in panel["targets"]]
        assert references and len(references) == len(set(references))
        assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
        assert set(re.findall(r"\$\w+", json.dumps(panel["targets"]))) <= {*VARIABLES, "$datasource"}


def test_no_panel_lies_on_another():
    taken = collections.Counter()
    for panel in BOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        taken.update((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"]))
    assert max(taken.values()) == 1


def test_every_metric_of_an_alert_is_on_the_board():
    # mta_sts_oldest_policy_seconds and so on; what a panel shows tells why an alert came.
    alerts = set(re.findall(r"\bmta_sts_\w+", re.sub(r"summary:.*", "", RULES.read_text(encoding="utf-8"))))
    assert alerts <= set(re.findall(r"\bmta_sts_\w+", json.dumps(QUERIES and list(QUERIES.values()))))


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


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A Prometheus with everything, and a function that lets all parts work."""
    folder = tmp_path_factory.mktemp("board")
    certificate = tls.make_certificate(tmp_path_factory.mktemp("hosts"), *(f"mta-sts.{name}" for name in [*DOMAINS, "second.test"]))
    write_reports(folder)
    with contextlib.ExitStack() as stack:
        Table(stack, folder)
        sender, web = Sender(stack, certificate), Web(stack)
        config = {"global": {"scrape_interval": "1s", "evaluation_interval": "1s"}, "rule_files": [str(RULES)],
                  "scrape_configs": scrape_configs(sender.port, web.port, stack.enter_context(node_exporter(folder)))}  # fmt: skip

        def work():
            sender.work()
            web.work()

        yield stack.enter_context(Prometheus(config)), work


@prometheus_server.needed
@redis_server.needed
@postgresql.needed
class TestWithPrometheus:
    def test_every_query_has_data(self, collected):
        server, work = collected
        empty = dict(QUERIES)

        def all_have_data():
            work()
            for name, expression in list(empty.items()):
                if any(not math.isnan(value) for _, value in server.query(expression)):
                    del empty[name]
            return not empty

        server.wait_until(all_have_data, lambda: f"data of {empty}")

    def test_the_variables_have_values(self, collected):
        server, _ = collected
        for variable in BOARD["templating"]["list"][1:]:
            metric, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
            server.wait_until(lambda: [one[label] for one in server.api("series", **{"match[]": metric}) if label in one], metric)

    def test_every_rule_can_be_judged(self, collected):
        server, _ = collected

        def all_judged():
            rules = [rule for group in server.api("rules")["groups"] for rule in group["rules"]]
            assert [rule["lastError"] for rule in rules if rule.get("lastError")] == []
            return rules and all(rule["health"] == "ok" for rule in rules)

        server.wait_until(all_judged, "the rules")

    def test_a_fault_is_an_alert(self, collected):
        """The imported report is old, and misses the target: these two, and no rule of a part that is well."""
        server, work = collected
        expected = {"MtaStsTlsRptTargetMissed", "MtaStsTlsRptReportsStayAway"}

        def firing():
            return {metric["alertname"] for metric, _ in server.query('ALERTS{alertstate="firing"}')}

        server.wait_until(lambda: work() or expected <= firing(), firing)
        assert firing() - expected <= {"MtaStsCertificateExpires"}  # of the recording

    def test_a_query_without_data_is_seen(self, collected):
        server, _ = collected
        assert server.query("sum(rate(mta_sts_frobs_total[10s]))") == []
        with pytest.raises(AssertionError, match="parse error"):
            server.query("sum(rate(mta_sts_verdicts_total))")
