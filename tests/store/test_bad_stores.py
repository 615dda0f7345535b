"""A path that holds no store, or one that went bad: each has its word and exit code, and stays as it is."""

import os
import pwd
import resource
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from stores import MTA_STS, PROBLEM, TEMPORARY, USAGE, Store

READING = [("get", "a.example"), ("get", "--json", "a.example"), ("list",), ("export",), ("verify",)]
WRITING = [("set", "a.example", "none"), ("remove", "a.example"), ("profile", "p", "none")]


def folder(path):
    path.mkdir()


def link_to_nowhere(path):
    path.symlink_to(path.with_name("nowhere"))


def link_to_itself(path):
    path.symlink_to(path)


def pipe(path):
    os.mkfifo(path)


def unix_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def device(path):
    path.symlink_to("/dev/zero")


def text(path):
    path.write_text("domain,policy\n" * 10000)


def sqlite(path):
    path.write_bytes(b"SQLite format 3\0" + bytes(20000))


def short(path):
    path.write_bytes(b"\0" * 7)


@pytest.mark.parametrize("make, word, reading", [
    (folder, "store-not-regular", USAGE), (link_to_nowhere, "store-missing", USAGE), (link_to_itself, "store-missing", USAGE),
    (pipe, "store-not-regular", USAGE), (unix_socket, "store-missing", USAGE), (device, "store-not-regular", USAGE),
    (text, "store-foreign", USAGE), (sqlite, "store-foreign", USAGE), (short, "store-cut", USAGE),
], ids=lambda each: getattr(each, "__name__", None))  # fmt: skip
def test_what_is_no_store(store, make, word, reading):
    make(store.path)
    before = sorted(store.folder.iterdir())
    content = store.path.read_bytes() if store.path.is_file() else None
    for words in READING + WRITING:
        found, code = store.error(*words)
        assert found == word or (make is unix_socket and found == "store-unreadable"), words
        assert code == (PROBLEM if words[0] == "verify" and word == "store-cut" else reading), words
    assert sorted(store.folder.iterdir()) == before
    assert content is None or store.path.read_bytes() == content


def test_no_folder(tmp_path):
    store = Store(tmp_path / "absent")
    for words in READING + WRITING:
        assert store.error(*words) == ("store-missing", USAGE)


def test_half_a_file_and_one_cut_anywhere(store):
    store.put_lines(*(f"d{number}.example,none" for number in range(500)))
    whole = store.path.read_bytes()
    for part in (len(whole) // 2, len(whole) - 1, 8192, 100):
        store.path.write_bytes(whole[:part])
        for words in READING + WRITING:
            word, code = store.error(*words)
            assert (word, code) == ("store-cut", PROBLEM if words[0] == "verify" else USAGE)
        assert store.path.read_bytes() == whole[:part]


def test_a_store_of_another_version(store):
    store.do("set", "a.example", "none")
    whole = store.path.read_bytes()
    for changed in (whole.replace(b"policy store 1", b"policy store 9"), whole.replace(b"\xde\xc0\xef\xbe\1", b"\xde\xc0\xef\xbe\2")):
        assert changed != whole
        store.path.write_bytes(changed)
        for words in READING + WRITING:
            assert store.error(*words) == ("store-other-version", USAGE)
        assert store.path.read_bytes() == changed


def test_damage_in_the_middle_is_found_and_the_rest_served(store):
    store.put_lines(*(f"d{number}.example,testing mx=mx.d{number}.example" for number in range(500)))
    store.path.write_bytes(store.path.read_bytes().replace(b"mx: mx.d7.example", b"mx: mx.d7.evil.or"))
    assert store.error("get", "d7.example") == ("store-damaged", USAGE)
    assert "mx: mx.d8.example" in store.do("get", "d8.example")
    code, out, err = store.run("verify")
    assert (code, out) == (PROBLEM, 'the record of "d7.example" is damaged\ndomains: 500, profiles: 0, former records: 0, faults: 1\n')
    assert err.startswith("mta-sts: error: store-damaged: ")
    store.do("set", "d7.example", "testing", "mx=mx.d7.example")  # mends it
    assert store.run("verify")[0] == 0


def test_a_full_disk_changes_nothing(store):
    store.do("set", "a.example", "none")
    before = store.do("export")
    size = store.path.stat().st_size

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300_000, size + 300_000))

    lines = "".join(f"d{number}.example,testing mx=mx.d{number}.example\n" for number in range(5000))
    assert store.error("import", "-", stdin=lines, preexec_fn=limit) == ("store-full", TEMPORARY)
    assert store.do("export") == before
    assert store.run("verify")[0] == 0
    store.do("import", "-", stdin=lines)
    assert len(store.do("list").splitlines()) == 5001


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_user_without_rights():
    nobody = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    with tempfile.TemporaryDirectory(prefix="store-") as name:
        os.chmod(name, 0o755)
        store = Store(Path(name))
        store.do("set", "a.example", "none")
        for words in READING:
            assert store.error(*words, **nobody) == ("store-unreadable", USAGE)
        store.path.chmod(0o644)
        for words in READING:  # the lock file
            assert store.error(*words, **nobody) == ("store-unreadable", USAGE)
        for words in WRITING:
            assert store.error(*words, **nobody) == ("store-unwritable", USAGE)
        os.chmod(store.path.with_name("store.mdb-lock"), 0o666)
        store.do("get", "a.example", **nobody)
        for words in WRITING:
            assert store.error(*words, **nobody) == ("store-unwritable", USAGE)
        os.chmod(name, 0o700)
        for words in READING + WRITING:
            assert store.error(*words, **nobody) == ("store-unreadable", USAGE)


@pytest.mark.skipif(os.getuid() != 0, reason="mounts a file system, in a namespace of its own")
def test_a_store_on_a_read_only_file_system_is_read_without_its_lock_file(store):
    store.do("set", "a.example", "none")
    store.path.with_name("store.mdb-lock").unlink()
    read_only = f'mount --bind "{store.folder}" "{store.folder}" && mount -o remount,ro,bind "{store.folder}" && exec "$@"'
    listed = subprocess.run(["unshare", "--mount", "sh", "-ec", read_only, "sh", MTA_STS, "store", "list", "--store", store.path],
                            capture_output=True, text=True, timeout=60, check=True)  # fmt: skip
    assert listed.stdout.startswith("a.example policy none ") and listed.stderr == ""
    assert [path.name for path in store.folder.iterdir()] == ["store.mdb"]


@pytest.mark.skipif(os.getuid() != 0, reason="mounts a file system, in a namespace of its own")
@pytest.mark.parametrize("room", [64, 288])
def test_a_disk_too_full_for_a_new_store(store, room):
    """Neither the lock file, which LMDB writes through memory, nor what comes after it ends the command."""
    full = f'mount -t tmpfs -o size={room}k tmpfs "{store.folder}" && if "$@"; then exit 9; else code=$?; ls -A "{store.folder}"; exit $code; fi'
    lines = "".join(f"d{number}.example,testing mx=mx.d{number}.example\n" for number in range(1000))
    done = subprocess.run(["unshare", "--mount", "sh", "-c", full, "sh", MTA_STS, "store", "import", "-", "--store", store.path], input=lines,
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    assert (done.returncode, done.stderr.count("error: store-full: ")) == (TEMPORARY, 1), done
    assert done.stdout == "" or room == 288
