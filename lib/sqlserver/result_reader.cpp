#include "sqlserver/result_reader.hpp"

#include <sybfront.h>

#include <sybdb.h>

#include <array>

namespace revsync::sqlserver {
namespace {

constexpr std::size_t converted_limit_bytes = 256;  // longer than any number or time as text

bool is_plain_bytes(int type) {
    switch (type) {
        case SYBCHAR:
        case SYBVARCHAR:
        case SYBTEXT:
        case SYBNTEXT:
        case SYBNVARCHAR:
        case SYBBINARY:
        case SYBVARBINARY:
        case SYBIMAGE:
            return true;
        default:
            return false;
    }
}

std::optional<std::string> value(DBPROCESS* process, int column) {
    const BYTE* data = ::dbdata(process, column);
    if (data == nullptr) {
        return std::nullopt;
    }
    const DBINT size = ::dbdatlen(process, column);
    const int type = ::dbcoltype(process, column);
    if (is_plain_bytes(type)) {
        return std::string{reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
    }
    std::array<char, converted_limit_bytes> text{};
    const DBINT length = ::dbconvert(process, type, data, size, SYBCHAR, reinterpret_cast<BYTE*>(text.data()),
                                     static_cast<DBINT>(text.size()) - 1);
    if (length < 0) {
        return std::nullopt;
    }
    std::string converted{text.data(), static_cast<std::size_t>(length)};
    converted.erase(converted.find_last_not_of(" \0") + 1);
    return converted;
}

Row read_row(DBPROCESS* process, int columns) {
    Row row;
    row.reserve(static_cast<std::size_t>(columns));
    for (int column = 1; column <= columns; ++column) {
        row.push_back(value(process, column));
    }
    return row;
}

}  // namespace

bool read_results(tds_dblib_dbprocess* process, std::vector<ResultSet>& results) {
    RETCODE next = ::dbresults(process);
    for (; next == SUCCEED; next = ::dbresults(process)) {
        const int columns = ::dbnumcols(process);
        if (columns == 0) {
            continue;
        }
        ResultSet rows;
        STATUS status = ::dbnextrow(process);
        for (; status == REG_ROW; status = ::dbnextrow(process)) {
            rows.push_back(read_row(process, columns));
        }
        if (status != NO_MORE_ROWS) {
            return false;
        }
        results.push_back(std::move(rows));
    }
    return next == NO_MORE_RESULTS;
}

}  // namespace revsync::sqlserver
