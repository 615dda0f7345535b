"""The page of `mta-sts tlsrpt html` in a real browser: from a file, and served under a strict Content-Security-Policy."""

import json
import re

import pytest

import browser
from browser import DARK, DARK_WORDS, LIGHT, UNSTYLED, browse, complaints, corner
from reports import detail, mta_sts, report


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    inbox = folder / "inbox"
    inbox.mkdir()
    for number in range(20):
        failed = 40 if number == 12 else number % 3
        if number in (5, 6):
            continue
        (inbox / f"{number}.json").write_text(json.dumps(report(
            1000, failed, day=f"2026-03-{number + 1:02}", org="<script>alert('org')</script>\u202eevil\x1b[2J",
            details=[detail(host="mail2.example.com\"><img src=x onerror=alert(1)>", count=failed)] if failed else [])))
    assert mta_sts("tlsrpt", "import", "--db", folder / "db", inbox)[0] == 0
    assert mta_sts("tlsrpt", "html", "--db", folder / "db", "-o", folder)[0] == 0
    return folder / "index.html"


@pytest.fixture
def served(page):
    with browser.Served(page) as server:
        yield server


@pytest.mark.parametrize("words, colour", [([], LIGHT), (DARK_WORDS, DARK)])
def test_from_a_file_in_light_and_dark(page, tmp_path, words, colour):
    _, log = browse(page.as_uri(), tmp_path, f"--screenshot={tmp_path / 'shot.png'}", *words)
    assert complaints(log) == []
    assert corner(tmp_path / "shot.png") == colour


def test_under_a_strict_policy_it_asks_for_nothing_else(served, tmp_path):
    assert "default-src 'none'" in served.policy and "unsafe" not in served.policy
    _, log = browse(f"http://127.0.0.1:{served.server_port}/", tmp_path, f"--screenshot={tmp_path / 'shot.png'}")
    assert complaints(log) == []
    assert corner(tmp_path / "shot.png") == LIGHT
    assert set(served.asked) <= {"/", "/favicon.ico"}


def test_a_style_that_was_tampered_with_is_refused(served, tmp_path):
    """Proves that the tests above would see a style that the policy does not allow."""
    served.body = served.body.replace(b"<style>", b"<style>/**/")
    _, log = browse(f"http://127.0.0.1:{served.server_port}/", tmp_path, f"--screenshot={tmp_path / 'shot.png'}")
    assert complaints(log) != []
    assert corner(tmp_path / "shot.png") == UNSTYLED


def test_a_failure_is_shown_with_its_cause_and_fix(page):
    text = page.read_text()
    assert "<p>Cause: " in text and "<p>Fix: " in text


def test_what_senders_wrote_is_text(page, tmp_path):
    dom, log = browse(page.as_uri(), tmp_path, "--dump-dom")
    assert "<script" not in dom and "<img" not in dom
    assert "&lt;script&gt;alert('org')&lt;/script&gt;\\u{202e}evil\\x1b[2J" in dom
    assert complaints(log) == []


def test_it_shows_what_the_reports_say(page):
    text = page.read_text()
    assert "99.68 %" in text and "target 99.9 %: missed" in text  # 18000 ok, 57 failed
    assert ">18,000 ok<" in text and "2026-03-02: 1 failed, 1,000 ok" in text
    assert "2026-03-06: no report" in text and "2026-03-13: jump" in text
    assert "certificate-expired" in text and "Renew it, reload the mail server" in text


@pytest.fixture(scope="module")
def page_of_many_domains(tmp_path_factory):
    folder = tmp_path_factory.mktemp("domains")
    reports = [report(1000, 2 * number, domain=f"d{number}.example", day=f"2026-03-{number + 1:02}", org=f"<b>Sender {number % 3}</b>",
                      details=[detail(host=f"mx.d{number}.example", count=2 * number)] if number else [])
               for number in range(25)]  # fmt: skip
    (folder / "all.json").write_text(json.dumps(reports))
    assert mta_sts("tlsrpt", "import", "--db", folder / "db", folder / "all.json")[0] == 0
    assert mta_sts("tlsrpt", "html", "--db", folder / "db", "-o", folder)[0] == 0
    return folder / "index.html"


def test_it_leads_from_a_domain_to_its_senders_and_hosts_and_back(page_of_many_domains):
    text = page_of_many_domains.read_text()
    domain = text[text.index('id="domain-1"'):].split("</section>")[0]
    assert "<h2>Domain: d24.example</h2>" in domain and "95.41 % (1,000 ok, 48 failed)" in domain and "2026-03-25" in domain
    assert "203.0.113.25" in domain and "198.51.100.42" in domain and "certificate-expired" in domain
    links = re.findall(r'<a href="#([a-z0-9-]+)">', text)
    assert set(links) <= set(re.findall(r' id="([a-z0-9-]+)"', text))
    for start, end in (("domains", "domain-1"), ("domain-1", "sender-1"), ("domain-1", "host-1"), ("sender-1", "domain-1"),
                       ("host-1", "domain-1"), ("host-1", "sender-1"), ("hosts", "host-1"), ("senders", "sender-1")):
        section = text[text.index(f' id="{start}"'):].split("</section>")[0]
        assert f'href="#{end}"' in section, (start, end)


def test_the_rest_of_many_domains_is_named_with_the_command_that_shows_it(page_of_many_domains):
    text = page_of_many_domains.read_text()
    assert text.count("<h2>Domain: ") == 20 and "<li>4 more domains with failed sessions</li>" in text
    assert "mta-sts tlsrpt show --domain DOMAIN" in text


def test_many_domains_fit_a_phone_and_each_head_has_its_scope(page_of_many_domains, tmp_path):
    assert browser.width_on_a_phone(page_of_many_domains, tmp_path) == 360
    assert "<th>" not in page_of_many_domains.read_text()
    dom, log = browse(page_of_many_domains.as_uri(), tmp_path, "--dump-dom")
    assert complaints(log) == [] and "<b>" not in dom


def test_a_phone_needs_no_sideways_scrolling(page, tmp_path):
    assert browser.width_on_a_phone(page, tmp_path) == 360
