// Predicates: T-SQL keeps them apart from values, and compares text by its collation.
#include "errors.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

constexpr std::string_view default_collation = "sim.ci";

bool contains(std::string_view text, std::string_view part) {
    return lower(text).find(part) != std::string::npos;
}

std::string without_trailing_blanks(const Sql& sql) {
    std::string text = sql.literal;
    text.erase(text.find_last_not_of(' ') + 1);
    return quote_text(text) + "::text";
}

}  // namespace

std::string Translator::pg_collation(std::string_view collation) {
    if (contains(collation, "_bin")) {
        return "\"C\"";
    }
    return contains(collation, "_cs_") ? "sim.cs" : std::string(default_collation);
}

// Text compares with the collation asked for, else the column's; PostgreSQL would refuse two different ones.
void Translator::align(Sql& left, Sql& right) {
    const bool fixed = is_fixed(left.type.kind) || is_fixed(right.type.kind);
    std::string chosen = left.collate ? left.collation : right.collate ? right.collation : "";
    if (chosen.empty()) {
        chosen = left.column              ? left.collation
                 : right.column           ? right.collation
                 : left.collation.empty() ? right.collation
                                          : left.collation;
    }
    if (chosen.empty()) {
        chosen = default_collation;
    }
    const bool settled =
        !left.collate && !right.collate &&
        ((left.column && left.collation == chosen && (right.constant || (right.column && right.collation == chosen))) ||
         (right.column && right.collation == chosen && left.constant));
    for (Sql* side : {&left, &right}) {
        if (side->constant) {
            side->text = without_trailing_blanks(*side);
        } else if (fixed) {
            side->text = "rtrim(" + side->text + ", ' ')";
        }
        if (!settled) {
            side->text = "(" + side->text + ") COLLATE " + chosen;
        }
    }
}

std::string Translator::compare(const std::string& op, Sql left, Sql right) {
    if (left.null || right.null) {
        return "(NULL::boolean)";
    }
    if (is_string(left.type.kind) && is_string(right.type.kind)) {
        align(left, right);
        return "(" + left.text + " " + op + " " + right.text + ")";
    }
    const Type type = common_type(left.type, right.type);
    // Integers and decimals compare as they are, which keeps indexes in use.
    const bool numbers = is_exact(left.type.kind) && is_exact(right.type.kind);
    const bool moments = is_timestamp(left.type.kind) && is_timestamp(right.type.kind);
    if (!numbers && !moments) {
        left.text = convert(left, type);
        right.text = convert(right, type);
    }
    if (type.kind == TypeKind::datetimeoffset) {
        return "((" + left.text + ").at " + op + " (" + right.text + ").at)";
    }
    return "(" + left.text + " " + op + " " + right.text + ")";
}

std::string Translator::comparable(const Sql& value) const {
    if (!is_string(value.type.kind) || (value.column && !value.collate && !value.collation.empty())) {
        return value.text;
    }
    return "(" + value.text + ") COLLATE " +
           (value.collation.empty() ? std::string(default_collation) : value.collation);
}

std::string Translator::predicate(const Expr& expr) {
    switch (expr.kind) {
        case ExprKind::logic:
            return "(" + predicate(*expr.args[0]) + " " + expr.text + " " + predicate(*expr.args[1]) + ")";
        case ExprKind::negate:
            return "(NOT " + predicate(*expr.args[0]) + ")";
        case ExprKind::compare:
            return compare(expr.text, scalar(*expr.args[0]), scalar(*expr.args[1]));
        case ExprKind::is_null: {
            const Sql operand = scalar(*expr.args[0]);
            // A composite is "not null" only when all its fields are: ask for the first.
            const std::string text =
                operand.type.kind == TypeKind::datetimeoffset ? "(" + operand.text + ").at" : operand.text;
            return "(" + text + (expr.flag ? " IS NOT NULL)" : " IS NULL)");
        }
        case ExprKind::between: {
            const std::string low = compare(">=", scalar(*expr.args[0]), scalar(*expr.args[1]));
            const std::string high = compare("<=", scalar(*expr.args[0]), scalar(*expr.args[2]));
            return std::string(expr.flag ? "(NOT " : "(") + "(" + low + " AND " + high + "))";
        }
        case ExprKind::in_list:
            return in_list(expr);
        case ExprKind::in_query:
        case ExprKind::quantified:
            return in_query(expr);
        case ExprKind::like:
            return like(expr);
        case ExprKind::exists: {
            // A condition costs a fraction of a query that is run for each row.
            const QuerySql rows = query(*expr.query);
            return rows.condition.empty() ? "EXISTS (" + rows.text + ")" : "(" + rows.condition + ")";
        }
        case ExprKind::function:
            if (expr.text == "UPDATE" && expr.args.size() == 1 && expr.args[0]->kind == ExprKind::column) {
                if (const auto updated = env_.updated(expr.args[0]->name.back())) {
                    return *updated ? "(TRUE)" : "(FALSE)";
                }
            }
            [[fallthrough]];
        default: {
            const std::string near = expr.text.empty() && !expr.name.empty() ? expr.name.back() : expr.text;
            fail(4145,
                 "An expression of non-boolean type specified in a context where a condition is expected, near '" +
                     near + "'.",
                 expr.line);
        }
    }
}

std::string Translator::in_list(const Expr& expr) {
    std::string text;
    for (std::size_t i = 1; i < expr.args.size(); ++i) {
        text += (i == 1 ? "" : " OR ") + compare("=", scalar(*expr.args[0]), scalar(*expr.args[i]));
    }
    return std::string(expr.flag ? "(NOT " : "(") + "(" + text + "))";
}

std::string Translator::in_query(const Expr& expr) {
    Sql left = scalar(*expr.args[0]);
    QuerySql rows = nested([&] { return query(*expr.query); });
    if (rows.columns.size() != 1) {
        fail(116,
             "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.",
             expr.line);
    }
    Sql right = rows.columns[0].expr;
    const std::string alias = fresh_alias();
    right.text = alias + "." + quote_name(rows.columns[0].pg_name);
    const std::string op = expr.kind == ExprKind::in_query ? "=" : expr.text;
    const std::string test = compare(op, left, right);
    const std::string inner = "(" + rows.text + ") AS " + alias;
    // Said with EXISTS where that is the same, so that both sides are brought to one type and collation.
    if (expr.kind == ExprKind::in_query) {
        if (!expr.flag) {
            return "EXISTS (SELECT 1 FROM " + inner + " WHERE " + test + ")";
        }
        return "(NOT coalesce((SELECT bool_or(" + test + ") FROM " + inner +
               "), false) AND NOT EXISTS (SELECT 1 FROM " + inner + " WHERE " + test + " IS NULL))";
    }
    return expr.flag ? "coalesce((SELECT bool_and(" + test + ") FROM " + inner + "), true)"
                     : "EXISTS (SELECT 1 FROM " + inner + " WHERE " + test + ")";
}

std::string Translator::like(const Expr& expr) {
    const Sql text = scalar(*expr.args[0]);
    const Sql pattern = scalar(*expr.args[1]);
    const std::string escape = expr.args.size() > 2 ? scalar(*expr.args[2]).text : "NULL";
    const std::string& collation = pattern.collate ? pattern.collation : text.collation;
    const bool exact = collation == "\"C\"" || collation == "sim.cs";
    const std::string test = "sim.like(" + convert(text, string_type(max_length)) + ", " +
                             convert(pattern, string_type(max_length)) + ", " + escape + ", " +
                             (exact ? "true" : "false") + ")";
    return expr.flag ? "(NOT " + test + ")" : test;
}

}  // namespace revsync::sim::tsql
