"""`mta-sts publish` without a network: the store, the records, removal, lists, and what it ends with."""

import json
import subprocess
import time

import pytest
from stores import MTA_STS, PROBLEM, TEMPORARY, USAGE

WORDS = ("testing", "mx=mail.example.com")
SECONDS = 60


def publish(store, *words, stdin=""):
    done = subprocess.run([MTA_STS, "publish", "--store", store.path, *map(str, words)], input=stdin, capture_output=True,
                          text=True, timeout=SECONDS, check=False)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def result(store, *words, code=0):
    got, out, err = publish(store, "--offline", "--json", *words)
    assert (got, err) == (code, ""), err
    return json.loads(out)


def states(found):
    return {step["step"]: step["state"] for step in found["steps"]}


def test_stores_once_and_says_what_is_not_known(store):
    first = result(store, "example.com", *WORDS)
    assert (first["changed"], first["state"], first["mode"], first["next"]) == (True, "not-known", "testing", "host")
    assert set(states(first).values()) == {"not-known"} and list(states(first)) == ["host", "certificate", "serve", "mail-hosts", "announce"]
    assert (first["certificate_valid"], first["policy_served"], first["mx"]) == (None, None, None)
    again = result(store, "example.com", *WORDS)
    assert again == {**first, "changed": False}
    assert store.json("get", "example.com")["id"] == first["id"]
    assert result(store, "example.com") == again  # asked alone it changes nothing


def test_prints_the_records_as_zone_lines_and_for_nsupdate(store):
    words = ("--offline", "example.com", *WORDS, "--rua", "mailto:a@example.com", "--host", "web.example.net", "--ttl", "60")
    code, out, err = publish(store, *words)
    identity = store.json("get", "example.com")["id"]
    assert (code, err) == (0, "")
    assert all(line.startswith(";") for line in out.splitlines())  # nobody knows yet whether one is due
    assert [line.removeprefix("; not known whether due: ") for line in out.splitlines() if " IN " in line] == [
        "mta-sts.example.com. 60 IN CNAME web.example.net.",
        f'_mta-sts.example.com. 60 IN TXT "v=STSv1; id={identity};"',
        '_smtp._tls.example.com. 60 IN TXT "v=TLSRPTv1; rua=mailto:a@example.com"',
    ]
    code, out, err = publish(store, *words, "--nsupdate")
    assert [line for line in out.splitlines() if not line.startswith(";")] == [
        "update delete mta-sts.example.com. A",
        "update delete mta-sts.example.com. AAAA",
        "update delete mta-sts.example.com. CNAME",
        "update add mta-sts.example.com. 60 CNAME web.example.net.",
        "send",
        "update delete _mta-sts.example.com. TXT",
        f'update add _mta-sts.example.com. 60 TXT "v=STSv1; id={identity};"',
        "send",
        "update delete _smtp._tls.example.com. TXT",
        'update add _smtp._tls.example.com. 60 TXT "v=TLSRPTv1; rua=mailto:a@example.com"',
        "send",
    ]
    found = result(store, "example.com", "--address", "2001:DB8:0::1", "--address", "192.0.2.7")
    assert [(record["type"], record["values"]) for record in found["records"][:2]] == [("A", ["192.0.2.7"]), ("AAAA", ["2001:db8::1"])]


def test_a_rua_that_stands_there_twice_is_told_and_used_once(store):
    rua = ("--rua", "mailto:a@example.com") * 2
    found = result(store, "example.com", *WORDS, *rua)
    assert [warning.split(":")[0] for warning in found["warnings"]] == ["rua-repeated"]
    (record,) = (record for record in found["records"] if record["name"] == "_smtp._tls.example.com")
    assert "v=TLSRPTv1; rua=mailto:a@example.com" in json.dumps(record) and "," not in json.dumps(record).partition("rua=")[2].partition('"')[0]


def test_takes_profiles(store):
    store.do("profile", "hosted", *WORDS)
    assert result(store, "example.com", "--profile", "hosted")["of"] == "hosted"
    code, out, err = publish(store, "--offline", "--json", "example.com", "--profile", "absent")
    assert (code, json.loads(out)["error"]["word"]) == (PROBLEM, "profile-not-stored") and "profile-not-stored" in err
    assert store.json("get", "example.com")["of"] == "hosted"


