// The SQL Server the tests run against: TEST_SQLSERVER_URL=sqlserver://user:password@host:port/database?encrypt=off
// (encrypt: off, request or require). Without it such tests are skipped.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "sqlserver/pool.hpp"
#include "sqlserver/session.hpp"

namespace revsync::sqlserver::test {

// Where that server is; nullopt when the variable is not set.
std::optional<ConnectionSettings> test_server();

// Runs a coroutine to its end on an io_context of its own.
template <class T>
T run(boost::asio::io_context& context, boost::asio::awaitable<T> work) {
    std::optional<T> result;
    boost::asio::co_spawn(context, std::move(work), [&](std::exception_ptr failure, T value) {
        if (failure) {
            std::rethrow_exception(failure);
        }
        result.emplace(std::move(value));
    });
    context.restart();
    context.run();
    return std::move(*result);
}

// A test that needs the server. What it creates it drops again.
class ServerTest : public testing::Test {
protected:
    void SetUp() override {
        const auto server = test_server();
        if (!server) {
            GTEST_SKIP() << "TEST_SQLSERVER_URL is not set";
        }
        settings = *server;
        auto connected = Session::connect(settings, never);
        ASSERT_TRUE(connected) << describe(connected.error());
        session = std::move(*connected);
    }

    std::vector<ResultSet> sql(const std::string& text) {
        auto results = session->query(text);
        EXPECT_TRUE(results) << text << "\n" << (results ? "" : describe(results.error()));
        return results ? std::move(*results) : std::vector<ResultSet>{};
    }
    // The first column of the first row.
    std::optional<std::string> value(const std::string& text) {
        const auto results = sql(text);
        return results.empty() || results[0].empty() ? std::nullopt : results[0][0][0];
    }

    ConnectionSettings settings;
    const std::atomic<bool> never = false;
    std::unique_ptr<Session> session;
    boost::asio::io_context context;
};

}  // namespace revsync::sqlserver::test
