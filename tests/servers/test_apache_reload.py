"""Graceful restarts of httpd: no request is lost, nothing grows, a new module is taken and an old one is gone."""

import os
import shutil
from pathlib import Path

import pytest

from apache import Apache
from client import get
from expected import PATH, WORDS, assert_policy
from reloads import Reloads, assert_loses_no_more_memory
from server import Site


class TestReload(Reloads):
    kind = Apache
    many, many_settle = 100, 20

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
        assert_loses_no_more_memory(ValgrindApache, ModulelessApache, reloads=10)
