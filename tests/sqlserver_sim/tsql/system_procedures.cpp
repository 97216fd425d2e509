// The system procedures that clients call, and the two of the stand-in itself.
#include <algorithm>
#include <cstdlib>

#include "parser.hpp"
#include "session.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

// An argument by its name or its position.
const CallArgument* argument(const std::vector<CallArgument>& arguments, std::string_view name, std::size_t position) {
    for (const CallArgument& one : arguments) {
        if (same_name(one.name, name)) {
            return &one;
        }
    }
    const bool positional = position < arguments.size() && arguments[position].name.empty();
    return positional ? &arguments[position] : nullptr;
}

int number(const CallArgument* given, int otherwise) {
    return given == nullptr || !given->value.value ? otherwise : std::atoi(given->value.value->c_str());
}

std::string text(const CallArgument* given) {
    return given == nullptr ? "" : given->value.value.value_or("");
}

}  // namespace

const std::map<std::string, SessionImpl::SystemProcedure>& SessionImpl::system_procedures() {
    static const std::map<std::string, SystemProcedure> table{
        {"sp_executesql", &SessionImpl::execute_sql},
        {"sp_prepare", &SessionImpl::sp_prepare},
        {"sp_prepexec", &SessionImpl::sp_prepexec},
        {"sp_execute", &SessionImpl::sp_execute},
        {"sp_unprepare", &SessionImpl::sp_unprepare},
        {"sp_set_session_context", &SessionImpl::sp_set_session_context},
        {"sp_getapplock", &SessionImpl::sp_getapplock},
        {"sp_releaseapplock", &SessionImpl::sp_releaseapplock},
        {"sp_addextendedproperty", &SessionImpl::sp_addextendedproperty},
        {"sp_dropextendedproperty", &SessionImpl::sp_dropextendedproperty},
        {"sp_reset_connection", &SessionImpl::sp_reset_connection},
        {"sp_tables", &SessionImpl::sp_tables},
        {"sp_columns", &SessionImpl::sp_columns},
        {"sp_sim_fault", &SessionImpl::sp_sim_fault},
        {"sp_sim_counts", &SessionImpl::sp_sim_counts}};
    return table;
}

int SessionImpl::sp_prepare(std::vector<CallArgument>& arguments) {
    if (arguments.size() < 3) {
        fail(201, "Procedure or function 'sp_prepare' expects parameter '@stmt', which was not supplied.");
    }
    const int handle = next_handle_++;
    PreparedStatement statement{text(&arguments[1]), text(&arguments[2])};
    parse_parameters(statement.declaration);
    server_->parsed.batch(statement.sql, options_.get("QUOTED_IDENTIFIER"));
    prepared_[handle] = std::move(statement);
    arguments[0].value = {integer_type(), std::to_string(handle)};
    arguments[0].output = true;
    return 0;
}

int SessionImpl::sp_prepexec(std::vector<CallArgument>& arguments) {
    sp_prepare(arguments);
    const PreparedStatement& statement = prepared_.at(std::atoi(arguments[0].value.value->c_str()));
    return run_text(statement.sql, parse_parameters(statement.declaration), arguments, 3);
}

int SessionImpl::sp_execute(std::vector<CallArgument>& arguments) {
    const int handle = arguments.empty() ? 0 : number(&arguments[0], 0);
    const auto found = prepared_.find(handle);
    if (found == prepared_.end()) {
        fail(8179, "Could not find prepared statement with handle " + std::to_string(handle) + ".");
    }
    const PreparedStatement statement = found->second;
    return run_text(statement.sql, parse_parameters(statement.declaration), arguments, 1);
}

int SessionImpl::sp_unprepare(std::vector<CallArgument>& arguments) {
    const int handle = arguments.empty() ? 0 : number(&arguments[0], 0);
    if (prepared_.erase(handle) == 0) {
        fail(8179, "Could not find prepared statement with handle " + std::to_string(handle) + ".");
    }
    return 0;
}

