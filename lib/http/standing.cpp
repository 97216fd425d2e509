#include "http/standing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace revsync::http {

namespace {

std::string span(std::chrono::microseconds length) {
    using namespace std::chrono;
    if (length < 1min) {
        return fmt::format("{} s", duration_cast<seconds>(length).count());
    }
    if (length < 1h) {
        return fmt::format("{} min", duration_cast<minutes>(length).count());
    }
    if (length < 48h) {
        return fmt::format("{} h", duration_cast<hours>(length).count());
    }
    return fmt::format("{} days", duration_cast<days>(length).count());
}

std::string failing_end(const EndStatus& end, Timestamp now) {
    const std::string answered =
        end.last_answer ? fmt::format("it last answered {}", ago(*end.last_answer, now)) : "it has not answered yet";
    return fmt::format("{} {}; {}.", title(end.name),
                       end.error->connection_lost ? "cannot be reached" : "cannot be used", answered);
}

// Younger ones are on their way.
constexpr std::chrono::minutes long_pending{5};

std::string edits(std::uint64_t count) {
    return count == 1 ? "1 queued edit" : fmt::format("{} queued edits", count);
}

// What a person should look at in the queue; empty when there is nothing.
std::string queue_trouble(const QueueStatus& queue, Timestamp now) {
    if (!queue.counts) {
        return "";
    }
    const QueueCounts& counts = *queue.counts;
    if (counts.failed > 0) {
        return fmt::format("{} of SQL Server {} failed for good", edits(counts.failed),
                           counts.failed == 1 ? "has" : "have");
    }
    if (counts.pending > 0 && counts.oldest_pending && now - *counts.oldest_pending > long_pending) {
        return fmt::format("{} of SQL Server {} still to arrive, the oldest made {}", edits(counts.pending),
                           counts.pending == 1 ? "has" : "have", ago(*counts.oldest_pending, now));
    }
    return "";
}

// The log's line starts with a symbol.
std::string_view without_symbol(std::string_view line) {
    const auto start =
        std::ranges::find_if(line, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); });
    return line.substr(static_cast<std::size_t>(start - line.begin()));
}

}  // namespace

std::string_view to_string(Health health) noexcept {
    switch (health) {
        case Health::in_step:
            return "in_step";
        case Health::catching_up:
            return "catching_up";
        case Health::rows_parked:
            return "rows_parked";
        case Health::standing_by:
            return "standing_by";
        case Health::not_polling:
            return "not_polling";
        case Health::failing:
            return "failing";
    }
    return "unknown";
}

std::string_view words(Health health) noexcept {
    switch (health) {
        case Health::in_step:
            return "In step";
        case Health::catching_up:
            return "Catching up";
        case Health::rows_parked:
            return "Rows parked";
        case Health::standing_by:
            return "Standing by";
        case Health::not_polling:
            return "Not polling";
        case Health::failing:
            return "Failing";
    }
    return "Unknown";
}

Standing standing(const revsync::Status& status) {
    if (const auto end = std::ranges::find_if(status.ends, [](const EndStatus& e) { return e.error.has_value(); });
        end != status.ends.end()) {
        return {Health::failing, failing_end(*end, status.now)};
    }
    if (const auto stream =
            std::ranges::find_if(status.streams, [](const StreamStatus& s) { return s.error.has_value(); });
        stream != status.streams.end()) {
        const char* where = stream->direction == Direction::reverse ? "" : " to Supabase";
        return {Health::failing, fmt::format("The stream {}{} has stopped.", stream->name, where)};
    }
    if (status.queue && status.queue->error) {
        return {Health::failing, "SQL Server's queue cannot be drained."};
    }
    if (!status.polling) {
        const std::string_view why = without_symbol(status.why_not);
        return {Health::not_polling, why.empty() ? "Nothing is polled." : fmt::format("{}.", why)};
    }
    if (status.queue && status.queue->standing_by) {
        return {Health::standing_by,
                "Another daemon drains SQL Server's queue; this one takes over when that one stops."};
    }
    const std::optional<Timestamp> complete = last_complete(status);
    if (!complete) {
        return {Health::catching_up, "Catching up for the first time since the start."};
    }
    if (status.catching_up) {
        return {Health::catching_up,
                fmt::format("Catching up; the last poll was complete {}.", ago(*complete, status.now))};
    }
    if (const std::size_t parked = parked_rows(status); parked > 0) {
        return {Health::rows_parked, fmt::format("{} parked; all else is in step.",
                                                 parked == 1 ? "1 row is" : fmt::format("{} rows are", parked))};
    }
    if (const std::string trouble = status.queue ? queue_trouble(*status.queue, status.now) : ""; !trouble.empty()) {
        return {Health::rows_parked, fmt::format("{}; all else is in step.", trouble)};
    }
    return {Health::in_step, fmt::format("In step. The last poll was complete {}.", ago(*complete, status.now))};
}

std::string in_brief(const revsync::Status& status) {
    const Standing now = standing(status);
    const bool in_step = now.health == Health::in_step || now.health == Health::rows_parked;
    std::string text = in_step ? fmt::format("in step, {}", ago(*last_complete(status), status.now))
                               : now.headline.substr(0, now.headline.size() - 1);
    if (const std::size_t parked = parked_rows(status); parked > 0) {
        text += fmt::format("; {} parked", parked);
    }
    return text;
}

std::string_view title(std::string_view end) noexcept {
    return end == "supabase" ? "Supabase" : end == "sqlserver" ? "SQL Server" : end;
}

std::string ago(Timestamp then, Timestamp now) {
    const std::chrono::microseconds age = now - then;
    return age < std::chrono::seconds{1} ? "just now" : span(age) + " ago";
}

std::string until(Timestamp then, Timestamp now) {
    const std::chrono::microseconds wait = then - now;
    return wait < std::chrono::seconds{1} ? "now" : "in " + span(wait);
}

std::size_t parked_rows(const revsync::Status& status) {
    std::size_t sum = 0;
    for (const StreamStatus& stream : status.streams) {
        sum += stream.parked;
    }
    return sum;
}

std::optional<Timestamp> last_complete(const revsync::Status& status) {
    std::optional<Timestamp> earliest;
    for (const StreamStatus& stream : status.streams) {
        if (stream.direction != Direction::reverse) {
            continue;
        }
        if (!stream.last_ok) {
            return std::nullopt;
        }
        earliest = std::min(earliest.value_or(*stream.last_ok), *stream.last_ok);
    }
    return earliest;
}

}  // namespace revsync::http
