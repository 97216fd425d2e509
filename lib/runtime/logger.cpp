#include "runtime/logger.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdio>

#include "core/timestamp.hpp"

namespace revsync {
namespace {

// Syslog severities, as journald reads them from the prefix.
int journal_priority(Level level) {
    switch (level) {
        case Level::debug:
            return 7;
        case Level::info:
            return 6;
        case Level::warning:
            return 4;
        case Level::error:
            return 3;
    }
    return 6;
}

std::string one_line(std::string_view text) {
    std::string line{text};
    std::ranges::replace_if(
        line, [](char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f; }, ' ');
    return line;
}

std::string now() {
    return Timestamp::from(std::chrono::system_clock::now()).iso_milliseconds();
}

void put(std::FILE* stream, const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), stream);
    std::fflush(stream);
}

std::string json_line(Level level, std::string_view text) {
    const boost::json::value event{{"time", now()}, {"level", to_string(level)}, {"message", text}};
    return boost::json::serialize(event) + "\n";
}

}  // namespace

std::string_view to_string(Level level) noexcept {
    switch (level) {
        case Level::debug:
            return "debug";
        case Level::info:
            return "info";
        case Level::warning:
            return "warning";
        case Level::error:
            return "error";
    }
    return "info";
}

Logger::Write write_lines(std::FILE* stream, LogFormat format, bool under_journald) {
    if (format == LogFormat::json) {
        return [stream](Level level, std::string_view text) { put(stream, json_line(level, text)); };
    }
    if (under_journald) {
        return [stream](Level level, std::string_view text) {
            put(stream, fmt::format("<{}>{}\n", journal_priority(level), one_line(text)));
        };
    }
    return [stream](Level, std::string_view text) { put(stream, fmt::format("{} {}\n", now(), one_line(text))); };
}

}  // namespace revsync
