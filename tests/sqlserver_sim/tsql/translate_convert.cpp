// CAST, CONVERT and the implicit conversions.
#include <algorithm>

#include "errors.hpp"
#include "text.hpp"
#include "translator.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

namespace {

std::string call(std::string_view function, std::initializer_list<std::string> args) {
    std::string text = "sim." + std::string(function) + "(";
    bool first = true;
    for (const auto& arg : args) {
        text += (first ? "" : ", ") + arg;
        first = false;
    }
    return text + ")";
}

std::string cast_to(const std::string& text, std::string_view type) {
    return "(" + text + ")::" + std::string(type);
}

int digits_of(const Type& type) noexcept {
    switch (type.kind) {
        case TypeKind::datetime:
            return 3;
        case TypeKind::smalldatetime:
        case TypeKind::date:
            return 0;
        default:
            return type.scale;
    }
}

std::string as_timestamp(const Sql& from) {
    if (is_string(from.type.kind)) {
        return call("to_timestamp", {from.text});
    }
    switch (from.type.kind) {
        case TypeKind::date:
            return cast_to(from.text, "timestamp");
        case TypeKind::time:
            return "(date '1900-01-01' + " + from.text + ")";
        case TypeKind::datetimeoffset:
            return call("local", {from.text});
        case TypeKind::datetime:
        case TypeKind::smalldatetime:
        case TypeKind::datetime2:
            return from.text;
        default:
            return "(timestamp '1900-01-01' + (" + from.text + ")::float8 * interval '1 day')";
    }
}

std::string text_of(const Sql& from, int style, bool national) {
    const std::string chosen = std::to_string(style < 0 ? 0 : style);
    switch (from.type.kind) {
        case TypeKind::money:
        case TypeKind::smallmoney:
            return cast_to(style < 2 ? "round(" + from.text + ", 2)" : from.text, "text");
        case TypeKind::real:
        case TypeKind::float_:
            return call("float_text", {cast_to(from.text, "float8")});
        case TypeKind::date:
            return call("date_text", {as_timestamp(from), style < 0 ? "23" : chosen, "0"});
        case TypeKind::time:
            return "substr(" + call("moment", {as_timestamp(from), std::to_string(from.type.scale), "' '"}) + ", 12)";
        case TypeKind::datetime2:
            return call("date_text", {from.text, style < 0 ? "121" : chosen, std::to_string(from.type.scale)});
        case TypeKind::datetime:
        case TypeKind::smalldatetime:
            return call("date_text", {from.text, chosen, "3"});
        case TypeKind::datetimeoffset:
            return style < 0 ? call("dto_text", {from.text, std::to_string(from.type.scale)})
                             : call("date_text", {as_timestamp(from), chosen, std::to_string(from.type.scale)});
        case TypeKind::binary:
        case TypeKind::varbinary:
        case TypeKind::image:
            return call("binary_text", {from.text, chosen, national ? "true" : "false"});
        case TypeKind::uniqueidentifier:
            return "upper(" + cast_to(from.text, "text") + ")";
        default:
            return is_string(from.type.kind) ? from.text : cast_to(from.text, "text");
    }
}

// Characters that text_of may give, 0 when only the server knows.
int widest(const Type& type) noexcept {
    if (is_string(type.kind)) {
        return std::max(type.length, 0);
    }
    return is_integer(type.kind) ? 20 : type.kind == TypeKind::uniqueidentifier ? 36 : 0;
}

std::string sized(std::string text, const Type& from, const Type& to) {
    if (to.length == max_length) {
        return text;
    }
    const std::string n = std::to_string(to.length);
    if (widest(from) == 0 || widest(from) > to.length) {
        text = call("cut", {text, n});
    }
    return is_fixed(to.kind) && !(is_fixed(from.kind) && from.length == to.length) ? call("pad", {text, n}) : text;
}

std::string to_integer(const Sql& from, const Type& to) {
    const std::string pg = pg_type(to);
    const Sql& x = from;
    if (to.kind == TypeKind::bit) {
        return is_string(x.type.kind) ? call("to_bit", {x.text}) : "((" + x.text + ") <> 0)::int4::int2";
    }
    if (is_string(x.type.kind)) {
        const std::string_view function = to.kind == TypeKind::bigint     ? "to_bigint"
                                          : to.kind == TypeKind::smallint ? "to_smallint"
                                                                          : "to_int";
        const std::string whole = call(function, {x.text});
        return to.kind == TypeKind::tinyint ? call("to_tinyint", {whole}) : whole;
    }
    if (to.kind == TypeKind::tinyint) {
        return x.type.kind == TypeKind::bit ? x.text : call("to_tinyint", {cast_to(x.text, "numeric")});
    }
    if (is_binary(x.type.kind)) {
        return cast_to(call("binary_int", {x.text}), pg);
    }
    if (is_timestamp(x.type.kind)) {
        return cast_to("round(extract(epoch FROM " + x.text + " - timestamp '1900-01-01') / 86400)", pg);
    }
    if (x.type.kind == TypeKind::money || x.type.kind == TypeKind::smallmoney) {
        return cast_to("round(" + x.text + ")", pg);
    }
    return is_integer(x.type.kind) ? cast_to(x.text, pg) : cast_to("trunc(" + x.text + ")", pg);
}

std::string to_moment(const Sql& from, const Type& to) {
    const std::string base = as_timestamp(from);
    switch (to.kind) {
        case TypeKind::date:
            return cast_to(base, "date");
        case TypeKind::time:
            return cast_to(base, pg_type(to));
        case TypeKind::datetime:
            return call("datetime", {base});
        case TypeKind::smalldatetime:
            return call("smalldatetime", {base});
        case TypeKind::datetimeoffset:
            break;
        default:
            return cast_to(base, pg_type(to));
    }
    const std::string offset = is_string(from.type.kind)                    ? call("to_dto", {from.text})
                               : from.type.kind == TypeKind::datetimeoffset ? from.text
                                                                            : call("dto", {base, "0"});
    return to.scale >= 6 ? offset : call("dto_round", {offset, std::to_string(to.scale)});
}

std::string to_bytes(const Sql& from, const Type& to, int style) {
    std::string text = from.text;
    if (is_string(from.type.kind)) {
        text = call("to_binary",
                    {text, std::to_string(std::max(style, 0)), is_national(from.type.kind) ? "true" : "false"});
    } else if (is_integer(from.type.kind)) {
        text = call("int_binary", {cast_to(text, "int8"), std::to_string(storage_bytes(from.type))});
    } else if (from.type.kind == TypeKind::uniqueidentifier) {
        text = "uuid_send(" + text + ")";
    }
    return sized(text, from.type, to);
}

[[noreturn]] void not_allowed(const Type& from, const Type& to) {
    fail(529, "Explicit conversion from data type " + base_name(from.kind) + " to " + base_name(to.kind) +
                  " is not allowed.");
}

}  // namespace

