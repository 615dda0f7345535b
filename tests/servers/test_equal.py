"""All servers give the same words the same bytes, ETag and id."""

import pytest

import kinds
from client import get, request
from expected import BODY, PATH, WORDS
from server import Site


@pytest.mark.parametrize(
    "words",
    [
        WORDS,
        "none",
        "testing mx=b.example mx=a.example mx=b.example max_age=2w serial=7",
        "enforce mx=bücher.example mx=*.example.net",
        "file={folder}/root/policy.txt",
        "file=root/policy.txt serial=4294967295",
    ],
)
def test_servers_agree(start, words):
    files = {"/policy.txt": BODY.decode().replace("\r\n", "\n") + "extra: b\nanother: a\n"}
    answers = []
    for kind in kinds.all_kinds():
        port = start(Site(policy=words, files=files), kind=kind).port
        answers.append((kind, get(port, PATH), request(port, "POST", PATH), request(port, "HEAD", PATH)))
    first = answers[0]
    for kind, got, refused, head in answers:
        assert (got.status, got.body) == (first[1].status, first[1].body), kind.kind
        for name in ("etag", "content-type", "content-length"):
            assert got.field(name) == head.field(name) == first[1].field(name), kind.kind
        assert (refused.status, refused.body) == (first[2].status, first[2].body), kind.kind
        assert refused.field("allow") == first[2].field("allow"), kind.kind
