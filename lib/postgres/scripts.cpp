#include "postgres/scripts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "postgres/forward_shape.hpp"
#include "postgres/quoting.hpp"

namespace revsync::postgres {
namespace {

constexpr std::string_view install_head =
    R"(-- Reverse Sync on the Supabase side. Run it in Supabase's SQL editor, or with psql as the role "postgres"; it may be run
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
)";

constexpr std::string_view guard_function = R"(
-- The origin guard. What the daemon carries from SQL Server is no edit made here: the columns that tell when a row was
-- edited (the trigger's arguments) stay as they were. The triggers' name makes them the last of their table.
CREATE OR REPLACE FUNCTION reverse_sync.keep_change_time() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN jsonb_populate_record(
        NEW, (SELECT jsonb_object_agg(name, to_jsonb(OLD) -> name) FROM unnest(TG_ARGV) AS kept(name)));
END
$$;
)";

constexpr std::string_view uninstall_head =
    R"(-- Takes away what install-sync.sql made; may be run again at any time. Afterwards the daemon remembers its own writes
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
)";

std::string sql_name(const TableName& table) {
    return identifier(table.schema) + "." + identifier(table.table);
}

// The change columns of a table that the daemon's own writes must leave alone; none: no guard is needed.
std::vector<std::string> guarded_columns(const Mapping& mapping, const Stream& stream) {
    const Stream* reader = mapping.reader_of(stream.target);
    if (reader == nullptr || !may_share_rows(*reader, stream)) {
        return {};
    }
    std::vector<std::string> columns;
    std::ranges::copy_if(reader->changed_at, std::back_inserter(columns), [&](const std::string& column) {
        return std::ranges::find(stream.columns, column, &ColumnPair::target) == stream.columns.end();
    });
    return columns;
}

std::string guards(const Mapping& mapping) {
    std::string text;
    for (const Stream* stream : mapping.of(Direction::forward)) {
        std::vector<std::string> arguments;
        for (const std::string& column : guarded_columns(mapping, *stream)) {
            arguments.push_back(literal(column));
        }
        if (!arguments.empty()) {
            text += fmt::format(
                "\nCREATE OR REPLACE TRIGGER zz_reverse_sync_keep_change_time BEFORE UPDATE ON {}\n"
                "    FOR EACH ROW WHEN (current_setting('reverse_sync.origin', true) = 'sqlserver')\n"
                "    EXECUTE FUNCTION reverse_sync.keep_change_time({});\n",
                sql_name(stream->target), fmt::join(arguments, ", "));
        }
    }
    return text;
}

std::string index_on(const Stream& stream) {
    std::vector<std::string> columns;
    std::ranges::transform(stream.changed_at, std::back_inserter(columns), identifier);
    std::vector<std::string> key;
    std::ranges::transform(stream.key, std::back_inserter(key),
                           [](const KeyPair& pair) { return identifier(pair.source); });
    const bool is_one = columns.size() == 1;
    return fmt::format("\nCREATE INDEX IF NOT EXISTS {}\n    ON {} ({}, {});\n",
                       identifier(fmt::format("{}_{}", stream.source.table,
                                              is_one ? stream.changed_at.front() : std::string{"changed_at"})),
                       sql_name(stream.source),
                       is_one ? columns.front() : fmt::format("GREATEST({})", fmt::join(columns, ", ")),
                       fmt::join(key, ", "));
}

// The streams whose tables get new rows from both sides.
std::vector<const Stream*> numbered_twice(const Mapping& mapping) {
    std::vector<const Stream*> streams;
    for (const Stream* stream : mapping.of(Direction::forward)) {
        const Stream* reader = mapping.reader_of(stream->target);
        if (reader != nullptr && reader->operations.insert && stream->operations.insert) {
            streams.push_back(stream);
        }
    }
    return streams;
}

// Changes the direction of the sequence behind the key, if there is one that runs the other way.
std::string turn_generator(const Stream& stream, std::string_view runs_wrong, std::string_view next,
                           std::string_view settings) {
    const std::string key = stream.key.front().target;
    return fmt::format(
        "\nDO $$\n"
        "DECLARE\n"
        "    generator text := pg_get_serial_sequence({0}, {1});\n"
        "    next_key  bigint;\n"
        "BEGIN\n"
        "    IF EXISTS (SELECT FROM pg_sequence WHERE seqrelid = generator::regclass AND seqincrement {2} 0) THEN\n"
        "        SELECT {3} INTO next_key FROM {4};\n"
        "        EXECUTE format('ALTER SEQUENCE %s {5} RESTART WITH %s',\n"
        "                       generator, next_key);\n"
        "    END IF;\n"
        "END\n"
        "$$;\n",
        literal(sql_name(stream.target)), literal(key), runs_wrong, fmt::format(fmt::runtime(next), identifier(key)),
        sql_name(stream.target), settings);
}

}  // namespace

std::string install_script(const Mapping& mapping) {
    std::string text{install_head};
    text += guard_function;
    text += guards(mapping);
    text +=
        "\n-- The daemon asks for what changed behind a time; these keep that cheap, however large a table is. They "
        "block writes\n"
        "-- while they are made: for millions of rows make them first, with CREATE INDEX CONCURRENTLY and the same "
        "name.";
    for (const Stream* stream : mapping.of(Direction::reverse)) {
        text += index_on(*stream);
    }
    const auto both = numbered_twice(mapping);
    if (!both.empty()) {
        text += "\n-- Numbers that run in opposite directions never meet.";
    }
    for (const Stream* stream : both) {
        text += turn_generator(*stream, ">", "least(coalesce(min({}), 0), 0) - 1",
                               "INCREMENT BY -1 NO MINVALUE MAXVALUE -1 START WITH -1");
    }
    return text + "\nCOMMIT;\n";
}

std::string uninstall_script(const Mapping& mapping) {
    std::string text{uninstall_head};
    const auto both = numbered_twice(mapping);
    if (!both.empty()) {
        text += "\n-- New rows are numbered upwards again; from now on both sides can give the same number.";
    }
    for (const Stream* stream : both) {
        text += turn_generator(*stream, "<", "greatest(coalesce(max({}), 0), 0) + 1",
                               "INCREMENT BY 1 MINVALUE 1 NO MAXVALUE START WITH 1");
    }
    return text + "\nCOMMIT;\n";
}

}  // namespace revsync::postgres
