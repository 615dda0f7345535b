"""`mta-sts exim-check` against a real Exim, right and wrong."""

import json
import subprocess
from pathlib import Path

import pytest

from conftest import configure
from lab.exim import BLOCKS, ETC, Exim
from lab.namespace import command
from outcomes import Told
from scripted_resolver import SOCKET
from test_configuration import fresh, plain, unsplit  # noqa: F401 (a fixture)

pytestmark = pytest.mark.asks("plugin")
ROUTERS = ETC / "conf.d/router"
RESOLV_CONF = Path("/etc/resolv.conf")


def check(*words, user="root", group="root"):
    """Runs exim-check; gives exit code, the words of its faults and warnings, and all that it wrote."""
    done = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "mta-sts", "exim-check",
                           "--json", *map(str, words)], text=True, capture_output=True, check=False, timeout=120)
    if not done.stdout:
        return done.returncode, [], done.stderr
    found = json.loads(done.stdout)
    assert all(finding["text"] for finding in found["findings"])
    assert all(bool(finding["fix"]) == (finding["level"] != "ok") for finding in found["findings"])
    words = dict.fromkeys(finding["word"] for finding in found["findings"] if finding["level"] != "ok")
    return done.returncode, list(words), done.stdout


@pytest.fixture
def router():
    """Adds a router of the administrator's to Debian's configuration."""
    added = []

    def add(name, text):
        path = ROUTERS / name
        path.write_text(text)
        added.append(path)
        command("update-exim4.conf")
    yield add
    for path in added:
        path.unlink()


@pytest.fixture
def without_trust_ad(lab):
    """The lab's resolv.conf without "options trust-ad": glibc hides from Exim what was validated."""
    text = RESOLV_CONF.read_text()
    assert "trust-ad" in text
    RESOLV_CONF.write_text(text.replace("trust-ad", ""))
    yield
    RESOLV_CONF.write_text(text)


def test_all_is_right(lab, resolver):
    configure()
    code, words, text = check("--expect", "enforce")
    assert (code, words) == (0, []), text
    assert "asked by root" in text and "asked by Debian-exim" in text
    assert resolver.asked == ["mta-sts.invalid"] * 2


def test_it_tries_the_way_of_mail_to_a_domain(lab, resolver):
    configure()
    code, words, text = check("--domain", "good.example")
    assert (code, words) == (0, []), text
    assert "mail for good.example takes the router dnslookup" in text
    assert "mail for good.example, routed by Debian-exim takes the router dnslookup" in text
    assert resolver.asked == ["good.example"] * 2  # the rest was asked of a resolver of its own
    assert check("--domain", "${run{/bin/true}}")[0] == 2


def test_text_for_people(lab, resolver):
    configure()
    done = subprocess.run(["mta-sts", "exim-check"], text=True, capture_output=True, check=False)
    assert done.returncode == 0
    assert all(line.startswith("ok: ") for line in done.stdout.splitlines())


def test_other_forms_are_right_too(lab, resolver):
    unsplit("enforce")
    assert check("--domain", "good.example")[:2] == (0, [])
    exim = plain("enforce")
    assert check("--config", exim.config, "--domain", "good.example")[:2] == (0, [])


def test_no_blocks(lab, resolver):
    Exim.debian(macros="REMOTE_SMTP_HELO_DATA = out.sender.example\n")
    code, words, text = check()
    assert (code, words) == (1, ["exim-routers-missing", "exim-transport-changed"])
    assert "dnslookup" in text and "helo_data" in text and "exim-setup" in text
    assert resolver.asked == []


def test_the_administrator_changed_a_transport(lab, resolver):
    configure()
    (ETC / "conf.d/main/00_lab").write_text("REMOTE_SMTP_HELO_DATA = out.sender.example\nDKIM_SELECTOR = new\n")
    command("update-exim4.conf")
    code, words, text = check()
    assert (code, words) == (1, ["exim-transport-changed"]), text
    assert "helo_data" in text and "mta_sts_enforce_remote_smtp" in text
    command("mta-sts", "exim-setup", "--write", BLOCKS)
    assert check()[:2] == (0, [])


