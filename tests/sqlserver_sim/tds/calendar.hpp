// Dates and times between their canonical text and the numbers that TDS sends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace revsync::sim::tds {

inline constexpr std::int64_t ticks_per_second = 10'000'000;  // 100 ns, the finest that SQL Server keeps
inline constexpr std::int64_t ticks_per_day = 86'400 * ticks_per_second;
inline constexpr std::int32_t day_1900 = 693'595;    // 1900-01-01 counted from 0001-01-01
inline constexpr std::int32_t last_day = 3'652'058;  // 9999-12-31

// Days since 0001-01-01 and 100 ns since midnight; the offset in minutes where the text has one.
struct Moment {
    std::int32_t day = 0;
    std::int64_t ticks = 0;
    std::int32_t offset_minutes = 0;

    void add_ticks(std::int64_t ticks_added);
};

// Date, time, "date time" or "date time ±hh:mm". Throws std::invalid_argument.
Moment parse_moment(std::string_view text);

// Throws ProtocolError when the day is not within 0001-01-01 … 9999-12-31.
std::string format_date(std::int64_t day);
// `scale` fraction digits. Throws ProtocolError when ticks are not within one day.
std::string format_time(std::int64_t ticks, unsigned scale);
std::string format_offset(std::int32_t minutes);

}  // namespace revsync::sim::tds
