"""`mta-sts store sync` where the table, its writers or their transactions are not as they should be; with a real PostgreSQL."""

import json
import re
import subprocess

import pytest
from postgresql import SCHEMA, Session, needed, until
from stores import PROBLEM
from sync_nodes import fill, once

pytestmark = needed


def modes(store):
    lines = map(json.loads, store.do("export").splitlines())
    return {line["domain"]: line.get("mode") for line in lines if "domain" in line}


def waits_for_a_lock(panel):
    server, database = panel
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mta-sts' AND wait_event_type = 'Lock'"
    until(lambda: server.do(database, query) == "1\n", "nothing waits for the table")


def withdrew_nothing(node):
    """Not even for a moment."""
    assert not re.search("withdrawn: [1-9]|removals-refused", node.log()) and set(modes(node.store).values()) == {"enforce"}, node.log()


def test_a_table_that_is_loaded_anew_is_not_taken_for_an_empty_one(panel, nodes):
    """To a snapshot of before a TRUNCATE the table is empty, and its new rows are not there."""
    server, database = panel
    fill(panel)
    node = nodes().start()
    node.has("d1.example", "mx: old.example")
    writer = Session(server, database)
    try:
        writer.do("BEGIN; CREATE TEMPORARY TABLE kept AS TABLE mta_sts.domain; TRUNCATE mta_sts.domain")
        node.end()
        node.start()
        waits_for_a_lock(panel)
        writer.do("INSERT INTO mta_sts.domain (domain, words) SELECT domain, words FROM kept; COMMIT")
    finally:
        writer.close()
    node.has_logged("table-compared", 2)
    withdrew_nothing(node)


def test_a_domain_that_is_told_to_be_gone_is_looked_up_in_the_table_as_it_is_now(panel, nodes):
    server, database = panel
    fill(panel)
    node = nodes().start()
    node.has("d1.example", "mx: old.example")
    writer = Session(server, database)
    try:
        writer.do("BEGIN; CREATE TEMPORARY TABLE kept AS TABLE mta_sts.domain; TRUNCATE mta_sts.domain")
        server.do(database, "NOTIFY mta_sts, 'd1.example d2.example'")
        waits_for_a_lock(panel)
        writer.do("INSERT INTO mta_sts.domain (domain, words) SELECT domain, words FROM kept; COMMIT")
    finally:
        writer.close()
    server.do(database, "UPDATE mta_sts.domain SET words = 'enforce mx=new.example' WHERE domain = 'd3.example'")
    node.has("d3.example", "mx: new.example")
    withdrew_nothing(node)


@pytest.mark.parametrize("how", ["TRUNCATE mta_sts.domain", "DELETE FROM mta_sts.domain",
                                 "DROP SCHEMA mta_sts CASCADE"])  # fmt: skip
def test_an_empty_table_withdraws_nothing_of_a_small_store(panel, store, how):
    server, database = panel
    fill(panel)
    assert once(panel, store)[0] == 0
    before = store.do("export")
    server.do(database, how)
    if how.startswith("DROP"):
        subprocess.run(server.client(database, "--single-transaction", "--file", SCHEMA), env=server.environment, check=True, timeout=60)
    code, _, err = once(panel, store)
    assert code == PROBLEM and "removals-refused: the table lacks 50 domains" in err
    assert store.do("export") == before
    assert once(panel, store, "--allow-removals")[0] == 0
    assert set(modes(store).values()) == {"none"}


def test_many_statements_that_delete_little_are_one_that_deletes_much(panel, nodes):
    server, database = panel
    fill(panel, 300)
    node = nodes().start()
    node.has("d300.example", "mx: old.example")
    server.do(database, "".join(f"DELETE FROM mta_sts.domain WHERE domain = 'd{n}.example';\n" for n in range(1, 301)) + "SELECT 1")
    node.has_logged("removals-refused")
    server.do(database, "NOTIFY mta_sts, 'd299.example d300.example'; INSERT INTO mta_sts.domain (domain, words) VALUES ('new.example', 'none')")
    node.has("new.example", "mode: none")
    found = list(modes(node.store).values())
    assert found.count("none") <= 101 and len(found) == 301
    # Another process knows what happened within the hour.
    code, _, err = once(panel, node.store)
    assert code == PROBLEM and "removals-refused" in err
    assert list(modes(node.store).values()).count("enforce") == found.count("enforce")


