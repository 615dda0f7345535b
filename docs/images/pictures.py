"""Makes the screenshots of the documents from real runs of the command: `scripts/pictures`, which runs this in the lab."""

import html
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from browser import DARK_WORDS
from lab.domains import Domain, Mail
from lab.lab import Lab
from screenshots import take

DOMAIN = Domain(
    "example.com", "enforce mx=mail.example.com max_age=1209600",
    {"mail.example.com": Mail(), "mail2.example.com": Mail()},
    records=('_smtp._tls.example.com. TXT "v=TLSRPTv1; rua=mailto:tls-reports@example.com"',),
)  # fmt: skip
COLOURS = {"0": "", "1": "b", "2": "dim", "31": "red", "32": "green", "33": "yellow"}
TERMINAL = """<!doctype html><meta charset="utf-8"><style>
html { background: #0000 } body { margin: 0 }
pre { margin: 0; padding: 18px 22px; border-radius: 10px; background: #15181b; color: #d6d9dc;
      font: 14px/20px "DejaVu Sans Mono", monospace }
.b { font-weight: bold; color: #fff } .red { color: #ff7b72 } .green { color: #6fd08c } .yellow { color: #e3b341 }
.dim, .prompt { color: #8b949e }
</style><pre>%s</pre>"""
COLUMN, LINE, MARGINS = 8.43, 20, (44, 36)  # of the style above, in pixels


def printed_on_a_terminal(*words):
    """What the command prints where somebody looks on."""
    parts = []

    def keep(terminal):
        parts.append(os.read(terminal, 65536))
        return parts[-1]

    pty.spawn(words, keep)
    return b"".join(parts).decode().replace("\r\n", "\n")


def for_documents(text):
    """The lab's addresses become those that RFC 5737 reserves for documents."""
    return text.replace("11.22.33.", "203.0.113.")


def as_html(text):
    """The text with its colours."""
    pieces = re.split(r"\x1b\[(\d+)m", for_documents(text))
    shown = html.escape(pieces[0])
    for code, piece in zip(pieces[1::2], pieces[2::2]):
        shown += f'<span class="{COLOURS[code]}">{html.escape(piece)}</span>' if COLOURS[code] else html.escape(piece)
    return shown


def picture_of_check(folder, output):
    running = Lab(parts=("web", "mail"), table=[DOMAIN])
    found = folder / "found.html"
    try:
        text = printed_on_a_terminal("mta-sts", "check", "--html", str(found), DOMAIN.name)
    finally:
        running.close()
    text = re.sub(r"^.* written$\n?", "", text, flags=re.M)
    lines = ["$ mta-sts check " + DOMAIN.name, *text.rstrip().splitlines()]
    page = folder / "check.html"
    page.write_text(TERMINAL % f'<span class="prompt">$</span> {as_html(chr(10).join(lines)[2:])}')
    widest = max(len(re.sub(r"\x1b\[\d+m", "", line)) for line in lines)
    take(page, output / "check.png", round(widest * COLUMN) + MARGINS[0], len(lines) * LINE + MARGINS[1])
    found.write_text(for_documents(found.read_text()))
    take(found, output / "check-page-light.png", 880, 780)
    take(found, output / "check-page-dark.png", 880, 780, *DARK_WORDS)


def report(day, organization, successes, failures):
    details = [{"result-type": "certificate-expired", "receiving-mx-hostname": "mail2.example.com",
                "failed-session-count": failures}]  # fmt: skip
    return {
        "organization-name": organization, "report-id": f"{day}-{organization}", "contact-info": "tls@sender.example",
        "date-range": {"start-datetime": f"2026-11-{day:02}T00:00:00Z", "end-datetime": f"2026-11-{day:02}T23:59:59Z"},
        "policies": [{
            "policy": {"policy-type": "sts", "policy-domain": "example.com", "mx-host": ["mail.example.com", "mail2.example.com"]},
            "summary": {"total-successful-session-count": successes, "total-failure-session-count": failures},
            "failure-details": details if failures else [],
        }],
    }  # fmt: skip


def picture_of_reports(folder, output):
    """A month of two senders: a certificate expires, is renewed, and all is well again."""
    inbox = folder / "reports"
    inbox.mkdir()
    for day in range(1, 29):
        for number, organization in enumerate(("Sender One", "Sender Two")):
            sessions = 900 - 350 * number + 37 * (day * (number + 3) % 11)
            failures = {17: 31, 18: 44, 19: 9}.get(day, 0) // (number + 1)
            path = inbox / f"{day}-{number}.json"
            path.write_text(json.dumps(report(day, organization, sessions - failures, failures)))
    history = folder / "history.sqlite"
    for words in (("import", inbox), ("html", "--since", "2026-11-01", "--until", "2026-11-28", "-o", folder)):
        subprocess.run(["mta-sts", "tlsrpt", words[0], "--db", history, *words[1:]], check=True, stdout=subprocess.DEVNULL)
    take(folder / "index.html", output / "reports-light.png", 960, 760)
    take(folder / "index.html", output / "reports-dark.png", 960, 760, *DARK_WORDS)


def main(output):
    output.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        picture_of_check(Path(name), output)
        picture_of_reports(Path(name), output)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
