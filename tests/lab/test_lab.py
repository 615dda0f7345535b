"""The lab from outside: it leaves nothing behind, however it ends, and touches nothing of the host."""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from lab.processes import wait_until

LAB = ["/usr/bin/python3", "-B", "-m", "lab"]
PARTS = ["--parts", "mail,plain-exim"]


def host_state():
    """What a visitor could have left: installed packages, accounts, /etc, mounts, addresses, services' sockets."""
    packages = subprocess.run(["dpkg-query", "-W"], capture_output=True, check=True).stdout
    etc = {}
    for path in sorted(Path("/etc").rglob("*")):
        if path.is_file() and not path.is_symlink():
            etc[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    addresses = subprocess.run(["ip", "-brief", "address"], capture_output=True, check=True).stdout
    folders = {name: sorted(os.listdir(name)) for name in ("/run", "/var/spool", "/var/lib", "/var/log", "/usr/sbin")}
    return {"packages": packages, "etc": etc, "addresses": addresses, "folders": folders,
            "mounts": [line for line in Path("/proc/mounts").read_text().splitlines() if "lab" in line]}


def processes_with(mark):
    """The processes of the whole host that carry a mark in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def start(mark, *words):
    """Starts the lab with a mark that all its processes inherit, and waits for the line that the command prints."""
    environment = {**os.environ, "LAB_MARK": mark}
    lab = subprocess.Popen([*LAB, *PARTS, "--", *words], env=environment, stdout=subprocess.PIPE, text=True,
                           start_new_session=True)
    assert lab.stdout.readline() == "up\n"
    return lab


def test_touches_nothing_of_the_host():
    before = host_state()
    done = subprocess.run([*LAB, *PARTS, "--", "sh", "-c", "echo changed >/etc/hostname; touch /usr/sbin/new /var/lib/new"],
                          check=False)
    assert done.returncode == 0
    after = host_state()
    for key, value in before.items():
        assert after[key] == value, key


def test_passes_on_the_exit_code():
    assert subprocess.run([*LAB, "--bare", "--", "sh", "-c", "exit 7"], check=False).returncode == 7


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_is_gone_when_it_is_killed(number):
    mark = f"lab-mark-{os.getpid()}-{int(number)}"
    lab = start(mark, "sh", "-c", "setsid sleep 1000 & echo up; exec sleep 1000")
    assert len(processes_with(mark)) > 5
    lab.send_signal(number)
    lab.wait(30)
    wait_until(lambda: not processes_with(mark), "all processes of the lab gone", 30)


def test_is_gone_after_an_interrupt_from_the_terminal():
    mark = f"lab-mark-{os.getpid()}-interrupt"
    lab = start(mark, "sh", "-c", "echo up; exec sleep 1000")
    os.killpg(lab.pid, signal.SIGINT)  # as the terminal does: to the whole foreground group
    assert lab.wait(30) == 130
    wait_until(lambda: not processes_with(mark), "all processes of the lab gone", 30)


def test_daemons_end_with_the_command():
    mark = f"lab-mark-{os.getpid()}-daemon"
    lab = start(mark, "sh", "-c", "setsid sleep 1000 >/dev/null & echo up")
    assert lab.wait(30) == 0
    wait_until(lambda: not processes_with(mark), "all processes of the lab gone", 30)


def test_says_what_is_wrong_with_a_command_that_does_not_exist():
    done = subprocess.run([*LAB, "--bare", "--", "/no/such/program"], text=True, capture_output=True, check=False)
    assert done.returncode == 3
    assert "/no/such/program: No such file or directory" in done.stderr


def test_says_which_program_is_missing(tmp_path):
    done = subprocess.run([*LAB, "--bare", "--", "true"], env={**os.environ, "PATH": str(tmp_path)}, capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stderr) == (3, "mount is not installed.\n")


def test_refuses_an_unknown_part():
    done = subprocess.run([*LAB, "--parts", "cellar"], text=True, capture_output=True, check=False)
    assert done.returncode == 2
    assert "cellar" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_tells_a_user_without_rights_to_use_sudo():
    # The clone's own folder may be closed to others: from a copy that everybody can read.
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(Path(__file__).parent, Path(folder, "lab"), ignore=shutil.ignore_patterns("__pycache__"))
        Path(folder).chmod(0o755)
        done = subprocess.run([*LAB, "--bare", "--", "true"], text=True, capture_output=True, check=False, user=65534,
                              env={**os.environ, "HOME": "/", "PYTHONPATH": folder}, cwd="/")
    assert done.returncode == 3
    assert "sudo" in done.stderr
