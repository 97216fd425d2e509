// Any text in place of one of the two files: it is read or called damaged, and what was read is written so that reading
// it again, and writing that, changes nothing.
#include <cstddef>
#include <cstdint>

#include "checkpoint/format.hpp"
#include "expect.hpp"

namespace revsync {
namespace {

void check_state(std::string_view text) {
    const auto parsed = parse_state(text);
    if (parsed.has_error()) {
        expect(!parsed.error().reason.empty());
        return;
    }
    const auto written = format_state(parsed->state);
    expect(written.has_value());
    const auto again = parse_state(*written);
    expect(again.has_value() && again->remarks.empty());
    expect(again->state.cursors == parsed->state.cursors);
    expect(again->state.last_poll.has_value() == parsed->state.last_poll.has_value());
    expect(*format_state(again->state) == *written);
}

void check_quarantine(std::string_view text) {
    const auto rows = parse_quarantine(text);
    if (rows.has_error()) {
        expect(!rows.error().reason.empty());
        return;
    }
    const auto written = format_quarantine(*rows);
    expect(written.has_value());
    const auto again = parse_quarantine(*written);
    expect(again.has_value() && again->size() == rows->size());
    expect(*format_quarantine(*again) == *written);
}

}  // namespace
}  // namespace revsync

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    revsync::check_state(text);
    revsync::check_quarantine(text);
    return 0;
}
