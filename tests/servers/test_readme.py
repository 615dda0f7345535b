"""README.md is true: its configuration is that of the guides, where it is run; its commands, files and packages exist."""

import os
import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text()
BORROWED = re.findall(r"<!-- from (\S+): ([\w-]+) -->\n(```\w+\n.*?```)", README, re.S)
COMMAND = Path(os.environ["MTA_STS_BUILD"]) / "bin" / "mta-sts"


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


@pytest.mark.parametrize("guide", ["exim.md", "postfix.md"])
def test_a_guide_for_senders_installs_the_packages_of_the_build(guide):
    line = re.search(r"apt-get install (g\+\+ (?:.*\\\n)*.*)", (REPOSITORY / "docs" / guide).read_text())[1].replace("\\\n", " ")
    packages = re.search(r"build_packages=\((.*?)\)", (REPOSITORY / "scripts/packages.sh").read_text(), re.S)[1].split()
    assert set(line.split()) == set(packages)


def test_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (REPOSITORY / target).exists(), target


def test_scripts_are_there():
    for script in set(re.findall(r"sudo (scripts/\w+)", README)):
        assert os.access(REPOSITORY / script, os.X_OK), script


@pytest.mark.parametrize("name", re.findall(r"^\| `mta-sts ([\w-]+)", README, re.M))
def test_subcommands_have_help(name):
    done = subprocess.run([COMMAND, name, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Usage" in done.stdout
