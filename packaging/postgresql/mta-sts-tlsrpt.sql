-- The history of TLS reports for a team: mta-sts tlsrpt --db postgresql://... PostgreSQL 13 or later, a database in UTF8.
--
--   psql --dbname=DATABASE --single-transaction --file=mta-sts-tlsrpt.sql
--
-- Run it as a role that may create schemas and roles. It makes two roles without login, which are granted to those that log in:
--   mta_sts_importer  imports, alerts and prunes
--   mta_sts_viewer    reads (show, html, metrics, check and rollout)

\set ON_ERROR_STOP on

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'mta_sts_importer') THEN
    CREATE ROLE mta_sts_importer NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'mta_sts_viewer') THEN
    CREATE ROLE mta_sts_viewer NOLOGIN;
  END IF;
END
$$;

CREATE SCHEMA mta_sts_tlsrpt;
COMMENT ON SCHEMA mta_sts_tlsrpt IS 'The history of TLS reports (RFC 8460) for mta-sts tlsrpt';

-- Texts come from reports, which anybody may write. PostgreSQL keeps no NUL and nothing but UTF-8: such a byte is kept as SUB (0x1A) and its two
-- hexadecimal digits. No text is in an index, whose entries are short. No text is longer than what an import keeps of one. Counts go up to 2^64 - 1.

CREATE TABLE mta_sts_tlsrpt.layout (
  version integer PRIMARY KEY CHECK (version > 0),
  turn boolean
);
COMMENT ON TABLE mta_sts_tlsrpt.layout IS 'One row. Who imports, remembers or prunes holds it locked meanwhile, so that all do so one after the other';
COMMENT ON COLUMN mta_sts_tlsrpt.layout.version IS 'The version of these tables';
COMMENT ON COLUMN mta_sts_tlsrpt.layout.turn IS 'Never written: who may update it may lock the row';
INSERT INTO mta_sts_tlsrpt.layout (version) VALUES (1);

CREATE TABLE mta_sts_tlsrpt.report (
  id bigint PRIMARY KEY,
  organization text COLLATE "C" NOT NULL CHECK (char_length(organization) <= 320),
  report_id text COLLATE "C" NOT NULL CHECK (char_length(report_id) <= 1000),
  start text COLLATE "C" NOT NULL CHECK (char_length(start) <= 253),
  domain text COLLATE "C" NOT NULL CHECK (char_length(domain) <= 253),
  content bigint NOT NULL,
  day integer NOT NULL,
  contact text COLLATE "C" NOT NULL CHECK (char_length(contact) <= 320),
  imported bigint NOT NULL,
  authentication smallint NOT NULL,
  mark bigint NOT NULL,
  UNIQUE (day, mark)
);
COMMENT ON TABLE mta_sts_tlsrpt.report IS 'Reports that count, each once';
COMMENT ON COLUMN mta_sts_tlsrpt.report.id IS 'Number of the report, in the order of the import';
COMMENT ON COLUMN mta_sts_tlsrpt.report.organization IS 'organization-name of the report';
COMMENT ON COLUMN mta_sts_tlsrpt.report.report_id IS 'report-id of the report; a mark of its content if it has none';
COMMENT ON COLUMN mta_sts_tlsrpt.report.start IS 'start-datetime of the report, as it wrote it';
COMMENT ON COLUMN mta_sts_tlsrpt.report.domain IS 'The first in order of the recipient domains of the report, in A-labels';
COMMENT ON COLUMN mta_sts_tlsrpt.report.content IS 'A mark of what the report says: one that comes again with another mark is a conflict';
COMMENT ON COLUMN mta_sts_tlsrpt.report.day IS 'UTC day on which the report starts, in days since 1970-01-01 (DATE ''1970-01-01'' + day); -1 if it has no usable start';
COMMENT ON COLUMN mta_sts_tlsrpt.report.contact IS 'contact-info of the report, or nothing';
COMMENT ON COLUMN mta_sts_tlsrpt.report.imported IS 'When it was imported, in seconds since 1970-01-01 UTC: to_timestamp(imported)';
COMMENT ON COLUMN mta_sts_tlsrpt.report.authentication IS
  'What is known of who wrote the report: 0 not checked, 1 authenticated by DKIM, 2 not authenticated, 3 did not come by mail';
COMMENT ON COLUMN mta_sts_tlsrpt.report.mark IS 'A mark of organization, report_id, start and domain, by which a report is known again';

