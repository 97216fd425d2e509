#include "checkpoint/kept_file.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "checkpoint/atomic_file.hpp"
#include "checkpoint/file_error.hpp"

namespace revsync {
namespace {

namespace fs = std::filesystem;
namespace errc = boost::system::errc;

// "reverse-sync-state.json.damaged-20250121T140000Z": without the characters that Windows forbids.
fs::path aside_name(const fs::path& file, Timestamp now, int attempt) {
    auto stamp = now.iso_milliseconds().substr(0, 19) + "Z";
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
    auto name = file;
    name += attempt == 1 ? fmt::format(".damaged-{}", stamp) : fmt::format(".damaged-{}-{}", stamp, attempt);
    return name;
}

}  // namespace

Result<std::optional<std::string>> KeptFile::read() {
    // Half of a save that never happened; when there is none, there is nothing to do.
    static_cast<void>(files_.remove(temporary_name(about_.path)));
    auto text = files_.read(about_.path, about_.limit_bytes);
    if (!text.has_error()) {
        return std::optional{std::move(*text)};
    }
    if (text.error() == errc::no_such_file_or_directory) {
        if (!about_.when_missing.empty()) {
            logger_.info("{} ({})", about_.when_missing, about_.path.string());
        }
        return std::optional<std::string>{};
    }
    return file_error(fmt::format("read {}", about_.what), about_.path, text.error());
}

Result<void> KeptFile::set_aside(const FormatProblem& problem) {
    constexpr int most_attempts = 100;
    if (problem.kind == FormatProblem::Kind::newer) {
        return Error{Disposition::configuration, "",
                     fmt::format("{} {} was written by a newer reverse-syncd ({}): install that one again, or move the "
                                 "file away",
                                 about_.what, about_.path.string(), problem.reason)};
    }
    const auto now = clock_.now();
    int attempt = 1;
    while (attempt < most_attempts && files_.exists(aside_name(about_.path, now, attempt))) {
        ++attempt;
    }
    const auto aside = aside_name(about_.path, now, attempt);
    if (const auto moved = files_.replace(about_.path, aside); moved.has_error()) {
        return file_error(fmt::format("set aside {}", about_.what), about_.path, moved.error());
    }
    logger_.warning("⚠️  {} {} is damaged ({}) and was kept as {}: {}", about_.what, about_.path.string(),
                    problem.reason, aside.filename().string(), about_.consequence);
    return {};
}

Result<void> KeptFile::save(const FormatResult<std::string>& text) {
    const auto refused = [&](std::string_view reason) {
        return Error{Disposition::configuration, "",
                     fmt::format("cannot save {} {}: {}", about_.what, about_.path.string(), reason)};
    };
    if (!loaded_) {
        return refused("it has not been read");
    }
    if (text.has_error()) {
        return refused(text.error().reason);
    }
    if (text->size() > about_.limit_bytes) {
        return refused(fmt::format("it would be larger than {} bytes", about_.limit_bytes));
    }
    return write_atomically(files_, about_.path, *text, about_.what);
}

}  // namespace revsync
