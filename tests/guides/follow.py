"""Follows one walk: its packages and build with the host's network, the rest in the lab's small internet."""

import os
import shutil
import sys
import time
from pathlib import Path

from lab.lab import Lab
from lab.namespace import STATE, LabError, command, run_inside

from . import cache
from . import system as systems
from .markdown import GuideError, Result, read
from .results import RESULTS
from .senders import send_reports
from .services import Services
from .system import HERE, System
from .walks import ADDRESSES, SCENES

_LIVE = "/etc/letsencrypt/live"
_NOWHERE = "/nonexistent"  # nothing that the host built is used in here


_speaker = ""


def speak_as(name):
    """From now on each line of this process begins with the name."""
    global _speaker
    _speaker = f"{name:<11} "


def say(text):
    """Prints lines at once, whole where several processes print."""
    sys.stdout.write("".join(f"{_speaker}{line}\n" for line in text.split("\n")))
    sys.stdout.flush()


def _step(system, step, before, scene=None):
    """Takes one step; `before` is what the last commands printed. Returns what these printed."""
    began, output = time.monotonic(), before
    try:
        if isinstance(step, Result):
            shown = RESULTS[step.name](scene)
        elif step.action == "file":
            _put(system, step)
            shown = step.shown()
        elif step.action == "output":
            if step.text not in output.replace("\r\n", "\n"):
                raise GuideError(f"prints\n{output}")
            shown = "prints what the guide says"
        elif step.action == "run":
            output, shown = system.type(step.text), step.shown()
        else:
            shown = f"not tried: {step.value}"
    except (GuideError, LabError, OSError) as error:
        text = f" result: {step.name}" if isinstance(step, Result) else f"\n{step.text}"
        raise GuideError(f"{step}:{text}\n{error}") from error
    say(f"  {time.monotonic() - began:4.0f} s  {step}  {shown}")
    return output


def _put(system, block):
    path = block.value if block.value.startswith("/") else f"{HERE}/{block.value}"
    system.write(path, block.text)
    system.as_root("chown", "--reference", str(Path(path).parent), path)


def install(walk, suite, folder):
    """The first part: makes the layer `folder` over the bare system in which packages and build are done."""
    first, _ = walk.parts()
    systems.make_place(folder)
    root = systems.overlay([suite.root], folder)
    system = System(root, suite.log)
    with systems.mounted(root, suite):
        systems.prepare(system, suite.packages if walk.takes_packages() else None)
        began = time.monotonic()
        system.as_root("apt-get", "-q", "update")
        needs = read(walk.guide).needed(walk.ways)
        if needs:
            system.as_root("apt-get", "-q", "install", *needs)
        say(f"  {time.monotonic() - began:4.0f} s  a bare system with sudo and git, apt-get update"
            + (f"; the guide takes for granted: {' '.join(needs)}" if needs else ""))
        output = ""
        with cache.used(system, suite):
            for step in first:
                output = _step(system, step, output)


class Scene:
    """The system in the lab, as the results see it."""

    def __init__(self, lab, system, observer):
        self.lab, self.system, self._observer = lab, system, observer

    def check(self, domain):
        """The report of `mta-sts check`; GuideError where it finds an error. From another system where this has no command."""
        return (self.system if self.system.has("mta-sts") else self._observer).type(f"mta-sts check {domain}")


def go_on(walk, suite, layer, observer_layer):
    """The second part, in the lab. Returns an exit code."""
    def work():
        lab = Lab(_NOWHERE, ["web", "mail"], SCENES[walk.scene])
        try:
            _in_lab(walk, suite, lab, layer, observer_layer)
        except GuideError as error:
            say(f"FAILED: {error}")
            return 1
        finally:
            lab.close()
        return 0
    sys.stdout.flush()
    child = os.fork()  # the namespaces are entered once for good
    if child == 0:
        code = 3
        try:
            code = run_inside(work)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _in_lab(walk, suite, lab, layer, observer_layer):
    system = _guest(suite, lab, layer, "guide")
    scene = Scene(lab, system, _guest(suite, lab, observer_layer, "observer") if observer_layer else None)
    for name in ("mta-sts.example.com", "db.example.net", "cache.example.com"):
        live = system.path(f"{_LIVE}/{name}")
        live.mkdir(parents=True)
        made = lab.ca.certificate(name)
        shutil.copy(made.chain, live / "fullchain.pem")
        shutil.copy(made.key, live / "privkey.pem")
    for address in ADDRESSES:
        command("ip", "address", "add", f"{address}/32", "dev", "lo")
    if system.has("postfix"):
        say("         no syslog in here, and other hosts' port 25: Postfix has maillog_file and inet_interfaces=loopback-only")
        system.as_root("postconf", "-e", "maillog_file=/var/log/postfix.log", "inet_interfaces=loopback-only")
    if walk.scene == "read":
        send_reports(system)
    services = Services(system, lambda text: say(f"         {text}"))
    services.boot()
    output = ""
    for step in walk.parts()[1]:
        output = _step(system, step, output, scene)
    services.stop()


def _guest(suite, lab, layer, name):
    """A system in the lab: its layer, the lab's names and name server, and the lab's authority among the trusted ones."""
    root = systems.overlay([layer / "upper", suite.root], STATE / name)
    systems.mount_kernel(root)
    system = System(root, suite.log)
    for path in ("etc/resolv.conf", "etc/hosts"):
        (root / path).unlink(missing_ok=True)
        shutil.copy(f"/{path}", root / path)
    system.write("/usr/local/share/ca-certificates/lab.crt", lab.ca.root.read_text())
    if system.has("update-ca-certificates"):
        system.as_root("update-ca-certificates")
    return system
