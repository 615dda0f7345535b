"""Load on a running server: every request must get its whole answer."""

import threading

from client import get


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
