"""Every fact that a judge reads is written by a probe: what the recordings of the lab's domains have of each member that the
reader of recordings knows, against the table of docs/checks.md. No fact is judged that nothing measures."""

import fnmatch
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOC = (ROOT / "docs" / "checks.md").read_text()
# What a member has where nothing wrote it, and those whose default is true.
UNWRITTEN = ("", 0, None, [], {}, "NODATA", "not-tried", "GET")
TRUE_UNWRITTEN = {"conditions.ipv4", "conditions.ipv6", "conditions.port_25", "conditions.resolver_answers"}


def rows_below(heading):
    """The cells of a table of docs/checks.md, without its head."""
    section = DOC.split(f"\n{heading}\n")[1]
    lines = [line for line in re.split(r"^##+ ", section, flags=re.M)[0].splitlines() if line.startswith("| ")]
    assert len(lines) > 2, heading
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def names_in(cell):
    return re.findall(r"`([^`]+)`", cell)


def written_by():
    """The table: for each of its rows the places, their members and the probe's file."""
    rows = rows_below("### Which probe writes which fact")
    return [(names_in(places) or [""], names_in(members), names_in(probe)[0]) for places, members, probe in rows]


def paths_of(member, places, seen):
    """A member's paths in recordings, at each of its places; a place `*.certificate` is all that end so."""
    whole = {one for place in places for one in (fnmatch.filter(seen, place) if "*" in place else [place])}
    return {f"{place}.{member}" if place else member for place in whole}


def not_in_the_lab():
    return {name for cells in rows_below("### Facts that are not in the lab") for name in names_in(cells[0])}


def is_leaf(value):
    """A map of names that are no members, as of TLS versions, is a leaf."""
    return not isinstance(value, (dict, list)) or (isinstance(value, dict) and all(isinstance(one, bool) for one in value.values()))


def note_members(value, path, values):
    """Adds every member below a place to `values`, with all values that it had. A list's elements share its path."""
    values.setdefault(path, []).append(value)
    if isinstance(value, list):
        for one in value:
            if isinstance(one, dict):
                note_members(one, path, values)
    elif not is_leaf(value):
        for name, one in value.items():
            note_members(one, f"{path}.{name}" if path else name, values)


def is_written(path, values):
    """What may be null is written where it is not, whatever its value."""
    if path in TRUE_UNWRITTEN:
        return False in values
    return any(value not in UNWRITTEN for value in values) or (None in values and any(value is not None for value in values))


@pytest.fixture(scope="session")
def seen(all_domains, recorded, report_of, tmp_path_factory):
    """Each member that a recording of the lab has, and whether it was ever written."""
    folder = tmp_path_factory.mktemp("given")
    asked = recorded("--probe-rcpt", "--probe-post", "--allow-private", "--subdomain", "sub.parent.example", "--expect-id", "1",
                     "--history", folder / "history.jsonl", "--reports", report_of("endpoint.example"), "endpoint.example", "parent.example")
    values = {}
    for recording in (*all_domains.recordings(), *asked.recordings()):
        note_members(recording, "", values)
    del values[""]
    return {path: is_written(path, had) for path, had in values.items()}


def test_table_has_every_member_that_a_recording_has(seen):
    """A fact that is added, renamed or taken away changes the table: those below a place that the lab never fills are its own."""
    named = [paths_of(member, places, seen) for places, members, _ in written_by() for member in members]
    assert sorted(set(seen) - set().union(*named)) == [], "members that the table lacks"
    unknown = [paths for paths in named if not paths & set(seen)]
    below_unfilled = tuple(f"{place}." for place in not_in_the_lab())
    assert [paths for paths in unknown if not all(path.startswith(below_unfilled) for path in paths)] == [], "members that no recording has"


def test_every_fact_is_written_by_its_probe(seen):
    unwritten = set()
    for places, members, _ in written_by():
        for member in members:
            paths = paths_of(member, places, seen)
            if paths & set(seen) and not any(seen.get(path) for path in paths):
                unwritten |= paths
    assert unwritten == not_in_the_lab()


def test_table_names_files_of_the_probes():
    named = {probe for _, _, probe in written_by()}
    assert all((ROOT / probe).exists() for probe in named), named