def test_takes_aliases(store):
    code, _, err = publish(store, "--offline", "example.net", "--alias", "example.com")
    assert code == PROBLEM and "domain-not-stored" in err and not store.path.exists()
    first = result(store, "example.com", *WORDS)
    found = result(store, "example.net", "--alias", "Example.COM")
    assert (found["kind"], found["of"], found["id"], found["changed"]) == ("alias", "example.com", first["id"], True)
    assert result(store, "example.net", "--alias", "example.com") == {**found, "changed": False}
    code, _, err = publish(store, "--offline", "example.org", "--alias", "example.net")
    assert code == PROBLEM and "alias-of-alias" in err
    assert "example.org" not in store.do("list")
    code, out, _ = publish(store, "--offline", "--from", "-", stdin='{"domain": "example.org", "alias": "example.com"}\n')
    assert code == 0 and json.loads(out)["of"] == "example.com"


def test_takes_aliases_of_what_the_same_list_stores(store):
    lines = [{"domain": "early.example", "alias": "example.com"}, {"domain": "example.com", "mode": "enforce", "mx": "mail.example.com"},
             {"domain": "example.net", "alias": "Example.COM"}, {"domain": "example.org", "alias": "example.net"}]  # fmt: skip
    text = "".join(json.dumps(line) + "\n" for line in lines)
    code, out, _ = publish(store, "--offline", "--from", "-", stdin=text)
    early, first, alias, second = map(json.loads, out.splitlines())
    assert code == PROBLEM and early["error"]["word"] == "domain-not-stored"
    assert (alias["error"], alias["kind"], alias["of"], alias["id"]) == (None, "alias", "example.com", first["id"])
    assert second["error"]["word"] == "alias-of-alias"
    assert [line.split()[0] for line in store.do("list").splitlines()] == ["example.com", "example.net"]
    assert store.json("verify")["fault_count"] == 0


def test_a_key_that_stands_twice_is_refused(store):
    lines = '{"domain": "a.example", "mode": "testing", "mx": "mx.a.example", "mode": "none"}\n{"domain": "b.example", "mode": "none"}\n'
    code, out, err = publish(store, "--offline", "--from", "-", stdin=lines)
    wrong, right = map(json.loads, out.splitlines())
    assert (code, err, wrong["error"]["word"], right["error"]) == (PROBLEM, "", "input-invalid", None)
    assert wrong["error"]["detail"].startswith('line 1: "mode" stands twice')
    assert [line.split()[0] for line in store.do("list").splitlines()] == ["b.example"]


def test_removal_is_none_then_waiting_then_gone(store):
    result(store, "example.com", "enforce", "mx=mail.example.com", "max_age=3")
    begun = result(store, "example.com", "--remove")
    assert (begun["mode"], begun["max_age"], begun["changed"]) == ("none", 86400, True)
    assert states(begun)["remove"] in ("not-yet", "to-do") and begun["old_policy_held_until"]
    deadline = time.monotonic() + SECONDS
    while (found := result(store, "example.com", "--remove"))["mode"] == "none" and time.monotonic() < deadline:
        assert not found["changed"]
    assert (found["mode"], found["kind"], found["changed"]) == (None, None, True)
    assert store.json("verify")["fault_count"] == 0
    assert states(found) == {"remove-records": "not-known"}
    assert "nobody looked whether the old policy is still served elsewhere" in found["warnings"][0]
    assert {record["action"] for record in found["records"]} == {"remove"}
    assert result(store, "example.com", "--remove") == {**found, "changed": False, "warnings": found["warnings"][1:]}


def test_removal_waits_for_the_longest_max_age(store):
    result(store, "example.com", "enforce", "mx=mail.example.com", "max_age=52w")
    result(store, "example.com", "enforce", "mx=mail.example.com", "max_age=1w")
    assert result(store, "example.com", "--remove")["mode"] == "none"
    again = result(store, "example.com", "--remove")
    assert not again["changed"] and states(again)["wait"] == "waiting"
    assert result(store, "never.example", "--remove")["mode"] is None  # there is nothing to wait for


def test_removal_refuses_what_aliases_lead_to(store):
    result(store, "example.com", *WORDS)
    store.do("set", "example.net", "--alias", "example.com")
    code, _, err = publish(store, "--offline", "example.com", "--remove")
    assert code == PROBLEM and "stored-name-in-use" in err
    assert store.json("get", "example.com")["policy"].startswith("version: STSv1\r\nmode: testing")


