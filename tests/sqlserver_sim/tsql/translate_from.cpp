// The FROM clause: tables, joins, APPLY, OPENJSON, and the locks that hints ask for.
#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "errors.hpp"
#include "json_path.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

bool has_hint(const std::vector<std::string>& hints, std::string_view hint) {
    return std::find(hints.begin(), hints.end(), hint) != hints.end();
}

std::string dotted(const Name& name) {
    std::string text;
    for (const auto& part : name) {
        text += (text.empty() ? "" : ".") + part;
    }
    return text;
}

ColumnInfo column_of(const OutputColumn& column, const std::string& name) {
    ColumnInfo info;
    info.name = name;
    info.type = column.expr.type;
    info.nullable = column.expr.nullable;
    info.identity = column.expr.identity;
    info.json = column.expr.json;
    info.collation = column.expr.collation == "\"C\""    ? "Latin1_General_BIN2"
                     : column.expr.collation == "sim.cs" ? "Latin1_General_CS_AS"
                                                         : "";
    return info;
}

}  // namespace

TableInfoPtr Translator::require_table(const Name& name, std::int32_t line) {
    TableInfoPtr info = env_.table(name);
    if (!info) {
        if (!name.empty() && name.back().substr(0, 1) == "@") {
            fail(1087, "Must declare the table variable \"" + name.back() + "\".", line);
        }
        fail(208, "Invalid object name '" + dotted(name) + "'.", line);
    }
    return info;
}

Source Translator::source_of(const TableInfo& table, const std::string& alias, const Name& written) const {
    return Source{alias, alias == written.back() ? written : Name{}, table.columns};
}

std::string Translator::from(const std::vector<TablePtr>& tables) {
    std::string text;
    for (const TablePtr& ref : tables) {
        text += (text.empty() ? "" : ", ") + table(*ref);
        collect_locks(*ref, false);
    }
    return text;
}

std::string Translator::table(const TableRef& ref) {
    switch (ref.kind) {
        case TableKind::named:
        case TableKind::variable:
            return named_table(ref);
        case TableKind::derived:
            return derived_table(ref);
        case TableKind::openjson:
            return openjson(ref);
        case TableKind::function:
            return table_function(ref);
        case TableKind::join:
        case TableKind::apply:
            break;
    }
    return join(ref);
}

std::string Translator::named_table(const TableRef& ref) {
    const std::string alias = ref.alias.empty() ? ref.name.back() : ref.alias;
    if (ref.name.size() == 1) {
        for (auto cte = ctes_.rbegin(); cte != ctes_.rend(); ++cte) {
            if (same_name(cte->name, ref.name[0])) {
                scope_->sources.push_back(Source{alias, {}, cte->columns});
                return quote_name(cte->name) + " AS " + quote_name(alias);
            }
        }
    }
    const TableInfoPtr info = require_table(ref.name, ref.line);
    scope_->sources.push_back(source_of(*info, alias, ref.name));
    return info->pg + " AS " + quote_name(alias);
}

std::string Translator::derived_table(const TableRef& ref) {
    const QuerySql rows = query(*ref.query);
    const std::string alias = ref.alias.empty() ? fresh_alias() : ref.alias;
    Source source{alias, {}, {}};
    std::string names;
    for (std::size_t i = 0; i < rows.columns.size(); ++i) {
        const std::string name = i < ref.columns.size() ? ref.columns[i] : rows.columns[i].pg_name;
        source.columns.push_back(column_of(rows.columns[i], name));
        source.columns.back().identity = false;
        names += (names.empty() ? "" : ", ") + quote_name(name);
    }
    scope_->sources.push_back(std::move(source));
    return "(" + rows.text + ") AS " + quote_name(alias) + "(" + names + ")";
}

std::string Translator::join(const TableRef& ref) {
    const std::string left = table(*ref.left);
    if (ref.kind == TableKind::apply) {
        const std::string right = table(*ref.right);
        const std::string lateral = ref.right->kind == TableKind::derived ? "LATERAL " : "";
        return ref.join == "OUTER" ? "(" + left + " LEFT JOIN " + lateral + right + " ON TRUE)"
                                   : "(" + left + " CROSS JOIN " + lateral + right + ")";
    }
    const std::string right = table(*ref.right);
    if (ref.join == "CROSS") {
        return "(" + left + " CROSS JOIN " + right + ")";
    }
    return "(" + left + " " + ref.join + " JOIN " + right + " ON " + predicate(*ref.on) + ")";
}

// UPDLOCK and XLOCK lock rows; PostgreSQL cannot on the side of an outer join that may be missing.
void Translator::collect_locks(const TableRef& ref, bool nullable) {
    if (ref.kind == TableKind::join || ref.kind == TableKind::apply) {
        collect_locks(*ref.left, nullable || ref.join == "RIGHT" || ref.join == "FULL");
        collect_locks(*ref.right, nullable || ref.join == "LEFT" || ref.join == "FULL" || ref.join == "OUTER");
        return;
    }
    const bool locks = has_hint(ref.hints, "UPDLOCK") || has_hint(ref.hints, "XLOCK");
    const bool whole = has_hint(ref.hints, "TABLOCKX") || (locks && has_hint(ref.hints, "TABLOCK"));
    if (ref.kind == TableKind::named && whole) {
        const TableInfoPtr info = env_.table(ref.name);
        if (info && !info->view && !info->temporary) {
            table_locks_.push_back("LOCK TABLE " + info->pg + " IN EXCLUSIVE MODE");
        }
    }
    if (ref.kind != TableKind::named || nullable || !locks) {
        return;
    }
    const TableInfoPtr info = env_.table(ref.name);
    if (info && !info->view) {
        locks_.push_back(Lock{ref.alias.empty() ? ref.name.back() : ref.alias, has_hint(ref.hints, "READPAST")});
    }
}

