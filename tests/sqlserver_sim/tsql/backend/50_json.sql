-- OPENJSON, JSON_VALUE, JSON_QUERY.
CREATE OR REPLACE FUNCTION sim.json(x text) RETURNS json LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE start text := ltrim(left(x, 1000), E' \t\r\n');
BEGIN
  IF left(start, 1) NOT IN ('[' COLLATE "C", '{' COLLATE "C") THEN
    PERFORM sim.raise(13609, 'JSON text is not properly formatted. Unexpected character ''' || coalesce(nullif(left(start, 1), ''), '.') || ''' is found at position '
      || (length(left(x, 1000)) - length(start)) || '.');
  END IF;
  RETURN x::json;
EXCEPTION WHEN invalid_text_representation OR untranslatable_character THEN
  PERFORM sim.raise(13609, 'JSON text is not properly formatted. Unexpected character ''' || coalesce(right(btrim(x), 1), '.') || ''' is found at position ' || greatest(length(x) - 1, 0) || '.');
END $$;
CREATE OR REPLACE FUNCTION sim.isjson(x text) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN CASE WHEN ltrim(x, E' \t\r\n') ~ '^[\[{]' COLLATE "C" AND x::json IS NOT NULL THEN 1 ELSE 0 END;
EXCEPTION WHEN OTHERS THEN
  RETURN 0;
END $$;
-- What OPENJSON … WITH takes rows from: the elements of an array, or an object itself.
CREATE OR REPLACE FUNCTION sim.json_array(x json) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN CASE json_typeof(x) WHEN 'array' THEN x WHEN 'object' THEN json_build_array(x) ELSE '[]'::json END;
END $$;
CREATE OR REPLACE FUNCTION sim.json_scalar(x json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE json_typeof(x) WHEN 'object' THEN NULL WHEN 'array' THEN NULL ELSE x #>> '{}' END $$;
-- An object without what is nested in it, from an element of any kind. Most hold no bracket at all, even in a text.
CREATE OR REPLACE FUNCTION sim.json_flattened(x json) RETURNS json LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(json_object_agg(k, v), '{}') FROM json_each(x) AS m(k, v) WHERE json_typeof(v) NOT IN ('object', 'array') $$;
CREATE OR REPLACE FUNCTION sim.json_flat(x json) RETURNS json LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN json_typeof(x) <> 'object' THEN '{}'
              WHEN strpos(x::text COLLATE "C", '[') = 0 AND strpos(substr(x::text, 2) COLLATE "C", '{') = 0 THEN x
              ELSE sim.json_flattened(x) END $$;
CREATE OR REPLACE FUNCTION sim.json_part(x json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN json_typeof(x) IN ('object', 'array') THEN x::text END $$;
CREATE OR REPLACE FUNCTION sim.json_strict(x json) RETURNS json LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF x IS NULL THEN PERFORM sim.raise(13608, 'Property cannot be found on the specified JSON path.'); END IF;
  RETURN x;
END $$;
-- '$.a."b c"[0]' as the path that #> takes.
CREATE OR REPLACE FUNCTION sim.json_path(p text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT coalesce(array_agg(coalesce(m[1], m[2], m[3])), '{}')
    FROM regexp_matches(regexp_replace(p, '^\s*(lax|strict)?\s*\$', ''), '\."((?:[^"\\]|\\.)*)"|\.([^."\[\]]+)|\[(\d+)\]', 'g') m $$;
CREATE OR REPLACE FUNCTION sim.openjson(x json) RETURNS TABLE (key text, value text, type int) LANGUAGE sql IMMUTABLE AS $$
  SELECT e.k, CASE WHEN json_typeof(e.v) IN ('object', 'array') THEN e.v::text ELSE e.v #>> '{}' END,
         CASE json_typeof(e.v) WHEN 'null' THEN 0 WHEN 'string' THEN 1 WHEN 'number' THEN 2 WHEN 'boolean' THEN 3 WHEN 'array' THEN 4 ELSE 5 END
    FROM (SELECT k, v FROM json_each(CASE WHEN json_typeof(x) = 'object' THEN x ELSE '{}' END) o(k, v)
          UNION ALL
          SELECT (i - 1)::text, v FROM json_array_elements(CASE WHEN json_typeof(x) = 'array' THEN x ELSE '[]' END) WITH ORDINALITY a(v, i)) e $$;
CREATE OR REPLACE FUNCTION sim.json_text(x text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT replace(to_json(x)::text COLLATE "C", '/', '\/') $$;
CREATE OR REPLACE FUNCTION sim.json_moment(x timestamp) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN '"' || to_char(x, 'YYYY-MM-DD"T"HH24:MI:SS') || CASE WHEN to_char(x, 'US') = '000000' COLLATE "C" THEN '' ELSE '.' || rtrim(to_char(x, 'US'), '0') END || '"';
END $$;
CREATE OR REPLACE FUNCTION sim.json_dto(x sim.dto) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN left(sim.json_moment(sim.local(x)), -1) || CASE WHEN (x).zone = 0 THEN 'Z' ELSE sim.zone_text((x).zone) END || '"';
END $$;
-- SQL Server writes float as 1.000000000000000e+000.
CREATE OR REPLACE FUNCTION sim.json_float(x double precision) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT regexp_replace(btrim(to_char(x, '9.999999999999999EEEE')), 'e([+-])(\d\d)$', 'e\10\2') $$;
