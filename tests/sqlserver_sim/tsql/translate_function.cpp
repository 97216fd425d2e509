// Built-in functions over values.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "errors.hpp"
#include "parser.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

using Args = std::vector<Sql>;

Sql typed(std::string text, Type type, const Args& from = {}) {
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

Type moment_type(std::uint8_t scale = 7) {
    return Type{TypeKind::datetime2, 0, 0, scale};
}

std::int32_t sum_lengths(const Args& args) {
    std::int32_t total = 0;
    for (const Sql& arg : args) {
        if (arg.type.length == max_length) {
            return max_length;
        }
        total += is_string(arg.type.kind) ? arg.type.length : 30;
    }
    return std::clamp(total, 1, 4000);
}

}  // namespace

// The handlers by name; each gets the translator and the call.
struct FunctionTable {
    using Handler = Sql (*)(Translator&, const Expr&);
    struct Entry {
        std::size_t least;
        std::size_t most;
        Handler handler;
    };

    static Args args(Translator& t, const Expr& e, std::size_t from = 0) {
        Args made;
        for (std::size_t i = from; i < e.args.size(); ++i) {
            made.push_back(t.scalar(*e.args[i]));
        }
        return made;
    }

    static std::string str(Translator& t, const Sql& x) {
        return is_string(x.type.kind) && !x.null ? x.text : t.convert(x, string_type(max_length));
    }
    static std::string num(Translator& t, const Sql& x) { return t.convert(x, integer_type(TypeKind::bigint)); }
    static std::string stamp(Translator& t, const Sql& x) { return t.convert(x, moment_type()); }
    static std::string exact(const Sql& x) {
        return x.collation == "\"C\"" || x.collation == "sim.cs" ? "true" : "false";
    }
    static Type text_like(const Sql& x) {
        return is_string(x.type.kind) ? string_type(x.type.length, is_national(x.type.kind)) : string_type(4000);
    }

    static Sql length(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        const Type type = integer_type(a[0].type.length == max_length ? TypeKind::bigint : TypeKind::integer);
        if (is_binary(a[0].type.kind)) {
            return typed("octet_length(" + a[0].text + ")", type, a);
        }
        return typed("sim.u16(rtrim(" + str(t, a[0]) + ", ' '))::" + pg_type(type), type, a);
    }

    static Sql data_length(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        const TypeKind kind = a[0].type.kind;
        const Type type = integer_type(a[0].type.length == max_length ? TypeKind::bigint : TypeKind::integer);
        std::string text = "octet_length(" + a[0].text + ")";
        if (is_string(kind)) {
            text = (is_national(kind) ? "(2 * " : "(") + std::string("sim.u16(") + a[0].text + "))";
        } else if (!is_binary(kind)) {
            text =
                "(CASE WHEN " + a[0].text + " IS NOT NULL THEN " + std::to_string(storage_bytes(a[0].type)) + " END)";
        }
        return typed(text + "::" + pg_type(type), type, a);
    }

    // sim.<name>(text, integers…) with the type of the first argument.
    template <typename... Names>
    static Sql text_call(Translator& t, const Args& a, const char* function) {
        const bool bytes = is_binary(a[0].type.kind);
        std::string text = std::string(function) + "(" + (bytes ? a[0].text : str(t, a[0]));
        for (std::size_t i = 1; i < a.size(); ++i) {
            text += ", " + num(t, a[i]);
        }
        return typed(text + ")", bytes ? a[0].type : text_like(a[0]), a);
    }

    static Sql trim(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        const std::string function = e.text == "LTRIM" ? "ltrim" : e.text == "RTRIM" ? "rtrim" : "btrim";
        return typed(function + "(" + str(t, a[0]) + ", ' ')", text_like(a[0]), a);
    }

    static Sql change_case(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        return typed(lower(e.text) + "((" + str(t, a[0]) + ") COLLATE \"und-x-icu\")", text_like(a[0]), a);
    }

