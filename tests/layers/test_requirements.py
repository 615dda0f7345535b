"""docs/requirements.md says where each requirement is proved; this holds it to the tests."""
from requirements import citations, rows

CITED = citations()
MEND = "run tests/layers/requirements.py --write, and read what it changed"


def test_the_list_is_whole_and_in_order():
    numbers = [int(row[0][1:]) for row in rows()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == 146


def test_every_cited_requirement_stands_in_the_list():
    assert set(CITED) <= {row[0] for row in rows()}, "a test cites a requirement that docs/requirements.md does not have"


def test_what_is_said_to_be_proved_is_cited_there():
    for number, _, _, _, _, where in rows():
        for place in filter(None, where.split(", ")):
            assert place in CITED.get(number, set()), f"{number} is not cited in {place}: {MEND}"