CREATE TABLE mta_sts_tlsrpt.session (
  day integer NOT NULL,
  report bigint NOT NULL,
  number integer NOT NULL,
  domain text COLLATE "C" NOT NULL CHECK (char_length(domain) <= 253),
  organization text COLLATE "C" NOT NULL CHECK (char_length(organization) <= 320),
  policy_type text COLLATE "C" NOT NULL CHECK (char_length(policy_type) <= 253),
  success numeric(20, 0) NOT NULL,
  failure numeric(20, 0) NOT NULL,
  in_details numeric(20, 0) NOT NULL,
  shadowed boolean NOT NULL,
  authentication smallint NOT NULL,
  PRIMARY KEY (day, report, number)
);
COMMENT ON TABLE mta_sts_tlsrpt.session IS 'Sessions of each policy of each report';
COMMENT ON COLUMN mta_sts_tlsrpt.session.day IS 'The day of the report';
COMMENT ON COLUMN mta_sts_tlsrpt.session.report IS 'The id of the report';
COMMENT ON COLUMN mta_sts_tlsrpt.session.number IS 'Number of the policy in the report, from 1';
COMMENT ON COLUMN mta_sts_tlsrpt.session.domain IS 'The recipient domain, in A-labels';
COMMENT ON COLUMN mta_sts_tlsrpt.session.organization IS 'The sender, as in report';
COMMENT ON COLUMN mta_sts_tlsrpt.session.policy_type IS 'policy-type: sts, tlsa or no-policy-found';
COMMENT ON COLUMN mta_sts_tlsrpt.session.success IS 'Sessions that succeeded';
COMMENT ON COLUMN mta_sts_tlsrpt.session.failure IS 'Sessions that failed';
COMMENT ON COLUMN mta_sts_tlsrpt.session.in_details IS 'Failed sessions that the failure details tell of';
COMMENT ON COLUMN mta_sts_tlsrpt.session.shadowed IS 'The sessions are those of another policy of the same report, and are not counted again';
COMMENT ON COLUMN mta_sts_tlsrpt.session.authentication IS 'As in report';

CREATE TABLE mta_sts_tlsrpt.failure (
  day integer NOT NULL,
  report bigint NOT NULL,
  number integer NOT NULL,
  domain text COLLATE "C" NOT NULL CHECK (char_length(domain) <= 253),
  organization text COLLATE "C" NOT NULL CHECK (char_length(organization) <= 320),
  result_type text COLLATE "C" NOT NULL CHECK (char_length(result_type) <= 253),
  host text COLLATE "C" NOT NULL CHECK (char_length(host) <= 253),
  count numeric(20, 0) NOT NULL,
  shadowed boolean NOT NULL,
  receiving_ip text COLLATE "C" NOT NULL CHECK (char_length(receiving_ip) <= 253),
  sending_ip text COLLATE "C" NOT NULL CHECK (char_length(sending_ip) <= 253),
  helo text COLLATE "C" NOT NULL CHECK (char_length(helo) <= 253),
  reason_code text COLLATE "C" NOT NULL CHECK (char_length(reason_code) <= 1000),
  information text COLLATE "C" NOT NULL CHECK (char_length(information) <= 1000),
  outside_policy boolean NOT NULL,
  authentication smallint NOT NULL,
  PRIMARY KEY (day, report, number)
);
COMMENT ON TABLE mta_sts_tlsrpt.failure IS 'Failure details of each report';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.day IS 'The day of the report';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.report IS 'The id of the report';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.number IS 'Number of the detail in the report, from 1';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.domain IS 'The recipient domain, in A-labels';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.organization IS 'The sender, as in report';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.result_type IS 'result-type, such as certificate-expired';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.host IS 'receiving-mx-hostname, or what stands for none';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.count IS 'failed-session-count';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.shadowed IS 'The policy of the detail is shadowed, as in session';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.receiving_ip IS 'receiving-ip, or nothing';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.sending_ip IS 'sending-mta-ip, or nothing';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.helo IS 'receiving-mx-helo, or nothing';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.reason_code IS 'failure-reason-code, or nothing';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.information IS 'additional-information, or nothing';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.outside_policy IS 'The mx patterns of the policy do not cover the host';
COMMENT ON COLUMN mta_sts_tlsrpt.failure.authentication IS 'As in report';

