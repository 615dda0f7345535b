"""Every link of a document leads somewhere in the tree, and every path of the tree that is named anywhere exists."""
import pathlib
import re

import pytest
from tree import ROOT, name_of

# Folders of the tree whose names may be part of a path elsewhere: what stands behind them says which one is meant.
FOLDERS = ("apache-module", "bench", "c-library", "cli", "cmake", "common", "debian", "docs", "exim-dlfunc", "findings",
           "nginx-module", "packaging", "resolver", "scripts", "tests")
TEXTS = {"", ".1", ".5", ".7", ".8", ".c", ".cmake", ".cpp", ".h", ".hpp", ".md", ".py", ".service", ".sh", ".socket", ".txt"}
PATH = re.compile(r"(?<![\w/.$})>*~-])(?:" + "|".join(FOLDERS) + r")(?:/[\w.*-]+)+(?![\w/*<{$(-])(?!\.[\w{])")
LINK = re.compile(r"(?:\]\(|^\[[^\]]+\]: |<(?:img|source|a)\b[^>]*\b(?:src|srcset|href)=\")([^)\s\">]+)", re.MULTILINE)
MADE = {"debian/files"}  # what a build makes


def files():
    """The files of the tree, without what builds make and what git keeps."""
    for path in sorted(ROOT.iterdir()):
        if path.name in (".git", "build") or path.name.startswith("build-"):
            continue
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file() and file.suffix in TEXTS and "__pycache__" not in file.parts:
                yield file


def text_of(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # a sample
        return ""


DOCUMENTS = [path for path in files() if path.suffix == ".md"]


def without_code(text):
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE))


def anchors(text):
    """What a heading can be linked by: small letters, hyphens for blanks, no other punctuation, a number from the second on."""
    found = []
    for heading in re.findall(r"^#+ (.+?) *#*$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        number = sum(anchor == before or re.fullmatch(rf"{re.escape(anchor)}-\d+", before) is not None for before in found)
        found.append(f"{anchor}-{number}" if number else anchor)
    return set(found)


def fault_of(document, target):
    """What is wrong with a link, "" where nothing is."""
    place, _, anchor = target.partition("#")
    path = document.parent / place if place else document
    if not path.exists() or not path.resolve().is_relative_to(ROOT):
        return f"{target}: there is no such file"
    if anchor and (path.suffix != ".md" or anchor not in anchors(text_of(path))):
        return f"{target}: there is no such heading"
    return ""


def links_of(document):
    targets = LINK.findall(without_code(text_of(document)))
    return [target for target in targets if not re.match(r"https?:|mailto:", target)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document):
    assert [fault for target in links_of(document) if (fault := fault_of(document, target))] == []


def test_links_are_read():
    readme = ROOT / "README.md"
    assert {"docs/nginx.md", "#install"} <= set(links_of(readme))
    assert fault_of(readme, "docs/frob.md") and fault_of(readme, "docs/nginx.md#frob") and fault_of(readme, "#frob")
    assert not fault_of(readme, "docs/exim.md#debian-unsplit-the-default")
    assert LINK.findall('![a](b/c.png) <img src="d.svg" alt=""> <a href="e.md#f">g</a>\n[h]: i.md') == ["b/c.png", "d.svg", "e.md#f", "i.md"]


def paths_in(text):
    """The paths of the tree that a text names; a full stop after one ends the sentence."""
    return {match[0].rstrip(".") for match in PATH.finditer(text)}


def exists(path):
    """NAME in capitals stands for any name."""
    return path in MADE or any(ROOT.glob(re.sub(r"(?<=/)(?!README)[A-Z]+(?=[./]|$)", "*", path)))


def test_paths_that_are_named_exist():
    named = {path: paths_in(text_of(path)) for path in files() if path.name not in ("CHANGELOG.md", "test_links.py")}
    assert len(named) > 500 and sum(map(len, named.values())) > 500
    known = {path for path in set().union(*named.values()) if exists(path)}
    assert [f"{name_of(path)}: {each}" for path, found in named.items() for each in sorted(found - known)] == []


def test_paths_are_read():
    assert paths_in("see docs/frob.md. Or tests/*/frob.py, `scripts/frob`") == {"docs/frob.md", "tests/*/frob.py", "scripts/frob"}
    assert paths_in("/usr/share/docs/frob build/tests/frob docs/$name.md docs/NAME/<frob>") == set()
    assert not exists("docs/frob.md") and exists("docs/*.md") and exists("docs/NAME.md") and not exists("docs/NAME.frob")
