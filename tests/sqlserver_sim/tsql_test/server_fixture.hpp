// An engine on a database of its own, and sessions that remember what they are answered.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine.hpp"

namespace revsync::sim::tsql::test {

using Rows = std::vector<std::vector<std::string>>;

// What one request answered. NULL is shown as "NULL", the status as text.
struct Answer : Output {
    void columns(const std::vector<Column>& columns) override;
    void row(const std::vector<Value>& values) override;
    void statement_done(std::optional<std::uint64_t> row_count, bool error) override;
    void message(const Message& message) override;
    void environment(EnvironmentChange change, std::string_view new_value) override;
    void return_value(const Parameter& parameter) override;
    void return_status(std::int32_t status) override;

    // The first error's number, 0 when there was none.
    int error() const;
    std::string error_text() const;
    // The rows of the last result set that had columns.
    Rows rows() const { return sets.empty() ? Rows{} : sets.back(); }
    std::string value() const;

    std::vector<std::vector<Column>> shapes;
    std::vector<Rows> sets;
    std::vector<std::optional<std::uint64_t>> counts;
    std::vector<Message> messages;
    std::vector<EnvironmentChange> changes;
    std::vector<Parameter> returned;
    std::optional<int> status;
};

// Skips the test when no PostgreSQL server is known.
class ServerTest : public testing::Test {
protected:
    static void SetUpTestSuite();
    static void TearDownTestSuite();
    void SetUp() override;

    std::unique_ptr<Session> connect(bool ansi_defaults = true) const;
    // Runs a batch in the test's own session.
    Answer run(std::string_view sql);
    Answer run_on(Session& session, std::string_view sql) const;
    Answer call(const Call& call);
    Rows rows(std::string_view sql);
    // The only value of a batch.
    std::string value(std::string_view sql);
    int error(std::string_view sql);
    void run_script(const std::string& path);
    // Gives every test its own tables: drops what the last one made.
    void drop_tables();

    static std::unique_ptr<Engine> engine;
    std::unique_ptr<Session> session;
};

Parameter text_parameter(std::string name, std::string value);
Parameter integer_parameter(std::string name, int value, bool output = false);

}  // namespace revsync::sim::tsql::test
