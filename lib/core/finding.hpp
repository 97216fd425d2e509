#pragma once

#include <string>

namespace revsync {

// One thing that an inspection of a server has to say to a person. Neither text holds a value of a row nor a
// secret.
struct Finding {
    enum class Level { good, warning, problem };

    Level level = Level::good;
    std::string text;  // what was found, on what
    std::string fix;   // what to do about it, a statement to run where there is one; empty when good
};

}  // namespace revsync
