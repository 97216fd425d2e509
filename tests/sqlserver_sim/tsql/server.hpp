// What all sessions of one engine share.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ast.hpp"
#include "faults.hpp"

namespace revsync::sim::tsql {

struct Counts {
    std::atomic<std::uint64_t> logins{0}, batches{0}, calls{0}, transactions{0}, inserted{0}, updated{0}, deleted{0};
};

// Syntax trees by text, so that a statement sent again is not parsed again. Thread-safe.
class ParseCache {
public:
    std::shared_ptr<const Block> batch(const std::string& sql, bool quoted_identifier);

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const Block>> trees_;
};

// Parameter lists of sp_executesql by text. Thread-safe.
class DeclarationCache {
public:
    std::shared_ptr<const std::vector<ParameterDefinition>> get(const std::string& text);

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<const std::vector<ParameterDefinition>>> lists_;
};

struct Server {
    EngineOptions options;
    std::string time_zone;
    DeclarationCache declarations;
    ParseCache parsed;
    Faults faults;
    Counts counts;
    std::atomic<std::uint64_t> schema_version{1};
    std::atomic<int> next_session{51};
};

}  // namespace revsync::sim::tsql
