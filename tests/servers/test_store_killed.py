"""A provider's store under both servers, while writers and workers are killed: every answer is an old or a new policy, whole."""

import os
import random
import signal
import subprocess
import threading

import kinds
from client import request
from expected import PATH
from server import FULL, Site
from stores import COMMAND, Store, body_of

DOMAINS = 10_000 if os.environ.get("SANITIZE") else 100_000  # an import takes twenty times as long then
CHANGES = 10_000
KILLS = 200 if FULL else 50


def lines(numbers, generation: int) -> str:
    return "".join(f"d{number}.example,testing mx=g{generation}.d{number}.example\n" for number in numbers)


class Generations:
    """Which policies a domain may have: all from the last that was stored for certain to the last that was tried."""

    def __init__(self):
        self.lock = threading.Lock()
        self.least = {}
        self.most = {}

    def trying(self, numbers, generation: int) -> None:
        with self.lock:
            self.most.update(dict.fromkeys(numbers, generation))

    def stored(self, numbers, generation: int) -> None:
        with self.lock:
            self.least.update(dict.fromkeys(numbers, generation))

    def range_of(self, number: int):
        with self.lock:
            return self.least.get(number, 0), self.most.get(number, 0)


class Readers:
    """Asks both servers for random domains, most often for those that change."""

    def __init__(self, ports, generations: Generations):
        self.ports, self.generations = ports, generations
        self.stopping = threading.Event()
        self.answered, self.wrong = 0, []
        self.threads = [threading.Thread(target=self.run, args=(port,), daemon=True) for port in ports for _ in range(2)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    def run(self, port: int):
        chance = random.Random(port)
        while not self.stopping.is_set():
            number = chance.randrange(CHANGES // 10 if chance.random() < 0.8 else DOMAINS)
            least, _ = self.generations.range_of(number)
            try:
                answer = request(port, "GET", PATH, {"Host": f"mta-sts.d{number}.example"})
            except (OSError, AssertionError):
                continue  # its worker was killed
            _, most = self.generations.range_of(number)
            allowed = [body_of("testing", f"g{g}.d{number}.example") for g in range(least, most + 1)]
            if answer.status != 200 or answer.body not in allowed:
                self.wrong.append((number, least, most, answer))
            self.answered += 1


def change(store, numbers, generation: int, killed_after: float) -> bool:
    """Imports the next generation; tells whether it was stored for certain."""
    writer = subprocess.Popen(
        [COMMAND, "store", "import", "--store", store.path, "-"],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    writer.stdin.write(lines(numbers, generation).encode())
    writer.stdin.close()
    if killed_after >= 0:
        try:
            writer.wait(killed_after)
        except subprocess.TimeoutExpired:
            writer.kill()
    return writer.wait() == 0


def test_every_answer_is_the_old_or_the_new_policy(start):
    chance = random.Random(8461)
    generations = Generations()
    with Store() as store:
        store.run("import", "-", text=lines(range(DOMAINS), 0))
        servers = [start(Site(policy=f"store={store.path}"), kind=kind) for kind in kinds.all_kinds()]
        for server in servers:
            server.tolerate_log(r"exited on signal 9|exit signal Killed")
        with Readers([server.port for server in servers], generations) as readers:
            for step in range(2 * KILLS):
                numbers = chance.sample(range(CHANGES // 10), CHANGES // KILLS // 2)
                generation = step + 1
                generations.trying(numbers, generation)
                # Every other writer is killed within the time that a whole import takes.
                if change(store, numbers, generation, chance.random() * 0.03 if step % 2 else -1):
                    generations.stored(numbers, generation)
                if step % 4 == 0:
                    server = chance.choice(servers)
                    worker = chance.choice(server.workers())
                    os.kill(worker, signal.SIGKILL)
                    server.wait_until(lambda: worker not in server.workers() and server.workers(), "another worker")
        assert not readers.wrong, readers.wrong[:3]
        assert readers.answered > 100
        store.run("verify")
        for server in servers:
            number = next(iter(generations.least))
            answer = request(server.port, "GET", PATH, {"Host": f"mta-sts.d{number}.example"})
            assert answer.status == 200
