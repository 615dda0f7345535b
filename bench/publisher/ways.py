"""What is measured: ways to answer for a policy, side by side."""

from dataclasses import dataclass, field

from expected import BODY
from server import Site


@dataclass(frozen=True)
class Way:
    name: str
    kind: type  # a Server as users run it, with one worker process
    single: type  # the same in one process that a profiler can follow
    site: Site


@dataclass(frozen=True)
class Fixed:
    """Requests for one host."""

    host: str = "mta-sts.example.com"

    def hosts(self, count: int) -> list:
        return [self.host] * count

    def is_right(self, way: Way, answer, host: str) -> bool:
        return answer.status == 200 and answer.body == BODY


@dataclass(frozen=True)
class Comparison:
    """The first way is ours; the others are compared to it."""

    title: str
    ways: list
    over: str = "http"  # or "tls" (HTTP/1.1), "h2"
    requests: object = field(default_factory=Fixed)  # which hosts are asked for
    counts_instructions: bool = True
