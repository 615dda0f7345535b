"""Stands in for `systemctl` in a system without systemd: starts what the unit files say, and says that it does so.

A daemon of a package is started and reloaded by its own init script, or by the Exec lines of its unit. The units of the
product are read as they are installed: user, folders, command, sockets; the sockets are made and passed by
tests/lab/activate.py when the service starts. What a unit confines is not tried here."""

import os
import re
import socket
import subprocess
import threading

from lab.processes import Program

from .markdown import REPOSITORY

_CLIENT = """#!/bin/sh
# Asks the process outside of this system, which stands in for systemd.
echo "$(id -u) $*" >/run/guide/ask
{ read -r code; cat; } </run/guide/answer
exit "$code"
"""
_UNIT_FOLDERS = ("etc/systemd/system", "usr/lib/systemd/system", "lib/systemd/system")
_ACTIVATE = REPOSITORY / "tests/lab/activate.py"
_OURS = "mta-sts"
_BY_UNIT = {"opendkim"}  # whose script has settings of its own, which systemd does not read


_NOTIFY = "guide-notify"  # an abstract name: the same in every root of this network namespace


def _told_ready(inbox):
    try:
        return b"READY=1" in inbox.recv(4096)
    except BlockingIOError:
        return False


def _address(unit):
    return unit.one("ListenStream") or unit.one("ListenDatagram")


class _Refused(Exception):
    """systemctl would say no."""


class Unit:
    """A unit file: the values of each key, over all sections."""

    def __init__(self, path):
        self._values = {}
        for line in path.read_text().splitlines():
            if match := re.fullmatch(r"(\w+)=(.*)", line):
                self._values.setdefault(match[1], []).append(match[2])

    def all(self, key):
        """Every value of a key that may stand several times."""
        return self._values.get(key, [])

    def one(self, key, default=""):
        """The last value of a key."""
        return self.all(key)[-1] if self.all(key) else default


