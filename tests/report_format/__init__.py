"""What the strictest readers of TLS reports expect of one; a report that has no fault here is taken by all of them.

Known readers differ: some need keys that RFC 8460 makes optional, lists where its section 4.4 has a string (erratum 6241), a date with its zone, counts of 32 bits, addresses that are
addresses, or refuse a word that they do not know. One old reader needs `mx-host` to be a string; that is the one expectation that cannot be met beside the others.
"""

import ipaddress
import json
import re

WORD = r"[!-~]+"
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
TYPES = ("tlsa", "sts", "no-policy-found")
RESULTS = ("starttls-not-supported", "certificate-host-mismatch", "certificate-expired", "certificate-not-trusted", "validation-failure", "tlsa-invalid",
           "dnssec-invalid", "dane-required", "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid")  # fmt: skip


def _text(value):
    return isinstance(value, str) and value != ""


def _word(value):
    return _text(value) and re.fullmatch(WORD, value)


def _lines(value):
    return isinstance(value, list) and value and all(isinstance(line, str) for line in value)


def _count(value):
    return type(value) is int and 0 <= value < 2**32


def _address(value):
    try:
        return _text(value) and ipaddress.ip_address(value)
    except ValueError:
        return False


def _date(value):
    return _text(value) and re.fullmatch(DATE, value)


# Key, whether readers need it, and what its value must be.
REPORT = {"organization-name": (True, _text), "date-range": (True, dict), "contact-info": (True, _word), "report-id": (True, _word), "policies": (True, list)}
RANGE = {"start-datetime": (True, _date), "end-datetime": (True, _date)}
ENTRY = {"policy": (True, dict), "summary": (True, dict), "failure-details": (False, list)}
POLICY = {"policy-type": (True, TYPES.__contains__), "policy-domain": (True, _word), "policy-string": (False, _lines), "mx-host": (False, _lines)}
SUMMARY = {"total-successful-session-count": (True, _count), "total-failure-session-count": (True, _count)}
DETAIL = {"result-type": (True, RESULTS.__contains__), "failed-session-count": (True, _count), "sending-mta-ip": (False, _address),
          "receiving-mx-hostname": (False, _word), "receiving-mx-helo": (False, _text), "receiving-ip": (False, _address),
          "additional-information": (False, _text), "failure-reason-code": (False, _text)}  # fmt: skip


def _faults(where, value, keys):
    yield from (f"{where}: no reader knows {key}" for key in value if key not in keys)
    yield from (f"{where}: readers need {key}" for key, (needed, _) in keys.items() if needed and key not in value)
    for key, (_, check) in keys.items():
        if key in value and not (isinstance(value[key], check) if isinstance(check, type) else check(value[key])):
            yield f"{where}: {key} is {value[key]!r}"


def faults(report: bytes) -> list[str]:
    """Gives what a reader may refuse a report for, from its JSON."""
    parsed = json.loads(report)
    found = [] if report.isascii() else ["bytes that are not ASCII"]
    found += [*_faults("report", parsed, REPORT), *_faults("date-range", parsed["date-range"], RANGE)]
    found += [] if parsed["policies"] else ["no policies"]
    for entry in parsed["policies"]:
        found += [*_faults("entry", entry, ENTRY), *_faults("policy", entry["policy"], POLICY), *_faults("summary", entry["summary"], SUMMARY)]
        details = entry.get("failure-details", [])
        found += [fault for detail in details for fault in _faults("detail", detail, DETAIL)]
        if sum(detail["failed-session-count"] for detail in details) < entry["summary"]["total-failure-session-count"]:
            found.append("failed sessions without a reason")
    return found
