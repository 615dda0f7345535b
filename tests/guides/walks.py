"""Which ways through which guides are followed, and where the product stands in for what a reader has."""

import re
from dataclasses import dataclass, replace

from lab.domains import Domain, Mail, Web

from .markdown import GuideError, read

ADDRESS = "11.22.33.2"  # tests/lab: of the web server that publishes
DATABASE, CACHE = "192.0.2.20", "192.0.2.10"  # of db.example.net in docs/farm-web.md, and cache.example.com in docs/farm.md
ADDRESSES = (DATABASE, CACHE)  # both are the system that follows the guide
_FETCHES = re.compile(r"\b(?:(?:apt|apt-get) install|cmake) |\bscripts/demo\b")
_POLICY = "version: STSv1\r\nmode: enforce\r\n{}max_age: 604800\r\n"


@dataclass(frozen=True)
class Walk:
    """One reader: the guide, and the ways that this reader takes where it offers several.

    scene: what the small internet around the system holds: "publish" (the system is the web server of example.com) or
    "send" (others publish, the system sends mail), "report" (the same, and one of them wants TLS reports) "farm" (the system is the
    database server and a web server of example.com) "cache" (others publish,
    and the system is a sender and the host of the shared cache) or "read" (others have sent TLS reports)."""

    guide: str
    ways: frozenset
    scene: str

    def __str__(self):
        return f"{self.guide} ({', '.join(sorted(self.ways))})"

    def steps(self):
        """The blocks and results on the way."""
        return read(self.guide).on(self.ways)

    def parts(self):
        """The steps in two parts: up to the last line that fetches or builds, which needs packages from the outside, and the
        others. A block with such a line in its middle is in both."""
        steps = self.steps()
        fetching = [index for index, step in enumerate(steps) if getattr(step, "action", "") == "run" and _FETCHES.search(step.text)]
        if not fetching:
            return [], steps
        last = steps[fetching[-1]]
        lines = re.findall(r"(?:.*\\\n)*.*\n", last.text)
        end = max(index for index, line in enumerate(lines) if _FETCHES.search(line)) + 1
        parts = [replace(last, text="".join(some)) for some in (lines[:end], lines[end:])]
        return [*steps[:fetching[-1]], parts[0]], [*(parts[1:] if parts[1].text else ()), *steps[fetching[-1] + 1:]]

    def takes_packages(self):
        """Whether the way installs the product's own packages."""
        return any("build/packages/" in step.text for step in self.steps() if getattr(step, "action", "") == "run")

    def is_short(self):
        """Whether scripts/guides --short tries it: packages and build, without those whose build is part of another's."""
        return self.guide not in ("docs/postfix.md", "docs/resolver.md", "docs/own-reports.md", "README.md") and not self.takes_packages()


def _walk(guide, ways, scene):
    return Walk(guide, frozenset(ways.split()), scene)


# In this order: the first builds nearly all that the others from source build, so the release's ccache has it for them.
WALKS = (
    _walk("docs/exim.md", "source unsplit", "send"),
    _walk("README.md", "demo", "send"),
    _walk("README.md", "check", "send"),
    _walk("README.md", "reports", "read"),
    _walk("README.md", "nginx", "publish"),
    _walk("README.md", "apache", "publish"),
    _walk("README.md", "exim", "send"),
    _walk("README.md", "postfix", "send"),
    _walk("docs/reports.md", "packages", "read"),
    _walk("docs/exim.md", "packages split", "send"),
    _walk("docs/nginx.md", "packages", "publish"),
    _walk("docs/apache.md", "packages", "publish"),
    _walk("docs/postfix.md", "packages", "send"),
    _walk("docs/resolver.md", "packages", "send"),
    _walk("docs/c-library.md", "packages", "send"),
    _walk("docs/farm-web.md", "packages", "farm"),
    _walk("docs/farm.md", "packages", "cache"),
    _walk("docs/own-reports.md", "exim", "report"),
    _walk("docs/own-reports.md", "postfix", "report"),
    _walk("docs/nginx.md", "source", "publish"),
    _walk("docs/apache.md", "source", "publish"),
    _walk("docs/postfix.md", "source", "send"),
    _walk("docs/resolver.md", "source", "send"),
    _walk("docs/c-library.md", "source", "send"),
)
# Its system has the command, for guides whose own has not.
COMMAND = next(walk for walk in WALKS if walk.ways == {"check"})


def chosen(guides):
    """The walks through these guides. GuideError where a guide offers a way that no walk takes, or none is known."""
    for guide in {walk.guide for walk in WALKS}:
        taken = frozenset().union(*(walk.ways for walk in WALKS if walk.guide == guide))
        if not read(guide).ways() <= taken:
            raise GuideError(f"{guide}: nobody takes the way {', '.join(sorted(read(guide).ways() - taken))} (tests/guides/walks.py)")
    for guide in guides:
        if guide not in {walk.guide for walk in WALKS}:
            raise GuideError(f"{guide}: no walk is known (tests/guides/walks.py)")
    return [walk for walk in WALKS if walk.guide in guides or not guides]


def _published(name, hosts, *records):
    """A domain with an enforce policy, published by a scripted host."""
    lines = "".join(f"mx: {host}\r\n" for host in hosts)
    return Domain(name, f"enforce {' '.join(f'mx={host}' for host in hosts)}", hosts,
                  Web(("scripted",), body=_POLICY.format(lines).encode()), txt=("v=STSv1; id=20260101T000000;",),
                  records=records)


GOOD, STRIPPED, STRIPPED_HOST = "example.com", "example.net", "mx.example.net"
_HOSTS = {"mail.example.com": Mail(), "mail2.example.com": Mail()}
SCENES = {
    "publish": (Domain(GOOD, "", _HOSTS, records=(f"mta-sts.{GOOD}. A {ADDRESS}",)),),
    "cache": (_published(GOOD, _HOSTS, f"cache.{GOOD}. A {CACHE}"),),
    "farm": (Domain(GOOD, "", _HOSTS, records=(f"mta-sts.{GOOD}. A {ADDRESS}",)),
             Domain(STRIPPED, "", {STRIPPED_HOST: Mail()}, records=(f"db.{STRIPPED}. A {DATABASE}",))),
    "read": (),
    "send": (_published(GOOD, _HOSTS), _published(STRIPPED, {STRIPPED_HOST: Mail(starttls="no")})),
    "report": (_published(GOOD, _HOSTS, f'{GOOD}. TXT "v=spf1 mx -all"', f'_dmarc.{GOOD}. TXT "v=DMARC1; p=none"'),
               _published(STRIPPED, {STRIPPED_HOST: Mail(starttls="no")}, f'_smtp._tls.{STRIPPED}. TXT "v=TLSRPTv1; rua=mailto:tls@{STRIPPED}"')),
}
