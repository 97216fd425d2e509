-- Takes away what install-webhooks.sql made: triggers, functions, URL and secret. Extensions stay, others may use them.
-- May be run again at any time. The daemon goes on with its poll.

BEGIN;
SET LOCAL lock_timeout = '10s';
SET LOCAL client_min_messages = warning;

-- With the trigger function go its triggers, on whatever tables they are.
DROP FUNCTION IF EXISTS reverse_sync.send_webhooks() CASCADE;
DROP FUNCTION IF EXISTS reverse_sync.configure_webhooks(text, text);
DROP FUNCTION IF EXISTS reverse_sync.webhook_signature(text, text, text, text);
DROP FUNCTION IF EXISTS reverse_sync.setting_value(text);
DROP TABLE IF EXISTS reverse_sync.setting;

DO $$
BEGIN
    IF to_regclass('vault.secrets') IS NOT NULL THEN
        DELETE FROM vault.secrets WHERE name IN ('reverse_sync_url', 'reverse_sync_secret');
    END IF;
END
$$;

DO $$
BEGIN
    DROP SCHEMA IF EXISTS reverse_sync;
EXCEPTION WHEN dependent_objects_still_exist THEN
    RAISE WARNING 'the schema reverse_sync is kept, for something else is in it';
END
$$;

COMMIT;
