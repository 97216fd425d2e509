#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <exception>

#include "checkpoint/state_file.hpp"
#include "clocks.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "configuration.hpp"
#include "connections.hpp"
#include "generators.hpp"
#include "postgres/forward_sink.hpp"
#include "postgres/inspection.hpp"
#include "postgres/quoting.hpp"
#include "postgres/server_findings.hpp"
#include "sqlserver/inspection.hpp"
#include "sqlserver/queue_inspection.hpp"
#include "sqlserver/server_clock.hpp"

namespace revsync {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using Severity = Finding::Level;

// What one part of the surroundings had to say.
struct Section {
    std::string title;
    std::vector<Finding> findings;
};

struct Report {
    std::vector<Section> sections;

    void add(std::string title, std::vector<Finding> findings) {
        sections.push_back({std::move(title), std::move(findings)});
    }
    std::size_t count(Severity level) const {
        std::size_t sum = 0;
        for (const Section& section : sections) {
            sum += static_cast<std::size_t>(std::ranges::count(section.findings, level, &Finding::level));
        }
        return sum;
    }
};

Finding problem(const Error& error) {
    return {Severity::problem, describe(error), ""};
}

// The lock that a running daemon holds: no reason for concern to somebody who looks at that daemon's settings.
bool is_in_use(const Error& error) {
    return error.code == fmt::format("errno {}", static_cast<int>(std::errc::resource_unavailable_try_again));
}

std::vector<Finding> check_state_file(const Settings& settings, const Logger& logger) {
    const SystemClock clock;
    const auto checkpoint = create_file_checkpoint(settings.state_file, logger, clock);
    const Result<State> state = checkpoint->load();
    if (!state && is_in_use(state.error())) {
        return {
            {Severity::good, fmt::format("{} is in use by a running reverse-syncd", settings.state_file.string()), ""}};
    }
    if (!state) {
        return {problem(state.error())};
    }
    const Result<std::vector<ParkedRow>> parked = checkpoint->load_quarantine();
    if (!parked) {
        return {problem(parked.error())};
    }
    if (const Result<void> saved = checkpoint->save(*state); !saved) {
        return {problem(saved.error())};
    }
    std::vector<Finding> findings{{Severity::good, fmt::format("{} can be written", settings.state_file.string()), ""}};
    if (!parked->empty()) {
        findings.push_back(
            {Severity::warning,
             fmt::format("{} parked row(s) in {}", parked->size(), quarantine_file(settings.state_file).string()),
             "each names its key and its error; mend the cause, the next poll takes the row"});
    }
    return findings;
}

// Runs one coroutine to its end.
template <class T>
T run_to_end(asio::io_context& io, asio::awaitable<T> task) {
    std::optional<T> result;
    asio::co_spawn(io, std::move(task), [&](std::exception_ptr failure, T value) {
        if (failure) {
            std::rethrow_exception(failure);
        }
        result.emplace(std::move(value));
    });
    io.restart();
    io.run();
    return std::move(*result);
}

std::vector<Finding> compare(const std::vector<postgres::KeyGenerator>& sources,
                             const std::vector<sqlserver::KeyGenerator>& targets, const Mapping& mapping) {
    std::vector<Finding> findings;
    for (const postgres::KeyGenerator& source : sources) {
        const auto target = std::ranges::find(targets, source.stream, &sqlserver::KeyGenerator::stream);
        const Stream* stream = mapping.find(source.stream);
        if (target != targets.end() && stream && stream->operations.insert) {
            findings.push_back(compare_generators(
                source.stream,
                {source.sequence, source.last.value_or(0), source.increment,
                 postgres::identifier(source.table.schema) + "." + postgres::identifier(source.table.table),
                 postgres::identifier(source.column)},
                {to_string(target->table) + "." + target->column, target->last.value_or(0), target->increment}));
        }
    }
    return findings;
}

// Whether the tables of Supabase can take what comes from SQL Server.
std::vector<Finding> check_targets(asio::io_context& io, const postgres::Conninfo& conninfo, const Mapping& mapping) {
    std::vector<ForwardPair> pairs;
    for (const Stream* stream : mapping.of(Direction::forward)) {
        pairs.push_back({stream, mapping.reader_of(stream->target)});
    }
    const auto sink = postgres::create_forward_sink({conninfo});
    const auto fits = run_to_end(io, sink->prepare(pairs));
    if (!fits) {
        return {postgres::problem(fits.error())};
    }
    std::vector<Finding> findings;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const Stream& stream = *pairs[i].stream;
        findings.push_back(
            (*fits)[i] ? Finding{Severity::good,
                                 fmt::format("stream {}: {} may be written", stream.name, to_string(stream.target)), ""}
                       : postgres::problem((*fits)[i].error()));
    }
    return findings;
}

