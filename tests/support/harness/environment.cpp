#include "support/harness/environment.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace revsync::test {
namespace {

std::filesystem::path program(const char* variable, const char* built) {
    const char* named = std::getenv(variable);
    return named ? named : built;
}

}  // namespace

std::string required_variable(const char* name) {
    const char* value = std::getenv(name);
    if (!value) {
        throw std::runtime_error(fmt::format("{} is not set: run through tests/support/with_servers.sh", name));
    }
    return value;
}

bool servers_available() {
    return std::getenv("TEST_POSTGRES_URL") && std::getenv("TEST_SQLSERVER_URL");
}

bool real_sql_server() {
    return std::getenv("TEST_SQLSERVER_REAL") != nullptr;
}

std::filesystem::path source_folder() {
    return REVSYNC_SOURCE_FOLDER;
}
std::filesystem::path daemon_program() {
    return program("REVERSE_SYNCD", REVSYNC_BINARY_FOLDER "/daemon/reverse-syncd");
}
std::filesystem::path stand_in_program() {
    return program("SQLSERVER_SIM", REVSYNC_BINARY_FOLDER "/tests/sqlserver_sim/sqlserver-sim");
}
std::filesystem::path proxy_program() {
    return program("LATENCY_PROXY", REVSYNC_BINARY_FOLDER "/tests/support/latency-proxy");
}
std::filesystem::path pg_net_program() {
    return program("PG_NET", REVSYNC_BINARY_FOLDER "/tests/support/pg-net");
}

std::filesystem::path tls_file(const std::string& name) {
    return std::filesystem::path{required_variable("TEST_TLS_FOLDER")} / name;
}

std::string unique_name(const std::string& prefix) {
    static int count = 0;
    return fmt::format("{}_{}_{}", prefix, ::getpid(), ++count);
}

std::string content_of(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void write_file(const std::filesystem::path& file, const std::string& content) {
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out << content;
    if (!out.flush()) {
        throw std::runtime_error(fmt::format("cannot write {}", file.string()));
    }
}

}  // namespace revsync::test
