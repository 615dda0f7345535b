"""README.md is true: its quick starts are parts of the guides, where they are run; its packages, files and versions exist."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
README = (REPOSITORY / "README.md").read_text()
FROM = re.findall(r"<!-- from (\S+) -->\n```sh\n(.*?)```", README, re.S)
PART = re.findall(r"<!-- part of (\S+): (\w+) -->\n```\w+\n(.*?)```", README, re.S)
GUIDES = ["docs/nginx.md", "docs/apache.md", "docs/exim.md", "docs/postfix.md", "docs/reports.md"]


def commands(shell: str) -> list:
    """Each command of a block, lines joined and blanks made equal."""
    lines = shell.replace("\\\n", " ").splitlines()
    return [" ".join(command.split()) for line in lines for command in line.split(" && ")]


@pytest.mark.parametrize("guide, block", FROM, ids=[guide for guide, _ in FROM])
def test_commands_of_a_quick_start_stand_in_the_guide(guide, block):
    blocks = re.findall(r"^```sh\n(.*?)```", (REPOSITORY / guide).read_text(), re.S | re.M)
    known = {command for each in blocks for command in commands(each)}
    assert [command for command in commands(block) if command not in known] == []


@pytest.mark.parametrize("guide, name, block", PART, ids=[guide for guide, _, _ in PART])
def test_lines_of_a_quick_start_stand_in_a_block_of_the_guide(guide, name, block):
    text = re.search(rf"<!-- block: {name} -->\n```\w+\n(.*?)```", (REPOSITORY / guide).read_text(), re.S)[1]
    assert block.strip() and set(block.splitlines()) <= {line.strip() for line in text.splitlines()}


def test_quick_starts_are_there():
    assert list(dict.fromkeys(guide for guide, _ in FROM)) == GUIDES
    assert [guide for guide, _, _ in PART] == GUIDES[:2]


def test_a_quick_start_has_at_most_six_lines():
    sections = re.findall(r"^## (?:Publish|Obey|Read) .*?(?=^## )", README, re.S | re.M)
    assert len(sections) == len(GUIDES)
    for section in sections:
        blocks = re.findall(r"^```\w+\n(.*?)```", section, re.S | re.M)
        assert 0 < sum(block.count("\n") for block in blocks) <= 6, section


def test_pictures_are_small_and_for_light_and_dark():
    pictures = re.findall(r'(?:src|srcset)="([^"]+)"', README)
    assert len(pictures) == 4 and all((REPOSITORY / path).stat().st_size < 200_000 for path in pictures)
    assert all((REPOSITORY / path).read_bytes().startswith(b"\x89PNG") for path in pictures if path.endswith(".png"))
    drawing = (REPOSITORY / "docs/images/parts.svg").read_text()
    ElementTree.fromstring(drawing)
    assert "prefers-color-scheme: dark" in drawing and "<script" not in drawing


def test_packages_are_those_that_are_built():
    control = (REPOSITORY / "debian/control").read_text()
    table = README[README.index("| package | contains |"):].split("\n\n")[0]
    named = [name for row in table.splitlines()[2:] for name in re.findall(r"`([\w-]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(re.findall(r"^Package: (\S+)", control, re.M))


def test_scripts_are_there():
    scripts = set(re.findall(r"sudo (scripts/\w+)", README))
    assert {"scripts/demo", "scripts/package"} <= scripts
    for script in scripts:
        assert os.access(REPOSITORY / script, os.X_OK), script


# Programs in the table of versions, by the packages that a release has them from.
PACKAGES = {
    "nginx": ["nginx"], "Apache httpd": ["apache2-bin"], "g++": ["g++-12", "g++-14"], "clang": ["clang-19"],
    "OpenSSL": ["libssl3", "libssl3t64"], "libcurl": ["libcurl4", "libcurl4t64"],
}  # fmt: skip
UNPACKED = {"Exim": ["lab/deb/exim4-daemon-heavy_*", "lab-light/deb/exim4-daemon-light_*"], "Postfix": ["lab-postfix/deb/postfix_*"],
            "Knot": ["lab/deb/knot_*"], "Unbound": ["lab/deb/unbound_*"], "PostgreSQL": ["lab-postgresql/deb/postgresql_*"],
            "Redis": ["lab-redis/deb/redis-server_*"], "Dovecot": ["lab-dovecot/deb/dovecot-imapd_*"],
            "Prometheus": ["lab-prometheus/deb/prometheus_*"]}  # fmt: skip


def release() -> str:
    return re.search(r'^VERSION_ID="?(\d+)', Path("/etc/os-release").read_text(), re.M)[1]


def table_of_versions() -> dict:
    """What the table says of this release, by program: the versions that are named."""
    table = README[README.index("\n| program | Debian 12 |"):].split("\n\n")[0].strip().splitlines()
    place = [cell.strip() for cell in table[0].split("|")].index(f"Debian {release()}")
    found = {}
    for row in table[2:]:
        cells = [cell.strip() for cell in row.split("|")]
        names = re.sub(r" ?\(.*?\)| with \w+", "", cells[1]).split(", ")
        versions = cells[place].split(", ")
        found |= {names[0]: versions} if len(names) == 1 else {name: [each] for name, each in zip(names, versions)}
    return found


def upstream(version: str) -> str:
    """1:19.1.7-3~deb12u1 without what Debian added."""
    return re.sub(r"(\d+:)?([\d.]+).*", r"\2", version)


def present(name: str) -> set:
    """The versions of the program's packages that the tests here have."""
    if name in UNPACKED:
        build = Path(os.environ["MTA_STS_BUILD"])
        return {upstream(unquote(path.name).split("_")[1]) for pattern in UNPACKED[name] for path in build.glob(pattern)}
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\n", *PACKAGES[name]], capture_output=True, text=True, check=False)
    return {upstream(line) for line in asked.stdout.split()}


def is_same_series(one: str, other: str) -> bool:
    """Updates within a release of Debian change the last number alone."""
    return all(a == b for a, b in zip(one.split(".")[:2], other.split(".")[:2]))


@pytest.mark.parametrize("name", [*PACKAGES, *UNPACKED])
def test_the_versions_of_the_table_are_those_that_are_tested(name):
    if not re.fullmatch("1[23]", release()):
        pytest.skip("the table is about Debian 12 and 13")
    versions, here = table_of_versions()[name], present(name)
    if not here:
        pytest.skip(f"{name} is not here")
    if versions != ["not tested"]:
        assert all(any(is_same_series(version, found) for version in versions) for found in here), (versions, here)


def test_the_table_of_versions_names_no_other_programs():
    assert set(table_of_versions()) == {*PACKAGES, *UNPACKED}
