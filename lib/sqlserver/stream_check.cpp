#include <fmt/format.h>

#include <algorithm>

#include "sqlserver/catalog.hpp"

namespace revsync::sqlserver {
namespace {

template <class... Arguments>
Error misfit(const Stream& stream, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    return {Disposition::stream, "",
            fmt::format("stream {}: {}", stream.name, fmt::format(format, std::forward<Arguments>(arguments)...))};
}

Result<const Column*> find_writable(const Stream& stream, const Table& table, const std::string& name) {
    const std::string where = to_string(stream.target);
    const Column* column = table.find(name);
    if (column == nullptr) {
        return misfit(stream, "column {} is missing in table {}; add it or correct the mapping", name, where);
    }
    if (column->computed) {
        return misfit(stream, "column {} of table {} is computed and cannot be written; take it out of the mapping",
                      name, where);
    }
    if (kind_of(*column) == ColumnKind::unsupported) {
        return misfit(stream, "column {} of table {} has type {}, which cannot be written; take it out of the mapping",
                      name, where, column->base_type);
    }
    return column;
}

// A unique index over some of the key's columns makes the whole key unique.
bool is_unique(const std::vector<const Column*>& key, const Table& table) {
    return std::ranges::any_of(table.unique_keys, [&](const auto& index) {
        return std::ranges::all_of(
            index, [&](const std::string& name) { return std::ranges::find(key, name, &Column::name) != key.end(); });
    });
}

// What an INSERT would have to give a value to, but the mapping does not.
const Column* unfilled(const Table& table, const std::vector<const Column*>& written) {
    const auto found = std::ranges::find_if(table.columns, [&](const Column& column) {
        const bool fills_itself = column.nullable || column.has_default || column.identity || column.computed ||
                                  column.base_type == "timestamp";
        return !fills_itself && std::ranges::find(written, &column) == written.end();
    });
    return found == table.columns.end() ? nullptr : &*found;
}

Result<void> check_key(const Stream& stream, const Table& table, std::vector<const Column*>& written) {
    for (const auto& pair : stream.key) {
        const auto column = find_writable(stream, table, pair.target);
        if (!column) {
            return column.error();
        }
        written.push_back(*column);
    }
    if (!is_unique(written, table)) {
        return misfit(stream, "the key columns of table {} have no unique index; create one over them",
                      to_string(stream.target));
    }
    return {};
}

}  // namespace

Result<void> check_stream(const Stream& stream, const Table& table) {
    const std::string where = to_string(stream.target);
    if (table.columns.empty()) {
        return misfit(stream, "table {} is missing or hidden from the login; create it or grant access to it", where);
    }
    std::vector<const Column*> written;
    if (auto key = check_key(stream, table, written); !key) {
        return key.error();
    }
    for (const auto& pair : stream.columns) {
        const auto column = find_writable(stream, table, pair.target);
        if (!column) {
            return column.error();
        }
        if ((*column)->identity) {
            return misfit(stream, "column {} of table {} is an identity but not in the key; take it out of the mapping",
                          pair.target, where);
        }
        written.push_back(*column);
    }
    if (stream.owned_rows && table.find(stream.owned_rows->column) == nullptr) {
        return misfit(stream, "column {}, which tells whose a row is, is missing in table {}; correct the mapping",
                      stream.owned_rows->column, where);
    }
    if (stream.operations.insert) {
        if (const Column* column = unfilled(table, written)) {
            return misfit(stream, "column {} of table {} needs a value but is not mapped; map it or give it a default",
                          column->name, where);
        }
    }
    return {};
}

}  // namespace revsync::sqlserver
