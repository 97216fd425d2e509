#include "support/harness/sqlserver_database.hpp"

#include <fmt/format.h>

#include <csignal>
#include <sstream>

#include "support/harness/environment.hpp"

namespace revsync::test {

namespace {

const char* option_of(SqlServerDatabase::Encryption encryption) {
    switch (encryption) {
        case SqlServerDatabase::Encryption::impossible:
            return "not-supported";
        case SqlServerDatabase::Encryption::on:
            return "on";
        default:
            return "off";
    }
}

}  // namespace

SqlServerDatabase::SqlServerDatabase(Encryption encryption) : encryption_{encryption}, name_{unique_name("sqlserver")} {
    if (real_sql_server()) {
        prepare_real();
    } else {
        prepare_stand_in();
    }
    connection_ = std::make_unique<TdsConnection>(address_);
    run_script("tests/sql/sqlserver-clinic.sql");
}

SqlServerDatabase::~SqlServerDatabase() {
    connection_.reset();
    server_.reset();
    try {
        if (backend_) {
            backend_->exec(fmt::format("DROP DATABASE {} WITH (FORCE)", name_));
        } else {
            TdsConnection{parse_sqlserver_url(required_variable("TEST_SQLSERVER_URL"))}.rows(
                fmt::format("ALTER DATABASE {0} SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE {0};", name_));
        }
    } catch (const std::exception&) {
        // A left-over database disturbs no other test.
    }
}

void SqlServerDatabase::prepare_real() {
    address_ = parse_sqlserver_url(required_variable("TEST_SQLSERVER_URL"));
    TdsConnection server{address_};
    server.rows(fmt::format("CREATE DATABASE {} COLLATE Arabic_CI_AS;", name_));
    server.rows(fmt::format("ALTER DATABASE {} SET RECOVERY SIMPLE;", name_));
    address_.database = name_;
}

void SqlServerDatabase::prepare_stand_in() {
    backend_ = std::make_unique<PostgresConnection>(required_variable("TEST_POSTGRES_URL"));
    backend_->exec(fmt::format("CREATE DATABASE {} TEMPLATE template0", name_));
    address_.port = "0";
    address_.user = "practice";
    address_.password = "Canary-Sql-" + name_ + "-p4ss";
    address_.database = "clinic";
    start();
}

void SqlServerDatabase::start() {
    Command command{stand_in_program(),
                    {"--listen", fmt::format("127.0.0.1:{}", address_.port), "--user", address_.user, "--database",
                     address_.database, "--encrypt", option_of(encryption_), "--backend", superuser_url(name_)},
                    {{"SIM_PASSWORD", address_.password}, {"PATH", "/usr/bin:/bin"}}};
    if (encryption_ == Encryption::on) {
        command.arguments.insert(command.arguments.end(), {"--tls-cert", tls_file("server.crt").string(), "--tls-key",
                                                           tls_file("server.key").string()});
    }
    server_ = std::make_unique<Process>(command);
    const std::string line = server_->wait_for("listening on 127.0.0.1:");
    address_.port = line.substr(line.rfind(':') + 1);
    if (connection_) {
        connection_ = std::make_unique<TdsConnection>(address_);
    }
}

void SqlServerDatabase::stop() {
    server_->signal(SIGTERM);
    server_->wait();
}

// "GO" alone on a line ends a batch, as in every client of SQL Server.
void SqlServerDatabase::run_script(const std::string& path) {
    run_batches(content_of(source_folder() / path));
}

void SqlServerDatabase::run_batches(const std::string& text) {
    std::istringstream script{text};
    std::string batch;
    for (std::string line; std::getline(script, line);) {
        if (line == "GO") {
            exec(batch);
            batch.clear();
        } else {
            batch += line + "\n";
        }
    }
    if (batch.find_first_not_of(" \n\t\r") != std::string::npos) {
        exec(batch);
    }
}

std::string SqlServerDatabase::value(const std::string& sql) {
    return rows(sql).at(0).at(0).value_or("");
}

void SqlServerDatabase::arm(const std::string& fault, int times, int argument) {
    exec(fmt::format("EXEC sp_sim_fault {}, {}, {}", unicode_literal(fault), times, argument));
}

std::string unicode_literal(const std::string& text) {
    return "N" + text_literal(text);
}

}  // namespace revsync::test
