"""Makes the picture of the board: `scripts/pictures`. A Prometheus collects from servers that really run; the board's queries are asked of it, and its panels drawn from the answers."""

import math
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests/servers"), str(ROOT / "tests")]

import panels  # noqa: E402
from board import BOARD, DOMAINS, QUERIES, as_asked, everything  # noqa: E402
from screenshots import take  # noqa: E402


class Answers:
    """What Prometheus says now, and said since `start`."""

    def __init__(self, server, start):
        self._server, self.start, self.end = server, start, time.time()

    def now(self, expression):
        return self._server.query(as_asked(expression))

    def over_time(self, expression):
        return self._server.query_range(as_asked(expression), self.start, self.end, max(1, round((self.end - self.start) / 240)))


def work(server, sender, web, seconds):
    """Mail that comes in waves, for so long, and then till each query of the board has an answer."""
    empty, turn, end = dict(QUERIES), 0, time.monotonic() + seconds

    def have_all():
        nonlocal turn
        turn += 1
        if turn % 8 == 1:
            sender.work()
        for number in range(round(6 + 5 * math.sin(turn / 12))):
            sender.resolver.ask(DOMAINS[-1 - (turn + number) % (1 + turn // 8 % len(DOMAINS))])
            sender.tell()
        web.work()
        for name, expression in list(empty.items()):
            if any(not math.isnan(value) for _, value in server.query(expression)):
                del empty[name]
        return not empty and time.monotonic() >= end

    server.wait_until(have_all, lambda: f"data of {empty}", seconds=seconds + 60)


def take_board(text, height, folder, picture):
    """Takes the picture of a drawn board, which is long."""
    page = folder / "board.html"
    page.write_text(text)
    take(page, picture, panels.WIDTH, height, scale=1, largest=450_000)


def main(output, seconds):
    output.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder, hosts = Path(name) / "metrics", Path(name) / "hosts"
        folder.mkdir()
        hosts.mkdir()
        folder.chmod(0o755)
        with everything(folder, hosts) as (server, sender, web):
            start = time.time()
            work(server, sender, web, seconds)
            text, height = panels.page(BOARD, Answers(server, start))
        take_board(text, height, Path(name), output / "board.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), float(sys.argv[2]))
