"""The ways to serve a policy with Apache httpd."""

from dataclasses import replace

from apache import MODULES, Apache
from expected import BODY, PATH, WORDS
from server import Site
from ways import Comparison, Way


class OneProcess(Apache):
    mpm = "worker"  # the event MPM crashes now and then at the end of -X, with and without our module

    def configure(self):
        report = self.folder / "callgrind"  # which the profiler writes after httpd has become another user
        report.touch()
        report.chmod(0o666)
        return super().configure()

    def command(self, *more):
        return super().command("-X", *more)

    def workers(self):
        return self.processes()


class Mapped:
    """Keeps the file in memory with mod_file_cache."""

    def main_lines(self):
        return [*super().main_lines(), f"LoadModule file_cache_module {MODULES}/mod_file_cache.so",
                f"MMapFile {self.root}{PATH}"]  # fmt: skip


def way(name: str, *ways_of_its_own, **site) -> Way:
    kind, single = (type("Kind", (*ways_of_its_own, base), {}) for base in (Apache, OneProcess))
    # One worker process, and more threads than connections of the clock: with fewer, httpd closes some.
    above = "ServerLimit 1\nThreadLimit 128\nThreadsPerChild 128\nMaxRequestWorkers 128\n" + site.pop("above", "")
    return Way(name, kind, single, Site(keepalive_requests=0, above=above, **site))


FILE = {"files": {PATH: BODY.decode()}}

WAYS = [
    way("MtaSts in the virtual host", policy=WORDS),
    way("static file", **FILE),
    way("static file, EnableSendfile", above="EnableMMAP off\nEnableSendfile on\n", **FILE),
    way("static file, MMapFile", Mapped, **FILE),
]


def comparisons() -> list:
    by_tls = [replace(one, site=replace(one.site, tls=True)) for one in WAYS if "Sendfile" not in one.name]
    return [
        Comparison("Apache, HTTP/1.1", WAYS),
        Comparison("Apache, HTTP/1.1 over TLS", by_tls, over="tls", counts_instructions=False),
        Comparison("Apache, HTTP/2", by_tls, over="h2", counts_instructions=False),
    ]
