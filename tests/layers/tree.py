"""What the tests of the layering share: the sources of the tree, and their text without comments and strings."""
import pathlib
import re
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What stands above common/; each may use the layers that its own CMake list links, and those below them.
ABOVE = ["nginx-module", "apache-module", "exim-dlfunc", "resolver", "cli", "c-library"]
SUFFIXES = {".cpp", ".hpp", ".c", ".h"}

_NOISE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def sources(folder):
    return sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES)


def name_of(path):
    return str(path.relative_to(ROOT))


def code_of(text):
    """The code alone: comments and literals become blanks, so that a word in them is no use of it."""
    return _NOISE.sub(lambda match: " " + "\n" * match.group().count("\n"), text)


def includes(path):
    """Pairs of the bracket and the file's name. (Comments may hold includes too; nobody has written one.)"""
    return _INCLUDE.findall(path.read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Layer:
    """A library of common/: the layers and the foreign libraries that it lists, and all layers below it."""

    links: list
    libraries: list
    below: set


def layers():
    """The layers of common/CMakeLists.txt in its order, by name (the folder, as in sender/dns)."""
    found = {}
    for body in re.findall(r"^mta_sts_layer\(([^)]*)\)", (ROOT / "common/CMakeLists.txt").read_text(encoding="utf-8"), re.MULTILINE):
        name, *words = body.split()
        lists = {"LINKS": [], "LIBRARIES": []}
        for word in (word for word in words if word != "FAST"):
            if word in lists:
                current = lists[word]
            else:
                current.append(word)
        below = set(lists["LINKS"]).union(*(found[link].below for link in lists["LINKS"] if link in found))
        found[name] = Layer(lists["LINKS"], lists["LIBRARIES"], below)
    return found


def layer_of(path):
    """The layer that a source of common/ belongs to: its folder."""
    return str(path.parent.relative_to(ROOT / "common"))


def linked_layers(folder):
    """The layers that the CMake list of a folder above common/ links."""
    targets = {f"mta_sts_{name.replace('/', '_')}": name for name in layers()}
    text = (ROOT / folder / "CMakeLists.txt").read_text(encoding="utf-8")
    return {targets[word] for word in re.findall(r"\bmta_sts_\w+", text) if word in targets}


COMMON = sources("common")
