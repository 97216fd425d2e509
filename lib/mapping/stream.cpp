#include "mapping/stream.hpp"

#include <algorithm>

namespace revsync {

std::string to_string(const TableName& name) {
    return name.schema + "." + name.table;
}

const Stream* Mapping::find(const std::string& name) const {
    const auto found = std::ranges::find(streams, name, &Stream::name);
    return found == streams.end() ? nullptr : &*found;
}

}  // namespace revsync
