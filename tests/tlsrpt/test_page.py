"""The page of `mta-sts tlsrpt html` in a real browser: from a file, and served under a strict Content-Security-Policy."""

import http.server
import json
import pathlib
import re
import shutil
import struct
import subprocess
import threading
import zlib

import pytest

from reports import detail, mta_sts, report

CHROMIUM = shutil.which("chromium")
LIGHT = (0xF6, 0xF6, 0xF3)
DARK = (0x15, 0x18, 0x1B)
UNSTYLED = (0xFF, 0xFF, 0xFF)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: the page was not looked at")


def browse(url, folder, *words):
    """Gives what the browser printed on standard output and in its log."""
    done = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
         "--enable-logging=stderr", f"--user-data-dir={folder / 'profile'}", *words, url],
        capture_output=True, timeout=120)
    return done.stdout.decode(), done.stderr.decode()


def complaints(log):
    return [line for line in log.splitlines() if "CONSOLE" in line or "Refused" in line]


def corner(png):
    """Gives the first pixel: no filter of PNG changes it."""
    data = png.read_bytes()
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    return tuple(zlib.decompress(packed)[1:4])


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


class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", self.server.policy)
        self.end_headers()
        self.wfile.write(self.server.body)
        self.server.asked.append(self.path)

    def log_message(self, *_):
        pass


@pytest.fixture
def served(page):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    server.body = page.read_bytes()
    server.policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page.read_text())[1]
    server.asked = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("words, colour", [([], LIGHT), (["--blink-settings=preferredColorScheme=0"], DARK)])
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


def test_what_senders_wrote_is_text(page, tmp_path):
    dom, log = browse(page.as_uri(), tmp_path, "--dump-dom")
    assert "<script" not in dom and "<img" not in dom
    assert "&lt;script&gt;alert('org')&lt;/script&gt;\\u{202e}evil\\x1b[2J" in dom
    assert complaints(log) == []


def test_it_shows_what_the_reports_say(page):
    text = page.read_text()
    assert "99.68 %" in text and "target 99.9 %: missed" in text  # 18000 ok, 57 failed
    assert "2026-03-06: no report" in text and "2026-03-13: jump" in text
    assert "certificate-expired" in text and "Renew it, reload the mail server" in text


def test_a_phone_needs_no_sideways_scrolling(page, tmp_path):
    """The narrowest window is as wide as the page: the right edge of a screenshot is the page's background."""
    narrow = tmp_path / "narrow.html"
    frame = '<!doctype html><body style="margin:0"><iframe src="%s" style="width:360px;height:800px;border:0"></iframe>'
    narrow.write_text(frame % page.as_uri() + "<script>onload=()=>{const d=frames[0].document;"
                      "document.title=d.documentElement.scrollWidth}</script>")
    dom, _ = browse(narrow.as_uri(), tmp_path, "--dump-dom", "--allow-file-access-from-files", "--window-size=500,900")
    assert int(re.search(r"<title>(\d+)</title>", dom)[1]) == 360
