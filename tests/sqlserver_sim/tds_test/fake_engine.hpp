// An engine of a few lines, for testing the protocol alone: what is asked is recorded, what is answered is
// the test's own function.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "../engine.hpp"

namespace revsync::sim::tds::test {

class FakeEngine final : public Engine {
public:
    std::function<void(std::string_view sql, Output& output)> on_batch = [](std::string_view, Output&) {};
    std::function<void(const Call& call, Output& output)> on_call = echo_parameters;
    std::optional<LoginRefusal> refuses;

    // What sp_executesql was given, as one row with a column for each parameter.
    static void echo_parameters(const Call& call, Output& output);

    // Blocks the calling request until its session is cancelled; true unless ten seconds pass first.
    bool wait_for_cancel();

    std::unique_ptr<Session> login(const Login& login, std::optional<LoginRefusal>& refusal) override;

    // What happened, for the test to look at once the client has its answer.
    Login last_login;
    std::vector<std::string> transactions;  // "begin name", "commit name", …
    std::vector<Column> bulk_columns;
    std::vector<std::vector<Value>> bulk_rows;
    std::atomic<int> resets = 0;
    std::atomic<int> cancels = 0;
    std::atomic<int> sessions_ended = 0;

private:
    friend class FakeSession;
    std::mutex mutex_;
    std::condition_variable cancelled_;
};

}  // namespace revsync::sim::tds::test
