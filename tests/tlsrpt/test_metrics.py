"""`mta-sts tlsrpt metrics`: Prometheus takes what it prints, whatever senders wrote."""

import datetime
import json
import pathlib

import promtool
from history import ago
from reports import detail, mta_sts, report

SAMPLES = pathlib.Path(__file__).parent / "samples"


def metrics_of(folder, inputs):
    assert mta_sts("tlsrpt", "import", "--db", folder / "db", inputs)[0] == 0
    code, out, err = mta_sts("tlsrpt", "metrics", "--db", folder / "db", "--since", "1970-01-01")
    assert (code, err) == (0, "")
    return out


def value_of(metrics, name):
    lines = [line for line in metrics.splitlines() if line.startswith(name + " ")]
    return float(lines[0].split()[1]) if lines else None


def test_reports_that_stay_away_for_longer_than_the_days_shown_are_still_to_be_seen(history):
    history.add(report(10, day=ago(20), domain="a.example"), report(10, day=ago(15), domain="b.example"))
    day = datetime.datetime.fromisoformat(ago(15) + "T00:00:00+00:00").timestamp()
    _, metrics, _ = history.run("metrics")
    assert value_of(metrics, "mta_sts_tlsrpt_reports") == 0 and value_of(metrics, "mta_sts_tlsrpt_meets_target") is None
    assert value_of(metrics, "mta_sts_tlsrpt_last_report_day_seconds") == day
    assert value_of(history.run("metrics", "--domain", "a.example")[1], "mta_sts_tlsrpt_last_report_day_seconds") == day - 5 * 86400


@promtool.needed
def test_prometheus_takes_the_metrics_of_every_sample(tmp_path):
    metrics = metrics_of(tmp_path, SAMPLES)
    assert "<script>" in metrics  # hostile names are among them
    assert promtool.complaints(metrics) == ""


@promtool.needed
def test_prometheus_takes_names_that_are_the_same_once_they_are_cut(tmp_path):
    front = "Sender " * 30  # 210 characters
    (tmp_path / "all.json").write_text(json.dumps([
        report(10, 2, org=front + end, domain=f"{end}.example", details=[detail(host=f"{'x' * 210}{end}", count=2)]) for end in "ab"]))
    metrics = metrics_of(tmp_path, tmp_path / "all.json")
    assert metrics.count("mta_sts_tlsrpt_sender_sessions{") == 2 and metrics.count("mta_sts_tlsrpt_failed_sessions{") == 1
    assert promtool.complaints(metrics) == ""


@promtool.needed
def test_what_prometheus_does_not_take_is_seen(tmp_path):
    """Proves that the tests above would see it."""
    metrics = metrics_of(tmp_path, SAMPLES / "own-01-plain.json")
    line = next(line for line in metrics.splitlines() if line.startswith("mta_sts_tlsrpt_sender_sessions{"))
    assert "comes 2 times" in promtool.complaints(metrics.replace(line, f"{line}\n{line}"))
    assert "exit" in promtool.complaints(metrics.replace(line, line.replace("Sender", '"')))