namespace {

// The member that a column is, if it is one of the row itself.
std::optional<std::string> member_of(const JsonColumn& column) {
    if (!column.path) {
        return column.name;
    }
    const JsonPath path = parse_json_path(*column.path);
    if (path.strict || path.steps.size() != 1 || path.steps[0].index) {
        return std::nullopt;
    }
    return path.steps[0].key;
}

// "#n" text, …: PostgreSQL then reads each row once, instead of once for each column. Empty if some column is no
// member.
std::string member_list(const std::vector<JsonColumn>& columns) {
    std::set<std::string> members;
    for (const JsonColumn& column : columns) {
        constexpr std::size_t longest_name = 63;
        const std::optional<std::string> member = member_of(column);
        if (!member || member->empty() || member->size() > longest_name) {
            return "";
        }
        members.insert(*member);
    }
    std::string list;
    for (const std::string& member : members) {
        list += (list.empty() ? "" : ", ") + quote_name(member) + " text";
    }
    return list;
}

}  // namespace

std::string Translator::json_column(const JsonColumn& column, bool member) {
    std::string place;
    std::string given;
    bool strict = false;
    if (member) {
        const std::string name = *member_of(column);
        place = "e.e -> " + quote_text(name);
        given = "m." + quote_name(name);
    } else if (column.path) {
        const JsonPath path = parse_json_path(*column.path);
        strict = path.strict;
        place = "e.e";
        for (const auto& step : path.steps) {
            place += step.index ? " -> " + std::to_string(*step.index) : " -> " + quote_text(step.key);
        }
    } else {
        place = "e.e -> " + quote_text(column.name);
    }
    if (strict) {
        place = "sim.json_strict(" + place + ")";
    }
    Sql text;
    text.text = column.as_json  ? "sim.json_part(" + place + ")"
                : given.empty() ? "sim.json_scalar(" + place + ")"
                                : given;
    text.type = string_type(max_length);
    return convert(text, column.type);
}

std::string Translator::openjson(const TableRef& ref) {
    if (ref.args.empty()) {
        fail_near(")", false, ref.line);
    }
    std::string document = "sim.json(" + convert(scalar(*ref.args[0]), string_type(max_length)) + ")";
    if (ref.args.size() > 1) {
        document = "(" + document + " #> sim.json_path(" + scalar(*ref.args[1]).text + "))";
    }
    const std::string alias = ref.alias.empty() ? "openjson" : ref.alias;
    Source source{alias, {}, {}};
    if (!ref.has_json_columns) {
        for (const auto& [name, type] : {std::pair("key", string_type(4000)),
                                         {"value", string_type(max_length)},
                                         {"type", integer_type(TypeKind::tinyint)}}) {
            ColumnInfo info;
            info.name = name;
            info.type = type;
            source.columns.push_back(std::move(info));
        }
        scope_->sources.push_back(std::move(source));
        return "LATERAL (SELECT key COLLATE sim.ci AS key, value COLLATE sim.ci AS value, type::int2 AS type FROM "
               "sim.openjson(" +
               document + ")) AS " + quote_name(alias);
    }
    const std::string members = member_list(ref.json_columns);
    std::string list;
    for (const JsonColumn& column : ref.json_columns) {
        const bool text = is_string(column.type.kind);
        list += (list.empty() ? "" : ", ") + json_column(column, !members.empty()) + (text ? " COLLATE sim.ci" : "") +
                " AS " + quote_name(column.name);
        ColumnInfo info;
        info.name = column.name;
        info.type = column.type;
        info.json = column.as_json;
        source.columns.push_back(std::move(info));
    }
    scope_->sources.push_back(std::move(source));
    // OFFSET 0 keeps the conversions there, once for each value, however often the columns are used.
    std::string rows = "json_array_elements(sim.json_array(" + document + ")) AS e(e)";
    if (!members.empty()) {
        rows += ", LATERAL json_to_record(sim.json_flat(e.e)) AS m(" + members + ")";
    }
    return "LATERAL (SELECT " + list + " FROM " + rows + " OFFSET 0) AS " + quote_name(alias);
}

std::string Translator::table_function(const TableRef& ref) {
    const std::string name = upper(ref.name.back());
    const std::string alias = ref.alias.empty() ? ref.name.back() : ref.alias;
    ColumnInfo info;
    info.name = ref.columns.empty() ? "value" : ref.columns[0];
    std::string text;
    if (name == "STRING_SPLIT" && ref.args.size() == 2) {
        const Sql source = scalar(*ref.args[0]);
        info.type = source.type;
        text = "(SELECT v COLLATE sim.ci FROM string_to_table((" + convert(source, string_type(max_length)) +
               ") COLLATE \"C\", " + scalar(*ref.args[1]).text + ") v)";
    } else if (name == "GENERATE_SERIES" && ref.args.size() >= 2) {
        text = "(SELECT generate_series(";
        for (std::size_t i = 0; i < ref.args.size(); ++i) {
            text += (i == 0 ? "" : ", ") + convert(scalar(*ref.args[i]), integer_type());
        }
        text += "))";
        info.type = integer_type();
    } else {
        fail(208, "Invalid object name '" + dotted(ref.name) + "'.", ref.line);
    }
    const std::string column = quote_name(info.name);
    scope_->sources.push_back(Source{alias, {}, {std::move(info)}});
    return "LATERAL " + text + " AS " + quote_name(alias) + "(" + column + ")";
}

}  // namespace revsync::sim::tsql