int SessionImpl::sp_set_session_context(std::vector<CallArgument>& arguments) {
    const CallArgument* key = argument(arguments, "@key", 0);
    const CallArgument* value = argument(arguments, "@value", 1);
    if (key == nullptr || value == nullptr) {
        fail(201, "Procedure or function 'sp_set_session_context' expects parameter '@key', which was not supplied.");
    }
    const std::string name = lower(text(key));
    if (read_only_context_.count(name) != 0) {
        fail(15664, "Cannot set key '" + text(key) +
                        "' in the session context. The key has been set as read_only for this session.");
    }
    context_[name] = value->value;
    if (number(argument(arguments, "@read_only", 2), 0) != 0) {
        read_only_context_.insert(name);
    }
    return 0;
}

// What the levels of an extended property name: an object, or an object's trigger or column.
SessionImpl::PropertyOwner SessionImpl::property_owner(const std::vector<CallArgument>& arguments,
                                                       std::size_t first_level) {
    std::vector<std::pair<std::string, std::string>> levels;
    for (std::size_t level = 0; level < 3; ++level) {
        const std::string prefix = "@level" + std::to_string(level);
        const CallArgument* type = argument(arguments, prefix + "type", first_level + level * 2);
        const CallArgument* name = argument(arguments, prefix + "name", first_level + level * 2 + 1);
        levels.emplace_back(upper(text(type)), text(name));
    }
    const auto invalid = [&](const std::string& what) {
        fail(15135, "Object is invalid. Extended properties are not permitted on '" + what +
                        "', or the object does not exist.");
    };
    const auto find = [&](const std::string& name) {
        const Result found =
            query("SELECT object_id FROM sim.object WHERE lower(schema_name) = lower($1) AND lower(name) = lower($2)",
                  {levels[0].second, name});
        if (found.rows() == 0) {
            invalid(levels[0].second + "." + name);
        }
        return std::string(found.text(0, 0));
    };
    if (levels[0].first != "SCHEMA" || levels[1].first.empty()) {
        fail(15600, "An invalid parameter or option was specified for procedure 'sp_addextendedproperty'.");
    }
    if (levels[2].first == "TRIGGER") {
        find(levels[1].second);
        return {find(levels[2].second), "0"};
    }
    if (levels[2].first == "COLUMN") {
        const std::string object = find(levels[1].second);
        const Result column =
            query("SELECT column_id FROM sim.column WHERE object_id = $1::int4 AND lower(name) = lower($2)",
                  {object, levels[2].second});
        if (column.rows() == 0) {
            invalid(levels[1].second + "." + levels[2].second);
        }
        return {object, std::string(column.text(0, 0))};
    }
    if (!levels[2].first.empty()) {
        fail(15600, "An invalid parameter or option was specified for procedure 'sp_addextendedproperty'.");
    }
    return {find(levels[1].second), "0"};
}

int SessionImpl::sp_addextendedproperty(std::vector<CallArgument>& arguments) {
    const std::string name = text(argument(arguments, "@name", 0));
    const CallArgument* value = argument(arguments, "@value", 1);
    const PropertyOwner owner = property_owner(arguments, 2);
    in_transaction([&] {
        const Result added = query(
            "INSERT INTO sim.extended_property (major_id, minor_id, name, value) VALUES ($1::int4, $2::int4, $3, $4) "
            "ON CONFLICT DO NOTHING RETURNING 1",
            {owner.major, owner.minor, name, value == nullptr ? Value{} : value->value.value});
        if (added.rows() == 0) {
            fail(15233, "Property cannot be added. Property '" + name + "' already exists.");
        }
    });
    return 0;
}

