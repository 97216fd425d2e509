#pragma once

#include <string>
#include <utility>
#include <vector>

#include "runtime/logger.hpp"

namespace revsync::memory {

// A logger whose lines a test can read. It must outlive who logs to it.
class RecordedLog {
public:
    const Logger& logger() const { return logger_; }

    const std::vector<std::pair<Level, std::string>>& lines() const { return lines_; }
    void clear() { lines_.clear(); }

    // The lines at or above `threshold`.
    std::vector<std::string> texts(Level threshold = Level::info) const {
        std::vector<std::string> texts;
        for (const auto& [level, text] : lines_) {
            if (level >= threshold) {
                texts.push_back(text);
            }
        }
        return texts;
    }

private:
    std::vector<std::pair<Level, std::string>> lines_;
    Logger logger_{Level::debug, [this](Level level, std::string_view text) { lines_.emplace_back(level, text); }};
};

}  // namespace revsync::memory
