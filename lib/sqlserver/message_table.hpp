#pragma once

#include <string_view>

#include "core/error.hpp"

namespace revsync::sqlserver {

// What a SQL Server message number means for us. `text` is ours; `names_only` says that the server's own text
// holds names but no values, and may be quoted behind it.
struct MessageMeaning {
    int number;
    Disposition disposition;
    bool names_only;
    std::string_view text;
};

// nullptr when the number is not in the table. Numbers from 50000 are raised by the database's own code and have
// one meaning.
const MessageMeaning* find_meaning(int number);

}  // namespace revsync::sqlserver
