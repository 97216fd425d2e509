#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;  // libpq's PGresult

namespace revsync::postgres {

// One SQL statement with its parameters ($1 …) as text; no value is NUL-safe, and nullopt is SQL's NULL.
struct Statement {
    std::string purpose;  // completes "cannot …" in an error: "read public.aligner_notes"
    std::string text;
    std::vector<std::optional<std::string>> parameters;
};

// The rows of one answered statement; views into libpq's own memory, valid while this lives. Rows and
// columns count from 0 and must be in range.
class Rows {
public:
    // Takes ownership; `result` must not be null.
    explicit Rows(pg_result* result);

    std::size_t size() const;
    bool is_null(std::size_t row, std::size_t column) const;
    // "" for NULL.
    std::string_view at(std::size_t row, std::size_t column) const;
    // For boolean columns; NULL is false.
    bool is_true(std::size_t row, std::size_t column) const { return at(row, column) == "t"; }

private:
    struct Free {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Free> result_;
};

}  // namespace revsync::postgres
