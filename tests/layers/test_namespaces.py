"""Namespaces follow folders (docs/design.md section 3), and a type's name says which one is meant."""
import re
from collections import defaultdict

import pytest

from tree import ABOVE, COMMON, ROOT, code_of, layers, name_of, sources

# What every part uses is mta_sts itself.
FOUNDATION = {"base", "digest", "errors", "file", "idna", "os", "policy", "sqlite", "verdict"}
AREAS = {name.partition("/")[0] for name in layers()} - FOUNDATION
HOSTS = {"nginx-module": "nginx", "apache-module": "apache", "exim-dlfunc": "exim", "c-library": "c"}
ALL = [*COMMON, *(path for folder in ABOVE for path in sources(folder))]
FOREIGN = {"CLI"}  # declared, not included
_NAMED = re.compile(r"^[ \t]*(?:inline )?namespace ([\w:]+) \{", re.MULTILINE)
_TYPE = re.compile(r"^(?:struct|class|enum(?: class)?|using) ([A-Z]\w*)(?![\w ]*;)", re.MULTILINE)


def namespace_of(path):
    top, *rest = path.relative_to(ROOT).parts
    area = rest[0] if top == "common" else HOSTS.get(top, top)
    return "mta_sts" if area in FOUNDATION else f"mta_sts::{area}"


def named(path):
    return [name for name in _NAMED.findall(code_of(path.read_text(encoding="utf-8"))) if name not in FOREIGN]


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_a_namespace_is_that_of_its_folder(path):
    own = namespace_of(path)
    for name in named(path):
        assert name == own or name.startswith(own + "::")
        if own == "mta_sts":
            assert name.split("::")[1:2] not in [[area] for area in AREAS]


@pytest.mark.parametrize("path", [path for path in ALL if path.suffix == ".hpp"], ids=name_of)
def test_every_header_has_a_namespace_if_it_declares_a_type(path):
    if _TYPE.search(code_of(path.read_text(encoding="utf-8"))):
        assert named(path)


def test_no_two_areas_have_a_type_of_the_same_name():
    """Types inside another type are named with it, and those of one source are seen nowhere else."""
    places = defaultdict(dict)
    for path in ALL:
        if path.suffix == ".hpp":
            for name in _TYPE.findall(code_of(path.read_text(encoding="utf-8"))):
                places[name][namespace_of(path)] = name_of(path)
    twice = {name: sorted(found.values()) for name, found in places.items() if len(found) > 1}
    assert len(places) > 200
    assert not twice, "rename one, so that no reader takes it for the other"


def test_the_design_says_so():
    text = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    rule = re.search(r"The layers that every part uses \(([^)]*)\)", text)
    assert set(re.findall(r"\w+", rule[1])) == FOUNDATION
