#include "support/harness/supabase_database.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <stdexcept>

#include "support/harness/environment.hpp"

namespace revsync::test {
namespace {

using Outcome = std::unique_ptr<PGresult, void (*)(PGresult*)>;

std::string server_port() {
    return PostgresConnection{required_variable("TEST_POSTGRES_URL")}.value("SHOW port");
}

}  // namespace

PostgresConnection::PostgresConnection(const std::string& conninfo)
    : connection_{PQconnectdb(conninfo.c_str()), &PQfinish} {
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        throw std::runtime_error(PQerrorMessage(connection_.get()));
    }
    PQsetNoticeProcessor(
        connection_.get(), [](void*, const char*) {}, nullptr);
}

Rows PostgresConnection::rows(const std::string& sql) {
    const Outcome outcome{PQexec(connection_.get(), sql.c_str()), &PQclear};
    const ExecStatusType status = PQresultStatus(outcome.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
        throw std::runtime_error(fmt::format("{}in: {:.200}", PQerrorMessage(connection_.get()), sql));
    }
    Rows rows(static_cast<std::size_t>(PQntuples(outcome.get())));
    for (std::size_t row = 0; row < rows.size(); ++row) {
        const int number = static_cast<int>(row);
        for (int field = 0; field < PQnfields(outcome.get()); ++field) {
            const bool null = PQgetisnull(outcome.get(), number, field) != 0;
            rows[row].push_back(null ? std::nullopt
                                     : std::optional<std::string>{PQgetvalue(outcome.get(), number, field)});
        }
    }
    return rows;
}

std::string PostgresConnection::value(const std::string& sql) {
    return rows(sql).at(0).at(0).value_or("");
}

SupabaseDatabase::SupabaseDatabase()
    : name_{unique_name("supabase")},
      port_{server_port()},
      server_{std::make_unique<PostgresConnection>(required_variable("TEST_POSTGRES_URL"))} {
    server_->exec(fmt::format("CREATE DATABASE {} TEMPLATE template0", name_));
    connection_ = std::make_unique<PostgresConnection>(superuser_url(name_));
    exec(content_of(source_folder() / "tests/sql/supabase-clinic.sql"));
    const std::string role = required_variable("TEST_POSTGRES_ROLE");
    exec(fmt::format(
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {0}; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {0}",
        role));
}

void SupabaseDatabase::let_daemon_write() {
    exec("GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + required_variable("TEST_POSTGRES_ROLE"));
}

SupabaseDatabase::~SupabaseDatabase() {
    connection_.reset();
    try {
        server_->exec(fmt::format("DROP DATABASE {} WITH (FORCE)", name_));
    } catch (const std::exception&) {
        // The whole cluster is thrown away in the end.
    }
}

PostgresConnection SupabaseDatabase::another_session() const {
    return PostgresConnection{superuser_url(name_)};
}

int SupabaseDatabase::terminate_daemon_sessions() {
    return std::stoi(
        value(fmt::format("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                          "WHERE datname = {} AND usename = {}",
                          text_literal(name_), text_literal(required_variable("TEST_POSTGRES_ROLE")))));
}

void SupabaseDatabase::refuse_connections(bool refuse) {
    server_->exec(fmt::format("ALTER DATABASE {} ALLOW_CONNECTIONS {}", name_, refuse ? "false" : "true"));
}

std::string SupabaseDatabase::password() {
    return required_variable("TEST_POSTGRES_PASSWORD");
}

std::string SupabaseDatabase::url(const std::string& parameters, const std::string& host) const {
    return fmt::format("postgresql://{}:{}@{}:{}/{}?{}", required_variable("TEST_POSTGRES_ROLE"), password(), host,
                       port_, name_, parameters);
}

std::string SupabaseDatabase::url_through(const std::string& proxy_port) const {
    return fmt::format("postgresql://{}:{}@127.0.0.1:{}/{}?sslmode=disable", required_variable("TEST_POSTGRES_ROLE"),
                       password(), proxy_port, name_);
}

std::string superuser_url(const std::string& database) {
    const std::string url = required_variable("TEST_POSTGRES_URL");
    return url.substr(0, url.rfind('/') + 1) + database + "?sslmode=disable";
}

std::string text_literal(const std::string& text) {
    std::string result = "'";
    for (const char letter : text) {
        result += letter;
        if (letter == '\'') {
            result += letter;
        }
    }
    return result + "'";
}

}  // namespace revsync::test
