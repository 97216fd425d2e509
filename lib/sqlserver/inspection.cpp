#include "sqlserver/inspection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "sqlserver/catalog.hpp"
#include "sqlserver/quoting.hpp"
#include "sqlserver/server_findings.hpp"

namespace revsync::sqlserver {
namespace {

namespace asio = boost::asio;
using enum Finding::Level;

constexpr std::string_view facts_query =
    "SELECT CONVERT(nvarchar(128), SERVERPROPERTY(N'ProductVersion')), "
    "CONVERT(int, SERVERPROPERTY(N'EngineEdition')), d.name, d.compatibility_level, d.collation_name, "
    "CONVERT(nvarchar(40), SYSUTCDATETIME(), 126), DATEDIFF(minute, SYSUTCDATETIME(), SYSDATETIME()) "
    "FROM sys.databases AS d WHERE d.name = DB_NAME();";

constexpr std::size_t results_per_stream = 3;

template <class Number>
std::optional<Number> number(const std::optional<std::string>& text) {
    Number value{};
    if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{}) {
        return std::nullopt;
    }
    return value;
}

std::string table_query(const Stream& stream) {
    const std::string table = literal(bracketed(stream.target));
    return fmt::format(
        "SELECT HAS_PERMS_BY_NAME({0}, N'OBJECT', N'SELECT'), HAS_PERMS_BY_NAME({0}, N'OBJECT', N'INSERT'), "
        "HAS_PERMS_BY_NAME({0}, N'OBJECT', N'UPDATE'), HAS_PERMS_BY_NAME({0}, N'OBJECT', N'DELETE'), "
        "HAS_PERMS_BY_NAME({0}, N'OBJECT', N'ALTER');\n"
        "SELECT r.name FROM sys.triggers AS r WHERE r.parent_id = OBJECT_ID({0}, N'U') AND r.is_disabled = 0 "
        "ORDER BY r.name;\n"
        "SELECT c.name, CONVERT(nvarchar(40), c.seed_value), CONVERT(nvarchar(40), c.increment_value), "
        "CONVERT(nvarchar(40), c.last_value) FROM sys.identity_columns AS c "
        "WHERE c.object_id = OBJECT_ID({0}, N'U');\n",
        table);
}

Result<ServerFacts> read_facts(Session& session) {
    const auto results = session.query(std::string{facts_query});
    if (!results) {
        return results.error();
    }
    if (results->size() != 1 || results->front().size() != 1) {
        return Error{Disposition::retry, "", "SQL Server's properties could not be read; see its error log"};
    }
    const Row& row = results->front().front();
    return ServerFacts{.version = row[0].value_or("unknown"),
                       .engine_edition = number<int>(row[1]).value_or(0),
                       .database = row[2].value_or(""),
                       .compatibility_level = number<int>(row[3]).value_or(0),
                       .collation = row[4].value_or("unknown"),
                       .utc_now = row[5].value_or(""),
                       .offset_minutes = number<int>(row[6]).value_or(0)};
}

// Both questions may be refused (an unknown zone, a right that the login lacks); that is an answer too.
std::optional<int> read_zone_offset(Session& session, const std::string& time_zone) {
    const auto results = session.query(
        fmt::format("SELECT DATEPART(tzoffset, SYSDATETIMEOFFSET() AT TIME ZONE {});", literal(time_zone)));
    const bool answered = results && results->size() == 1 && results->front().size() == 1;
    return answered ? number<int>(results->front().front().front()) : std::nullopt;
}

std::optional<Finding> read_encryption(Session& session) {
    const auto results =
        session.query("SELECT c.encrypt_option FROM sys.dm_exec_connections AS c WHERE c.session_id = @@SPID;");
    if (!results || results->size() != 1 || results->front().size() != 1) {
        return std::nullopt;
    }
    if (results->front().front().front() == "TRUE") {
        return Finding{good, "the connection to SQL Server is encrypted", ""};
    }
    return Finding{warning, "the connection to SQL Server is not encrypted",
                   "enable encryption on the server and set DB_ENCRYPT=require"};
}

Permissions parse_permissions(const Row& row) {
    const auto granted = [&](std::size_t i) { return i < row.size() && number<int>(row[i]).value_or(0) != 0; };
    return {granted(0), granted(1), granted(2), granted(3), granted(4)};
}

void add_stream(Inspection& inspection, const Stream& stream, const Table& table, std::span<const ResultSet> answers) {
    if (auto fit = check_stream(stream, table); !fit) {
        inspection.findings.push_back({problem, fit.error().text, "change the table or the mapping as it says"});
        return;
    }
    const Permissions permissions = answers[0].empty() ? Permissions{} : parse_permissions(answers[0].front());
    std::ranges::move(judge_permissions(stream, table, permissions), std::back_inserter(inspection.findings));
    for (const Row& trigger : answers[1]) {
        inspection.findings.push_back({good,
                                       fmt::format("stream {}: trigger {} fires for what is written to table {}",
                                                   stream.name, trigger[0].value_or(""), to_string(stream.target)),
                                       ""});
    }
    for (const Row& row : answers[2]) {
        inspection.generators.push_back({stream.name, stream.target, row[0].value_or(""),
                                         number<std::int64_t>(row[1]).value_or(1),
                                         number<std::int64_t>(row[2]).value_or(1), number<std::int64_t>(row[3])});
    }
}

Result<void> add_streams(Inspection& inspection, Session& session, const std::vector<const Stream*>& streams) {
    std::vector<TableName> targets;
    std::ranges::transform(streams, std::back_inserter(targets), &Stream::target);
    const auto tables = read_tables(session, targets);
    if (!tables) {
        return tables.error();
    }
    std::string query;
    for (const Stream* stream : streams) {
        query += table_query(*stream);
    }
    const auto answers = session.query(query);
    if (!answers) {
        return answers.error();
    }
    for (std::size_t i = 0; i < streams.size() && answers->size() == streams.size() * results_per_stream; ++i) {
        add_stream(inspection, *streams[i], (*tables)[i],
                   std::span{*answers}.subspan(i * results_per_stream, results_per_stream));
    }
    return {};
}

Result<Inspection> inspect_session(Session& session, const std::vector<const Stream*>& streams,
                                   const std::string& time_zone, const Clock& clock) {
    const auto facts = read_facts(session);
    if (!facts) {
        return facts.error();
    }
    Inspection inspection;
    inspection.findings = judge_server(*facts);
    inspection.findings.push_back(judge_clock(*facts, clock.now()));
    inspection.findings.push_back(judge_time_zone(*facts, time_zone, read_zone_offset(session, time_zone)));
    if (auto encryption = read_encryption(session)) {
        inspection.findings.push_back(std::move(*encryption));
    }
    const bool usable = std::ranges::none_of(judge_server(*facts), [](const Finding& f) { return f.level == problem; });
    if (usable && !streams.empty()) {
        if (auto added = add_streams(inspection, session, streams); !added) {
            return added.error();
        }
    }
    return inspection;
}

}  // namespace

asio::awaitable<Result<Inspection>> inspect(Pool& pool, std::vector<const Stream*> streams, std::string time_zone,
                                            const Clock& clock) {
    co_return co_await pool.run<Inspection>(
        [&](Session& session) { return inspect_session(session, streams, time_zone, clock); });
}

}  // namespace revsync::sqlserver
