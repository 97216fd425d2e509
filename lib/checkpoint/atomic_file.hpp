#pragma once

#include <filesystem>
#include <string_view>

#include "checkpoint/files.hpp"
#include "core/error.hpp"

namespace revsync {

// Where write_atomically() prepares the new content of `file`: beside it, since only within one folder is a
// rename one step.
std::filesystem::path temporary_name(const std::filesystem::path& file);

// Replaces the content of `file` (or creates it): after a crash or a loss of power at any moment, the old or the
// new content is there, whole. Once it has returned success the new content is durable. After an error the old one
// is there; only when flushing the folder failed, it may be the new one. `what` names the file for the error ("the
// state file"). One writer at a time.
Result<void> write_atomically(Files& files, const std::filesystem::path& file, std::string_view content,
                              std::string_view what);

}  // namespace revsync
