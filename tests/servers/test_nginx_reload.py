"""Reloads: no request is lost, nothing grows, and a module that is taken out is really gone."""

import os
import re
from pathlib import Path

import pytest

from cases import BODY, PATH, WORDS, assert_policy
from client import get
from load import Load
from nginx import Nginx
from server import Site, descriptors, resident_bytes


def has_module(pid: int) -> bool:
    return "ngx_http_mta_sts_module" in Path(f"/proc/{pid}/maps").read_text()


def reload_under_load(server, reloads: int, settle: int) -> dict:
    """Reloads so often; what grows after the first `settle` reloads is compared."""
    master = server.process.pid
    with Load(server.port, PATH, BODY) as load:
        for number in range(1, reloads + 1):
            server.reload()
            if number == settle:
                before = (resident_bytes(master), descriptors(master))
    after = (resident_bytes(master), descriptors(master))
    assert load.failures == []
    assert load.answered > reloads
    return {
        "reloads": reloads,
        "answered": load.answered,
        "resident_growth": after[0] - before[0],
        "descriptor_growth": after[1] - before[1],
        "resident": after[0],
    }


class TestReload:
    kind = Nginx

    def test_loses_no_request_and_grows_not(self, start):
        server = start(Site(policy=WORDS))
        figures = reload_under_load(server, reloads=20, settle=5)
        assert figures["descriptor_growth"] == 0
        assert figures["resident_growth"] < 256 * 1024
        assert_policy(get(server.port, PATH))

    def test_keeps_the_old_policy_when_the_new_line_is_wrong(self, start):
        server = start(Site(policy=WORDS))
        workers = server.workers()
        server.site = Site(policy="enforce mx=bad..name")
        server.config_path().write_text(server.configure())
        server.expect_log('bad-mx "mx=bad..name"')
        server.process.send_signal(1)
        server.wait_until(lambda: "bad-mx" in server.log_text(), "the refusal")
        assert server.workers() == workers
        assert_policy(get(server.port, PATH))

    def test_takes_a_new_policy_at_once(self, start):
        server = start(Site(policy=WORDS))
        server.site = Site(policy="none max_age=60")
        server.reload()
        assert_policy(get(server.port, PATH), b"version: STSv1\r\nmode: none\r\nmax_age: 60\r\n")

    def test_unloads_the_module(self, start):
        server = start(Site(policy=WORDS))
        assert all(map(has_module, server.processes()))
        server.load_module, server.site = False, Site(files={PATH: "of a user"})
        server.reload()
        assert not any(map(has_module, server.processes()))
        server.load_module, server.site = True, Site(policy=WORDS)
        server.reload()
        assert_policy(get(server.port, PATH))

    @pytest.mark.full
    def test_stands_a_thousand_reloads_under_load(self, start):
        server = start(Site(policy=WORDS))
        figures = reload_under_load(server, reloads=1000, settle=100)
        print("figure: nginx reloads under load:", figures)
        assert figures["descriptor_growth"] == 0
        assert figures["resident_growth"] < 512 * 1024


class ValgrindNginx(Nginx):
    """nginx under Memcheck; one report a process."""

    user = "root"  # the workers write their reports after they have become this user

    def command(self, *more):
        options = ["--leak-check=full", "--num-callers=40", f"--log-file={self.folder}/valgrind.%p"]
        return ["valgrind", *options, *super().command(*more)]


class ModulelessNginx(ValgrindNginx):
    load_module = False


def valgrind_figures(kind, site, reloads: int) -> dict:
    """Errors, lost octets and the worst worker of a run with so many reloads."""
    with kind(site) as server:
        server.wait_until(lambda: get(server.port, PATH).status == 200, "the first answer", 60)
        for _ in range(reloads):
            server.reload()
            assert get(server.port, PATH).status == 200
        master = server.process.pid
        server.stop()
        reports = {int(path.suffix[1:]): path.read_text() for path in server.folder.glob("valgrind.*")}
    assert len(reports) >= reloads + 2
    figures = {"reports": len(reports), "errors": 0, "master_lost": 0, "worker_lost": 0}
    for pid, text in reports.items():
        lost = re.search(r"definitely lost: ([\d,]+) bytes", text)
        octets = int(lost[1].replace(",", "")) if lost else 0
        name = "master_lost" if pid == master else "worker_lost"
        figures[name] = max(figures[name], octets)
        figures["errors"] += len(re.findall(r"== (?:Invalid|Conditional|Use of|Syscall|Source and)", text))
    return figures


class TestValgrind:
    @pytest.mark.full
    @pytest.mark.skipif(os.getuid() != 0, reason="workers under Memcheck write reports as root")
    def test_loses_no_more_memory_than_nginx_alone(self):
        with_module = valgrind_figures(ValgrindNginx, Site(policy=WORDS), reloads=50)
        without = valgrind_figures(ModulelessNginx, Site(files={PATH: BODY.decode()}), reloads=50)
        print("figure: nginx, 50 reloads under Memcheck:", with_module, "without the module:", without)
        assert with_module["errors"] <= without["errors"]
        assert with_module["master_lost"] <= without["master_lost"]
        assert with_module["worker_lost"] <= without["worker_lost"]
