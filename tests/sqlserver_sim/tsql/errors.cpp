#include "errors.hpp"

#include <utility>

namespace revsync::sim::tsql {

std::uint8_t severity_of(std::int32_t number) noexcept {
    switch (number) {
        case 102:
        case 105:
        case 113:
        case 137:
        case 156:
        case 319:
            return 15;
        case 1205:
            return 13;
        case 2601:
        case 2627:
        case 18456:
        case 229:
            return 14;
        case 3701:
        case 4060:
        case 5701:
            return 11;
        default:
            return 16;
    }
}

Consequence consequence_of(std::int32_t number) noexcept {
    switch (number) {
        case 102:
        case 105:
        case 113:
        case 134:
        case 137:
        case 156:
        case 207:
        case 208:
        case 209:
        case 213:
        case 319:
        case 4104:
        case 1934:
        case 13609:
            return Consequence::batch;
        case 241:
        case 242:
        case 245:
        case 248:
        case 1205:
        case 3609:
        case 3930:
            return Consequence::transaction;
        default:
            return Consequence::statement;
    }
}

void fail(std::int32_t number, std::string text, std::int32_t line, std::uint8_t state) {
    Message message;
    message.number = number;
    message.severity = severity_of(number);
    message.state = state;
    message.line = line;
    message.text = std::move(text);
    SqlError error(std::move(message), consequence_of(number));
    error.binding = number == 207 || number == 208 || number == 209 || number == 4104;
    throw error;
}

void fail_near(std::string_view token, bool keyword, std::int32_t line) {
    if (keyword) {
        fail(156, "Incorrect syntax near the keyword '" + std::string(token) + "'.", line);
    }
    fail(102, "Incorrect syntax near '" + std::string(token) + "'.", line);
}

}  // namespace revsync::sim::tsql
