// What is known about T-SQL's data types and how PostgreSQL holds them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "../engine.hpp"

namespace revsync::sim::tsql {

// The type of a name as written, with what stood in its brackets (-1 for max). nullopt: no such type.
std::optional<Type> make_type(std::string_view name, std::optional<int> first, std::optional<int> second);

std::string base_name(TypeKind kind);
std::string type_name(const Type& type);  // nvarchar(50), decimal(10,2), …
int system_type_id(TypeKind kind) noexcept;
int storage_bytes(const Type& type) noexcept;  // sys.columns.max_length

// How PostgreSQL holds a value: bit and tinyint are smallint, strings text, datetimeoffset sim.dto, binaries bytea.
std::string pg_type(const Type& type);

bool is_string(TypeKind kind) noexcept;
bool is_national(TypeKind kind) noexcept;
bool is_fixed(TypeKind kind) noexcept;    // char, nchar, binary
bool is_integer(TypeKind kind) noexcept;  // bit … bigint
bool is_exact(TypeKind kind) noexcept;    // integers, decimal, money
bool is_number(TypeKind kind) noexcept;
bool is_timestamp(TypeKind kind) noexcept;  // datetime, smalldatetime, datetime2
bool is_temporal(TypeKind kind) noexcept;
bool is_binary(TypeKind kind) noexcept;
bool is_bit_like(TypeKind kind) noexcept;

// Decimal view of an exact number: int is decimal(10,0), money decimal(19,4), …
Type as_decimal(const Type& type) noexcept;

// The type both operands are brought to before they are compared or put in one column.
Type common_type(const Type& a, const Type& b) noexcept;

Type integer_type(TypeKind kind = TypeKind::integer) noexcept;
Type string_type(std::int32_t length, bool national = true) noexcept;

}  // namespace revsync::sim::tsql
