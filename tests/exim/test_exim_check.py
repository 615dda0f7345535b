"""`mta-sts exim-check` against a real Exim, right and wrong."""

import json
import subprocess

import pytest

from conftest import SNIPPETS, configure
from lab.exim import ETC
from lab.lab import REPOSITORY
from lab.namespace import command
from scripted_resolver import SOCKET
from test_configuration import answers, fresh, plain, unsplit  # noqa: F401 (a fixture)

LIGHT = REPOSITORY / "build/lab-light/root/usr/sbin/exim4"


def check(*words, user="root", group="root"):
    """Runs exim-check; gives exit code, the words of its findings, and all that it wrote."""
    done = subprocess.run(["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "mta-sts", "exim-check",
                           "--json", *map(str, words)], text=True, capture_output=True, check=False, timeout=120)
    if not done.stdout:
        return done.returncode, [], done.stderr
    found = json.loads(done.stdout)
    assert all(finding["text"] for finding in found["findings"])
    assert all(bool(finding["mend"]) == (finding["level"] != "ok") for finding in found["findings"])
    return done.returncode, [finding["word"] for finding in found["findings"] if finding["level"] != "ok"], done.stdout


def test_all_is_right(lab, resolver):
    configure()
    code, words, text = check()
    assert (code, words) == (0, []), text
    assert "asked by root" in text and "asked by Debian-exim" in text
    assert resolver.asked == ["mta-sts.invalid"] * 2


def test_it_asks_for_the_domain_of_ones_choice(lab, resolver):
    configure()
    assert check("--domain", "good.example")[:2] == (0, [])
    assert resolver.asked[0] == "good.example"
    assert check("--domain", "${run{/bin/true}}")[0] == 2


def test_text_for_people(lab, resolver):
    configure()
    done = subprocess.run(["mta-sts", "exim-check"], text=True, capture_output=True, check=False)
    assert done.returncode == 0
    assert all(line.startswith("ok: ") for line in done.stdout.splitlines())


def test_other_forms_are_right_too(lab, resolver):
    unsplit()
    assert check()[:2] == (0, [])
    exim = plain()
    assert check("--config", exim.config)[:2] == (0, [])


def test_snippets_that_debians_unsplit_form_does_not_read(lab, resolver):
    configure()
    answers(dc_use_split_config="false")
    command("update-exim4.conf")
    code, words, text = check()
    assert (code, words) == (1, ["exim-routers-missing"])
    assert "does not read" in text and "exim4.conf.template" in text


def test_no_snippets(lab, resolver):
    configure()
    for snippet in SNIPPETS.rglob("*_mta-sts"):
        (ETC / "conf.d" / snippet.relative_to(SNIPPETS)).unlink()
    command("update-exim4.conf")
    code, words, text = check()
    assert (code, words) == (1, ["exim-routers-missing"])
    assert "docs/exim.md" in text


def test_routers_that_stand_too_late(lab, resolver):
    configure()
    late = ETC / "conf.d/router/950_mta-sts"
    (ETC / "conf.d/router/150_mta-sts").rename(late)
    try:
        command("update-exim4.conf")
        code, words, text = check()
        assert (code, words) == (1, ["exim-routers-order"])
        assert "dnslookup" in text
    finally:
        late.unlink()


@pytest.mark.parametrize("macros, code, word", [
    ("MTA_STS_PLUGIN = /nonexistent/mta_sts.so\n", 1, "exim-plugin-not-loaded"),
    ("MTA_STS_PLUGIN = /lib/x86_64-linux-gnu/libc.so.6\n", 1, "exim-plugin-not-loaded"),
    ("MTA_STS_SOCKET = /nonexistent/s\n", 1, "resolver-unreachable"),
    ("MTA_STS_SOCKET = s\n", 1, "bad-argument"),
    ("MTA_STS_MODE = off\n", 1, "exim-mode-off"),
    ("MTA_STS_MODE = observe\n", 0, "exim-mode-observe"),
    ("MTA_STS_MODE = on\n", 1, "exim-mode-unknown"),
])
def test_settings(lab, resolver, macros, code, word):
    configure(macros)
    found, words, text = check()
    assert found == code, text
    assert word in words


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


def test_exim4_daemon_light(lab, resolver):
    if not LIGHT.exists():
        pytest.skip("exim4-daemon-light is not unpacked: scripts/test does it")
    configure()
    code, words, text = check("--exim", LIGHT)
    assert (code, words) == (1, ["exim-without-dlfunc"])
    assert "apt install exim4-daemon-heavy" in text


def test_an_exim_that_cannot_be_asked(lab, resolver):
    configure()
    assert check("--exim", "/nonexistent/exim")[0] == 2
    assert check("--config", "/nonexistent/exim.conf")[0] == 2
    code, _, text = check(user="nobody", group="nogroup")
    assert code == 2 and "root" in text