int SessionImpl::sp_dropextendedproperty(std::vector<CallArgument>& arguments) {
    const std::string name = text(argument(arguments, "@name", 0));
    const PropertyOwner owner = property_owner(arguments, 1);
    in_transaction([&] {
        const Result dropped = query(
            "DELETE FROM sim.extended_property WHERE major_id = $1::int4 AND minor_id = $2::int4 "
            "AND lower(name) = lower($3) RETURNING 1",
            {owner.major, owner.minor, name});
        if (dropped.rows() == 0) {
            fail(15217, "Property cannot be updated or deleted. Property '" + name + "' does not exist.");
        }
    });
    return 0;
}

int SessionImpl::sp_reset_connection(std::vector<CallArgument>&) {
    reset();
    return 0;
}

int SessionImpl::sp_tables(std::vector<CallArgument>& arguments) {
    const std::string name = text(argument(arguments, "@table_name", 0));
    frame_->variables["@#name"] = Variable{string_type(384), name.empty() ? "%" : name};
    const auto tree = server_->parsed.batch(
        "SELECT TABLE_CATALOG AS TABLE_QUALIFIER, TABLE_SCHEMA AS TABLE_OWNER, TABLE_NAME, CASE TABLE_TYPE WHEN 'BASE "
        "TABLE' THEN 'TABLE' ELSE 'VIEW' END "
        "AS TABLE_TYPE, CAST(NULL AS varchar(254)) AS REMARKS FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_NAME LIKE "
        "@#name ORDER BY 4, 1, 2, 3",
        true);
    run_block(*tree);
    return 0;
}

int SessionImpl::sp_columns(std::vector<CallArgument>& arguments) {
    frame_->variables["@#name"] = Variable{string_type(384), text(argument(arguments, "@table_name", 0))};
    const auto tree = server_->parsed.batch(
        "SELECT TABLE_CATALOG AS TABLE_QUALIFIER, TABLE_SCHEMA AS TABLE_OWNER, TABLE_NAME, COLUMN_NAME, DATA_TYPE AS "
        "TYPE_NAME, "
        "CHARACTER_MAXIMUM_LENGTH AS LENGTH, NUMERIC_PRECISION AS PRECISION, NUMERIC_SCALE AS SCALE, CASE IS_NULLABLE "
        "WHEN 'YES' THEN 1 ELSE 0 END AS NULLABLE, "
        "COLUMN_DEFAULT AS COLUMN_DEF, ORDINAL_POSITION, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME "
        "LIKE @#name ORDER BY 2, 3, 11",
        true);
    run_block(*tree);
    return 0;
}

int SessionImpl::sp_sim_fault(std::vector<CallArgument>& arguments) {
    const std::string name = lower(text(argument(arguments, "@kind", 0)));
    if (name == "none") {
        server_->faults.clear();
        return 0;
    }
    const auto kind = Faults::kind(name);
    if (!kind) {
        fail(50000, "'" + name + "' is not a kind of fault.");
    }
    server_->faults.arm(*kind, number(argument(arguments, "@count", 1), 1),
                        number(argument(arguments, "@argument", 2), 0), session_id_);
    return 0;
}

int SessionImpl::sp_sim_counts(std::vector<CallArgument>&) {
    const Counts& counts = server_->counts;
    const std::vector<std::pair<const char*, std::uint64_t>> totals{{"logins", counts.logins},
                                                                    {"batches", counts.batches},
                                                                    {"calls", counts.calls},
                                                                    {"transactions_committed", counts.transactions},
                                                                    {"rows_inserted", counts.inserted},
                                                                    {"rows_updated", counts.updated},
                                                                    {"rows_deleted", counts.deleted}};
    std::vector<Column> columns;
    std::vector<Value> row;
    for (const auto& [name, total] : totals) {
        Column column;
        column.name = name;
        column.type = integer_type(TypeKind::bigint);
        column.nullable = false;
        columns.push_back(std::move(column));
        row.emplace_back(std::to_string(total));
    }
    output_->columns(columns);
    output_->row(row);
    done(1);
    return 0;
}

}  // namespace revsync::sim::tsql
