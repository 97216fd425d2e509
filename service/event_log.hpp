// Lines of the log as events of the Windows Event Log, source ReverseSync.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/logger.hpp"

namespace revsync {

// UTF-16 units of one text
// (https://learn.microsoft.com/windows/win32/api/winbase/nf-winbase-reporteventw, lpStrings).
inline constexpr std::size_t event_text_limit = 31'839;

// The line as the text of one event, cut with an ellipsis at the limit; what is no UTF-8 becomes U+FFFD. The Event Log
// takes "%1" in a text for a place to fill in, so a percent sign before a digit or another one is followed by a space.
std::u16string event_text(std::string_view line);

// As messages.rc has them. Nothing below info is worth an event of another kind: debug lines are information too.
enum class EventId : unsigned { information = 1, warning = 2, error = 3 };
EventId event_id(Level level) noexcept;

// One event a line. What cannot be written is lost: there is nobody else to tell. (Windows only.)
Logger::Write write_events();

}  // namespace revsync
