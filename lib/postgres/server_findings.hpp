// What an inspection concludes from the source's answers. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/finding.hpp"
#include "core/timestamp.hpp"
#include "postgres/conninfo.hpp"
#include "postgres/stream_shape.hpp"
#include "sync/ends.hpp"

namespace revsync::postgres {

inline constexpr int oldest_server_version = 100'000;  // 10, the first that tells backend types apart
inline constexpr std::chrono::seconds clock_tolerance{5};
inline constexpr std::chrono::minutes stalled_horizon{15};

struct ServerFacts {
    int version_number = 0;  // server_version_num
    std::string version;
    bool encrypted = false;
    Horizon horizon;  // taken without an overlap
};

std::vector<Finding> judge_server(const ServerFacts& facts, const Conninfo& conninfo);
Finding judge_clock(Timestamp source_now, Timestamp our_now);

struct StreamFacts {
    bool key_is_unique = false;          // and never NULL
    std::optional<std::size_t> undated;  // none when they could not be counted
    std::optional<bool> has_index;       // in the order of pages; none when it was not asked
};

// A stream that fits its table.
std::vector<Finding> judge_stream(const StreamShape& shape, const StreamFacts& facts);

// A failure as a finding: its next step becomes the fix.
Finding problem(const Error& error);

// Whether a plan in EXPLAIN's JSON, made with sorting discouraged, sorts all the same.
bool sorts(std::string_view plan);

}  // namespace revsync::postgres
