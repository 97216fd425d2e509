-- The catalog views of the sys and INFORMATION_SCHEMA schemas, and the functions that ask the same things.
CREATE OR REPLACE FUNCTION sim.relation(o sim.object) RETURNS oid LANGUAGE sql STABLE AS $$
  SELECT to_regclass(quote_ident(o.schema_name) || '.' || quote_ident(o.name))::oid $$;
CREATE OR REPLACE FUNCTION sim.schema_id_of(n text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE lower(n) COLLATE "C" WHEN 'dbo' THEN 1 WHEN 'sys' THEN 4 WHEN 'information_schema' THEN 3 ELSE 5 + abs(hashtext(lower(n))) % 1000 END $$;

CREATE TABLE IF NOT EXISTS sim.type (name text, system_type_id int, max_length int, prec int, scale int);
TRUNCATE sim.type;
INSERT INTO sim.type VALUES ('image',34,16,0,0),('text',35,16,0,0),('uniqueidentifier',36,16,0,0),('date',40,3,10,0),('time',41,5,16,7),('datetime2',42,8,27,7),
 ('datetimeoffset',43,10,34,7),('tinyint',48,1,3,0),('smallint',52,2,5,0),('int',56,4,10,0),('smalldatetime',58,4,16,0),('real',59,4,24,0),('money',60,8,19,4),
 ('datetime',61,8,23,3),('float',62,8,53,0),('ntext',99,16,0,0),('bit',104,1,1,0),('decimal',106,17,38,38),('smallmoney',122,4,10,4),('bigint',127,8,19,0),
 ('varbinary',165,8000,0,0),('varchar',167,8000,0,0),('binary',173,8000,0,0),('char',175,8000,0,0),('nvarchar',231,8000,0,0),('nchar',239,8000,0,0);

CREATE OR REPLACE FUNCTION sim.column_bytes(c sim.column) RETURNS smallint LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN c.type_name IN ('nvarchar', 'nchar') AND c.length > 0 THEN c.length * 2
              WHEN c.type_name IN ('varchar', 'char', 'binary', 'varbinary', 'nvarchar', 'nchar') THEN c.length
              WHEN c.type_name = 'decimal' THEN CASE WHEN c.prec <= 9 THEN 5 WHEN c.prec <= 19 THEN 9 WHEN c.prec <= 28 THEN 13 ELSE 17 END
              ELSE (SELECT t.max_length FROM sim.type t WHERE t.name = c.type_name) END::smallint $$;
CREATE OR REPLACE FUNCTION sim.column_precision(c sim.column) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN c.type_name = 'decimal' THEN c.prec ELSE (SELECT t.prec FROM sim.type t WHERE t.name = c.type_name) END $$;
CREATE OR REPLACE FUNCTION sim.column_scale(c sim.column) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN c.type_name IN ('decimal', 'time', 'datetime2', 'datetimeoffset') THEN c.scale ELSE (SELECT t.scale FROM sim.type t WHERE t.name = c.type_name) END $$;

DROP VIEW IF EXISTS sim.constraint_object, sim.index_row CASCADE;
DROP VIEW IF EXISTS sys.schemas, sys.objects, sys.all_objects, sys.tables, sys.views, sys.procedures, sys.triggers, sys.columns, sys.all_columns, sys.types, sys.indexes, sys.index_columns,
  sys.key_constraints, sys.foreign_keys, sys.foreign_key_columns, sys.check_constraints, sys.default_constraints, sys.computed_columns, sys.identity_columns,
  sys.sql_modules, sys.extended_properties, sys.databases, sys.dm_exec_sessions, sys.dm_exec_connections, sys.configurations, sys.partitions CASCADE;
DROP VIEW IF EXISTS information_schema_ms."TABLES", information_schema_ms."COLUMNS", information_schema_ms."ROUTINES", information_schema_ms."KEY_COLUMN_USAGE", information_schema_ms."TABLE_CONSTRAINTS" CASCADE;

CREATE VIEW sys.schemas AS
  SELECT nspname::text::sim.sysname AS name, sim.schema_id_of(nspname::text) AS schema_id, 1 AS principal_id FROM pg_namespace
   WHERE nspname NOT LIKE 'pg\_%' AND nspname NOT IN ('information_schema', 'sim', 'public', 'information_schema_ms');

CREATE VIEW sim.constraint_object AS
  SELECT c.oid::int AS object_id, c.conname::text AS name, o.object_id AS parent_id, o.schema_name, c.contype::text AS contype,
         CASE c.contype WHEN 'p' THEN 'PK' WHEN 'u' THEN 'UQ' WHEN 'f' THEN 'F ' WHEN 'c' THEN 'C ' END AS kind, c.oid, c.conrelid, c.confrelid, c.conkey, c.confkey,
         c.confdeltype::text AS confdeltype, c.confupdtype::text AS confupdtype, c.conindid
    FROM sim.object o JOIN pg_constraint c ON c.conrelid = sim.relation(o) WHERE o.kind = 'U' AND c.contype IN ('p', 'u', 'f', 'c');

CREATE VIEW sys.objects AS
  SELECT name::sim.sysname AS name, object_id, sim.schema_id_of(schema_name) AS schema_id, parent_id AS parent_object_id, rpad(kind, 2)::sim.char2 AS type,
         (CASE kind WHEN 'U' THEN 'USER_TABLE' WHEN 'V' THEN 'VIEW' WHEN 'P' THEN 'SQL_STORED_PROCEDURE' WHEN 'TR' THEN 'SQL_TRIGGER'
               WHEN 'FN' THEN 'SQL_SCALAR_FUNCTION' ELSE 'SEQUENCE_OBJECT' END)::sim.kind AS type_desc,
         created::sim.datetime_ms AS create_date, modified::sim.datetime_ms AS modify_date, 0::smallint::sim.bit AS is_ms_shipped FROM sim.object
  UNION ALL
  SELECT name::sim.sysname, object_id, sim.schema_id_of(schema_name), parent_id, kind::sim.char2,
         (CASE kind WHEN 'PK' THEN 'PRIMARY_KEY_CONSTRAINT' WHEN 'UQ' THEN 'UNIQUE_CONSTRAINT' WHEN 'F ' THEN 'FOREIGN_KEY_CONSTRAINT' ELSE 'CHECK_CONSTRAINT' END)::sim.kind,
         timestamp '2020-01-01', timestamp '2020-01-01', 0::smallint FROM sim.constraint_object
  UNION ALL
  SELECT default_name::sim.sysname, -(object_id % 1000000 * 1000 + column_id), 1, object_id, 'D '::sim.char2, 'DEFAULT_CONSTRAINT'::sim.kind, timestamp '2020-01-01', timestamp '2020-01-01', 0::smallint
    FROM sim.column WHERE default_name IS NOT NULL;
CREATE VIEW sys.all_objects AS SELECT * FROM sys.objects;
CREATE VIEW sys.tables AS SELECT *, 0::smallint::sim.bit AS is_memory_optimized, 0::smallint::sim.tinyint AS temporal_type FROM sys.objects WHERE type_desc = 'USER_TABLE';
CREATE VIEW sys.views AS SELECT * FROM sys.objects WHERE type_desc = 'VIEW';
CREATE VIEW sys.procedures AS SELECT * FROM sys.objects WHERE type_desc = 'SQL_STORED_PROCEDURE';
CREATE VIEW sys.triggers AS
  SELECT name::sim.sysname AS name, object_id, 1::smallint::sim.tinyint AS parent_class, 'OBJECT_OR_COLUMN'::sim.kind AS parent_class_desc, parent_id, 'TR'::sim.char2 AS type,
         'SQL_TRIGGER'::sim.kind AS type_desc, created::sim.datetime_ms AS create_date, modified::sim.datetime_ms AS modify_date, 0::smallint::sim.bit AS is_ms_shipped,
         disabled::int::smallint::sim.bit AS is_disabled, 0::smallint::sim.bit AS is_not_for_replication, 0::smallint::sim.bit AS is_instead_of_trigger
    FROM sim.object WHERE kind = 'TR';
CREATE VIEW sys.sql_modules AS
  SELECT object_id, definition::sim.ntext AS definition, 1::smallint::sim.bit AS uses_ansi_nulls, 1::smallint::sim.bit AS uses_quoted_identifier FROM sim.object WHERE definition IS NOT NULL;
CREATE VIEW sys.extended_properties AS
  SELECT 1::smallint::sim.tinyint AS class, 'OBJECT_OR_COLUMN'::sim.kind AS class_desc, major_id, minor_id, name::sim.sysname AS name, value::sim.ntext AS value
    FROM sim.extended_property;
CREATE VIEW sys.columns AS
  SELECT c.object_id, c.name::sim.sysname AS name, c.column_id, t.system_type_id::smallint::sim.tinyint AS system_type_id, t.system_type_id AS user_type_id,
         sim.column_bytes(c) AS max_length, sim.column_precision(c)::smallint::sim.tinyint AS "precision", sim.column_scale(c)::smallint::sim.tinyint AS scale,
         c.coll::sim.sysname AS collation_name, c.nullable::int::smallint::sim.bit AS is_nullable, 1::smallint::sim.bit AS is_ansi_padded,
         0::smallint::sim.bit AS is_rowguidcol, c.is_identity::int::smallint::sim.bit AS is_identity, (c.computed IS NOT NULL)::int::smallint::sim.bit AS is_computed,
         (CASE WHEN c.default_name IS NULL THEN 0 ELSE -(c.object_id % 1000000 * 1000 + c.column_id) END)::int AS default_object_id, 0::smallint::sim.bit AS is_hidden,
         0::smallint::sim.bit AS is_sparse, 0::smallint::sim.tinyint AS generated_always_type
    FROM sim.column c JOIN sim.type t ON t.name = c.type_name;
CREATE VIEW sys.all_columns AS SELECT * FROM sys.columns;
CREATE VIEW sys.types AS
  SELECT name::sim.sysname AS name, system_type_id::smallint::sim.tinyint AS system_type_id, system_type_id AS user_type_id, 4 AS schema_id, max_length::smallint AS max_length,
         prec::smallint::sim.tinyint AS "precision", scale::smallint::sim.tinyint AS scale, 1::smallint::sim.bit AS is_nullable, 0::smallint::sim.bit AS is_user_defined FROM sim.type
  UNION ALL SELECT 'sysname', 231, 256, 4, 256, 0, 0, 0, 0;
CREATE VIEW sys.computed_columns AS
  SELECT s.*, c.computed::sim.ntext AS definition, c.persisted::int::smallint::sim.bit AS is_persisted FROM sys.columns s JOIN sim.column c ON c.object_id = s.object_id AND c.column_id = s.column_id
   WHERE c.computed IS NOT NULL;

CREATE OR REPLACE FUNCTION sim.last_identity(c sim.column) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE o sim.object;
BEGIN
  SELECT * INTO o FROM sim.object WHERE object_id = c.object_id;
  RETURN pg_sequence_last_value(pg_get_serial_sequence(quote_ident(o.schema_name) || '.' || quote_ident(o.name), c.name)::regclass);
END $$;
CREATE VIEW sys.identity_columns AS
  SELECT s.*, c.seed AS seed_value, c.increment AS increment_value, sim.last_identity(c) AS last_value, 0::smallint::sim.bit AS is_not_for_replication
    FROM sys.columns s JOIN sim.column c ON c.object_id = s.object_id AND c.column_id = s.column_id WHERE c.is_identity;
CREATE VIEW sys.default_constraints AS
  SELECT default_name::sim.sysname AS name, -(object_id % 1000000 * 1000 + column_id) AS object_id, object_id AS parent_object_id, column_id AS parent_column_id, 1 AS schema_id,
         default_text::sim.ntext AS definition, 'D '::sim.char2 AS type FROM sim.column WHERE default_name IS NOT NULL;

CREATE VIEW sim.index_row AS
  SELECT o.object_id, i.relname::text AS pg_name, x.indexrelid, x.indrelid, x.indisunique, x.indisprimary, x.indpred IS NOT NULL AS filtered, x.indkey::int[] AS keys, x.indnkeyatts AS key_count,
         (x.indoption::int[]) AS options, row_number() OVER (PARTITION BY o.object_id ORDER BY x.indisprimary DESC, x.indexrelid)::int AS index_id,
         CASE WHEN strpos(i.relname, '~') > 0 THEN split_part(i.relname::text, '~', 2) ELSE i.relname::text END AS name, c.contype::text AS contype,
         pg_get_expr(x.indpred, x.indrelid) AS predicate
    FROM sim.object o JOIN pg_index x ON x.indrelid = sim.relation(o) JOIN pg_class i ON i.oid = x.indexrelid
    LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.contype IN ('p', 'u') WHERE o.kind = 'U';
CREATE VIEW sys.indexes AS
  SELECT object_id, name::sim.sysname AS name, index_id, (CASE WHEN indisprimary THEN 1 ELSE 2 END)::smallint::sim.tinyint AS type,
         (CASE WHEN indisprimary THEN 'CLUSTERED' ELSE 'NONCLUSTERED' END)::sim.kind AS type_desc, indisunique::int::smallint::sim.bit AS is_unique, 1 AS data_space_id,
         indisprimary::int::smallint::sim.bit AS is_primary_key, (contype IS NOT DISTINCT FROM 'u')::int::smallint::sim.bit AS is_unique_constraint, 0::smallint::sim.tinyint AS fill_factor,
         0::smallint::sim.bit AS is_disabled, 0::smallint::sim.bit AS is_hypothetical, filtered::int::smallint::sim.bit AS has_filter, predicate::sim.ntext AS filter_definition FROM sim.index_row;
CREATE VIEW sys.index_columns AS
  SELECT r.object_id, r.index_id, k.i::int AS index_column_id, c.column_id, (CASE WHEN k.i <= r.key_count THEN k.i ELSE 0 END)::smallint::sim.tinyint AS key_ordinal,
         0::smallint::sim.tinyint AS partition_ordinal, (CASE WHEN k.i <= r.key_count THEN r.options[k.i - 1] & 1 ELSE 0 END)::smallint::sim.bit AS is_descending_key,
         (k.i > r.key_count)::int::smallint::sim.bit AS is_included_column
    FROM sim.index_row r CROSS JOIN unnest(r.keys) WITH ORDINALITY k(n, i) JOIN pg_attribute a ON a.attrelid = r.indrelid AND a.attnum = k.n
    JOIN sim.column c ON c.object_id = r.object_id AND c.name = a.attname::text;
CREATE VIEW sys.key_constraints AS
  SELECT k.name::sim.sysname AS name, k.object_id, sim.schema_id_of(k.schema_name) AS schema_id, k.parent_id AS parent_object_id, k.kind::sim.char2 AS type,
         (CASE k.kind WHEN 'PK' THEN 'PRIMARY_KEY_CONSTRAINT' ELSE 'UNIQUE_CONSTRAINT' END)::sim.kind AS type_desc, r.index_id AS unique_index_id, 0::smallint::sim.bit AS is_system_named
    FROM sim.constraint_object k LEFT JOIN sim.index_row r ON r.indexrelid = k.conindid WHERE k.contype IN ('p', 'u');
CREATE VIEW sys.check_constraints AS
  SELECT k.name::sim.sysname AS name, k.object_id, sim.schema_id_of(k.schema_name) AS schema_id, k.parent_id AS parent_object_id, 'C '::sim.char2 AS type, pg_get_constraintdef(k.oid)::sim.ntext AS definition,
         0::smallint::sim.bit AS is_disabled, 0 AS parent_column_id FROM sim.constraint_object k WHERE k.contype = 'c';
CREATE VIEW sys.foreign_keys AS
  SELECT k.name::sim.sysname AS name, k.object_id, sim.schema_id_of(k.schema_name) AS schema_id, k.parent_id AS parent_object_id, 'F '::sim.char2 AS type, p.object_id AS referenced_object_id,
         0::smallint::sim.bit AS is_disabled, (CASE k.confdeltype WHEN 'c' THEN 1 WHEN 'n' THEN 2 WHEN 'd' THEN 3 ELSE 0 END)::smallint::sim.tinyint AS delete_referential_action,
         (CASE k.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET_NULL' WHEN 'd' THEN 'SET_DEFAULT' ELSE 'NO_ACTION' END)::sim.kind AS delete_referential_action_desc,
         0::smallint::sim.tinyint AS update_referential_action, 'NO_ACTION'::sim.kind AS update_referential_action_desc, 0::smallint::sim.bit AS is_not_trusted
    FROM sim.constraint_object k JOIN sim.object p ON p.kind = 'U' AND sim.relation(p) = k.confrelid WHERE k.contype = 'f';
CREATE VIEW sys.foreign_key_columns AS
  SELECT k.object_id AS constraint_object_id, i::int AS constraint_column_id, k.parent_id AS parent_object_id, c.column_id AS parent_column_id, p.object_id AS referenced_object_id, d.column_id AS referenced_column_id
    FROM sim.constraint_object k JOIN sim.object p ON p.kind = 'U' AND sim.relation(p) = k.confrelid CROSS JOIN generate_subscripts(k.conkey, 1) i
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[i] JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[i]
    JOIN sim.column c ON c.object_id = k.parent_id AND c.name = a.attname::text JOIN sim.column d ON d.object_id = p.object_id AND d.name = b.attname::text WHERE k.contype = 'f';
CREATE VIEW sys.databases AS
  SELECT name::sim.sysname AS name, id AS database_id, 150::smallint::sim.tinyint AS compatibility_level, 'Arabic_CI_AS'::sim.sysname AS collation_name, 0::smallint::sim.bit AS is_read_committed_snapshot_on,
         0::smallint::sim.tinyint AS state, 'ONLINE'::sim.kind AS state_desc, 0::smallint::sim.tinyint AS snapshot_isolation_state, 'SIMPLE'::sim.kind AS recovery_model_desc, 0::smallint::sim.bit AS is_broker_enabled,
         0::smallint::sim.bit AS is_quoted_identifier_on, 0::smallint::sim.bit AS is_ansi_warnings_on, 0::smallint::sim.bit AS is_arithabort_on, 0::smallint::sim.bit AS is_read_only
    FROM (VALUES ('master', 1), ('tempdb', 2), ('model', 3), ('msdb', 4), ((SELECT value FROM sim.setting WHERE name = 'database'), 5)) d(name, id);
CREATE VIEW sys.dm_exec_sessions AS
  SELECT s.session_id::smallint AS session_id, s.login_time::sim.datetime_ms AS login_time, s.host_name::sim.sysname AS host_name, s.program_name::sim.sysname AS program_name, s.login_name::sim.sysname AS login_name,
         s.login_name::sim.sysname AS original_login_name, 1::smallint::sim.bit AS is_user_process, (CASE a.state WHEN 'active' THEN 'running' ELSE 'sleeping' END)::sim.kind AS status,
         5::smallint AS database_id, (CASE WHEN a.state LIKE 'idle in%' OR a.xact_start IS NOT NULL AND a.state <> 'active' THEN 1 ELSE 0 END)::int AS open_transaction_count
    FROM sim.session s JOIN pg_stat_activity a ON a.pid = s.pid;
CREATE VIEW information_schema_ms."TABLES" AS
  SELECT (SELECT value FROM sim.setting WHERE name = 'database')::sim.sysname AS "TABLE_CATALOG", schema_name::sim.sysname AS "TABLE_SCHEMA", name::sim.sysname AS "TABLE_NAME",
         (CASE kind WHEN 'U' THEN 'BASE TABLE' ELSE 'VIEW' END)::sim.kind AS "TABLE_TYPE" FROM sim.object WHERE kind IN ('U', 'V');
CREATE VIEW information_schema_ms."COLUMNS" AS
  SELECT (SELECT value FROM sim.setting WHERE name = 'database')::sim.sysname AS "TABLE_CATALOG", o.schema_name::sim.sysname AS "TABLE_SCHEMA", o.name::sim.sysname AS "TABLE_NAME", c.name::sim.sysname AS "COLUMN_NAME",
         c.column_id AS "ORDINAL_POSITION", c.default_text::sim.ntext AS "COLUMN_DEFAULT", (CASE WHEN c.nullable THEN 'YES' ELSE 'NO' END)::sim.kind AS "IS_NULLABLE", c.type_name::sim.sysname AS "DATA_TYPE",
         CASE WHEN c.type_name LIKE '%char' OR c.type_name LIKE '%binary' THEN c.length END AS "CHARACTER_MAXIMUM_LENGTH", CASE WHEN c.type_name LIKE '%char' THEN sim.column_bytes(c)::int END AS "CHARACTER_OCTET_LENGTH",
         CASE WHEN t.system_type_id IN (48, 52, 56, 127, 106, 60, 122, 59, 62) THEN sim.column_precision(c)::smallint::sim.tinyint END AS "NUMERIC_PRECISION",
         CASE WHEN t.system_type_id IN (48, 52, 56, 127, 106, 60, 122) THEN sim.column_scale(c) END AS "NUMERIC_SCALE",
         CASE WHEN t.system_type_id IN (40, 41, 42, 43, 58, 61) THEN sim.column_scale(c)::smallint END AS "DATETIME_PRECISION", c.coll::sim.sysname AS "COLLATION_NAME"
    FROM sim.object o JOIN sim.column c ON c.object_id = o.object_id JOIN sim.type t ON t.name = c.type_name;
CREATE VIEW information_schema_ms."TABLE_CONSTRAINTS" AS
  SELECT k.schema_name::sim.sysname AS "CONSTRAINT_SCHEMA", k.name::sim.sysname AS "CONSTRAINT_NAME", o.schema_name::sim.sysname AS "TABLE_SCHEMA", o.name::sim.sysname AS "TABLE_NAME",
         (CASE k.kind WHEN 'PK' THEN 'PRIMARY KEY' WHEN 'UQ' THEN 'UNIQUE' WHEN 'F ' THEN 'FOREIGN KEY' ELSE 'CHECK' END)::sim.kind AS "CONSTRAINT_TYPE"
    FROM sim.constraint_object k JOIN sim.object o ON o.object_id = k.parent_id;
CREATE VIEW information_schema_ms."KEY_COLUMN_USAGE" AS
  SELECT k.name::sim.sysname AS "CONSTRAINT_NAME", o.schema_name::sim.sysname AS "TABLE_SCHEMA", o.name::sim.sysname AS "TABLE_NAME", a.attname::text::sim.sysname AS "COLUMN_NAME", u.i::int AS "ORDINAL_POSITION"
    FROM sim.constraint_object k JOIN sim.object o ON o.object_id = k.parent_id CROSS JOIN unnest(k.conkey) WITH ORDINALITY u(n, i) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n WHERE k.contype <> 'c';

-- '[db].[dbo].[name]' as its last two parts.
CREATE OR REPLACE FUNCTION sim.name_parts(n text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT array_agg(lower(coalesce(m[1], m[2], m[3]))) FROM regexp_matches(n COLLATE "C", '\[([^\]]*)\]|"([^"]*)"|([^.\[\]"]+)', 'g') m $$;
CREATE OR REPLACE FUNCTION sim.object_id(n text, k text DEFAULT NULL) RETURNS int LANGUAGE plpgsql STABLE AS $$
DECLARE p text[] := sim.name_parts(n); found int;
BEGIN
  -- Most names are those of tables; the view is much slower than their own catalog.
  IF array_upper(p, 1) = 2 THEN
    SELECT o.object_id INTO found FROM sim.object o
     WHERE lower(o.name COLLATE "C") = p[2] COLLATE "C" AND lower(o.schema_name COLLATE "C") = p[1] COLLATE "C"
       AND o.kind = 'U' AND (k IS NULL OR btrim(upper(k)) COLLATE "C" = 'U') LIMIT 1;
  END IF;
  IF found IS NULL THEN
    SELECT o.object_id INTO found FROM sys.objects o
     WHERE lower(o.name COLLATE "C") = p[array_upper(p, 1)] AND (k IS NULL OR btrim(upper(k)) COLLATE "C" = btrim(o.type) COLLATE "C")
       AND (array_upper(p, 1) = 1 AND o.schema_id = 1 OR o.schema_id = sim.schema_id_of(p[array_upper(p, 1) - 1]) OR n LIKE '%..%') LIMIT 1;
  END IF;
  RETURN found;
END $$;
CREATE OR REPLACE FUNCTION sim.object_name(id int, db int DEFAULT NULL) RETURNS text LANGUAGE sql STABLE AS $$ SELECT name FROM sys.objects WHERE object_id = id LIMIT 1 $$;
CREATE OR REPLACE FUNCTION sim.object_schema_name(id int, db int DEFAULT NULL) RETURNS text LANGUAGE sql STABLE AS $$ SELECT schema_name FROM sim.object WHERE object_id = id $$;
CREATE OR REPLACE FUNCTION sim.object_definition(id int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT definition FROM sim.object WHERE object_id = id $$;
CREATE OR REPLACE FUNCTION sim.schema_name(id int DEFAULT 1) RETURNS text LANGUAGE sql STABLE AS $$ SELECT name FROM sys.schemas WHERE schema_id = id $$;
CREATE OR REPLACE FUNCTION sim.schema_id(n text DEFAULT 'dbo') RETURNS int LANGUAGE sql STABLE AS $$ SELECT schema_id FROM sys.schemas WHERE lower(name COLLATE "C") = lower(n) COLLATE "C" $$;
CREATE OR REPLACE FUNCTION sim.type_name(id int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT name FROM sys.types WHERE user_type_id = id $$;
CREATE OR REPLACE FUNCTION sim.type_id(n text) RETURNS int LANGUAGE sql STABLE AS $$ SELECT user_type_id FROM sys.types WHERE name = n $$;
CREATE OR REPLACE FUNCTION sim.col_length(t text, c text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT max_length::int FROM sys.columns WHERE object_id = sim.object_id(t) AND lower(name COLLATE "C") = lower(c) COLLATE "C" $$;
CREATE OR REPLACE FUNCTION sim.col_name(id int, n int) RETURNS text LANGUAGE sql STABLE AS $$ SELECT name FROM sim.column WHERE object_id = id AND column_id = n $$;
CREATE OR REPLACE FUNCTION sim.columnproperty(id int, c text, p text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT CASE lower(p) COLLATE "C" WHEN 'isidentity' THEN is_identity WHEN 'iscomputed' THEN is_computed WHEN 'allowsnull' THEN is_nullable WHEN 'columnid' THEN column_id
         WHEN 'precision' THEN "precision" WHEN 'scale' THEN scale END::int FROM sys.columns WHERE object_id = id AND lower(name COLLATE "C") = lower(c) COLLATE "C" $$;
CREATE OR REPLACE FUNCTION sim.objectproperty(id int, p text) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT CASE lower(p) COLLATE "C" WHEN 'istable' THEN (type_desc = 'USER_TABLE')::int WHEN 'isusertable' THEN (type_desc = 'USER_TABLE')::int WHEN 'isview' THEN (type_desc = 'VIEW')::int
         WHEN 'isprocedure' THEN (type_desc = 'SQL_STORED_PROCEDURE')::int WHEN 'istrigger' THEN (type_desc = 'SQL_TRIGGER')::int
         WHEN 'tablehasidentity' THEN (SELECT count(*) FROM sim.column c WHERE c.object_id = id AND c.is_identity)::int
         WHEN 'tablehasprimarykey' THEN (SELECT count(*) FROM sys.key_constraints k WHERE k.parent_object_id = id AND k.type = 'PK')::int
         WHEN 'execistriggerdisabled' THEN (SELECT disabled::int FROM sim.object t WHERE t.object_id = id) END FROM sys.objects WHERE object_id = id $$;
CREATE OR REPLACE FUNCTION sim.objectpropertyex(id int, p text) RETURNS int LANGUAGE sql STABLE AS $$ SELECT sim.objectproperty(id, p) $$;
CREATE OR REPLACE FUNCTION sim.ident_current(t text) RETURNS numeric LANGUAGE sql STABLE AS $$
  SELECT coalesce(sim.last_identity(c), c.seed)::numeric FROM sim.column c WHERE c.object_id = sim.object_id(t) AND c.is_identity $$;
CREATE OR REPLACE FUNCTION sim.ident_seed(t text) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT seed::numeric FROM sim.column WHERE object_id = sim.object_id(t) AND is_identity $$;
CREATE OR REPLACE FUNCTION sim.ident_incr(t text) RETURNS numeric LANGUAGE sql STABLE AS $$ SELECT increment::numeric FROM sim.column WHERE object_id = sim.object_id(t) AND is_identity $$;
