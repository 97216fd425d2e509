// Values with their lengths, as they stand in parameters, return values and rows.
#pragma once

#include <cstddef>

#include "wire_type.hpp"

namespace revsync::sim::tds {

// In rows, text, ntext and image come behind a text pointer and a timestamp.
enum class Context { parameter, row };

Value read_value(ByteReader& in, const WireType& type, Context context);

// Throws std::exception when the value does not fit the type, which then has nothing written of it.
void write_value(ByteWriter& out, const WireType& type, const Value& value, Context context);

}  // namespace revsync::sim::tds
