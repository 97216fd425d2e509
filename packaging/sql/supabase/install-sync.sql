-- Reverse Sync on the Supabase side. Run it in Supabase's SQL editor, or with psql as the role "postgres"; it may be run
-- again at any time. The daemon works without it, with more effort. Made by: reverse-syncd sql supabase
--
-- It makes:  schema   reverse_sync                       (not exposed by Supabase's API)
--            function reverse_sync.keep_change_time      the origin guard's trigger function
--            triggers zz_reverse_sync_keep_change_time   on tables that both sides write
--            indexes  on the change times that the daemon reads by
-- and it lets Supabase number new rows downwards from -1 where SQL Server numbers rows of the same table upwards.

BEGIN;
SET LOCAL lock_timeout = '10s';
SET LOCAL client_min_messages = warning;

CREATE SCHEMA IF NOT EXISTS reverse_sync;
REVOKE ALL ON SCHEMA reverse_sync FROM PUBLIC;

-- The origin guard. What the daemon carries from SQL Server is no edit made here: the columns that tell when a row was
-- edited (the trigger's arguments) stay as they were. The triggers' name makes them the last of their table.
CREATE OR REPLACE FUNCTION reverse_sync.keep_change_time() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN jsonb_populate_record(
        NEW, (SELECT jsonb_object_agg(name, to_jsonb(OLD) -> name) FROM unnest(TG_ARGV) AS kept(name)));
END
$$;

CREATE OR REPLACE TRIGGER zz_reverse_sync_keep_change_time BEFORE UPDATE ON "public"."aligner_batches"
    FOR EACH ROW WHEN (current_setting('reverse_sync.origin', true) = 'sqlserver')
    EXECUTE FUNCTION reverse_sync.keep_change_time('updated_at');

-- The daemon asks for what changed behind a time; these keep that cheap, however large a table is. They block writes
-- while they are made: for millions of rows make them first, with CREATE INDEX CONCURRENTLY and the same name.
CREATE INDEX IF NOT EXISTS "aligner_notes_changed_at"
    ON "public"."aligner_notes" (GREATEST("created_at", "edited_at"), "note_id");

CREATE INDEX IF NOT EXISTS "aligner_batches_updated_at"
    ON "public"."aligner_batches" ("updated_at", "aligner_batch_id");

-- Numbers that run in opposite directions never meet.
DO $$
DECLARE
    generator text := pg_get_serial_sequence('"public"."aligner_notes"', 'note_id');
    next_key  bigint;
BEGIN
    IF EXISTS (SELECT FROM pg_sequence WHERE seqrelid = generator::regclass AND seqincrement > 0) THEN
        SELECT least(coalesce(min("note_id"), 0), 0) - 1 INTO next_key FROM "public"."aligner_notes";
        EXECUTE format('ALTER SEQUENCE %s INCREMENT BY -1 NO MINVALUE MAXVALUE -1 START WITH -1 RESTART WITH %s',
                       generator, next_key);
    END IF;
END
$$;

COMMIT;
