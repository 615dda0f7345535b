#!/usr/bin/python3
"""Seeds of the fuzzers that other tests hold already, written out in each fuzzer's form.

    tests/fuzz/seeds.py FOLDER  makes FOLDER/FUZZER/NAME of tests/vectors and tests/tlsrpt/samples

A seed bears the name of its vector or sample. What is in none of them lies in tests/fuzz/corpus.
"""

import json
import re
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
SEED_LIMIT = 4096  # bytes: libFuzzer makes inputs as long as the longest seed, and longer ones take longer


def bytes_of(given) -> bytes:
    """A string, or an object as tests/vectors/README.md has them."""
    if isinstance(given, str):
        return given.encode()
    if "parts" in given:
        return b"".join(bytes_of(part) * part.get("times", 1) for part in given["parts"])
    return bytes.fromhex(given["hex"]) if "hex" in given else bytes_of(given["text"])


def lines(parts) -> bytes:
    return b"\n".join(map(bytes_of, parts))


def records(given) -> bytes:
    """Records cut at LF, their character-strings at "|"."""
    return b"\n".join(b"|".join(map(bytes_of, strings)) for strings in given["records"])


def name_and_others(key):
    return lambda given: [lines([given["host"], *given[key]])]


# area -> fuzzer, and the seeds that one vector gives it; those without a fuzzer tell of events, not of input
AREAS = {
    "cache": None,
    "fetch": None,
    "verdict": None,
    "policy": ("policy", lambda given: [bytes_of(given)]),
    "idgen": ("policy", lambda given: [bytes_of(given["a"]), bytes_of(given["b"])]),
    "mxmatch": ("names", name_and_others("patterns")),
    "certname": ("names", name_and_others("dns")),
    "contenttype": ("content_type", lambda given: [lines(given["fields"])]),
    "txt": ("txt_record", lambda given: [records(given)]),
    "tlsrpt-record": ("txt_record", lambda given: [records(given)]),
}


def of_vectors():
    for path in sorted((TESTS / "vectors").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            vector = json.loads(line)
            if AREAS[vector["area"]] is None:
                continue
            fuzzer, seeds = AREAS[vector["area"]]
            for number, seed in enumerate(seeds(vector["input"])):
                if len(seed) <= SEED_LIMIT:
                    yield fuzzer, f"{vector['id']}-second" if number else vector["id"], seed


def of_domain_names():
    """Each host name of the vectors, as a domain."""
    for fuzzer, name, seed in of_vectors():
        if fuzzer == "names":
            yield "domain_name", name, seed.split(b"\n")[0]


def without_blanks(report: bytes) -> bytes:
    """JSON without what stands between its tokens: the shorter a seed, the more of it is tried."""
    try:
        json.loads(report)
    except (ValueError, RecursionError):
        return report
    return re.sub(rb'("(?:[^"\\]|\\.)*")|\s+', rb"\1", report)


def of_samples():
    """A report in its wrapping is a seed of all that reads one."""
    for path in sorted((TESTS / "tlsrpt" / "samples").iterdir()):
        seed = path.read_bytes()
        if path.suffix == ".jsonl" or len(seed) > SEED_LIMIT:
            continue
        yield "tls_report", path.name, seed
        if path.suffix == ".json":
            yield "report_json", path.name, without_blanks(seed)
        elif path.suffix in (".eml", ".mbox"):
            yield "report_mail", path.name, seed
        else:
            yield "report_unpack", path.name, seed


def main(folder: Path):
    for old in folder.glob("*/*"):
        old.unlink()
    for fuzzer, name, seed in [*of_vectors(), *of_domain_names(), *of_samples()]:
        target = folder / fuzzer / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(seed)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
