// PostgreSQL's refusals in SQL Server's words.
#include <algorithm>
#include <cstdlib>

#include "session.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

Message make(std::int32_t number, std::string text, std::uint8_t state = 1) {
    Message message;
    message.number = number;
    message.severity = severity_of(number);
    message.state = state;
    message.line = 0;
    message.text = std::move(text);
    return message;
}

std::string between(const std::string& text, std::string_view open, std::string_view close) {
    const std::size_t start = text.find(open);
    if (start == std::string::npos) {
        return "";
    }
    const std::size_t from = start + open.size();
    const std::size_t end = text.find(close, from);
    return text.substr(from, end == std::string::npos ? end : end - from);
}

// "(a, b)=(1, 2)" of a detail: its values, and its first column.
std::string key_values(const std::string& detail) {
    const std::size_t at = detail.find(")=(");
    const std::size_t end = detail.rfind(')');
    return at == std::string::npos || end <= at ? "" : "(" + detail.substr(at + 3, end - at - 3) + ")";
}

std::string key_column(const std::string& detail) {
    std::string column = between(detail, "Key (", ")");
    column.erase(std::remove(column.begin(), column.end(), '"'), column.end());
    return column.substr(0, column.find(','));
}

std::string shown(const std::string& pg_name) {
    return pg_name.substr(0, pg_name.find('~'));
}

}  // namespace

std::string SessionImpl::dotted_table(const BackendError& error) const {
    const bool temporary = error.schema.rfind("pg_temp", 0) == 0;
    return temporary ? shown(error.table) : error.schema + "." + error.table;
}

Message SessionImpl::not_null(const BackendError& error) const {
    const std::string where =
        (error.schema.rfind("pg_temp", 0) == 0 ? "tempdb.dbo." : database_ + "." + error.schema + ".") +
        shown(error.table);
    return make(515,
                "Cannot insert the value NULL into column '" + error.column + "', table '" + where +
                    "'; column does not allow nulls. " + verb_ + " fails.",
                2);
}

Message SessionImpl::duplicate(const BackendError& error) {
    const std::string value = " The duplicate key value is " + key_values(error.detail) + ".";
    const std::size_t index = error.constraint.find('~');
    const bool temporary = error.schema.rfind("pg_temp", 0) == 0;
    if (index != std::string::npos && !temporary) {
        return make(2601, "Cannot insert duplicate key row in object '" + dotted_table(error) +
                              "' with unique index '" + error.constraint.substr(index + 1) + "'." + value);
    }
    const bool primary = error.constraint.rfind("PK", 0) == 0 || error.constraint.find("pkey") != std::string::npos;
    return make(2627, std::string("Violation of ") + (primary ? "PRIMARY" : "UNIQUE") + " KEY constraint '" +
                          error.constraint + "'. Cannot insert duplicate key in object '" + dotted_table(error) + "'." +
                          value);
}

Message SessionImpl::conflict(const BackendError& error) const {
    std::string table = dotted_table(error);
    std::string column = error.sqlstate == "23514" ? "" : key_column(error.detail);
    if (changing_) {
        for (const ConstraintInfo& constraint : changing_->constraints) {
            if (constraint.name == error.constraint) {
                table = constraint.table;
                column = constraint.column;
            }
        }
    }
    const bool referenced = error.detail.find("still referenced") != std::string::npos;
    const std::string kind = error.sqlstate == "23514" ? "CHECK" : referenced ? "REFERENCE" : "FOREIGN KEY";
    return make(547,
                "The " + verb_ + " statement conflicted with the " + kind + " constraint \"" + error.constraint +
                    "\". The conflict occurred in database \"" + database_ + "\", table \"" + table + "\"" +
                    (column.empty() ? "." : ", column '" + column + "'."),
                0);
}

Message SessionImpl::conversion(const BackendError& error) const {
    const std::string type = between(error.text, "type ", ":");
    const std::string value = between(error.text, ": \"", "\"");
    if (type.find("timestamp") != std::string::npos || type == "date" || type == "time" || error.sqlstate == "22007") {
        return make(241, "Conversion failed when converting date and/or time from character string.");
    }
    if (type == "uuid") {
        return make(8169, "Conversion failed when converting from a character string to uniqueidentifier.", 2);
    }
    if (type == "json") {
        return make(13609, "JSON text is not properly formatted. Unexpected character '.' is found at position 0.", 4);
    }
    const std::string name = type == "integer" ? "int" : type == "numeric" ? "numeric" : type;
    return make(245, "Conversion failed when converting the nvarchar value '" + value + "' to data type " + name + ".");
}

SqlError SessionImpl::translate_error(const BackendError& error) {
    const std::string& state = error.sqlstate;
    Message message;
    if (state[0] == 'M' || state[0] == 'N') {
        const int number = std::atoi(state.c_str() + 1) + (state[0] == 'N' ? 10000 : 0);
        message = make(number, error.text);
    } else if (state == "23502") {
        message = not_null(error);
    } else if (state == "23505") {
        message = duplicate(error);
    } else if (state == "23503" || state == "23514") {
        message = conflict(error);
    } else if (state == "40P01" || state == "40001") {
        message = make(1205,
                       "Transaction (Process ID " + std::to_string(session_id_) +
                           ") was deadlocked on lock resources with another process "
                           "and has been chosen as the deadlock victim. Rerun the transaction.",
                       51);
    } else if (state == "55P03") {
        message = make(1222, "Lock request time out period exceeded.", 51);
    } else if (state == "22012") {
        message = make(8134, "Divide by zero error encountered.");
    } else if (state == "22P02" || state == "22007" || state == "22P05") {
        message = conversion(error);
    } else if (state == "22008") {
        message = make(
            242, "The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.", 3);
    } else if (state == "22003") {
        const std::string value = between(error.text, "value \"", "\"");
        message = value.empty()
                      ? make(8115,
                             "Arithmetic overflow error converting expression to data type " +
                                 std::string(error.text.find("bigint") != std::string::npos     ? "bigint"
                                             : error.text.find("integer") != std::string::npos  ? "int"
                                             : error.text.find("smallint") != std::string::npos ? "smallint"
                                                                                                : "numeric") +
                                 ".",
                             2)
                      : make(248, "The conversion of the nvarchar value '" + value + "' overflowed an int column.");
    } else if (state == "21000") {
        message = make(512,
                       "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, "
                       "<= , >, >= or when the "
                       "subquery is used as an expression.");
    } else if (state == "42P01") {
        message = make(208, "Invalid object name '" + between(error.text, "\"", "\"") + "'.");
    } else if (state == "42703") {
        message = make(207, "Invalid column name '" + between(error.text, "\"", "\"") + "'.");
    } else if (state == "42803") {
        message = make(8120, "Column '" + between(error.text, "\"", "\"") +
                                 "' is invalid in the select list because it is not contained in either an "
                                 "aggregate function or the GROUP BY clause.");
    } else if (state == "42P07" || state == "42710") {
        message = make(
            2714, "There is already an object named '" + shown(between(error.text, "\"", "\"")) + "' in the database.",
            6);
    } else if (state == "2BP01") {
        message = make(
            3726, "Could not drop object because it is referenced by a FOREIGN KEY constraint. (" + error.text + ")");
    } else {
        message = make(50000, "The stand-in's backend refused the statement (" + state + "): " + error.text);
    }
    const int number = message.number;
    SqlError made(std::move(message), consequence_of(number));
    if (state.substr(0, 2) == "08" || state.substr(0, 2) == "57") {
        made.consequence = Consequence::transaction;
    }
    return made;
}

}  // namespace revsync::sim::tsql
