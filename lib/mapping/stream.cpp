#include "mapping/stream.hpp"

#include <algorithm>

namespace revsync {

std::string to_string(const TableName& name) {
    return name.schema + "." + name.table;
}

const Stream* Mapping::find(const std::string& name, Direction direction) const {
    const auto found = std::ranges::find_if(
        streams, [&](const Stream& stream) { return stream.name == name && stream.direction == direction; });
    return found == streams.end() ? nullptr : &*found;
}

std::vector<const Stream*> Mapping::of(Direction direction) const {
    std::vector<const Stream*> found;
    for (const Stream& stream : streams) {
        if (stream.direction == direction) {
            found.push_back(&stream);
        }
    }
    return found;
}

const Stream* Mapping::reader_of(const TableName& table) const {
    const auto found = std::ranges::find_if(streams, [&](const Stream& stream) {
        return stream.direction == Direction::reverse && stream.source == table;
    });
    return found == streams.end() ? nullptr : &*found;
}

}  // namespace revsync
