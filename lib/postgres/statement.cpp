#include "postgres/statement.hpp"

#include <libpq-fe.h>

namespace revsync::postgres {

void Rows::Free::operator()(pg_result* result) const {
    PQclear(result);
}

Rows::Rows(pg_result* result) : result_{result} {}

std::size_t Rows::size() const {
    return static_cast<std::size_t>(PQntuples(result_.get()));
}

bool Rows::is_null(std::size_t row, std::size_t column) const {
    return PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}

std::string_view Rows::at(std::size_t row, std::size_t column) const {
    const int r = static_cast<int>(row);
    const int c = static_cast<int>(column);
    return {PQgetvalue(result_.get(), r, c), static_cast<std::size_t>(PQgetlength(result_.get(), r, c))};
}

}  // namespace revsync::postgres
