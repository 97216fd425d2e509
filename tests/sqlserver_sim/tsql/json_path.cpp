#include "json_path.hpp"

#include <cstdlib>

#include "errors.hpp"

namespace revsync::sim::tsql {

namespace {

[[noreturn]] void malformed(std::string_view text, std::size_t at) {
    const std::string near = at < text.size() ? std::string(1, text[at]) : ".";
    fail(13607, "JSON path is not properly formatted. Unexpected character '" + near + "' is found at position " +
                    std::to_string(at) + ".");
}

std::string quoted_key(std::string_view text, std::size_t& at) {
    std::string key;
    for (++at; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\' && at + 1 < text.size()) {
            ++at;
        }
        key += text[at];
    }
    if (at >= text.size()) {
        malformed(text, at);
    }
    ++at;
    return key;
}

}  // namespace

JsonPath parse_json_path(std::string_view text) {
    JsonPath path;
    std::size_t at = 0;
    const auto skip = [&] {
        while (at < text.size() && text[at] == ' ') {
            ++at;
        }
    };
    skip();
    if (text.substr(at, 6) == "strict" || text.substr(at, 3) == "lax") {
        path.strict = text[at] == 's';
        at += path.strict ? 6 : 3;
        skip();
    }
    if (at >= text.size() || text[at] != '$') {
        malformed(text, at);
    }
    ++at;
    while (at < text.size()) {
        if (text[at] == '.') {
            ++at;
            if (at < text.size() && text[at] == '"') {
                path.steps.push_back({quoted_key(text, at), std::nullopt});
                continue;
            }
            const std::size_t start = at;
            at = std::min(text.find_first_of(".[", at), text.size());
            if (start == at) {
                malformed(text, at);
            }
            path.steps.push_back({std::string(text.substr(start, at - start)), std::nullopt});
        } else if (text[at] == '[') {
            const std::size_t close = text.find(']', at);
            if (close == std::string_view::npos || close == at + 1) {
                malformed(text, at);
            }
            path.steps.push_back({"", std::atoi(std::string(text.substr(at + 1, close - at - 1)).c_str())});
            at = close + 1;
        } else {
            malformed(text, at);
        }
    }
    return path;
}

}  // namespace revsync::sim::tsql