def test_a_router_before_ours(lab, resolver, router):
    configure()
    router("00_z", "by_hand:\n  driver = manualroute\n  route_list = by-hand.example mx1.good.example\n  transport = remote_smtp\n")
    code, words, text = check()
    assert code == 1 and "exim-routers-order" in words, text
    assert "by_hand" in text


def test_a_new_router_that_is_left_out(lab, resolver, router):
    configure()
    router("140_by_hand", "by_hand:\n  driver = manualroute\n  route_list = by-hand.example mx1.good.example\n  transport = remote_smtp\n")
    code, words, text = check()
    assert code == 1 and "exim-routers-changed" in words, text
    assert "by_hand" in text


def test_a_forward_that_leads_past_ours(lab, resolver, router):
    configure()
    router("950_late", "late:\n  driver = redirect\n  domains = +local_domains\n  local_parts = late\n  data = someone@good.example\n"
                       "  redirect_router = dnslookup\n")
    code, words, text = check("--domain", "good.example")
    assert code == 1 and {"exim-redirect-behind", "exim-route-wrong"} <= set(words), text
    assert "a forward to good.example that goes on at dnslookup" in text
    command("mta-sts", "exim-setup", "--write", BLOCKS)
    assert check("--domain", "good.example")[:2] == (0, [])


def test_blocks_that_were_edited(lab, resolver):
    configure()
    routers = BLOCKS / "routers"
    routers.write_text(routers.read_text().replace("transport = mta_sts_enforce_remote_smtp\n", "transport = remote_smtp\n"))
    code, words, text = check("--domain", "good.example")
    assert code == 1 and words == ["exim-routers-changed", "exim-route-wrong"], text


def test_where_sessions_are_told(lab, resolver):
    """The socket is tried as Exim's user, and nothing is sent to it."""
    path = Path("/run/mta-sts/outcomes.sock")
    path.unlink(missing_ok=True)
    try:
        configure(setup=("--outcomes", str(path)))
        assert check()[:2] == (1, ["exim-outcomes-missing"])
        told = Told(path)
        code, words, text = check()
        assert (code, words) == (0, []), text
        assert "Debian-exim can tell" in text and json.loads(text)["outcomes"] == str(path) and told.take() == []
        path.chmod(0o600)
        assert check()[:2] == (1, ["exim-outcomes-permission"])
        path.chmod(0o666)
        path.rename(f"{path}.aside")
        told.close()
        Path(f"{path}.aside").rename(path)
        assert check()[:2] == (1, ["exim-outcomes-unheard"])
    finally:
        path.unlink(missing_ok=True)
        configure(setup=("--outcomes", "off"))


def test_transports_that_do_not_tell_are_named(lab, resolver):
    told = Told(Path("/run/mta-sts/outcomes.sock"))
    transport = ETC / "conf.d/transport/29_hidden"
    transport.write_text("hidden:\n  driver = smtp\n  hosts_avoid_tls = 192.0.2.1\n")
    router = ETC / "conf.d/router/140_hidden"
    router.write_text("hidden:\n  driver = dnslookup\n  domains = hidden.example\n  transport = hidden\n")
    try:
        configure(setup=("--outcomes", str(told.path)))
        code, words, text = check()
        assert (code, words) == (0, ["exim-outcomes-partly"]) and "mta_sts_plain_hidden" in text, text
        transports = BLOCKS / "transports"
        transports.write_text(transports.read_text().replace("mta_sts_event", "mta_sts_other"))
        code, words, text = check()
        assert code == 1 and set(words) == {"exim-transport-changed", "exim-outcomes-partly"}, text
        assert "does not call the plugin" in text
    finally:
        transport.unlink()
        router.unlink()
        told.close()
        configure(setup=("--outcomes", "off"))


def test_a_list_that_is_not_there(lab, resolver, router):
    configure()
    router("120_listed", "listed:\n  driver = redirect\n  domains = +nowhere\n  data =\n")
    code, words, text = check()
    assert code == 1 and "exim-list-missing" in words and "nowhere" in text, text


def test_nobody_is_asked_about(lab, resolver):
    configure(macros="MAIN_RELAY_TO_DOMAINS = *\n", setup=("--recipients", "! +relay_to_domains : *"))
    code, words, text = check()
    assert (code, words) == (1, ["exim-recipients-none"]), text


