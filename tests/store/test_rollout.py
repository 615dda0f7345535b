"""`mta-sts rollout` without a network: what is not known is told, the way back is open, and shared policies are left alone."""

import json
import subprocess

import pytest
from stores import MTA_STS, PROBLEM, USAGE

SECONDS = 60
ENFORCED = ("enforce", "mx=mail.example.com", "max_age=1w")


def rollout(store, *words):
    done = subprocess.run([MTA_STS, "rollout", "example.com", "--offline", "--store", store.path, "--db", store.folder / "no-history", *map(str, words)],
                          capture_output=True, text=True, timeout=SECONDS, check=False)  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def result(store, *words, code=0):
    got, out, err = rollout(store, "--json", *words)
    assert (got, err) == (code, ""), err
    return json.loads(out)


def stages(found):
    return {stage["stage"]: stage["state"] for stage in found["stages"]}


def test_knows_nothing_of_a_domain_that_is_not_stored(store):
    found = result(store, "--apply")
    assert (found["state"], found["stored"], stages(found)) == ("not-known", False, {"testing-day": "not-known"})
    assert not store.path.exists()
    for words in ((), ("--to", "none", "--apply"), ("--add-mx", "mx.example.net", "--apply")):  # a wrong path is no empty store
        code, out, err = rollout(store, *words)
        assert (code, out) == (USAGE, "") and "error: store-missing: " in err


def test_one_host_neither_comes_nor_goes(store):
    store.do("set", "example.com", *ENFORCED)
    code, out, err = rollout(store, "--add-mx", "MX.example.net", "--drop-mx", "mx.example.net")
    assert (code, out) == (USAGE, "") and 'error: bad-option: --add-mx and --drop-mx both name "mx.example.net"' in err


def test_goes_back_without_a_network_and_not_up(store):
    store.do("set", "example.com", "testing", "mx=mail.example.com")
    store.do("set", "example.com", *ENFORCED)
    back = result(store, "--to", "testing", "--apply")
    assert (back["changed"], back["mode"], back["max_age"]) == (True, "testing", 86400)
    assert back["id"] not in {period["id"] for period in store.json("get", "example.com")["history"][:-1]}
    assert result(store, "--to", "testing", "--apply")["changed"] is False
    store.do("set", "example.com", "testing", "mx=mail.example.com", "max_age=1w")
    up = result(store, "--apply")
    assert (up["changed"], up["mode"], stages(up)["enforce"]) == (False, "testing", "waiting")


def test_a_history_of_reports_that_cannot_be_read_is_told(store):
    store.do("set", "example.com", "testing", "mx=mail.example.com", "max_age=1w")
    (store.folder / "no-history").write_text("text")
    code, out, err = rollout(store)
    assert (code, out) == (USAGE, "") and "error: history-damaged: " in err
    assert result(store, "--to", "testing")["reports"] is None  # they have no say in it


def test_withdraws_under_a_new_id_each_time(store):
    store.do("set", "example.com", "none")
    used = store.json("get", "example.com")["id"]
    store.do("set", "example.com", *ENFORCED)
    found = result(store, "--to", "none", "--apply")
    assert (found["mode"], stages(found)) == ("none", {"none": "done", "removal": "waiting"}) and found["id"] != used
    code, out, err = rollout(store, "--to", "none")
    assert (code, err) == (0, "") and ";   removal: waiting, safe from " in out and f"id={found['id']};" in out


@pytest.mark.parametrize("kind, target, advice", [("--profile", "hosted", "mta-sts store profile hosted testing mx=mail.example.com max_age=86400"),
                                                  ("--alias", "example.net", "roll out that domain")])  # fmt: skip
def test_leaves_the_policy_of_others_alone(store, kind, target, advice):
    store.do("profile", "hosted", *ENFORCED)
    store.do("set", "example.net", "--profile", "hosted")
    store.do("set", "example.com", kind, target)
    code, out, err = rollout(store, "--to", "testing", "--apply")
    assert (code, out) == (PROBLEM, "") and "error: policy-shared: " in err and advice in err
    assert "mode: enforce" in store.json("get", "example.net")["policy"]


def test_prints_no_deletion_of_what_senders_may_hold(store):
    """Neither of a domain that left the store too soon, nor of one that was in none."""
    store.do("set", "example.com", *ENFORCED)
    store.do("remove", "example.com")
    for words in (("--to", "none", "--nsupdate"), ("--to", "none")):
        code, out, err = rollout(store, *words)
        assert (code, err) == (PROBLEM, "") and "update delete" not in out and "; remove: " not in out
    for domain, code, state in (("example.com", PROBLEM, "at-fault"), ("example.net", 0, "not-known")):
        done = subprocess.run([MTA_STS, "publish", domain, "--remove", "--offline", "--nsupdate", "--store", store.path],
                              capture_output=True, text=True, timeout=SECONDS, check=False)  # fmt: skip
        assert done.returncode == code and "update delete" not in done.stdout and f"wait: {state}" in done.stdout


def test_prints_the_next_policy_and_its_record(store):
    store.do("set", "example.com", *ENFORCED)
    code, out, err = rollout(store, "--to", "testing")
    assert (code, err) == (0, "")
    assert ";   the same command with --apply stores: testing mx=mail.example.com max_age=86400\n" in out
    render = subprocess.run([MTA_STS, "record", "example.com", "testing", "mx=mail.example.com", "max_age=86400"], capture_output=True, text=True, check=True)
    assert f";   once it is served: {render.stdout}" in out
    assert all(line.startswith(";") for line in rollout(store, "--to", "none")[1].splitlines())  # nothing to publish of the old way
