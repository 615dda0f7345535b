"""What must be true where a guide has the mark `<!-- result: NAME -->`. Each function takes the Scene and returns one line."""

import contextlib
import http.client
import json
import re
import sqlite3
import ssl
import urllib.request

from lab.processes import wait_until

from .markdown import REPOSITORY, GuideError, named_block
from .signature import fault_of
from .system import USER
from .walks import ADDRESS, GOOD, STRIPPED, STRIPPED_HOST

_SYSUSERS = REPOSITORY / "packaging/systemd/mta-sts.sysusers"
_LOGS = {"exim4": "/var/log/exim4/mainlog", "postfix": "/var/log/postfix.log"}
_VERIFIED = {"exim4": r" => \S*{0}.* R=mta_sts_enforce_\S+ .* CV=yes", "postfix": r"Verified TLS connection established to mail"}
_SENT = {"exim4": r" => \S*@{0} ", "postfix": r"to=<\S*@{0}>.* status=sent"}
_WAITS = {"exim4": r" == \S*@{0} .* defer \(-3[78]\)", "postfix": r"to=<\S*@{0}>.* status=deferred .*TLS is required"}


def _require(condition, what):
    if not condition:
        raise GuideError(what)


def _fetch(root):
    """Status, headers and body of the policy's URL, over TLS that is verified with the lab's authority alone."""
    context = ssl.create_default_context(cafile=root)
    connection = http.client.HTTPSConnection(f"mta-sts.{GOOD}", context=context, timeout=30)
    connection.request("GET", "/.well-known/mta-sts.txt")
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read().decode()


def served(scene):
    """The policy comes from this system over verified TLS; with the record that belongs to it, `mta-sts check` finds no error."""
    status, headers, body = _fetch(scene.lab.ca.root)
    _require(status == 200 and headers.get_content_type() == "text/plain", f"the policy is not served: {status} {headers}")
    _require(body.startswith("version: STSv1\r\nmode: "), f"this is no policy: {body!r}")
    record = f'_mta-sts.{GOOD}. TXT "v=STSv1; id={headers["ETag"].strip(chr(34))};"'
    if record not in scene.lab.dns.records(GOOD):
        scene.lab.dns.change(GOOD, [line for line in scene.lab.dns.records(GOOD) if "_mta-sts" not in line] + [record])
    said = scene.check(GOOD)
    return f"policy served by {headers['Server']} at {ADDRESS}; mta-sts check: {said.splitlines()[0]}"


def not_served(scene):
    """Nothing answers the policy's URL with a policy any more, once the old processes of a reload have ended."""
    def other_answer():
        status, _, body = _fetch(scene.lab.ca.root)
        return status if "STSv1" not in body else None
    return f"the policy's URL answers {wait_until(other_answer, 'the policy is no longer served')}"


def _mailer(scene):
    return next((name for name in _LOGS if scene.system.has(name)), "") or _require(False, "there is no mail server")


def _log(scene, mailer):
    path = scene.system.path(_LOGS[mailer])
    return path.read_text(errors="replace") if path.exists() else ""


def _send(scene, recipient_domain, pattern):
    """Sends one mail as the user does; returns the log's lines since then, once one has the pattern."""
    mailer = _mailer(scene)
    before = len(_log(scene, mailer))
    scene.system.type(f"printf 'Subject: hello\\n\\nHello.\\n' | /usr/sbin/sendmail -oi someone@{recipient_domain}")
    wanted = re.compile(pattern[mailer].format(re.escape(recipient_domain)))

    def seen():
        return wanted.search(_log(scene, mailer)[before:])
    try:
        wait_until(seen, f"{wanted.pattern} in {_LOGS[mailer]}")
    finally:
        scene.system.log.open("a", encoding="utf-8").write(_log(scene, mailer)[before:])
    return _log(scene, mailer)[before:]


def _plain(scene):
    """How many mails the host without TLS received."""
    return len(scene.lab.received(STRIPPED_HOST))


def observes(scene):
    """Mail that a policy would stop is still sent, and the log has the verdict."""
    before = _plain(scene)
    log = _send(scene, STRIPPED, _SENT)
    _require(f"MTA-STS observe: {STRIPPED} mode=enforce" in log, f"no verdict in the log:\n{log}")
    _require(_plain(scene) == before + 1, "the mail did not arrive")
    return "mail is sent as before, and the verdict is in the log"