class Services:
    """The units of one system, and what runs of them."""

    def __init__(self, system, say):
        self._system, self._say = system, say
        self._sockets, self._programs = [], {}
        folder = system.path("/run/guide")
        folder.mkdir()
        for name in ("ask", "answer"):
            os.mkfifo(folder / name)
            (folder / name).chmod(0o666)
        client = system.path("/usr/local/bin/systemctl")
        client.write_text(_CLIENT)
        client.chmod(0o755)
        # invoke-rc.d of a package's scripts does nothing in a system without an init, unless this says that it may.
        policy = system.path("/usr/sbin/policy-rc.d")
        policy.write_text("#!/bin/sh\nexit 0\n")
        policy.chmod(0o755)
        threading.Thread(target=self._serve, args=(folder,), daemon=True).start()

    def boot(self):
        """Starts what would have been started with the system: the packages were installed without starting anything."""
        links = [link for folder in ("sockets.target.wants", "multi-user.target.wants")
                 for link in sorted(self._system.path(f"/etc/systemd/system/{folder}").glob("*"))]
        for name in [link.name for link in links if link.name.startswith(_OURS)]:
            self._do("start", name)
        for name in ("nginx", "apache2", "exim4", "postfix", "postgresql", "redis-server"):
            if self._system.path(f"/etc/init.d/{name}").exists() or self._find(f"{name}.service"):
                self._do("start", name)

    def stop(self):
        """Ends what was started as one program."""
        for name in list(self._programs):
            self._stop(name)

    def _serve(self, folder):
        while True:
            uid, *words = (folder / "ask").read_text().split()
            try:
                code, text = 0, self._call(int(uid), words)
            except Exception as error:  # whatever it is, the one who asked must hear of it
                code, text = 1, f"{error}\n"
            (folder / "answer").write_text(f"{code}\n{text}")

    def _call(self, uid, words):
        verb, *names = [word for word in words if not word.startswith("-")]
        if uid and verb not in ("status", "is-active"):
            raise _Refused("systemctl: only root may do that")
        if verb == "daemon-reload":
            return ""
        for name in names:
            if verb in ("enable", "disable"):
                self._unit(name)
                if "--now" in words:
                    self._do("start" if verb == "enable" else "stop", name)
            else:
                self._do(verb, name)
        return ""

    def _do(self, verb, name):
        if name.endswith(".socket"):
            return {"start": self._start_socket, "stop": self._stop_socket}[verb](name)
        name = name.removesuffix(".service")
        if name.startswith(_OURS):
            return {"start": self._start, "stop": self._stop, "restart": self._restart, "reload": self._reload}[verb](name)
        return self._daemon(verb, name)

    def _find(self, name):
        return next((path for folder in _UNIT_FOLDERS if (path := self._system.path(folder) / name).is_file()), None)

    def _unit(self, name):
        name = name if "." in name else f"{name}.service"
        path = self._find(name)
        if not path:
            raise _Refused(f"Unit {name} could not be found.")
        return Unit(path)

    def _daemon(self, verb, name):
        script = f"/etc/init.d/{name}"
        if name not in _BY_UNIT and self._system.path(script).exists():
            self._say(f"no systemd in here: runs {script} {verb}")
            return self._system.as_root(script, verb)
        unit = self._unit(name)
        lines = {"start": unit.all("ExecStartPre") + unit.all("ExecStart"), "reload": unit.all("ExecReload"),
                 "stop": unit.all("ExecStop")}.get(verb) or unit.all("ExecStop") + unit.all("ExecStart")
        for line in lines:
            self._say(f"no systemd in here: runs {line.lstrip('-')}, as {name}.service says")
            self._system.as_root("sh", "-c", line.lstrip("-").replace("$MAINPID", '"$(cat %s)"' % unit.one("PIDFile")))
        return ""

    def _start_socket(self, name):
        service = self._service_of(name, self._unit(name))
        if name in self._sockets:
            return
        if service in self._programs:
            raise _Refused(f"{name}: Socket service {service}.service already active, refusing.")
        self._sockets.append(name)

    def _stop_socket(self, name):
        if name in self._sockets:
            self._sockets.remove(name)
            self._system.path(_address(self._unit(name))).unlink(missing_ok=True)

    @staticmethod
    def _service_of(name, unit):
        return unit.one("Service", name.replace(".socket", ".service")).removesuffix(".service")

    def _start(self, name):
        if name in self._programs:
            return
        unit = self._unit(name)
        for other in unit.one("Requires").split():
            self._start_socket(other)
        user = unit.one("User", "root")
        group = unit.one("Group", user)
        for kind, place in (("State", "/var/lib"), ("Runtime", "/run")):
            for folder in unit.one(f"{kind}Directory").split():
                self._make_folder(f"{place}/{folder}", f"{user}:{group}", int(unit.one(f"{kind}DirectoryMode", "0755"), 8))
        sockets = [other for other in self._sockets if self._service_of(other, self._unit(other)) == name]
        command = re.sub(r"\$\{\w+\}", r'"\g<0>"', unit.one("ExecStart"))
        run = f"umask {unit.one('UMask', '0022')}; exec {command}"
        words = ["/usr/bin/python3", "-B", _ACTIVATE, "--root", self._system.root, f"{user}:{group}", *map(self._listener, sockets), "--",
                 "/bin/sh", "-c", run]
        self._say(f"no systemd in here: starts {unit.one('ExecStart')} as {user} with {', '.join(sockets) or 'no socket'}")
        if unit.one("Type") == "oneshot":
            self._run_once(unit, words)
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inbox:
            inbox.bind(f"\0{_NOTIFY}")
            inbox.setblocking(False)
            self._programs[name] = Program(name, words, lambda: _told_ready(inbox), env={
                **self._environment(unit), "NOTIFY_SOCKET": f"@{_NOTIFY}"})

    def _environment(self, unit):
        lines = [line for name in unit.all("EnvironmentFile") for line in self._system.path(name).read_text().splitlines()]
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                **{name: value for name, _, value in (line.partition("=") for line in lines if line and line[0] not in "#;")}}

    def _run_once(self, unit, words):
        missing = [path for path in unit.all("ConditionPathExists") if not self._system.path(path).exists()]
        if missing:
            self._say(f"does nothing: there is no {missing[0]}")
            return
        done = subprocess.run([str(word) for word in words], env=self._environment(unit), stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)  # fmt: skip
        self._say(done.stdout.rstrip())
        if done.returncode:
            raise _Refused(f"Job failed with {done.returncode}:\n{done.stdout}")

    def _listener(self, name):
        unit = self._unit(name)
        path = self._system.path(_address(unit))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(int(unit.one("DirectoryMode", "0755"), 8))
        label = unit.one("FileDescriptorName", name)
        return f"{_address(unit)}:{unit.one('SocketGroup', 'root')}:{label}"

    def _make_folder(self, name, owner, mode):
        folder = self._system.path(name)
        folder.mkdir(parents=True, exist_ok=True)
        self._system.as_root("chown", owner, name)
        folder.chmod(mode)

    def _stop(self, name):
        if program := self._programs.pop(name, None):
            program.stop()

    def _restart(self, name):
        self._stop(name)
        self._start(name)

    def _reload(self, name):
        self._programs[name].hang_up()
