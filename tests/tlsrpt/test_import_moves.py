"""`mta-sts tlsrpt import` that moves what it read, and that watches folders."""

import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import termios
import time

import pytest

from history import History
from reports import MTA_STS, report

SECONDS = 60


@pytest.fixture
def history(tmp_path):
    return History(tmp_path)


def until(condition, what):
    end = time.monotonic() + SECONDS
    while not (found := condition()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.01)
    return found


def put(folder, name, one, age_seconds=60):
    """A file that is whole at once, last written to a while ago."""
    path = folder / f".{name}.part"
    path.write_text(one if isinstance(one, str) else json.dumps(one))
    modified = time.time() - age_seconds
    os.utime(path, (modified, modified))
    path.rename(folder / name)


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def maildir(path):
    for part in ("new", "cur", "tmp"):
        (path / part).mkdir(parents=True)
    return path


def test_files_are_moved_once_they_are_in_the_history(history, tmp_path):
    put(history.inbox, "a.json", report(1, report_id="a"))
    put(history.inbox, "b.json", "{")
    words = ["--move-to", tmp_path / "done", "--others-to", tmp_path / "others", history.inbox]
    assert history.run("import", *words)[:2] == (0, "1 new report, 0 duplicates, 0 conflicts; 1 file refused in part or as a whole\n")
    assert (names(history.inbox), names(tmp_path / "done"), names(tmp_path / "others")) == ([], ["a.json"], ["b.json"])


def test_no_file_is_ever_replaced(history, tmp_path):
    for number in range(3):
        put(history.inbox, "a.json", report(1, report_id=str(number)))
        assert history.run("import", "--move-to", tmp_path / "done", history.inbox)[0] == 0
    assert names(tmp_path / "done") == ["a.json", "a.json.1", "a.json.2"]


def test_mails_of_a_maildir_keep_their_names_and_folders(history, tmp_path):
    inbox, done = maildir(tmp_path / "Maildir"), maildir(tmp_path / "Done")
    for number, place in enumerate(("new/1.a.example", "cur/2.a.example:2,S", "cur/3.a.example:2,")):
        put((inbox / place).parent, (inbox / place).name, report(1, report_id=str(number)))
    put(done / "cur", "2.a.example:2,S", "taken")
    assert history.run("import", "--move-to", done, inbox)[0] == 0
    assert names(done / "new") == ["1.a.example"]
    assert names(done / "cur") == ["2.a.example.1:2,S", "2.a.example:2,S", "3.a.example:2,"]
    assert (names(inbox / "new"), names(inbox / "cur")) == ([], [])


def test_a_folder_within_the_mailbox_is_moved_to_and_not_read(history, tmp_path):
    inbox = maildir(tmp_path / "Maildir")
    done = maildir(inbox / ".Imported")
    put(inbox / "new", "1.a.example", report())
    for counts in ("1 new report, 0 duplicates", "0 new reports, 0 duplicates"):
        assert history.run("import", "--move-to", done, inbox)[1] == f"{counts}, 0 conflicts\n"
    assert names(done / "new") == ["1.a.example"]


def test_a_folder_of_another_file_system_is_refused(history, tmp_path):
    put(history.inbox, "a.json", report())
    code, out, err = history.run("import", "--move-to", f"/dev/shm/mta-sts-{os.getpid()}", history.inbox)
    with contextlib.suppress(FileNotFoundError):
        os.rmdir(f"/dev/shm/mta-sts-{os.getpid()}")
    if os.stat("/dev/shm").st_dev == os.stat(tmp_path).st_dev:
        pytest.skip("both are one file system here")
    assert code == 2 and "move-failed" in err and "on another file system" in err
    assert names(history.inbox) == ["a.json"]


def test_a_folder_that_takes_nothing_is_told_and_files_stay(history, tmp_path):
    put(history.inbox, "a.json", report())
    (tmp_path / "done").write_text("a file")
    code, _, err = history.run("import", "--move-to", tmp_path / "done", history.inbox)
    assert code == 2 and "move-failed" in err and names(history.inbox) == ["a.json"]


def test_metrics_tell_of_the_last_import_that_went_well(history, tmp_path):
    put(history.inbox, "a.json", report())
    put(history.inbox, "b.json", "{")
    before = int(time.time())
    missing = tmp_path / "missing.json"
    assert history.run("import", "--metrics", tmp_path / "import.prom", history.inbox, missing)[0] == 2
    told = metrics_of(tmp_path / "import.prom")
    assert before <= told.pop("mta_sts_tlsrpt_import_timestamp_seconds") <= time.time()
    assert told == {f"mta_sts_tlsrpt_import_{name}": count for name, count in
                    {"inputs": 2, "reports": 1, "duplicates": 0, "conflicts": 0, "refused": 1, "unreadable": 1, "unmoved": 0}.items()}  # fmt: skip
    text = (tmp_path / "import.prom").read_text()
    assert history.run("import", "--db", "/missing/x", "--metrics", tmp_path / "import.prom", history.inbox)[0] == 2
    assert (tmp_path / "import.prom").read_text() == text