    static Sql char_index(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        const std::string start = a.size() > 2 ? num(t, a[2]) : "1";
        const std::string fixed = a[0].collate ? exact(a[0]) : exact(a[1]);
        return typed("sim.charindex(" + str(t, a[0]) + ", " + str(t, a[1]) + ", " + start + ", " + fixed + ")",
                     integer_type(), a);
    }

    static Sql replace(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        return typed(
            "sim.replace(" + str(t, a[0]) + ", " + str(t, a[1]) + ", " + str(t, a[2]) + ", " + exact(a[0]) + ")",
            string_type(a[0].type.length == max_length ? max_length : 4000), a);
    }

    static Sql concat(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        const bool separated = e.text == "CONCAT_WS";
        std::string text = separated ? "concat_ws(" : "concat(";
        for (std::size_t i = 0; i < a.size(); ++i) {
            text += (i == 0 ? "" : ", ") + str(t, a[i]);
        }
        Sql sql = typed(text + ")", string_type(sum_lengths(a)), a);
        sql.nullable = false;
        return sql;
    }

    static Sql coalesce(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        const bool pair = e.text == "ISNULL";
        Type type = a[0].type;
        bool first = a[0].null;
        for (std::size_t i = 1; i < a.size(); ++i) {
            if (!a[i].null && (first || !pair)) {
                type = first ? a[i].type : common_type(type, a[i].type);
                first = false;
            }
        }
        std::string text = "coalesce(";
        for (std::size_t i = 0; i < a.size(); ++i) {
            text += (i == 0 ? "" : ", ") + t.convert(a[i], type);
        }
        Sql sql = typed(text + ")", type, a);
        sql.nullable = std::all_of(a.begin(), a.end(), [](const Sql& s) { return s.nullable; });
        return sql;
    }

    static Sql null_if(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        Sql sql = a[0];
        sql.text = "(CASE WHEN " + t.compare("=", a[0], a[1]) + " THEN NULL ELSE " + a[0].text + " END)";
        sql.nullable = true;
        sql.column = sql.constant = false;
        return sql;
    }

    static Sql iif(Translator& t, const Expr& e) {
        std::vector<std::pair<std::string, Sql>> branches;
        branches.emplace_back(t.predicate(*e.args[0]), t.scalar(*e.args[1]));
        return t.choose(std::move(branches), t.scalar(*e.args[2]));
    }

    static Sql choose(Translator& t, const Expr& e) {
        const std::string index = num(t, t.scalar(*e.args[0]));
        std::vector<std::pair<std::string, Sql>> branches;
        for (std::size_t i = 1; i < e.args.size(); ++i) {
            branches.emplace_back(index + " = " + std::to_string(i), t.scalar(*e.args[i]));
        }
        return t.choose(std::move(branches), std::nullopt);
    }

    static Sql math(Translator& t, const Expr& e) {
        Args a = args(t, e);
        if (is_string(a[0].type.kind)) {
            a[0].text = t.convert(a[0], integer_type(TypeKind::float_));
            a[0].type = integer_type(TypeKind::float_);
        }
        const std::string name = e.text == "CEILING" ? "ceil" : lower(e.text);
        Type type = a[0].type;
        if (e.text == "ROUND") {
            const std::string function = a.size() > 2 ? "trunc" : "round";
            return typed(function + "((" + a[0].text + ")::numeric, (" + num(t, a[1]) + ")::int4)::" + pg_type(type),
                         type, a);
        }
        if (e.text == "POWER") {
            return typed("power((" + a[0].text + ")::numeric, (" + t.convert(a[1], integer_type(TypeKind::float_)) +
                             ")::numeric)::" + pg_type(type),
                         type, a);
        }
        if (e.text == "SQRT" || e.text == "EXP" || e.text == "LOG" || e.text == "LOG10") {
            const std::string f = e.text == "LOG" ? "ln" : e.text == "LOG10" ? "log" : name;
            return typed(f + "(" + t.convert(a[0], integer_type(TypeKind::float_)) + ")",
                         integer_type(TypeKind::float_), a);
        }
        if (type.kind == TypeKind::decimal && e.text != "ABS" && e.text != "SIGN") {
            type.scale = 0;
        }
        return typed(name + "(" + a[0].text + ")::" + pg_type(type), type, a);
    }

