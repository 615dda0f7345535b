#!/usr/bin/python3
"""Which requirement of docs/requirements.md is proved where, read from the tests themselves.

    tests/layers/requirements.py          lists the MUST and SHOULD that no test cites
    tests/layers/requirements.py --write  brings the last column of docs/requirements.md up to date
"""
import re
import sys

from tree import ROOT

LIST = ROOT / "docs" / "requirements.md"
ROW = re.compile(r"^\| (R\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
CITED = re.compile(r"\bR(\d+)(?:(?: to | ?- ?|-)R(\d+))?\b")
# The vectors of an area name sections, not requirements: this is what each area is about. The area verdict is not among
# them, nor what the area cache says of bounces: these run through models beside the vectors, not the product's own code.
AREAS = {
    "cache": "R9 R12 R15 R22 R72 to R74 R79 R82 to R88 R90 R92 R93",
    "certname": "R49 R60 R62 to R64 R100 R102 to R104",
    "contenttype": "R47 R69",
    "fetch": "R37 R61 R62 R65 to R68 R70 R71 R75 R76",
    "idgen": "R13 R14 R16",
    "mxmatch": "R97 R98 R118",
    "policy": "R18 to R37 R39",
    "tlsrpt-record": "R137 to R139",
    "txt": "R2 to R8 R10 R11 R15",
}
CODE = {".cpp", ".hpp", ".py", ".sh", ".cmake", ".conf"}


def rows():
    """The list's rows: number, level, source, who, what, where."""
    return [tuple(cell.strip() for cell in match.groups()) for match in ROW.finditer(LIST.read_text(encoding="utf-8"))]


def places_of(path):
    """A room of tests; for unit tests with the layer."""
    parts = path.relative_to(ROOT / "tests").parts
    return "/".join(parts[:2]) if parts[0] == "unit" and len(parts) > 2 else parts[0]


def numbers_in(text):
    """The requirements that a text cites, as R7 or as R7 to R9."""
    return {f"R{number}" for first, last in CITED.findall(text)
            for number in range(int(first), int(last or first) + 1)}


def citations():
    """Requirement -> the rooms of tests that cite it, and the files of vectors that are about it."""
    cited = {}
    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix in CODE and "layers" not in path.relative_to(ROOT / "tests").parts:
            for number in numbers_in(path.read_text(encoding="utf-8", errors="replace")):
                cited.setdefault(number, set()).add(places_of(path))
    for area, text in AREAS.items():
        if (ROOT / "tests" / "vectors" / f"{area}.jsonl").exists():
            for number in numbers_in(text):
                cited.setdefault(number, set()).add(f"vectors:{area}")
    return cited


def is_needed(level):
    return re.match(r"(MUST|SHOULD|SHALL)", level) is not None


def gaps(cited):
    """The needed ones that neither a test nor a file of vectors proves."""
    return [row for row in rows() if is_needed(row[1]) and row[0] not in cited]


def write():
    cited = citations()

    def renew(match):
        where = ", ".join(sorted(cited.get(match.group(1), set())))
        return "| " + " | ".join(match.group(i).strip() for i in range(1, 6)) + f" | {where} |".replace("  ", " ")

    LIST.write_text(ROW.sub(renew, LIST.read_text(encoding="utf-8")), encoding="utf-8")


def main():
    if sys.argv[1:] == ["--write"]:
        write()
        return
    missing = gaps(citations())
    for number, level, source, who, what, _ in missing:
        print(f"{number} {level} ({source}, {who}): {what}")
    print(f"{len(missing)} of {sum(is_needed(row[1]) for row in rows())} MUST and SHOULD are cited by no test")


if __name__ == "__main__":
    main()
