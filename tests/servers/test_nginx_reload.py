"""Reloads: no request is lost, nothing grows, and a module that is taken out is really gone."""

import math
import os

import pytest

from client import get
from expected import PATH, WORDS, assert_policy
from nginx import Nginx
from reloads import Reloads, assert_loses_no_more_memory
from server import Site


class TestReload(Reloads):
    kind = Nginx
    many, many_settle = 1000, 100

    def growth_limit(self):
        # AddressSanitizer keeps what is freed for a while.
        return math.inf if Nginx.sanitizers() else 256 * 1024

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
        assert_loses_no_more_memory(ValgrindNginx, ModulelessNginx, reloads=50)
