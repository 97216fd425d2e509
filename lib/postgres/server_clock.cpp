#include "postgres/server_clock.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "postgres/session.hpp"

namespace revsync::postgres {

namespace asio = boost::asio;

namespace {

constexpr int readings = 3;

Statement clock_statement() {
    return {"read the server's clock",
            R"(SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))",
            {}};
}

asio::awaitable<Result<ClockReading>> compare_once(Session& session, const Clock& clock) {
    std::vector<Statement> statements;
    statements.push_back(clock_statement());
    const Timestamp before = clock.now();
    const auto answers = co_await session.exchange(std::move(statements));
    const Timestamp after = clock.now();
    if (!answers) {
        co_return answers.error();
    }
    if (!answers->front()) {
        co_return answers->front().error();
    }
    const Rows& rows = *answers->front();
    const auto theirs = rows.size() == 1 ? Timestamp::parse(rows.at(0, 0)) : std::nullopt;
    if (!theirs) {
        co_return Error{Disposition::retry, "", "cannot read the server's clock; check that it is PostgreSQL"};
    }
    const auto half = (after - before) / 2;
    const ClockReading reading{*theirs - (before + half), half};
    co_return reading;
}

}  // namespace

asio::awaitable<Result<ClockReading>> read_clock(Conninfo conninfo, const Clock& clock) {
    Session session{std::move(conninfo), {.read_only = true}};
    if (auto opened = co_await session.open(); !opened) {
        co_return opened.error();
    }
    std::optional<ClockReading> best;
    for (int i = 0; i < readings; ++i) {
        const Result<ClockReading> reading = co_await compare_once(session, clock);
        if (!reading) {
            co_return reading.error();
        }
        if (!best || reading->within < best->within) {
            best = *reading;
        }
    }
    co_return *best;
}

}  // namespace revsync::postgres
