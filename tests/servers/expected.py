"""The policy that most cases serve, and what the answers to it must look like."""

import re

PATH = "/.well-known/mta-sts.txt"
WORDS = "enforce mx=mail.example.com mx=*.backup.example.net max_age=604800"
BODY = b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.backup.example.net\r\nmax_age: 604800\r\n"
ELSEWHERE = "https://www.example.com"
ETAG = re.compile(r'"[0-9a-f]{20}"')


def assert_policy(answer, body=BODY):
    assert answer.status == 200
    assert answer.field("content-type").split(";")[0] == "text/plain"  # R47
    assert answer.field("content-length") == str(len(body))  # R48
    assert ETAG.fullmatch(answer.field("etag"))
    assert answer.field("content-encoding") is None
    assert answer.field("accept-ranges") in (None, "none")
    assert answer.body == body


def assert_refused(answer):
    assert answer.status == 405
    assert answer.field("allow") == "GET, HEAD"
    assert answer.field("content-type").split(";")[0] == "text/plain"
    assert answer.body and b"<" not in answer.body
