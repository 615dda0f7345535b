"""The ways to serve a policy with nginx."""

from dataclasses import replace

from expected import BODY, PATH, WORDS
from nginx import Nginx
from server import Site
from ways import Comparison, Way


class OneProcess(Nginx):
    master = False


# As Debian's nginx.conf has it.
DEBIAN = "sendfile on; tcp_nopush on; types_hash_max_size 2048; gzip on;"


def way(name: str, **site) -> Way:
    return Way(name, Nginx, OneProcess, Site(keepalive_requests=100_000_000, above=DEBIAN, **site))


TEXT = BODY.decode().replace("\r\n", "\\r\\n")
RETURN = f'default_type text/plain; return 200 "{TEXT}";'
FILE = {"files": {PATH: BODY.decode()}}
CACHE = "open_file_cache max=10; open_file_cache_valid 1h;"

WAYS = [
    way("mta_sts in the server", policy=WORDS),
    way("mta_sts in a location", inside=f"location = {PATH} {{ mta_sts {WORDS}; }}"),
    way("return 200 of the same bytes in a location", inside=f"location = {PATH} {{ {RETURN} }}"),
    way("the same in the server", inside=RETURN),
    way("static file", **FILE),
    way("static file, open_file_cache", inside=CACHE, **FILE),
]


def over_tls(ways: list) -> list:
    return [replace(one, site=replace(one.site, tls=True)) for one in ways]


def comparisons() -> list:
    by_tls = over_tls([WAYS[0], *WAYS[2:]])
    return [
        Comparison("nginx, HTTP/1.1", WAYS),
        Comparison("nginx, HTTP/1.1 over TLS", by_tls, over="tls", counts_instructions=False),
        Comparison("nginx, HTTP/2", by_tls, over="h2", counts_instructions=False),
    ]
