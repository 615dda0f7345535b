"""README.md is true: its configuration is that of the guides, where it is run; its commands, files and packages exist."""

import os
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text()
BORROWED = re.findall(r"<!-- from (\S+): ([\w-]+) -->\n(```\w+\n.*?```)", README, re.S)


@pytest.mark.parametrize("guide, name, block", BORROWED, ids=[f"{guide}:{name}" for guide, name, _ in BORROWED])
def test_quick_start_is_a_block_of_the_guide(guide, name, block):
    text = (REPOSITORY / guide).read_text()
    assert re.search(rf"<!-- (block|run): {name} -->\n{re.escape(block)}", text), f"{guide} has another block {name}"


def test_quick_starts_are_there():
    assert {guide for guide, _, _ in BORROWED} == {"docs/nginx.md", "docs/apache.md", "docs/exim.md"}


def test_install_lines_are_those_of_the_guides():
    lines = re.findall(r"^sudo apt-get install (?:.*\\\n)*.*$", README, re.M)
    guides = "".join((REPOSITORY / "docs" / name).read_text() for name in ("nginx.md", "apache.md", "exim.md"))
    assert len(lines) == 3 and all(line in guides for line in lines)


def test_links_lead_somewhere():
    targets = re.findall(r"\]\(([^)]+)\)", README)
    assert targets
    for target in targets:
        assert (REPOSITORY / target).exists(), target


def test_scripts_are_there():
    scripts = set(re.findall(r"sudo (scripts/\w+)", README))
    assert "scripts/test" in scripts
    for script in scripts:
        assert os.access(REPOSITORY / script, os.X_OK), script
