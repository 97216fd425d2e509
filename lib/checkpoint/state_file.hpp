#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "checkpoint/files.hpp"
#include "runtime/clock.hpp"
#include "runtime/logger.hpp"
#include "sync/ends.hpp"

namespace revsync {

// No file is ever read or written beyond these sizes.
inline constexpr std::size_t state_file_limit_bytes = 1024 * 1024;
inline constexpr std::size_t quarantine_file_limit_bytes = 16 * 1024 * 1024;
inline constexpr std::size_t echoes_file_limit_bytes = 16 * 1024 * 1024;

// Where the parked rows are: beside the state file, "<stem>-quarantine.json".
std::filesystem::path quarantine_file(const std::filesystem::path& state_file);
// Where the echoes are: "<stem>-echoes.json".
std::filesystem::path echoes_file(const std::filesystem::path& state_file);

// A checkpoint in three files (docs/checkpoint.md), readable by their owner only.
//
// The first call locks `<state_file>.lock` until the object is destroyed; a missing folder is created if its parent
// exists. A second daemon on the same file gets an error. State::last_poll is kept to the millisecond.
// A damaged file is kept aside under another name with a warning, and read as if it were not there; a file of a newer
// version is an error and is never overwritten. Saving takes one write, two flushes and a rename, on the calling
// thread. `clock` must outlive the object and gives the time in the names of damaged files.
std::unique_ptr<Checkpoint> create_file_checkpoint(std::filesystem::path state_file, Logger logger, const Clock& clock);

// The same on other files than the machine's.
std::unique_ptr<Checkpoint> create_file_checkpoint(std::filesystem::path state_file, Logger logger, const Clock& clock,
                                                   std::unique_ptr<Files> files);

}  // namespace revsync
