"""The manual pages against --help and what the command does, and as man reads them."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from commands import command, options_below, run

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "man"
PAGES = sorted(MANUAL.glob("*.[178]"))
OWN_PAGE = {"resolver": "mta-sts-resolver.8", "report": "mta-sts-report.1", "tlsrpt": "mta-sts-tlsrpt.1"}


def plain(troff: str) -> str:
    """The page without its fonts: what a macro joins stands joined."""
    lines = []
    for line in re.sub(r"\\f(?:\[\w*\]|\w)", "", troff.replace("\\-", "-").replace("\\&", "")).splitlines():
        joined = re.match(r"\.(?:BI|BR|RB|IB|IR|RI) (.*)", line)
        lines.append(re.sub(r'"?\s*"', "", joined[1]) if joined else line.removeprefix(".B ").removeprefix(".I "))
    return "\n".join(lines)


def options_in(text: str) -> set:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def parts() -> dict:
    """The .SS parts of mta-sts.1 by their first word, heading and text."""
    text = plain((MANUAL / "mta-sts.1").read_text())
    return {part.split()[0].rstrip(","): part.split("\n.SH ")[0] for part in text.split("\n.SS ")[1:]}


def test_every_subcommand_has_a_part_of_the_page_and_the_reverse():
    assert sorted(parts()) == sorted(command().subcommands)


@pytest.mark.parametrize("name", command().subcommands)
def test_a_part_names_options_of_its_subcommand_alone(name):
    assert options_in(parts()[name]) <= options_below(name)


@pytest.mark.parametrize("name", [each for each in command().subcommands if command(each).subcommands])
def test_the_heading_names_all_below_it(name):
    heading = parts()[name].splitlines()[0]
    assert re.findall(rf"\b{name} ([a-z]+)", heading) == command(name).subcommands


@pytest.mark.parametrize("name, page", OWN_PAGE.items())
def test_a_page_of_its_own_names_every_option_and_no_other(name, page):
    assert f"{page[:-2]}({page[-1]})" in parts()[name].replace(" (", "(")
    assert options_in(plain((MANUAL / page).read_text())) - {"--help"} == options_below(name) - {"--help"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_are_in_order(page):
    done = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, timeout=60, check=False,
                          env={**os.environ, "MANROFFSEQ": ""})  # fmt: skip
    assert done.returncode == 0 and done.stderr == ""


GRAMMAR = ["mod_mta_sts.7", "ngx_http_mta_sts_module.7"]
LONGEST, LAST, LARGEST = 31557600, 4294967295, 65536  # max_age in seconds, serial, bytes of a file


def rendered(*words):
    return json.loads(run("render", "--json", *words).stdout)


def taken(*words) -> list:
    """What render says of a limit, and of one more."""
    return [run("render", "none", f"{words[0]}={number}").returncode for number in (words[1], words[1] + 1)]


@pytest.mark.parametrize("page", GRAMMAR)
def test_numbers_of_a_modules_page_are_those_of_the_grammar(page, tmp_path):
    defaults = {rendered("enforce", "mx=mail.example.com")["max_age"], rendered("testing", "mx=mail.example.com")["max_age"]}
    assert rendered("none")["max_age"] in defaults
    assert taken("max_age", LONGEST) == [0, 2] and taken("serial", LAST) == [0, 2]
    text, end = b"version: STSv1\r\nmode: none\r\nmax_age: 86400\r\nx: ", b"\r\n"
    (tmp_path / "policy").write_bytes(text + b"y" * (LARGEST - len(text + end)) + end)
    assert run("render", f"file={tmp_path}/policy").returncode == 0
    (tmp_path / "policy").write_bytes(text + b"y" * (LARGEST + 1 - len(text + end)) + end)
    assert run("render", f"file={tmp_path}/policy").returncode != 0
    numbers = set(re.findall(r"(?<![\d])\d{5,}(?![\d])", plain((MANUAL / page).read_text()).replace("0123456789abcdef0123", "")))
    assert set(map(int, numbers)) == {LONGEST, LAST, LARGEST, *defaults}
