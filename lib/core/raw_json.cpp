#include "core/raw_json.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace revsync {
namespace {

namespace json = boost::json;

// Takes what the parser finds and keeps nothing: what is asked of a document is whether it is valid.
struct KeepsNothing {
    static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
    static constexpr std::size_t max_array_size = max_object_size;
    static constexpr std::size_t max_key_size = max_object_size;
    static constexpr std::size_t max_string_size = max_object_size;
    using Text = json::string_view;
    using Code = json::error_code;

    static bool on_document_begin(Code&) { return true; }
    static bool on_document_end(Code&) { return true; }
    static bool on_object_begin(Code&) { return true; }
    static bool on_object_end(std::size_t, Code&) { return true; }
    static bool on_array_begin(Code&) { return true; }
    static bool on_array_end(std::size_t, Code&) { return true; }
    static bool on_key_part(Text, std::size_t, Code&) { return true; }
    static bool on_key(Text, std::size_t, Code&) { return true; }
    static bool on_string_part(Text, std::size_t, Code&) { return true; }
    static bool on_string(Text, std::size_t, Code&) { return true; }
    static bool on_number_part(Text, Code&) { return true; }
    static bool on_int64(std::int64_t, Text, Code&) { return true; }
    static bool on_uint64(std::uint64_t, Text, Code&) { return true; }
    static bool on_double(double, Text, Code&) { return true; }
    static bool on_bool(bool, Code&) { return true; }
    static bool on_null(Code&) { return true; }
    static bool on_comment_part(Text, Code&) { return true; }
    static bool on_comment(Text, Code&) { return true; }
};

constexpr std::string_view blanks = " \t\r\n";

void skip_blanks(std::string_view& rest) {
    rest.remove_prefix(std::min(rest.find_first_not_of(blanks), rest.size()));
}

std::size_t string_length(std::string_view text) {
    for (std::size_t at = text.find('"', 1);; at = text.find('"', at + 1)) {
        const std::size_t before = text.find_last_not_of('\\', at - 1);
        if ((at - before) % 2 == 1) {  // no backslash, or pairs of them
            return at + 1;
        }
    }
}

std::size_t nested_length(std::string_view text) {
    std::size_t depth = 0;
    std::size_t at = 0;
    do {
        if (text[at] == '"') {
            at += string_length(text.substr(at));
            continue;
        }
        if (text[at] == '{' || text[at] == '[') {
            ++depth;
        } else if (text[at] == '}' || text[at] == ']') {
            --depth;
        }
        ++at;
    } while (depth > 0);
    return at;
}

// Takes the value at the front of a valid document's rest, and the blanks before it.
std::string_view take_value(std::string_view& rest) {
    skip_blanks(rest);
    std::size_t length = 0;
    if (rest.front() == '"') {
        length = string_length(rest);
    } else if (rest.front() == '{' || rest.front() == '[') {
        length = nested_length(rest);
    } else {
        length = std::min(rest.find_first_of(",]} \t\r\n"), rest.size());
    }
    const auto value = rest.substr(0, length);
    rest.remove_prefix(length);
    skip_blanks(rest);
    return value;
}

std::string decoded(std::string_view string_literal) {
    if (string_literal.find('\\') == std::string_view::npos) {
        return std::string{string_literal.substr(1, string_literal.size() - 2)};
    }
    return std::string{json::parse({string_literal.data(), string_literal.size()}).as_string()};
}

}  // namespace

boost::system::result<RawJson> RawJson::parse(std::string_view document) {
    json::parse_options options;
    options.max_depth = deepest;
    json::basic_parser<KeepsNothing> parser{options};
    json::error_code error;
    const std::size_t valid = parser.write_some(false, document.data(), document.size(), error);
    if (!error && valid < document.size()) {
        error = json::error::extra_data;
    }
    if (error) {
        return error;
    }
    return RawJson{take_value(document)};
}

template <class Take>
void RawJson::each_member(Take take) const {
    auto rest = text_.substr(1);
    skip_blanks(rest);
    while (rest.front() != '}') {
        const auto name = take_value(rest);
        rest.remove_prefix(1);  // the colon
        take(decoded(name), RawJson{take_value(rest)});
        if (rest.front() == ',') {
            rest.remove_prefix(1);
            skip_blanks(rest);
        }
    }
}

std::map<std::string, RawJson> RawJson::members() const {
    std::map<std::string, RawJson> result;
    each_member([&](std::string name, RawJson value) { result.insert_or_assign(std::move(name), value); });
    return result;
}

// Sorted once: to insert each where it belongs would take an hour for a hostile document.
JsonMembers RawJson::member_texts() const {
    JsonMembers::sequence_type members;
    each_member([&](std::string name, RawJson value) { members.emplace_back(std::move(name), value.text()); });
    const auto names = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::stable_sort(members.begin(), members.end(), names);
    const auto repeated = std::unique(members.rbegin(), members.rend(), [](const auto& later, const auto& earlier) {
        return later.first == earlier.first;
    });
    members.erase(members.begin(), repeated.base());
    JsonMembers result;
    result.adopt_sequence(boost::container::ordered_unique_range, std::move(members));
    return result;
}

std::vector<RawJson> RawJson::elements() const {
    std::vector<RawJson> result;
    auto rest = text_.substr(1);
    skip_blanks(rest);
    while (rest.front() != ']') {
        result.push_back(RawJson{take_value(rest)});
        if (rest.front() == ',') {
            rest.remove_prefix(1);
        }
    }
    return result;
}

std::optional<std::string> RawJson::string() const {
    return text_.front() == '"' ? std::optional{decoded(text_)} : std::nullopt;
}

std::optional<std::int64_t> RawJson::integer() const {
    const auto value = json::parse({text_.data(), text_.size()});
    const auto* number = value.if_int64();
    return number != nullptr ? std::optional{*number} : std::nullopt;
}

std::string RawJson::compact() const {
    std::string result;
    for (std::size_t at = 0; at < text_.size();) {
        const auto length = text_[at] == '"' ? string_length(text_.substr(at)) : 1;
        if (blanks.find(text_[at]) == std::string_view::npos) {
            result += text_.substr(at, length);
        }
        at += length;
    }
    return result;
}

std::string quoted_json(std::string_view text) {
    return json::serialize(json::string_view{text.data(), text.size()});
}

}  // namespace revsync
