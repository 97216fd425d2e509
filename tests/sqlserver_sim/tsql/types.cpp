#include "types.hpp"

#include <algorithm>
#include <array>

#include "text.hpp"

namespace revsync::sim::tsql {

namespace {

struct Entry {
    TypeKind kind;
    std::string_view name;
    int system_type_id;
    int precedence;  // higher wins
    int bytes;       // 0: depends
    std::uint8_t precision;
    std::uint8_t scale;
    std::string_view pg;
};

constexpr std::array entries{
    Entry{TypeKind::bit, "bit", 104, 15, 1, 1, 0, "int2"},
    Entry{TypeKind::tinyint, "tinyint", 48, 16, 1, 3, 0, "int2"},
    Entry{TypeKind::smallint, "smallint", 52, 17, 2, 5, 0, "int2"},
    Entry{TypeKind::integer, "int", 56, 18, 4, 10, 0, "int4"},
    Entry{TypeKind::bigint, "bigint", 127, 19, 8, 19, 0, "int8"},
    Entry{TypeKind::decimal, "decimal", 106, 22, 0, 0, 0, "numeric"},
    Entry{TypeKind::money, "money", 60, 21, 8, 19, 4, "numeric(19,4)"},
    Entry{TypeKind::smallmoney, "smallmoney", 122, 20, 4, 10, 4, "numeric(10,4)"},
    Entry{TypeKind::real, "real", 59, 23, 4, 24, 0, "float4"},
    Entry{TypeKind::float_, "float", 62, 24, 8, 53, 0, "float8"},
    Entry{TypeKind::date, "date", 40, 26, 3, 10, 0, "date"},
    Entry{TypeKind::time, "time", 41, 25, 5, 16, 7, "time"},
    Entry{TypeKind::datetime2, "datetime2", 42, 29, 8, 27, 7, "timestamp"},
    Entry{TypeKind::datetimeoffset, "datetimeoffset", 43, 30, 10, 34, 7, "sim.dto"},
    Entry{TypeKind::datetime, "datetime", 61, 28, 8, 23, 3, "timestamp(3)"},
    Entry{TypeKind::smalldatetime, "smalldatetime", 58, 27, 4, 16, 0, "timestamp(0)"},
    Entry{TypeKind::char_, "char", 175, 6, 0, 0, 0, "text"},
    Entry{TypeKind::varchar, "varchar", 167, 7, 0, 0, 0, "text"},
    Entry{TypeKind::nchar, "nchar", 239, 8, 0, 0, 0, "text"},
    Entry{TypeKind::nvarchar, "nvarchar", 231, 9, 0, 0, 0, "text"},
    Entry{TypeKind::text, "text", 35, 10, 16, 0, 0, "text"},
    Entry{TypeKind::ntext, "ntext", 99, 11, 16, 0, 0, "text"},
    Entry{TypeKind::binary, "binary", 173, 1, 0, 0, 0, "bytea"},
    Entry{TypeKind::varbinary, "varbinary", 165, 2, 0, 0, 0, "bytea"},
    Entry{TypeKind::image, "image", 34, 3, 16, 0, 0, "bytea"},
    Entry{TypeKind::uniqueidentifier, "uniqueidentifier", 36, 14, 16, 0, 0, "uuid"},
};

const Entry& entry(TypeKind kind) noexcept {
    return *std::find_if(entries.begin(), entries.end(), [kind](const Entry& e) { return e.kind == kind; });
}

Type sized(Type type, std::optional<int> first, std::optional<int> second) {
    switch (type.kind) {
        case TypeKind::decimal:
            type.precision = static_cast<std::uint8_t>(first.value_or(18));
            type.scale = static_cast<std::uint8_t>(second.value_or(0));
            break;
        case TypeKind::time:
        case TypeKind::datetime2:
        case TypeKind::datetimeoffset:
            type.scale = static_cast<std::uint8_t>(first.value_or(7));
            break;
        case TypeKind::float_:
            if (first.value_or(53) <= 24) {
                type.kind = TypeKind::real;
            }
            break;
        default:
            if (is_string(type.kind) || is_binary(type.kind)) {
                const bool large =
                    type.kind == TypeKind::text || type.kind == TypeKind::ntext || type.kind == TypeKind::image;
                type.length = large ? max_length : first.value_or(1);
            }
    }
    return type;
}

}  // namespace

std::optional<Type> make_type(std::string_view name, std::optional<int> first, std::optional<int> second) {
    std::string base = lower(name);
    if (base == "sysname") {
        return string_type(128);
    }
    if (base == "sql_variant") {
        return string_type(4000);
    }
    if (base == "rowversion" || base == "timestamp") {
        return Type{TypeKind::binary, 8, 0, 0};
    }
    base = base == "integer"                    ? "int"
           : base == "numeric" || base == "dec" ? "decimal"
           : base == "character"                ? "char"
                                                : base;
    const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.name == base; });
    if (found == entries.end()) {
        return std::nullopt;
    }
    return sized(Type{found->kind, 0, 0, 0}, first, second);
}

