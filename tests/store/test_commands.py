"""`mta-sts store`: what each command does, prints and ends with."""

import datetime
import subprocess

from stores import MTA_STS, PROBLEM, USAGE

WORDS = ("testing", "mx=mail.example.com")
BODY = b"version: STSv1\r\nmode: testing\r\nmx: mail.example.com\r\nmax_age: 86400\r\n"


def id_of(*words):
    return subprocess.run([MTA_STS, "record", "a.example", *words], capture_output=True, text=True, check=True).stdout.split("id=")[1][:20]


def served(store, *words):
    return subprocess.run([MTA_STS, "store", "get", "--store", store.path, *words], capture_output=True, check=True).stdout


def test_set_is_idempotent_and_get_prints_what_a_web_server_sends(store):
    assert store.do("set", "Example.com.", *WORDS) == f"example.com: stored, id {id_of(*WORDS)}\n"
    assert store.do("set", "example.com", *WORDS) == f"example.com: unchanged, id {id_of(*WORDS)}\n"
    assert served(store, "EXAMPLE.COM") == BODY
    assert served(store, "--host", "MTA-STS.example.com:443") == BODY
    assert store.json("set", "käse.example", *WORDS) == {
        "domain": "xn--kse-qla.example", "changed": True, "kind": "policy", "id": id_of(*WORDS)}  # fmt: skip
    assert served(store, "käse.example") == BODY


def test_a_policy_of_a_file_is_checked_before_it_enters(store):
    file = store.folder / "policy"
    file.write_text("version: STSv1\nmode: testing\nmx: mail.example.com\nmax_age: 86400\nnote: kept\n")
    store.do("set", "a.example", f"file={file}")
    assert served(store, "a.example") == BODY + b"note: kept\r\n"
    file.write_text("version: STSv1\nmode: testing\n")
    assert store.error("set", "a.example", f"file={file}") == ("missing-max-age", PROBLEM)
    assert served(store, "a.example") == BODY + b"note: kept\r\n"


def test_a_change_of_a_profile_changes_all_its_domains(store):
    store.do("profile", "hosted", "testing", "mx=a.example")
    store.do("set", "one.example", "--profile", "hosted")
    store.do("set", "two.example", "--alias", "one.example")
    assert b"mx: a.example\r\n" in served(store, "one.example")
    store.do("profile", "hosted", "testing", "mx=b.example")
    assert served(store, "one.example") == served(store, "two.example") == served(store, "two.example")
    assert b"mx: b.example\r\n" in served(store, "two.example")
    assert store.do("profile") == f"hosted testing {id_of('testing', 'mx=b.example')}\n"
    assert len(store.json("profile", "hosted")["history"]) == 2
    assert store.error("profile", "hosted", "--remove") == ("stored-name-in-use", PROBLEM)
    assert store.error("remove", "one.example") == ("stored-name-in-use", PROBLEM)
    store.do("remove", "two.example", "one.example")
    store.do("profile", "hosted", "--remove")
    assert store.error("profile", "hosted") == ("profile-not-stored", PROBLEM)


def test_the_history_outlives_the_domain(store):
    before = datetime.datetime.now(datetime.timezone.utc)
    store.do("set", "a.example", "enforce", "mx=a.example", "max_age=4w")
    store.do("set", "a.example", "none")
    kept = store.json("get", "a.example")
    assert [each["mode"] for each in kept["history"]] == ["enforce", "none"]
    assert kept["history"][0]["until"] == kept["history"][1]["since"] and kept["history"][1]["until"] is None
    assert kept["largest_max_age"] == 4 * 604800 and kept["id"] == id_of("none")
    held = datetime.datetime.fromisoformat(kept["held_until"].replace("Z", "+00:00"))
    assert abs(held - before - datetime.timedelta(weeks=4)) < datetime.timedelta(minutes=1)
    assert "removed; senders may hold its policy until" in store.do("remove", "a.example")
    code, _, err = store.run("get", "a.example")
    assert code == PROBLEM and "domain-not-stored" in err and "senders may hold its last policy until" in err
    store.do("set", "a.example", *WORDS)
    assert [each["mode"] for each in store.json("get", "a.example")["history"]] == ["enforce", "none", "testing"]


def test_remove_removes_all_or_nothing(store):
    store.put_lines("a.example,none", "b.example,none")
    assert store.error("remove", "a.example", "c.example") == ("domain-not-stored", PROBLEM)
    assert store.do("list", "--hosts") == "mta-sts.a.example\nmta-sts.b.example\n"
    store.do("remove", "a.example", "b.example")
    assert store.do("list") == ""


def test_list_tells_what_each_domain_has(store):
    store.put_lines("@p,none", "b.example,profile=p", "c.example,alias=b.example", "a.example,none")
    assert store.do("list") == f"a.example policy none {id_of('none')}\nb.example profile p\nc.example alias b.example\n"
    assert '{"domain":"b.example","kind":"profile","of":"p","mode":null,"id":null}' in store.do("list", "--json")


LINES = """\
{"profile":"p","mode":"testing","mx":["a.example","*.b.example"],"max_age":86400,"serial":7}
{"domain":"a.example","alias":"b.example"}
{"domain":"b.example","profile":"p"}
{"domain":"c.example","mode":"none","max_age":86400}
{"domain":"d.example","policy":"version: STSv1\\r\\nmode: none\\r\\nmax_age: 86400\\r\\nnote: \\u00e4\\r\\n"}
"""


def test_export_writes_what_import_reads(store):
    assert store.do("import", "-", stdin=LINES) == "5 changed, 0 unchanged\n"
    assert store.do("export") == LINES
    assert store.json("import", store_file(store, LINES)) == {"changed": 0, "unchanged": 5}
    assert store.do("verify") == "domains: 4, profiles: 1, former records: 0, faults: 0\n"