CREATE TABLE mta_sts_tlsrpt.conflict (
  mark bigint NOT NULL,
  organization text COLLATE "C" NOT NULL CHECK (char_length(organization) <= 320),
  report_id text COLLATE "C" NOT NULL CHECK (char_length(report_id) <= 1000),
  start text COLLATE "C" NOT NULL CHECK (char_length(start) <= 253),
  domain text COLLATE "C" NOT NULL CHECK (char_length(domain) <= 253),
  content bigint NOT NULL,
  day integer NOT NULL,
  success numeric(20, 0) NOT NULL,
  failure numeric(20, 0) NOT NULL,
  imported bigint NOT NULL,
  authentication smallint NOT NULL,
  PRIMARY KEY (day, mark, content)
);
COMMENT ON TABLE mta_sts_tlsrpt.conflict IS 'Reports that contradict one in report, and do not count';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.mark IS 'As in report, whose row of the same day and mark counts';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.organization IS 'As in report';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.report_id IS 'As in report';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.start IS 'As in report';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.domain IS 'As in report';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.content IS 'As in report; another one than there';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.day IS 'As in report';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.success IS 'Sessions of all policies that succeeded';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.failure IS 'Sessions of all policies that failed';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.imported IS 'When it came first, as in report';
COMMENT ON COLUMN mta_sts_tlsrpt.conflict.authentication IS 'As in report';

CREATE TABLE mta_sts_tlsrpt.watch (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  domain text COLLATE "C" NOT NULL CHECK (octet_length(domain) <= 253),
  target bigint NOT NULL,
  days bigint NOT NULL,
  expects_reports boolean NOT NULL,
  judged bigint NOT NULL,
  UNIQUE (domain, target, days, expects_reports)
);
COMMENT ON TABLE mta_sts_tlsrpt.watch IS 'What mta-sts tlsrpt alert remembers, for each choice of its options';
COMMENT ON COLUMN mta_sts_tlsrpt.watch.id IS 'Number of the watch';
COMMENT ON COLUMN mta_sts_tlsrpt.watch.domain IS '--domain, or nothing';
COMMENT ON COLUMN mta_sts_tlsrpt.watch.target IS '--target, in thousandths of a percent';
COMMENT ON COLUMN mta_sts_tlsrpt.watch.days IS '--days';
COMMENT ON COLUMN mta_sts_tlsrpt.watch.expects_reports IS '--expect-reports';
COMMENT ON COLUMN mta_sts_tlsrpt.watch.judged IS 'The latest import that was judged, as in report';

CREATE TABLE mta_sts_tlsrpt.standing (
  watch bigint NOT NULL,
  kind text COLLATE "C" NOT NULL CHECK (char_length(kind) <= 253),
  subject text COLLATE "C" NOT NULL CHECK (char_length(subject) <= 320),
  told integer NOT NULL,
  seen integer NOT NULL
);
CREATE INDEX standing_watch ON mta_sts_tlsrpt.standing (watch);
COMMENT ON TABLE mta_sts_tlsrpt.standing IS 'Findings that were told and have not been seen to be over';
COMMENT ON COLUMN mta_sts_tlsrpt.standing.watch IS 'The id of the watch';
COMMENT ON COLUMN mta_sts_tlsrpt.standing.kind IS 'The kind of finding';
COMMENT ON COLUMN mta_sts_tlsrpt.standing.subject IS 'The domain, sender, failure type or host that it is about';
COMMENT ON COLUMN mta_sts_tlsrpt.standing.told IS 'Day on which it was new, in days since 1970-01-01';
COMMENT ON COLUMN mta_sts_tlsrpt.standing.seen IS 'Day on which reports bore it out last, in days since 1970-01-01';

GRANT USAGE ON SCHEMA mta_sts_tlsrpt TO mta_sts_importer, mta_sts_viewer;
GRANT SELECT ON ALL TABLES IN SCHEMA mta_sts_tlsrpt TO mta_sts_importer, mta_sts_viewer;
GRANT INSERT, DELETE ON mta_sts_tlsrpt.report, mta_sts_tlsrpt.session, mta_sts_tlsrpt.failure, mta_sts_tlsrpt.conflict, mta_sts_tlsrpt.watch,
  mta_sts_tlsrpt.standing TO mta_sts_importer;
GRANT UPDATE ON mta_sts_tlsrpt.watch TO mta_sts_importer;
GRANT UPDATE (turn) ON mta_sts_tlsrpt.layout TO mta_sts_importer;
