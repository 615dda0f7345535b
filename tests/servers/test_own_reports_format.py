"""Reports of our own are such as the strictest reader takes, whatever programs tell of their sessions."""

import gzip
import json
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import report_format
from test_own_reports import count, names, receiver_certificate  # noqa: F401
from test_resolver_outcomes import outcome

CODES = (201, 202, 203, 204, 205, 301, 302, 303, 304, 305, 306)
TEXT = "\x1b[2J \u00fc\u202e\"" + "x" * 9000


@pytest.mark.parametrize("kind", [1, 2, 9])
def test_the_strictest_reader_takes_a_report_of_whatever_was_told(count, kind):  # noqa: F811
    failures = [{"c": code, "n": "mx.a.test", "s": "192.0.2.9", "r": "2001:db8::1", "f": "reason", "a": "more", "h": "250 mx.a.test"} for code in CODES]
    failures += [{"c": code} for code in CODES]
    failures += [{"c": 205, key: value} for key in "nsrfah" for value in (TEXT, "", " ", "192.0.2.999", "b\u00fcro.test", "a b")]
    told = [outcome("a.test", failure, failed=True) for failure in failures] + [outcome("a.test")]
    for lines in ([], [TEXT, ""], ["version: STSv1"]):
        policy = {"policy-type": kind, "policy-domain": "a.test", "policy-string": lines, "mx-host": lines, "failure-details": [{"c": 205}], "t": 1, "f": 1}
        told.append(json.dumps({"dpv": "1", "d": "a.test", "policies": [policy]}).encode())
    sender = count({"a.test": told})
    sender.want_reports("a.test", "mailto:a@b.test")
    assert "1 sent" in sender.send()
    ((_, mail),) = sender.received()
    report = gzip.decompress(list(mail.iter_parts())[1].get_content())
    assert report_format.faults(report) == []
    policies = json.loads(report)["policies"]
    assert {detail["result-type"] for entry in policies for detail in entry["failure-details"]} == set(report_format.RESULTS)
    assert sum(entry["summary"]["total-failure-session-count"] for entry in policies) == len(failures) + 3
