-- Character and binary functions with T-SQL's meaning. What is in SQL is inlined: usual values then cost no call.
CREATE OR REPLACE FUNCTION sim.u16_beyond(x text) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE bytes bytea;
BEGIN
  bytes := convert_to(x, 'UTF8');
  -- Characters beyond the basic plane begin with one of these.
  IF position('\xf0'::bytea IN bytes) + position('\xf1'::bytea IN bytes) + position('\xf2'::bytea IN bytes)
     + position('\xf3'::bytea IN bytes) + position('\xf4'::bytea IN bytes) = 0 THEN RETURN length(x); END IF;
  RETURN length(x) + length(regexp_replace(x COLLATE "C", '[^\U00010000-\U0010FFFF]+', '', 'g'));
END $$;
CREATE OR REPLACE FUNCTION sim.u16(x text) RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(x) < length(x) + 3 THEN length(x) ELSE sim.u16_beyond(x) END $$;

CREATE OR REPLACE FUNCTION sim.cut_long(x text, n int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE y text := left(x, n); units int := 0; taken int := 0; c text;
BEGIN
  -- Characters beyond the basic plane count twice and are never halved.
  IF octet_length(y) < length(y) + 3 OR sim.u16(y) = length(y) THEN RETURN y; END IF;
  FOREACH c IN ARRAY string_to_array(y COLLATE "C", NULL) LOOP
    units := units + CASE WHEN octet_length(c) = 4 THEN 2 ELSE 1 END;
    EXIT WHEN units > n;
    taken := taken + 1;
  END LOOP;
  RETURN left(y, taken);
END $$;
CREATE OR REPLACE FUNCTION sim.cut(x text, n int) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN octet_length(x) <= n THEN x ELSE sim.cut_long(x, n) END $$;

CREATE OR REPLACE FUNCTION sim.pad(x text, n int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN sim.u16(x) < n THEN x || repeat(' ', n - sim.u16(x)) ELSE x END;
END $$;

CREATE OR REPLACE FUNCTION sim.fit_long(x text, n int, place text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF sim.u16(x) > n THEN
    IF sim.u16(rtrim(x, ' ')) <= n THEN
      RETURN sim.cut(x, n);
    END IF;
    PERFORM sim.raise(2628, place || ' Truncated value: ''' || sim.cut(x, n) || '''.');
  END IF;
  RETURN x;
END $$;
CREATE OR REPLACE FUNCTION sim.fit(x text, n int, place text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN octet_length(x) <= n THEN x ELSE sim.fit_long(x, n, place) END $$;

CREATE OR REPLACE FUNCTION sim.fit(x bytea, n int, place text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF octet_length(x) > n THEN
    PERFORM sim.raise(2628, place || ' Truncated value: ''''.');
  END IF;
  RETURN x;
END $$;

CREATE OR REPLACE FUNCTION sim.cut(x bytea, n int) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT substr(x, 1, n) $$;
CREATE OR REPLACE FUNCTION sim.pad(x bytea, n int) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN x || decode(repeat('00', greatest(n - octet_length(x), 0)), 'hex');
END $$;

CREATE OR REPLACE FUNCTION sim.to_utf16le(x text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(CASE WHEN cp < 65536 THEN set_byte(set_byte('\x0000', 0, cp & 255), 1, cp >> 8)
      ELSE set_byte(set_byte(set_byte(set_byte('\x00000000', 0, (55296 + ((cp - 65536) >> 10)) & 255), 1, (55296 + ((cp - 65536) >> 10)) >> 8),
                    2, (56320 + ((cp - 65536) & 1023)) & 255), 3, (56320 + ((cp - 65536) & 1023)) >> 8) END, ''::bytea ORDER BY i), ''::bytea)
    FROM (SELECT ascii(c) AS cp, i FROM regexp_split_to_table(x COLLATE "C", '') WITH ORDINALITY AS s(c, i) WHERE c <> '') t $$;
CREATE OR REPLACE FUNCTION sim.from_utf16le(x bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(CASE WHEN u BETWEEN 55296 AND 56319 THEN chr(65536 + ((u - 55296) << 10) + (low - 56320))
                                  WHEN u BETWEEN 56320 AND 57343 OR u = 0 THEN '' ELSE chr(u) END, '' ORDER BY i), '')
    FROM (SELECT i, u, lead(u) OVER (ORDER BY i) AS low
            FROM (SELECT i, get_byte(x, 2 * i) + 256 * get_byte(x, 2 * i + 1) AS u FROM generate_series(0, octet_length(x) / 2 - 1) i) a) b $$;

-- Searching and replacing without regard to case needs both sides folded: nondeterministic collations cannot search.
CREATE OR REPLACE FUNCTION sim.fold(x text, exact boolean) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN exact THEN x COLLATE "C" WHEN octet_length(x) = length(x) THEN lower(x COLLATE "C")
              ELSE lower(x COLLATE "und-x-icu") COLLATE "C" END $$;

CREATE OR REPLACE FUNCTION sim.charindex(needle text, hay text, start bigint, exact boolean) RETURNS int
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE WHEN needle = '' COLLATE "C" THEN 0
              ELSE coalesce(nullif(strpos(substr(sim.fold(hay, exact), greatest(start, 1)::int) COLLATE "C", sim.fold(needle, exact) COLLATE "C"), 0) + greatest(start, 1)::int - 1, 0) END;
END $$;

CREATE OR REPLACE FUNCTION sim.replace(x text, old text, new text, exact boolean) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE at int; rest text := x; result text := '';
BEGIN
  IF old = '' COLLATE "C" THEN RETURN x; END IF;
  IF exact THEN RETURN replace(x COLLATE "C", old COLLATE "C", new COLLATE "C"); END IF;
  LOOP
    at := sim.charindex(old, rest, 1, false);
    EXIT WHEN at = 0;
    result := result || left(rest, at - 1) || new;
    rest := substr(rest, at + length(old));
  END LOOP;
  RETURN result || rest;
END $$;

-- LIKE as a regular expression: % and _ and [sets] of T-SQL.
CREATE OR REPLACE FUNCTION sim.like_pattern(p text, esc text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE i int := 1; c text; r text := '^'; close int;
BEGIN
  WHILE i <= length(p) LOOP
    c := substr(p, i, 1);
    IF esc IS NOT NULL AND c = esc COLLATE "C" AND i < length(p) THEN
      i := i + 1;
      r := r || regexp_replace(substr(p, i, 1), '([^[:alnum:][:space:]])' COLLATE "C", '\\\1');
    ELSIF c = '%' COLLATE "C" THEN
      r := r || '.*';
    ELSIF c = '_' COLLATE "C" THEN
      r := r || '.';
    ELSIF c = '[' COLLATE "C" AND strpos(substr(p, i + 2) COLLATE "C", ']') > 0 THEN
      close := i + 1 + strpos(substr(p, i + 2) COLLATE "C", ']');
      r := r || '[' || replace(replace(substr(p, i + 1, close - i - 1) COLLATE "C", '\', '\\'), '[', '\[') || ']';
      i := close;
    ELSIF c ~ '[[:alnum:][:space:]]' COLLATE "C" OR ascii(c) > 127 THEN
      r := r || c;
    ELSE
      r := r || '\' || c;
    END IF;
    i := i + 1;
  END LOOP;
  RETURN r || ' *$';
END $$;
-- Inlined, so that a pattern that is a literal is turned into a regular expression once for a statement.
CREATE OR REPLACE FUNCTION sim.like(x text, p text, esc text, exact boolean) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sim.fold(x, exact) ~ sim.like_pattern(sim.fold(p, exact), esc COLLATE "C") $$;
CREATE OR REPLACE FUNCTION sim.patindex(p text, x text, exact boolean) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT coalesce((SELECT min(i) FROM generate_series(1, length(x) + 1) i
     WHERE CASE WHEN left(p, 1) = '%' COLLATE "C" THEN sim.like(substr(x, i), substr(p, 2), NULL, exact)
           ELSE i = 1 AND sim.like(x, p, NULL, exact) END), 0) $$;

CREATE OR REPLACE FUNCTION sim.substring(x text, start bigint, n bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF n < 0 THEN PERFORM sim.raise(537, 'Invalid length parameter passed to the LEFT or SUBSTRING function.'); END IF;
  RETURN substr(x, start::int, least(n, 2000000000 - greatest(start, 0))::int);
END $$;
CREATE OR REPLACE FUNCTION sim.substring(x bytea, start bigint, n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT substr(x, start::int, least(n, 2000000000)::int) $$;
CREATE OR REPLACE FUNCTION sim.left(x text, n bigint) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT sim.substring(x, 1, n) $$;
CREATE OR REPLACE FUNCTION sim.right(x text, n bigint) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN CASE WHEN n <= 0 THEN '' ELSE right(x, n::int) END;
END $$;
CREATE OR REPLACE FUNCTION sim.stuff(x text, start bigint, n bigint, y text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE WHEN start < 1 OR n < 0 OR start > length(x) THEN NULL
              ELSE left(x, start::int - 1) || coalesce(y, '') || substr(x, (start + n)::int) END;
END $$;
CREATE OR REPLACE FUNCTION sim.float_text(x double precision) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN CASE WHEN x = 0 THEN '0' WHEN abs(x) >= 1e6 OR abs(x) < 1e-4
     THEN replace(regexp_replace(to_char(x, 'FM9.99999EEEE'), '\.?0*e', 'e'), 'e', 'e')
     ELSE trim_scale(round(x::numeric, greatest(0, 5 - floor(log(abs(x)))::int)))::text END;
END $$;
