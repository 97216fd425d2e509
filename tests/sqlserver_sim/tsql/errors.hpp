// Failures of T-SQL execution, with SQL Server's numbers, severities and wording.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "../engine.hpp"

namespace revsync::sim::tsql {

// What a failure ends when no TRY block catches it.
enum class Consequence {
    statement,   // the batch goes on with the next statement
    batch,       // the batch ends, an open transaction stays
    transaction  // the batch ends and the open transaction is rolled back
};

class SqlError : public std::exception {
public:
    SqlError(Message what_happened, Consequence ends) : message(std::move(what_happened)), consequence(ends) {}
    const char* what() const noexcept override { return message.text.c_str(); }

    Message message;
    Consequence consequence;
    // A name that could not be bound: a TRY block of the same module does not catch it.
    bool binding = false;
    int depth = 0;
};

std::uint8_t severity_of(std::int32_t number) noexcept;
Consequence consequence_of(std::int32_t number) noexcept;

// Throws the SqlError of that number; severity and consequence follow from the number. `line` 0: filled in later.
[[noreturn]] void fail(std::int32_t number, std::string text, std::int32_t line = 0, std::uint8_t state = 1);

// Error 156 for a keyword, 102 for anything else.
[[noreturn]] void fail_near(std::string_view token, bool keyword, std::int32_t line);

}  // namespace revsync::sim::tsql
