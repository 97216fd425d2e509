// The table itself and what all handlers share.
#include <algorithm>
#include <array>

#include "errors.hpp"
#include "function_table.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

Sql FunctionTable::typed(std::string text, Type type, const Args& from) {
    Sql sql;
    sql.text = std::move(text);
    sql.type = type;
    sql.nullable = from.empty() || std::any_of(from.begin(), from.end(), [](const Sql& s) { return s.nullable; });
    if (!from.empty() && is_string(type.kind)) {
        sql.collation = from.front().collation;
        sql.collate = from.front().collate;
    }
    return sql;
}

Type FunctionTable::moment_type(std::uint8_t scale) {
    return Type{TypeKind::datetime2, 0, 0, scale};
}

std::int32_t FunctionTable::sum_lengths(const Args& args) {
    std::int32_t total = 0;
    for (const Sql& arg : args) {
        if (arg.type.length == max_length) {
            return max_length;
        }
        total += is_string(arg.type.kind) ? arg.type.length : 30;
    }
    return std::clamp(total, 1, 4000);
}

FunctionTable::Args FunctionTable::args(Translator& t, const Expr& e, std::size_t from) {
    Args made;
    for (std::size_t i = from; i < e.args.size(); ++i) {
        made.push_back(t.scalar(*e.args[i]));
    }
    return made;
}

std::string FunctionTable::str(Translator& t, const Sql& x) {
    return is_string(x.type.kind) && !x.null ? x.text : t.convert(x, string_type(max_length));
}

std::string FunctionTable::num(Translator& t, const Sql& x) {
    return t.convert(x, integer_type(TypeKind::bigint));
}

std::string FunctionTable::stamp(Translator& t, const Sql& x) {
    return t.convert(x, moment_type());
}

std::string FunctionTable::exact(const Sql& x) {
    return x.collation == "\"C\"" || x.collation == "sim.cs" ? "true" : "false";
}

Type FunctionTable::text_like(const Sql& x) {
    return is_string(x.type.kind) ? string_type(x.type.length, is_national(x.type.kind)) : string_type(4000);
}

