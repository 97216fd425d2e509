#include "fake_engine.hpp"

namespace revsync::sim::tds::test {
namespace {

class FakeBulkLoad final : public BulkLoad {
public:
    explicit FakeBulkLoad(FakeEngine& engine) : engine_(engine) {}
    void row(const std::vector<Value>& values) override { engine_.bulk_rows.push_back(values); }
    void finish(Output& output) override { output.statement_done(engine_.bulk_rows.size(), false); }

private:
    FakeEngine& engine_;
};

}  // namespace

class FakeSession final : public Session {
public:
    FakeSession(FakeEngine& engine, std::string database) : engine_(engine), database_(std::move(database)) {}
    ~FakeSession() override { ++engine_.sessions_ended; }

    void batch(std::string_view sql, Output& output) override { engine_.on_batch(sql, output); }
    void call(const Call& call, Output& output) override { engine_.on_call(call, output); }
    std::unique_ptr<BulkLoad> begin_bulk(const std::vector<Column>& columns) override {
        engine_.bulk_columns = columns;
        return std::make_unique<FakeBulkLoad>(engine_);
    }
    void reset() override { ++engine_.resets; }
    void clear_up() override {}
    void begin_transaction(std::string_view name, std::uint8_t isolation, Output& output) override {
        note("begin", name, std::to_string(isolation));
        output.environment(EnvironmentChange::begin_transaction, {});
    }
    void commit_transaction(std::string_view name, Output& output) override {
        note("commit", name, {});
        output.environment(EnvironmentChange::commit_transaction, {});
    }
    void rollback_transaction(std::string_view name, Output& output) override {
        note("rollback", name, {});
        output.environment(EnvironmentChange::rollback_transaction, {});
    }
    void save_transaction(std::string_view name, Output&) override { note("save", name, {}); }
    void cancel() noexcept override {
        ++engine_.cancels;
        const std::lock_guard lock(engine_.mutex_);
        engine_.cancelled_.notify_all();
    }
    std::string database() const override { return database_; }

private:
    void note(const char* action, std::string_view name, const std::string& detail) {
        engine_.transactions.push_back(std::string(action) + ' ' + std::string(name) + detail);
    }

    FakeEngine& engine_;
    const std::string database_;
};

void FakeEngine::echo_parameters(const Call& call, Output& output) {
    constexpr std::size_t statement_and_declarations = 2;
    std::vector<Column> columns;
    std::vector<Value> values;
    for (std::size_t i = statement_and_declarations; i < call.parameters.size(); ++i) {
        Column column;
        column.name = call.parameters[i].name;
        column.type = call.parameters[i].type;
        columns.push_back(column);
        values.push_back(call.parameters[i].value);
    }
    output.columns(columns);
    output.row(values);
    output.statement_done(1, false);
    output.return_status(0);
    for (const Parameter& parameter : call.parameters) {
        if (parameter.output) {
            output.return_value(parameter);
        }
    }
}

bool FakeEngine::wait_for_cancel() {
    std::unique_lock lock(mutex_);
    return cancelled_.wait_for(lock, std::chrono::seconds(10), [this] { return cancels > 0; });
}

std::unique_ptr<Session> FakeEngine::login(const Login& login, std::optional<LoginRefusal>& refusal) {
    last_login = login;
    refusal = refuses;
    return refusal ? nullptr : std::make_unique<FakeSession>(*this, login.database.empty() ? "master" : login.database);
}

}  // namespace revsync::sim::tds::test
