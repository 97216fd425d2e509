#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

struct pg_conn;

namespace revsync::test {

using Row = std::vector<std::optional<std::string>>;
using Rows = std::vector<Row>;

// One blocking connection to Postgres. Every function throws std::runtime_error with the server's text on failure.
class PostgresConnection {
public:
    explicit PostgresConnection(const std::string& conninfo);

    // The rows of the last statement of `sql`.
    Rows rows(const std::string& sql);
    void exec(const std::string& sql) { rows(sql); }
    // The single value of the first row; "" for NULL.
    std::string value(const std::string& sql);

private:
    std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;
};

// A database of its own with the clinic's Supabase tables, dropped when this object goes.
class SupabaseDatabase {
public:
    SupabaseDatabase();
    ~SupabaseDatabase();
    SupabaseDatabase(const SupabaseDatabase&) = delete;
    SupabaseDatabase& operator=(const SupabaseDatabase&) = delete;

    Rows rows(const std::string& sql) { return connection_->rows(sql); }
    void exec(const std::string& sql) { connection_->exec(sql); }
    std::string value(const std::string& sql) { return connection_->value(sql); }

    // The daemon's role may only read until this; the direction from SQL Server needs it.
    void let_daemon_write();
    // Another session of the same database, for transactions that stay open.
    PostgresConnection another_session() const;
    // Ends every session of the daemon's role; the number ended.
    int terminate_daemon_sessions();
    void refuse_connections(bool refuse);

    const std::string& name() const { return name_; }
    const std::string& port() const { return port_; }
    // The password of the role that the daemon logs in as; must never be seen anywhere.
    static std::string password();
    // The URI for SUPABASE_DB_URL.
    std::string url(const std::string& parameters = "sslmode=disable", const std::string& host = "127.0.0.1") const;
    std::string url_through(const std::string& proxy_port) const;

private:
    std::string name_;
    std::string port_;
    std::unique_ptr<PostgresConnection> server_;
    std::unique_ptr<PostgresConnection> connection_;
};

// Where a superuser finds a database of the throw-away cluster.
std::string superuser_url(const std::string& database);

// A Postgres string literal.
std::string text_literal(const std::string& text);

}  // namespace revsync::test
