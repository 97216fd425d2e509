// What the three files hold, as text: docs/checkpoint.md describes it field by field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sync/ends.hpp"

namespace revsync {

// Why a file's text cannot be used. The reason never quotes the text.
struct FormatProblem {
    enum class Kind {
        damaged,  // not what any version writes
        newer     // what a newer version writes: to be left alone
    };
    Kind kind = Kind::damaged;
    std::string reason;
};

template <class T>
using FormatResult = boost::system::result<T, FormatProblem>;

struct ParsedState {
    State state;
    std::vector<std::string> remarks;  // what a person has changed by hand, one finished line each
};

// last_poll and the three documented fields are written in whole milliseconds, cut. Every key must be a JSON
// array, or there is a problem.
FormatResult<std::string> format_state(const State& state);
FormatResult<ParsedState> parse_state(std::string_view text);

FormatResult<std::string> format_quarantine(const std::vector<ParkedRow>& rows);
FormatResult<std::vector<ParkedRow>> parse_quarantine(std::string_view text);

FormatResult<std::string> format_echoes(const std::vector<Echo>& echoes);
FormatResult<std::vector<Echo>> parse_echoes(std::string_view text);

}  // namespace revsync
