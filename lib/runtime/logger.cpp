#include "runtime/logger.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#ifdef __linux__
#include <sys/stat.h>
#endif

#include "core/timestamp.hpp"

namespace revsync {
namespace {

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

std::string json_line(Level level, std::string_view text, bool with_time) {
    boost::json::object event;
    if (with_time) {
        event["time"] = now();
    }
    event["level"] = to_string(level);
    event["message"] = text;
    return boost::json::serialize(event);
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

std::string_view journal_prefix(Level level) noexcept {
    switch (level) {
        case Level::debug:
            return "<7>";
        case Level::info:
            return "<6>";
        case Level::warning:
            return "<4>";
        case Level::error:
            return "<3>";
    }
    return "<6>";
}

bool is_journal([[maybe_unused]] std::FILE* stream) {
#ifdef __linux__
    const char* journal = std::getenv("JOURNAL_STREAM");
    struct stat file {};
    return journal != nullptr && ::fstat(::fileno(stream), &file) == 0 &&
           fmt::format("{}:{}", file.st_dev, file.st_ino) == journal;
#else
    return false;
#endif
}

Logger::Write write_lines(std::FILE* stream, LogFormat format, bool to_journal) {
    return [=](Level level, std::string_view text) {
        std::string line{to_journal ? journal_prefix(level) : ""};
        if (format == LogFormat::json) {
            line += json_line(level, text, !to_journal);
        } else {
            line += to_journal ? one_line(text) : fmt::format("{} {}", now(), one_line(text));
        }
        put(stream, line + "\n");
    };
}

}  // namespace revsync
