"""The ways to serve a policy with nginx."""

from expected import BODY, PATH, WORDS
from measure import Way
from nginx import Nginx
from server import Site


class OneProcess(Nginx):
    master = False


# As Debian's nginx.conf has it.
DEBIAN = "sendfile on; tcp_nopush on; types_hash_max_size 2048; gzip on;"


def way(name: str, **site) -> Way:
    return Way(name, Nginx, OneProcess, Site(keepalive_requests=100_000_000, above=DEBIAN, **site))


TEXT = BODY.decode().replace("\r\n", "\\r\\n")
FILE = {"files": {PATH: BODY.decode()}}
CACHE = "open_file_cache max=10; open_file_cache_valid 1h;"

WAYS = [
    way("mta_sts in the server", policy=WORDS),
    way("mta_sts in a location", inside=f"location = {PATH} {{ mta_sts {WORDS}; }}"),
    way("return 200 of the same bytes", inside=f'location = {PATH} {{ default_type text/plain; return 200 "{TEXT}"; }}'),
    way("static file", **FILE),
    way("static file, open_file_cache", inside=CACHE, **FILE),
]
