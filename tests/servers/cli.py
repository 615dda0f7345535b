"""What the tests of the mta-sts command share."""

import re
import subprocess

from resolver import COMMAND

GOOD = "version: STSv1\r\nmode: enforce\r\nmx: mail.acme.example\r\nmax_age: 1209600\r\n"


def run(*words, text=None, **options):
    return subprocess.run([COMMAND, *map(str, words)], input=text, capture_output=True, text=True, timeout=60, **options)


def is_safe(text: str) -> bool:
    """No control character but line ends reaches the terminal."""
    return not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u202a-\u202e\u2066-\u2069]", text)
