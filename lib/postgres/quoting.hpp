#pragma once

#include <string>
#include <string_view>

namespace revsync::postgres {

// The only places where text becomes SQL. `text` must hold no NUL.

// "name", with quotes doubled.
std::string identifier(std::string_view name);
// 'text', with quotes doubled; right whatever standard_conforming_strings says.
std::string literal(std::string_view text);

}  // namespace revsync::postgres
