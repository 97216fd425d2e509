#pragma once

#include <memory>
#include <string>

#include "support/harness/process.hpp"
#include "support/harness/supabase_database.hpp"
#include "support/harness/tds_connection.hpp"

namespace revsync::test {

// A SQL Server database of its own with the clinic's schema: on a stand-in of its own, or on the server that
// TEST_SQLSERVER_URL names when that is a real one (then faults, logins and restarts cannot be asked for).
class SqlServerDatabase {
public:
    enum class Encryption { impossible, off, on };  // off: only when the client asks for it

    explicit SqlServerDatabase(Encryption encryption = Encryption::off);
    ~SqlServerDatabase();
    SqlServerDatabase(const SqlServerDatabase&) = delete;
    SqlServerDatabase& operator=(const SqlServerDatabase&) = delete;

    Rows rows(const std::string& sql) { return connection_->rows(sql); }
    void exec(const std::string& sql) { connection_->rows(sql); }
    // The single value of the first row; "" for NULL.
    std::string value(const std::string& sql);
    long count(const std::string& sql) { return std::stol(value(sql)); }

    // Runs a script of the source folder; "tests/sql/sqlserver-clinic-row-triggers.sql" puts the older generation of
    // the clinic's triggers in place of the newer one.
    void run_script(const std::string& path);
    // Batches that lines with GO separate.
    void run_batches(const std::string& text);

    // Arms a fault of the stand-in for the connections that come next (tests/sqlserver_sim/README.md).
    void arm(const std::string& fault, int times = 1, int argument = 0);
    // Logins of all clients since the stand-in started.
    long logins() { return count("EXEC sp_sim_counts"); }

    // The server goes away, all connections with it; start() brings it back on the same port with the same data.
    void stop();
    void start();

    const SqlServerAddress& address() const { return address_; }

private:
    void prepare_stand_in();
    void prepare_real();

    Encryption encryption_;
    SqlServerAddress address_;
    std::string name_;
    std::unique_ptr<PostgresConnection> backend_;
    std::unique_ptr<Process> server_;
    std::unique_ptr<TdsConnection> connection_;
};

// A T-SQL string literal, N'…'.
std::string unicode_literal(const std::string& text);

}  // namespace revsync::test
