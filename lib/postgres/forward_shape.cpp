#include "postgres/forward_shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "postgres/quoting.hpp"

namespace revsync::postgres {
namespace {

// Types whose JSON in SQL Server is a text that Postgres has to parse.
constexpr std::array<std::string_view, 3> parsed_types{"json", "jsonb", "xml"};
constexpr std::array<std::string_view, 9> types_without_equality{"json", "xml",  "point",   "line",  "lseg",
                                                                 "box",  "path", "polygon", "circle"};

bool is_among(std::string_view type, const auto& types) {
    return std::ranges::find(types, type) != types.end();
}

// All that `reader` carries to an existing row, if it is all shared.
std::optional<std::vector<std::string>> shared_columns(const Stream& reader) {
    std::vector<std::string> shared;
    for (const ColumnPair& pair : reader.columns) {
        if (pair.insert_only) {
            continue;
        }
        if (pair.owner != Owner::shared) {
            return std::nullopt;
        }
        shared.push_back(pair.source);
    }
    return shared;
}

std::string passes(const StreamShape& shape) {
    return shape.filter.empty() ? "true" : fmt::format("({}) IS TRUE", fmt::join(shape.filter, " AND "));
}

ForwardReader reader_of(const Stream& reader, const StreamShape& shape) {
    return {reader.name, shape.changed_at, passes(shape), shared_columns(reader), reader.operations.insert};
}

Error unusable(const Stream& stream, std::string_view state, std::string_view what, std::string_view next) {
    return {Disposition::stream, fmt::format("sqlstate {}", state),
            fmt::format("cannot write {} for stream {}: {}; {}", to_string(stream.target), stream.name, what, next)};
}

// Gathers the pieces; the first thing that does not fit stays.
class Fitting {
public:
    Fitting(const Stream& stream, const SourceTable& table) : stream_{stream}, table_{table} {}

    Result<ForwardShape> shape(const Stream* reader) {
        shape_.stream = stream_.name;
        shape_.label = to_string(stream_.target);
        shape_.table = identifier(stream_.target.schema) + "." + identifier(stream_.target.table);
        shape_.owned_rows = stream_.owned_rows;
        shape_.operations = stream_.operations;
        fit_key();
        for (const ColumnPair& pair : stream_.columns) {
            fit_column(pair);
        }
        if (stream_.owned_rows) {
            require(stream_.owned_rows->column);
        }
        if (stream_.operations.remove && !table_.removable) {
            lacks_permission("DELETE", shape_.table);
        }
        if (failure_) {
            return *failure_;
        }
        if (reader != nullptr) {
            const auto read = shape_of(*reader, &table_);
            if (!read) {
                return read.error();
            }
            shape_.reader = reader_of(*reader, *read);
        }
        return std::move(shape_);
    }

private:
    void fail(std::string_view state, std::string_view what, std::string_view next) {
        if (!failure_) {
            failure_ = unusable(stream_, state, what, next);
        }
    }

    void lacks_permission(std::string_view privilege, std::string_view object) {
        fail("42501", fmt::format("permission for {} is missing", privilege),
             fmt::format("GRANT SELECT, INSERT, UPDATE, DELETE ON {} to this role ({})", shape_.table, object));
    }

    const SourceColumn* require(const std::string& name) {
        const SourceColumn* column = table_.find(name);
        if (column == nullptr) {
            fail("42703", fmt::format("column {} does not exist", name), "add it or correct the mapping");
        } else if (!column->readable) {
            lacks_permission("SELECT", name);
        }
        return column;
    }

    void require_writable(const SourceColumn& column, bool updated) {
        if (column.generated) {
            fail("428C9", fmt::format("column {} is generated", column.name), "take it out of the mapping");
        }
        if (stream_.operations.insert && !column.insertable) {
            lacks_permission("INSERT", column.name);
        }
        if (updated && !column.updatable) {
            lacks_permission("UPDATE", column.name);
        }
    }

    void fit_key() {
        const KeyPair& pair = stream_.key.front();
        if (const SourceColumn* column = require(pair.target)) {
            require_writable(*column, false);
            shape_.key = identifier(pair.target);
            shape_.key_type = column->type;
        }
    }

    void fit_column(const ColumnPair& pair) {
        if (pair.optional && table_.find(pair.target) == nullptr) {
            return;
        }
        const SourceColumn* column = require(pair.target);
        if (column == nullptr) {
            return;
        }
        require_writable(*column, stream_.operations.update && !pair.insert_only);
        ForwardColumn fitted;
        fitted.name = pair.target;
        fitted.quoted = identifier(pair.target);
        fitted.carried = column->declared_type;
        fitted.value = "r." + fitted.quoted;
        fitted.compared_as_text = is_among(column->base_type, types_without_equality);
        fitted.insert_only = pair.insert_only;
        fitted.shared = pair.owner == Owner::shared;
        if (column->base_type == "bytea") {
            fitted.carried = "text";
            fitted.value = fmt::format("decode(substr({}, 3), 'hex')", fitted.value);
        } else if (is_among(column->base_type, parsed_types)) {
            fitted.carried = "text";
            fitted.value = fmt::format("{}::{}", fitted.value, column->type);
        }
        shape_.columns.push_back(std::move(fitted));
    }

    const Stream& stream_;
    const SourceTable& table_;
    ForwardShape shape_;
    std::optional<Error> failure_;
};

}  // namespace

std::optional<std::size_t> ForwardShape::find(std::string_view name) const {
    const auto found = std::ranges::find(columns, name, &ForwardColumn::name);
    return found == columns.end() ? std::nullopt : std::optional{static_cast<std::size_t>(found - columns.begin())};
}

bool may_share_rows(const Stream& reader, const Stream& stream) {
    return !stream.owned_rows || std::ranges::none_of(reader.filter, [&](const Condition& condition) {
        return condition.test == Condition::Test::equals && condition.column == stream.owned_rows->column &&
               condition.operand != stream.owned_rows->value;
    });
}

Result<std::string> dependents_of(const Cascade& cascade, const Stream& reader, const SourceTable* child) {
    const auto shape = shape_of(reader, child);
    if (!shape) {
        return shape.error();
    }
    return fmt::format("EXISTS (SELECT FROM {} AS t WHERE t.{} = i.k AND {})", shape->table,
                       identifier(cascade.child_column), passes(*shape));
}

Result<ForwardShape> forward_shape_of(const Stream& stream, const Stream* reader, const SourceTable* table) {
    if (table == nullptr) {
        return unusable(stream, "42P01", "the table does not exist", "create it or correct the mapping");
    }
    if (!table->schema_usable) {
        return unusable(stream, "42501", "permission to use the schema is missing",
                        fmt::format("GRANT USAGE ON SCHEMA {} to this role", identifier(stream.target.schema)));
    }
    if (table->hides_rows) {
        return unusable(stream, "42501", "a row level security policy would hide rows from this role",
                        "ALTER ROLE … BYPASSRLS, or connect as a role that has it");
    }
    return Fitting{stream, *table}.shape(reader);
}

}  // namespace revsync::postgres
