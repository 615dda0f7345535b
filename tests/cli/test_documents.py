"""Documents name what exists: each `mta-sts …` and option is the built command's, each directive a module's."""

import re
from pathlib import Path

import pytest
from commands import command, options_below, run, tree
from mentions import bare_options, code_of, mentions, parts_of, resolve
from test_manual import PAGES, options_in, plain

ROOT = Path(__file__).resolve().parents[2]
PAPERS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + sorted((ROOT / "docs").glob("*.md"))
UNITS = sorted((ROOT / "packaging").rglob("*.service"))


def name_of(path):
    return path.name


def lines_of(text: str) -> list:
    return list(enumerate(text.splitlines(), 1))


def faults_of(path: Path, code: list, **how) -> list:
    resolved = [(mention, resolve(mention.words)[1]) for mention in mentions(path, code, **how)]
    return [f"{mention.place}: {fault}" for mention, fault in resolved if fault]


def test_the_page_of_error_words_is_what_the_command_prints():
    """To renew it: mta-sts errors --markdown > docs/errors.md"""
    assert (ROOT / "docs/errors.md").read_text() == run("errors", "--markdown").stdout


@pytest.mark.parametrize("path", PAPERS, ids=name_of)
def test_commands_of_a_document_exist(path):
    assert faults_of(path, code_of(path.read_text())) == []


