#pragma once

#include <string>
#include <string_view>

#include "core/error.hpp"
#include "sqlserver/dblib.hpp"

namespace revsync::sqlserver {

// What was being done when it failed.
enum class Activity { connecting, reading, writing };

struct Situation {
    Activity activity = Activity::reading;
    std::string server;  // address(), for the text
    bool connection_dead = false;
    bool encryption_required = false;
    bool certificate_checked = false;  // a certificate file was given
};

// Turns what was reported into an Error: the first server message decides, then db-lib's own errors. The server's
// text is quoted only for numbers whose text holds nothing but names, cut to 300 characters on one line.
// Unknown numbers: severity 17 and above are transient, below that one row is to blame.
Error explain(const Transcript& transcript, const Situation& situation);

// One line, no control characters, at most 300 characters (whole UTF-8 sequences).
std::string quotable(std::string_view text);

}  // namespace revsync::sqlserver
