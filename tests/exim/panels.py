"""Complete configurations in the shape of those that hosting panels, relays and list hosts run, and what is seen of a message.

A folder of panels/ holds exim.conf, the files that it needs in root/, further ones of its variants in variants/NAME/ and the
messages of its own. In all of them @ROOT@ is the folder that they are copied to, @GATE@ the address of gate.inner.example;
a file that holds KEY alone gets a private key, one called MACROS lines for the configuration's head."""

import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from lab.domains import Domain, Mail, simple
from lab.exim import Exim, set_up, with_lines
from lab.lab import SENDER
from lab.namespace import STATE, command
from scripted_resolver import policy_line

HERE = Path(__file__).with_name("panels")
ME, OUT = "someone@sender.example", "ext@none.example"
RELAYS = ("relay.example", "safe-relay.example", "strict-relay.example")

_COMMON = {
    "none": (ME, "u@none.example"),
    "testing": (ME, "u@testing.example"),
    "testing-bare": (ME, "u@tbare.example"),
    "enforce": (ME, "u@enforce.example"),
    "bare": (ME, "u@bare.example"),
    "wrong": (ME, "u@wrong.example"),
    "outside": (ME, "u@outside.example"),
    "beside": (ME, "u@beside.example"),  # no policy, the MX host of "outside", directly behind it
    "mixed": (ME, "u@mixed.example"),  # of two MX hosts the second is in the policy
    "fwd-none": (OUT, "fwd-none@sender.example"),
    "fwd-enforce": (OUT, "fwd-enforce@sender.example"),
    "fwd-bare": (OUT, "fwd-bare@sender.example"),
    "long": (ME, "u@enforce.example"),
    "two-of-one": (ME, "u@enforce.example", "v@enforce.example"),
    "two-of-two": (ME, "u@enforce.example", "u@none.example"),
    "good-and-bad": (ME, "u@enforce.example", "u@bare.example"),
    "local": (OUT, "bob@sender.example"),
}
POLICIES = {
    "testing.example": ("testing", "mx.testing.example"), "tbare.example": ("testing", "mx.tbare.example"),
    "outside.example": ("enforce", "mx.outside.example"), "mixed.example": ("enforce", "mx2.mixed.example"),
    "second.example": ("enforce", "mx1.second.example", "sender.example"),
    "safe-relay.example": ("enforce", "safe-relay.example"), "strict-relay.example": ("enforce", "strict-relay.example"),
    **{f"{name}.example": ("enforce", f"mx.{name}.example") for name in ("enforce", "bare", "wrong", "own", "hub")},
}
# Where enforced mail may not go: the host, and the domains for which that is so; None: all mail.
FORBIDDEN = {"mx.bare.example": {"bare.example"}, "mx.wrong.example": {"wrong.example"}, "mx.elsewhere.example": {"outside.example"},
             "mx1.mixed.example": {"mixed.example"}, "mx.strict-relay.example": None}
INSTEAD = {"mx1.mixed.example": "mx2.mixed.example"}


def table():
    """Who receives mail."""
    return (
        Domain("none.example", mail={"mx.none.example": Mail()}),
        simple("testing.example"), simple("tbare.example", starttls="no"),
        simple("enforce.example"), simple("bare.example", starttls="no"), simple("wrong.example", certificate="wrong-name"),
        Domain("outside.example", mail={"mx.elsewhere.example": Mail()}),
        Domain("beside.example", records=("beside.example. MX 10 mx.elsewhere.example.",)),
        Domain("mixed.example", mail={"mx1.mixed.example": Mail(), "mx2.mixed.example": Mail()}),
        simple("hub.example", starttls="no"),
        Domain("inner.example", mail={"gate.inner.example": Mail(), "copies.inner.example": Mail()}),
        simple("own.example"),
        # R113: this host is the second MX host.
        Domain("second.example", mail={"mx1.second.example": Mail()}, records=("second.example. MX 20 sender.example.",)),
        *(Domain(name, mail={f"mx.{name}": Mail(names=(name,), starttls="no" if "strict" in name else "yes", login=True)})
          for name in RELAYS))


