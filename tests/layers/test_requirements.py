"""docs/requirements.md says where each requirement is proved; this holds it to the tests."""
from requirements import AREAS, CHECKS, JUDGE, JUDGING_LAYER, LIST, PRODUCTS, UNPROVED, checks_with_cases, citations, gaps, place_rows, rows
from tree import ABOVE, ROOT, code_of, sources

CITED = citations()
FIX = "run tests/layers/requirements.py --write, and read what it changed"


def test_the_list_is_whole_and_in_order():
    numbers = [int(row[0][1:]) for row in rows()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == 146


def test_every_cited_requirement_stands_in_the_list():
    assert set(CITED) <= {row[0] for row in rows()}, "a test cites a requirement that docs/requirements.md does not have"


def test_what_is_said_to_be_proved_is_cited_there():
    for number, _, _, _, _, where in rows():
        for place in [] if where.startswith(UNPROVED) else filter(None, where.split(", ")):
            assert place in CITED.get(number, set()), f"{number} is not cited in {place}: {FIX}"


def test_every_requirement_is_proved_or_says_why_not():
    missing = [f"{row[0]} {row[1]}: {row[4]}" for row in gaps(CITED)]
    assert not missing, f'write the test, or "{UNPROVED}" and the reason into the last column of docs/requirements.md'


def test_a_reason_for_no_proof_stands_only_where_there_is_none():
    stale = [row[0] for row in rows() if row[5].startswith(UNPROVED) and row[0] in CITED]
    assert not stale, FIX
    assert all(row[5].removeprefix(UNPROVED) for row in rows() if row[5].startswith(UNPROVED))


def test_the_list_says_what_of_the_product_runs_in_each_place():
    assert place_rows(CITED) in LIST.read_text(encoding="utf-8"), FIX
    assert list(PRODUCTS) == ABOVE


def test_sessions_are_judged_where_the_list_says():
    users = {path.parent.relative_to(ROOT).as_posix() for folder in ["common", *ABOVE] for path in sources(folder)
             if f"{JUDGE}(" in code_of(path.read_text(encoding="utf-8"))}
    assert users == {"common/delivery", f"common/{JUDGING_LAYER}"}


def test_every_credited_check_has_a_case_that_it_finds():
    assert {number for numbers in CHECKS.values() for number in numbers} <= checks_with_cases()


def test_every_credited_area_has_its_vectors():
    assert all((LIST.parents[1] / "tests/vectors" / f"{area}.jsonl").exists() for area in AREAS)
