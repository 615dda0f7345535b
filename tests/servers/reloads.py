"""What holds for the reloads of every server; the test class of each adds its kind and its figures."""

import pytest
from client import get
from expected import BODY, PATH, WORDS, assert_policy
from load import has_module, memcheck_reloads, reload_under_load
from server import Site

LONG_LOOP_GROWTH = 512 * 1024


class Reloads:
    many = 0  # reloads of the long loop
    many_settle = 0  # of these, how many pass before memory is measured

    def test_loses_no_request_and_grows_not(self, start):
        server = start(Site(policy=WORDS))
        self.reload(server, 20, 5, self.growth_limit())
        assert_policy(get(server.port, PATH))

    def test_takes_a_new_policy_at_once(self, start):
        server = start(Site(policy=WORDS))
        server.site = Site(policy="none max_age=86400")
        server.reload()
        assert_policy(get(server.port, PATH), b"version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n")

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
    def test_stands_many_reloads_under_load(self, start):
        server = start(Site(policy=WORDS))
        figures = self.reload(server, self.many, self.many_settle, LONG_LOOP_GROWTH)
        print(f"figure: {self.kind.__name__}, {self.many} reloads under load:", figures)

    def growth_limit(self) -> float:
        """How many bytes of resident memory the short loop may add."""
        return LONG_LOOP_GROWTH

    @staticmethod
    def reload(server, reloads: int, settle: int, growth_limit: float) -> dict:
        figures = reload_under_load(server, PATH, BODY, reloads=reloads, settle=settle)
        assert figures["descriptor_growth"] == 0
        assert figures["resident_growth"] < growth_limit
        return figures


def assert_loses_no_more_memory(with_module, without_module, reloads: int) -> None:
    """Compares a kind under Memcheck with the same kind without the module."""
    module = memcheck_reloads(with_module, Site(policy=WORDS), PATH, reloads=reloads)
    alone = memcheck_reloads(without_module, Site(files={PATH: BODY.decode()}), PATH, reloads=reloads)
    print(f"figure: {with_module.__name__}, {reloads} reloads:", module, "without the module:", alone)
    for name in ("errors", "master_lost", "worker_lost"):
        assert module[name] <= alone[name], name
