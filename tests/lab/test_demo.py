"""The demonstration holds, and it sees when something does not."""

import re

import pytest

from lab.demo import Demo
from lab.exim import Exim


@pytest.fixture(autouse=True)
def empty_queue(lab):
    """Each run begins without messages and retry hints of the one before."""
    yield
    waiting = lab.exim.run("-bpr").stdout
    for message in re.findall(r" (\w{6}-\w{6,11}-\w{2,4}) ", waiting):
        lab.exim.run("-Mrm", message)
    assert lab.exim.run("-bpc").stdout.strip() == "0"
    for hints in lab.exim.hints():
        hints.unlink()


def test_every_line_is_as_it_should_be(lab):
    assert Demo(lab).run() == 0


def test_sees_an_exim_that_does_not_obey(lab, capsys):
    Exim.debian("off")
    try:
        assert Demo(lab).run() >= 8
    finally:
        Exim.debian("enforce")
    assert "FAIL stripped.example" in capsys.readouterr().out


def test_sees_a_host_that_is_not_stripped(lab, capsys):
    lab.scripted_mail.change("mx.stripped.example", starttls="yes")
    assert Demo(lab).run() > 0
    assert "FAIL stripped.example" in capsys.readouterr().out
