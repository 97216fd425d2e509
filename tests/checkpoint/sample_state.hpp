#pragma once

#include <string_view>

#include "sync/ends.hpp"

namespace revsync {

inline State state_at(std::string_view time) {
    State state;
    state.cursors["notes"] = {Timestamp::parse(time).value(), "[1]"};
    return state;
}

}  // namespace revsync
