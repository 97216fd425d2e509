#include "calendar.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "byte_reader.hpp"

namespace revsync::sim::tds {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr sys_days first_day{std::chrono::year{1} / 1 / 1};

// Reads fixed-width numbers and separators off the front of a text.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    int number(std::size_t width) {
        int value = 0;
        for (std::size_t i = 0; i < width; ++i) {
            value = value * 10 + digit();
        }
        return value;
    }
    bool accept(char c) {
        const bool found = text_.starts_with(c);
        text_.remove_prefix(found ? 1 : 0);
        return found;
    }
    void expect(char c) {
        if (!accept(c)) {
            fail();
        }
    }
    bool next_is_digit() const { return !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; }
    int digit() {
        if (!next_is_digit()) {
            fail();
        }
        const int value = text_.front() - '0';
        text_.remove_prefix(1);
        return value;
    }
    bool at_end() const { return text_.empty(); }
    bool starts_with_date() const { return text_.size() > 4 && text_[4] == '-'; }
    [[noreturn]] static void fail() { throw std::invalid_argument("not a date or time"); }

private:
    std::string_view text_;
};

std::int32_t scan_date(Scanner& in) {
    const std::chrono::year year{in.number(4)};
    in.expect('-');
    const std::chrono::month month{static_cast<unsigned>(in.number(2))};
    in.expect('-');
    const year_month_day date{year, month, std::chrono::day{static_cast<unsigned>(in.number(2))}};
    if (!date.ok() || year < std::chrono::year{1}) {
        Scanner::fail();
    }
    return static_cast<std::int32_t>((sys_days(date) - first_day).count());
}

std::int64_t scan_time(Scanner& in) {
    const int hours = in.number(2);
    in.expect(':');
    const int minutes = in.number(2);
    int seconds = 0;
    std::int64_t fraction = 0;
    if (in.accept(':')) {
        seconds = in.number(2);
        if (in.accept('.')) {
            for (std::int64_t unit = ticks_per_second / 10; in.next_is_digit(); unit /= 10) {
                fraction += unit * in.digit();
            }
        }
    }
    if (hours > 23 || minutes > 59 || seconds > 59) {
        Scanner::fail();
    }
    return (hours * 3600 + minutes * 60 + seconds) * ticks_per_second + fraction;
}

std::int32_t scan_offset(Scanner& in) {
    const bool negative = in.accept('-');
    if (!negative) {
        in.expect('+');
    }
    int minutes = in.number(2) * 60;
    in.accept(':');
    minutes += in.at_end() ? 0 : in.number(2);
    return negative ? -minutes : minutes;
}

}  // namespace

void Moment::add_ticks(std::int64_t ticks_added) {
    ticks += ticks_added;
    while (ticks < 0) {
        ticks += ticks_per_day;
        --day;
    }
    day += static_cast<std::int32_t>(ticks / ticks_per_day);
    ticks %= ticks_per_day;
}

Moment parse_moment(std::string_view text) {
    Scanner in(text);
    Moment moment;
    if (in.starts_with_date()) {
        moment.day = scan_date(in);
        if (in.at_end()) {
            return moment;
        }
        if (!in.accept(' ')) {
            in.expect('T');
        }
    }
    moment.ticks = scan_time(in);
    if (in.accept(' ') || !in.at_end()) {
        moment.offset_minutes = scan_offset(in);
    }
    if (!in.at_end()) {
        Scanner::fail();
    }
    return moment;
}

std::string format_date(std::int64_t day) {
    if (day < 0 || day > last_day) {
        throw ProtocolError("a date is out of range");
    }
    const year_month_day date{first_day + days{day}};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

std::string format_time(std::int64_t ticks, unsigned scale) {
    if (ticks < 0 || ticks >= ticks_per_day) {
        throw ProtocolError("a time of day is out of range");
    }
    const std::int64_t seconds = ticks / ticks_per_second;
    std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if (scale != 0) {
        text += '.' + fmt::format("{:07}", ticks % ticks_per_second).substr(0, scale);
    }
    return text;
}

std::string format_offset(std::int32_t minutes) {
    const std::int32_t size = std::abs(minutes);
    return fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', size / 60, size % 60);
}

}  // namespace revsync::sim::tds
