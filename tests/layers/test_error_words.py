"""Every word that the code can emit stands in docs/errors.md with its meaning and fix, and the reverse."""
import re

from tree import ROOT, sources

PRODUCT = ["common", "nginx-module", "apache-module", "exim-dlfunc", "resolver", "cli"]
WORD = r"[a-z0-9]+(?:-[a-z0-9]+)*"

# How the code emits a word; the group is the word.
EMISSIONS = [
    rf'temp_verdict\("({WORD})"\)',
    rf'write\(\s*LogLevel::\w+,\s*"({WORD})"',
    rf'\breason = "({WORD})"',
    rf'(?:Failure|unexpected)\((?:std::string\()?"({WORD}-{WORD}) ',  # the start's errors begin with their word
    rf'"(?:mta-sts: error: )?({WORD}-{WORD}): [^"]*"',  # so do the warnings of the web servers
    rf'\(({WORD}-{WORD})\)"',  # the command's messages end with it
    rf'error_json\("({WORD})"',
    rf'Fault\{{\s*(?:\.word = )?"({WORD})"',
    rf'to_line\("({WORD})"',
]

# The words of these are never shown.
NOT_EMITTED = {
    "VerdictLineError": "the client says answer-garbled for all of them",
}

# What a pattern above finds and is no error word.
NO_WORDS = {"mta-sts": "the program's name before its messages", "too-long": "part of a sentence",
            "tlsa-mismatch": "a cause of RFC 8460's failure types, in reports"}


def documented():
    entries = {}
    for line in (ROOT / "docs/errors.md").read_text(encoding="utf-8").splitlines():
        match = re.match(r"^- ((?:`[^`]+`(?:, )?)+) - (.+)$", line)
        if match:
            for word in re.findall(r"`([^`]+)`", match[1]):
                entries.setdefault(word, []).append(match[2])
    return entries


def texts():
    for folder in PRODUCT:
        for path in sources(folder):
            if "common/errors/" in str(path):  # the catalogue itself emits nothing
                continue
            text = re.sub(r"(?m)^\s*//.*$", "", path.read_text(encoding="utf-8"))
            yield path, re.sub(r'"\s*\n\s*"', "", text)  # adjacent literals are one


def emitted():
    words = {}
    for path, text in texts():
        found = [word for pattern in EMISSIONS for word in re.findall(pattern, text)]
        for kind, table in re.findall(r"enum_names<(\w*Error\w*)>\(\{(.*?)\}\)", text, re.DOTALL):
            if kind not in NOT_EMITTED:
                found += re.findall(rf'"({WORD})"\}}', table)
        for word in found:
            words.setdefault(word, path)
    return {word: path for word, path in words.items() if word not in NO_WORDS}


def test_every_emitted_word_is_documented():
    known = documented()
    missing = {word: str(path.relative_to(ROOT)) for word, path in emitted().items() if word not in known}
    assert not missing, "add to common/errors: word, meaning, fix"


def test_every_documented_word_is_emitted():
    literals = [literal for _, text in texts() for literal in re.findall(r'"((?:[^"\\\n]|\\.)*)"', text)]
    for word in documented():
        pattern = re.compile(rf"(?<![a-z0-9-]){re.escape(word)}(?![a-z0-9-])")
        assert any(pattern.search(literal) for literal in literals), f"{word}: no code emits it, delete the line"


def test_every_word_has_a_meaning_and_a_fix():
    for word, entries in documented().items():
        for rest in entries:
            assert " - " in rest, f"{word}: write - `word` - meaning - fix"
            meaning, fix = rest.split(" - ", 1)
            assert meaning.strip() and fix.strip(), word


def test_the_patterns_still_find_words():
    assert len(emitted()) > 60
