-- The table from which `mta-sts store sync` keeps the stores of web servers. PostgreSQL 13 or later.
--
--   psql --dbname=DATABASE --single-transaction --file=mta-sts-store.sql
--
-- Run it as a role that may create schemas and roles. It makes two roles without login, which are granted to those that log in:
--   mta_sts_panel  writes the rows (a hosting panel)
--   mta_sts_node   reads them (mta-sts store sync)

\set ON_ERROR_STOP on

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'mta_sts_panel') THEN
    CREATE ROLE mta_sts_panel NOLOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'mta_sts_node') THEN
    CREATE ROLE mta_sts_node NOLOGIN;
  END IF;
END
$$;

CREATE SCHEMA mta_sts;
COMMENT ON SCHEMA mta_sts IS 'MTA-STS policies (RFC 8461) for mta-sts store sync';

-- Names are compared by their bytes (COLLATE "C"), as the stores compare them.
CREATE TABLE mta_sts.profile (
  profile text COLLATE "C" PRIMARY KEY
    CHECK (profile ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  words text NOT NULL
    CHECK (octet_length(words) <= 65536),
  changed xid8 NOT NULL DEFAULT pg_current_xact_id()
);
COMMENT ON TABLE mta_sts.profile IS 'Policies that many domains share; a change of one is a change for all of its domains';
COMMENT ON COLUMN mta_sts.profile.profile IS
  'Name of the profile: 1 to 64 lower-case letters, digits, dots, underscores and hyphens, the first one a letter or digit';
COMMENT ON COLUMN mta_sts.profile.words IS
  'The policy, in the words of mta-sts store set: enforce|testing|none, mx=PATTERN (repeatable), max_age=SECONDS|Nd|Nw, serial=N';
COMMENT ON COLUMN mta_sts.profile.changed IS
  'The transaction that wrote the row, set by a trigger: by it nodes find what they have not seen, in whatever order transactions commit';

CREATE TABLE mta_sts.domain (
  domain text COLLATE "C" PRIMARY KEY
    CHECK (octet_length(domain) <= 253 AND domain ~ '^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$'),
  words text
    CHECK (octet_length(words) <= 65536),
  profile text COLLATE "C"
    REFERENCES mta_sts.profile ON UPDATE CASCADE DEFERRABLE,
  alias text COLLATE "C"
    REFERENCES mta_sts.domain ON UPDATE CASCADE DEFERRABLE
    CHECK (alias <> domain),
  changed xid8 NOT NULL DEFAULT pg_current_xact_id(),
  CONSTRAINT domain_has_one_policy CHECK (num_nonnulls(words, profile, alias) = 1)
);
COMMENT ON TABLE mta_sts.domain IS
  'Mail domains with a policy: each has words, a profile or an alias. A row that is deleted withdraws the policy: nodes serve mode none until no sender can hold another one';
COMMENT ON COLUMN mta_sts.domain.domain IS
  'The mail domain, in lower case and A-labels (xn--...), without mta-sts. before it';
COMMENT ON COLUMN mta_sts.domain.words IS
  'A policy of its own, in the words of mta-sts store set: enforce|testing|none, mx=PATTERN (repeatable), max_age=SECONDS|Nd|Nw, serial=N; null if it has a profile or an alias';
COMMENT ON COLUMN mta_sts.domain.profile IS
  'The profile whose policy the domain has; null if it has words or an alias';
COMMENT ON COLUMN mta_sts.domain.alias IS
  'The domain whose policy this one always has, which is no alias itself; null if it has words or a profile';
COMMENT ON COLUMN mta_sts.domain.changed IS
  'The transaction that wrote the row, set by a trigger: by it nodes find what they have not seen, in whatever order transactions commit';

CREATE INDEX profile_changed ON mta_sts.profile (changed);
CREATE INDEX domain_changed ON mta_sts.domain (changed);
CREATE INDEX domain_profile ON mta_sts.domain (profile) WHERE profile IS NOT NULL;
CREATE INDEX domain_alias ON mta_sts.domain (alias) WHERE alias IS NOT NULL;

CREATE FUNCTION mta_sts.note_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  NEW.changed := pg_current_xact_id();
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION mta_sts.note_change() IS 'Sets the column changed, whatever the writer gives';

CREATE FUNCTION mta_sts.tell_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  -- The same notification is sent once a transaction, however many statements there are.
  PERFORM pg_notify('mta_sts', '');
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION mta_sts.tell_change() IS 'Tells the nodes to read what changed';

CREATE FUNCTION mta_sts.tell_names() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  names text;
  number bigint;
BEGIN
  IF TG_OP = 'DELETE' THEN
    SELECT count(*), string_agg(domain, ' ') INTO number, names FROM (SELECT domain FROM former LIMIT 21) AS gone;
  ELSE
    SELECT count(*), string_agg(domain, ' ') INTO number, names
      FROM (SELECT domain FROM former EXCEPT SELECT domain FROM present LIMIT 21) AS gone;
  END IF;
  -- A payload has room for 7,999 bytes. What does not fit is found by a look at all rows.
  IF number > 20 OR octet_length(names) > 7999 THEN
    PERFORM pg_notify('mta_sts', '*');
  ELSIF number > 0 THEN
    PERFORM pg_notify('mta_sts', names);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION mta_sts.tell_names() IS 'Tells the nodes which domains are no longer in the table';

CREATE FUNCTION mta_sts.tell_all() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM pg_notify('mta_sts', '*');
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION mta_sts.tell_all() IS 'Tells the nodes to look at all rows';

CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON mta_sts.profile
  FOR EACH ROW EXECUTE FUNCTION mta_sts.note_change();
CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON mta_sts.domain
  FOR EACH ROW EXECUTE FUNCTION mta_sts.note_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON mta_sts.profile
  FOR EACH STATEMENT EXECUTE FUNCTION mta_sts.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON mta_sts.domain
  FOR EACH STATEMENT EXECUTE FUNCTION mta_sts.tell_change();
CREATE TRIGGER tell_deleted AFTER DELETE ON mta_sts.domain
  REFERENCING OLD TABLE AS former FOR EACH STATEMENT EXECUTE FUNCTION mta_sts.tell_names();
CREATE TRIGGER tell_renamed AFTER UPDATE ON mta_sts.domain
  REFERENCING OLD TABLE AS former NEW TABLE AS present FOR EACH STATEMENT EXECUTE FUNCTION mta_sts.tell_names();
CREATE TRIGGER tell_truncated AFTER TRUNCATE ON mta_sts.profile
  FOR EACH STATEMENT EXECUTE FUNCTION mta_sts.tell_all();
CREATE TRIGGER tell_truncated AFTER TRUNCATE ON mta_sts.domain
  FOR EACH STATEMENT EXECUTE FUNCTION mta_sts.tell_all();

GRANT USAGE ON SCHEMA mta_sts TO mta_sts_panel, mta_sts_node;
GRANT SELECT ON mta_sts.profile, mta_sts.domain TO mta_sts_node;
GRANT SELECT, INSERT, UPDATE, DELETE ON mta_sts.profile, mta_sts.domain TO mta_sts_panel;
