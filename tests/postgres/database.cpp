#include "postgres/database.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <stdexcept>

namespace revsync::postgres {
namespace {

std::string unique_name(const char* kind) {
    static std::atomic<int> count = 0;
    return fmt::format("revsync_{}_{}_{}", kind, getpid(), ++count);
}

// The URI's parts as a keyword string, so that parts can be replaced by adding to its end.
std::string keyword_string(const char* uri) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{PQconninfoParse(uri, &message),
                                                                               PQconninfoFree};
    PQfreemem(message);
    if (!options) {
        throw std::runtime_error{"TEST_POSTGRES_URL is not a PostgreSQL URI"};
    }
    std::string text;
    for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) {
            text += fmt::format("{}='{}' ", option->keyword, option->val);
        }
    }
    return text;
}

}  // namespace

void Client::Close::operator()(pg_conn* handle) const {
    PQfinish(handle);
}

Client::Client(const std::string& conninfo) : handle_{PQconnectdb(conninfo.c_str())} {
    if (PQstatus(handle_.get()) != CONNECTION_OK) {
        throw std::runtime_error{PQerrorMessage(handle_.get())};
    }
    PQsetNoticeReceiver(
        handle_.get(), [](void*, const PGresult*) {}, nullptr);
}

std::vector<std::vector<std::string>> Client::execute(const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(handle_.get(), sql.c_str()), PQclear};
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK && PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
        throw std::runtime_error{PQerrorMessage(handle_.get())};
    }
    std::vector<std::vector<std::string>> rows(static_cast<std::size_t>(PQntuples(result.get())));
    for (std::size_t r = 0; r < rows.size(); ++r) {
        for (int c = 0; c < PQnfields(result.get()); ++c) {
            rows[r].emplace_back(PQgetvalue(result.get(), static_cast<int>(r), c));
        }
    }
    return rows;
}

void DatabaseTest::SetUp() {
    const char* uri = std::getenv("TEST_POSTGRES_URL");
    if (uri == nullptr) {
        GTEST_SKIP() << "TEST_POSTGRES_URL names no server";
    }
    server_ = keyword_string(uri);
    database_ = unique_name("test");
    Client{server_}.execute("CREATE DATABASE " + database_ + " TEMPLATE template0 ENCODING 'UTF8'");
    client_ = std::make_unique<Client>(conninfo_text());
}

void DatabaseTest::TearDown() {
    client_.reset();
    if (database_.empty()) {
        return;
    }
    Client server{server_};
    server.execute("DROP DATABASE " + database_ + " WITH (FORCE)");
    for (const std::string& role : roles_) {
        server.execute("DROP ROLE " + role);
    }
}

std::string DatabaseTest::create_role(const std::string& attributes) {
    roles_.push_back(unique_name("role"));
    sql().execute(fmt::format("CREATE ROLE {} LOGIN PASSWORD 'secret word' {}", roles_.back(), attributes));
    return roles_.back();
}

std::string DatabaseTest::conninfo_text() const {
    return server_ + "dbname=" + database_;
}

Conninfo DatabaseTest::conninfo() const {
    return parse_conninfo(conninfo_text(), "SUPABASE_DB_URL").value();
}

Conninfo DatabaseTest::conninfo_as(const std::string& role) const {
    const std::string text = fmt::format("{} user={} password='secret word'", conninfo_text(), role);
    return parse_conninfo(text, "SUPABASE_DB_URL").value();
}

Conninfo DatabaseTest::conninfo_with_password(const std::string& password) const {
    const char* role = std::getenv("TEST_POSTGRES_ROLE");
    const std::string user = role == nullptr ? "" : fmt::format(" user='{}'", role);
    const std::string text = fmt::format("{}{} password='{}'", conninfo_text(), user, password);
    return parse_conninfo(text, "SUPABASE_DB_URL").value();
}

Conninfo DatabaseTest::conninfo_with(const std::string& keyword, const std::string& value) const {
    const std::string text = fmt::format("{} {}='{}'", conninfo_text(), keyword, value);
    return parse_conninfo(text, "SUPABASE_DB_URL").value();
}

}  // namespace revsync::postgres
