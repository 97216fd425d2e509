#include "sqlserver/test_server.hpp"

#include <cstdlib>
#include <regex>
#include <stdexcept>

namespace revsync::sqlserver::test {

std::optional<ConnectionSettings> test_server() {
    const char* text = std::getenv("TEST_SQLSERVER_URL");
    if (text == nullptr) {
        return std::nullopt;
    }
    static const std::regex form{R"(sqlserver://([^:]+):([^@]*)@([^:/]+):(\d+)/([^?]+)(?:\?encrypt=(\w+))?)"};
    std::cmatch part;
    if (!std::regex_match(text, part, form)) {
        throw std::runtime_error{"TEST_SQLSERVER_URL is not sqlserver://user:password@host:port/database?encrypt=…"};
    }
    ConnectionSettings settings;
    settings.user = part[1];
    settings.password = part[2];
    settings.server = part[3];
    settings.port = static_cast<std::uint16_t>(std::stoul(part[4]));
    settings.database = part[5];
    settings.encryption = part[6] == "require"   ? Encryption::require
                          : part[6] == "request" ? Encryption::request
                                                 : Encryption::off;
    return settings;
}

}  // namespace revsync::sqlserver::test
