"""Graceful restarts of httpd: no request is lost, nothing grows, a new module is taken and an old one is gone."""

import os
import shutil
from pathlib import Path

import pytest

from apache import Apache
from cases import BODY, PATH, WORDS, assert_policy
from client import get
from load import has_module, memcheck_reloads, reload_under_load
from server import Site


class TestReload:
    kind = Apache

    def test_loses_no_request_and_grows_not(self, start):
        server = start(Site(policy=WORDS))
        figures = reload_under_load(server, PATH, BODY, reloads=20, settle=5)
        assert figures["descriptor_growth"] == 0
        assert figures["resident_growth"] < 512 * 1024
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

    def test_takes_a_new_file_of_the_module(self, start):
        """What docs/apache.md says of upgrades: a new file in the old one's place, then a graceful restart."""
        server = Apache(Site(policy=WORDS))
        server.module = shutil.copy(Apache.module, server.folder / "mod_mta_sts.so")
        with server:
            fresh = shutil.copy(Apache.module, server.folder / "fresh.so")
            number = os.stat(fresh).st_ino
            os.rename(fresh, server.module)
            server.reload()
            assert_policy(get(server.port, PATH))
            for pid in server.processes():
                mapped = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines() if "mod_mta_sts" in line]
                assert {int(fields[4]) for fields in mapped} == {number}
                assert not any("(deleted)" in fields for fields in mapped)

    @pytest.mark.full
    def test_stands_a_hundred_reloads_under_load(self, start):
        server = start(Site(policy=WORDS))
        figures = reload_under_load(server, PATH, BODY, reloads=100, settle=20)
        print("figure: apache graceful restarts under load:", figures)
        assert figures["descriptor_growth"] == 0
        assert figures["resident_growth"] < 512 * 1024


class ValgrindApache(Apache):
    """httpd under Memcheck; one report a process."""

    @property
    def prefix(self):
        self.folder.chmod(0o777)  # the workers write their reports after they have become another user
        return ("valgrind", "--leak-check=full", "--num-callers=40", f"--log-file={self.folder}/valgrind.%p")


class ModulelessApache(ValgrindApache):
    load_module = False


class TestValgrind:
    @pytest.mark.full
    def test_loses_no_more_memory_than_httpd_alone(self):
        with_module = memcheck_reloads(ValgrindApache, Site(policy=WORDS), PATH, reloads=10)
        without = memcheck_reloads(ModulelessApache, Site(files={PATH: BODY.decode()}), PATH, reloads=10)
        print("figure: apache, 10 graceful restarts under Memcheck:", with_module, "without the module:", without)
        assert with_module["errors"] <= without["errors"]
        assert with_module["master_lost"] <= without["master_lost"]
        assert with_module["worker_lost"] <= without["worker_lost"]
