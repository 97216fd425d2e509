#include "core/timestamp.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <ctime>

namespace revsync {
namespace {

using std::chrono::days;
using std::chrono::floor;
using Microseconds = std::chrono::microseconds;
using std::chrono::sys_days;
using std::chrono::sys_time;

// Reads digits and separators from the front of a text; any mismatch makes it fail for good.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_{text} {}

    int digits(std::size_t count) {
        int value = 0;
        if (rest_.size() < count) {
            return fail();
        }
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + count, value);
        if (error != std::errc{} || end != rest_.data() + count || rest_[0] == '-') {
            return fail();
        }
        rest_.remove_prefix(count);
        return value;
    }

    char one_of(std::string_view allowed) {
        if (rest_.empty() || allowed.find(rest_[0]) == std::string_view::npos) {
            fail();
            return 0;
        }
        const char found = rest_[0];
        rest_.remove_prefix(1);
        return found;
    }

    std::int64_t fraction_microseconds() {
        if (rest_.empty() || rest_[0] != '.') {
            return 0;
        }
        rest_.remove_prefix(1);
        std::int64_t value = 0;
        std::size_t count = 0;
        while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') {
            if (count < 6) {
                value = value * 10 + (rest_[count] - '0');
            }
            ++count;
        }
        if (count == 0 || count > 9) {
            return fail();
        }
        for (std::size_t missing = count; missing < 6; ++missing) {
            value *= 10;
        }
        rest_.remove_prefix(count);
        return value;
    }

    bool succeeded() const { return good_ && rest_.empty(); }

private:
    int fail() {
        good_ = false;
        rest_ = {};
        return 0;
    }

    std::string_view rest_;
    bool good_ = true;
};

sys_time<Microseconds> time_point(Timestamp time) {
    return sys_time<Microseconds>{Microseconds{time.microseconds()}};
}

std::string iso_seconds(sys_time<Microseconds> time) {
    const auto day = floor<days>(time);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{floor<std::chrono::seconds>(time - day)};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int{date.year()}, unsigned{date.month()},
                       unsigned{date.day()}, clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::int64_t microseconds_of_second(sys_time<Microseconds> time) {
    return (time - floor<std::chrono::seconds>(time)).count();
}

}  // namespace

Timestamp Timestamp::from(std::chrono::system_clock::time_point time) {
    return Timestamp{floor<Microseconds>(time).time_since_epoch().count()};
}

std::optional<Timestamp> Timestamp::parse(std::string_view text) {
    Scanner scan{text};
    const int year = scan.digits(4);
    scan.one_of("-");
    const int month = scan.digits(2);
    scan.one_of("-");
    const int day = scan.digits(2);
    scan.one_of("T ");
    const int hour = scan.digits(2);
    scan.one_of(":");
    const int minute = scan.digits(2);
    scan.one_of(":");
    const int second = scan.digits(2);
    const std::int64_t fraction = scan.fraction_microseconds();
    const char zone = scan.one_of("Z+-");
    int offset_minutes = 0;
    if (zone == '+' || zone == '-') {
        const int offset_hours = scan.digits(2);
        scan.one_of(":");
        const int rest = scan.digits(2);
        offset_minutes = (offset_hours * 60 + rest) * (zone == '-' ? -1 : 1);
        if (offset_hours > 15 || rest > 59) {
            return std::nullopt;
        }
    }
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!scan.succeeded() || year < 1 || !date.ok() || hour > 23 || minute > 59 || second > 59) {
        return std::nullopt;
    }
    const auto time = sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute - offset_minutes} +
                      std::chrono::seconds{second} + Microseconds{fraction};
    return Timestamp{std::chrono::duration_cast<Microseconds>(time.time_since_epoch()).count()};
}

std::string Timestamp::iso_microseconds() const {
    const auto time = time_point(*this);
    return fmt::format("{}.{:06}Z", iso_seconds(time), microseconds_of_second(time));
}

std::string Timestamp::iso_milliseconds() const {
    const auto time = time_point(*this);
    return fmt::format("{}.{:03}Z", iso_seconds(time), microseconds_of_second(time) / 1000);
}

std::string format_local(Timestamp time) {
    const auto seconds = floor<std::chrono::seconds>(time_point(time)).time_since_epoch().count();
    const std::tm local = fmt::localtime(static_cast<std::time_t>(seconds));
    const int hour = local.tm_hour % 12 == 0 ? 12 : local.tm_hour % 12;
    return fmt::format("{}/{}/{}, {}:{:02}:{:02} {}", local.tm_mon + 1, local.tm_mday, local.tm_year + 1900, hour,
                       local.tm_min, local.tm_sec, local.tm_hour < 12 ? "AM" : "PM");
}

}  // namespace revsync
