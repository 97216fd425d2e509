#pragma once

#include <filesystem>
#include <string>

namespace revsync::test {

// A variable that tests/support/with_servers.sh sets; throws std::runtime_error when it is missing.
std::string required_variable(const char* name);

// True when the suite runs beside its servers; the others skip themselves.
bool servers_available();
// True when TEST_SQLSERVER_URL names a SQL Server that somebody installed: no faults can be asked of it.
bool real_sql_server();

std::filesystem::path source_folder();
// The programs of this build; REVERSE_SYNCD, SQLSERVER_SIM, LATENCY_PROXY and PG_NET name others.
std::filesystem::path daemon_program();
std::filesystem::path stand_in_program();
std::filesystem::path proxy_program();
std::filesystem::path pg_net_program();

// A file of TEST_TLS_FOLDER.
std::filesystem::path tls_file(const std::string& name);

// "<prefix>_<process id>_<count>": unique among the tests that run at the same time.
std::string unique_name(const std::string& prefix);

// A file's whole content, "" when it does not exist.
std::string content_of(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, const std::string& content);

}  // namespace revsync::test
