"""The options of `mta-sts report` and `mta-sts tlsrpt`: what means nothing, or two things, is refused in every form."""

import json

import pytest

from history import History, ago
from reports import mta_sts, report

FORMS = (("show",), ("show", "--json"), ("show", "--csv"), ("metrics",), ("alert",), ("html", "-o", "{folder}/page"))


@pytest.fixture
def history(tmp_path):
    history = History(tmp_path)
    history.add(report(10, day=ago(1)))
    return history


def refuse(history, tmp_path, words, told):
    for form in FORMS:
        code, out, err = history.run(*(each.format(folder=tmp_path) for each in form), *words)
        assert (code, out) == (2, "") and told in err, (form, out, err)


def test_a_domain_that_no_report_names_is_refused(history, tmp_path):
    refuse(history, tmp_path, ("--domain", "nope.example"),
           "error: no-report: no report names the domain nope.example; run the command without --domain to see which ones there are")
    refuse(history, tmp_path, ("--domain", "nope.example", "--since", ago(3)), "error: no-report: ")
    assert history.run("show", "--csv", "--failures", "--domain", "nope.example")[0] == 2


def test_a_domain_without_a_report_in_these_days_is_none_of_those(history):
    code, out, err = history.run("show", "--csv", "--domain", "example.com", "--until", ago(5))
    assert (code, out.count("\n"), err) == (0, 1, "") and out.startswith("day,")
    assert history.run("show", "--csv", "--until", ago(5))[:2] == (0, out)


def test_a_span_that_ends_before_it_begins_is_refused(history, tmp_path):
    refuse(history, tmp_path, ("--since", "2026-03-05", "--until", "2026-03-02"),
           "error: bad-option: --since 2026-03-05 is after --until 2026-03-02")
    code, _, err = mta_sts("report", "--since", "2026-03-05", "--until", "2026-03-02", history.inbox)
    assert code == 2 and "bad-option" in err


@pytest.mark.parametrize("option", ["--since", "--until"])
def test_days_are_counted_or_named_and_not_both(history, tmp_path, option):
    refuse(history, tmp_path, ("--days", "3", option, ago(1)), "usage-error: " + f"{option} excludes --days")


@pytest.mark.parametrize("days", ["0", "-1", "36501", "99999999999", "1.5", "x"])
def test_a_number_of_days_that_means_nothing_is_refused(history, tmp_path, days):
    refuse(history, tmp_path, (f"--days={days}",), f"--days: Value {days} not in range 1 to 36500; see 'mta-sts tlsrpt ")


@pytest.mark.parametrize("option", ["--domain", "--since", "--until", "--target"])
def test_an_empty_value_is_no_value(history, tmp_path, option):
    refuse(history, tmp_path, (option, ""), f'error: bad-option: {option} "": give it a value, or leave it out')


def test_an_empty_path_is_no_path(history):
    for command in ("show", "import"):
        code, _, err = mta_sts("tlsrpt", command, "--db", "", *([history.inbox] if command == "import" else []))
        assert code == 2 and 'bad-option: --db ""' in err
    code, _, err = history.run("html", "-o", "")
    assert code == 2 and 'bad-option: --output ""' in err


@pytest.mark.parametrize("name", ["", "mx.example.com;", "mx.example.com dkim", "a\tb"])
def test_a_name_that_no_server_has_is_refused(history, name):
    for words in (("report",), ("tlsrpt", "import", "--db", history.db)):
        code, out, err = mta_sts(*words, "--authserv-id", name, history.inbox)
        assert (code, out) == (2, "") and "error: bad-option: --authserv-id" in err, (words, err)
        assert ("without the semicolon" in err) == (name != "")


def test_import_says_that_the_trusted_server_has_said_nothing(history):
    body = json.dumps(report(20, day=ago(2)))
    head = "From: tls@google.com\nMIME-Version: 1.0\nContent-Type: application/tlsrpt+json\n\n"
    (history.inbox / "1.eml").write_text(f"Authentication-Results: mx.example.com; dkim=pass header.d=google.com\n{head}{body}")
    told = "No Authentication-Results field of other.example mentions a DKIM result"
    for quiet in ((), ("--quiet",)):
        code, _, err = history.run("import", *quiet, "--authserv-id", "other.example", history.inbox)
        assert (code, err) == (0, f"mta-sts: warning: {told}\n")
        assert history.run("import", *quiet, "--authserv-id", "mx.example.com", history.inbox)[2] == ""
        assert history.run("import", *quiet, history.inbox)[2] == ""
    assert told in mta_sts("report", "--authserv-id", "other.example", history.inbox)[1]


def test_a_folder_in_place_of_the_history_is_said(tmp_path):
    for words in (("show",), ("import", tmp_path)):
        code, _, err = mta_sts("tlsrpt", *words, "--db", tmp_path)
        assert code == 2 and err == f"mta-sts: error: history-unavailable: {tmp_path}: it is a folder; name a file with --db\n"
