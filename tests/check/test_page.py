"""The page of `mta-sts check --html` in a real browser: two domains from recordings, one healthy, one hostile."""

import json
import os
import pathlib
import re
import subprocess

import pytest

import browser
from browser import DARK, DARK_WORDS, LIGHT, browse, complaints, corner

MTA_STS = os.environ["MTA_STS"]
RECORDING = pathlib.Path(__file__).parents[1] / "vectors" / "check" / "healthy.json"
EVIL = "\"'></code><script>alert(1)</script><img src=x onerror=alert(1)>\u202eevil\x1b[2J"


def check(*words):
    done = subprocess.run([MTA_STS, "check", *map(str, words)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    healthy = json.loads(RECORDING.read_text())
    (folder / "example.com.json").write_text(json.dumps(healthy))
    broken = json.loads(RECORDING.read_text().replace("example.com", "example.net"))
    broken["dns"]["sts"]["answer"]["records"].append([EVIL + "x" * 500])
    broken["dns"]["mx"][0]["name"] = "mx9." + "long" * 15 + ".example.net"
    for fact in broken["https"]["by_address"]:
        fact["headers"].append({"name": EVIL, "value": EVIL})
        fact["body"] += EVIL
    for fact in broken["smtp"]:
        fact["banner"] = "220 " + EVIL
        fact["with_sni"]["certificate"]["dns_names"] = [EVIL]
    (folder / "example.net.json").write_text(json.dumps(broken))
    return folder


def replayed(*words):
    done = subprocess.run([MTA_STS, "check", "--json", *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    return done.returncode, [json.loads(line)["domain"] for line in done.stdout.splitlines()]


def test_replays_one_file_the_domains_given_or_the_whole_folder(folder, tmp_path):
    (tmp_path / "list").write_text("example.net\n")
    assert replayed("--replay", folder) == (1, ["example.com", "example.net"])
    assert replayed("--replay", folder / "example.com.json") == (0, ["example.com"])
    assert replayed("--replay", folder, "example.com") == (0, ["example.com"])
    assert replayed("--replay", folder, "--from", tmp_path / "list") == (1, ["example.net"])
    code, errors = check("--replay", tmp_path)
    assert code == 2 and "no recording" in errors


@pytest.fixture(scope="module")
def page(folder):
    path = folder / "page.html"
    code, errors = check("--replay", folder, "--html", path, "example.com", "example.net")
    assert code == 1, errors
    assert path.stat().st_mode & 0o777 == 0o644
    return path


@pytest.mark.parametrize("words, colour", [([], LIGHT), (DARK_WORDS, DARK)])
def test_from_a_file_in_light_and_dark(page, tmp_path, words, colour):
    _, log = browse(page.as_uri(), tmp_path, f"--screenshot={tmp_path / 'shot.png'}", *words)
    assert complaints(log) == []
    assert corner(tmp_path / "shot.png") == colour


def test_under_a_strict_policy_it_asks_for_nothing_else(page, tmp_path):
    with browser.Served(page) as served:
        assert "default-src 'none'" in served.policy and "unsafe" not in served.policy
        _, log = browse(f"http://127.0.0.1:{served.server_port}/", tmp_path, f"--screenshot={tmp_path / 'shot.png'}")
        assert complaints(log) == []
        assert corner(tmp_path / "shot.png") == LIGHT
        assert set(served.asked) <= {"/", "/favicon.ico"}


def test_what_servers_sent_is_text(page, tmp_path):
    assert "\x1b" not in page.read_text() and "\u202e" not in page.read_text()
    dom, log = browse(page.as_uri(), tmp_path, "--dump-dom")
    assert "<script" not in dom and "<img" not in dom
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in dom and "\\u{202e}evil\\x1b[2J" in dom
    assert complaints(log) == []


def test_a_phone_needs_no_sideways_scrolling(page, tmp_path):
    assert browser.width_on_a_phone(page, tmp_path) == 360


def test_it_shows_all_domains_of_the_run(page):
    text = page.read_text()
    assert '<a href="#d1">example.com</a>' in text and '<a href="#d2">example.net</a>' in text
    assert 'id="d1"' in text and 'id="d2"' in text
    assert "1 domain with errors" in text
    assert "mode enforce, max_age 14 days" in text and "C52" in text


def test_it_shows_areas_senders_and_what_to_do_next(page):
    text = page.read_text()
    assert '<li>mail hosts <strong class="good">ok</strong></li>' in text
    assert '<li>policy <strong class="bad">error</strong></li>' in text
    assert '<td data-label="With DANE"><span class="good">TLS verified by DANE</span></td>' in text
    assert "<li>by 2026-04-30, 60 days left: renew the certificate of mx1.example.com</li>" in text
    assert "<li>fix the errors</li>" in text


def test_it_shows_records_and_policy_as_published(page):
    text = page.read_text()
    assert "<th>_mta-sts.example.com</th><td>TXT</td><td><code>v=STSv1; id=20260101T;</code></td>" in text
    assert "<pre>version: STSv1\nmode: enforce\nmx: mx1.example.com\nmx: mx2.example.com\nmax_age: 1209600\n</pre>" in text


def test_it_shows_when_certificates_end(page):
    text = page.read_text()
    assert "60 days left</strong>" in text and "TLS_AES_256_GCM_SHA384" in text and "EC prime256v1" in text
    assert "leads to a trusted root" in text


def test_what_is_no_regular_file_is_left_alone(folder, tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    target = tmp_path / "target"
    target.write_text("before")
    link.symlink_to(target)
    for path in (pipe, link, tmp_path, tmp_path / "absent" / "page.html"):
        code, errors = check("--replay", folder, "--html", path, "example.com")
        assert code == 2 and "output-unwritable" in errors, path
    assert pipe.is_fifo() and link.is_symlink() and target.read_text() == "before"


def test_an_old_page_is_replaced_whole(folder, tmp_path):
    path = tmp_path / "page.html"
    path.write_text("old" * 100000)
    assert check("--replay", folder, "--html", path, "example.com")[0] == 0
    assert path.read_text().endswith("</html>\n") and "old" * 3 not in path.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["page.html"]


SAMPLE = re.compile(r'mta_sts_check_[a-z_]+(\{[a-z]+="(?:[^"\\]|\\.)*"(,[a-z]+="(?:[^"\\]|\\.)*")*\})? -?\d+')


def test_metrics_are_what_the_textfile_collector_takes(folder, tmp_path):
    path = tmp_path / "check.prom"
    path.write_text("old")
    assert check("--replay", folder, "--metrics", path, "example.com", "example.net")[0] == 1
    assert path.stat().st_mode & 0o777 == 0o644 and [each.name for each in tmp_path.iterdir()] == ["check.prom"]
    lines = path.read_text().splitlines()
    samples = [line for line in lines if not line.startswith("#")]
    assert all(SAMPLE.fullmatch(line) for line in samples)
    assert len({line.rpartition(" ")[0] for line in samples}) == len(samples)
    names = [line.split("{")[0].split(" ")[0] for line in samples]
    assert [line.split()[2] for line in lines if line.startswith("# TYPE")] == list(dict.fromkeys(names))
    assert 'mta_sts_check_errors{domain="example.com"} 0' in samples


def test_metrics_go_to_no_device(folder, tmp_path):
    code, errors = check("--replay", folder, "--metrics", tmp_path, "example.com")
    assert code == 2 and "output-unwritable" in errors