std::string base_name(TypeKind kind) {
    return std::string(entry(kind).name);
}

std::string type_name(const Type& type) {
    std::string name = base_name(type.kind);
    if (type.kind == TypeKind::decimal) {
        return name + "(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    }
    if (type.kind == TypeKind::time || type.kind == TypeKind::datetime2 || type.kind == TypeKind::datetimeoffset) {
        return name + "(" + std::to_string(type.scale) + ")";
    }
    if ((is_string(type.kind) || is_binary(type.kind)) && entry(type.kind).bytes == 0) {
        return name + "(" + (type.length == max_length ? "max" : std::to_string(type.length)) + ")";
    }
    return name;
}

int system_type_id(TypeKind kind) noexcept {
    return entry(kind).system_type_id;
}

int storage_bytes(const Type& type) noexcept {
    if (entry(type.kind).bytes != 0) {
        return entry(type.kind).bytes;
    }
    if (type.kind == TypeKind::decimal) {
        return type.precision <= 9 ? 5 : type.precision <= 19 ? 9 : type.precision <= 28 ? 13 : 17;
    }
    return type.length == max_length ? -1 : is_national(type.kind) ? type.length * 2 : type.length;
}

std::string pg_type(const Type& type) {
    switch (type.kind) {
        case TypeKind::decimal:
            return "numeric(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
        case TypeKind::time:
        case TypeKind::datetime2:
            return std::string(entry(type.kind).pg) + "(" + std::to_string(std::min<int>(type.scale, 6)) + ")";
        default:
            return std::string(entry(type.kind).pg);
    }
}

bool is_string(TypeKind kind) noexcept {
    return kind >= TypeKind::char_ && kind <= TypeKind::ntext;
}

bool is_national(TypeKind kind) noexcept {
    return kind == TypeKind::nchar || kind == TypeKind::nvarchar || kind == TypeKind::ntext;
}

bool is_fixed(TypeKind kind) noexcept {
    return kind == TypeKind::char_ || kind == TypeKind::nchar || kind == TypeKind::binary;
}

bool is_integer(TypeKind kind) noexcept {
    return kind <= TypeKind::bigint;
}

bool is_exact(TypeKind kind) noexcept {
    return kind <= TypeKind::smallmoney;
}

bool is_number(TypeKind kind) noexcept {
    return kind <= TypeKind::float_;
}

bool is_timestamp(TypeKind kind) noexcept {
    return kind == TypeKind::datetime || kind == TypeKind::smalldatetime || kind == TypeKind::datetime2;
}

bool is_temporal(TypeKind kind) noexcept {
    return kind >= TypeKind::date && kind <= TypeKind::smalldatetime;
}

bool is_binary(TypeKind kind) noexcept {
    return kind == TypeKind::binary || kind == TypeKind::varbinary || kind == TypeKind::image;
}

bool is_bit_like(TypeKind kind) noexcept {
    return kind == TypeKind::bit || kind == TypeKind::tinyint;
}

Type as_decimal(const Type& type) noexcept {
    if (type.kind == TypeKind::decimal) {
        return type;
    }
    const Entry& e = entry(type.kind);
    return Type{TypeKind::decimal, 0, e.precision, e.scale};
}

Type common_type(const Type& a, const Type& b) noexcept {
    const bool a_wins = entry(a.kind).precedence >= entry(b.kind).precedence;
    Type result = a_wins ? a : b;
    const Type& other = a_wins ? b : a;
    if (result.kind == TypeKind::decimal && is_exact(other.kind)) {
        const Type x = as_decimal(a);
        const Type y = as_decimal(b);
        const int scale = std::max(x.scale, y.scale);
        const int whole = std::max(x.precision - x.scale, y.precision - y.scale);
        result.precision = static_cast<std::uint8_t>(std::min(38, whole + scale));
        result.scale = static_cast<std::uint8_t>(std::max(0, std::min(scale, 38 - whole)));
    } else if (is_string(result.kind) && is_string(other.kind)) {
        result.length = a.length == max_length || b.length == max_length ? max_length : std::max(a.length, b.length);
        if (a.length != b.length && is_fixed(result.kind)) {
            result.kind = is_national(result.kind) ? TypeKind::nvarchar : TypeKind::varchar;
        }
    } else if (is_binary(result.kind) && is_binary(other.kind)) {
        result.kind = TypeKind::varbinary;
        result.length = a.length == max_length || b.length == max_length ? max_length : std::max(a.length, b.length);
    } else if (result.kind == other.kind) {
        result.scale = std::max(a.scale, b.scale);
    }
    return result;
}

Type integer_type(TypeKind kind) noexcept {
    return Type{kind, 0, 0, 0};
}

Type string_type(std::int32_t length, bool national) noexcept {
    return Type{national ? TypeKind::nvarchar : TypeKind::varchar, length, 0, 0};
}

}  // namespace revsync::sim::tsql
