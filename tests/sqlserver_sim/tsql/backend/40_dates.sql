-- Date arithmetic.
CREATE OR REPLACE FUNCTION sim.dateadd(part text, n bigint, x timestamp) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN sim.check_year(CASE part
    WHEN 'year' THEN x + n * interval '1 year' WHEN 'quarter' THEN x + n * interval '3 months' WHEN 'month' THEN x + n * interval '1 month'
    WHEN 'week' THEN x + n * interval '7 days' WHEN 'day' THEN x + n * interval '1 day' WHEN 'hour' THEN x + n * interval '1 hour'
    WHEN 'minute' THEN x + n * interval '1 minute' WHEN 'second' THEN x + n * interval '1 second'
    WHEN 'millisecond' THEN x + n * interval '1 millisecond' WHEN 'microsecond' THEN x + n * interval '1 microsecond'
    WHEN 'nanosecond' THEN x + (n / 1000) * interval '1 microsecond' END);
EXCEPTION WHEN datetime_field_overflow OR numeric_value_out_of_range OR interval_field_overflow THEN
  PERFORM sim.raise(517, 'Adding a value to a ''datetime'' column caused an overflow.');
END $$;
CREATE OR REPLACE FUNCTION sim.datediff(part text, a timestamp, b timestamp) RETURNS bigint LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN (CASE part
    WHEN 'year' THEN extract(year FROM b) - extract(year FROM a)
    WHEN 'quarter' THEN (extract(year FROM b) - extract(year FROM a)) * 4 + extract(quarter FROM b) - extract(quarter FROM a)
    WHEN 'month' THEN (extract(year FROM b) - extract(year FROM a)) * 12 + extract(month FROM b) - extract(month FROM a)
    WHEN 'week' THEN floor(((b::date - date '1899-12-31')) / 7.0) - floor(((a::date - date '1899-12-31')) / 7.0)
    WHEN 'day' THEN b::date - a::date
    WHEN 'hour' THEN extract(epoch FROM date_trunc('hour', b) - date_trunc('hour', a)) / 3600
    WHEN 'minute' THEN extract(epoch FROM date_trunc('minute', b) - date_trunc('minute', a)) / 60
    WHEN 'second' THEN extract(epoch FROM date_trunc('second', b) - date_trunc('second', a))
    WHEN 'millisecond' THEN extract(epoch FROM date_trunc('millisecond', b) - date_trunc('millisecond', a)) * 1000
    WHEN 'microsecond' THEN extract(epoch FROM b - a) * 1000000
    WHEN 'nanosecond' THEN extract(epoch FROM b - a) * 1000000000 END)::bigint;
END $$;
CREATE OR REPLACE FUNCTION sim.datepart(part text, x timestamp) RETURNS int LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN (CASE part
    WHEN 'year' THEN extract(year FROM x) WHEN 'quarter' THEN extract(quarter FROM x) WHEN 'month' THEN extract(month FROM x)
    WHEN 'day' THEN extract(day FROM x) WHEN 'dayofyear' THEN extract(doy FROM x) WHEN 'weekday' THEN extract(dow FROM x) + 1
    WHEN 'week' THEN floor((extract(doy FROM x) + extract(dow FROM date_trunc('year', x)) - 1) / 7) + 1
    WHEN 'iso_week' THEN extract(week FROM x)
    WHEN 'hour' THEN extract(hour FROM x) WHEN 'minute' THEN extract(minute FROM x) WHEN 'second' THEN floor(extract(second FROM x))
    WHEN 'millisecond' THEN floor(extract(milliseconds FROM x))::int % 1000
    WHEN 'microsecond' THEN extract(microseconds FROM x)::int % 1000000
    WHEN 'nanosecond' THEN (extract(microseconds FROM x)::int % 1000000) * 1000 END)::int;
END $$;
CREATE OR REPLACE FUNCTION sim.datename(part text, x timestamp) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
  RETURN CASE part WHEN 'month' THEN to_char(x, 'FMMonth') WHEN 'weekday' THEN to_char(x, 'FMDay') ELSE sim.datepart(part, x)::text END;
END $$;
CREATE OR REPLACE FUNCTION sim.eomonth(x timestamp, n bigint) RETURNS date LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN (date_trunc('month', x) + (coalesce(n, 0) + 1) * interval '1 month' - interval '1 day')::date;
END $$;