def enforces(scene):
    """Mail to a good domain arrives over verified TLS; mail to a host that offers no TLS waits."""
    before = _plain(scene)
    arrived = sum(len(scene.lab.received(f"mail{n}.{GOOD}")) for n in ("", 2))
    log = _send(scene, GOOD, _SENT)
    _require(re.search(_VERIFIED[_mailer(scene)].format(GOOD), log), f"not verified:\n{log}")
    messages = [message for n in ("", 2) for message in scene.lab.received(f"mail{n}.{GOOD}")]
    _require(len(messages) == arrived + 1 and messages[-1].tls == "TLSv1.3", f"it did not arrive over TLS: {messages}")
    _send(scene, STRIPPED, _WAITS)
    _require(_plain(scene) == before, "the mail was sent in plaintext")
    return f"delivered to {GOOD} over verified {messages[-1].tls}; mail to {STRIPPED}, which offers no TLS, waits"


def sends_as_before(scene):
    """Without the product, the host without TLS gets mail again."""
    before = _plain(scene)
    _send(scene, STRIPPED, _SENT)
    _require(_plain(scene) > before, "the mail did not arrive")
    return f"mail to {STRIPPED} is sent as without MTA-STS"


def asks(scene):
    """The resolver knows the policies, and the command diagnoses the domain from this system."""
    said = scene.system.type(f"sudo mta-sts verdict {GOOD}")
    _require(f"{GOOD}: enforce" in said, said)
    return f"the resolver says {said.splitlines()[0]}; mta-sts check: {scene.check(GOOD).splitlines()[0]}"


def user(scene):
    """The resolver's user is the one that packaging/systemd/mta-sts.sysusers makes, and nobody can log in as it."""
    name, comment, home = re.search(r'^u (\S+) - "(.*)" (\S+)$', _SYSUSERS.read_text(), re.MULTILINE).groups()
    lines = [line.split(":") for line in scene.system.path("/etc/passwd").read_text().splitlines()]
    (found,) = [line for line in lines if line[0] == name]
    _require(found[4:] == [comment, home, "/usr/sbin/nologin"] and int(found[2]) < 1000, f"another user: {found}")
    _require(f"{name}:x:{found[3]}:" in scene.system.path("/etc/group").read_text().splitlines(), f"not in a group of its own: {found}")
    password = re.search(rf"^{name}:(.*?):", scene.system.path("/etc/shadow").read_text(), re.MULTILINE)[1]
    _require(password.startswith("!"), "the user has a password")
    return f"the user {name} is as packaging/systemd/mta-sts.sysusers says"


def page(scene):
    """The page of the history is in the user's folder, and has the report of the mailbox."""
    text = scene.system.path(f"/home/{USER}/tlsrpt/index.html").read_text()
    _require("99.93" in text, "the page does not have the report of the mailbox")
    return "the page shows a success rate of 99.93 %"


def key_published(scene):
    """The DNS of the lab has the DKIM key's record that the guide's last command prints."""
    command = named_block("docs/own-reports.md", "key")[2] if _mailer(scene) == "exim4" else "sudo cat /etc/dkimkeys/mail.txt"
    name, text = re.search(r"^(mail\._domainkey)\S*\s.*?TXT[\s(]+(.*)", scene.system.type(command), re.DOTALL).groups()
    strings = re.findall(r'"[^"]*"', text)
    scene.lab.dns.change(GOOD, [*scene.lab.dns.records(GOOD), f"{name}.{GOOD}. TXT {' '.join(strings)}"])
    _require(all(len(string) < 258 for string in strings), f"a string is too long for DNS: {strings}")
    return f"{name}.{GOOD} has the record that the guide prints"


def _public_key(scene):
    record = next(line for line in scene.lab.dns.records(GOOD) if line.startswith("mail._domainkey"))
    return re.search(r"\bp=([\w+/=]+)", "".join(re.findall(r'"([^"]*)"', record)))[1]


def _require_signature(scene, host):
    """The last message that a host took has a valid signature of GOOD; gives its text."""
    text = [line for line in scene.lab.scripted_mail.events(host) if line["event"] == "message"][-1]["text"]
    key = _public_key(scene)
    _require(not (fault := fault_of(text, GOOD, key)), f"{fault}:\n{text}")
    for forged in (f"{text}\nmore\n", text.replace("\nSubject: ", "\nSubject: not ")):
        _require(fault_of(forged, GOOD, key), f"the signature does not cover all of it:\n{text}")
    return text


