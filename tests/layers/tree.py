"""What the tests of the layering share: the sources of the tree, and their text without comments and strings."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
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