std::string Translator::convert(const Sql& from, const Type& to, int style) {
    const TypeKind kind = to.kind;
    const TypeKind source = from.type.kind;
    if (from.null) {
        return "NULL::" + pg_type(to);
    }
    const bool identical = source == kind && from.type.length == to.length && from.type.scale == to.scale &&
                           from.type.precision == to.precision;
    if (identical) {
        return from.text;
    }
    if (is_string(kind)) {
        return sized(text_of(from, style, is_national(kind)), from.type, to);
    }
    if (is_integer(kind)) {
        if (source == TypeKind::uniqueidentifier || source == TypeKind::date || source == TypeKind::time) {
            not_allowed(from.type, to);
        }
        return to_integer(from, to);
    }
    if (is_number(kind)) {
        const bool money = kind == TypeKind::money || kind == TypeKind::smallmoney;
        if (is_string(source)) {
            const std::string_view function = money                       ? "to_money"
                                              : kind == TypeKind::decimal ? "to_decimal"
                                                                          : "to_float";
            return cast_to(call(function, {from.text}), pg_type(to));
        }
        if (is_timestamp(source)) {
            return cast_to("extract(epoch FROM " + from.text + " - timestamp '1900-01-01') / 86400", pg_type(to));
        }
        if (!is_number(source)) {
            not_allowed(from.type, to);
        }
        return cast_to(from.text, pg_type(to));
    }
    if (is_temporal(kind)) {
        const bool number = is_number(source) && (kind == TypeKind::datetime || kind == TypeKind::smalldatetime);
        if (!is_temporal(source) && !is_string(source) && !number) {
            not_allowed(from.type, to);
        }
        const bool widened = source == kind && digits_of(from.type) <= digits_of(to);
        return widened ? from.text : to_moment(from, to);
    }
    if (kind == TypeKind::uniqueidentifier) {
        return is_binary(source) ? cast_to("encode(" + from.text + ", 'hex')", "uuid")
                                 : cast_to("btrim(" + from.text + ", '{}')", "uuid");
    }
    return to_bytes(from, to, style);
}

std::string Translator::attempt(const Sql& from, const Type& to, int style) {
    Sql argument = from;
    argument.text = is_string(from.type.kind)                    ? "$1"
                    : from.type.kind == TypeKind::datetimeoffset ? "sim.to_dto($1)"
                                                                 : "$1::" + pg_type(from.type);
    const std::string given =
        from.type.kind == TypeKind::datetimeoffset ? call("dto_text", {from.text, "7"}) : cast_to(from.text, "text");
    const std::string target = pg_type(to);
    Sql as_text;
    as_text.text = convert(argument, to, style);
    if (to.kind == TypeKind::datetimeoffset) {
        return call("to_dto", {call("try_convert", {quote_text(call("dto_text", {as_text.text, "7"})), given})});
    }
    return cast_to(call("try_convert", {quote_text(as_text.text), given}), target);
}

std::string Translator::store(const Sql& value, const ColumnInfo& column, const TableInfo& table) {
    Type to = column.type;
    const bool sized_type = (is_string(to.kind) || is_binary(to.kind)) && to.length != max_length;
    if (!sized_type || value.null || !env_.option("ANSI_WARNINGS")) {
        return convert(value, to);
    }
    if (value.type.kind == to.kind && value.type.length == to.length) {
        return value.text;
    }
    Type unbounded = to;
    unbounded.kind =
        is_string(to.kind) ? (is_national(to.kind) ? TypeKind::nvarchar : TypeKind::varchar) : TypeKind::varbinary;
    unbounded.length = max_length;
    const std::string text = convert(value, unbounded);
    const std::string n = std::to_string(to.length);
    const std::string place = "String or binary data would be truncated in table '" + env_.database() + "." +
                              table.schema + "." + table.name + "', column '" + column.name + "'.";
    const bool fits = widest(value.type) != 0 && widest(value.type) <= to.length;
    const std::string fitted = fits ? text : call("fit", {text, n, quote_text(place)});
    return is_fixed(to.kind) ? call("pad", {fitted, n}) : fitted;
}

}  // namespace revsync::sim::tsql