def test_progress_is_told_where_it_is_asked_for(history):
    for number in range(3):
        put(history.inbox, f"{number}.json", report(1, report_id=str(number)))
    assert history.run("import", "--progress", history.inbox)[2] == "mta-sts: 3 of 3 files read\n"
    assert history.run("import", history.inbox)[2] == ""


@pytest.mark.parametrize("words, why", [
    ((), "FILE is required, or a mailbox with --imap"),
    (("--watch", "-"), "--watch takes folders or --imap"),
    (("--watch", "--json", "."), "exclude each other"),
    (("--every", "5", "."), "--watch"),
    (("--imap", "imaps://user@localhost", "."), "FILE and --imap exclude each other"),
    (("--imap", "imaps://user@localhost"), "needs --imap-password-file"),
])  # fmt: skip
def test_words_that_do_not_fit_are_told(history, words, why):
    code, _, err = history.run("import", *words)
    assert code == 2 and why in err


def metrics_of(path):
    if not path.exists():
        return {}
    return {name: int(value) for name, value in (line.split(" ") for line in path.read_text().splitlines() if not line.startswith("#"))}


class Watch:
    """`with Watch(history, FOLDER, …) as watch:`; ends it as systemd does."""

    def __init__(self, history, *words):
        self.metrics = history.db.parent / "import.prom"
        self.command = [MTA_STS, "tlsrpt", "import", "--db", history.db, "--watch", "--metrics", self.metrics, *words]
        self.process = None
        self.errors = ""

    def __enter__(self):
        self.process = subprocess.Popen(list(map(str, self.command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until(lambda: metrics_of(self.metrics) or self.process.poll() is not None, "it does not begin")
        return self

    def __exit__(self, kind, *_):
        self.end()
        if kind is None:
            assert self.process.returncode == 0, self.errors

    def end(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        out, errors = self.process.communicate(timeout=SECONDS)
        assert out == ""
        self.errors += errors

    def count(self, name="reports"):
        assert self.process.poll() is None, self.process.communicate()
        return metrics_of(self.metrics).get(f"mta_sts_tlsrpt_import_{name}", 0)

    def wait_for(self, count, name="reports"):
        until(lambda: self.count(name) == count, lambda: f"{self.count(name)} of {count} {name}")


def test_a_watch_imports_what_comes_without_waiting_for_its_next_look(history, tmp_path):
    inbox = maildir(tmp_path / "Maildir")
    with Watch(history, "--every", 3600, "--move-to", tmp_path / "done", inbox) as watch:
        for number in range(3):
            put(inbox / "new", f"{number}.a.example", report(1, report_id=str(number)), age_seconds=0)
            watch.wait_for(number + 1)
        until(lambda: len(names(tmp_path / "done")) == 3, "not moved")
    assert history.summary()["success"] == 3
    assert watch.errors.count("1 new report, 0 duplicates, 0 conflicts\n") == 3


def test_a_watch_finds_by_looking_what_it_did_not_hear_of(history):
    (history.inbox / "a/b").mkdir(parents=True)
    with Watch(history, "--every", 1, history.inbox) as watch:
        (history.inbox / "a/b/c").mkdir()  # in a folder that was empty, and so is not listened to
        put(history.inbox / "a/b/c", "1.json", report())
        watch.wait_for(1)


@pytest.mark.skipif(os.geteuid() != 0, reason="root may read every file, and becomes another user here")
def test_a_watch_reads_a_file_once_its_permissions_are_mended():
    with tempfile.TemporaryDirectory() as folder:
        history = History(pathlib.Path(folder))
        put(history.inbox, "a.json", report())
        (history.inbox / "a.json").chmod(0)
        for path in (folder, history.inbox, history.inbox / "a.json"):
            os.chown(path, 65534, 65534)
        watch = Watch(history, "--every", 1, history.inbox)
        watch.command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *watch.command]
        with watch:
            watch.wait_for(1, "unreadable")
            (history.inbox / "a.json").chmod(0o644)
            watch.wait_for(1)
            watch.wait_for(0, "unreadable")
        assert watch.errors.count("input-unreadable") == 1


def test_a_burst_is_imported_and_moved(history, tmp_path):
    inbox = maildir(tmp_path / "Maildir")
    with Watch(history, "--every", 3600, "--quiet", "--move-to", tmp_path / "done", inbox) as watch:
        for number in range(2000):
            put(inbox / "new", f"{number}.a.example", report(1, report_id=str(number)), age_seconds=0)
        watch.wait_for(2000)
        until(lambda: len(names(tmp_path / "done")) == 2000, "not moved")
    assert (names(inbox / "new"), watch.errors, history.summary()["success"]) == ([], "", 2000)


def test_kills_at_any_time_lose_nothing_and_count_nothing_twice(history, tmp_path):
    inbox = maildir(tmp_path / "Maildir")
    for number in range(3000):
        put(inbox / "new", f"{number}.a.example", report(1, report_id=str(number)))
    watch = Watch(history, "--every", 3600, "--move-to", tmp_path / "done", inbox)
    for least in (1, 700, 1500, 2300):
        watch.process = subprocess.Popen(list(map(str, watch.command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        until(lambda least=least: len(names(tmp_path / "done")) >= least or watch.process.poll() is not None, "nothing is moved")
        watch.end(signal.SIGKILL)
    assert history.run("import", "--move-to", tmp_path / "done", inbox)[0] == 0
    assert history.summary()["success"] == 3000
    assert (len(names(inbox / "new")), len(names(tmp_path / "done"))) == (0, 3000)


def test_it_ends_between_two_steps_when_told(history, tmp_path):
    inbox = maildir(tmp_path / "Maildir")
    for number in range(20_000):
        (inbox / "new" / f"{number}.a.example").write_text("{")
    put(inbox / "new", "0", report())
    command = [MTA_STS, "tlsrpt", "import", "--db", history.db, "--quiet", "--watch", "--move-to", tmp_path / "done", inbox]
    running = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    until(lambda: names(tmp_path / "done"), "nothing is moved")
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=SECONDS)
    assert running.returncode == 0 and history.summary()["success"] == 10


def test_one_bad_file_stops_nothing_and_is_told_once(history, tmp_path):
    put(history.inbox, "bad.json", "{")
    with Watch(history, "--every", 1, history.inbox) as watch:
        for number in range(3):
            put(history.inbox, f"{number}.json", report(1, report_id=str(number)))
            watch.wait_for(number + 1)
        assert watch.count("refused") == 1
    assert watch.errors.count("bad.json: E_JSON") == 1


def test_a_file_that_is_being_written_is_waited_for_and_changed_files_are_read_again(history):
    with Watch(history, "--every", 1, history.inbox) as watch:
        text = json.dumps(report(1, report_id="slow"))
        with (history.inbox / "slow.json").open("w") as slow:
            slow.write(text[:100])
            slow.flush()
            put(history.inbox, "other.json", report(1, report_id="other"))
            watch.wait_for(1)
            slow.write(text[100:])
        old = time.time() - 60
        os.utime(history.inbox / "slow.json", (old, old))
        watch.wait_for(2)
        put(history.inbox, "other.json", report(1, report_id="third"))
        watch.wait_for(3)
        assert watch.count("refused") == 0


def test_a_folder_that_is_removed_is_waited_for(history, tmp_path):
    inbox = maildir(tmp_path / "Maildir")
    with Watch(history, "--every", 3600, inbox) as watch:
        put(inbox / "new", "1.a.example", report(1, report_id="1"))
        watch.wait_for(1)
        shutil.rmtree(inbox)
        maildir(tmp_path / "Anew")
        put(tmp_path / "Anew/new", "2.a.example", report(1, report_id="2"))
        (tmp_path / "Anew").rename(inbox)
        watch.wait_for(2)
        put(inbox / "new", "3.a.example", report(1, report_id="3"))
        watch.wait_for(3)


def test_a_folder_that_is_not_there_yet_is_told_once_and_waited_for(history, tmp_path):
    with Watch(history, "--every", 3600, tmp_path / "later") as watch:
        maildir(tmp_path / "later")
        put(tmp_path / "later/new", "1.a.example", report())
        watch.wait_for(1)
    assert watch.errors.count("later is no folder now; it is waited for") == 1


def test_a_busy_history_is_waited_for(history):
    put(history.inbox, "1.json", report(1, report_id="1"))
    with Watch(history, "--every", 3600, history.inbox) as watch:
        watch.wait_for(1)
        other = sqlite3.connect(history.db, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        put(history.inbox, "2.json", report(1, report_id="2"))
        while "history-busy" not in (line := watch.process.stderr.readline()):
            assert line
        other.execute("COMMIT")
        other.close()
        watch.wait_for(2)


def looks(process, folder, count=5):
    """Makes a watch look that many times, by what comes beside its folder."""

    def bytes_read():
        return int(re.search(r"rchar: (\d+)", pathlib.Path(f"/proc/{process.pid}/io").read_text())[1])

    for number in range(count):
        before = bytes_read()
        (folder / f"news{number}").mkdir()
        until(lambda before=before: bytes_read() > before, "it does not hear")


def test_what_a_look_writes_and_tells_is_not_written_and_told_by_each_other_look(history, tmp_path):
    """The file of the metrics lies beside the folder: to write it is news, too."""
    (history.inbox / "/".join("d" * 40)).mkdir(parents=True)
    with Watch(history, "--every", 3600, history.inbox) as watch:
        looks(watch.process, tmp_path)
        written = watch.metrics.stat().st_mtime_ns
        looks(watch.process, tmp_path / "inbox")
        assert watch.metrics.stat().st_mtime_ns == written
    assert watch.errors.count("folders are nested too deep") == 1


def test_a_file_that_could_not_be_moved_is_moved_later(history, tmp_path):
    inbox = maildir(tmp_path / "Maildir")
    with Watch(history, "--every", 1, "--move-to", tmp_path / "done", inbox) as watch:
        (tmp_path / "done").rmdir()
        put(inbox / "new", "1.a.example", report())
        while "move-failed" not in (line := watch.process.stderr.readline()):
            assert line
        assert names(inbox / "new") == ["1.a.example"]
        (tmp_path / "done").mkdir()
        until(lambda: names(tmp_path / "done") == ["1.a.example"], "not moved")
    assert history.summary()["success"] == 10


@contextlib.contextmanager
def waiting_import(history, *words):
    """An import that has listed all its files, opened the first 31 to 63 and waits for a pipe before them."""
    pipe_path = history.db.parent / "pipe"
    os.mkfifo(pipe_path)
    pipe = os.open(pipe_path, os.O_RDWR)
    running = subprocess.Popen([MTA_STS, "tlsrpt", "import", "--db", history.db, words[0], words[1], pipe_path, *words[2:]],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip
    os.write(pipe, b" ")
    until(lambda: fcntl.ioctl(pipe, termios.FIONREAD, b"0000") == b"\0\0\0\0", "the pipe is not read")
    yield running
    os.write(pipe, json.dumps(report(1, report_id="pipe")).encode())
    os.close(pipe)


def test_a_file_that_took_the_place_of_one_that_was_opened_is_not_moved_unread(history, tmp_path):
    put(history.inbox, "a.json", report(1, report_id="a"))
    with waiting_import(history, "--move-to", tmp_path / "done", history.inbox) as running:
        put(history.inbox, "a.json", report(1, report_id="b"))
    assert (running.communicate(timeout=SECONDS), running.returncode) == (("2 new reports, 0 duplicates, 0 conflicts\n", ""), 0)
    assert (names(history.inbox), names(tmp_path / "done")) == (["a.json"], [])
    assert history.run("import", history.inbox)[1].startswith("1 new report,")


def test_a_folder_that_becomes_a_link_leads_nobody_out(history, tmp_path):
    inside, outside = history.inbox / "a", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        for number in range(200):
            put(folder, f"{number:03}.json", report(1, report_id=f"{folder.name}{number}"))
    with waiting_import(history, "--move-to", tmp_path / "done", history.inbox) as running:
        inside.rename(tmp_path / "away")
        inside.symlink_to(outside)
    out, err = running.communicate(timeout=SECONDS)
    assert running.returncode == 2 and "input-unreadable" in err and 32 <= int(out.split()[0]) <= 64, (out, err)
    assert len(names(outside)) == 200 and len(names(tmp_path / "away")) == 200 and names(tmp_path / "done") == []


def test_a_folder_to_move_to_that_becomes_a_link_takes_nothing(history, tmp_path):
    put(history.inbox, "a.json", report(1, report_id="a"))
    (tmp_path / "outside").mkdir()
    with waiting_import(history, "--move-to", tmp_path / "done", history.inbox) as running:
        (tmp_path / "done").rmdir()
        (tmp_path / "done").symlink_to(tmp_path / "outside")
    out, err = running.communicate(timeout=SECONDS)
    assert (running.returncode, out) == (3, "2 new reports, 0 duplicates, 0 conflicts; 1 file not moved\n") and "move-failed" in err, (out, err)
    assert (names(history.inbox), names(tmp_path / "outside")) == (["a.json"], [])


def test_the_service_manager_hears_that_it_watches_and_lives(history, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(SECONDS)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        with Watch(history, "--every", 1, history.inbox):
            assert manager.recv(1000).startswith(b"READY=1\n")
            assert manager.recv(1000) == b"WATCHDOG=1"


def test_a_history_that_is_busy_at_the_start_is_waited_for(history):
    history.add(report(1, report_id="0"))
    other = sqlite3.connect(history.db, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    put(history.inbox, "1.json", report(1, report_id="1"))
    command = [MTA_STS, "tlsrpt", "import", "--db", history.db, "--watch", "--every", 1, history.inbox]
    running = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        while "history-busy" not in (line := running.stderr.readline()):
            assert line
        other.execute("COMMIT")
        other.close()
        while "1 new report" not in (line := running.stderr.readline()):
            assert line
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=SECONDS)
    assert running.returncode == 0
