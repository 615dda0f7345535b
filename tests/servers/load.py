"""Load on a running server: every request must get its whole answer."""

import re
import threading
from pathlib import Path

from client import get
from server import Server, Site, descriptors, resident_bytes


class Load:
    """`with Load(port, path, body) as load:` asks without a pause from several threads; lost() names failures."""

    def __init__(self, port: int, path: str, body: bytes, threads: int = 2):
        self.port, self.path, self.body = port, path, body
        self.answered = 0
        self.failures = []
        self.stopping = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(threads)]

    def run(self):
        while not self.stopping.is_set():
            try:
                answer = get(self.port, self.path)
                problem = "" if (answer.status, answer.body) == (200, self.body) else f"status {answer.status}"
            except (OSError, AssertionError) as error:
                problem = repr(error)
            with self.lock:
                self.answered += not problem
                if problem:
                    self.failures.append(problem)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)


def reload_under_load(server: Server, path: str, body: bytes, reloads: int, settle: int) -> dict:
    """Reloads so often, no request being lost; gives how much the master grew after the first `settle` reloads."""
    master = server.process.pid
    with Load(server.port, path, body) as load:
        for number in range(1, reloads + 1):
            server.reload()
            if number == settle:
                before = (resident_bytes(master), descriptors(master))
    after = (resident_bytes(master), descriptors(master))
    assert load.failures == []
    assert load.answered > reloads
    is_sanitized = "LD_PRELOAD" in server.environment()  # whose own tables grow with each load of a module
    return {
        "reloads": reloads,
        "answered": load.answered,
        "resident_growth": 0 if is_sanitized else after[0] - before[0],
        "descriptor_growth": after[1] - before[1],
        "resident": after[0],
    }


def has_module(server: Server, pid: int) -> bool:
    """Whether the process has the server's module in its memory."""
    return server.module.name in Path(f"/proc/{pid}/maps").read_text()


def memcheck_reloads(kind, site: Site, path: str, reloads: int) -> dict:
    """Errors, lost bytes and the worst worker of a run with so many reloads; the kind writes folder/valgrind.PID."""
    with kind(site) as server:
        server.wait_until(lambda: get(server.port, path).status == 200, "the first answer", 60)
        for _ in range(reloads):
            server.reload()
            assert get(server.port, path).status == 200
        master = server.process.pid
        server.stop()
        reports = {int(report.suffix[1:]): report.read_text() for report in server.folder.glob("valgrind.*")}
    assert len(reports) >= reloads + 2
    figures = {"reports": len(reports), "errors": 0, "master_lost": 0, "worker_lost": 0}
    for pid, text in reports.items():
        lost = re.search(r"definitely lost: ([\d,]+) bytes", text)
        lost_bytes = int(lost[1].replace(",", "")) if lost else 0
        name = "master_lost" if pid == master else "worker_lost"
        figures[name] = max(figures[name], lost_bytes)
        figures["errors"] += len(re.findall(r"== (?:Invalid|Conditional|Use of|Syscall|Source and)", text))
    return figures
