"""A real Prometheus, and a node exporter for files of metrics, unpacked of Debian's packages by scripts/test."""

import contextlib
import json
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from world import free_port

UNPACKED = Path(__file__).parents[2] / "build/lab-prometheus/root/usr/bin"
SECONDS = 60


def _program(name):
    return str(UNPACKED / name) if (UNPACKED / name).exists() else shutil.which(name)


PROMETHEUS, NODE_EXPORTER = _program("prometheus"), _program("prometheus-node-exporter")

needed = pytest.mark.skipif(PROMETHEUS is None or NODE_EXPORTER is None,
                            reason="prometheus or prometheus-node-exporter is not there: sudo scripts/test unpacks Debian's packages")  # fmt: skip


@contextlib.contextmanager
def _running(log, *words):
    with open(log, "ab") as output:
        process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *map(str, words)], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def node_exporter(folder):
    """Shows the files *.prom of a folder; gives its port."""
    port = free_port()
    with _running(folder / "node-exporter.log", NODE_EXPORTER, f"--web.listen-address=127.0.0.1:{port}", "--collector.disable-defaults",
                  "--collector.textfile", f"--collector.textfile.directory={folder}"):  # fmt: skip
        yield port


class Prometheus:
    """`with Prometheus(scrape_configs, rules) as server:` collects each second, and looks at the rules as often."""

    def __init__(self, config):
        self._config = config
        self._port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="mta-sts-prometheus-"))
        self._log = self._folder / "log"
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        config = self._folder / "prometheus.json"  # which is YAML too
        config.write_text(json.dumps(self._config))
        self._process = self._stack.enter_context(_running(
            self._log, PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}"))  # fmt: skip
        self.wait_until(self._is_ready, "Prometheus to be ready")
        return self

    def __exit__(self, *_):
        self._stack.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _open(self, path):
        return urllib.request.urlopen(f"http://127.0.0.1:{self._port}/{path}", timeout=20)

    def _is_ready(self):
        with contextlib.suppress(OSError), self._open("-/ready"):
            return True
        return False

    def wait_until(self, condition, what, seconds=SECONDS):
        """Waits until the condition gives something; `what` says what for, or gives that when it is called."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            assert self._process.poll() is None and time.monotonic() < end, f"waited for {what() if callable(what) else what}:\n{self._log.read_text()}"
            time.sleep(0.2)
        return found

    def api(self, path, **parameters):
        """The data of an answer; an AssertionError with what Prometheus says where it refuses the question."""
        try:
            with self._open(f"api/v1/{path}?{urllib.parse.urlencode(parameters)}") as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{parameters}: {json.load(refused)['error']}") from refused

    def query(self, expression):
        """The numbers that an expression gives now, by their labels."""
        return [(one["metric"], float(one["value"][1])) for one in self.api("query", query=expression)["result"]]

    def query_range(self, expression, start, end, step):
        """The numbers that an expression gave between two times, in seconds, by their labels: each a list of (time, number)."""
        found = self.api("query_range", query=expression, start=start, end=end, step=step)["result"]
        return [(one["metric"], [(float(when), float(value)) for when, value in one["values"]]) for one in found]
