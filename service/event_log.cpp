#include "service/event_log.hpp"

#include <boost/nowide/utf/convert.hpp>

namespace revsync {
namespace {

bool is_placeholder(std::string_view rest) {
    return rest.size() > 1 && rest[0] == '%' && (rest[1] == '%' || (rest[1] >= '0' && rest[1] <= '9'));
}

std::string without_placeholders(std::string_view line) {
    std::string text;
    text.reserve(line.size());
    for (; !line.empty(); line.remove_prefix(1)) {
        text += line.front();
        if (is_placeholder(line)) {
            text += ' ';
        }
    }
    return text;
}

bool is_high_surrogate(char16_t unit) {
    return unit >= 0xD800 && unit < 0xDC00;
}

}  // namespace

std::u16string event_text(std::string_view line) {
    const std::string safe = without_placeholders(line);
    std::u16string text = boost::nowide::utf::convert_string<char16_t>(safe.data(), safe.data() + safe.size());
    if (text.size() > event_text_limit) {
        text.resize(event_text_limit - 1);
        if (is_high_surrogate(text.back())) {
            text.pop_back();
        }
        text += u'…';
    }
    return text;
}

EventId event_id(Level level) noexcept {
    switch (level) {
        case Level::error:
            return EventId::error;
        case Level::warning:
            return EventId::warning;
        default:
            return EventId::information;
    }
}

}  // namespace revsync
