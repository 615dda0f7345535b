"""packaging/prometheus/mta-sts.rules.yml: promtool takes the rules; each alert fires on its fault, and on no less."""

import json
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import promtool

RULES = ROOT / "packaging/prometheus/mta-sts.rules.yml"
GUIDE = ROOT / "docs/monitoring.md"
ALERTS = re.findall(r"^      - alert: (\w+)$", RULES.read_text(encoding="utf-8"), re.M)
MINUTE, HOUR, DAY = 1, 60, 1440  # of what promtool calls the interval

EVENT = 'mta_sts_events_total{{event="{}"}}'
TEMP, ENFORCE = 'mta_sts_verdicts_total{mode="temp",source="none",reason="x"}', 'mta_sts_verdicts_total{mode="enforce",source="cache"}'
CERTIFICATE = 'mta_sts_check_certificate_expiry_timestamp_seconds{domain="a.example",host="mx.a.example"}'


def growing(series, quiet="0x200", loud="0+1x200", at=20 * MINUTE):
    """A counter that must not grow."""
    return at, {series: loud}, {series: quiet}


def valued(series, loud, quiet, at=20 * MINUTE):
    """A gauge that must not have this value; the values last beyond all ages that the rules ask for."""
    return at, {series: f"{loud}x20000"}, {series: f"{quiet}x20000"}


# alert: (the minute at which it is asked for, the series with which it fires, the series with which it does not).
CASES = {
    "MtaStsTargetDown": (6, {'up{job="mta-sts-web"}': "0x9"}, {'up{job="mta-sts-web"}': "1x9", 'up{job="other"}': "0x9"}),
    "MtaStsUnitFailed": (
        15,
        {'node_systemd_unit_state{name="mta-sts-tlsrpt-send.service",state="failed"}': "1x30"},
        {'node_systemd_unit_state{name="nginx.service",state="failed"}': "1x30"},
    ),
    "MtaStsMetricsFileOld": (
        2 * DAY + HOUR,
        {'node_textfile_mtime_seconds{file="/var/lib/prometheus/node-exporter/tlsrpt.prom"}': "0x20000"},
        {'node_textfile_mtime_seconds{file="/var/lib/prometheus/node-exporter/mta-sts-check.prom"}': "7200x20000",
         'node_textfile_mtime_seconds{file="/var/lib/prometheus/node-exporter/smartmon.prom"}': "0x20000"},
    ),
    "MtaStsFetchesFailAlike": growing(EVENT.format("fetches-fail-alike")),
    "MtaStsLookupsFail": (
        20,
        {EVENT.format("txt-lookup-failed"): "0+6x30", EVENT.format("txt-lookups"): "0+10x30"},
        {EVENT.format("txt-lookup-failed"): "0+4x30", EVENT.format("txt-lookups"): "0+10x30"},
    ),
    "MtaStsClockWrong": growing(EVENT.format("clock-wrong")),
    "MtaStsMailWaits": (45, {TEMP: "0+2x60", ENFORCE: "0+10x60"}, {TEMP: "0+1x60", ENFORCE: "0+10x60"}),
    "MtaStsPolicyExpiring": growing(EVENT.format("policy-expiring"), loud="0x10 1x200", at=2 * HOUR),
    "MtaStsPoliciesNotRefreshed": valued("mta_sts_oldest_policy_seconds", 3 * 86400 + 1, 3 * 86400, at=61),
    "MtaStsResolverBusy": growing(EVENT.format("resolver-busy")),
    "MtaStsCacheFull": growing(EVENT.format("cache-full")),
    "MtaStsInternalErrors": growing("mta_sts_internal_errors_total"),
    "MtaStsOutcomesLost": (
        20,
        {"mta_sts_outcomes_lost_total": "0x30", "mta_sts_outcomes_untold_total": "0x5 1x30"},
        {"mta_sts_outcomes_lost_total": "7x30", "mta_sts_outcomes_untold_total": "7x30"},
    ),
    "MtaStsOutcomesRefused": growing('mta_sts_outcomes_refused_total{error="datagram-not-json"}'),
    "MtaStsSharedCacheAway": valued("mta_sts_shared_cache_connected", 0, 1),
    "MtaStsSharedCacheRefused": growing('mta_sts_shared_cache_refused_total{error="shared-value-unauthentic"}'),
    "MtaStsStoreUnreadable": valued('mta_sts_web_store_readable{store="/s"}', 0, 1),
    "MtaStsPolicyUnavailable": growing('mta_sts_web_answers_total{status="503"}'),
    "MtaStsStoreShrank": (
        90,
        {'mta_sts_web_store_domains{store="/s"}': "100x60 89x60"},
        {'mta_sts_web_store_domains{store="/s"}': "100x60 91x60"},
    ),
    "MtaStsPostedReportsNotStored": growing('mta_sts_web_reports_total{result="failed"}'),
    "MtaStsSyncBehind": (11, {"mta_sts_sync_read_timestamp_seconds": "0x20"}, {"mta_sts_sync_read_timestamp_seconds": "0+60x20"}),
    "MtaStsSyncRowsRefused": valued("mta_sts_sync_rows_refused", 1, 0),
    "MtaStsSyncRemovalsRefused": valued("mta_sts_sync_removals_refused", 101, 0),
    "MtaStsTlsRptTargetMissed": valued("mta_sts_tlsrpt_meets_target", 0, 1),
    "MtaStsTlsRptReportsStayAway": valued("mta_sts_tlsrpt_last_report_day_seconds", 0, 86400, at=4 * DAY + HOUR),
    "MtaStsTlsRptConflicts": valued("mta_sts_tlsrpt_conflicts", 1, 0),
    "MtaStsTlsRptImportStopped": valued("mta_sts_tlsrpt_import_timestamp_seconds", 0, 86400, at=2 * DAY + HOUR),
    "MtaStsTlsRptImportLeavesReports": (
        20,
        {"mta_sts_tlsrpt_import_unmoved": "1x30", "mta_sts_tlsrpt_import_unreadable": "0x30"},
        {"mta_sts_tlsrpt_import_unmoved": "0x30", "mta_sts_tlsrpt_import_unreadable": "0x30"},
    ),
    "MtaStsCheckNoDelivery": valued('mta_sts_check_delivers{domain="a.example"}', 0, 1),
    "MtaStsCheckErrors": valued('mta_sts_check_errors{domain="a.example"}', 2, 0),
    "MtaStsCheckIncomplete": valued('mta_sts_check_completed{domain="a.example"}', 0, 1),
    "MtaStsCertificateExpires": valued(CERTIFICATE, 7 * 86400 + 60, 7 * 86400 + 3600, at=5),
    "MtaStsCheckNotRun": valued("mta_sts_check_last_run_timestamp_seconds", 0, 86400, at=2 * DAY + HOUR),
}
# Second causes of an alert, as (alert, minute, series that fire it).
MORE = [
    ("MtaStsTlsRptReportsStayAway", 5, {"mta_sts_tlsrpt_reports": "0x10"}),  # there never was one
    ("MtaStsTlsRptImportLeavesReports", 5, {"mta_sts_tlsrpt_import_unmoved": "0x10", "mta_sts_tlsrpt_import_unreadable": "1x10"}),
    ("MtaStsCertificateExpires", 5, {CERTIFICATE: "-86400x10"}),  # it has expired
    ("MtaStsOutcomesLost", 20, {"mta_sts_outcomes_lost_total": "0x5 1x30", "mta_sts_outcomes_untold_total": "0x40"}),
]