def prepare(lab):
    """Gives each relay the address of its MX host."""
    for name in RELAYS:
        lab.dns.change(name, [*lab.dns.records(name), f"{name}. A {lab.addresses[f'mx.{name}']}"])


def policies(resolver):
    """Has the resolver answer for all of them."""
    for domain, (mode, *mx) in POLICIES.items():
        resolver.answers[domain] = policy_line(mode, *mx)


@dataclass(frozen=True)
class Message:
    """name, envelope; shows: what the plain configuration does with it, as KEY=VALUE, KEY~PATTERN."""

    name: str
    sender: str
    recipients: tuple
    shows: tuple = ()


def names():
    """All (panel, variant); the variant "" is the configuration as it is."""
    for folder in sorted(path for path in HERE.iterdir() if path.is_dir()):
        yield folder.name, ""
        for variant in sorted(folder.glob("variants/*")):
            yield folder.name, variant.name


def messages(panel, variant):
    """The messages of a panel: the usual ones and its own; of a variant only those that are listed."""
    found = {} if variant else {name: Message(name, sender, tuple(rcpts)) for name, (sender, *rcpts) in _COMMON.items()}
    for line in (HERE / panel / "messages").read_text().splitlines():
        of, _, text = line.rpartition(": ")
        if of != variant or line.startswith("#"):
            continue
        name, envelope, shows = re.fullmatch(r"(\S+)\s*(?:<(.*?)>)?\s*(.*)", text).groups()
        sender, *rcpts = envelope.split() if envelope else _COMMON[name]
        found[name] = Message(name, sender, tuple(rcpts), tuple(shows.split()))
    return list(found.values())


@dataclass
class Seen:
    """What became of one message. outcomes: (outcome, address); transactions: messages as hosts took them; files: what was
    added to each; told: what hosts heard (event, host); log: Exim's lines."""

    outcomes: set = field(default_factory=set)
    transactions: list = field(default_factory=list)
    files: dict = field(default_factory=dict)
    told: list = field(default_factory=list)
    log: list = field(default_factory=list)


