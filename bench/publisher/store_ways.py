"""A store that has a policy for each host, its own or that of one of ten profiles, and one policy for all, in both servers."""

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


PROFILES = 10


class Own:
    """Each domain has a policy of its own."""

    title = "a policy each"
    first_lines = ()

    @staticmethod
    def line(number: int) -> str:
        domain = f"customer-{number}.example"
        return f"{domain},enforce mx=mx1.{domain} mx=mx2.{domain} max_age=1209600\n"

    @staticmethod
    def body(number: int) -> bytes:
        domain = f"customer-{number}.example"
        return body_of("enforce", f"mx1.{domain}", f"mx2.{domain}", max_age=1209600)


class Shared:
    """Each domain has that of a profile, as the customers of a provider do."""

    title = f"{PROFILES} profiles"
    first_lines = tuple(
        f"@hosted-{profile},enforce mx=mx{profile}.provider.example max_age=1209600\n" for profile in range(PROFILES)
    )

    @staticmethod
    def line(number: int) -> str:
        return f"customer-{number}.example,profile=hosted-{number % PROFILES}\n"

    @staticmethod
    def body(number: int) -> bytes:
        return body_of("enforce", f"mx{number % PROFILES}.provider.example", max_age=1209600)


@dataclass(frozen=True)
class Drawn:
    """Requests for the policy hosts of a store, drawn at random."""

    domains: int
    kind: type

    def hosts(self, count: int) -> list:
        draw = random.Random(1)
        return [HOST.format(draw.randrange(self.domains)) for _ in range(count)]

    def is_right(self, way: Way, answer, host: str) -> bool:
        number = int(host.removeprefix("mta-sts.customer-").removesuffix(".example"))
        expected = self.kind.body(number) if way.site.policy.startswith(BY_STORE) else BODY
        return answer.status == 200 and answer.body == expected


def fill(store: Store, domains: int, kind: type = Own) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="mta-sts-bench.") as lines:
        lines.writelines(kind.first_lines)
        for number in range(domains):
            lines.write(kind.line(number * 7368787 % domains))  # not in the order of the tree
        lines.flush()
        store.run("import", lines.name)


def ways(store: Store, make) -> list:
    return [make("a store of all", policy=BY_STORE + str(store.path)), make("one policy", policy=WORDS)]


def comparisons(store: Store, domains: int, kind: type = Own) -> list:
    return [
        Comparison(f"{server}, {domains:,} hosts at random, {kind.title}", ways(store, make), requests=Drawn(domains, kind))
        for server, make in MAKERS
    ]
