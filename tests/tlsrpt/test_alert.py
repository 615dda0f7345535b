"""`mta-sts tlsrpt alert`, day by day: told once, then still, then cleared."""

import subprocess

from history import ago, in_file
from reports import MTA_STS, detail, report

HUGE = 2 ** 62


def test_silence_where_all_is_well(history):
    history.add(report(1000, day=ago(1)))
    assert history.run("alert") == (0, "", "")


def test_the_target_is_missed(history):
    history.add(report(900, 100, day=ago(20), details=[detail(count=100)]),
                report(900, 100, day=ago(1), details=[detail(count=100)]))
    code, out, _ = history.run("alert")
    assert code == 1 and "90.00% (900 ok, 100 failed), below the target of 99.9%.\n" in out


def test_a_new_type_or_host_is_told_even_above_the_target(history):
    history.add(report(100_000, 1, day=ago(20), details=[detail(count=1)]),
                report(100_000, 2, day=ago(1), details=[detail(count=1), detail("tlsa-invalid", "mx9.example.com", 1)]))
    code, out, _ = history.run("alert")
    assert code == 1 and "New failure type: tlsa-invalid" in out and "New failing host: mx9.example.com" in out
    assert "certificate-expired" not in out


def test_yesterdays_news_is_no_news(history):
    history.add(report(100_000, 1, day=ago(20), details=[detail(count=1)]),
                report(100_000, 1, day=ago(1), details=[detail(count=1)]))
    assert history.run("alert") == (0, "", "")


def test_reports_that_stay_away(history):
    history.add(report(1000, day=ago(20)))
    assert history.run("alert")[0] == 0
    code, out, _ = history.run("alert", "--expect-reports")
    assert code == 1 and "No report came" in out


def test_one_failure_of_twelve_on_three_days_is_no_rate(history):
    history.add(*[report(11, 1, day=ago(day), details=[detail(count=1)]) for day in range(4, 12)])
    for day in (3, 2, 1):
        history.add(report(11, 1, day=ago(day), details=[detail(count=1)]))
    assert history.run("alert") == (0, "", "")


def failing(day, ok=0, failed=100, **more):
    return report(ok, failed, day=ago(day), details=[detail(count=failed)], **more)


def test_told_once_then_still_then_cleared(history):
    history.add(*[report(1000, day=ago(day)) for day in (3, 2)], failing(1))
    code, out, _ = history.run("alert")
    assert code == 1 and "below the target" in out and "New failure type" in out and "till" not in out
    code, out, _ = history.run("alert")
    assert code == 1 and "below the target" not in out
    assert f"Still: the success rate 90.90% (1,000 ok, 100 failed), told on {ago(0)}." in out and f"Still: certificate-expired (100), told on {ago(0)}." in out
    history.pass_days(1)
    history.add(failing(1))
    code, out, _ = history.run("alert")
    assert code == 1 and "Still: the success rate" in out and f"told on {ago(1)}" in out
    history.pass_days(4)
    history.add(report(1000, day=ago(1)))
    code, out, _ = history.run("alert")
    assert (code, out.count("\n")) == (0, 1), out
    assert "Cleared: the success rate 100.00% (1,000 ok, 0 failed)" in out and "certificate-expired, told on" in out
    assert history.run("alert") == (0, "", "")


def test_a_type_that_goes_on_is_repeated_only_while_it_is_new(history):
    history.add(report(100_000, day=ago(9)))
    for day in range(6):
        history.pass_days(1)
        history.add(report(100_000, 1, day=ago(1), details=[detail(count=1)]))
        code, out, _ = history.run("alert")
        assert code == (1 if day < 2 else 0), (day, out)
        assert ("New failure type" in out, "Still" in out) == (day == 0, day == 1)
    history.pass_days(4)
    history.add(report(100_000, day=ago(1)))
    assert "Cleared: certificate-expired" in history.run("alert")[1]


def test_no_report_is_no_sign_that_all_is_well(history):
    history.add(report(1000, day=ago(9)), failing(1))
    assert history.run("alert")[0] == 1
    history.pass_days(6)
    code, out, _ = history.run("alert")
    assert code == 1 and "Still: the success rate (last judged on " in out and "Cleared" not in out
    history.pass_days(9)
    code, out, _ = history.run("alert")
    assert code == 0 and "No longer watched, because no report has covered it for two weeks: the success rate" in out
    assert history.run("alert") == (0, "", "")


