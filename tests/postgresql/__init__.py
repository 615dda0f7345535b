"""A real PostgreSQL server in a folder of its own, run by a user without rights: it refuses to be root's."""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SCHEMA = ROOT / "packaging/postgresql/mta-sts-store.sql"
REPORTS_SCHEMA = ROOT / "packaging/postgresql/mta-sts-tlsrpt.sql"
UNPACKED = ROOT / "build/lab-postgresql/root"
SECONDS = 60


def _programs(root):
    return sorted(pathlib.Path(root).glob("usr/lib/postgresql/*/bin/postgres"))


needed = pytest.mark.skipif(not _programs(UNPACKED) and not _programs("/"),
                            reason="PostgreSQL is not there: sudo scripts/test unpacks Debian's package postgresql")  # fmt: skip


def until(condition, what, seconds=SECONDS):
    """Waits until the condition gives something, which is given; fails with what `what` says, or gives when it is called."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.02)
    return found


class Session:
    """A client that stays connected, for transactions that overlap."""

    def __init__(self, server, database):
        self._process = subprocess.Popen(server.client(database, "--set", "ON_ERROR_STOP=1"), env=server.environment, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip

    def do(self, sql):
        """Runs statements and gives what they print, once they are done."""
        self._process.stdin.write(f"{sql};\n\\echo == done\n")
        self._process.stdin.flush()
        lines = []
        while (line := self._process.stdout.readline()) != "== done\n":
            assert line, lines
            lines.append(line)
        return "".join(lines)

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(SECONDS)


class Server:
    """The server; its databases are reached by a Unix socket in its folder."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postgresql-"))
        self.folder.chmod(0o755)
        self._log = self.folder / "log"
        self._data = self.folder / "data"
        self._is_root = os.geteuid() == 0
        unpacked = _programs(UNPACKED)
        self._root = UNPACKED if unpacked else None
        self._programs = (unpacked or _programs("/"))[-1].parent
        self.environment = dict(os.environ, LC_ALL="C.UTF-8")
        for name in list(self.environment):
            if name.startswith("PG"):
                del self.environment[name]
        if self._root:
            self.environment["LD_LIBRARY_PATH"] = ":".join(map(str, (self._root / "usr/lib").glob("*-linux-gnu")))
        self._data.mkdir(mode=0o700)
        (self.folder / "root").mkdir()
        if self._is_root:
            for path in (self.folder, self._data):
                shutil.chown(path, "nobody", "nogroup")
        self._process = None

    def _as_user(self, name, *words):
        """The command of a program of the server, by the user without rights, for whom the unpacked packages are mounted elsewhere."""
        become = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] if self._is_root else []
        if not self._root or not self._is_root:
            return [*become, str(self._programs / name), *map(str, words)]
        there = self.folder / "root"
        mounted = 'mount --bind "$1" "$2" && export LD_LIBRARY_PATH="$3" && shift 3 && exec "$@"'
        libraries = self.environment["LD_LIBRARY_PATH"].replace(str(self._root), str(there))
        program = there / self._programs.relative_to(self._root) / name
        return ["unshare", "--mount", "sh", "-c", mounted, "sh", str(self._root), str(there), libraries, *become, str(program), *map(str, words)]

    def create(self):
        subprocess.run(self._as_user("initdb", "--pgdata", self._data, "--username", "postgres", "--auth", "trust", "--encoding", "UTF8",
                                     "--locale", "C.UTF-8", "--no-sync"),
                       env=self.environment, cwd=self.folder, check=True, capture_output=True, timeout=SECONDS)  # fmt: skip
        self.start()

    def start(self, *settings):
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._as_user("postgres", "-D", self._data, "-k", self.folder, "-c", "listen_addresses=", "-c", "fsync=off", *settings),
                env=self.environment, cwd=self.folder, stdout=log, stderr=log)  # fmt: skip
        ready = self.client("postgres", "--command", "SELECT 1")
        until(lambda: subprocess.run(ready, env=self.environment, capture_output=True, check=False).returncode == 0,
              lambda: self._log.read_text(encoding="utf-8"))  # fmt: skip

    def stop(self, how=signal.SIGINT):
        """SIGINT: fast; SIGQUIT: at once, as where the host fails, with recovery at the next start."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(SECONDS)
            self._process = None

    def remove(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def standby_mark(self):
        """The file that makes the next start one of a standby."""
        return self._data / "standby.signal"

    def client(self, database, *words):
        return [str(self._programs / "psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--host", str(self.folder),
                "--username", "postgres", "--dbname", database, *map(str, words)]  # fmt: skip

    def do(self, database, sql, stdin=None):
        done = subprocess.run(self.client(database, "--set", "ON_ERROR_STOP=1", "--command", sql), input=stdin, text=True,
                              env=self.environment, capture_output=True, timeout=SECONDS, check=False)  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def make(self, database, schema=SCHEMA):
        """A database with the schema, as its head says to load it."""
        self.do("postgres", f"CREATE DATABASE {database}")
        subprocess.run(self.client(database, "--single-transaction", "--file", schema), env=self.environment, check=True, timeout=SECONDS)

    def address(self, database, user="postgres"):
        return f"postgresql:///{database}?host={self.folder}&user={user}"

    @contextlib.contextmanager
    def halted(self):
        """The server and the processes of its clients do nothing meanwhile, and close nothing."""
        pids = [self._process.pid, *map(int, self.do("postgres", "SELECT pid FROM pg_stat_activity WHERE application_name = 'mta-sts'").split())]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


@pytest.fixture(scope="session")
def postgresql():
    server = Server()
    try:
        server.create()
        yield server
    finally:
        server.remove()