std::vector<Finding> check_clocks(asio::io_context& io, sqlserver::Pool& pool, const Clock& clock,
                                  std::chrono::microseconds source_ahead) {
    const auto reading = run_to_end(io, sqlserver::read_clock(pool, clock));
    return {reading ? compare_clocks(reading->ahead - source_ahead) : problem(reading.error())};
}

void check_databases(const Settings& settings, const Mapping& mapping, Report& report) {
    asio::io_context io{1};
    const SystemClock clock;
    std::vector<postgres::KeyGenerator> sources;
    std::vector<sqlserver::KeyGenerator> targets;
    std::optional<std::chrono::microseconds> source_ahead;

    if (const auto source = feed_settings(settings); !source) {
        report.add("Supabase", {problem(source.error())});
    } else {
        auto inspection = run_to_end(io, postgres::inspect(source->conninfo, mapping.of(Direction::reverse), clock));
        report.add("Supabase", inspection ? inspection->findings : std::vector{problem(inspection.error())});
        sources = inspection ? inspection->generators : sources;
        source_ahead = inspection ? inspection->clock_ahead : source_ahead;
    }

    sqlserver::Pool pool{connection_settings(settings), 1};
    auto inspection =
        run_to_end(io, sqlserver::inspect(pool, mapping.of(Direction::reverse), settings.db_timezone, clock));
    report.add("SQL Server", inspection ? inspection->findings : std::vector{problem(inspection.error())});
    targets = inspection ? inspection->generators : targets;

    // An end that could not be reached has been named, and is not waited for again.
    const bool carries = settings.forward_enabled && !mapping.of(Direction::forward).empty();
    if (carries && inspection) {
        auto queue = run_to_end(io, sqlserver::inspect_queue(pool, mapping));
        report.add("SQL Server's queue", queue ? std::move(*queue) : std::vector{problem(queue.error())});
    }
    if (carries && source_ahead) {
        report.add("From SQL Server to Supabase", check_targets(io, feed_settings(settings)->conninfo, mapping));
    }
    if (inspection && source_ahead) {
        report.add("Clocks", check_clocks(io, pool, clock, *source_ahead));
    }
    if (auto findings = compare(sources, targets, mapping); !findings.empty()) {
        report.add("Numbers of new rows", std::move(findings));
    }
}

std::string_view symbol(Severity level) {
    switch (level) {
        case Severity::good:
            return "✓";
        case Severity::warning:
            return "⚠️ ";
        case Severity::problem:
            return "❌";
    }
    return "";
}

std::string_view word(Severity level) {
    switch (level) {
        case Severity::good:
            return "good";
        case Severity::warning:
            return "warning";
        case Severity::problem:
            return "problem";
    }
    return "";
}

Level log_level(Severity level) {
    switch (level) {
        case Severity::good:
            return Level::info;
        case Severity::warning:
            return Level::warning;
        case Severity::problem:
            return Level::error;
    }
    return Level::error;
}

void print_text(const Report& report) {
    const bool to_journal = is_journal(stdout);
    for (const Section& section : report.sections) {
        fmt::print("{}\n", section.title);
        for (const Finding& finding : section.findings) {
            const std::string_view prefix = to_journal ? journal_prefix(log_level(finding.level)) : "";
            fmt::print("{}   {} {}\n", prefix, symbol(finding.level), finding.text);
            if (!finding.fix.empty()) {
                fmt::print("{}        → {}\n", prefix, finding.fix);
            }
        }
    }
    fmt::print("{} problem(s), {} warning(s)\n", report.count(Severity::problem), report.count(Severity::warning));
}

void print_json(const Report& report) {
    json::array findings;
    for (const Section& section : report.sections) {
        for (const Finding& finding : section.findings) {
            findings.push_back({{"section", section.title},
                                {"level", word(finding.level)},
                                {"text", finding.text},
                                {"fix", finding.fix}});
        }
    }
    const json::value document{{"success", report.count(Severity::problem) == 0}, {"findings", std::move(findings)}};
    fmt::print("{}\n", json::serialize(document));
}

}  // namespace

int run_check(const Settings& settings, const Logger& logger, CheckOptions options) {
    const auto missing = missing_setting(settings);
    if (missing && !options.offline) {
        logger.error("❌ {}", *missing);
        return exit_usage;
    }
    const Result<Mapping> mapping = options.offline ? read_named_files(settings) : chosen_mapping(settings);
    if (!mapping) {
        logger.error("❌ {}", describe(mapping.error()));
        return exit_usage;
    }
    Report report;
    if (options.offline) {
        report.add("Settings", {missing ? Finding{Severity::warning, *missing, ""}
                                        : Finding{Severity::good, "the settings and the mapping can be used", ""}});
    }
    report.add("State file", check_state_file(settings, logger));
    if (!options.offline) {
        check_databases(settings, *mapping, report);
    }
    options.json ? print_json(report) : print_text(report);
    return report.count(Severity::problem) == 0 ? exit_good : exit_failed;
}

}  // namespace revsync
