"""A bare Debian system in a folder: copies of it, and commands that a user with sudo types there.

Runs in a namespace for mounts and processes of its own (scripts/guides makes it), so nothing stays mounted or running."""

import contextlib
import shlex
import shutil
import subprocess
from pathlib import Path

from .markdown import REPOSITORY, GuideError

USER = "admin"
HERE = "/product"
# What the command line of a Debian user has; sudo has its own.
_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games"
_ROOT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_COMMAND_SECONDS = 3600

_PREPARE = f"""
echo "127.0.0.1 localhost $(uname -n)" >/etc/hosts
useradd -m -s /bin/bash -G sudo {USER}
echo '{USER} ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/{USER}
# The answers that the user gives.
echo 'APT::Get::Assume-Yes "true";' >/etc/apt/apt.conf.d/98yes
echo 'DPkg::Options {{ "--force-confdef"; "--force-confold"; }};' >>/etc/apt/apt.conf.d/98yes
debconf-set-selections <<'ANSWERS'
debconf debconf/frontend select Noninteractive
exim4-config exim4/dc_eximconfig_configtype select internet site; mail is sent and received directly using SMTP
exim4-config exim4/dc_other_hostnames string sender.example
exim4-config exim4/mailname string sender.example
exim4-config exim4/dc_local_interfaces string 127.0.0.1
postfix postfix/main_mailer_type select Internet Site
postfix postfix/mailname string sender.example
ANSWERS
"""
_NO_STARTS = "#!/bin/sh\n# Nothing is started in the host's network.\nexit 101\n"


class CommandFailed(GuideError):
    """A command of a guide did not succeed; the text has its output."""


class System:
    """One bare system. root: its folder."""

    def __init__(self, root, log):
        self.root, self.log = Path(root), Path(log)

    def path(self, name):
        """A file of the system, seen from outside."""
        return self.root / str(name).lstrip("/")

    def write(self, name, text):
        """Writes a file as root, with its folders."""
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text)

    def type(self, text):
        """Runs the lines of a block as the user does, in the product's folder; returns what they print."""
        words = ["/usr/sbin/chroot", f"--userspec={USER}:{USER}", f"--groups={USER},sudo", self.root]
        return self._run([*words, "bash", "-e", "-o", "pipefail", "-c", f"cd {HERE}\n{text}"],
                         {"PATH": _PATH, "HOME": f"/home/{USER}", "USER": USER, "LOGNAME": USER})

    def as_root(self, *words):
        """Runs one command as root."""
        return self._run(["/usr/sbin/chroot", self.root, *words], {"PATH": _ROOT_PATH, "HOME": "/root"})

    def has(self, command):
        """Whether a command is there."""
        return any(self.path(folder).joinpath(command).exists() for folder in _ROOT_PATH.split(":"))

    def _run(self, words, environment):
        environment = {**environment, "LANG": "C.UTF-8", "TERM": "dumb", "SHELL": "/bin/bash"}
        # A file and no pipe: a daemon that is started keeps it open.
        with self.log.open("a+b") as log:
            log.write(f"$ {shlex.join(map(str, words))}\n".encode())
            log.flush()
            began = log.tell()
            done = subprocess.run([str(word) for word in words], env=environment, check=False, stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, timeout=_COMMAND_SECONDS)
            log.seek(began)
            output = log.read().decode(errors="replace")
        if done.returncode:
            raise CommandFailed(f"exit code {done.returncode}\n{_tail(output)}")
        return output


def _tail(text, lines=30):
    return "\n".join(text.rstrip().splitlines()[-lines:])


def _mount(*words):
    subprocess.run(["mount", *map(str, words)], check=True)


def overlay(lower, folder):
    """Mounts folder/merged: the folders `lower`, the first above the others, with what changes there in folder/upper."""
    for name in ("upper", "work", "merged"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    # Nothing here must outlive a crash of the host: dpkg's many syncs of the disk would take most of the time.
    _mount("-t", "overlay", "overlay", "-o",
           f"volatile,lowerdir={':'.join(map(str, lower))},upperdir={folder}/upper,workdir={folder}/work", folder / "merged")
    return folder / "merged"


def make_place(folder):
    """An empty folder that can be the upper layer of an overlay: in memory where the disk is itself an overlay."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kind = subprocess.run(["stat", "-f", "-c", "%T", folder], capture_output=True, text=True, check=True).stdout.strip()
    if kind in ("overlayfs", "tmpfs"):
        _mount("-t", "tmpfs", "tmpfs", folder)
    return folder


def mount_kernel(root):
    """What every system has mounted: /proc, /dev, and an empty /run and /tmp."""
    _mount("-t", "proc", "proc", root / "proc")
    _mount("--rbind", "/dev", root / "dev")
    _mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root / "run")
    (root / "run/lock").mkdir(mode=0o1777)
    _mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", root / "tmp")


@contextlib.contextmanager
def mounted(root, suite):
    """The system with the host's network: what apt downloads is kept beside it for the next one."""
    mount_kernel(root)
    resolv = root / "etc/resolv.conf"
    resolv.unlink(missing_ok=True)
    shutil.copy("/etc/resolv.conf", resolv)
    guard = root / "usr/sbin/policy-rc.d"
    guard.write_text(_NO_STARTS)
    guard.chmod(0o755)
    with suite.downloads() as folders:
        for folder, inside in zip(folders, ("var/lib/apt/lists", "var/cache/apt/archives")):
            (root / inside).mkdir(parents=True, exist_ok=True)
            _mount("--bind", folder, root / inside)
        try:
            yield
        finally:
            guard.unlink()
            subprocess.run(["umount", "-R", "-l", root], check=True)


def prepare(system, packages):
    """Makes a user who may use sudo, and puts the tree and the packages made of it into the user's folder."""
    system.as_root("bash", "-e", "-c", _PREPARE)
    product = system.path(HERE)
    product.mkdir()
    files = subprocess.run(["git", "ls-files", "-z"], cwd=REPOSITORY, check=True, capture_output=True).stdout
    with subprocess.Popen(["tar", "-c", "--null", "-T", "-"], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as tar, \
            subprocess.Popen(["tar", "-x", "--no-same-owner", "-C", product], stdin=tar.stdout) as untar:
        tar.stdin.write(files)
        tar.stdin.close()
        if tar.wait() or untar.wait():
            raise GuideError("the tree cannot be copied")
    if packages:
        target = product / "build" / packages.parent.name / packages.name
        shutil.copytree(packages, target, ignore=shutil.ignore_patterns("*-dbgsym_*"))
        # What was built for another release lies beside them: a command that takes it too fails.
        beside = product / "build/package-other/root.out"
        beside.mkdir(parents=True)
        for package in target.glob("*.deb"):
            (beside / package.name).touch()
        script = product / "scripts/package"
        suite = packages.parent.name.removeprefix("package-")
        script.write_text("#!/bin/bash\n# Stands in for itself: the packages of this tree were made before.\n"
                          f"cd {HERE} && . scripts/system.sh && offer_packages {suite} && ls build/packages/\n")
    system.as_root("chown", "-R", f"{USER}:{USER}", HERE)
