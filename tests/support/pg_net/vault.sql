-- What Supabase Vault offers, without its encryption.

CREATE SCHEMA vault;

CREATE TABLE vault.secrets (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name        text UNIQUE,
    description text NOT NULL DEFAULT '',
    secret      text NOT NULL
);

CREATE VIEW vault.decrypted_secrets AS
SELECT id, name, description, encode(convert_to(secret, 'UTF8'), 'base64') AS secret, secret AS decrypted_secret
FROM vault.secrets;

CREATE FUNCTION vault.create_secret(new_secret text, new_name text DEFAULT NULL, new_description text DEFAULT '',
                                    new_key_id uuid DEFAULT NULL)
RETURNS uuid LANGUAGE sql SECURITY DEFINER AS $$
    INSERT INTO vault.secrets (secret, name, description) VALUES (new_secret, new_name, new_description) RETURNING id
$$;

CREATE FUNCTION vault.update_secret(secret_id uuid, new_secret text DEFAULT NULL, new_name text DEFAULT NULL,
                                    new_description text DEFAULT NULL, new_key_id uuid DEFAULT NULL)
RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    UPDATE vault.secrets
    SET secret = coalesce(new_secret, secret), name = coalesce(new_name, name),
        description = coalesce(new_description, description)
    WHERE id = secret_id
$$;
