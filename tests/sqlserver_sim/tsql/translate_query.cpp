// SELECT: blocks, set operations, common tables, order and paging.
#include <algorithm>

#include "errors.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

bool aggregates(const Expr* expr) {
    if (expr == nullptr) {
        return false;
    }
    static constexpr std::string_view names[] = {"COUNT", "COUNT_BIG",  "SUM",   "AVG", "MIN",
                                                 "MAX",   "STRING_AGG", "STDEV", "VAR"};
    if (expr->kind == ExprKind::function &&
        (expr->over || std::find(std::begin(names), std::end(names), expr->text) != std::end(names))) {
        return true;
    }
    return std::any_of(expr->args.begin(), expr->args.end(), [](const ExprPtr& arg) { return aggregates(arg.get()); });
}

bool aggregated(const SelectCore& core) {
    return core.distinct || !core.group_by.empty() || core.having != nullptr ||
           std::any_of(core.items.begin(), core.items.end(),
                       [](const SelectItem& item) { return aggregates(item.expr.get()); });
}

bool names_table(const TableRef* table, const std::string& name);

bool names_table(const Query* query, const std::string& name) {
    if (query == nullptr) {
        return false;
    }
    return names_table(query->left.get(), name) || names_table(query->right.get(), name) ||
           std::any_of(query->core.from.begin(), query->core.from.end(),
                       [&](const TablePtr& t) { return names_table(t.get(), name); });
}

bool names_table(const TableRef* table, const std::string& name) {
    if (table == nullptr) {
        return false;
    }
    return (table->kind == TableKind::named && table->name.size() == 1 && same_name(table->name[0], name)) ||
           names_table(table->left.get(), name) || names_table(table->right.get(), name) ||
           names_table(table->query.get(), name);
}

std::string collation_name(const Sql& sql) {
    return sql.collation == "\"C\"" ? "Latin1_General_BIN2" : sql.collation == "sim.cs" ? "Latin1_General_CS_AS" : "";
}

// SELECT of expressions alone, as in EXISTS (SELECT s.a, s.b EXCEPT SELECT t.a, t.b).
bool is_one_row(const Query& tree) {
    const SelectCore& core = tree.core;
    return tree.set_operator.empty() && core.values.empty() && core.from.empty() && !core.where && !core.top &&
           !tree.offset && !aggregated(core);
}

}  // namespace

QuerySql Translator::query(const Query& tree, const std::vector<Type>* wanted) {
    const std::size_t known = ctes_.size();
    const std::string with = with_clause(tree.with);
    QuerySql rows = query_body(tree, wanted);
    ctes_.erase(ctes_.begin() + static_cast<std::ptrdiff_t>(known), ctes_.end());
    rows.text = with + rows.text;
    if (!with.empty()) {
        rows.condition.clear();
    }
    return rows;
}

QuerySql Translator::query_body(const Query& tree, const std::vector<Type>* wanted) {
    QuerySql rows = tree.set_operator.empty() ? block(tree, wanted) : set_operation(tree, wanted);
    return tree.json == JsonStyle::none ? rows : for_json(tree, std::move(rows));
}

std::string Translator::with_clause(const std::vector<CommonTable>& tables) {
    std::string text;
    for (const CommonTable& table : tables) {
        const bool recursive = !table.query->set_operator.empty() && names_table(table.query.get(), table.name);
        const auto declare = [&](const QuerySql& rows) {
            Cte cte{table.name, table.query, {}};
            for (std::size_t i = 0; i < rows.columns.size(); ++i) {
                const Sql& expr = rows.columns[i].expr;
                ColumnInfo info;
                info.name = i < table.columns.size() ? table.columns[i] : rows.columns[i].pg_name;
                info.type = expr.type;
                info.nullable = expr.nullable;
                info.collation = collation_name(expr);
                info.json = expr.json;
                cte.columns.push_back(std::move(info));
            }
            ctes_.push_back(std::move(cte));
        };
        QuerySql rows;
        if (recursive) {
            const QuerySql anchor = query_body(*table.query->left, nullptr);
            declare(anchor);
            std::vector<Type> types;
            for (const auto& column : anchor.columns) {
                types.push_back(column.expr.type);
            }
            rows = query_body(*table.query, &types);
        } else {
            rows = query(*table.query);
            declare(rows);
        }
        std::string columns;
        for (const auto& column : ctes_.back().columns) {
            columns += (columns.empty() ? "" : ", ") + quote_name(column.name);
        }
        text += (text.empty() ? "WITH RECURSIVE " : ", ") + quote_name(table.name) + "(" + columns + ") AS (" +
                rows.text + ")";
    }
    return text.empty() ? text : text + " ";
}

