#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "core/error.hpp"
#include "mapping/stream.hpp"

namespace revsync {

// Largest mapping file that is read.
inline constexpr std::size_t mapping_limit_bytes = 1024 * 1024;

// Reads a mapping from JSON (docs/configuration.md, "A mapping of your own"). Unknown members, missing ones,
// repeated stream names and contradictions are errors that name the place; disposition configuration.
Result<Mapping> parse_mapping(std::string_view text);

// The same from a file. The error names the file.
Result<Mapping> load_mapping(const std::filesystem::path& path);

}  // namespace revsync
