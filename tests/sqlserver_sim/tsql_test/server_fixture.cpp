#include "server_fixture.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "backend.hpp"

namespace revsync::sim::tsql::test {

namespace {

const char* server_url() {
    return std::getenv("TEST_POSTGRES_URL");
}

std::string database_name() {
    return "sim_tsql_test_" + std::to_string(getpid());
}

// The same server, another database: in a URI it stands between the authority and the query.
std::string own_url() {
    std::string url = server_url();
    if (url.rfind("postgres", 0) != 0) {
        return url + " dbname=" + database_name();
    }
    const std::size_t query = std::min(url.find('?'), url.size());
    const std::size_t authority = url.find("://") + 3;
    const std::size_t path = std::min(url.find('/', authority), query);
    return url.substr(0, path) + "/" + database_name() + url.substr(query);
}

}  // namespace

void Answer::columns(const std::vector<Column>& columns) {
    shapes.push_back(columns);
    sets.emplace_back();
}

void Answer::row(const std::vector<Value>& values) {
    auto& row = sets.back().emplace_back();
    for (const Value& value : values) {
        row.push_back(value.value_or("NULL"));
    }
}

void Answer::statement_done(std::optional<std::uint64_t> row_count, bool) {
    counts.push_back(row_count);
}

void Answer::message(const Message& message) {
    messages.push_back(message);
}

void Answer::environment(EnvironmentChange change, std::string_view) {
    changes.push_back(change);
}

void Answer::return_value(const Parameter& parameter) {
    returned.push_back(parameter);
}

void Answer::return_status(std::int32_t given) {
    status = given;
}

int Answer::error() const {
    const auto found = std::find_if(messages.begin(), messages.end(), [](const Message& m) { return m.severity > 10; });
    return found == messages.end() ? 0 : found->number;
}

std::string Answer::error_text() const {
    const auto found = std::find_if(messages.begin(), messages.end(), [](const Message& m) { return m.severity > 10; });
    return found == messages.end() ? "" : found->text;
}

std::string Answer::value() const {
    const Rows all = rows();
    return all.size() == 1 && all[0].size() == 1 ? all[0][0]
                                                 : "(" + std::to_string(all.size()) + " rows) " + error_text();
}

std::unique_ptr<Engine> ServerTest::engine;

void ServerTest::SetUpTestSuite() {
    if (server_url() == nullptr) {
        return;
    }
    Backend(server_url()).script("DROP DATABASE IF EXISTS " + database_name());
    Backend(server_url()).script("CREATE DATABASE " + database_name());
    EngineOptions options;
    options.backend = own_url();
    options.user = "sa";
    options.password = "secret";
    options.database = "clinic";
    engine = open_engine(options);
}

void ServerTest::TearDownTestSuite() {
    engine.reset();
    if (server_url() != nullptr) {
        Backend(server_url()).script("DROP DATABASE " + database_name() + " WITH (FORCE)");
    }
}

void ServerTest::SetUp() {
    if (!engine) {
        GTEST_SKIP() << "TEST_POSTGRES_URL is not set";
    }
    session = connect();
    drop_tables();
}

std::unique_ptr<Session> ServerTest::connect(bool ansi_defaults) const {
    Login login;
    login.user = "sa";
    login.password = "secret";
    login.database = "clinic";
    login.application = "test";
    login.host = "localhost";
    login.ansi_defaults = ansi_defaults;
    std::optional<LoginRefusal> refusal;
    auto made = engine->login(login, refusal);
    EXPECT_FALSE(refusal) << refusal->message.text;
    return made;
}

Answer ServerTest::run_on(Session& on, std::string_view sql) const {
    Answer answer;
    on.batch(sql, answer);
    on.clear_up();
    return answer;
}

Answer ServerTest::run(std::string_view sql) {
    return run_on(*session, sql);
}

Answer ServerTest::call(const Call& request) {
    Answer answer;
    session->call(request, answer);
    session->clear_up();
    return answer;
}

Rows ServerTest::rows(std::string_view sql) {
    const Answer answer = run(sql);
    EXPECT_EQ(answer.error(), 0) << answer.error_text();
    return answer.rows();
}

std::string ServerTest::value(std::string_view sql) {
    return run(sql).value();
}

int ServerTest::error(std::string_view sql) {
    return run(sql).error();
}

void ServerTest::run_script(const std::string& path) {
    std::ifstream file(path);
    ASSERT_TRUE(file) << path;
    std::string line;
    std::string batch;
    while (std::getline(file, line)) {
        if (line != "GO") {
            batch += line + "\n";
            continue;
        }
        const Answer answer = run(batch);
        ASSERT_EQ(answer.error(), 0) << answer.error_text() << "\n" << batch;
        batch.clear();
    }
}

void ServerTest::drop_tables() {
    run("EXEC sp_sim_fault N'none'");
    run("DECLARE @name sysname = (SELECT TOP (1) name FROM sys.foreign_keys), @sql nvarchar(max); "
        "WHILE @name IS NOT NULL BEGIN "
        "  SELECT @sql = N'ALTER TABLE ' + QUOTENAME(OBJECT_NAME(parent_object_id)) + N' DROP CONSTRAINT ' + "
        "QUOTENAME(name) "
        "    FROM sys.foreign_keys WHERE name = @name; "
        "  EXEC(@sql); SET @name = (SELECT TOP (1) name FROM sys.foreign_keys); END");
    const Answer objects =
        run("SELECT name, RTRIM(type) FROM sys.objects WHERE type IN ('V ', 'P ', 'FN', 'U ') ORDER BY CASE type WHEN "
            "'V ' THEN 0 ELSE 1 END");
    ASSERT_EQ(objects.error(), 0) << objects.error_text();
    for (const auto& row : objects.rows()) {
        const std::string kind = row[1] == "U"   ? "TABLE"
                                 : row[1] == "V" ? "VIEW"
                                 : row[1] == "P" ? "PROCEDURE"
                                                 : "FUNCTION";
        const Answer dropped = run("DROP " + kind + " [" + row[0] + "]");
        EXPECT_EQ(dropped.error(), 0) << dropped.error_text();
    }
}

Parameter text_parameter(std::string name, std::string value) {
    return Parameter{std::move(name), Type{TypeKind::ntext, max_length, 0, 0}, std::move(value), false, false};
}

Parameter integer_parameter(std::string name, int value, bool output) {
    return Parameter{std::move(name), Type{TypeKind::integer, 0, 0, 0}, std::to_string(value), output, false};
}

}  // namespace revsync::sim::tsql::test