pytestmark = promtool.needed


def run(*words):
    done = subprocess.run([promtool.PROMTOOL, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def unit(name, alert, at, series, fires):
    """A unit test of promtool."""
    return {
        "name": name, "interval": "1m", "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [{"expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})', "eval_time": f"{at}m",
                              "exp_samples": [{"labels": "{}", "value": 1}] if fires else []}],
    }  # fmt: skip


def judge(folder, tests):
    """What promtool says of unit tests; those that last for days look at the rules once an hour."""
    files = {}
    for one in tests:
        long = int(one["promql_expr_test"][0]["eval_time"][:-1]) > 5 * HOUR
        files.setdefault("1h" if long else "1m", []).append(one)
    for interval, some in files.items():  # JSON is YAML too
        (folder / interval).write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": interval, "tests": some}))
    return run("test", "rules", *(folder / interval for interval in files))


def test_promtool_takes_the_rules():
    code, said = run("check", "rules", RULES)
    assert code == 0 and f"SUCCESS: {len(ALERTS)} rules found" in said, said


def test_every_alert_has_a_case_and_a_row_in_the_guide():
    assert len(ALERTS) == len(set(ALERTS)) and list(CASES) == ALERTS
    assert re.findall(r"^\| `(MtaSts\w+)`", GUIDE.read_text(encoding="utf-8"), re.M) == ALERTS


def test_each_alert_fires_on_its_fault_and_on_no_less(tmp_path):
    tests = [unit(f"{alert} {'fires' if fires else 'is quiet'}", alert, at, series, fires)
             for alert, (at, loud, quiet) in CASES.items() for fires, series in ((True, loud), (False, quiet))]
    code, said = judge(tmp_path, tests + [unit(f"{alert} again", alert, at, series, True) for alert, at, series in MORE])
    assert code == 0, said


def test_parts_that_nobody_collects_alert_nobody(tmp_path):
    silence = unit("without metrics", "", 5 * DAY, {'up{job="node"}': "1x9000"}, False)
    silence["promql_expr_test"][0]["expr"] = "count(ALERTS)"
    code, said = judge(tmp_path, [silence])
    assert code == 0, said


@pytest.mark.parametrize("fires", [True, False])
def test_a_case_that_is_wrong_is_seen(tmp_path, fires):
    at, loud, quiet = CASES["MtaStsSyncRowsRefused"]
    code, said = judge(tmp_path, [unit("wrong", "MtaStsSyncRowsRefused", at, quiet if fires else loud, fires)])
    assert code == 1 and "FAILED" in said