def test_a_list_has_one_result_a_line(store):
    store.do("profile", "hosted", *WORDS)
    lines = [
        {"domain": "a.example", "mode": "enforce", "mx": ["mx.a.example"], "max_age": 604800},
        {"domain": "b.example", "profile": "hosted", "host": "web.example.net"},
        {"domain": "c.example", "mode": "enforce"},
        {"domain": "A.example", "remove": True},
        {"domain": "d.example", "profile": "absent"},
        {"domain": "e.example", "colour": "red"},
        {"domain": "f.example", "mode": f"file={__file__}"},
        {"domain": "g.example", "mode": "profile"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines) + "not JSON\n"
    code, out, err = publish(store, "--offline", "--from", "-", stdin=text)
    results = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (PROBLEM, "")
    assert [found["error"] and found["error"]["word"] for found in results] == [
        None, None, "missing-mx", "input-invalid", "profile-not-stored", "input-invalid", "input-invalid", "input-invalid",
        "input-invalid"]  # fmt: skip
    assert results[8]["error"]["detail"].startswith("line 9: ")
    assert [found["domain"] for found in results[4:]] == ["d.example", "e.example", "f.example", "g.example", None]
    assert "PROBLEM" not in results[6]["error"]["detail"]  # no line of the file
    assert [line.split()[:2] for line in store.do("list").splitlines()] == [["a.example", "policy"], ["b.example", "profile"]]
    good = "".join(json.dumps(line) + "\n" for line in lines[:2])
    code, out, _ = publish(store, "--offline", "--from", "-", stdin=good)
    assert code == 0 and [json.loads(line)["changed"] for line in out.splitlines()] == [False, False]


@pytest.mark.parametrize("words, word", [
    ((), "usage-error"), (("a.example", "--from", "x"), "usage-error"), (("--from", "x", "--nsupdate"), "usage-error"), (("a.example", "--remove", *WORDS), "usage-error"),
    (("a.example", *WORDS, "--profile", "p"), "usage-error"), (("a.example", "--alias", "b.example", "--profile", "p"), "usage-error"),
    (("a.example", "--alias", "b..c"), "bad-domain"), (("a.example", "frob"), "unknown-word"),
    (("a.example", *WORDS, "--rua", "x"), "bad-rua"), (("a.example", *WORDS, "--host", "a..b"), "bad-option"),
    (("a.example", *WORDS, "--address", "300.1.1.1"), "bad-option"), (("mta-sts.a.example", *WORDS), "bad-domain"),
    (("--from", "/absent"), "input-unreadable"), (("a.example", "enforce", "mx=auto"), "usage-error"),
])  # fmt: skip
def test_wrong_use(store, words, word):
    code, out, err = publish(store, "--offline", *words)
    assert (code, out) == (USAGE, "") and f"error: {word}: " in err
    assert not store.path.exists()


def test_enforcing_for_aliases_is_told(store):
    result(store, "example.com", *WORDS)
    for number in range(7):
        result(store, f"d{number}.example", "--alias", "example.com")
    enforced = ("example.com", "enforce", "mx=mail.example.com")
    (warning,) = result(store, *enforced)["warnings"]
    assert "d0.example, d1.example, d2.example, d3.example, d4.example and others" in warning
    assert result(store, *enforced)["warnings"] == []  # nothing changed
    assert result(store, "example.com", *WORDS)["warnings"] == []


def test_a_path_without_a_store_is_not_taken_for_an_empty_one(store):
    for words in (("a.example",), ("a.example", "--remove"), ("--from", "/dev/null", "--remove")):
        code, out, err = publish(store, "--offline", *words)
        assert (code, out) == (USAGE, "") and "error: store-missing: " in err
    assert not store.path.exists()


def test_a_domain_that_is_not_stored_is_told(store):
    store.do("set", "b.example", "none")
    code, out, err = publish(store, "--offline", "a.example")
    assert (code, out) == (PROBLEM, "") and "domain-not-stored" in err


def test_stores_nothing_without_an_answer_on_mx(store):
    dns = ("--dns", "127.0.0.1:9", "--timeout", "1")
    code, out, err = publish(store, *dns, "a.example", "testing", "--mx", "auto")
    assert (code, out) == (TEMPORARY, "") and "mx-not-known" in err
    assert not store.path.exists()
    code, out, _ = publish(store, *dns, "--json", "a.example", *WORDS)
    found = json.loads(out)
    assert (code, found["state"], found["changed"]) == (TEMPORARY, "not-known", True)