const std::unordered_map<std::string, FunctionTable::Entry>& FunctionTable::all() {
    static const std::unordered_map<std::string, Entry> table{
        {"LEN", {1, 1, length}},
        {"DATALENGTH", {1, 1, data_length}},
        {"LEFT", {2, 2, [](Translator& t, const Expr& e) { return text_call(t, args(t, e), "sim.left"); }}},
        {"RIGHT", {2, 2, [](Translator& t, const Expr& e) { return text_call(t, args(t, e), "sim.right"); }}},
        {"SUBSTRING", {3, 3, [](Translator& t, const Expr& e) { return text_call(t, args(t, e), "sim.substring"); }}},
        {"REPLICATE",
         {2, 2,
          [](Translator& t, const Expr& e) {
              const Args a = args(t, e);
              return typed("repeat(" + str(t, a[0]) + ", (" + num(t, a[1]) + ")::int4)",
                           string_type(max_length, is_national(a[0].type.kind)), a);
          }}},
        {"SPACE",
         {1, 1,
          [](Translator& t, const Expr& e) {
              const Args a = args(t, e);
              return typed("repeat(' ', (" + num(t, a[0]) + ")::int4)", string_type(8000, false), a);
          }}},
        {"REVERSE",
         {1, 1,
          [](Translator& t, const Expr& e) {
              const Args a = args(t, e);
              return typed("reverse(" + str(t, a[0]) + ")", text_like(a[0]), a);
          }}},
        {"STUFF",
         {4, 4,
          [](Translator& t, const Expr& e) {
              const Args a = args(t, e);
              return typed(
                  "sim.stuff(" + str(t, a[0]) + ", " + num(t, a[1]) + ", " + num(t, a[2]) + ", " + str(t, a[3]) + ")",
                  string_type(sum_lengths({a[0], a[3]})), a);
          }}},
        {"PATINDEX",
         {2, 2,
          [](Translator& t, const Expr& e) {
              const Args a = args(t, e);
              return typed("sim.patindex(" + str(t, a[0]) + ", " + str(t, a[1]) + ", " + exact(a[1]) + ")",
                           integer_type(), a);
          }}},
        {"LTRIM", {1, 1, trim}},
        {"RTRIM", {1, 1, trim}},
        {"TRIM", {1, 1, trim}},
        {"UPPER", {1, 1, change_case}},
        {"LOWER", {1, 1, change_case}},
        {"CHARINDEX", {2, 3, char_index}},
        {"REPLACE", {3, 3, replace}},
        {"CONCAT", {2, 254, concat}},
        {"CONCAT_WS", {2, 254, concat}},
        {"ISNULL", {2, 2, coalesce}},
        {"COALESCE", {1, 254, coalesce}},
        {"NULLIF", {2, 2, null_if}},
        {"IIF", {3, 3, iif}},
        {"CHOOSE", {2, 254, choose}},
        {"ABS", {1, 1, math}},
        {"ROUND", {2, 3, math}},
        {"FLOOR", {1, 1, math}},
        {"CEILING", {1, 1, math}},
        {"POWER", {2, 2, math}},
        {"SIGN", {1, 1, math}},
        {"SQRT", {1, 1, math}},
        {"EXP", {1, 1, math}},
        {"LOG", {1, 1, math}},
        {"LOG10", {1, 1, math}},
        {"DATEADD", {3, 3, date_add}},
        {"DATEDIFF", {3, 3, date_diff}},
        {"DATEDIFF_BIG", {3, 3, date_diff}},
        {"DATEPART", {2, 2, date_piece}},
        {"DATENAME", {2, 2, date_piece}},
        {"YEAR", {1, 1, year_month_day}},
        {"MONTH", {1, 1, year_month_day}},
        {"DAY", {1, 1, year_month_day}},
        {"EOMONTH", {1, 2, end_of_month}},
        {"DATEFROMPARTS", {3, 3, from_parts}},
        {"DATETIMEFROMPARTS", {7, 7, from_parts}},
        {"DATETIME2FROMPARTS", {8, 8, from_parts}},
        {"GETDATE", {0, 0, now}},
        {"GETUTCDATE", {0, 0, now}},
        {"SYSDATETIME", {0, 0, now}},
        {"SYSUTCDATETIME", {0, 0, now}},
        {"SYSDATETIMEOFFSET", {0, 0, now}},
        {"CURRENT_TIMESTAMP", {0, 0, now}},
        {"TODATETIMEOFFSET", {2, 2, offset}},
        {"SWITCHOFFSET", {2, 2, offset}},
        {"ISJSON", {1, 1, json}},
        {"JSON_VALUE", {2, 2, json}},
        {"JSON_QUERY", {1, 2, json}},
        {"UNICODE", {1, 1, code_point}},
        {"ASCII", {1, 1, code_point}},
        {"CHAR", {1, 1, code_point}},
        {"NCHAR", {1, 1, code_point}},
        {"QUOTENAME", {1, 2, quote}},
        {"HASHBYTES", {2, 2, hash}},
        {"CHECKSUM", {1, 254, checksum}},
        {"NEWID", {0, 0, new_id}},
        {"NEWSEQUENTIALID", {0, 0, new_id}},
        {"FORMAT", {2, 3, format}},
        {"OBJECT_ID", {1, 2, catalog}},
        {"OBJECT_NAME", {1, 2, catalog}},
        {"SCHEMA_NAME", {0, 1, catalog}},
        {"SCHEMA_ID", {0, 1, catalog}},
        {"TYPE_NAME", {1, 1, catalog}},
        {"TYPE_ID", {1, 1, catalog}},
        {"COL_LENGTH", {2, 2, catalog}},
        {"COL_NAME", {2, 2, catalog}},
        {"COLUMNPROPERTY", {3, 3, catalog}},
        {"OBJECTPROPERTY", {2, 2, catalog}},
        {"OBJECTPROPERTYEX", {2, 2, catalog}},
        {"OBJECT_SCHEMA_NAME", {1, 2, catalog}},
        {"OBJECT_DEFINITION", {1, 1, catalog}},
        {"IDENT_CURRENT", {1, 1, catalog}},
        {"IDENT_SEED", {1, 1, catalog}},
        {"IDENT_INCR", {1, 1, catalog}}};
    return table;
}

}  // namespace revsync::sim::tsql
