#include "config/env_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

namespace revsync {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

bool is_letter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool is_name(std::string_view text) {
    if (text.empty() || !is_letter(text[0])) {
        return false;
    }
    return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789") ==
           std::string_view::npos;
}

std::string unquoted(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '#' && (at == 0 || blanks.find(text[at - 1]) != std::string_view::npos)) {
            return std::string{trimmed(text.substr(0, at))};
        }
    }
    return std::string{trimmed(text)};
}

std::optional<char> escaped(char letter) {
    switch (letter) {
        case 'n':
            return '\n';
        case 'r':
            return '\r';
        case 't':
            return '\t';
        case '\\':
        case '"':
        case '$':
            return letter;
        default:
            return std::nullopt;
    }
}

// A problem with a line, as a text without the line's own.
using Value = boost::system::result<std::string, std::string>;

Value quoted(std::string_view text) {
    const char quote = text[0];
    std::string value;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == quote) {
            const auto rest = trimmed(text.substr(at + 1));
            if (!rest.empty() && rest[0] != '#') {
                return Value{boost::system::in_place_error, "there is text behind the closing quote"};
            }
            return Value{boost::system::in_place_value, std::move(value)};
        }
        const auto special =
            quote == '"' && text[at] == '\\' && at + 1 < text.size() ? escaped(text[at + 1]) : std::nullopt;
        value += special.value_or(text[at]);
        at += special ? 1U : 0U;
    }
    return Value{boost::system::in_place_error, "the closing quote is missing"};
}

class Parser {
public:
    Result<EnvFile> parse(std::string_view text) {
        for (std::size_t number = 1; !text.empty(); ++number) {
            const auto end = text.find('\n');
            auto line = text.substr(0, end);
            text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
            if (line.ends_with('\r')) {
                line.remove_suffix(1);
            }
            read_line(number, trimmed(line));
        }
        if (!errors_.empty()) {
            return Error{Disposition::configuration, "",
                         fmt::format("cannot read the .env file: {}", fmt::join(errors_, "; "))};
        }
        return std::move(file_);
    }

private:
    void read_line(std::size_t number, std::string_view line) {
        if (line.empty() || line[0] == '#') {
            return;
        }
        if (line.starts_with("export ") || line.starts_with("export\t")) {
            line = trimmed(line.substr(7));
        }
        const auto equals = line.find('=');
        const auto name = trimmed(line.substr(0, equals));
        if (equals == std::string_view::npos || !is_name(name)) {
            errors_.push_back(fmt::format("line {}: expected NAME=VALUE", number));
            return;
        }
        const auto text = trimmed(line.substr(equals + 1));
        const bool in_quotes = !text.empty() && (text[0] == '"' || text[0] == '\'');
        auto value = in_quotes ? quoted(text) : Value{boost::system::in_place_value, unquoted(text)};
        if (value.has_error()) {
            errors_.push_back(fmt::format("line {}: {}", number, value.error()));
            return;
        }
        keep(number, std::string{name}, std::move(*value));
    }

    void keep(std::size_t number, std::string name, std::string value) {
        const auto [earlier, is_new] = lines_.try_emplace(name, number);
        if (!is_new) {
            file_.warnings.push_back(
                fmt::format("{} is set on line {} and again on line {} of the .env file: the last one counts", name,
                            earlier->second, number));
            earlier->second = number;
        }
        file_.values.insert_or_assign(std::move(name), std::move(value));
    }

    EnvFile file_;
    std::map<std::string, std::size_t> lines_;
    std::vector<std::string> errors_;
};

Error refused(std::string_view reason) {
    return Error{Disposition::configuration, "", fmt::format("cannot read the .env file: {}", reason)};
}

}  // namespace

Result<EnvFile> parse_env_file(std::string_view text) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.size() > env_file_limit_bytes) {
        return refused(
            fmt::format("it is larger than {} bytes; give the path of the right file", env_file_limit_bytes));
    }
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
        return refused("it is saved as UTF-16; save it as UTF-8");
    }
    if (text.find('\0') != std::string_view::npos) {
        return refused("it holds binary data; save it as UTF-8 text");
    }
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    return Parser{}.parse(text);
}

}  // namespace revsync