def store_file(store, text):
    file = store.folder / "lines"
    file.write_text(text)
    return file


def test_csv_may_have_a_heading_and_other_line_ends(store):
    store.do("import", store_file(store, 'domain,words\r\na.example,none\r\n\r\n"b.example","testing mx=m.example"'))
    assert store.do("list", "--hosts") == "mta-sts.a.example\nmta-sts.b.example\n"


def test_a_bad_line_is_named_and_nothing_stored(store):
    store.do("set", "kept.example", "none")
    count = 20000
    lines = [f"d{number}.example,none" for number in range(count)]
    for line, word, told in [
        ("x.example,enforce", "missing-mx", "mx=NAME"),
        ("x.example,testing mx=192.0.2.1", "bad-mx", '"mx=192.0.2.1": an mx is one host name'),
        ("x..example,none", "bad-domain", "a label is empty: a dot stands at the beginning, or two in a row"),
        ("mta-sts.x.example,none", "bad-domain", "give the mail domain, x.example"),
        ('{"domain":"x.example","mode":"none"', "input-invalid", "it is not JSON from byte"),
        ("D5.example,none", "input-invalid", '"d5.example" is in line 6 too'),
        ("x.example,profile=absent", "profile-not-stored", 'there is no profile "absent"'),
        ("x.example,alias=absent.example", "domain-not-stored", "set it first"),
    ]:  # fmt: skip
        lines[count - 2] = line
        file = store_file(store, "\n".join(lines))
        code, out, err = store.run("import", file)
        assert (code, out) == (PROBLEM, "")
        assert err.startswith(f"mta-sts: error: {word}: {file}:{count - 1}: ") and told in err, err
        assert err.endswith("; nothing was stored\n")
        assert store.do("list", "--hosts") == "mta-sts.kept.example\n"


def test_an_error_offers_the_words_that_are_taken_alone(store):
    _, _, err = store.run("set", "a.example", "frob")
    assert "serial=N; or file=PATH with serial=N\n" in err
    _, _, err = store.run("import", "-", stdin="a.example,frob\n")
    assert "serial=N; nothing was stored\n" in err


def test_wrong_use_is_told(store):
    assert store.error("set", "a.example") == ("usage-error", USAGE)
    assert store.error("set", "a.example", "none", "--profile", "p") == ("usage-error", USAGE)
    assert store.error("set", "a b", "none") == ("bad-domain", USAGE)
    assert store.error("set", "mta-sts.example.com", "none") == ("bad-domain", USAGE)
    assert store.error("set", "localhost", "none") == ("bad-domain", USAGE)
    assert store.error("set", "example.com", "--alias", "_mta-sts.example.net") == ("bad-domain", USAGE)
    assert store.error("set", "a.example", "off") == ("no-policy-words", USAGE)
    assert store.error("set", "a.example", "--profile", "A") == ("bad-option", USAGE)
    assert store.error("profile", "A", "none") == ("bad-option", USAGE)
    assert store.error("profile", "p", "none", "--remove") == ("usage-error", USAGE)
    assert store.error("import", store.folder / "absent") == ("input-unreadable", USAGE)
    assert not store.path.exists()


def test_hosts_without_a_good_certificate(store, tmp_path):
    for name in ("a.example", "b.example", "c.example"):
        store.do("set", name, *WORDS)
    roots = make_certificate(tmp_path, "mta-sts.a.example")
    due = ("--hosts", "--due", tmp_path / "{}.pem", "--ca", roots)
    assert store.do("list", *due) == "mta-sts.b.example\nmta-sts.c.example\n"
    assert store.do("list", *due, "--days", "41") == "mta-sts.a.example\nmta-sts.b.example\nmta-sts.c.example\n"
    (tmp_path / "mta-sts.b.example.pem").write_bytes((tmp_path / "mta-sts.a.example.pem").read_bytes())  # of another name
    (tmp_path / "mta-sts.c.example.pem").write_text("no certificate\n")
    assert store.do("list", *due) == "mta-sts.b.example\nmta-sts.c.example\n"
    (tmp_path / "mta-sts.b.example.pem").unlink()
    (tmp_path / "mta-sts.b.example.pem").mkdir()  # whether it is good cannot be said: no name is printed, and none asked for
    assert store.error("list", *due) == ("input-unreadable", USAGE)
    assert store.error("list", "--hosts", "--due", tmp_path / "x.pem") == ("usage-error", USAGE)
    assert store.error("list", "--due", tmp_path / "{}.pem") == ("usage-error", USAGE)
    assert store.error("list", *due[:3], "--ca", "/absent") == ("ca-unreadable", USAGE)


def make_certificate(folder, host):
    """Writes HOST.pem, a certificate of 40 days with its key, and gives the file of the root that signed it."""
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True, timeout=60)

    root, root_key, request, extensions = (folder / f"root.{end}" for end in ("crt", "key", "csr", "ext"))
    openssl("req", "-x509", *key, "-keyout", root_key, "-out", root, "-days", 90, "-subj", "/CN=root")
    openssl("req", *key, "-keyout", folder / "host.key", "-out", request, "-subj", f"/CN={host}")
    extensions.write_text(f"subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth\n")
    openssl("x509", "-req", "-in", request, "-CA", root, "-CAkey", root_key, "-CAcreateserial", "-days", 40, "-extfile", extensions,
            "-out", folder / "host.crt")  # fmt: skip
    (folder / f"{host}.pem").write_bytes((folder / "host.crt").read_bytes() + (folder / "host.key").read_bytes())
    return root
