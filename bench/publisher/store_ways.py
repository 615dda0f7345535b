"""A store with a policy of its own for each host, and one policy for all, in both servers."""

import random
import tempfile
from dataclasses import dataclass

import apache_ways
import nginx_ways
from expected import BODY, WORDS
from stores import Store, body_of
from ways import Comparison, Way

HOST = "mta-sts.customer-{}.example"
BY_STORE = "store="
MAKERS = (("nginx", nginx_ways.way), ("Apache", apache_ways.way))


@dataclass(frozen=True)
class Drawn:
    """Requests for the policy hosts of a store, drawn at random."""

    domains: int

    def hosts(self, count: int) -> list:
        draw = random.Random(1)
        return [HOST.format(draw.randrange(self.domains)) for _ in range(count)]

    def is_right(self, way: Way, answer, host: str) -> bool:
        domain = host.removeprefix("mta-sts.")
        own = body_of("enforce", f"mx1.{domain}", f"mx2.{domain}", max_age=1209600)
        return answer.status == 200 and answer.body == (own if way.site.policy.startswith(BY_STORE) else BODY)


def fill(store: Store, domains: int) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="mta-sts-bench.") as lines:
        for number in range(domains):
            domain = f"customer-{number * 7368787 % domains}.example"  # not in the order of the tree
            lines.write(f"{domain},enforce mx=mx1.{domain} mx=mx2.{domain} max_age=1209600\n")
        lines.flush()
        store.run("import", lines.name)


def ways(store: Store, make) -> list:
    return [make("a store of all", policy=BY_STORE + str(store.path)), make("one policy", policy=WORDS)]


def comparisons(store: Store, domains: int) -> list:
    return [
        Comparison(f"{server}, {domains:,} hosts at random", ways(store, make), requests=Drawn(domains))
        for server, make in MAKERS
    ]
