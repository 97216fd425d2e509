// A client that sends whatever a test wants to send.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../engine.hpp"
#include "channel.hpp"
#include "transcript.hpp"
#include "version.hpp"

namespace revsync::sim::tds::test {

// Request bodies as clients send them.
std::string login_body(std::uint32_t version, const Login& login, std::uint32_t packet_size = 4096,
                       bool with_features = false);
std::string prelogin_body(std::uint8_t encryption);
std::string headers(Version version);
std::string batch_body(std::string_view sql, Version version = Version::v7_4);
std::string rpc_body(const std::vector<Call>& calls, Version version = Version::v7_4);
std::string bulk_body(const std::vector<Column>& columns, const std::vector<std::vector<Value>>& rows,
                      Version version = Version::v7_4);

class RawClient {
public:
    explicit RawClient(std::uint16_t port, Version version = Version::v7_4);

    // One packet holding the whole message.
    void send(PacketType type, std::string_view body, std::uint8_t extra_status = 0);
    void send_bytes(std::string_view bytes) { channel_.socket().send(bytes); }
    // The next message, in words. Throws ConnectionClosed.
    std::vector<std::string> receive();
    std::string receive_bytes();
    std::vector<std::string> ask(PacketType type, std::string_view body, std::uint8_t extra_status = 0);
    std::vector<std::string> log_in(const Login& login = {"sa", "secret", "clinic", "test", "host"});
    std::vector<std::string> batch(std::string_view sql) {
        return ask(PacketType::sql_batch, batch_body(sql, version_));
    }
    // True when the server has reset the connection rather than closed it.
    bool was_reset();

private:
    const Version version_;
    const int descriptor_;
    Channel channel_;
};

}  // namespace revsync::sim::tds::test