class Site:
    """One configuration with its files, as it is (mode "") or made to obey."""

    _key = None

    def __init__(self, lab, panel, variant, run, mode="", setup=(), macros=""):
        self._lab = lab
        self.root = STATE / "panels" / f"{panel}{'-' * bool(variant)}{variant}" / run
        own = self._copy(HERE / panel / "root")
        if variant:
            own = self._copy(HERE / panel / "variants" / variant) or own
        macros += own
        for folder in ("spool", "log", "mail"):
            (self.root / folder).mkdir()
        text = re.sub(r"(?m)^ROOT = .*$", lambda line: f"{line[0]}\n{macros}", self._filled((HERE / panel / "exim.conf").read_text()), count=1)
        log = self.root / "log/mainlog"
        self.exim = Exim(Exim.trusted_config("panel.conf", text), log)
        command("chown", "-R", "Debian-exim:Debian-exim", self.root)
        if mode:
            blocks = self.root / "mta-sts"
            said = set_up(mode, self.exim.config, *setup, blocks=blocks)
            self.exim = Exim(Exim.trusted_config("panel-with.conf", with_lines(text, said)), log)
        self.exim.check()

    def _filled(self, text):
        return text.replace("@ROOT@", str(self.root)).replace("@GATE@", self._lab.addresses["gate.inner.example"])

    def _copy(self, source):
        macros = ""
        for path in sorted(path for path in source.rglob("*") if path.is_file()):
            text = self._filled(path.read_text())
            if path.name == "MACROS":
                macros = text
                continue
            target = self.root / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self._private_key() if text == "KEY\n" else text)
            target.chmod(path.stat().st_mode)
        return macros

    @classmethod
    def _private_key(cls):
        cls._key = cls._key or command("openssl", "genrsa", "2048")
        return cls._key

    def _files(self):
        kept = [path for path in self.root.rglob("*")
                if path.is_file() and path.relative_to(self.root).parts[0] not in ("spool", "log", "mta-sts")]
        return {str(path.relative_to(self.root)): path.read_text(errors="replace") for path in kept}

    def send(self, message, keeps_hints=False):
        """Sends a message; gives all that can be seen of its first delivery attempt."""
        for folder in ("input", "msglog", *([] if keeps_hints else ["db"])):
            shutil.rmtree(self.root / "spool" / folder, ignore_errors=True)
        hosts = {host: len(self._lab.scripted_mail.events(host)) for host in self._lab.addresses}
        files, log = self._files(), self.exim.log
        position = log.stat().st_size if log.exists() else 0
        long = "x" * 1200 + "\n" if message.name == "long" else ""
        text = f"From: {message.sender}\nTo: {', '.join(message.recipients)}\nSubject: {message.name}\nX-Mailer: test\n" \
            f"X-Inside: yes\nDate: Sat, 28 Nov 2026 00:00:00 +0000\nMessage-Id: <{message.name}@sender.example>\n\nHello.\n{long}"
        done = self.exim.run("-odf", "-oi", "-f", message.sender, *message.recipients, input=text)
        seen = Seen()
        with log.open() as lines:
            lines.seek(position)
            seen.log = lines.read().splitlines()
        assert seen.log, done.stdout + done.stderr
        seen.outcomes = self._outcomes(seen.log)
        for host, before in hosts.items():
            for event in self._lab.scripted_mail.events(host)[before:]:
                seen.told.append((event["event"], host))
                if event["event"] == "message":
                    seen.transactions.append(self._transaction(host, event))
        for name, now in self._files().items():
            if now != files.get(name, ""):
                added = self._normal(now.removeprefix(files.get(name, "")))
                # Deliveries of one message come in any order.
                seen.files[name] = "".join(sorted(added.splitlines(True))) if name == "events" else added
        return seen

    def _outcomes(self, log):
        (message,) = [line.split()[2] for line in log if " <= " in line and "<= <>" not in line] or [""]
        words = {"=>": "delivered", "->": "delivered", ">>": "delivered", "**": "bounced", "==": "deferred"}
        found = [re.match(rf"\S+ \S+ {message} (=>|->|>>|\*\*|==) (\S+)", line) for line in log]
        return {(words[line[1]], self._normal(line[2].rstrip(":"))) for line in found if line}

    def _normal(self, text):
        text = text.replace(str(self.root), "ROOT")
        text = re.sub(r"\bE?[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}\b", "ID", text)
        text = re.sub(r"\w{3}, +\d+ \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", "DATE", text)
        text = re.sub(r"(?m)^From (\S+) .*$", r"From \1 DATE", text)
        text = re.sub(r"\d+-eximdsn-\d+|\bt=\d+", "NUMBER", text)
        return re.sub(r"(?s)\bb=[A-Za-z0-9+/=\s]+?(?=;|\n\S|\Z)", "b=SIGNATURE", text)

    def _transaction(self, host, event):
        head, _, body = self._normal(event["text"]).partition("\n\n")
        signatures = re.findall(r"(?ms)^DKIM-Signature:.*?(?=^\S|\Z)", f"{head}\n")
        own = self._lab.addresses[host]
        return {"host": host, "recipients": tuple(sorted(event["recipients"])), "sender": event["sender"], "helo": event["helo"],
                # An address that Exim did not choose is, on this one machine, the host's own.
                "peer": "the host's" if event["peer"] == own else event["peer"], "login": event["login"], "tls": event["tls"] or "",
                "dkim": ",".join("/".join(re.search(rf"\b{key}=([^;\s]+)", one)[1] for key in "ds") for one in signatures),
                "head": head, "body": body}


