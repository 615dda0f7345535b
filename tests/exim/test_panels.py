"""What an administrator's configuration does with mail, it does with MTA-STS too: a policy changes which hosts and what TLS, and
nothing else. Held for complete configurations, message by message."""

import json
import subprocess
from pathlib import Path

import pytest

import panels
from conftest import use_exim
from lab.exim import PLUGIN, set_up
from lab.lab import Lab
from outcomes import Told

FEW = ("none", "enforce", "bare", "outside", "fwd-bare", "two-of-two", "no-key-bare", "news-bare", "partner", "boss-bare", "hub", "account", "table", "table-breaks", "relay-breaks")
BAD = ("none", "bare", "wrong", "outside", "fwd-bare", "no-key-bare", "news-bare", "partner", "account", "table-breaks", "relay-breaks")


@pytest.fixture(scope="session")
def lab():
    """The lab of these domains."""
    running = Lab(parts=["mail"], table=panels.table())
    panels.prepare(running)
    yield running
    running.close()


@pytest.fixture(scope="session")
def plain(lab):
    """Gives what the plain configuration does with each message, by name; proved to be what it should."""
    known = {}

    def give(panel, variant):
        if (panel, variant) not in known:
            site = panels.Site(lab, panel, variant, "plain")
            known[panel, variant] = seen = {}
            for message in panels.messages(panel, variant):
                seen[message.name] = site.send(message, message.name == "beside")
                assert panels.shows(message, seen[message.name]) == []
        return known[panel, variant]
    return give


def check(lab, plain, panel, variant, run, judge, only=(), **setup):
    """Sends the messages; judge(plain, seen) gives what is wrong with one."""
    expected = plain(panel, variant)
    site = panels.Site(lab, panel, variant, run, **setup)
    faults = []
    for message in panels.messages(panel, variant):
        if not only or message.name in only:
            seen = site.send(message, message.name == "beside")
            faults += [f"{message.name}: {fault}" for fault in judge(expected[message.name], seen)]
    assert faults == []


def obeys(before, seen):
    """Mode enforce."""
    expected = panels.under_policies(before)
    return panels.compare(expected, seen) + panels.forbidden(expected, seen) + panels.unexplained(seen)


def is_closed(before, seen):
    """Mode enforce, where the verdict cannot be known."""
    faults = panels.forbidden(panels.under_policies(before), seen)
    bounced = {one for one in seen.outcomes if one[0] == "bounced"}
    return faults + [f"bounced: {seen.log}"] * bool(bounced - before.outcomes) + panels.unexplained(seen)


@pytest.fixture
def answering(resolver):
    """The scripted resolver with the policies of these domains."""
    panels.policies(resolver)
    return resolver


@pytest.mark.parametrize("panel, variant", panels.names())
def test_enforce(lab, plain, answering, panel, variant):
    check(lab, plain, panel, variant, "enforce", obeys, mode="enforce")


@pytest.mark.parametrize("panel, variant", panels.names())
def test_enforce_without_dlfunc(lab, plain, answering, panel, variant):
    plain(panel, variant)
    use_exim("readsocket")
    try:
        check(lab, plain, panel, variant, "readsocket", obeys, mode="enforce")
    finally:
        use_exim("plugin")


SOCKET = "/run/mta-sts/outcomes.sock"
STEPS = (("--outcomes", SOCKET), ("--outcomes", SOCKET, "--outcomes-record", "--report-user", "nobody"), ("--report-user", "off"),
         ("--outcomes", SOCKET, "--report-user", "nobody", "--recipients", "! none.example : *"), ("--outcomes", "off"),
         ("--report-user", "off", "--recipients", "*"))  # fmt: skip


@pytest.fixture
def collector(lab):
    told = Told(Path(SOCKET))
    yield told
    told.close()


@pytest.mark.parametrize("macros", ["", "MTA = own\n"])  # a macro of the administrator's in the names of ours
@pytest.mark.parametrize("panel, variant", panels.names())
def test_setup_knows_its_own_blocks_whatever_they_were_made_with(lab, answering, collector, panel, variant, macros):
    site = panels.Site(lab, panel, variant, f"settled{bool(macros)}", macros=macros, mode="enforce")
    blocks, config = site.root / "mta-sts", site.exim.config

    def texts():  # without the file that they name as the one they were made of: the first were made before the blocks were included
        return {path.name: path.read_text().replace("/panel-with.conf", "/panel.conf") for path in blocks.iterdir()}

    first = texts()
    for step in STEPS:
        set_up("enforce", config, *step, blocks=blocks)
        made = texts()
        assert made != first or step == STEPS[-1]
        said = set_up("enforce", config, blocks=blocks)
        assert "the blocks have not changed" in said and texts() == made
        site.exim.check()
        judged = subprocess.run(["mta-sts", "exim-check", "--config", config, "--expect", "enforce", "--json"], capture_output=True, text=True, check=False)
        faults = [one for one in json.loads(judged.stdout)["findings"] if one["level"] == "fault"]
        assert faults == [], judged.stderr
    assert texts() == first


@pytest.mark.parametrize("panel, variant", panels.names())
def test_observe(lab, plain, answering, panel, variant):
    check(lab, plain, panel, variant, "observe", panels.same, mode="observe")


@pytest.mark.parametrize("panel, variant", panels.names())
def test_off(lab, plain, answering, panel, variant):
    check(lab, plain, panel, variant, "off", panels.same, FEW, mode="off")
    assert answering.asked == []


@pytest.mark.parametrize("mode, judge, only", [("enforce", is_closed, BAD), ("observe", panels.same, FEW),
                                               ("off", panels.same, FEW)])
@pytest.mark.parametrize("missing", ["plugin", "resolver"])
@pytest.mark.parametrize("panel, variant", panels.names())
def test_without(lab, plain, answering, panel, variant, missing, mode, judge, only):
    away = PLUGIN.with_suffix(".away")
    plain(panel, variant)
    if missing == "plugin":
        PLUGIN.rename(away)
    else:
        answering.stop(unlink=True)
    try:
        check(lab, plain, panel, variant, f"{mode}-no-{missing}", judge, only, mode=mode)
    finally:
        if away.exists():
            away.rename(PLUGIN)
