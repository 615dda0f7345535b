#!/usr/bin/python3
"""Which requirement of docs/requirements.md is proved where, read from the tests themselves, and what of the product runs there.

    tests/layers/requirements.py          lists those without a test
    tests/layers/requirements.py --write  brings the generated parts of docs/requirements.md up to date
"""
import json
import re
import sys

from tree import ROOT, layers, linked_layers

LIST = ROOT / "docs" / "requirements.md"
ROW = re.compile(r"^\| (R\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
PLACE_ROWS = re.compile(r"(?<=\| place \| what of the product runs there \|\n\| --- \| --- \|\n)(?:\|.*\n)*")
CITED = re.compile(r"(?<![A-Za-z0-9])R(\d+)(?:(?: to | ?- ?|-)R(\d+))?(?![A-Za-z0-9])")
UNPROVED = "not proved: "  # begins a last column written by hand: why no test can be there, or none yet

# The vectors of an area name sections, not requirements: this is what each area is about, and the layer that it runs. Of the
# area verdict and of the bounces in the area cache only what a product decides counts: the walk along the hosts, the bounce
# and the words of a report are models beside the vectors.
AREAS = {
    "cache": ("sender/decide", "R9 R12 R15 R22 R72 to R74 R83 to R88 R90 R92 R93"),
    "certname": ("policy", "R49 R62 to R64 R100 R102 to R104"),
    "contenttype": ("policy", "R47 R69"),
    "fetch": ("sender/fetch", "R37 R61 R62 R65 to R68 R70 R71 R76"),
    "idgen": ("publish", "R13 R14 R16"),
    "mxmatch": ("policy", "R97 R98 R118"),
    "policy": ("policy", "R18 to R37 R39"),
    "tlsrpt-record": ("policy", "R137 to R139"),
    "txt": ("policy", "R2 to R8 R10 R11 R15"),
    "verdict": ("delivery", "R96 R97 R106 R108 R109 R119 to R124"),
}
# The cases of tests/vectors/check are about the checks of docs/checks.md: these of them show that a requirement is kept.
CHECKS = {"R17": [2, 7, 11], "R55": [67], "R56": [67], "R57": [66], "R58": [66], "R59": [13], "R60": [6], "R116": [49], "R117": [52, 53]}
CODE = {".cpp", ".hpp", ".py", ".sh", ".cmake", ".conf"}

# The folders of tests in which more than a layer runs.
FOLDERS = {
    "exim": "a real Exim with the blocks of `mta-sts exim-setup`: the plugin or `readsocket`, and the resolver",
    "fuzz": "the layers that read foreign bytes",
    "postfix": "a real Postfix that asks the resolver",
    "servers": "real nginx and httpd with the modules; the resolver and the command as processes",
    "tlsrpt": "the command: `report` and `tlsrpt`",
    "unit/cli": "the command",
    "unit/exim": "the Exim plugin",
    "unit/resolver": "the resolver",
}
# Of common/delivery the resolver calls `expect_of`; the mail server judges its sessions itself.
JUDGED = {"unit/delivery", "vectors:verdict"}
JUDGE, JUDGING_LAYER = "judge_session", "check"
PRODUCTS = {"nginx-module": "nginx module", "apache-module": "Apache module", "exim-dlfunc": "Exim plugin",
            "resolver": "resolver", "cli": "command", "c-library": "C library"}


def rows():
    """The list's rows: number, level, source, who, what, where."""
    return [tuple(cell.strip() for cell in match.groups()) for match in ROW.finditer(LIST.read_text(encoding="utf-8"))]


def places_of(path):
    """A folder of tests; for unit tests with the layer."""
    parts = path.relative_to(ROOT / "tests").parts
    return "/".join(parts[:2]) if parts[0] == "unit" and len(parts) > 2 else parts[0]


def numbers_in(text):
    """The requirements that a text cites, as R7 or as R7 to R9."""
    return {f"R{number}" for first, last in CITED.findall(text)
            for number in range(int(first), int(last or first) + 1)}


def citations():
    """Requirement -> the folders of tests that cite it, and the files of vectors that are about it."""
    cited = {}
    for path in sorted((ROOT / "tests").rglob("*")):
        if path.suffix in CODE and "layers" not in path.relative_to(ROOT / "tests").parts:
            for number in numbers_in(path.read_text(encoding="utf-8", errors="replace")):
                cited.setdefault(number, set()).add(places_of(path))
    for area, (_, text) in AREAS.items():
        if (ROOT / "tests" / "vectors" / f"{area}.jsonl").exists():
            for number in numbers_in(text):
                cited.setdefault(number, set()).add(f"vectors:{area}")
    for number in CHECKS:
        cited.setdefault(number, set()).add("vectors:check")
    return cited


def checks_with_cases():
    """The numbers of the checks that find something in a case of tests/vectors/check."""
    lines = (ROOT / "tests/vectors/check/cases.jsonl").read_text(encoding="utf-8").splitlines()
    return {case["check"] for case in map(json.loads, lines) if case["outcome"] == "found"}


def gaps(cited):
    """Those that no test proves and for which no reason is given."""
    return [row for row in rows() if row[0] not in cited and not row[5].startswith(UNPROVED)]


def product_path(place):
    """What of the product runs in a place: a layer or more, and the products that contain one of them."""
    if place in FOLDERS:
        return FOLDERS[place]
    kind, name = re.fullmatch(r"(unit/|vectors:)(.+)", place).groups()
    if kind == "vectors:" and name in AREAS:
        name = AREAS[name][0]
    known = layers()
    run = [layer for layer in known if layer == name or layer.startswith(f"{name}/")]
    assert run, f"{place}: say in FOLDERS what of the product runs there"
    users = []
    for folder, word in PRODUCTS.items():
        linked = linked_layers(folder)
        if linked.union(*(known[layer].below for layer in linked)) & set(run):
            users.append(word)
    note = f"; sessions are judged (`{JUDGE}`) by `mta-sts check` alone" if place in JUDGED else ""
    return ", ".join(f"`common/{layer}`" for layer in run) + ": " + ", ".join(users) + note


def place_rows(cited):
    """The table of places, of those that prove something."""
    places = sorted(set().union(*cited.values()))
    return "".join(f"| {place} | {product_path(place)} |\n" for place in places)


def write():
    cited = citations()

    def renew(match):
        number, reason = match.group(1), match.group(6).strip()
        where = ", ".join(sorted(cited.get(number, set()))) or (reason if reason.startswith(UNPROVED) else "")
        return "| " + " | ".join(match.group(i).strip() for i in range(1, 6)) + f" | {where} |".replace("  ", " ")

    text = ROW.sub(renew, LIST.read_text(encoding="utf-8"))
    LIST.write_text(PLACE_ROWS.sub(lambda _: place_rows(cited), text), encoding="utf-8")


def main():
    if sys.argv[1:] == ["--write"]:
        write()
        return
    missing = gaps(citations())
    for number, level, source, who, what, _ in missing:
        print(f"{number} {level} ({source}, {who}): {what}")
    print(f"{len(missing)} of {len(rows())} have neither a test nor a reason")


if __name__ == "__main__":
    main()
