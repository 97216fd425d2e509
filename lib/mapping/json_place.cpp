#include "mapping/json_place.hpp"

#include <algorithm>
#include <charconv>

namespace revsync {
namespace {

// Walks over text that a parser has accepted, and so asks for no more than where things end.
class Walk {
public:
    explicit Walk(std::string_view text) : text_{text} { skip_space(); }

    std::size_t line() const { return 1 + static_cast<std::size_t>(std::ranges::count(text_.substr(0, at_), '\n')); }

    // Into the value of a member, or of an element. False: there is none, and the walk stays.
    bool enter(std::string_view member) {
        return enter_where('{', [&] {
            const std::string_view key = string();
            skip_space();
            skip(1);  // the colon
            return key == member;
        });
    }
    bool enter(std::size_t index) {
        return enter_where('[', [&, passed = std::size_t{0}]() mutable { return passed++ == index; });
    }

private:
    template <class IsWanted>
    bool enter_where(char opening, IsWanted is_wanted) {
        const std::size_t start = at_;
        if (peek() == opening) {
            for (skip(1); peek() != '\0' && peek() != '}' && peek() != ']';) {
                const bool wanted = is_wanted();
                skip_space();
                if (wanted) {
                    return true;
                }
                skip_value();
            }
        }
        at_ = start;
        return false;
    }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    void skip(std::size_t count) {
        at_ = std::min(at_ + count, text_.size());
        skip_space();
    }
    void skip_space() { at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size()); }

    // Between the quotes.
    std::string_view string() {
        const std::size_t start = ++at_;
        while (peek() != '"' && peek() != '\0') {
            at_ += peek() == '\\' ? 2U : 1U;
        }
        const std::string_view content = text_.substr(start, std::min(at_, text_.size()) - start);
        at_ = std::min(at_ + 1, text_.size());
        return content;
    }

    // A value and the comma behind it.
    void skip_value() {
        std::size_t depth = 0;
        do {
            const char letter = peek();
            if (letter == '"') {
                string();
                continue;
            }
            if (depth == 0 && (letter == '}' || letter == ']')) {
                return;  // a number or word that was the last one
            }
            depth += letter == '{' || letter == '[' ? 1U : 0U;
            depth -= letter == '}' || letter == ']' ? 1U : 0U;
            ++at_;
        } while (at_ < text_.size() && (depth > 0 || peek() != ','));
        skip_space();
        if (peek() == ',') {
            skip(1);
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

// Takes the first step off `place`: "streams", "[0]".
std::string_view take_step(std::string_view& place) {
    place.remove_prefix(place.starts_with('.') ? 1 : 0);
    const std::size_t end = std::min(place.find_first_of(".[", 1), place.size());
    const std::string_view step = place.substr(0, end);
    place.remove_prefix(end);
    return step;
}

bool enter(Walk& walk, std::string_view step) {
    if (!step.starts_with('[')) {
        return walk.enter(step);
    }
    std::size_t index = 0;
    std::from_chars(step.data() + 1, step.data() + step.size(), index);
    return walk.enter(index);
}

}  // namespace

std::size_t line_of_place(std::string_view text, std::string_view place) {
    Walk walk{text};
    while (!place.empty() && enter(walk, take_step(place))) {
    }
    return walk.line();
}

}  // namespace revsync