    static Sql date_add(Translator& t, const Expr& e) {
        const std::string part = date_part(e);
        const Args a = args(t, e, 1);
        Sql moment = a[1];
        if (is_string(moment.type.kind)) {
            moment.text = t.convert(moment, integer_type(TypeKind::datetime));
            moment.type = integer_type(TypeKind::datetime);
        }
        Sql sum =
            typed("sim.dateadd('" + part + "', " + num(t, a[0]) + ", " + stamp(t, moment) + ")", moment_type(), a);
        const bool offset = moment.type.kind == TypeKind::datetimeoffset;
        if (offset) {
            return typed("sim.dto(" + sum.text + ", (" + moment.text + ").zone)", moment.type, a);
        }
        return typed(t.convert(sum, moment.type), moment.type, a);
    }

    static Sql date_diff(Translator& t, const Expr& e) {
        const std::string part = date_part(e);
        const Args a = args(t, e, 1);
        const Type type = integer_type(e.text == "DATEDIFF_BIG" ? TypeKind::bigint : TypeKind::integer);
        const auto instant = [&](const Sql& x) {
            return x.type.kind == TypeKind::datetimeoffset ? "(" + x.text + ").at" : stamp(t, x);
        };
        return typed("sim.datediff('" + part + "', " + instant(a[0]) + ", " + instant(a[1]) + ")::" + pg_type(type),
                     type, a);
    }

    static Sql date_piece(Translator& t, const Expr& e) {
        const std::string part = date_part(e);
        const Args a = args(t, e, 1);
        if (part == "tzoffset") {
            return typed("((" + t.convert(a[0], Type{TypeKind::datetimeoffset, 0, 0, 7}) + ").zone)::int4",
                         integer_type(), a);
        }
        if (e.text == "DATENAME") {
            return typed("sim.datename('" + part + "', " + stamp(t, a[0]) + ")", string_type(30), a);
        }
        return typed("sim.datepart('" + part + "', " + stamp(t, a[0]) + ")", integer_type(), a);
    }

    static Sql year_month_day(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        return typed("sim.datepart('" + lower(e.text) + "', " + stamp(t, a[0]) + ")", integer_type(), a);
    }