def shows(message, seen):
    """Says what the plain configuration does not do of what it is there for."""
    faults = []
    for word in message.shows or ("outcome=delivered",):
        key, sign, value = re.fullmatch(r"([\w-]+)([=~])(.*)", word).groups()
        if key == "outcome":
            values = {outcome for outcome, _ in seen.outcomes}
        elif key == "file":
            values = set(seen.files)
        elif key == "copies":
            values = {str(len(seen.transactions))}
        elif key in ("header", "no-header"):
            held = all(re.search(f"(?m)^{value}:", one["head"]) for one in seen.transactions) and bool(seen.transactions)
            values = {value} if held == (key == "header") else set()
        else:
            values = {one[key if key != "auth" else "login"] for one in seen.transactions}
        if not (value in values if sign == "=" else any(re.search(value, one) for one in values)):
            faults.append(f"it should show {word}, and shows {values}: {seen.log}")
    return faults


def _is_forbidden(one):
    domains = {recipient.rpartition("@")[2] for recipient in one["recipients"]}
    return one["host"] in FORBIDDEN and (FORBIDDEN[one["host"]] is None or domains <= FORBIDDEN[one["host"]])


def under_policies(plain):
    """What must be seen in mode enforce of what is seen without."""
    expected = Seen(set(plain.outcomes), [], dict(plain.files))
    elsewhere = {recipient for one in plain.transactions if not _is_forbidden(one) for recipient in one["recipients"]}
    for one in plain.transactions:
        if _is_forbidden(one) and one["host"] in INSTEAD:
            expected.transactions.append({**one, "host": INSTEAD[one["host"]]})
        elif _is_forbidden(one):
            for recipient in one["recipients"]:
                if recipient not in elsewhere:  # a copy goes out all the same
                    expected.outcomes.discard(("delivered", recipient))
                expected.outcomes.add(("deferred", recipient))
            expected.files.pop("events", None)
        else:
            expected.transactions.append(one)
    return expected


def compare(expected, seen):
    """Says where two sights of one message differ."""
    faults = []
    if expected.outcomes != seen.outcomes:
        faults.append(f"outcomes: expected {sorted(expected.outcomes)}, seen {sorted(seen.outcomes)}; {seen.log}")

    def order(one):
        return one["recipients"], one["host"], one["sender"]
    left, right = sorted(expected.transactions, key=order), sorted(seen.transactions, key=order)
    if [order(one) for one in left] != [order(one) for one in right]:
        faults.append(f"mail: expected {list(map(order, left))}, seen {list(map(order, right))}")
    else:
        faults += [f"{key} at {a['host']}: expected {a[key]!r}, seen {b[key]!r}" for a, b in zip(left, right) for key in a if a[key] != b[key]]
    files = {name for name in {*expected.files, *seen.files} if name != "events" or "events" in expected.files}
    faults += [f"file {name}: expected {expected.files.get(name)!r}, seen {seen.files.get(name)!r}" for name in files
               if expected.files.get(name) != seen.files.get(name)]
    return faults


def _shape(log):
    """The lines of a log without what differs by time and by names of ours."""
    lines = [re.sub(r"^\S+ \S+ | S=\d+|\b[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}\b|/run/lab/panels/[\w/-]+", "", line) for line in log]
    return sorted(re.sub(r"R=mta_sts_(plain|temp|wait)_", "R=", line) for line in lines if "MTA-STS observe" not in line)


def same(plain, seen):
    """Says where two sights of one message differ that should not, the log's lines included."""
    faults = compare(plain, seen)
    expected, found = Counter(_shape(plain.log)), Counter(_shape(seen.log))
    if expected != found:
        faults.append(f"log: without {list(expected - found)}, with {list(found - expected)}")
    return faults


def forbidden(expected, seen):
    """Says what enforced mail's hosts were told that they may not hear."""
    allowed = {one["host"] for one in expected.transactions}
    return [f"{host} was told {event}" for event, host in seen.told
            if host in FORBIDDEN and host not in allowed and event in ("mail", "login", "message")]


def unexplained(seen):
    """Says that mail waits without a reason in the log."""
    waiting = [line for line in seen.log if " == " in line]
    return [f"no reason: {seen.log}"] if waiting and not re.search("MTA-STS|TLS|certificate", " ".join(seen.log)) else []
