-- CAST and CONVERT: text to everything, the rounding of the date types, Windows time zones.
-- Inlined: those that an OPENJSON calls for each value of each row.
CREATE OR REPLACE FUNCTION sim.to_int(x text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT (CASE rtrim(x) COLLATE "C" WHEN '' THEN '0' ELSE x END)::int $$;
CREATE OR REPLACE FUNCTION sim.to_bigint(x text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
  SELECT (CASE rtrim(x) COLLATE "C" WHEN '' THEN '0' ELSE x END)::bigint $$;
CREATE OR REPLACE FUNCTION sim.to_smallint(x text) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
  SELECT (CASE rtrim(x) COLLATE "C" WHEN '' THEN '0' ELSE x END)::smallint $$;
CREATE OR REPLACE FUNCTION sim.to_tinyint(x numeric) RETURNS smallint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF trunc(x) NOT BETWEEN 0 AND 255 THEN
    PERFORM sim.raise(220, 'Arithmetic overflow error for data type tinyint, value = ' || trunc(x) || '.');
  END IF;
  RETURN trunc(x)::smallint;
END $$;
CREATE OR REPLACE FUNCTION sim.to_bit(x text) RETURNS smallint LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE lower(btrim(x) COLLATE "C") WHEN 'true' THEN 1::smallint WHEN 'false' THEN 0::smallint WHEN '' THEN 0::smallint
         ELSE (x::int <> 0)::int::smallint END $$;
CREATE OR REPLACE FUNCTION sim.to_decimal(x text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF btrim(x) !~ '^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$' COLLATE "C" THEN
    PERFORM sim.raise(8114, 'Error converting data type nvarchar to numeric.');
  END IF;
  RETURN x::numeric;
END $$;
CREATE OR REPLACE FUNCTION sim.to_float(x text) RETURNS double precision LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF btrim(x) = '' COLLATE "C" THEN RETURN 0; END IF;
  IF btrim(x) !~ '^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$' COLLATE "C" THEN
    PERFORM sim.raise(8114, 'Error converting data type nvarchar to float.');
  END IF;
  RETURN x::double precision;
END $$;
CREATE OR REPLACE FUNCTION sim.to_money(x text) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT sim.to_decimal(translate(x, '$,', ''))::numeric(19,4) $$;

-- The seven digits that T-SQL accepts are one more than PostgreSQL holds: the last is dropped, as no client sends it.
CREATE OR REPLACE FUNCTION sim.to_timestamp(x text) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE y text;
BEGIN
  -- The form that programs send needs no closer look.
  IF length(x) BETWEEN 19 AND 26 AND substr(x, 5, 1) = '-' COLLATE "C" AND substr(x, 8, 1) = '-' COLLATE "C" AND substr(x, 14, 1) = ':' COLLATE "C"
     AND (right(x, 1) COLLATE "C") BETWEEN '0' AND '9' AND strpos(x COLLATE "C", '+') = 0 THEN
    RETURN x::timestamp;
  END IF;
  y := btrim(x);
  IF y = '' COLLATE "C" THEN RETURN timestamp '1900-01-01'; END IF;
  IF y ~ '^\d{1,2}:\d{2}' COLLATE "C" THEN y := '1900-01-01 ' || y; END IF;
  IF y ~ '^\d{8}( |T|$)' COLLATE "C" OR y ~ '^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T]|$)' COLLATE "C"
     OR y ~ '^\d{1,2}[-/.]\d{1,2}[-/.]\d{4}( |$)' COLLATE "C" OR y ~* '^([a-z]{3,9} +\d{1,2},? +\d{4}|\d{1,2} [a-z]{3,9} \d{4})' COLLATE "C" THEN
    y := regexp_replace(y COLLATE "C", '(\.\d{6})\d+', '\1');
    y := regexp_replace(y COLLATE "C", ' ?(Z|[+-]\d\d:\d\d)$', '');
    RETURN y::timestamp;
  END IF;
  PERFORM sim.raise(241, 'Conversion failed when converting date and/or time from character string.');
END $$;
CREATE OR REPLACE FUNCTION sim.datetime(x timestamp) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE second timestamp := date_trunc('second', x);
        ticks int := round(date_part('microseconds', x - second) * 3 / 10000);
BEGIN
  IF x < timestamp '1753-01-01' OR x >= timestamp '9999-12-31 23:59:59.9985' THEN
    PERFORM sim.raise(242, 'The conversion of a datetime2 data type to a datetime data type resulted in an out-of-range value.');
  END IF;
  -- Times in 1/300 of a second show as .000, .003, .007.
  RETURN second + ((ticks * 20 + 3) / 6) * interval '1 millisecond';
END $$;
CREATE OR REPLACE FUNCTION sim.smalldatetime(x timestamp) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF x < timestamp '1900-01-01' OR x >= timestamp '2079-06-06 23:59:30' THEN
    PERFORM sim.raise(242, 'The conversion of a datetime2 data type to a smalldatetime data type resulted in an out-of-range value.');
  END IF;
  RETURN date_trunc('minute', x + interval '29.998 seconds' + interval '0.002 seconds');
END $$;
CREATE OR REPLACE FUNCTION sim.check_year(x timestamp) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF x < timestamp '0001-01-01' OR x >= timestamp '10000-01-01' THEN
    PERFORM sim.raise(517, 'Adding a value to a ''datetime2'' column caused an overflow.');
  END IF;
  RETURN x;
END $$;

CREATE OR REPLACE FUNCTION sim.to_dto(x text) RETURNS sim.dto LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE y text := rtrim(x, ' '); n int := length(y); sign text := substr(y, n - 5, 1); minutes int := 0; made sim.dto;
BEGIN
  IF right(y, 1) = 'Z' COLLATE "C" THEN
    y := left(y, n - 1);
  ELSIF n > 15 AND substr(y, n - 2, 1) = ':' COLLATE "C" AND (sign = '+' COLLATE "C" OR sign = '-' COLLATE "C") THEN
    minutes := substr(y, n - 4, 2)::int * 60 + substr(y, n - 1, 2)::int;
    IF minutes > 840 THEN
      PERFORM sim.raise(241, 'Conversion failed when converting date and/or time from character string.');
    END IF;
    IF sign = '-' COLLATE "C" THEN
      minutes := -minutes;
    END IF;
    y := rtrim(left(y, n - 6), ' ');
  END IF;
  made.at := sim.to_timestamp(y) - minutes * interval '1 minute';
  made.zone := minutes;
  RETURN made;
END $$;
CREATE OR REPLACE FUNCTION sim.dto(local timestamp, minutes int) RETURNS sim.dto LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN ROW(local - minutes * interval '1 minute', minutes)::sim.dto;
END $$;
CREATE OR REPLACE FUNCTION sim.local(x sim.dto) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN x.at + x.zone * interval '1 minute'; END $$;
CREATE OR REPLACE FUNCTION sim.zone_text(minutes int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN CASE WHEN minutes < 0 THEN '-' ELSE '+' END || lpad((abs(minutes) / 60)::text, 2, '0') || ':' || lpad((abs(minutes) % 60)::text, 2, '0');
END $$;
CREATE OR REPLACE FUNCTION sim.dto_round(x sim.dto, n int) RETURNS sim.dto LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF x IS NULL THEN RETURN NULL; END IF;
  RETURN ROW(CASE n WHEN 0 THEN (x).at::timestamp(0) WHEN 1 THEN (x).at::timestamp(1) WHEN 2 THEN (x).at::timestamp(2)
             WHEN 3 THEN (x).at::timestamp(3) WHEN 4 THEN (x).at::timestamp(4) WHEN 5 THEN (x).at::timestamp(5) ELSE (x).at END, (x).zone)::sim.dto;
END $$;

-- Text of a moment with n digits of a second.
CREATE OR REPLACE FUNCTION sim.moment(x timestamp, n int, separator text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN to_char(x, 'YYYY-MM-DD') || separator || to_char(x, 'HH24:MI:SS') ||
         CASE WHEN n > 0 THEN '.' || rpad(left(to_char(x, 'US'), n), n, '0') ELSE '' END;
END $$;
CREATE OR REPLACE FUNCTION sim.dto_text(x sim.dto, n int) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN sim.moment(sim.local(x), n, ' ') || ' ' || sim.zone_text((x).zone);
END $$;

CREATE OR REPLACE FUNCTION sim.zone_name(z text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE found text := CASE lower(z) COLLATE "C"
    WHEN 'utc' THEN 'UTC' WHEN 'arabic standard time' THEN 'Asia/Baghdad' WHEN 'arab standard time' THEN 'Asia/Riyadh'
    WHEN 'arabian standard time' THEN 'Asia/Dubai' WHEN 'middle east standard time' THEN 'Asia/Beirut'
    WHEN 'egypt standard time' THEN 'Africa/Cairo' WHEN 'iran standard time' THEN 'Asia/Tehran' WHEN 'turkey standard time' THEN 'Europe/Istanbul'
    WHEN 'w. europe standard time' THEN 'Europe/Berlin' WHEN 'romance standard time' THEN 'Europe/Paris'
    WHEN 'central europe standard time' THEN 'Europe/Budapest' WHEN 'central european standard time' THEN 'Europe/Warsaw'
    WHEN 'gmt standard time' THEN 'Europe/London' WHEN 'greenwich standard time' THEN 'Atlantic/Reykjavik'
    WHEN 'gtb standard time' THEN 'Europe/Bucharest' WHEN 'fle standard time' THEN 'Europe/Kiev' WHEN 'e. europe standard time' THEN 'Europe/Chisinau'
    WHEN 'russian standard time' THEN 'Europe/Moscow' WHEN 'israel standard time' THEN 'Asia/Jerusalem' WHEN 'jordan standard time' THEN 'Asia/Amman'
    WHEN 'syria standard time' THEN 'Asia/Damascus' WHEN 'eastern standard time' THEN 'America/New_York' WHEN 'central standard time' THEN 'America/Chicago'
    WHEN 'mountain standard time' THEN 'America/Denver' WHEN 'pacific standard time' THEN 'America/Los_Angeles' WHEN 'india standard time' THEN 'Asia/Kolkata'
    WHEN 'pakistan standard time' THEN 'Asia/Karachi' WHEN 'china standard time' THEN 'Asia/Shanghai' WHEN 'tokyo standard time' THEN 'Asia/Tokyo'
    WHEN 'singapore standard time' THEN 'Asia/Singapore' WHEN 'aus eastern standard time' THEN 'Australia/Sydney'
    WHEN 'new zealand standard time' THEN 'Pacific/Auckland' WHEN 'e. south america standard time' THEN 'America/Sao_Paulo' END;
BEGIN
  IF found IS NULL THEN
    PERFORM sim.raise(9820, 'The time zone parameter ''' || z || ''' provided to AT TIME ZONE clause is invalid.');
  END IF;
  RETURN found;
END $$;
-- Zones are given by their IANA name here: sim.zone_name of a literal is folded once, not once for each row.
CREATE OR REPLACE FUNCTION sim.at_zone(x timestamp, z text) RETURNS sim.dto LANGUAGE plpgsql STABLE STRICT AS $$
DECLARE made sim.dto;
BEGIN
  made.at := (x AT TIME ZONE z) AT TIME ZONE 'UTC';
  made.zone := date_part('epoch', x - made.at) / 60;
  RETURN made;
END $$;
CREATE OR REPLACE FUNCTION sim.at_zone(x sim.dto, z text) RETURNS sim.dto LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF x.at IS NULL OR z IS NULL THEN RETURN NULL; END IF;
  x.zone := date_part('epoch', ((x.at AT TIME ZONE 'UTC') AT TIME ZONE z) - x.at) / 60;
  RETURN x;
END $$;
-- The local time in a zone of a moment's text. The form that programs send needs no closer look: in UTC, and later than any
-- offset that is not of whole minutes.
CREATE OR REPLACE FUNCTION sim.local_in(x text, z text) RETURNS timestamp LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN x COLLATE "C" LIKE '____-__-__T__:__:__%+00:00' AND x COLLATE "C" > '1973' AND to_json(x::timestamptz)::text COLLATE "C" = '"' || x || '"'
     THEN x::timestamptz AT TIME ZONE z ELSE sim.local(sim.at_zone(sim.to_dto(x), z)) END $$;
CREATE OR REPLACE FUNCTION sim.offset_minutes(z text) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT CASE WHEN z ~ '^[+-]' COLLATE "C" THEN (substr(z, 2, 2)::int * 60 + substr(z, 5, 2)::int) * CASE WHEN left(z, 1) = '-' COLLATE "C" THEN -1 ELSE 1 END ELSE z::int END $$;
CREATE OR REPLACE FUNCTION sim.now_utc() RETURNS timestamp LANGUAGE sql STABLE AS $$ SELECT statement_timestamp() AT TIME ZONE 'UTC' $$;
CREATE OR REPLACE FUNCTION sim.now_local() RETURNS timestamp LANGUAGE sql STABLE AS $$
  SELECT statement_timestamp() AT TIME ZONE coalesce(nullif(current_setting('sim.zone', true), ''), 'UTC') $$;

-- CONVERT(varchar, date, style).
CREATE OR REPLACE FUNCTION sim.date_text(x timestamp, style int, digits int) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN CASE style
    WHEN 0 THEN to_char(x, 'Mon ') || lpad(extract(day FROM x)::text, 2) || to_char(x, ' YYYY ') || lpad(to_char(x, 'FMHH12'), 2) || to_char(x, ':MIAM')
    WHEN 100 THEN to_char(x, 'Mon ') || lpad(extract(day FROM x)::text, 2) || to_char(x, ' YYYY ') || lpad(to_char(x, 'FMHH12'), 2) || to_char(x, ':MIAM')
    WHEN 1 THEN to_char(x, 'MM/DD/YY') WHEN 101 THEN to_char(x, 'MM/DD/YYYY') WHEN 102 THEN to_char(x, 'YYYY.MM.DD')
    WHEN 103 THEN to_char(x, 'DD/MM/YYYY') WHEN 104 THEN to_char(x, 'DD.MM.YYYY') WHEN 105 THEN to_char(x, 'DD-MM-YYYY')
    WHEN 108 THEN to_char(x, 'HH24:MI:SS') WHEN 110 THEN to_char(x, 'MM-DD-YYYY') WHEN 111 THEN to_char(x, 'YYYY/MM/DD') WHEN 112 THEN to_char(x, 'YYYYMMDD')
    WHEN 114 THEN to_char(x, 'HH24:MI:SS:MS') WHEN 20 THEN sim.moment(x, 0, ' ') WHEN 120 THEN sim.moment(x, 0, ' ')
    WHEN 21 THEN sim.moment(x, digits, ' ') WHEN 25 THEN sim.moment(x, digits, ' ') WHEN 121 THEN sim.moment(x, digits, ' ')
    WHEN 23 THEN to_char(x, 'YYYY-MM-DD') WHEN 126 THEN sim.moment(x, digits, 'T') WHEN 127 THEN sim.moment(x, digits, 'T')
    ELSE sim.raise(281, style || ' is not a valid style number when converting from datetime to a character string.') END;
END $$;
CREATE OR REPLACE FUNCTION sim.to_binary(x text, style int, wide boolean) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  IF style = 0 THEN
    RETURN CASE WHEN wide THEN sim.to_utf16le(x) ELSE convert_to(x, 'UTF8') END;
  END IF;
  RETURN decode(CASE WHEN style = 1 THEN substr(x, 3) ELSE x END, 'hex');
EXCEPTION WHEN invalid_parameter_value THEN
  PERFORM sim.raise(8114, 'Error converting data type varchar to varbinary.');
END $$;
CREATE OR REPLACE FUNCTION sim.binary_text(x bytea, style int, wide boolean) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN CASE style WHEN 1 THEN '0x' || upper(encode(x, 'hex')) WHEN 2 THEN upper(encode(x, 'hex'))
         ELSE CASE WHEN wide THEN sim.from_utf16le(x) ELSE convert_from(x, 'UTF8') END END;
END $$;
CREATE OR REPLACE FUNCTION sim.int_binary(x bigint, n int) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT substr(int8send(x), 9 - least(n, 8)) $$;
CREATE OR REPLACE FUNCTION sim.binary_int(x bytea) RETURNS bigint LANGUAGE sql IMMUTABLE STRICT AS $$
  SELECT ('x' || lpad(right(encode(x, 'hex'), 16), 16, '0'))::bit(64)::bigint $$;

-- Runs a conversion of one text ($1) and gives NULL where it fails.
CREATE OR REPLACE FUNCTION sim.try_convert(expression text, x text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE result text;
BEGIN
  IF x IS NULL THEN RETURN NULL; END IF;
  EXECUTE 'SELECT (' || expression || ')::text' INTO result USING x;
  RETURN result;
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END $$;