def signed(scene):
    """Mail that a local user sends from the domain is signed."""
    arrived = {f"{name}.{GOOD}": len(scene.lab.received(f"{name}.{GOOD}")) for name in ("mail", "mail2")}
    scene.system.type(f"printf 'From: tls-reports@{GOOD}\\nSubject: hello\\n\\nHello.\\n' | /usr/sbin/sendmail -i -f tls-reports@{GOOD} someone@{GOOD}")
    host = wait_until(lambda: next((host for host, count in arrived.items() if len(scene.lab.received(host)) > count), None), "the mail")
    _require_signature(scene, host)
    return f"mail from {GOOD} has a valid DKIM signature"


_COUNTS = "/var/lib/mta-sts/outcomes.sqlite"


def counted(scene):
    """The resolver has counted a session that went well and one that did not; they are put on yesterday, as if a day had passed."""
    enforces(scene)
    file = scene.system.path(_COUNTS)

    def sums():
        with contextlib.closing(sqlite3.connect(file, timeout=30)) as database:
            rows = database.execute("SELECT domain, sum(success), sum(failure) FROM session GROUP BY domain").fetchall()
        return {domain: (good, bad) for domain, good, bad in rows}
    wait_until(lambda: file.exists() and sums().get(GOOD, (0, 0))[0] and sums().get(STRIPPED, (0, 0))[1], "both sessions in the counts")
    with contextlib.closing(sqlite3.connect(file, timeout=30)) as database:
        for table in ("day", "session", "failure"):
            database.execute(f"UPDATE {table} SET day = day - 1")
        database.commit()
    return f"the resolver counted {sums()}, which are put on yesterday"


def reported(scene):
    """The domain without TLS got a report of it, signed, although its policy forbids mail without TLS; the report is right."""
    wait_until(lambda: scene.lab.received(STRIPPED_HOST), "the report")
    text = _require_signature(scene, STRIPPED_HOST)
    _require("\nTLS-Report-Domain: " in text, f"it got another mail:\n{text}")
    scene.system.write("/tmp/report.eml", text)
    said = json.loads(scene.system.type("mta-sts report --json /tmp/report.eml || [ $? = 1 ]"))  # 1: below the target
    (report,) = said["files"][0]["reports"]
    _require(report.get("warnings", []) == [] and "starttls-not-supported" in json.dumps(said), json.dumps(said, indent=1))
    (sent,) = json.loads(scene.system.type(f"sudo -u mta-sts mta-sts tlsrpt sent --json {STRIPPED}"))["deliveries"]
    _require(sent["state"] == "sent", str(sent))
    return f"{STRIPPED_HOST}, which offers no TLS, has a signed report of {sent['failed_sessions']} failed sessions"


def synced(scene):
    """The policy of the table is served, and so is the next one, without anything but its row."""
    def served_mode():
        status, _, body = _fetch(scene.lab.ca.root)
        return re.search("mode: (.*)", body)[1].strip() if status == 200 else status
    wait_until(lambda: served_mode() == "enforce", "the policy of the table")
    scene.system.type("sudo -u postgres psql --dbname=panel --command "
                      f"\"SET ROLE hosting; UPDATE mta_sts.domain SET words = 'testing mx=mail.{GOOD}' WHERE domain = '{GOOD}'\"")
    wait_until(lambda: served_mode() == "testing", "the new row")
    metrics = scene.system.path("/run/mta-sts-store-sync/mta-sts-sync.prom").read_text()
    _require("\nmta_sts_sync_connected 1\n" in metrics, metrics)
    return "the policy of the row is served, and after a change of the row the new one"


def _metric(name):
    with urllib.request.urlopen("http://127.0.0.1:9163/metrics", timeout=30) as answer:
        return int(re.search(rf"^{name} (\d+)$", answer.read().decode(), re.MULTILINE)[1])


def shared(scene):
    """A resolver that knows nothing, as on another host, takes the policy that the first one has put there."""
    _require(_metric("mta_sts_shared_cache_puts_total") == 1, "the first host has not shared its policy")
    scene.system.type("sudo systemctl stop mta-sts-resolver; sudo sh -c 'rm /var/lib/mta-sts/cache.sqlite*'; sudo systemctl start mta-sts-resolver")
    wait_until(lambda: _metric("mta_sts_shared_cache_connected") == 1, "the shared cache")
    said = scene.system.type(f"sudo mta-sts verdict {GOOD}")
    hits = _metric("mta_sts_shared_cache_hits_total")
    _require(hits == 1 and f"{GOOD}: enforce" in said, f"{hits} hits: {said}")
    return "a resolver without a cache of its own has the policy from the server"


RESULTS = {"shared": shared, "synced": synced, "key published": key_published, "signed": signed, "counted": counted, "reported": reported, "served": served, "not served": not_served, "observes": observes, "enforces": enforces,
           "sends as before": sends_as_before, "asks": asks, "page": page, "user": user}
