#include "sqlserver/queue_inspection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/erase.hpp>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <iterator>

#include "sqlserver/queue_table.hpp"
#include "sqlserver/quoting.hpp"
#include "sqlserver/sync_trigger.hpp"

namespace revsync::sqlserver {
namespace {

namespace asio = boost::asio;

using enum Finding::Level;

constexpr std::string_view script = "run the script that \"reverse-syncd sql sqlserver\" prints; see docs/sql.md";
constexpr std::size_t permission_count = 5;

bool is_ours(const TriggerFacts& trigger) {
    return boost::istarts_with(trigger.name, trigger_prefix);
}

bool mentions(const TriggerFacts& trigger, std::string_view word) {
    return trigger.definition && boost::icontains(*trigger.definition, word);
}

// A trigger that fills the queue, and is not ours.
bool is_older(const TriggerFacts& trigger) {
    return !trigger.disabled && !is_ours(trigger) && mentions(trigger, queue_name().table);
}

bool is_same(const TableName& one, const TableName& other) {
    return boost::iequals(to_string(one), to_string(other));
}

std::string disable(const TriggerFacts& trigger) {
    return fmt::format("DISABLE TRIGGER {} ON {}", bracketed(TableName{trigger.table.schema, trigger.name}),
                       bracketed(trigger.table));
}

// The server keeps the text of the whole batch, with the line ends that it got.
bool is_current(const TriggerFacts& trigger, const std::string& made) {
    return boost::contains(boost::replace_all_copy(*trigger.definition, "\r\n", "\n"), boost::trim_copy(made));
}

std::vector<std::string> lacking(const Permissions& needed, const Permissions& granted) {
    std::vector<std::string> names;
    const auto need = [&](bool is_needed, bool is_granted, const char* name) {
        if (is_needed && !is_granted) {
            names.emplace_back(name);
        }
    };
    need(needed.select, granted.select, "SELECT");
    need(needed.insert, granted.insert, "INSERT");
    need(needed.update, granted.update, "UPDATE");
    need(needed.remove, granted.remove, "DELETE");
    return names;
}

std::optional<Finding> judge_grants(const TableName& table, const Permissions& needed, const Permissions& granted) {
    const auto names = lacking(needed, granted);
    if (names.empty()) {
        return std::nullopt;
    }
    return Finding{problem, fmt::format("the login lacks {} on table {}", fmt::join(names, ", "), to_string(table)),
                   fmt::format("GRANT {} ON {} TO the login's user", fmt::join(names, ", "), bracketed(table))};
}

std::vector<Finding> judge_table(const QueueFacts& facts) {
    if (auto fit = check_queue(facts.queue); !fit) {
        return {{problem, fit.error().text, std::string{script}}};
    }
    std::vector<Finding> findings;
    const std::string name = to_string(queue_name());
    constexpr Permissions needed{.select = true, .insert = true, .update = true, .remove = true};
    if (auto finding = judge_grants(queue_name(), needed, facts.permissions)) {
        findings.push_back(std::move(*finding));
    }
    constexpr std::array<std::pair<const char*, const char*>, 2> indexes{
        {{"Status", "Status, CreatedAt"}, {"TableName", "TableName, RecordID"}}};
    for (const auto& index : indexes) {
        const auto begins_with = [&](const std::string& first) { return boost::iequals(first, index.first); };
        if (std::ranges::none_of(facts.indexed, begins_with)) {
            findings.push_back({warning,
                                fmt::format("table {} has no index that begins with column {}: each look into it reads "
                                            "all of it",
                                            name, index.first),
                                fmt::format("CREATE INDEX IX_SyncQueue_{} ON {} ({})", index.first,
                                            bracketed(queue_name()), index.second)});
        }
    }
    if (findings.empty()) {
        findings.push_back({good, fmt::format("table {} has its columns and indexes and may be written", name), ""});
    }
    return findings;
}

std::vector<Finding> judge_callers(const QueueFacts& facts) {
    std::vector<Finding> findings;
    for (const TriggerFacts& trigger : facts.triggers) {
        if (is_same(trigger.table, queue_name()) && !trigger.disabled &&
            (mentions(trigger, "sp_OA") || mentions(trigger, "xp_cmdshell"))) {
            findings.push_back({warning,
                                fmt::format("trigger {} calls out of the database in the writer's transaction: when "
                                            "nobody answers, the practice system waits",
                                            trigger.name),
                                disable(trigger) + "; the daemon looks into the queue by itself"});
        }
    }
    return findings;
}

// As text of JSON's, made by the server or by hand; the name of the queue's column says nothing.
bool carries_row(const TriggerFacts& trigger) {
    const std::string text = boost::ierase_all_copy(trigger.definition.value_or(""), "JsonData");
    return boost::icontains(text, "JSON") || boost::contains(text, R"({")");
}

std::string generation(const TriggerFacts& older) {
    return fmt::format("trigger {} of an older installation queues what changes in table {}, {}", older.name,
                       to_string(older.table), carries_row(older) ? "with its row" : "the row is read when it is sent");
}

Finding judge_older_trigger(const Stream& stream, const TriggerFacts& older) {
    std::vector<std::string> shared;
    for (const auto& pair : stream.columns) {
        if (pair.owner == Owner::shared) {
            shared.push_back(pair.source);
        }
    }
    std::string text = fmt::format("stream {}: {}", stream.name, generation(older));
    if (shared.empty() || carries_row(older) || mentions(older, "ChangedColumns")) {
        return {good, std::move(text), ""};
    }
    return {warning,
            fmt::format("{}: nothing says which columns were edited, so every edit of a row counts as one of {}, and a "
                        "somewhat older edit of that in Supabase gives way to it",
                        text, fmt::join(shared, ", ")),
            "it works as it is; packaging/sql/sqlserver/install-sync.sql replaces the trigger by one that names the "
            "columns, see docs/sql.md"};
}

Finding judge_our_trigger(const Stream& stream, const TriggerFacts& ours, const std::string& made) {
    if (!ours.definition) {
        return {warning,
                fmt::format("stream {}: the text of trigger {} is hidden from the login", stream.name, ours.name),
                "GRANT VIEW DEFINITION TO the login's user"};
    }
    if (!is_current(ours, made)) {
        return {warning,
                fmt::format("stream {}: trigger {} was made by another version, or for another mapping", stream.name,
                            ours.name),
                std::string{script}};
    }
    return {good,
            fmt::format("stream {}: trigger {} queues what changes in table {}", stream.name, ours.name,
                        to_string(stream.source)),
            ""};
}

std::vector<Finding> judge_stream_triggers(const QueueFacts& facts, const Mapping& mapping, const Stream& stream) {
    const TriggerFacts* ours = nullptr;
    std::vector<const TriggerFacts*> older;
    bool hidden = false;
    for (const TriggerFacts& trigger : facts.triggers) {
        if (!is_same(trigger.table, stream.source) || trigger.disabled) {
            continue;
        }
        if (boost::iequals(trigger.name, trigger_name(stream).table)) {
            ours = &trigger;
        } else if (is_older(trigger)) {
            older.push_back(&trigger);
        }
        hidden = hidden || !trigger.definition;
    }
    std::vector<Finding> findings;
    if (ours != nullptr) {
        findings.push_back(judge_our_trigger(stream, *ours, create_trigger(mapping, stream)));
    }
    for (const TriggerFacts* trigger : older) {
        if (ours != nullptr) {
            findings.push_back({problem,
                                fmt::format("stream {}: {}; with {} everything is queued twice", stream.name,
                                            generation(*trigger), ours->name),
                                disable(*trigger)});
        } else {
            findings.push_back(judge_older_trigger(stream, *trigger));
        }
    }
    if (findings.empty() && hidden) {
        findings.push_back(
            {warning,
             fmt::format("stream {}: the triggers of table {} are hidden from the login, so nobody can say "
                         "whether they fill the queue",
                         stream.name, to_string(stream.source)),
             "GRANT VIEW DEFINITION TO the login's user"});
    } else if (findings.empty()) {
        findings.push_back(
            {warning,
             fmt::format("stream {}: no trigger queues what changes in table {}: it does not reach Supabase",
                         stream.name, to_string(stream.source)),
             std::string{script}});
    }
    return findings;
}

std::string permissions_query(const TableName& table) {
    return fmt::format(
        "SELECT HAS_PERMS_BY_NAME({0}, N'OBJECT', N'SELECT'), HAS_PERMS_BY_NAME({0}, N'OBJECT', N'INSERT'), "
        "HAS_PERMS_BY_NAME({0}, N'OBJECT', N'UPDATE'), HAS_PERMS_BY_NAME({0}, N'OBJECT', N'DELETE'), "
        "HAS_PERMS_BY_NAME({0}, N'OBJECT', N'ALTER');\n",
        literal(bracketed(table)));
}

std::string triggers_query(const TableName& table) {
    return fmt::format(
        "SELECT r.name, CONVERT(int, r.is_disabled), m.definition FROM sys.triggers AS r LEFT JOIN sys.sql_modules AS "
        "m "
        "ON m.object_id = r.object_id WHERE r.parent_id = OBJECT_ID({}, N'U') ORDER BY r.name;\n",
        literal(bracketed(table)));
}

std::string indexes_query() {
    return fmt::format(
        "SELECT c.name FROM sys.index_columns AS x JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id "
        "= "
        "x.column_id WHERE x.object_id = OBJECT_ID({}, N'U') AND x.key_ordinal = 1;\n",
        literal(bracketed(queue_name())));
}

Permissions read_permissions(const ResultSet& answer) {
    if (answer.size() != 1 || answer.front().size() != permission_count) {
        return {};
    }
    const auto granted = [&](std::size_t i) { return answer.front()[i].value_or("0") == "1"; };
    return {granted(0), granted(1), granted(2), granted(3), granted(4)};
}

void read_triggers(const TableName& table, const ResultSet& answer, std::vector<TriggerFacts>& triggers) {
    for (const Row& row : answer) {
        triggers.push_back({table, row.at(0).value_or(""), row.at(1).value_or("0") == "1", row.at(2)});
    }
}

Result<QueueFacts> read_facts(Session& session, const std::vector<const Stream*>& streams) {
    const std::vector<TableName> queue{queue_name()};
    auto tables = read_tables(session, queue);
    if (!tables) {
        return tables.error();
    }
    std::string query = permissions_query(queue_name()) + triggers_query(queue_name()) + indexes_query();
    for (const Stream* stream : streams) {
        query += permissions_query(stream->source) + triggers_query(stream->source);
    }
    const auto answers = session.query(query);
    if (!answers) {
        return answers.error();
    }
    constexpr std::size_t of_the_queue = 3;
    constexpr std::size_t per_stream = 2;
    if (answers->size() != of_the_queue + per_stream * streams.size()) {
        return Error{Disposition::retry, "", "SQL Server's triggers could not be read; see its error log"};
    }
    QueueFacts facts;
    facts.queue = std::move(tables->front());
    facts.permissions = read_permissions((*answers)[0]);
    read_triggers(queue_name(), (*answers)[1], facts.triggers);
    std::ranges::transform((*answers)[2], std::back_inserter(facts.indexed),
                           [](const Row& row) { return row.at(0).value_or(""); });
    for (std::size_t i = 0; i < streams.size(); ++i) {
        const std::size_t first = of_the_queue + per_stream * i;
        facts.sources.push_back(read_permissions((*answers)[first]));
        read_triggers(streams[i]->source, (*answers)[first + 1], facts.triggers);
    }
    return facts;
}

}  // namespace

std::vector<Finding> judge_queue(const QueueFacts& facts, const Mapping& mapping) {
    std::vector<Finding> findings = judge_table(facts);
    std::ranges::move(judge_callers(facts), std::back_inserter(findings));
    const auto streams = mapping.of(Direction::forward);
    for (std::size_t i = 0; i < streams.size(); ++i) {
        constexpr Permissions needed{.select = true};
        const Permissions granted = i < facts.sources.size() ? facts.sources[i] : Permissions{};
        if (auto finding = judge_grants(streams[i]->source, needed, granted)) {
            findings.push_back(std::move(*finding));
            continue;
        }
        std::ranges::move(judge_stream_triggers(facts, mapping, *streams[i]), std::back_inserter(findings));
    }
    return findings;
}

asio::awaitable<Result<std::vector<Finding>>> inspect_queue(Pool& pool, const Mapping& mapping) {
    const auto streams = mapping.of(Direction::forward);
    const auto facts = co_await pool.run<QueueFacts>([&](Session& session) { return read_facts(session, streams); });
    if (!facts) {
        co_return facts.error();
    }
    co_return judge_queue(*facts, mapping);
}

}  // namespace revsync::sqlserver
