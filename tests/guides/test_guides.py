"""The marks of README.md and the guides are complete, and a page that leaves out one is refused."""

import pytest

from guides.markdown import GuideError, read
from guides.results import RESULTS
from guides.walks import WALKS, chosen

PAGE = "# A page\n\n## A section\n\n{}\n"


def page(tmp_path, text):
    (tmp_path / "page.md").write_text(PAGE.format(text))
    return read("page.md", tmp_path)


@pytest.mark.parametrize("walk", WALKS, ids=str)
def test_every_block_on_a_way_is_run_or_marked(walk):
    steps = walk.steps()
    assert any(getattr(step, "action", "") == "run" for step in steps)
    assert {step.name for step in steps if not hasattr(step, "action")} <= set(RESULTS)


def test_every_way_of_a_guide_is_taken():
    assert chosen([]) == list(WALKS)


def test_every_result_is_tried_somewhere():
    assert {step.name for walk in WALKS for step in walk.steps() if not hasattr(step, "action")} == set(RESULTS)


def test_a_block_that_waits_for_the_next_part_is_cut_behind_its_last_fetching_line():
    walk = next(walk for walk in WALKS if walk.guide == "docs/postfix.md" and "packages" in walk.ways)
    first, second = walk.parts()
    assert "apt-get" in first[-1].text and "systemctl" not in first[-1].text
    assert second[0].text.startswith("sudo systemctl")


@pytest.mark.parametrize("text", [
    "```nginx\nserver {}\n```",  # where does it belong?
    "```\noutput\n```",
    "<!-- block: tls -->\n```nginx\nserver {}\n```",  # a name is no place
    "<!-- skip: -->\n```\noutput\n```",  # why?
    "<!-- file: -->\n```\ntext\n```",
    "<!-- flie: /etc/x -->\n```\ntext\n```",
    "<!-- file: /etc/x -->\n<!-- skip: why -->\n```\ntext\n```",
    "<!-- file: /etc/x -->\n\n```\ntext\n```",  # not directly above
])
def test_refuses_a_block_that_is_neither_run_nor_marked(tmp_path, text):
    with pytest.raises(GuideError, match=r"page\.md:"):
        page(tmp_path, text)


def test_takes_a_way_by_itself_for_the_rest_of_its_section(tmp_path):
    steps = page(tmp_path, "<!-- way: a -->\n\n```sh\n1\n```\n\n### Below\n\n```sh\n2\n```\n\n## Beside\n\n"
                 "<!-- way: b -->\n```sh\n3\n```\n\n```sh\n4\n```").steps
    assert [sorted(step.ways) for step in steps] == [["a"], ["a"], ["b"], []]


def test_takes_the_block_of_another_page_where_a_link_is_followed(tmp_path):
    (tmp_path / "other.md").write_text("<!-- run: both -->\n```sh\n1\n2\n```\n")
    (step,) = page(tmp_path, "See there.\n\n<!-- follow: other.md: both -->").steps
    assert (step.action, step.text) == ("run", "1\n2\n")


def test_writes_the_whole_block_of_which_a_page_shows_a_part(tmp_path):
    (tmp_path / "other.md").write_text("<!-- file: /etc/x -->\n<!-- block: all -->\n```\n1\n  2\n```\n")
    (step,) = page(tmp_path, "<!-- part of other.md: all -->\n```\n2\n```").steps
    assert (step.action, step.value, step.text) == ("file", "/etc/x", "1\n  2\n")
    with pytest.raises(GuideError, match="not part of"):
        page(tmp_path, "<!-- part of other.md: all -->\n```\n3\n```")
