// One value between its canonical text (engine.hpp) and its bytes on the wire, without any length.
#pragma once

#include <string>
#include <string_view>

#include "wire_type.hpp"

namespace revsync::sim::tds {

// Throws ProtocolError when the bytes are no value of the type.
std::string decode_value(std::string_view bytes, const WireType& type);

// Throws std::exception when the text is no value of the type or does not fit it: a fault of the engine.
std::string encode_value(std::string_view canonical, const WireType& type);

}  // namespace revsync::sim::tds
