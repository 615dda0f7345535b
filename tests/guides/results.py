"""What must be true where a guide has the mark `<!-- result: NAME -->`. Each function takes the Scene and returns one line."""

import http.client
import re
import ssl

from lab.processes import wait_until

from .markdown import REPOSITORY, GuideError
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


RESULTS = {"served": served, "not served": not_served, "observes": observes, "enforces": enforces,
           "sends as before": sends_as_before, "asks": asks, "page": page, "user": user}
