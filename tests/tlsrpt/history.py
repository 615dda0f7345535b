"""A history of TLS reports, as cron fills it day by day."""

import datetime
import json
import sqlite3

import pytest

from reports import mta_sts

in_file = pytest.mark.parametrize("history", ["file"], indirect=True)

# Up to the fourth layout the key of a report were its four texts.
WITH_KEY_OF_TEXTS = """
CREATE TABLE old_report(
  id INTEGER PRIMARY KEY, organization TEXT NOT NULL, report_id TEXT NOT NULL, start TEXT NOT NULL, domain TEXT NOT NULL,
  content INTEGER NOT NULL, day INTEGER NOT NULL, contact TEXT, imported INTEGER NOT NULL,
  authentication INTEGER NOT NULL DEFAULT 0, UNIQUE(organization, report_id, start, domain));
INSERT INTO old_report
  SELECT id, organization, report_id, start, domain, content, day, contact, imported, authentication FROM report;
DROP TABLE report;
ALTER TABLE old_report RENAME TO report;
CREATE INDEX report_day ON report(day);
DROP INDEX conflict_day;
"""

TODAY = datetime.datetime.now(datetime.timezone.utc).date()


def ago(days):
    return str(TODAY - datetime.timedelta(days=days))


class History:
    def __init__(self, folder):
        self.db = folder / "history.sqlite"
        self.inbox = folder / "inbox"
        self.inbox.mkdir()

    def add(self, *reports):
        for one in reports:
            (self.inbox / f"{len(list(self.inbox.iterdir()))}.json").write_text(json.dumps(one))
        return self.run("import", self.inbox)

    def run(self, command, *words):
        return mta_sts("tlsrpt", command, "--db", self.db, *words)

    def summary(self, *words):
        return json.loads(self.run("show", "--json", *words)[1])

    def pass_days(self, count):
        """Lets all that is in the history have happened so many days earlier, and empties the inbox."""
        for file in self.inbox.iterdir():
            file.unlink()
        database = sqlite3.connect(self.db)
        for table in ("report", "session", "failure", "conflict"):
            database.execute(f"UPDATE {table} SET day = day - ? WHERE day >= 0", (count,))
        for table in ("report", "conflict"):
            database.execute(f"UPDATE {table} SET imported = imported - ?", (count * 86400,))
            database.execute(f"UPDATE {table} SET start = strftime('%Y-%m-%dT%H:%M:%SZ', start, ?) WHERE start != ''", (f"-{count} days",))
        database.execute("UPDATE watch SET judged = judged - ?", (count * 86400,))
        database.execute("UPDATE standing SET told = told - ?, seen = seen - ?", (count, count))
        database.commit()
        database.close()

    def sql(self, statements):
        database = sqlite3.connect(self.db)
        database.executescript(statements)
        database.close()

    def go_back(self, layout):
        """Makes an older layout of today's."""
        database = sqlite3.connect(self.db)
        database.executescript(WITH_KEY_OF_TEXTS)
        for table in ("report", "session", "failure", "conflict") if layout < 4 else ():
            database.execute(f"ALTER TABLE {table} DROP COLUMN authentication")
        for table in ("watch", "standing") if layout < 3 else ():
            database.execute(f"DROP TABLE {table}")
        for column in ("receiving_ip", "sending_ip", "helo", "reason_code", "information", "outside_policy") if layout < 2 else ():
            database.execute(f"ALTER TABLE failure DROP COLUMN {column}")
        if layout < 2:
            database.execute("PRAGMA application_id=0")
        database.execute(f"PRAGMA user_version={layout}")
        database.close()


class ServerHistory(History):
    """The same in the database `reports` of a server, which is emptied for it."""

    DATABASE = "reports"

    def __init__(self, folder, server):
        super().__init__(folder)
        self.server = server
        self.db = server.address(self.DATABASE)
        self.sql("TRUNCATE report, session, failure, conflict, watch, standing")

    def sql(self, statements):
        return self.server.do(self.DATABASE, f"SET search_path = mta_sts_tlsrpt; {statements}")

    def pass_days(self, count):
        for file in self.inbox.iterdir():
            file.unlink()
        for table in ("report", "session", "failure", "conflict"):
            # By way of far days: a mark stays as it is, and none may be there twice on a day meanwhile.
            self.sql(f"UPDATE {table} SET day = day + 100000 WHERE day >= 0; UPDATE {table} SET day = day - 100000 - {count} WHERE day >= 0")
        for table in ("report", "conflict"):
            self.sql(f"UPDATE {table} SET imported = imported - {count * 86400}")
            self.sql(f"UPDATE {table} SET start = to_char(start::timestamp - interval '{count} days', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') WHERE start != ''")
        self.sql(f"UPDATE watch SET judged = judged - {count * 86400}; UPDATE standing SET told = told - {count}, seen = seen - {count}")
