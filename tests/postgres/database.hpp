#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "postgres/conninfo.hpp"

struct pg_conn;

namespace revsync::postgres {

// A blocking connection of the test's own, independent of the code under test. Throws on any error.
class Client {
public:
    explicit Client(const std::string& conninfo);

    // The rows of the last statement; NULL is "".
    std::vector<std::vector<std::string>> execute(const std::string& sql);
    // The only value.
    std::string value(const std::string& sql) { return execute(sql).at(0).at(0); }

private:
    struct Close {
        void operator()(pg_conn* handle) const;
    };
    std::unique_ptr<pg_conn, Close> handle_;
};

// A database of the test's own on the server that TEST_POSTGRES_URL names (a superuser's URI), and roles; all
// gone at the end. Skips the test when there is no server.
class DatabaseTest : public testing::Test {
protected:
    void SetUp() override;
    void TearDown() override;

    Client& sql() { return *client_; }
    Client another_client() const { return Client{conninfo_text()}; }
    // A role that may log in with the password "secret word".
    std::string create_role(const std::string& attributes = "");

    std::string conninfo_text() const;
    Conninfo conninfo() const;
    Conninfo conninfo_as(const std::string& role) const;
    Conninfo conninfo_with(const std::string& keyword, const std::string& value) const;
    // As a role that the server asks for its password; TEST_POSTGRES_ROLE names one where the URL's is trusted.
    Conninfo conninfo_with_password(const std::string& password) const;

    const std::string& database() const { return database_; }

private:
    std::string server_;
    std::string database_;
    std::vector<std::string> roles_;
    std::unique_ptr<Client> client_;
};

}  // namespace revsync::postgres
