#pragma once

#include <cstdint>
#include <string>

#include "core/finding.hpp"

namespace revsync {

// What numbers new rows on one side: a Postgres sequence or a SQL Server identity.
struct Generator {
    std::string name;  // as SQL spells it
    std::int64_t last = 0;
    std::int64_t increment = 1;
    // What it numbers, as SQL spells it; asked of the source only.
    std::string table{};
    std::string column{};
};

// Whether rows created on both sides of one stream can get the same number.
//
// Odd numbers on one side and even ones on the other do not keep them apart: writing a row with an explicit number
// moves a SQL Server identity to that number when it is ahead in the identity's own direction
// (https://learn.microsoft.com/sql/t-sql/statements/set-identity-insert-transact-sql), odd or not. Numbers that run in
// opposite directions never meet, and are never ahead.
Finding compare_generators(const std::string& stream, const Generator& source, const Generator& target);

}  // namespace revsync