def test_a_report_that_comes_late_is_judged(history):
    history.add(*[report(1000, day=ago(day)) for day in range(1, 9)])
    assert history.run("alert") == (0, "", "")
    history.pass_days(1)
    history.add(report(1000, day=ago(1)), failing(5, org="Late Ltd", report_id="late"))
    code, out, _ = history.run("alert")
    assert code == 1 and f"Late Ltd 0.00% (0 ok, 100 failed in late reports for {ago(5)} to {ago(3)})" in out
    history.pass_days(1)
    assert "Still" in history.run("alert")[1]


def test_the_day_after_the_first_alert_old_failures_are_no_news(history):
    history.add(*[report(10_000, day=ago(day)) for day in range(1, 20)], report(10_000, 3, day=ago(11), details=[detail(count=3)], report_id="x"))
    assert history.run("alert") == (0, "", "")
    for _ in range(4):
        history.pass_days(1)
        history.add(report(10_000, day=ago(1)))
        assert history.run("alert") == (0, "", "")


def test_a_report_that_came_between_two_weekly_alerts_is_judged(history):
    history.add(report(1000, day=ago(20)), report(1000, day=ago(1)))
    assert history.run("alert") == (0, "", "")
    history.pass_days(2)
    history.add(failing(1))
    history.pass_days(5)
    history.add(report(1000, day=ago(1)))
    assert history.run("alert")[0] == 1


def test_an_archive_is_no_news(history):
    history.add(report(1000, day=ago(1)))
    history.run("alert")
    history.add(failing(200))
    assert history.run("alert") == (0, "", "")


def test_an_undated_report_is_judged_by_the_day_it_came(history):
    undated = failing(1)
    del undated["date-range"]
    history.add(report(1000, day=ago(1)), undated)
    assert history.run("alert")[0] == 1
    history.pass_days(5)
    history.add(report(1000, day=ago(1)))
    code, out, _ = history.run("alert")
    assert code == 0 and "Cleared" in out


def test_each_watch_has_a_memory_of_its_own(history):
    history.add(failing(1))
    for words in ((), ("--domain", "example.com"), ("--target", "99.5"), ("--days", "4"), ("--expect-reports",)):
        assert "below the target" in history.run("alert", *words)[1], words
        assert "Still" in history.run("alert", *words)[1], words


def test_a_look_at_named_days_is_not_remembered(history):
    history.add(failing(1))
    for _ in range(2):
        code, out, _ = history.run("alert", "--since", ago(3))
        assert code == 1 and "below the target" in out
    assert "below the target" in history.run("alert")[1]
    history.add(report(1000, day=ago(9), report_id="other"))
    assert history.run("alert", "--since", ago(9), "--until", ago(9)) == (0, "", "")


@in_file
def test_who_may_only_read_sees_all_as_new(history, tmp_path):
    history.add(failing(1))
    history.run("alert")
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_mode & 0o5 != 0o5:
            folder.chmod(0o755)
    history.db.chmod(0o644)
    for _ in range(2):
        done = subprocess.run([MTA_STS, "tlsrpt", "alert", "--db", history.db], capture_output=True, text=True, user="nobody",
                              group="nogroup", extra_groups=[], timeout=60, check=False)  # fmt: skip
        assert done.returncode == 1 and "below the target" in done.stdout and done.stderr == "", done
    assert "Still" in history.run("alert")[1]


def test_what_could_not_be_told_is_told_again(history):
    history.add(failing(1))
    with open("/dev/full", "wb") as full:
        done = subprocess.run([MTA_STS, "tlsrpt", "alert", "--db", history.db], stdout=full, stderr=subprocess.PIPE, timeout=60,
                              check=False)  # fmt: skip
    assert done.returncode != 0 and done.stderr
    assert "below the target" in history.run("alert")[1]


@in_file
def test_a_history_of_the_second_layout_gets_a_memory(history):
    history.add(failing(1))
    history.go_back(2)
    assert "below the target" in history.run("alert")[1]
    assert "Still" in history.run("alert")[1]


def test_a_huge_count_hides_no_failures(history):
    history.add(*[report(1000, day=ago(day)) for day in range(2, 12)], failing(1, 900),
                report(HUGE, day=ago(1), report_id="forged"))
    code, out, _ = history.run("alert")
    assert code == 1 and "below the target" in out and "what Google Inc. claims beyond ten times its usual number" in out
    assert str(HUGE) not in out