def test_rows_that_wait_for_another_are_stored_with_it(panel, nodes):
    server, database = panel
    node = nodes().start()
    node.has_logged("table-compared")
    server.do(database, "INSERT INTO mta_sts.profile VALUES ('p', 'wrong'); "
                        "INSERT INTO mta_sts.domain (domain, profile) VALUES ('hosted.example', 'p'); "
                        "INSERT INTO mta_sts.domain (domain, words) VALUES ('target.example', 'wrong'); "
                        "INSERT INTO mta_sts.domain (domain, alias) VALUES ('alias.example', 'target.example')")  # fmt: skip
    node.has_logged("rows-refused")
    for what in ("profile SET words = 'testing mx=p.example'", "domain SET words = 'testing mx=t.example' WHERE domain = 'target.example'"):
        server.do(database, "UPDATE mta_sts." + what)
    node.has("hosted.example", "mx: p.example")
    node.has("alias.example", "mx: t.example")


def test_a_bad_profile_leaves_its_domains_what_they_have(panel, nodes):
    server, database = panel
    server.do(database, "INSERT INTO mta_sts.profile VALUES ('p', 'enforce mx=old.example'); "
                        "INSERT INTO mta_sts.domain (domain, profile) SELECT 'd' || n || '.example', 'p' FROM generate_series(1, 1000) AS n")  # fmt: skip
    node = nodes().start()
    node.has("d1000.example", "mx: old.example")
    server.do(database, "UPDATE mta_sts.profile SET words = 'enforce'; UPDATE mta_sts.domain SET words = 'none', profile = NULL WHERE domain = 'd1.example'")
    node.has("d1.example", "mode: none")
    node.has_logged("rows-refused")
    assert "mx: old.example" in node.words_of("d1000.example")
    # A profile gets another name, and its domains with it.
    server.do(database, "UPDATE mta_sts.profile SET profile = 'q', words = 'enforce mx=new.example'")
    node.has("d1000.example", "mx: new.example")
    assert len([line for line in node.store.do("export").splitlines() if '"profile":"q"' in line]) == 1000, "and the profile, of which there is one more line"


def test_a_domain_in_another_spelling_is_not_withdrawn_as_it_is_renamed(panel, nodes):
    server, database = panel
    fill(panel)
    node = nodes().start()
    node.has("d5.example", "mx: old.example")
    server.do(database, "ALTER TABLE mta_sts.domain DROP CONSTRAINT domain_domain_check; "
                        "UPDATE mta_sts.domain SET domain = 'D5.example' WHERE domain = 'd5.example'; "
                        "UPDATE mta_sts.domain SET domain = 'other.example' WHERE domain = 'd6.example'")  # fmt: skip
    node.has("d6.example", "mode: none")
    node.has("other.example", "mx: old.example")
    assert "mx: old.example" in node.words_of("d5.example")


def test_a_prepared_transaction_needs_a_table_that_notifies_nobody(panel, nodes):
    """PostgreSQL prepares no transaction that notifies; without these triggers a look every few seconds finds what was committed."""
    server, database = panel
    server.stop()
    server.start("-c", "max_prepared_transactions=1")
    fill(panel)
    change = "BEGIN; UPDATE mta_sts.domain SET words = 'enforce mx=late.example' WHERE domain = 'd1.example'; PREPARE TRANSACTION 'late'"
    with pytest.raises(AssertionError, match="cannot PREPARE a transaction that has executed LISTEN, UNLISTEN, or NOTIFY"):
        server.do(database, change)
    server.do(database, "ALTER TABLE mta_sts.domain DISABLE TRIGGER tell_change; ALTER TABLE mta_sts.domain DISABLE TRIGGER tell_renamed")
    server.do(database, change)
    node = nodes().start()
    node.has("d1.example", "mx: old.example")
    server.do(database, "COMMIT PREPARED 'late'")
    node.has("d1.example", "mx: late.example")
    assert node.log().count(" table-compared ") == 1


