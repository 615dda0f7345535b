"""Processes that are killed as they read and write: every answer is the old state or the new one, whole, and nothing is left."""

import subprocess
import threading

from stores import MTA_STS

ROUNDS = 12
DOMAINS = 3000


def lines(mx):
    return "".join(f"d{number}.example,testing mx={mx}{number}.example\n" for number in range(DOMAINS))


def mx_of(export):
    """The mx of the first domain, if all have the same; the export is whole."""
    rows = export.splitlines()
    assert len(rows) == DOMAINS
    kinds = {row.partition('"mx":["')[2][:2] for row in rows}
    assert len(kinds) == 1, kinds
    return kinds.pop()


def test_a_killed_import_is_whole_or_nothing(store):
    files = {mx: store.folder / mx for mx in ("aa", "bb")}
    for mx, file in files.items():
        file.write_text(lines(mx))
    store.do("import", files["aa"])
    answers, stop = [], threading.Event()

    def read():
        while not stop.is_set():
            answers.append(store.run("get", "d7.example"))

    reader = threading.Thread(target=read)
    reader.start()
    killed = 0
    try:
        for number in range(ROUNDS):
            mx = "bb" if number % 2 == 0 else "aa"
            # From the beginning of the process to about its end.
            done = subprocess.run(["timeout", "-s", "KILL", f"{0.004 * (number + 1):.3f}", MTA_STS, "store", "import", "--store", store.path,
                                   files[mx]], capture_output=True, check=False)  # fmt: skip
            killed += done.returncode != 0
            assert mx_of(store.do("export")) in files
    finally:
        stop.set()
        reader.join()
    assert killed > 0 and answers
    assert all(code == 0 and ("mx: aa7.example" in out or "mx: bb7.example" in out) for code, out, _ in answers)
    assert store.run("verify")[0] == 0
    store.do("import", files["bb"])
    assert mx_of(store.do("export")) == "bb"


def test_killed_readers_leave_no_slot_behind(store):
    store.do("import", "-", stdin=lines("aa"))
    for number in range(ROUNDS):
        subprocess.run(["timeout", "-s", "KILL", f"{0.002 * (number + 1):.3f}", MTA_STS, "store", "export", "--store", store.path],
                       capture_output=True, check=False)  # fmt: skip
    sizes = []
    for number in range(20):
        store.do("profile", "p", "none", f"serial={number % 2}")
        sizes.append(store.path.stat().st_size)
    assert sizes[-1] - sizes[4] <= 8 * 4096, sizes