@pytest.mark.parametrize("setup, code, word", [
    (("--plugin", "/nonexistent/mta_sts.so"), 1, "plugin-missing"),
    (("--plugin", "/lib/x86_64-linux-gnu/libc.so.6"), 1, "exim-plugin-not-loaded"),
    (("--socket", "/nonexistent/s"), 1, "resolver-unreachable"),
    (("--except", "dnslookup"), 0, "exim-router-excepted"),
])
def test_settings(lab, resolver, setup, code, word):
    configure(setup=setup)
    found, words, text = check()
    assert found == code and word in words, text


@pytest.mark.parametrize("mode, words, code, word", [
    ("observe", (), 0, "exim-mode-observe"),
    ("observe", ("--expect", "enforce"), 1, "exim-mode-observe"),
    ("observe", ("--expect", "observe"), 0, "exim-mode-observe"),
    ("enforce", ("--expect", "observe"), 1, "exim-mode-enforce"),
    ("off", (), 1, "exim-mode-off"),
])
def test_the_mode(lab, resolver, mode, words, code, word):
    configure(mode)
    assert check(*words)[:2] == (code, [word])


def test_a_mode_of_the_administrators_own(lab, resolver):
    configure(macros="MTA_STS_MODE = on\n")
    assert check()[:2] == (1, ["exim-mode-unknown"])


def test_a_socket_that_exims_user_may_not_use(lab, resolver):
    configure()
    SOCKET.chmod(0o600)
    code, words, text = check()
    assert (code, words) == (1, ["socket-permission"])
    assert "let Debian-exim write to /run/mta-sts/exim.sock" in text


def test_a_lookup_that_fails_for_now(lab, resolver):
    configure()
    resolver.answers["mta-sts.invalid"] = "mode=temp reason=txt-lookup-failed source=none"
    assert check()[:2] == (3, ["txt-lookup-failed"])


def test_a_resolver_of_another_version(lab, resolver):
    configure()
    resolver.answers["mta-sts.invalid"] = "mode=none source=none colour=blue"
    assert check()[:2] == (1, ["answer-garbled"])


@pytest.mark.asks("readsocket")
def test_an_exim_that_cannot_load_plugins(exim, resolver):
    code, words, text = check("--domain", "good.example")
    assert (code, words) == (0, []), text
    assert "${readsocket" in text and "obeys the policy of good.example" in text


def test_an_exim_that_cannot_be_asked(lab, resolver):
    configure()
    assert check("--exim", "/nonexistent/exim")[0] == 2
    assert check("--config", "/nonexistent/exim.conf")[0] == 2
    code, _, text = check(user="nobody", group="nogroup")
    assert code == 2 and "root" in text


def test_dane_that_cannot_be_done(lab, resolver, without_trust_ad):
    """A warning, since Exim's default alone asks for it; and what fixes it."""
    configure()
    code, words, text = check("--expect", "enforce")
    assert (code, words) == (0, ["exim-dane-off"]), text
    assert "options trust-ad" in text
    assert _judged_locally()[0] == "found" and "Exim 4." in _judged_locally()[1]


def test_dane_that_is_asked_for_and_cannot_be_done(lab, resolver, without_trust_ad):
    transport = ETC / "conf.d/transport/29_dane"
    transport.write_text("with_dane:\n  driver = smtp\n  hosts_try_dane = *\n")
    try:
        configure()
        code, words, text = check()
    finally:
        transport.unlink()
    assert (code, words) == (1, ["exim-dane-off"]), text
    assert "hosts_try_dane" in text


def test_dane_that_can_be_done(lab, resolver):
    configure()
    assert _judged_locally()[0] == "ok"


def _judged_locally():
    """What `mta-sts check --local` finds of DANE here: result and evidence."""
    done = subprocess.run(["mta-sts", "check", "--local", "--json", "good.example"], capture_output=True, text=True, check=False,
                          timeout=120)
    checks = json.loads(done.stdout)["checks"]
    return [(one["result"], one["evidence"]) for one in checks if one["id"] == "C73"][0]
