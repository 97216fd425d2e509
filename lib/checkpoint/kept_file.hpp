#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "checkpoint/files.hpp"
#include "checkpoint/format.hpp"
#include "core/error.hpp"
#include "runtime/clock.hpp"
#include "runtime/logger.hpp"

namespace revsync {

// A small file that outlives the process: read with a bound, replaced in one step, kept aside when damaged.
class KeptFile {
public:
    struct About {
        std::filesystem::path path;
        std::string_view what;          // "the state file"
        std::size_t limit_bytes;        // neither read nor written beyond it
        std::string_view consequence;   // what follows when it is damaged, for the warning
        std::string_view when_missing;  // what to say when it does not exist yet; "" for nothing
    };

    // All three must outlive the object; `clock` gives the time in the names of damaged files.
    KeptFile(About about, Files& files, const Logger& logger, const Clock& clock)
        : about_{std::move(about)}, files_{files}, logger_{logger}, clock_{clock} {}

    // What `parse` makes of the content; T{} when the file is missing, or damaged and kept aside. What a crashed
    // save left behind is removed. A newer version is an error.
    template <class T>
    Result<T> load(FormatResult<T> (*parse)(std::string_view));

    // Replaces the file (write_atomically). Refused until load() has succeeded: only then is it known that no newer
    // version's file is overwritten.
    Result<void> save(const FormatResult<std::string>& text);

    bool loaded() const { return loaded_; }

private:
    Result<std::optional<std::string>> read();
    // Damaged: kept aside. Newer: the error.
    Result<void> set_aside(const FormatProblem& problem);

    About about_;
    Files& files_;
    const Logger& logger_;
    const Clock& clock_;
    bool loaded_ = false;
};

template <class T>
Result<T> KeptFile::load(FormatResult<T> (*parse)(std::string_view)) {
    auto text = read();
    if (text.has_error()) {
        return text.error();
    }
    T content{};
    if (*text) {
        FormatResult<T> parsed = (*text)->size() > about_.limit_bytes
                                     ? FormatResult<T>{FormatProblem{FormatProblem::Kind::damaged, "it is too large"}}
                                     : parse(**text);
        if (parsed.has_error()) {
            if (auto done = set_aside(parsed.error()); done.has_error()) {
                return done.error();
            }
        } else {
            content = std::move(*parsed);
        }
    }
    loaded_ = true;
    return content;
}

}  // namespace revsync
