#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

namespace revsync {

enum class Level { debug, info, warning, error };

std::string_view to_string(Level level) noexcept;

// A threshold and a function that takes finished lines: where they go is the composition root's business,
// and a test reads them from a vector. Used on one thread.
class Logger {
public:
    using Write = std::function<void(Level, std::string_view line)>;

    Logger(Level threshold, Write write) : threshold_{threshold}, write_{std::move(write)} {}

    template <class... Arguments>
    void debug(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        log(Level::debug, format, std::forward<Arguments>(arguments)...);
    }
    template <class... Arguments>
    void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        log(Level::info, format, std::forward<Arguments>(arguments)...);
    }
    template <class... Arguments>
    void warning(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        log(Level::warning, format, std::forward<Arguments>(arguments)...);
    }
    template <class... Arguments>
    void error(fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        log(Level::error, format, std::forward<Arguments>(arguments)...);
    }

private:
    template <class... Arguments>
    void log(Level level, fmt::format_string<Arguments...> format, Arguments&&... arguments) const {
        if (level >= threshold_) {
            write_(level, fmt::format(format, std::forward<Arguments>(arguments)...));
        }
    }

    Level threshold_;
    Write write_;
};

enum class LogFormat { text, json };

// Lines to an open stream, flushed one by one; the stream stays the caller's and must outlive the function.
//   text: 2025-01-21T14:00:00.000Z followed by the line
//   json: {"time":…,"level":…,"message":…}
// To the journal every line begins with its priority, and has no time: the journal has its own.
// Line breaks and control characters inside a line are written as spaces, so that one event stays one line.
Logger::Write write_lines(std::FILE* stream, LogFormat format, bool to_journal);

// Whether journald reads the stream: JOURNAL_STREAM names the stream's device and inode
// (https://www.freedesktop.org/software/systemd/man/systemd.exec.html#%24JOURNAL_STREAM). Where output was redirected
// the variable alone means nothing.
bool is_journal(std::FILE* stream);

// "<3>" for an error: the syslog priority, as journald takes it from the beginning of a line
// (https://www.freedesktop.org/software/systemd/man/sd-daemon.html).
std::string_view journal_prefix(Level level) noexcept;

}  // namespace revsync
