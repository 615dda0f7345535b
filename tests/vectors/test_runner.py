"""The conformance runner itself: it must fail on whatever it does not know, never pass over it."""
import json
import os
import subprocess

import pytest

RUNNER = os.environ["CONFORMANCE"]
POLICY = "version: STSv1\nmode: none\nmax_age: 1\n"
GOOD = [
    {"area": "mxmatch", "input": {"patterns": ["a.test"], "host": "a.test"}, "expect": {"match": True}},
    {"area": "certname", "input": {"dns": ["a.test"], "cn": None, "host": "a.test"}, "expect": {"match": True}},
    {"area": "contenttype", "input": {"fields": ["text/plain"]}, "expect": {"accept": True}},
    {"area": "txt", "input": {"status": "NXDOMAIN", "records": []}, "expect": {"result": "none"}},
    {"area": "tlsrpt-record", "input": {"status": "TIMEOUT", "records": []}, "expect": {"result": "temp"}},
    {"area": "policy", "input": {"text": POLICY}, "expect": {"sender": "ok", "strict": "ok"}},
    {"area": "fetch", "input": {"dns": "nxdomain", "elapsed_ms": 1},
     "expect": {"ok": False, "kind": "dns-failure", "tlsrpt": "sts-policy-fetch-error"}},
    {"area": "verdict", "input": {"mode": "temp", "patterns": [], "mxs": []}, "expect": {"steps": [], "final": "defer"}},
    {"area": "cache",
     "input": {"events": [{"t": 0, "ev": "lookup", "domain": "a.test", "txt": "none", "server": None}]},
     "expect": {"steps": [{"fetch": False, "policy": None, "verdict": "none", "alert": False}]}},
    {"area": "idgen", "input": {"a": POLICY, "b": POLICY}, "expect": {"same_id": True, "id_matches": "^[a-f0-9]{20}$"}},
]


def run(path):
    result = subprocess.run([RUNNER, str(path)], capture_output=True, text=True, timeout=60)
    return result.returncode, result.stdout


def run_text(tmp_path, text):
    path = tmp_path / "lines.jsonl"
    path.write_text(text)
    return run(path)


def run_line(tmp_path, line, **changes):
    whole = {"id": "case", **json.loads(json.dumps(line)), "why": "a test", **changes}
    return run_text(tmp_path, json.dumps(whole) + "\n")


@pytest.mark.parametrize("line", GOOD, ids=lambda line: line["area"])
def test_a_good_line_passes(tmp_path, line):
    assert run_line(tmp_path, line) == (0, "1 passed, 0 failed\n")


@pytest.mark.parametrize("line", GOOD, ids=lambda line: line["area"])
@pytest.mark.parametrize("part", ["input", "expect"])
def test_an_unknown_key_fails(tmp_path, line, part):
    changed = {part: {**line[part], "surprise": 1}}
    code, output = run_line(tmp_path, line, **changed)
    assert code == 1
    assert "FAIL case" in output and "surprise" in output
    assert output.endswith("0 passed, 1 failed\n")


@pytest.mark.parametrize("line", GOOD, ids=lambda line: line["area"])
@pytest.mark.parametrize("part", ["input", "expect"])
def test_a_line_without_its_keys_fails(tmp_path, line, part):
    assert run_line(tmp_path, line, **{part: {}})[0] == 1


def test_a_wrong_answer_fails_and_is_named_with_both_answers(tmp_path):
    code, output = run_line(tmp_path, GOOD[0], expect={"match": False})
    assert code == 1
    assert output == 'FAIL case: expected {"match":false}, came {"match":true}\n0 passed, 1 failed\n'


@pytest.mark.parametrize("line", [
    {"area": "fortune", "input": {}, "expect": {}},
    {"area": "txt", "input": {"status": "MAYBE", "records": []}, "expect": {"result": "none"}},
    {"area": "txt", "input": {"status": "NXDOMAIN", "records": []}, "expect": {"result": "perhaps"}},
    {"area": "policy", "input": {"text": "x"}, "expect": {"sender": "bad-luck", "strict": "bad-syntax"}},
    {"area": "policy", "input": {"hex": "0", "text": ""}, "expect": {"sender": "empty", "strict": "empty"}},
    {"area": "policy", "input": {"text": POLICY},
     "expect": {"sender": "ok", "strict": "ok", "fields": {"colour": "red"}}},
    {"area": "idgen", "input": {"a": POLICY, "b": POLICY}, "expect": {"same_id": True, "id_matches": "^x$"}},
    {"area": "idgen", "input": {"a": "no policy", "b": POLICY}, "expect": {"same_id": False, "id_matches": "."}},
])
def test_an_unknown_area_or_word_fails(tmp_path, line):
    assert run_line(tmp_path, line)[0] == 1


@pytest.mark.parametrize("text", ["", "\n", "not json\n", "[]\n"])
def test_a_file_without_vectors_fails(tmp_path, text):
    code, output = run_text(tmp_path, text)
    assert code == 1
    assert output.endswith("0 passed, 1 failed\n")


def test_an_unreadable_file_is_another_exit_code(tmp_path):
    assert run(tmp_path / "absent")[0] == 2
    assert run(tmp_path)[0] == 2  # a folder
    assert subprocess.run([RUNNER], capture_output=True, timeout=60).returncode == 2
