-- Takes away what install-sync.sql made; may be run again at any time. Afterwards the daemon remembers its own writes
-- itself. The indexes stay: they may have been there before. Made by: reverse-syncd sql supabase --uninstall

BEGIN;
SET LOCAL lock_timeout = '10s';
SET LOCAL client_min_messages = warning;

-- With the trigger function go its triggers, on whatever tables they are.
DROP FUNCTION IF EXISTS reverse_sync.keep_change_time() CASCADE;

DO $$
BEGIN
    DROP SCHEMA IF EXISTS reverse_sync;
EXCEPTION WHEN dependent_objects_still_exist THEN
    RAISE WARNING 'the schema reverse_sync is kept, for something else is in it';
END
$$;

-- New rows are numbered upwards again; from now on both sides can give the same number.
DO $$
DECLARE
    generator text := pg_get_serial_sequence('"public"."aligner_notes"', 'note_id');
    next_key  bigint;
BEGIN
    IF EXISTS (SELECT FROM pg_sequence WHERE seqrelid = generator::regclass AND seqincrement < 0) THEN
        SELECT greatest(coalesce(max("note_id"), 0), 0) + 1 INTO next_key FROM "public"."aligner_notes";
        EXECUTE format('ALTER SEQUENCE %s INCREMENT BY 1 MINVALUE 1 NO MAXVALUE START WITH 1 RESTART WITH %s',
                       generator, next_key);
    END IF;
END
$$;

COMMIT;
