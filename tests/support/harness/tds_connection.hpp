#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "support/harness/supabase_database.hpp"

struct tds_dblib_dbprocess;

namespace revsync::test {

struct SqlServerAddress {
    std::string host = "127.0.0.1";
    std::string port;
    std::string user;
    std::string password;
    std::string database;
};

// "sqlserver://user:password@host:port/database?…"
SqlServerAddress parse_sqlserver_url(const std::string& url);

struct SqlServerFailure : std::runtime_error {
    SqlServerFailure(int code, const std::string& text) : std::runtime_error{text}, number{code} {}
    int number;
};

// One blocking connection to SQL Server through db-lib, on the test's own thread. Failures are SqlServerFailure.
class TdsConnection {
public:
    explicit TdsConnection(const SqlServerAddress& address);

    // The rows of all result sets of a batch, one after the other, every value as text.
    Rows rows(const std::string& sql);

private:
    std::unique_ptr<tds_dblib_dbprocess, void (*)(tds_dblib_dbprocess*)> process_;
};

}  // namespace revsync::test
