// Functions over dates and times.
#include <algorithm>
#include <array>

#include "errors.hpp"
#include "function_table.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

// What a date part is called, whatever its abbreviation.
std::string date_part(const Expr& call) {
    static const std::unordered_map<std::string, std::string_view> parts{{"year", "year"},
                                                                         {"yy", "year"},
                                                                         {"yyyy", "year"},
                                                                         {"quarter", "quarter"},
                                                                         {"qq", "quarter"},
                                                                         {"q", "quarter"},
                                                                         {"month", "month"},
                                                                         {"mm", "month"},
                                                                         {"m", "month"},
                                                                         {"dayofyear", "dayofyear"},
                                                                         {"dy", "dayofyear"},
                                                                         {"y", "dayofyear"},
                                                                         {"day", "day"},
                                                                         {"dd", "day"},
                                                                         {"d", "day"},
                                                                         {"week", "week"},
                                                                         {"wk", "week"},
                                                                         {"ww", "week"},
                                                                         {"weekday", "weekday"},
                                                                         {"dw", "weekday"},
                                                                         {"w", "weekday"},
                                                                         {"hour", "hour"},
                                                                         {"hh", "hour"},
                                                                         {"minute", "minute"},
                                                                         {"mi", "minute"},
                                                                         {"n", "minute"},
                                                                         {"second", "second"},
                                                                         {"ss", "second"},
                                                                         {"s", "second"},
                                                                         {"millisecond", "millisecond"},
                                                                         {"ms", "millisecond"},
                                                                         {"microsecond", "microsecond"},
                                                                         {"mcs", "microsecond"},
                                                                         {"nanosecond", "nanosecond"},
                                                                         {"ns", "nanosecond"},
                                                                         {"iso_week", "iso_week"},
                                                                         {"isowk", "iso_week"},
                                                                         {"isoww", "iso_week"},
                                                                         {"tzoffset", "tzoffset"},
                                                                         {"tz", "tzoffset"}};
    const Expr& given = *call.args.at(0);
    const std::string name = given.kind == ExprKind::column ? lower(given.name.back()) : "";
    const auto found = parts.find(name);
    if (found == parts.end()) {
        fail(155, "'" + (name.empty() ? given.text : name) + "' is not a recognized " + lower(call.text) + " option.",
             call.line);
    }
    return std::string(found->second);
}

}  // namespace

Sql FunctionTable::date_add(Translator& t, const Expr& e) {
    const std::string part = date_part(e);
    const Args a = args(t, e, 1);
    Sql moment = a[1];
    if (is_string(moment.type.kind)) {
        moment.text = t.convert(moment, integer_type(TypeKind::datetime));
        moment.type = integer_type(TypeKind::datetime);
    }
    Sql sum = typed("sim.dateadd('" + part + "', " + num(t, a[0]) + ", " + stamp(t, moment) + ")", moment_type(), a);
    const bool offset = moment.type.kind == TypeKind::datetimeoffset;
    if (offset) {
        return typed("sim.dto(" + sum.text + ", (" + moment.text + ").zone)", moment.type, a);
    }
    return typed(t.convert(sum, moment.type), moment.type, a);
}

Sql FunctionTable::date_diff(Translator& t, const Expr& e) {
    const std::string part = date_part(e);
    const Args a = args(t, e, 1);
    const Type type = integer_type(e.text == "DATEDIFF_BIG" ? TypeKind::bigint : TypeKind::integer);
    const auto instant = [&](const Sql& x) {
        return x.type.kind == TypeKind::datetimeoffset ? "(" + x.text + ").at" : stamp(t, x);
    };
    return typed("sim.datediff('" + part + "', " + instant(a[0]) + ", " + instant(a[1]) + ")::" + pg_type(type), type,
                 a);
}

Sql FunctionTable::date_piece(Translator& t, const Expr& e) {
    const std::string part = date_part(e);
    const Args a = args(t, e, 1);
    if (part == "tzoffset") {
        return typed("((" + t.convert(a[0], Type{TypeKind::datetimeoffset, 0, 0, 7}) + ").zone)::int4", integer_type(),
                     a);
    }
    if (e.text == "DATENAME") {
        return typed("sim.datename('" + part + "', " + stamp(t, a[0]) + ")", string_type(30), a);
    }
    return typed("sim.datepart('" + part + "', " + stamp(t, a[0]) + ")", integer_type(), a);
}