def test_the_table_of_the_readme_has_a_row_for_each_subcommand():
    rows = re.findall(r"^\| `mta-sts ([\w-]+) ?([^`]*)`", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(command().subcommands)
    for name, below in rows:
        assert below.split("\\|") == command(name).subcommands if command(name).subcommands else "|" not in below, name


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_commands_of_a_manual_page_exist(path):
    text = plain(path.read_text())
    assert faults_of(path, lines_of(text), only_whole=True) == []
    everywhere = options_below()
    assert {option for option in options_in(text) if option not in everywhere} == set()


@pytest.mark.parametrize("path", UNITS, ids=name_of)
def test_commands_of_a_unit_exist(path):
    code = lines_of(path.read_text())
    assert mentions(path, code) and faults_of(path, code) == []


@pytest.mark.parametrize("each", tree(), ids=str)
def test_examples_of_help_exist(each):
    path = Path(f"{each} --help")
    assert faults_of(path, lines_of(each.help), only_whole=True) == []


@pytest.mark.parametrize("path", PAPERS, ids=name_of)
def test_options_alone_are_those_of_commands_on_the_same_page(path):
    """`--days` means an option of a subcommand that the page tells of, or of another program that stands there."""
    code = code_of(path.read_text())
    words = [resolve(mention.words)[0].words for mention in mentions(path, code)]
    words += [(span,) for _, span in code if span in command().subcommands]
    known = frozenset().union(*(options_below(*each) for each in words if each), command().options)
    others = {option for _, line in code for part in parts_of(line) if "mta-sts" not in part.split("/")[0]
              for option in re.findall(r"(?<=\s)--[a-z][a-z-]*", part) if not part.startswith("--")}  # fmt: skip
    assert [f"{path.name}:{number}: {option}" for number, option in bare_options(code)
            if option not in known | others] == []  # fmt: skip


def literals(pattern: str, *folders: str) -> set:
    """What the pattern finds in the string literals of the sources of these folders."""
    sources = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.[ch]pp"))]
    return {name for path in sources for literal in re.findall(r'"((?:[^"\\\n]|\\.)*)"', path.read_text())
            for name in re.findall(pattern, literal)}  # fmt: skip


NGINX = literals(r"^mta_sts\w*$", "nginx-module")
APACHE = literals(r"^(?:MtaSts\w*|mta_sts\w*)$", "apache-module")
WEB_METRICS = literals(r"^mta_sts_web_\w+$", "common/metrics")
EXIM = literals(r"\bmta_sts_\w+|\bMTA_STS_\w+", "common/eximconf", "common/eximcheck")
EXIM |= {"mta_sts_" + kind for kind in literals(r"^[a-z]+_$", "common/eximconf")}  # own_prefix and a kind of router
METRICS = literals(r"^mta_sts_tlsrpt_\w+$", "common/tlsrpt/render") | literals(r"^mta_sts_check_\w+$", "common/check")
METRICS |= WEB_METRICS
COUNTERS = literals(r"^[a-z]+(?:[-_][a-z]+)*(?=\{|$)", "resolver", "common/sender")  # as the counters are named inside
METRICS |= {"mta_sts_" + re.sub("_bucket$", "", name.replace("-", "_")) for name in COUNTERS}
METRICS |= literals(r"\bmta_sts_\w+", "resolver") | literals(r"^mta_sts_sync_\w+$", "cli/store") | literals(r"^mta_sts_tlsrpt_import_\w+$", "cli/import")
TABLE = {name for path in ROOT.glob("packaging/postgresql/*.sql") for name in re.findall(r"\bmta_sts\w*", path.read_text())}
ALERTS = set(re.findall(r"alert: (\w+)", (ROOT / "packaging/prometheus/mta-sts.rules.yml").read_text()))
SETTINGS = {name for path in UNITS for name in re.findall(r"\$\{?(MTA_STS_\w+)", path.read_text())}
LIBRARY = set(re.findall(r"\bmta_sts_\w+|\bMTA_STS_\w+", (ROOT / "c-library/mta_sts.h").read_text()))
LIBRARY |= set(re.findall(r"^#define (MTA_STS_\w+)", (ROOT / "c-library/version.h.in").read_text(), re.MULTILINE))
PARTS = set(re.findall(r"^option\((MTA_STS_\w+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE))
FLAGS = literals(r"(?<=^\$)MtaSts\w+$", "cli/import")  # of mails in a mailbox
SYMBOLS = {"mta_sts_module", "mta_sts_verdict", "mta_sts_cert"}  # tests/layers/test_binaries.py holds them
SYMBOLS |= literals("^mta_sts_$", "common/eximconf")  # what our routers' names begin with
TARGETS = {name for path in ROOT.glob("*/CMakeLists.txt")
           for name in re.findall(r"(?:add_(?:library|executable)\(|EXPORT_NAME )(mta_sts\w*)", path.read_text())}  # fmt: skip


def is_known(name: str) -> bool:
    """Is it a directive, variable, note, metric, target or option of the build, a name of the C library; or does it begin as the
    routers of exim-setup do?"""
    return name in NGINX | APACHE | EXIM | METRICS | LIBRARY | PARTS | SYMBOLS | TARGETS | TABLE | SETTINGS | ALERTS | FLAGS or any(
        prefix.endswith("_") and name.startswith(prefix) for prefix in EXIM
    )


def test_the_sources_are_read():
    assert {"mta_sts", "mta_sts_id"} <= NGINX and "MtaSts" in APACHE
    assert not is_known("mta_sts_frob") and not is_known("MtaStsFrob")


@pytest.mark.parametrize("path", PAPERS + PAGES, ids=name_of)
def test_directives_and_names_of_modules_exist(path):
    names = re.findall(r"(?<![\w/.])(?:MtaSts\w*|mta_sts\w*|MTA_STS_\w+)(?![\w.])", plain(path.read_text()))
    assert {name for name in names if not is_known(name)} == set()


@pytest.mark.parametrize("name, names", [("nginx.md", NGINX | WEB_METRICS), ("ngx_http_mta_sts.7", NGINX | WEB_METRICS),
                                         ("apache.md", APACHE | SYMBOLS | WEB_METRICS), ("mod_mta_sts.7", APACHE | SYMBOLS | WEB_METRICS)])  # fmt: skip
def test_the_page_of_a_module_names_all_that_it_has_and_no_more(name, names):
    path = next((ROOT / "docs").rglob(name))
    found = set(re.findall(r"(?<![\w/.-])(?:MtaSts\w*|mta_sts\w*)(?![\w.:])", plain(path.read_text())))
    assert found - {"mta_sts"} <= names and names - SYMBOLS <= found
