-- Signed webhooks for Reverse Sync. Run it in Supabase's SQL editor, or with psql as the role "postgres"; it may be run
-- again at any time. Webhooks that were set up in the dashboard are left alone. Postgres 14 or later; see
-- docs/webhooks.md.
--
-- Afterwards say where the daemon listens. The answer is the line for its .env:
--
--     SELECT reverse_sync.configure_webhooks('https://sync.example.org');
--
-- It makes:  schema   reverse_sync                       (not exposed by Supabase's API)
--            table    reverse_sync.setting               (URL and secret, where there is no Vault)
--            function reverse_sync.configure_webhooks    sets URL and secret
--            function reverse_sync.setting_value         reads them
--            function reverse_sync.webhook_signature     signs one request
--            function reverse_sync.send_webhooks         the trigger function
--            triggers reverse_sync_insert, _update, _delete on the mapped tables

BEGIN;
SET LOCAL lock_timeout = '10s';
SET LOCAL client_min_messages = warning;

-- What it needs: hmac() of pgcrypto, http_post() of pg_net.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pgcrypto') THEN
        CREATE SCHEMA IF NOT EXISTS extensions;
        CREATE EXTENSION pgcrypto WITH SCHEMA extensions;
    END IF;
    IF to_regprocedure('net.http_post(text, jsonb, jsonb, jsonb, integer)') IS NULL THEN
        CREATE EXTENSION pg_net;
    END IF;
END
$$;

CREATE SCHEMA IF NOT EXISTS reverse_sync;
REVOKE ALL ON SCHEMA reverse_sync FROM PUBLIC;

-- Used only where there is no Vault. Nobody but the owner may read it.
CREATE TABLE IF NOT EXISTS reverse_sync.setting (
    name  text PRIMARY KEY,
    value text NOT NULL
);
ALTER TABLE reverse_sync.setting ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON reverse_sync.setting FROM PUBLIC;

-- 'reverse_sync_url' or 'reverse_sync_secret'; NULL when it was never set.
CREATE OR REPLACE FUNCTION reverse_sync.setting_value(wanted text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_value text;
BEGIN
    IF to_regclass('vault.decrypted_secrets') IS NOT NULL THEN
        SELECT decrypted_secret INTO found_value FROM vault.decrypted_secrets WHERE name = wanted;
    END IF;
    IF found_value IS NULL THEN
        SELECT value INTO found_value FROM reverse_sync.setting WHERE name = wanted;
    END IF;
    RETURN found_value;
END
$$;

-- Standard Webhooks: HMAC-SHA256 over "id.timestamp.body" with the bytes that follow "whsec_" in base64.
CREATE OR REPLACE FUNCTION reverse_sync.webhook_signature(secret text, id text, sent_at text, body text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, extensions, pg_temp AS $$
DECLARE
    key     bytea := decode(substr(secret, length('whsec_') + 1), 'base64');
    content bytea := convert_to(id || '.' || sent_at || '.' || body, 'UTF8');
BEGIN
    RETURN 'v1,' || encode(hmac(content, key, 'sha256'::text), 'base64');
END
$$;

-- Sets where the daemon is reached and with what secret. Without a secret the one in use stays, or a new one is made.
-- Returns the line for the daemon's .env.
CREATE OR REPLACE FUNCTION reverse_sync.configure_webhooks(url text, secret text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, extensions, pg_temp AS $$
DECLARE
    wanted record;
    known  uuid;
BEGIN
    IF url IS NULL OR url !~ '^https?://[^/?#[:space:]]+/?$' THEN
        RAISE EXCEPTION 'the url is where the daemon listens, without a path, such as https://sync.example.org';
    END IF;
    secret := coalesce(secret, reverse_sync.setting_value('reverse_sync_secret'),
                       'whsec_' || encode(gen_random_bytes(32), 'base64'));
    IF secret !~ '^whsec_[A-Za-z0-9+/]+=*$'
       OR length(decode(substr(secret, length('whsec_') + 1), 'base64')) NOT BETWEEN 24 AND 64 THEN
        RAISE EXCEPTION 'the secret is whsec_ followed by 24 to 64 random bytes in base64';
    END IF;
    FOR wanted IN VALUES ('reverse_sync_url', rtrim(url, '/')), ('reverse_sync_secret', secret) LOOP
        IF to_regclass('vault.decrypted_secrets') IS NULL THEN
            INSERT INTO reverse_sync.setting VALUES (wanted.column1, wanted.column2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value;
        ELSE
            SELECT id INTO known FROM vault.decrypted_secrets WHERE name = wanted.column1;
            IF known IS NULL THEN
                PERFORM vault.create_secret(wanted.column2, wanted.column1, 'Reverse Sync: signed webhooks');
            ELSE
                PERFORM vault.update_secret(known, wanted.column2);
            END IF;
            DELETE FROM reverse_sync.setting WHERE name = wanted.column1;
        END IF;
    END LOOP;
    RETURN 'SUPABASE_WEBHOOK_SECRET=' || secret;
END
$$;

-- The trigger function: one signed webhook for each row that the statement changed. A webhook holds the row's key and
-- nothing else; the daemon reads the row itself. Arguments: the condition for rows worth a webhook, and the key's columns.
--
-- It does not fail the statement: whatever goes wrong becomes a warning, and the daemon's poll finds the change. The
-- exception is a statement_timeout that is reached in here, for this is part of the writer's statement: a thousand
-- webhooks take about 50 ms. Writes of the daemon itself, which set reverse_sync.origin, are skipped. A statement that
-- inserts or updates more than 1000 rows sends nothing: that is what the poll is good at. Deletions, which the poll
-- cannot find, are always sent, however many; a row that gets another key is deleted under the one that it had.
CREATE OR REPLACE FUNCTION reverse_sync.send_webhooks() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '500ms' AS $$
DECLARE
    most    CONSTANT integer := 1000;
    url     text;
    secret  text;
    pick    text;
    stays   text;
    changed jsonb[];
    gone    jsonb[];
    kind    text;
    key     jsonb;
    body    jsonb;
    id      text;
    sent_at text;
BEGIN
    IF coalesce(current_setting('reverse_sync.origin', true), '') <> '' THEN
        RETURN NULL;
    END IF;
    SELECT string_agg(format('%1$L, %1$I', name), ', '), string_agg(format('n.%1$I = old_rows.%1$I', name), ' AND ')
        INTO pick, stays FROM unnest(TG_ARGV[1:]) AS name;
    pick := 'SELECT jsonb_build_object(' || pick || ') AS key FROM ';
    stays := 'EXISTS (SELECT FROM new_rows AS n WHERE ' || stays || ')';
    IF TG_OP <> 'DELETE' THEN
        -- The old rows too: one that is no longer worth a webhook has left its place.
        EXECUTE 'SELECT array_agg(key) FROM (' || pick || 'new_rows WHERE (' || TG_ARGV[0] || ')'
            || CASE TG_OP WHEN 'UPDATE' THEN ' UNION ' || pick || 'old_rows WHERE (' || TG_ARGV[0] || ') AND ' || stays
                          ELSE '' END
            || ' LIMIT ' || most + 1 || ') AS picked' INTO changed;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        -- A row that got another key is gone under the one that it had.
        EXECUTE 'SELECT array_agg(key) FROM (' || pick || 'old_rows WHERE (' || TG_ARGV[0] || ')'
            || CASE TG_OP WHEN 'UPDATE' THEN ' AND NOT ' || stays ELSE '' END || ') AS picked' INTO gone;
    END IF;
    IF cardinality(changed) > most THEN
        RAISE NOTICE 'reverse_sync: more than % rows of %.% changed at once; the next poll carries them',
            most, TG_TABLE_SCHEMA, TG_TABLE_NAME;
        changed := NULL;
    END IF;
    IF changed IS NULL AND gone IS NULL THEN
        RETURN NULL;
    END IF;

    url := reverse_sync.setting_value('reverse_sync_url');
    secret := reverse_sync.setting_value('reverse_sync_secret');
    IF url IS NULL OR secret IS NULL THEN
        RAISE WARNING 'reverse_sync: no webhook was sent; run reverse_sync.configure_webhooks once';
        RETURN NULL;
    END IF;
    FOR kind, key IN SELECT 'DELETE', unnest(gone) UNION ALL SELECT TG_OP, unnest(changed) LOOP
        body := jsonb_build_object(
            'type', kind, 'schema', TG_TABLE_SCHEMA, 'table', TG_TABLE_NAME,
            'record', CASE WHEN kind <> 'DELETE' THEN key END,
            'old_record', CASE WHEN kind <> 'INSERT' THEN key END);
        id := 'msg_' || gen_random_uuid();
        sent_at := floor(extract(epoch FROM clock_timestamp()))::bigint::text;
        PERFORM net.http_post(
            url := url || '/api/sync/webhook',
            body := body,
            headers := jsonb_build_object(
                'Content-Type', 'application/json',
                'webhook-id', id,
                'webhook-timestamp', sent_at,
                'webhook-signature', reverse_sync.webhook_signature(secret, id, sent_at, body::text)),
            timeout_milliseconds := 5000);
    END LOOP;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'reverse_sync: no webhook was sent for %.% (% %)', TG_TABLE_SCHEMA, TG_TABLE_NAME, SQLSTATE, SQLERRM;
    RETURN NULL;
END
$$;

-- pgcrypto may have been installed into another schema.
DO $$
DECLARE
    place text := (SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'pgcrypto');
BEGIN
    EXECUTE format('ALTER FUNCTION reverse_sync.webhook_signature SET search_path = pg_catalog, %s, pg_temp', place);
    EXECUTE format('ALTER FUNCTION reverse_sync.configure_webhooks SET search_path = pg_catalog, %s, pg_temp', place);
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA reverse_sync FROM PUBLIC;

-- Doctors' notes: new, edited and deleted ones.
CREATE OR REPLACE TRIGGER reverse_sync_insert AFTER INSERT ON public.aligner_notes
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION reverse_sync.send_webhooks('note_type = ''Doctor''', 'note_id');
CREATE OR REPLACE TRIGGER reverse_sync_update AFTER UPDATE ON public.aligner_notes
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION reverse_sync.send_webhooks('note_type = ''Doctor''', 'note_id');
CREATE OR REPLACE TRIGGER reverse_sync_delete AFTER DELETE ON public.aligner_notes
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT
    EXECUTE FUNCTION reverse_sync.send_webhooks('note_type = ''Doctor''', 'note_id');

-- Batches: edited ones alone. New ones come from the lab, and none is ever deleted there.
CREATE OR REPLACE TRIGGER reverse_sync_update AFTER UPDATE ON public.aligner_batches
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT
    EXECUTE FUNCTION reverse_sync.send_webhooks('updated_at > created_at', 'aligner_batch_id');

COMMIT;
