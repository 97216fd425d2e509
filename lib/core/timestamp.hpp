#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace revsync {

// A moment in UTC, in whole microseconds: exactly what a Postgres timestamptz holds, never a double.
class Timestamp {
public:
    constexpr Timestamp() = default;
    static constexpr Timestamp from_microseconds(std::int64_t since_1970) { return Timestamp{since_1970}; }
    static constexpr Timestamp max() { return Timestamp{std::numeric_limits<std::int64_t>::max()}; }
    static Timestamp from(std::chrono::system_clock::time_point time);

    // RFC 3339 with 0 to 9 fraction digits (those past six are cut) and "Z" or ±hh:mm; 'T' or a space between
    // date and time. Years 0001 to 9999. Anything else, impossible dates included: nullopt.
    static std::optional<Timestamp> parse(std::string_view text);

    constexpr std::int64_t microseconds() const { return microseconds_; }
    constexpr Timestamp truncated_to_milliseconds() const;

    std::string iso_microseconds() const;  // 2025-01-21T14:00:00.000123Z
    std::string iso_milliseconds() const;  // 2025-01-21T14:00:00.000Z (cut, not rounded)

    friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
    constexpr Timestamp operator+(std::chrono::microseconds by) const { return Timestamp{microseconds_ + by.count()}; }
    constexpr Timestamp operator-(std::chrono::microseconds by) const { return Timestamp{microseconds_ - by.count()}; }
    constexpr std::chrono::microseconds operator-(Timestamp other) const {
        return std::chrono::microseconds{microseconds_ - other.microseconds_};
    }

private:
    constexpr explicit Timestamp(std::int64_t microseconds) : microseconds_{microseconds} {}
    std::int64_t microseconds_ = 0;
};

constexpr Timestamp Timestamp::truncated_to_milliseconds() const {
    const std::int64_t rest = microseconds_ % 1000;
    return Timestamp{microseconds_ - (rest < 0 ? rest + 1000 : rest)};
}

// The moment as the users' log shows it: "1/20/2025, 10:00:00 AM", in the machine's time zone.
std::string format_local(Timestamp time);

}  // namespace revsync
