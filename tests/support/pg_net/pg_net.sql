-- What Supabase has and a plain Postgres lacks: the schema "net" of pg_net, as far as webhooks use it. Requests wait in
-- a queue until their transaction commits; tests/support/pg_net/worker.cpp sends them.

CREATE SCHEMA net;
GRANT USAGE ON SCHEMA net TO PUBLIC;

CREATE UNLOGGED TABLE net.http_request_queue (
    id                   bigserial,
    method               text NOT NULL,
    url                  text NOT NULL,
    headers              jsonb,
    body                 bytea,
    timeout_milliseconds int NOT NULL
);

CREATE UNLOGGED TABLE net._http_response (
    id           bigint,
    status_code  integer,
    content_type text,
    headers      jsonb,
    content      text,
    timed_out    bool,
    error_msg    text,
    created      timestamptz NOT NULL DEFAULT now()
);

-- pg_net's own signature and rules: JSON alone, the body is the jsonb's text, the answer is the request's number.
CREATE FUNCTION net.http_post(url text, body jsonb DEFAULT '{}', params jsonb DEFAULT '{}',
                              headers jsonb DEFAULT '{"Content-Type": "application/json"}',
                              timeout_milliseconds int DEFAULT 5000)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    content_type text;
    number       bigint;
BEGIN
    SELECT value INTO content_type FROM jsonb_each_text(coalesce(headers, '{}')) WHERE lower(key) = 'content-type';
    IF content_type IS NULL THEN
        headers := headers || '{"Content-Type": "application/json"}';
    ELSIF content_type <> 'application/json' THEN
        RAISE EXCEPTION 'Content-Type header must be "application/json"';
    END IF;
    IF params <> '{}' THEN
        RAISE EXCEPTION 'the stand-in takes no parameters';
    END IF;
    INSERT INTO net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    VALUES ('POST', url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds)
    RETURNING id INTO number;
    NOTIFY pg_net;
    RETURN number;
END
$$;

GRANT ALL ON ALL TABLES IN SCHEMA net TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA net TO PUBLIC;
