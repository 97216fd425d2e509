#include "postgres/stream_shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "postgres/quoting.hpp"
#include "postgres/row_json.hpp"

namespace revsync::postgres {
namespace {

// Gathers the pieces; the first thing that does not fit stays.
class Fitting {
public:
    Fitting(const Stream& stream, const SourceTable& table) : stream_{stream}, table_{table} {}

    Result<StreamShape> shape() {
        shape_.stream = stream_.name;
        shape_.label = to_string(stream_.source);
        shape_.table = identifier(stream_.source.schema) + "." + identifier(stream_.source.table);
        shape_.shows_total = stream_.wording.show_total;
        fit_key();
        fit_columns();
        fit_filter();
        fit_changed_at();
        if (!failure_.text.empty()) {
            return failure_;
        }
        return std::move(shape_);
    }

private:
    const SourceColumn* require(const std::string& name) {
        const SourceColumn* column = table_.find(name);
        if (column == nullptr) {
            fail("42703", fmt::format("column {} does not exist", name), "add it or correct the mapping");
        } else if (!column->readable) {
            fail("42501", fmt::format("permission to read column {} is missing", name),
                 fmt::format("GRANT SELECT ON {} to this role", shape_.table));
            return nullptr;
        }
        return column;
    }

    void fail(std::string_view state, std::string_view what, std::string_view next) {
        if (failure_.text.empty()) {
            failure_ = {Disposition::stream, fmt::format("sqlstate {}", state),
                        fmt::format("cannot read {} for stream {}: {}; {}", shape_.label, stream_.name, what, next)};
        }
    }

    // The column's expression in a sub-select.
    std::string carried(const std::string& name) {
        const std::string quoted = identifier(name);
        const auto found = std::ranges::find(shape_.columns, quoted);
        const auto position = found - shape_.columns.begin();
        if (found == shape_.columns.end()) {
            shape_.columns.push_back(quoted);
        }
        return fmt::format("s.c{}", position);
    }

    void fit_key() {
        std::vector<std::string> values;
        for (const KeyPair& pair : stream_.key) {
            if (const SourceColumn* column = require(pair.source)) {
                if (column->is_array || column->base_type == "bytea" || column->base_type == "record") {
                    fail("42804", fmt::format("key column {} has a type that JSON does not carry back", pair.source),
                         "take a number, text or uuid as the key");
                }
                shape_.key.push_back(identifier(pair.source));
                shape_.key_types.push_back(column->type);
                values.push_back(json_value(*column, carried(pair.source)));
                members_.emplace_back(pair.target, values.back());
            }
        }
        shape_.key_text = json_array_text(values);
    }

    void fit_columns() {
        for (const ColumnPair& pair : stream_.columns) {
            const std::string substitute =
                pair.if_absent ? fmt::format("to_json({}::text)", literal(*pair.if_absent)) : "";
            if (pair.if_absent && table_.find(pair.source) == nullptr) {
                members_.emplace_back(pair.target, substitute);
            } else if (const SourceColumn* column = require(pair.source)) {
                const std::string value = json_value(*column, carried(pair.source));
                members_.emplace_back(pair.target,
                                      pair.if_absent ? fmt::format("COALESCE({}, {})", value, substitute) : value);
            }
        }
        shape_.row_text = json_object_text(members_);
    }

    void fit_filter() {
        for (const Condition& condition : stream_.filter) {
            require(condition.column);
            const std::string column = "t." + identifier(condition.column);
            if (condition.test == Condition::Test::newer_than) {
                require(condition.operand);
                shape_.filter.push_back(fmt::format("{} > t.{}", column, identifier(condition.operand)));
            } else {
                shape_.filter.push_back(fmt::format("{} = {}", column, literal(condition.operand)));
            }
        }
    }

    // The column's moment as timestamptz, by immutable functions only, so that an index can hold it.
    std::string moment(const std::string& name, std::string_view prefix) {
        const SourceColumn* column = require(name);
        std::string value = std::string{prefix} + identifier(name);
        if (column == nullptr || column->base_type == "timestamptz") {
            return value;
        }
        if (column->base_type == "timestamp") {
            return fmt::format("({} AT TIME ZONE 'UTC')", value);
        }
        if (column->base_type == "date") {
            return fmt::format("({}::timestamp AT TIME ZONE 'UTC')", value);
        }
        fail("42804", fmt::format("column {} is {} and cannot say when a row changed", name, column->type),
             "name a timestamptz column in the mapping");
        return value;
    }

    std::string latest_moment(std::string_view prefix) {
        std::vector<std::string> moments;
        for (const std::string& name : stream_.changed_at) {
            moments.push_back(moment(name, prefix));
        }
        return moments.size() == 1 ? moments.front() : fmt::format("GREATEST({})", fmt::join(moments, ", "));
    }

    void fit_changed_at() {
        shape_.changed_at = latest_moment("t.");
        shape_.index_changed_at = latest_moment("");
    }

    const Stream& stream_;
    const SourceTable& table_;
    StreamShape shape_;
    std::vector<std::pair<std::string, std::string>> members_;
    Error failure_;
};

Error unusable(const Stream& stream, std::string_view state, std::string_view what, std::string_view next) {
    return {Disposition::stream, fmt::format("sqlstate {}", state),
            fmt::format("cannot read {} for stream {}: {}; {}", to_string(stream.source), stream.name, what, next)};
}

}  // namespace

Result<StreamShape> shape_of(const Stream& stream, const SourceTable* table) {
    if (table == nullptr) {
        return unusable(stream, "42P01", "the table does not exist", "create it or correct the mapping");
    }
    if (!table->schema_usable) {
        return unusable(stream, "42501", "permission to use the schema is missing",
                        fmt::format("GRANT USAGE ON SCHEMA {} to this role", identifier(stream.source.schema)));
    }
    if (table->hides_rows) {
        return unusable(stream, "42501", "a row level security policy would hide rows from this role",
                        "ALTER ROLE … BYPASSRLS, or connect as a role that has it");
    }
    return Fitting{stream, *table}.shape();
}

}  // namespace revsync::postgres
