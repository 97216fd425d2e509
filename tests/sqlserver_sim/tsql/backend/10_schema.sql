-- What the engine keeps about its objects, beside PostgreSQL's own catalog.
CREATE SCHEMA IF NOT EXISTS sim;
CREATE SCHEMA IF NOT EXISTS dbo;
CREATE SCHEMA IF NOT EXISTS sys;
CREATE SCHEMA IF NOT EXISTS information_schema_ms;

CREATE COLLATION IF NOT EXISTS sim.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION IF NOT EXISTS sim.cs (provider = icu, locale = 'und-u-ks-level3', deterministic = true);

DO $$ BEGIN
  IF to_regtype('sim.dto') IS NULL THEN
    -- datetimeoffset: the instant first, so that values order by it; the offset in minutes.
    CREATE TYPE sim.dto AS (at timestamp, zone smallint);
  END IF;
  IF to_regtype('sim.bit') IS NULL THEN
    CREATE DOMAIN sim.bit AS smallint;
    CREATE DOMAIN sim.tinyint AS smallint;
    CREATE DOMAIN sim.datetime_ms AS timestamp(3);
    CREATE DOMAIN sim.sysname AS text COLLATE sim.ci;
    CREATE DOMAIN sim.ntext AS text COLLATE sim.ci;
    CREATE DOMAIN sim.kind AS text COLLATE sim.ci;
    CREATE DOMAIN sim.char2 AS text COLLATE sim.ci;
  END IF;
END $$;

CREATE SEQUENCE IF NOT EXISTS sim.object_ids AS int START 581577110 INCREMENT 1;

CREATE TABLE IF NOT EXISTS sim.object (
  object_id int PRIMARY KEY DEFAULT nextval('sim.object_ids'),
  schema_name text NOT NULL, name text NOT NULL,
  kind text NOT NULL,                       -- U, V, P, TR, FN, SO
  parent_id int NOT NULL DEFAULT 0,
  definition text,
  events text[],
  disabled boolean NOT NULL DEFAULT false,
  needs_options boolean NOT NULL DEFAULT false,
  created timestamp(3) NOT NULL DEFAULT statement_timestamp(),
  modified timestamp(3) NOT NULL DEFAULT statement_timestamp());
CREATE UNIQUE INDEX IF NOT EXISTS object_name ON sim.object (lower(schema_name), lower(name));

CREATE TABLE IF NOT EXISTS sim.column (
  object_id int NOT NULL REFERENCES sim.object ON DELETE CASCADE,
  column_id int NOT NULL, name text NOT NULL,
  type_name text NOT NULL, length int NOT NULL, prec int NOT NULL, scale int NOT NULL,
  nullable boolean NOT NULL, is_identity boolean NOT NULL DEFAULT false, seed bigint, increment bigint,
  computed text, persisted boolean NOT NULL DEFAULT false, coll text,
  default_name text, default_text text,
  PRIMARY KEY (object_id, column_id));

CREATE TABLE IF NOT EXISTS sim.extended_property (
  major_id int NOT NULL REFERENCES sim.object ON DELETE CASCADE,
  minor_id int NOT NULL,                    -- a column, or 0
  name text NOT NULL, value text);
CREATE UNIQUE INDEX IF NOT EXISTS extended_property_name ON sim.extended_property (major_id, minor_id, lower(name));

-- A failure with SQL Server's number, told by SQLSTATE: M, or N for ten thousand more.
CREATE OR REPLACE FUNCTION sim.raise(number int, message text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING MESSAGE = message,
    ERRCODE = CASE WHEN number < 10000 THEN 'M' ELSE 'N' END || lpad((number % 10000)::text, 4, '0');
END $$;

CREATE OR REPLACE FUNCTION sim.columns(x regclass) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT string_agg(format('%I %s', attname, atttypid), ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = x AND attnum > 0 AND NOT attisdropped $$;
-- An empty table with the columns of `model`. One that was used often keeps its dead rows, so it is made anew.
CREATE OR REPLACE FUNCTION sim.emptied(name text, model regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE kept text := 'pg_temp.' || quote_ident(name); present regclass := to_regclass(kept);
BEGIN
  IF present IS NOT NULL AND pg_relation_size(present) < 1000000 AND sim.columns(present) = sim.columns(model) THEN
    EXECUTE 'DELETE FROM ' || kept;
  ELSE
    EXECUTE format('DROP TABLE IF EXISTS %s; CREATE TEMP TABLE %I (LIKE %s)', kept, name, model);
  END IF;
  RETURN kept;
END $$;
-- Keeps the rows a statement touched where the interpreter finds them for its triggers, by nesting level (sim.trigger_depth;
-- none is the outermost), table and event: as text in two settings, or in temporary tables if they are more than twenty
-- (SessionImpl::fire_triggers). For a few rows a table costs more than the statement, for many their text does.
CREATE OR REPLACE FUNCTION sim.capture() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE place text := format('rows_%s_%s_%s_', coalesce(nullif(current_setting('sim.trigger_depth', true), ''), '0'),
                             TG_ARGV[0], lower(TG_OP));
BEGIN
  IF TG_OP <> 'DELETE' THEN
    PERFORM set_config('sim.' || place || 'inserted', coalesce(array_agg(r)::text, '{}'), false)
      FROM (SELECT r FROM new_rows r LIMIT 21) AS few(r) HAVING count(*) <= 20;
    IF NOT FOUND THEN
      EXECUTE format('INSERT INTO %s SELECT * FROM new_rows', sim.emptied('sim~' || place || 'inserted', TG_RELID));
    END IF;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    PERFORM set_config('sim.' || place || 'deleted', coalesce(array_agg(r)::text, '{}'), false)
      FROM (SELECT r FROM old_rows r LIMIT 21) AS few(r) HAVING count(*) <= 20;
    IF NOT FOUND THEN
      EXECUTE format('INSERT INTO %s SELECT * FROM old_rows', sim.emptied('sim~' || place || 'deleted', TG_RELID));
    END IF;
  END IF;
  RETURN NULL;
END $$;

CREATE TABLE IF NOT EXISTS sim.disabled_constraint (
  object_id int NOT NULL REFERENCES sim.object ON DELETE CASCADE, name text NOT NULL, definition text NOT NULL);

CREATE TABLE IF NOT EXISTS sim.session (
  session_id int NOT NULL, pid int NOT NULL PRIMARY KEY, login_name text NOT NULL, host_name text, program_name text,
  login_time timestamp(3) NOT NULL DEFAULT statement_timestamp());
CREATE TABLE IF NOT EXISTS sim.setting (name text PRIMARY KEY, value text NOT NULL);

-- Moves an identity's generator past keys that were given explicitly, as SQL Server does; gives the key back.
CREATE OR REPLACE FUNCTION sim.identity_moved(table_name text, column_name text, last bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE sequence text := pg_get_serial_sequence(table_name, column_name); present bigint; called boolean;
BEGIN
  IF last IS NOT NULL AND sequence IS NOT NULL THEN
    EXECUTE 'SELECT last_value, is_called FROM ' || sequence INTO present, called;
    IF last > present OR (last = present AND NOT called) THEN
      PERFORM setval(sequence, last);
    END IF;
  END IF;
  RETURN last;
END $$;
