"""Our pages in a real browser: what the tests of every page share."""

import http.server
import re
import struct
import subprocess
import threading
import zlib

LIGHT = (0xF6, 0xF6, 0xF3)
DARK = (0x15, 0x18, 0x1B)
UNSTYLED = (0xFF, 0xFF, 0xFF)
DARK_WORDS = ["--blink-settings=preferredColorScheme=0"]


def browse(url, folder, *words):
    """Gives what the browser printed on standard output and in its log."""
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
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


def width_on_a_phone(page, folder):
    """Gives how wide the page wants to be in a view of 360 pixels."""
    narrow = folder / "narrow.html"
    frame = '<!doctype html><body style="margin:0"><iframe src="%s" style="width:360px;height:800px;border:0"></iframe>'
    narrow.write_text(frame % page.as_uri() + "<script>onload=()=>{const d=frames[0].document;"
                      "document.title=d.documentElement.scrollWidth}</script>")
    dom, _ = browse(narrow.as_uri(), folder, "--dump-dom", "--allow-file-access-from-files", "--window-size=500,900")
    return int(re.search(r"<title>(\d+)</title>", dom)[1])


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


class Served:
    """The page behind HTTP, with its own policy as a header too."""

    def __init__(self, page):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
        self.server.body = page.read_bytes()
        self.server.policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page.read_text())[1]
        self.server.asked = []
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self.server

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
