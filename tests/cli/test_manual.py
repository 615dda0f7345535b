"""The manual pages against --help and what the command does, and as man reads them."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from commands import command, options_below, run

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "man"
PAGES = sorted(MANUAL.glob("*.[1578]"))
TEXTS = MANUAL / "text"  # what is written by hand of those pages that are made


def page_of(name: str) -> Path:
    return MANUAL / f"mta-sts-{name}.{8 if name == 'resolver' else 1}"


def plain(troff: str) -> str:
    """The page without its fonts: what a macro joins stands joined."""
    lines = []
    for line in re.sub(r"\\f(?:\[\w*\]|\w)", "", troff.replace("\\-", "-").replace("\\&", "").replace("\\(aq", "'")).splitlines():
        joined = re.match(r"\.(?:BI|BR|RB|IB|IR|RI) (.*)", line)
        lines.append(re.sub(r'"?\s*"', "", joined[1]) if joined else line.removeprefix(".B ").removeprefix(".I "))
    return "\n".join(lines)


def options_in(text: str) -> set:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))


def made(folder: Path, texts: Path = TEXTS):
    return subprocess.run([os.environ["MTA_STS_DOCUMENTS"], "manual", texts, folder], capture_output=True, text=True, timeout=60,
                          check=False)  # fmt: skip


def test_pages_are_made_from_the_declarations(tmp_path):
    """To renew them: cmake --build build --target documents"""
    done = made(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    names = sorted(path.name for path in TEXTS.iterdir())
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert [name for name in names if (tmp_path / name).read_text() != (MANUAL / name).read_text()] == []


def test_a_text_about_what_does_not_exist_makes_no_page(tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "mta-sts-frob.1").write_text("@OPTIONS\n")
    (tmp_path / "texts" / "mta-sts-lint.1").write_text("@OPTIONS\n@--frob\nText.\n")
    done = made(tmp_path, tmp_path / "texts")
    assert done.returncode == 1 and sorted(done.stderr.splitlines()) == [
        "mta-sts-documents: mta-sts-frob.1 is the page of no subcommand",
        "mta-sts-documents: mta-sts-lint.1: there is no option --frob",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["texts"]


def test_there_is_a_page_for_each_subcommand():
    names = {page_of(name).name for name in command().subcommands} | {"mta-sts.1", "mta-sts.conf.5"}
    assert names == {path.name for path in TEXTS.iterdir()}


@pytest.mark.parametrize("name", command().subcommands)
def test_a_page_names_every_option_and_no_other(name):
    """Whole: a text by hand may name no other subcommand's options either."""
    assert options_in(plain(page_of(name).read_text())) == options_below(name)


def test_the_page_of_the_program_leads_to_all_others():
    text = plain((MANUAL / "mta-sts.1").read_text())
    assert {f"{path.stem}({path.suffix[1]})" for path in map(page_of, command().subcommands)} <= set(
        re.findall(r"mta-sts-[a-z-]+\(\d\)", text.replace(" (", "("))
    )


def test_the_page_of_the_configuration_file_has_the_keys_of_the_resolver(tmp_path):
    text = plain((MANUAL / "mta-sts.conf.5").read_text())
    keys = set(re.findall(r"^\.TP\n([a-z-]+) = ", text, re.MULTILINE))
    assert keys == {option.removeprefix("--") for option in options_below("resolver")} - {"help", "config"}
    example = (MANUAL / "mta-sts.conf.5").read_text().split(".SH EXAMPLE\n.nf\n")[1].split(".fi")[0].replace("\\-", "-")
    socket = "/run/mta-sts/resolver.sock"
    assert socket in example
    (tmp_path / "conf").write_text(example.replace(socket, str(tmp_path / "absent")))
    done = run("cache", "stats", "--config", str(tmp_path / "conf"))
    assert done.returncode == 3 and "config-" not in done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_are_in_order(page):
    for tool in (["man", "--warnings", "-l"], ["groff", "-man", "-ww", "-z", "-Tutf8"]):
        done = subprocess.run([*tool, page], capture_output=True, text=True, timeout=60, check=False,
                              env={**os.environ, "MANROFFSEQ": ""})  # fmt: skip
        assert (tool, done.returncode, done.stderr) == (tool, 0, "")


GRAMMAR = ["mod_mta_sts.7", "ngx_http_mta_sts.7"]
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
