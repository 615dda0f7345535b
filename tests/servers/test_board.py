"""packaging/grafana/mta-sts.json: Grafana can read the board, and each of its queries has data from what really runs."""

import collections
import json
import math
import re
import sys
import time

import prometheus_server
import pytest
import redis_server
from board import BOARD, PANELS, QUERIES, ROOT, RULES, VARIABLES, everything, postgresql

sys.path.insert(0, str(ROOT / "docs/images"))

import board_picture
import panels


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


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A Prometheus with everything, and a function that lets all parts work."""
    with everything(tmp_path_factory.mktemp("board"), tmp_path_factory.mktemp("hosts")) as (server, sender, web):

        def work():
            sender.work()
            web.work()

        yield server, work


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

    def test_its_picture_can_be_made(self, collected, tmp_path):
        server, _ = collected
        text, height = panels.page(BOARD, board_picture.Answers(server, time.time() - 120))
        assert "No data" not in text and text.count("<h2>") == len(PANELS)
        board_picture.take_board(text, height, tmp_path, tmp_path / "board.png")

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
