"""Code that no product runs proves nothing: each function of the product is in a program or plugin, and called by one."""
import functools
import json
import os
import pathlib
import re
import subprocess
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tree import ABOVE, ROOT, code_of, sources

BUILD = pathlib.Path(os.environ["BUILD_DIR"])
PRODUCTS = [BUILD / "bin" / "mta-sts", *sorted((BUILD / "modules").glob("*.so"))]
FOLDERS = {"common", *ABOVE}
LIBRARIES = sorted(path for folder in FOLDERS for path in (BUILD / folder).glob("**/libmta_sts_*.a"))  # not other builds' beside them


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout


def symbols(path, kinds):
    """The symbols of these kinds that a file defines."""
    words = [line.split() for line in output_of("nm", "-P", "--defined-only", path).splitlines()]
    return {word[0].partition("@")[0] for word in words if len(word) > 1 and word[1] in kinds}


def test_every_function_of_the_libraries_is_in_a_product():
    """The linker takes object by object: this finds a source that tests alone use."""
    contained = set().union(*(symbols(path, "TtWw") for path in PRODUCTS))
    assert len(LIBRARIES) > 10
    for library in LIBRARIES:
        unreached = symbols(library, "T") - contained
        assert not unreached, f"{library.name}: in no product, so remove it or call it: {sorted(unreached)}"


@dataclass(frozen=True)
class Object:
    """A source of the product as it was compiled: the functions that it gives to others (one set of names for each, since
    a constructor has several), and the symbols of others that it names."""

    path: pathlib.Path
    source: pathlib.Path
    functions: frozenset
    wanted: frozenset


def read_object(path, source):
    places, wanted = defaultdict(set), set()
    for line in output_of("nm", "-P", path).splitlines():
        name, kind, *place = line.split()
        if kind == "U":
            wanted.add(name)
        elif kind == "T" and name.startswith("_Z"):  # what has a C name is for a host to look up
            places[tuple(place)].add(name)
    return Object(path, source, frozenset(map(frozenset, places.values())), frozenset(wanted))


@functools.cache
def objects():
    """The product's own objects. What tests and benches call is not called."""
    found = {}
    for entry in json.loads((BUILD / "compile_commands.json").read_text(encoding="utf-8")):
        source = pathlib.Path(entry["file"])
        if source.is_relative_to(ROOT) and source.relative_to(ROOT).parts[0] in FOLDERS:
            output = entry.get("output") or re.search(r" -o (\S+)", entry["command"])[1]
            found[pathlib.Path(entry["directory"]) / output] = source
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(read_object, found, found.values()))


def names_used_inside(path):
    """The symbols that an object's own code and tables name: calls, virtual functions, pointers to functions."""
    names, section = set(), ""
    for line in output_of("readelf", "-rW", path).splitlines():
        heading = re.match(r"Relocation section '\.rela?(\S*)'", line)
        if heading:
            section = heading[1]
        elif not section.startswith((".debug", ".eh_frame")):
            words = line.split()
            if len(words) > 4 and re.fullmatch(r"[0-9a-f]{8,}", words[0]):
                names.add(words[4])
    return names


def is_named_in_source(name, source):
    """Whether the source that defines a function also uses it, where the compiler may have left no call: definitions
    begin a line, uses are indented. Another function of the same name hides a fault here; builds without
    optimisation, as those with sanitizers are, leave every call and see it."""
    plain = output_of("c++filt", "-p", name).strip().rpartition("::")[2].split("[")[0]
    return re.search(rf"(?m)^[ \t].*(?<![\w~]){re.escape(plain)}(?!\w)", code_of(source.read_text(encoding="utf-8"))) is not None


def is_optimised():
    return re.search(r"(?m)^CMAKE_BUILD_TYPE:\w+=(.*)$", (BUILD / "CMakeCache.txt").read_text(encoding="utf-8"))[1] != "Debug"


def uncalled(taken, optimised):
    """Source and symbol of each function that no other object of these wants, and that its own does not use."""
    wanted = set().union(*(one.wanted for one in taken))
    for one in taken:
        left = [names for names in one.functions if not names & wanted]
        inside = names_used_inside(one.path) if left else set()
        for names in left:
            name = min(names)
            if not names & inside and not (optimised and is_named_in_source(name, one.source)):
                yield one.source, name


def test_every_function_is_called_by_the_product():
    taken = objects()
    assert len(taken) > 100
    found = [f"{source.relative_to(ROOT)}: {output_of('c++filt', name).strip()}"
             for source, name in uncalled(taken, is_optimised())]
    assert not found, "called by no product, so remove it or call it:\n" + "\n".join(sorted(found))


INLINE = re.compile(r"^[ \t]*(?!return\b|else\b)[\w:\[<][^;{}()=]*[ \t&*]([a-z_]\w*)\([^;{}]*\{", re.MULTILINE)


def test_every_function_that_a_header_defines_is_named_elsewhere():
    """The compiler leaves nothing of an inline function that nobody calls; its name is there once."""
    texts = {path: code_of(path.read_text(encoding="utf-8")) for folder in FOLDERS for path in sources(folder)}
    names = Counter(word for text in texts.values() for word in re.findall(r"\w+", text))
    inline = [(path, name) for path, text in texts.items() if path.suffix == ".hpp" for name in INLINE.findall(text)]
    assert len(inline) > 50
    lost = [f"{path.relative_to(ROOT)}: {name}" for path, name in inline if names[name] == 1]
    assert not lost, "called by no product, so remove it or call it"


@pytest.mark.parametrize("level", ["-O0", "-O2"])
def test_a_function_that_nobody_calls_is_found(level, tmp_path):
    """The search itself. At -O2 the compiler leaves no call of inner()."""
    texts = {"library.cpp": "int used() {\n  return 1;\n}\nint inner(int x) {\n  return x;\n}\n"
                            "int lost() {\n  return inner(2);\n}\n",
             "program.cpp": "int used();\nint main() {\n  return used();\n}\n"}
    taken = []
    for name, text in texts.items():
        source = tmp_path / name
        source.write_text(text)
        subprocess.run(["c++", level, "-c", source, "-o", source.with_suffix(".o")], check=True, timeout=60)
        taken.append(read_object(source.with_suffix(".o"), source))
    assert list(uncalled(taken, level != "-O0")) == [(tmp_path / "library.cpp", "_Z4lostv")]
