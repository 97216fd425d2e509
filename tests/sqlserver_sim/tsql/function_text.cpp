// Functions over text and bytes.
#include <algorithm>
#include <array>

#include "errors.hpp"
#include "function_table.hpp"
#include "text.hpp"
#include "types.hpp"

namespace revsync::sim::tsql {

Sql FunctionTable::length(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    const Type type = integer_type(a[0].type.length == max_length ? TypeKind::bigint : TypeKind::integer);
    if (is_binary(a[0].type.kind)) {
        return typed("octet_length(" + a[0].text + ")", type, a);
    }
    return typed("sim.u16(rtrim(" + str(t, a[0]) + ", ' '))::" + pg_type(type), type, a);
}

Sql FunctionTable::data_length(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    const TypeKind kind = a[0].type.kind;
    const Type type = integer_type(a[0].type.length == max_length ? TypeKind::bigint : TypeKind::integer);
    std::string text = "octet_length(" + a[0].text + ")";
    if (is_string(kind)) {
        text = (is_national(kind) ? "(2 * " : "(") + std::string("sim.u16(") + a[0].text + "))";
    } else if (!is_binary(kind)) {
        text = "(CASE WHEN " + a[0].text + " IS NOT NULL THEN " + std::to_string(storage_bytes(a[0].type)) + " END)";
    }
    return typed(text + "::" + pg_type(type), type, a);
}

// sim.<name>(text, integers…) with the type of the first argument.
Sql FunctionTable::text_call(Translator& t, const Args& a, const char* function) {
    const bool bytes = is_binary(a[0].type.kind);
    std::string text = std::string(function) + "(" + (bytes ? a[0].text : str(t, a[0]));
    for (std::size_t i = 1; i < a.size(); ++i) {
        text += ", " + num(t, a[i]);
    }
    return typed(text + ")", bytes ? a[0].type : text_like(a[0]), a);
}

Sql FunctionTable::trim(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    const std::string function = e.text == "LTRIM" ? "ltrim" : e.text == "RTRIM" ? "rtrim" : "btrim";
    return typed(function + "(" + str(t, a[0]) + ", ' ')", text_like(a[0]), a);
}

Sql FunctionTable::change_case(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    return typed(lower(e.text) + "((" + str(t, a[0]) + ") COLLATE \"und-x-icu\")", text_like(a[0]), a);
}

Sql FunctionTable::char_index(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    const std::string start = a.size() > 2 ? num(t, a[2]) : "1";
    const std::string fixed = a[0].collate ? exact(a[0]) : exact(a[1]);
    return typed("sim.charindex(" + str(t, a[0]) + ", " + str(t, a[1]) + ", " + start + ", " + fixed + ")",
                 integer_type(), a);
}

Sql FunctionTable::replace(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    return typed("sim.replace(" + str(t, a[0]) + ", " + str(t, a[1]) + ", " + str(t, a[2]) + ", " + exact(a[0]) + ")",
                 string_type(a[0].type.length == max_length ? max_length : 4000), a);
}

Sql FunctionTable::concat(Translator& t, const Expr& e) {
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

Sql FunctionTable::code_point(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    if (e.text == "UNICODE" || e.text == "ASCII") {
        return typed("nullif(ascii(" + str(t, a[0]) + "), 0)", integer_type(), a);
    }
    const std::string code = t.convert(a[0], integer_type());
    // Half of a surrogate pair, which the protocol half turns back (tds/unicode.cpp).
    const std::string point =
        "(" + code + ") + CASE WHEN (" + code + ") BETWEEN 55296 AND 57343 THEN 1048576 ELSE 0 END";
    return typed("chr(" + point + ")", string_type(1, e.text == "NCHAR"), a);
}

Sql FunctionTable::quote(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    const std::string x = str(t, a[0]);
    const Value mark = e.args.size() > 1 ? t.literal_argument(*e.args[1]) : Value("[");
    const bool text = mark == "'";
    const bool twice = mark == "\"";
    const std::string open = text ? "''''" : twice ? "'\"'" : "'['";
    const std::string close = text ? "''''" : twice ? "'\"'" : "']'";
    return typed("(" + open + " || replace((" + x + ") COLLATE \"C\", " + close + ", repeat(" + close + ", 2)) || " +
                     close + ")",
                 string_type(258), a);
}

Sql FunctionTable::hash(Translator& t, const Expr& e) {
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

Sql FunctionTable::checksum(Translator& t, const Expr& e) {
    const Args a = args(t, e);
    std::string text = "hashtext(concat_ws('|'";
    for (const Sql& x : a) {
        text += ", " + str(t, x);
    }
    return typed(text + "))", integer_type(), a);
}

}  // namespace revsync::sim::tsql