QuerySql Translator::set_operation(const Query& tree, const std::vector<Type>* wanted) {
    const bool outer = in_set_operation_;
    in_set_operation_ = true;
    QuerySql left = query_body(*tree.left, wanted);
    QuerySql right = query_body(*tree.right, wanted);
    if (left.columns.size() != right.columns.size()) {
        fail(205,
             "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of "
             "expressions in "
             "their target lists.",
             tree.line);
    }
    if (wanted == nullptr) {
        std::vector<Type> types;
        for (std::size_t i = 0; i < left.columns.size(); ++i) {
            const Sql& a = left.columns[i].expr;
            const Sql& b = right.columns[i].expr;
            types.push_back(a.null ? b.type : b.null ? a.type : common_type(a.type, b.type));
        }
        left = query_body(*tree.left, &types);
        right = query_body(*tree.right, &types);
    }
    in_set_operation_ = outer;
    for (std::size_t i = 0; i < left.columns.size(); ++i) {
        Sql& expr = left.columns[i].expr;
        expr.nullable = expr.nullable || right.columns[i].expr.nullable;
        expr.identity = expr.computed = false;
    }
    QuerySql rows;
    rows.columns = left.columns;
    if (tree.set_operator == "EXCEPT" && is_one_row(*tree.left) && is_one_row(*tree.right)) {
        // One comparison, where PostgreSQL would hash or sort a set for each row of the query outside.
        for (std::size_t i = 0; i < left.columns.size(); ++i) {
            rows.condition += (i == 0 ? "(" : ") OR (") + comparable(left.columns[i].expr) + ") IS DISTINCT FROM (" +
                              comparable(right.columns[i].expr);
        }
        rows.condition += ")";
        rows.text = left.text + " WHERE " + rows.condition;
    } else {
        rows.text = "(" + left.text + ") " + tree.set_operator + " (" + right.text + ")";
    }
    if (!tree.order.empty()) {
        rows.text += order_by(tree, rows.columns, true) + limit(tree);
        rows.condition.clear();
    }
    return rows;
}

QuerySql Translator::values(const SelectCore& core, const std::vector<Type>* wanted) {
    std::vector<std::vector<Sql>> cells;
    for (const auto& row : core.values) {
        auto& made = cells.emplace_back();
        for (const auto& expr : row) {
            made.push_back(scalar(*expr));
        }
    }
    QuerySql rows;
    for (std::size_t c = 0; c < cells[0].size(); ++c) {
        Sql sum = cells[0][c];
        for (const auto& row : cells) {
            if (row.size() != cells[0].size()) {
                fail(10709, "The number of columns for each row in a table value constructor must be the same.");
            }
            const Sql& cell = row[c];
            sum.type = sum.null ? cell.type : cell.null ? sum.type : common_type(sum.type, cell.type);
            sum.null = sum.null && cell.null;
            sum.nullable = sum.nullable || cell.nullable;
        }
        sum.type = wanted == nullptr ? sum.type : (*wanted)[c];
        sum.column = sum.constant = false;
        rows.columns.push_back({"", "column" + std::to_string(c + 1), sum});
    }
    for (std::size_t r = 0; r < cells.size(); ++r) {
        rows.text += r == 0 ? "VALUES (" : ", (";
        for (std::size_t c = 0; c < cells[r].size(); ++c) {
            Sql cell = cells[r][c];
            cell.text = convert(cell, rows.columns[c].expr.type);
            cell.type = rows.columns[c].expr.type;
            rows.text += (c == 0 ? "" : ", ") + comparable(cell);
        }
        rows.text += ")";
    }
    return rows;
}

QuerySql Translator::block(const Query& tree, const std::vector<Type>* wanted) {
    const SelectCore& core = tree.core;
    if (!core.values.empty()) {
        return values(core, wanted);
    }
    if (core.top_percent) {
        fail_near("PERCENT", true, tree.line);
    }
    std::vector<Lock> outer_locks;
    std::swap(outer_locks, locks_);
    const bool in_set = std::exchange(in_set_operation_, false);
    QuerySql rows = nested([&] {
        QuerySql made;
        const std::string tables = core.from.empty() ? "" : " FROM " + from(core.from);
        made.columns = select_list(core.items);
        std::string list;
        for (std::size_t i = 0; i < made.columns.size(); ++i) {
            Sql& expr = made.columns[i].expr;
            if (wanted != nullptr && i < wanted->size()) {
                const std::string converted = convert(expr, (*wanted)[i]);
                expr.column = expr.column && converted == expr.text;
                expr.text = converted;
                expr.type = (*wanted)[i];
                expr.null = false;
            }
            list += (i == 0 ? "" : ", ") + (expr.null ? expr.text : comparable(expr)) + " AS " +
                    quote_name(made.columns[i].pg_name);
        }
        made.text = std::string("SELECT ") + (core.distinct ? "DISTINCT " : "") + list + tables;
        if (core.where) {
            made.text += " WHERE " + predicate(*core.where);
        }
        for (std::size_t i = 0; i < core.group_by.size(); ++i) {
            made.text += (i == 0 ? " GROUP BY " : ", ") + scalar(*core.group_by[i]).text;
        }
        if (core.having) {
            made.text += " HAVING " + predicate(*core.having);
        }
        made.text += order_by(tree, made.columns, core.distinct) + limit(tree);
        if (!in_set) {
            made.text += lock_clause(tree, aggregated(core));
        }
        return made;
    });
    in_set_operation_ = in_set;
    std::swap(outer_locks, locks_);
    return rows;
}