def test_a_huge_count_of_a_stranger_hides_no_failures(history):
    history.add(*[report(1000, day=ago(day)) for day in range(2, 12)], failing(1, 900),
                report(HUGE, day=ago(1), org="Stranger"))
    code, out, _ = history.run("alert")
    assert code == 1 and "The success rate was 99." in out and "what Stranger claims" in out


def test_a_huge_count_hides_nothing_in_a_history_that_begins(history):
    history.add(failing(1, 900), report(HUGE, day=ago(1), report_id="forged"))
    assert history.run("alert")[0] == 1


def test_a_huge_count_clears_nothing(history):
    history.add(*[report(1000, day=ago(day)) for day in range(2, 12)], failing(1))
    history.run("alert")
    history.add(report(HUGE, day=ago(1), report_id="forged"))
    code, out, _ = history.run("alert")
    assert code == 1 and "Still: the success rate" in out


def test_a_sender_that_grows_is_no_alert(history):
    history.add(report(10, 1, day=ago(30), details=[detail(count=1)]), *[report(1000, day=ago(day)) for day in range(2, 12)],
                report(9000, 5, day=ago(1), details=[detail(count=5)]))  # fmt: skip
    assert history.run("alert") == (0, "", "")


def test_a_sender_all_of_whose_sessions_fail_is_named(history):
    history.add(report(100_000, day=ago(1)), failing(1, failed=4, org="Small Ltd"), report(1, 1, day=ago(20), details=[detail(count=1)]))
    code, out, _ = history.run("alert")
    assert code == 1 and "Below the target as reported by one sender: Small Ltd 0.00% (0 ok, 4 failed)" in out


def test_a_sender_that_stops_is_told(history):
    google = [report(100, day=ago(day)) for day in range(4, 20)]
    other = [report(100, day=ago(day), org="Other Ltd") for day in range(1, 20)]
    history.add(*google, *other)
    code, out, _ = history.run("alert")
    assert code == 1 and f"Google Inc. has stopped reporting (its last report is of {ago(4)})" in out and "Other" not in out
    code, out, _ = history.run("alert")
    assert code == 1 and f"Still: no report of Google Inc. since {ago(4)}" in out
    history.add(report(100, day=ago(1)))
    code, out, _ = history.run("alert")
    assert code == 0 and "Cleared: no report of Google Inc." in out


def test_a_sender_that_seldom_reports_has_not_stopped(history):
    other = [report(100, day=ago(day), org="Other Ltd") for day in range(1, 28)]
    history.add(*other, *[report(100, day=ago(day)) for day in (26, 22, 18, 14, 10, 5)])
    assert history.run("alert") == (0, "", "")


def test_all_senders_that_stop_are_not_told_one_by_one(history):
    history.add(*[report(100, day=ago(day), org=org) for day in range(5, 20) for org in ("A", "B")])
    assert history.run("alert") == (0, "", "")


def test_a_conflict_is_told_whatever_its_day(history):
    history.add(report(1000, day=ago(1)), report(1000, day=ago(40)))
    assert history.run("alert") == (0, "", "")
    history.add(report(1001, day=ago(40)))
    code, out, _ = history.run("alert")
    assert code == 1 and "1 report came again with other numbers and was left out (Google Inc.)" in out and "misses" not in out
    code, out, _ = history.run("alert")
    assert code == 1 and "Still: reports of Google Inc. that were left out (1)" in out
    history.pass_days(4)
    history.add(report(1000, day=ago(1)))
    assert history.run("alert") == (0, "", "")


def test_a_conflict_is_told_to_each_domain_of_the_report(history):
    both = report(1000, day=ago(1))
    both["policies"] += report(1000, domain="zz.example")["policies"]
    history.add(both, report(1000, day=ago(2), domain="other.example"))
    both["policies"][1]["summary"] = {"total-successful-session-count": 500, "total-failure-session-count": 500}
    history.add(both)
    for domain, code in (("example.com", 1), ("zz.example", 1), ("other.example", 0)):
        assert history.run("alert", "--domain", domain)[0] == code, domain


def test_a_forged_report_with_a_guessed_id_hides_no_failures(history):
    history.add(report(1000, day=ago(1)))
    history.add(failing(1))
    code, out, _ = history.run("alert")
    assert code == 1 and "A report that was left out misses the target: Google Inc. 0.00% (0 ok, 100 failed)" in out
