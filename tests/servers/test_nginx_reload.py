"""Reloads: no request is lost, nothing grows, and a module that is taken out is really gone."""

import os

import pytest

from client import get
from expected import BODY, PATH, WORDS, assert_policy
from load import has_module, memcheck_reloads, reload_under_load
from nginx import Nginx
from server import Site


class TestReload:
    kind = Nginx

    def test_loses_no_request_and_grows_not(self, start):
        server = start(Site(policy=WORDS))
        figures = reload_under_load(server, PATH, BODY, reloads=20, settle=5)
        assert figures["descriptor_growth"] == 0
        # AddressSanitizer keeps what is freed for a while.
        assert figures["resident_growth"] < 256 * 1024 or Nginx.sanitizers()
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
        assert all(has_module(server, pid) for pid in server.processes())
        server.load_module, server.site = False, Site(files={PATH: "of a user"})
        server.reload()
        assert not any(has_module(server, pid) for pid in server.processes())
        server.load_module, server.site = True, Site(policy=WORDS)
        server.reload()
        assert_policy(get(server.port, PATH))

    @pytest.mark.full
    def test_stands_a_thousand_reloads_under_load(self, start):
        server = start(Site(policy=WORDS))
        figures = reload_under_load(server, PATH, BODY, reloads=1000, settle=100)
        print("figure: nginx reloads under load:", figures)
        assert figures["descriptor_growth"] == 0
        assert figures["resident_growth"] < 512 * 1024


class ValgrindNginx(Nginx):
    """nginx under Memcheck; one report a process."""

    user = "root"  # the workers write their reports after they have become this user

    @property
    def prefix(self):
        return ("valgrind", "--leak-check=full", "--num-callers=40", f"--log-file={self.folder}/valgrind.%p")


class ModulelessNginx(ValgrindNginx):
    load_module = False


class TestValgrind:
    @pytest.mark.full
    @pytest.mark.skipif(os.getuid() != 0, reason="workers under Memcheck write reports as root")
    def test_loses_no_more_memory_than_nginx_alone(self):
        with_module = memcheck_reloads(ValgrindNginx, Site(policy=WORDS), PATH, reloads=50)
        without = memcheck_reloads(ModulelessNginx, Site(files={PATH: BODY.decode()}), PATH, reloads=50)
        print("figure: nginx, 50 reloads under Memcheck:", with_module, "without the module:", without)
        assert with_module["errors"] <= without["errors"]
        assert with_module["master_lost"] <= without["master_lost"]
        assert with_module["worker_lost"] <= without["worker_lost"]