std::vector<OutputColumn> Translator::select_list(const std::vector<SelectItem>& items) {
    std::vector<OutputColumn> columns;
    for (const SelectItem& item : items) {
        if (item.expr->kind == ExprKind::star) {
            expand_star(*item.expr, columns);
            continue;
        }
        OutputColumn column;
        column.expr = scalar(*item.expr);
        column.name = item.alias.empty() ? column.expr.name : item.alias;
        columns.push_back(std::move(column));
    }
    for (std::size_t i = 0; i < columns.size(); ++i) {
        OutputColumn& column = columns[i];
        column.pg_name = column.name.empty() ? "column~" + std::to_string(i + 1) : column.name;
        const auto here = columns.begin() + static_cast<std::ptrdiff_t>(i);
        if (std::any_of(columns.begin(), here, [&](const OutputColumn& c) { return c.pg_name == column.pg_name; })) {
            column.pg_name += "~" + std::to_string(i + 1);
        }
    }
    return columns;
}

void Translator::expand_star(const Expr& star, std::vector<OutputColumn>& columns) {
    bool found = false;
    for (const Source& source : scope_->sources) {
        if (!star.name.empty() && !same_name(source.alias, star.name.back()) &&
            (source.table.empty() || star.name.size() < 2 || !same_name(source.table.back(), star.name.back()))) {
            continue;
        }
        found = true;
        for (const ColumnInfo& info : source.columns) {
            Expr reference;
            reference.kind = ExprKind::column;
            reference.line = star.line;
            reference.name = {source.alias, info.name};
            OutputColumn column;
            column.expr = this->column(reference);
            column.name = info.name.rfind("column~", 0) == 0 ? "" : info.name;
            columns.push_back(std::move(column));
        }
    }
    if (!found && !star.name.empty()) {
        fail(107,
             "The column prefix '" + star.name.back() +
                 "' does not match with a table name or alias name used in the query.",
             star.line);
    }
    if (!found) {
        fail(263, "Must specify table to select from.", star.line);
    }
}

std::string Translator::order_by(const Query& tree, const std::vector<OutputColumn>& columns, bool positions_only) {
    std::string text;
    for (const OrderItem& item : tree.order) {
        const Expr& by = *item.expr;
        std::size_t position = 0;
        if (by.kind == ExprKind::integer) {
            position = static_cast<std::size_t>(std::stoul(by.text));
            if (position == 0 || position > columns.size()) {
                fail(108,
                     "The ORDER BY position number " + by.text +
                         " is out of range of the number of items in the select list.",
                     by.line);
            }
        } else if (by.kind == ExprKind::column && by.name.size() == 1) {
            const auto found = std::find_if(columns.begin(), columns.end(),
                                            [&](const OutputColumn& c) { return same_name(c.name, by.name[0]); });
            position = found == columns.end() ? 0 : static_cast<std::size_t>(found - columns.begin()) + 1;
        } else if (by.kind == ExprKind::subquery) {
            continue;
        }
        bool nullable = true;
        std::string key;
        if (position != 0) {
            key = std::to_string(position);
            nullable = columns[position - 1].expr.nullable;
        } else {
            Sql sql = scalar(by);
            nullable = sql.nullable;
            key = comparable(sql);
            if (positions_only) {
                const auto same = std::find_if(columns.begin(), columns.end(),
                                               [&](const OutputColumn& c) { return c.expr.text == sql.text; });
                if (same == columns.end()) {
                    fail(145, "ORDER BY items must appear in the select list if SELECT DISTINCT is specified.",
                         by.line);
                }
                key = std::to_string(same - columns.begin() + 1);
            }
        }
        text += (text.empty() ? " ORDER BY " : ", ") + key + (item.descending ? " DESC" : "");
        text += !nullable ? "" : item.descending ? " NULLS LAST" : " NULLS FIRST";
    }
    return text;
}

std::string Translator::limit(const Query& tree) {
    const auto count = [&](const Expr& expr) { return convert(scalar(expr), integer_type(TypeKind::bigint)); };
    if (tree.core.top) {
        return tree.core.top_ties ? " FETCH FIRST (" + count(*tree.core.top) + ") ROWS WITH TIES"
                                  : " LIMIT " + count(*tree.core.top);
    }
    std::string text;
    if (tree.offset) {
        text += " OFFSET " + count(*tree.offset);
    }
    if (tree.fetch) {
        text += " LIMIT " + count(*tree.fetch);
    }
    return text;
}

std::string Translator::lock_clause(const Query& tree, bool aggregated_rows) {
    if (locks_.empty() || aggregated_rows || tree.core.top_ties) {
        return "";
    }
    std::string text;
    for (const Lock& lock : locks_) {
        text += " FOR UPDATE OF " + quote_name(lock.alias) + (lock.skip ? " SKIP LOCKED" : "");
    }
    return text;
}

}  // namespace revsync::sim::tsql
