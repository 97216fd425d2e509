#include <fmt/format.h>
#include <fmt/ranges.h>

#include "checkpoint/fields.hpp"
#include "checkpoint/format.hpp"

namespace revsync {
namespace {

Echo read_echo(const RawJson& value) {
    const auto fields = fields_of(value, "an echo");
    Echo echo;
    echo.stream = required_text(fields, "stream");
    echo.key = required_key(fields, "key");
    echo.stamped = required_time(fields, "stamped");
    if (find(fields, "edited") != nullptr) {
        echo.edited = required_time(fields, "edited");
    }
    return echo;
}

std::string echo_text(const Echo& echo) {
    const std::string edited =
        echo.edited ? fmt::format(R"(, "edited": "{}")", echo.edited->iso_microseconds()) : std::string{};
    return fmt::format(R"({{ "stream": {}, "key": {}, "stamped": "{}"{} }})", quoted_json(echo.stream), echo.key,
                       echo.stamped.iso_microseconds(), edited);
}

std::vector<Echo> read_echoes(std::string_view text) {
    const auto fields = document_fields(text);
    const auto& list = require(fields, "echoes");
    if (!list.is_array()) {
        damaged("'echoes' is not a list");
    }
    std::vector<Echo> echoes;
    for (const auto& element : list.elements()) {
        echoes.push_back(read_echo(element));
    }
    return echoes;
}

}  // namespace

FormatResult<std::vector<Echo>> parse_echoes(std::string_view text) {
    try {
        return read_echoes(text);
    } catch (WrongFormat& wrong) {
        return std::move(wrong.problem);
    }
}

FormatResult<std::string> format_echoes(const std::vector<Echo>& echoes) {
    std::vector<std::string> lines;
    lines.reserve(echoes.size());
    for (const auto& echo : echoes) {
        if (!is_json_array(echo.key)) {
            return FormatProblem{FormatProblem::Kind::damaged,
                                 fmt::format("a key of stream {} is not a list", echo.stream)};
        }
        lines.push_back("\n    " + echo_text(echo));
    }
    return fmt::format("{{\n  \"version\": 1,\n  \"echoes\": [{}{}]\n}}\n", fmt::join(lines, ","),
                       lines.empty() ? "" : "\n  ");
}

}  // namespace revsync
