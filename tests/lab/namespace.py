"""Runs a function in namespaces of its own: network, mounts, processes, IPC, host name.

Everything that is started or written in there is gone when it ends, however it ends: the kernel kills a process
namespace with its first process, and that one dies with the process outside that made it."""

import ctypes
import os
import signal
import subprocess
import sys
import traceback
from pathlib import Path

RUN = Path("/run")
STATE = RUN / "lab"

_CLONE = 0x00020000 | 0x04000000 | 0x08000000 | 0x20000000 | 0x40000000  # mounts, host name, IPC, processes, network
_PR_SET_PDEATHSIG = 1
_INTERRUPT_SECONDS = 10
_libc = ctypes.CDLL(None, use_errno=True)


class LabError(Exception):
    """The lab cannot be built; the text says why and what to do."""


def run_inside(work):
    """Calls work() in fresh namespaces and returns its exit code."""
    if os.geteuid() != 0:
        raise LabError("The lab needs root for its own network and mount namespace. Run it with sudo.")
    if _libc.unshare(_CLONE) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise LabError(f"This host does not allow namespaces (unshare: {reason}). In a container, run it privileged.")
    alive_read, alive_write = os.pipe()
    first = os.fork()
    if first == 0:
        os.close(alive_write)
        _first_process(alive_read, work)
    os.close(alive_read)
    return _wait_outside(first)


def _wait_outside(first):
    # An interrupt from the terminal reaches everybody in there too, who get some seconds to end by themselves.
    signal.signal(signal.SIGINT, lambda *_: signal.alarm(_INTERRUPT_SECONDS))
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGALRM):
        signal.signal(number, lambda *_: os.kill(first, signal.SIGKILL))
    _, status = os.waitpid(first, 0)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _first_process(alive, work):
    """Process 1 of the namespace: adopts orphans, and ends everything when the work has ended."""
    code = 1
    try:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        os.set_blocking(alive, False)
        try:
            if os.read(alive, 1) == b"":  # the process outside died before the line above
                os._exit(1)
        except BlockingIOError:
            pass
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        worker = os.fork()
        if worker == 0:
            _work_process(work)
        while True:
            pid, status = os.wait()
            if pid == worker:
                code = os.waitstatus_to_exitcode(status)
                code = code if code >= 0 else 128 - code
                break
    finally:
        os._exit(code)


def _work_process(work):
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _mounts()
        _network()
        code = work()
    except KeyboardInterrupt:
        code = 130
    except LabError as error:
        print(error, file=sys.stderr)
        code = 3
    except Exception:  # the process ends below, and nobody else would print it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def command(*words, **options):
    """Runs a program that must succeed; its output is part of the error when it does not."""
    try:
        done = subprocess.run([str(word) for word in words], text=True, capture_output=True, check=False, **options)
    except FileNotFoundError as error:
        raise LabError(f"{words[0]} is not installed.") from error
    if done.returncode != 0:
        raise LabError(f"{words[0]} failed with {done.returncode}: {' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


def _mounts():
    command("mount", "--make-rprivate", "/")
    command("mount", "-t", "proc", "proc", "/proc")
    command("mount", "-t", "tmpfs", "-o", "mode=755", "lab", RUN)
    STATE.mkdir()


def layer(target, over=(), under=()):
    """Lays a writable layer of memory over a folder, for this namespace alone; in between the folders `over`, whose
    files hide the folder's own, and beneath it those `under`, which fill in what it lacks."""
    name = str(target).strip("/").replace("/", "-")
    layer = STATE / "layers" / name
    lower = []
    for index, folder in enumerate([*over, target, *under]):
        point = layer / str(index)  # a bind mount, for its name has no character that the mount options would trip over
        point.mkdir(parents=True)
        command("mount", "--bind", folder, point)
        lower.append(str(point))
    for folder in ("upper", "work"):
        (layer / folder).mkdir(parents=True)
    options = f"lowerdir={':'.join(lower)},upperdir={layer}/upper,workdir={layer}/work"
    command("mount", "-t", "overlay", "-o", options, f"lab-{name}", target)


def _network():
    command("ip", "link", "set", "lo", "up")


def ipv6_of(address):
    """The IPv6 address that belongs to an IPv4 address of the lab."""
    return f"2a00:1122:33::{address.rpartition('.')[2]}"


def add_addresses(addresses):
    """Gives the namespace these IPv4 addresses and the IPv6 ones that belong to them, reachable from itself only."""
    lines = [f"address add {address}/32 dev lo\naddress add {ipv6_of(address)}/128 dev lo" for address in addresses]
    command("ip", "-batch", "-", input="\n".join(lines) + "\n")
