#include "sqlserver/server_clock.hpp"

#include <charconv>
#include <optional>

namespace revsync::sqlserver {
namespace {

namespace asio = boost::asio;

constexpr int readings = 3;

std::optional<std::int64_t> microseconds(const std::vector<ResultSet>& results) {
    if (results.size() != 1 || results[0].size() != 1 || !results[0][0].at(0)) {
        return std::nullopt;
    }
    const std::string& text = *results[0][0][0];
    std::int64_t value = 0;
    const bool number = std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{};
    return number ? std::optional{value} : std::nullopt;
}

Result<ClockReading> compare_clocks(Session& session, const Clock& clock) {
    std::optional<ClockReading> best;
    for (int i = 0; i < readings; ++i) {
        const Timestamp before = clock.now();
        const auto results = session.query("SELECT DATEDIFF_BIG(microsecond, '19700101', SYSUTCDATETIME());");
        const Timestamp after = clock.now();
        if (!results) {
            return results.error();
        }
        const auto theirs = microseconds(*results);
        if (!theirs) {
            return Error{Disposition::retry, "", "SQL Server's clock could not be read; see its error log"};
        }
        const auto half = (after - before) / 2;
        const auto server = Timestamp::from_microseconds(*theirs);
        if (!best || half < best->within) {
            best = ClockReading{server - (before + half), half};
        }
    }
    return *best;
}

}  // namespace

asio::awaitable<Result<ClockReading>> read_clock(Pool& pool, const Clock& clock) {
    co_return co_await pool.run<ClockReading>([&](Session& session) { return compare_clocks(session, clock); });
}

}  // namespace revsync::sqlserver