    static Sql from_parts(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        std::string text = e.text == "DATEFROMPARTS" ? "make_date(" : "make_timestamp(";
        for (std::size_t i = 0; i < std::min<std::size_t>(a.size(), 6); ++i) {
            const bool seconds = i == 5;
            text +=
                (i == 0 ? "" : ", ") + t.convert(a[i], integer_type()) +
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

    static Sql end_of_month(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        return typed("sim.eomonth(" + stamp(t, a[0]) + ", " + (a.size() > 1 ? num(t, a[1]) : "0") + ")",
                     integer_type(TypeKind::date), a);
    }

    static Sql now(Translator&, const Expr& e) {
        if (e.text == "SYSDATETIMEOFFSET") {
            return typed(
                "sim.dto(sim.now_local(), round(extract(epoch FROM sim.now_local() - sim.now_utc()) / 60)::int4)",
                Type{TypeKind::datetimeoffset, 0, 0, 7});
        }
        const bool utc = e.text == "GETUTCDATE" || e.text == "SYSUTCDATETIME";
        const std::string base = utc ? "sim.now_utc()" : "sim.now_local()";
        const bool precise = e.text == "SYSUTCDATETIME" || e.text == "SYSDATETIME";
        Sql sql = precise ? typed(base, moment_type())
                          : typed("sim.datetime(" + base + ")", integer_type(TypeKind::datetime));
        sql.nullable = false;
        return sql;
    }

    static Sql offset(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        const Type type{TypeKind::datetimeoffset, 0, 0, 7};
        const std::string minutes = "sim.offset_minutes(" + str(t, a[1]) + ")";
        if (e.text == "TODATETIMEOFFSET") {
            return typed("sim.dto(" + stamp(t, a[0]) + ", " + minutes + ")", type, a);
        }
        const std::string moment = t.convert(a[0], type);
        return typed(
            "(CASE WHEN (" + moment + ").at IS NOT NULL THEN ROW((" + moment + ").at, " + minutes + ")::sim.dto END)",
            type, a);
    }

    static Sql json(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        const std::string source = "sim.json(" + str(t, a[0]) + ")";
        if (e.text == "ISJSON") {
            return typed("sim.isjson(" + str(t, a[0]) + ")", integer_type(), a);
        }
        const std::string path = a.size() > 1 ? str(t, a[1]) : "'$'::text";
        const std::string part = "(" + source + " #> sim.json_path(" + path + "))";
        Sql sql = e.text == "JSON_VALUE" ? typed("sim.json_scalar(" + part + ")", string_type(4000), a)
                                         : typed("sim.json_part(" + part + ")", string_type(max_length), a);
        sql.nullable = true;
        sql.json = e.text == "JSON_QUERY";
        return sql;
    }

    static Sql code_point(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        if (e.text == "UNICODE" || e.text == "ASCII") {
            return typed("nullif(ascii(" + str(t, a[0]) + "), 0)", integer_type(), a);
        }
        return typed("chr(" + t.convert(a[0], integer_type()) + ")", string_type(1, e.text == "NCHAR"), a);
    }

    static Sql quote(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        const std::string x = str(t, a[0]);
        const Value mark = e.args.size() > 1 ? t.literal_argument(*e.args[1]) : Value("[");
        const bool text = mark == "'";
        const bool twice = mark == "\"";
        const std::string open = text ? "''''" : twice ? "'\"'" : "'['";
        const std::string close = text ? "''''" : twice ? "'\"'" : "']'";
        return typed("(" + open + " || replace((" + x + ") COLLATE \"C\", " + close + ", repeat(" + close +
                         ", 2)) || " + close + ")",
                     string_type(258), a);
    }

    static Sql hash(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        const std::string kind = upper(a[0].literal);
        const std::string bytes =
            is_binary(a[1].type.kind) ? a[1].text : t.convert(a[1], Type{TypeKind::varbinary, max_length, 0, 0});
        const std::string function = kind == "SHA2_256"   ? "sha256"
                                     : kind == "SHA2_512" ? "sha512"
                                     : kind == "MD5"      ? "md5"
                                                          : "";
        if (function.empty()) {
            fail_near(kind.empty() ? "HASHBYTES" : kind, false, e.line);
        }
        return typed(function == "md5" ? "decode(md5(" + bytes + "), 'hex')" : function + "(" + bytes + ")",
                     Type{TypeKind::varbinary, 8000, 0, 0}, a);
    }

    static Sql checksum(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        std::string text = "hashtext(concat_ws('|'";
        for (const Sql& x : a) {
            text += ", " + str(t, x);
        }
        return typed(text + "))", integer_type(), a);
    }

    static Sql new_id(Translator&, const Expr&) {
        return typed("gen_random_uuid()", integer_type(TypeKind::uniqueidentifier));
    }

    static Sql format(Translator& t, const Expr& e) {
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

    // Catalog functions, answered by functions of the same name over sim's tables.
    static Sql catalog(Translator& t, const Expr& e) {
        const Args a = args(t, e);
        std::string text = "sim." + lower(e.text) + "(";
        for (std::size_t i = 0; i < a.size(); ++i) {
            const bool number = is_number(a[i].type.kind) && !a[i].null;
            text += (i == 0 ? "" : ", ") + (number ? t.convert(a[i], integer_type()) : str(t, a[i]));
        }
        static constexpr std::array names{"OBJECT_NAME",        "SCHEMA_NAME", "TYPE_NAME",
                                          "OBJECT_SCHEMA_NAME", "COL_NAME",    "OBJECT_DEFINITION"};
        const bool name = std::find(names.begin(), names.end(), e.text) != names.end();
        return typed(text + ")", name ? string_type(e.text == "OBJECT_DEFINITION" ? max_length : 128)
                                 : e.text.substr(0, 6) == "IDENT_" ? Type{TypeKind::decimal, 0, 38, 0}
                                                                   : integer_type());
    }

    static const std::unordered_map<std::string, Entry>& all() {
        static const std::unordered_map<std::string, Entry> table{
            {"LEN", {1, 1, length}},
            {"DATALENGTH", {1, 1, data_length}},
            {"LEFT", {2, 2, [](Translator& t, const Expr& e) { return text_call(t, args(t, e), "sim.left"); }}},
            {"RIGHT", {2, 2, [](Translator& t, const Expr& e) { return text_call(t, args(t, e), "sim.right"); }}},
            {"SUBSTRING",
             {3, 3, [](Translator& t, const Expr& e) { return text_call(t, args(t, e), "sim.substring"); }}},
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
                  return typed("sim.stuff(" + str(t, a[0]) + ", " + num(t, a[1]) + ", " + num(t, a[2]) + ", " +
                                   str(t, a[3]) + ")",
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
};

Value Translator::literal_argument(const Expr& expr) {
    switch (expr.kind) {
        case ExprKind::string:
        case ExprKind::integer:
            return expr.text;
        case ExprKind::unary:
            return expr.text + literal_argument(*expr.args[0]).value_or("");
        default:
            return std::nullopt;
    }
}

Sql Translator::function(const Expr& expr) {
    if (expr.name.size() > 1) {
        const auto module = env_.function(expr.name);
        if (!module) {
            fail(4121,
                 "Cannot find either column \"" + expr.name.front() +
                     "\" or the user-defined function or aggregate \"" + expr.name.front() + "." + expr.name.back() +
                     "\", or the name is ambiguous.",
                 expr.line);
        }
        return user_function(expr, *module);
    }
    std::vector<Value> literals;
    for (const auto& arg : expr.args) {
        literals.push_back(literal_argument(*arg));
    }
    if (const auto value = env_.intrinsic(expr.text, literals)) {
        Sql sql = literal(*value);
        sql.nullable = true;
        return sql;
    }
    const auto& table = FunctionTable::all();
    const auto found = table.find(expr.text);
    if (found == table.end()) {
        return aggregate(expr);
    }
    if (expr.args.size() < found->second.least || expr.args.size() > found->second.most) {
        const std::string many = std::to_string(found->second.least);
        fail(174, "The " + lower(expr.text) + " function requires " + many + " argument(s).", expr.line);
    }
    return found->second.handler(*this, expr);
}

// A scalar function whose body is RETURN expression becomes that expression.
Sql Translator::user_function(const Expr& expr, const ModuleInfo& module) {
    const Block parsed = parse_batch(module.definition, true);
    const auto& definition = std::get<CreateModule>(parsed.at(0)->body);
    const Statement* body = definition.body.empty() ? nullptr : definition.body[0].get();
    while (body != nullptr && std::holds_alternative<Compound>(body->body)) {
        const auto& inner = std::get<Compound>(body->body).body;
        body = inner.size() == 1 ? inner[0].get() : nullptr;
    }
    const auto* result = body == nullptr ? nullptr : std::get_if<Return>(&body->body);
    if (result == nullptr || !result->value || definition.parameters.size() != expr.args.size()) {
        fail_near(module.name, false, expr.line);
    }
    const std::size_t before = bound_.size();
    std::vector<std::pair<std::string, Sql>> given;
    for (std::size_t i = 0; i < expr.args.size(); ++i) {
        Sql value = scalar(*expr.args[i]);
        value.text = convert(value, definition.parameters[i].type);
        value.type = definition.parameters[i].type;
        value.column = value.constant = value.null = false;
        given.emplace_back(definition.parameters[i].name, std::move(value));
    }
    bound_.insert(bound_.end(), given.begin(), given.end());
    Sql value = scalar(*result->value);
    bound_.resize(before);
    value.text = "(" + convert(value, definition.returns) + ")";
    value.type = definition.returns;
    value.column = value.constant = false;
    return value;
}

}  // namespace revsync::sim::tsql