def test_rows_of_a_copy_are_found_with_all_and_their_changes_at_once(panel, nodes):
    """A restored dump, or logical replication: the numbers of another server's transactions, which this one reaches later or never."""
    server, database = panel
    fill(panel)
    server.do(database, "SET session_replication_role = replica; UPDATE mta_sts.domain SET changed = '4000000000000', words = 'enforce mx=copied.example'")
    node = nodes().start()
    node.has("d1.example", "mx: copied.example")
    server.do(database, "UPDATE mta_sts.domain SET words = 'enforce mx=new.example' WHERE domain = 'd1.example'")
    node.has("d1.example", "mx: new.example")
    server.do(database, "ALTER TABLE mta_sts.domain ENABLE ALWAYS TRIGGER note_change; SET session_replication_role = replica; "
                        "UPDATE mta_sts.domain SET words = 'enforce mx=replicated.example' WHERE domain = 'd2.example'")  # fmt: skip
    node.has("d2.example", "mx: replicated.example")
    assert node.log().count(" table-compared ") == 1


@pytest.mark.parametrize("encoding", ["WIN1252", "SQL_ASCII"])
def test_bytes_that_are_no_characters_are_one_rows_fault(postgresql, store, encoding):
    database = encoding.lower() + "_bytes"
    postgresql.do("postgres", f"CREATE DATABASE {database} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    subprocess.run(postgresql.client(database, "--single-transaction", "--file", SCHEMA), env=postgresql.environment, check=True, timeout=60)
    panel = (postgresql, database)
    fill(panel)
    byte = "convert_from('\\x81'::bytea, getdatabaseencoding())"
    controls = "E'enforce mx=\\x1b[2J\\n\\r\\x9b2J.example'" if encoding == "SQL_ASCII" else "E'enforce mx=\\x1b[2J\\n\\r.example'"
    postgresql.do(database, f"UPDATE mta_sts.domain SET words = 'enforce mx=' || {byte} WHERE domain = 'd1.example'; "
                            f"UPDATE mta_sts.domain SET words = {controls} WHERE domain = 'd2.example'; "
                            "ALTER TABLE mta_sts.domain DROP CONSTRAINT domain_domain_check; "
                            f"UPDATE mta_sts.domain SET domain = E'\\x1b[2J\\n' || {byte} || '.example' WHERE domain = 'd3.example'")  # fmt: skip
    code, out, err = once(panel, store)
    assert code == PROBLEM and "stored: 47" in out and "refused: 3" in out
    assert re.fullmatch(r"[\x20-\x7e\n]*", out + err) and err.count("\n") == 4, err


def test_words_that_are_too_long_are_not_cut_to_right_ones(panel, store):
    server, database = panel
    server.do(database, "ALTER TABLE mta_sts.domain DROP CONSTRAINT domain_words_check; INSERT INTO mta_sts.domain (domain, words) VALUES "
                        "('a.example', 'enforce mx=a.example' || repeat(' ', 70000) || 'mx=b.example'), ('b.example', repeat('x', 200000000)), "
                        "('c.example', E'enforce\\nmx=c.example'), ('d.example', 'enforce mx=c.example'), ('e.example', E'enforce\\nmx=c.example')")  # fmt: skip
    code, out, err = once(panel, store)
    assert code == PROBLEM and "stored: 1," in out and "refused: 4" in out
    assert err.count("the words are longer than 65536 bytes") == 2 and 'row "e.example"' in err


def test_functions_of_other_schemas_are_not_called(panel, store):
    server, database = panel
    fill(panel)
    server.do(database, "CREATE SCHEMA evil; CREATE FUNCTION evil.set_config(text, text, boolean) RETURNS text LANGUAGE plpgsql AS "
                        "$$BEGIN RAISE 'evil was called'; END$$; GRANT USAGE ON SCHEMA evil TO PUBLIC; "
                        f"CREATE ROLE misled LOGIN IN ROLE mta_sts_node; ALTER ROLE misled IN DATABASE {database} SET search_path = evil, pg_catalog")  # fmt: skip
    assert once(panel, store, user="misled")[0] == 0