Sql FunctionTable::year_month_day(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    return typed("sim.datepart('" + lower(e.text) + "', " + stamp(t, a[0]) + ")", integer_type(), a);
}

Sql FunctionTable::from_parts(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    std::string text = e.text == "DATEFROMPARTS" ? "make_date(" : "make_timestamp(";
    for (std::size_t i = 0; i < std::min<std::size_t>(a.size(), 6); ++i) {
        const bool seconds = i == 5;
        text += (i == 0 ? "" : ", ") + t.convert(a[i], integer_type()) +
                (seconds ? "::float8 + " + t.convert(a[6], integer_type()) +
                               (e.text == "DATETIMEFROMPARTS" ? " / 1000.0"
                                                              : " / power(10, " + t.convert(a[7], integer_type()) + ")")
                         : "");
    }
    return typed(text + ")",
                 e.text == "DATEFROMPARTS"       ? integer_type(TypeKind::date)
                 : e.text == "DATETIMEFROMPARTS" ? integer_type(TypeKind::datetime)
                                                 : moment_type(),
                 a);
}

Sql FunctionTable::end_of_month(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    return typed("sim.eomonth(" + stamp(t, a[0]) + ", " + (a.size() > 1 ? num(t, a[1]) : "0") + ")",
                 integer_type(TypeKind::date), a);
}

Sql FunctionTable::now(Translator&, const Expr& e) {
    if (e.text == "SYSDATETIMEOFFSET") {
        return typed("sim.dto(sim.now_local(), round(extract(epoch FROM sim.now_local() - sim.now_utc()) / 60)::int4)",
                     Type{TypeKind::datetimeoffset, 0, 0, 7});
    }
    const bool utc = e.text == "GETUTCDATE" || e.text == "SYSUTCDATETIME";
    const std::string base = utc ? "sim.now_utc()" : "sim.now_local()";
    const bool precise = e.text == "SYSUTCDATETIME" || e.text == "SYSDATETIME";
    Sql sql =
        precise ? typed(base, moment_type()) : typed("sim.datetime(" + base + ")", integer_type(TypeKind::datetime));
    sql.nullable = false;
    return sql;
}

Sql FunctionTable::offset(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    const Type type{TypeKind::datetimeoffset, 0, 0, 7};
    const std::string minutes = "sim.offset_minutes(" + str(t, a[1]) + ")";
    if (e.text == "TODATETIMEOFFSET") {
        return typed("sim.dto(" + stamp(t, a[0]) + ", " + minutes + ")", type, a);
    }
    const std::string moment = t.convert(a[0], type);
    return typed(
        "(CASE WHEN (" + moment + ").at IS NOT NULL THEN ROW((" + moment + ").at, " + minutes + ")::sim.dto END)", type,
        a);
}

Sql FunctionTable::format(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    const Value pattern = t.literal_argument(*e.args[1]);
    if (!pattern || !is_temporal(a[0].type.kind)) {
        fail_near("FORMAT", false, e.line);
    }
    std::string pg;
    for (std::size_t i = 0; i < pattern->size();) {
        static constexpr std::array<std::pair<std::string_view, std::string_view>, 14> names{{{"yyyy", "YYYY"},
                                                                                              {"yy", "YY"},
                                                                                              {"MMMM", "FMMonth"},
                                                                                              {"MMM", "Mon"},
                                                                                              {"MM", "MM"},
                                                                                              {"M", "FMMM"},
                                                                                              {"dddd", "FMDay"},
                                                                                              {"dd", "DD"},
                                                                                              {"d", "FMDD"},
                                                                                              {"HH", "HH24"},
                                                                                              {"hh", "HH12"},
                                                                                              {"mm", "MI"},
                                                                                              {"ss", "SS"},
                                                                                              {"fff", "MS"}}};
        const auto found = std::find_if(names.begin(), names.end(), [&](const auto& n) {
            return pattern->compare(i, n.first.size(), n.first) == 0;
        });
        pg += found == names.end() ? std::string(1, (*pattern)[i]) : std::string(found->second);
        i += found == names.end() ? 1 : found->first.size();
    }
    return typed("to_char(" + stamp(t, a[0]) + ", " + quote_text(pg) + ")", string_type(4000), a);
}

}  // namespace revsync::sim::tsql
