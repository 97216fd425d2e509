// How much of a connection is encrypted, by what each side wants.
#include <gmock/gmock.h>

#include "prelogin.hpp"
#include "raw_client.hpp"
#include "running_server.hpp"

namespace revsync::sim::tds::test {
namespace {

struct Case {
    Encryption client;
    Encryption server;
    Encryption answer;
    bool handshake;
    bool login_only;
    bool incompatible;
};

TEST(EncryptionPlan, FollowsTheTableOfTheSpecification) {
    using enum Encryption;
    const Case cases[] = {
        {off, off, off, true, true, false},
        {off, on, required, true, false, false},
        {off, required, required, true, false, false},
        {off, not_supported, not_supported, false, false, false},
        {on, off, on, true, false, false},
        {on, required, on, true, false, false},
        {on, not_supported, not_supported, false, false, true},
        {not_supported, off, not_supported, false, false, false},
        {not_supported, on, required, false, false, true},
        {not_supported, not_supported, not_supported, false, false, false},
    };
    for (const Case& expected : cases) {
        const EncryptionPlan plan = plan_encryption(expected.client, expected.server);
        EXPECT_EQ(plan.answer, expected.answer);
        EXPECT_EQ(plan.handshake, expected.handshake);
        EXPECT_EQ(plan.login_only, expected.login_only);
        EXPECT_EQ(plan.incompatible, expected.incompatible);
    }
}

TEST(Prelogin, ReadsWhatItWrites) {
    for (const auto encryption : {Encryption::off, Encryption::on, Encryption::not_supported, Encryption::required}) {
        EXPECT_EQ(read_prelogin(prelogin_answer(encryption)), encryption);
        EXPECT_EQ(read_prelogin(prelogin_body(static_cast<std::uint8_t>(encryption))), encryption);
    }
}

TEST(Prelogin, IsFollowedByAPlainLoginWhereTheClientCannotEncrypt) {
    FakeEngine engine;
    RunningServer server(engine);
    RawClient client(server.port());
    client.send(PacketType::prelogin, prelogin_body(static_cast<std::uint8_t>(Encryption::not_supported)));
    EXPECT_EQ(read_prelogin(client.receive_bytes()), Encryption::not_supported);
    EXPECT_THAT(client.log_in(), testing::Contains("DONE"));
}

TEST(Prelogin, EndsAConnectionThatCannotBeEncryptedButMust) {
    FakeEngine engine;
    ServerOptions options;
    options.connection.encryption = Encryption::required;
    RunningServer server(engine, options);
    RawClient client(server.port());
    client.send(PacketType::prelogin, prelogin_body(static_cast<std::uint8_t>(Encryption::not_supported)));
    EXPECT_EQ(read_prelogin(client.receive_bytes()), Encryption::required);
    EXPECT_THROW(client.receive(), ConnectionClosed);
}

}  // namespace
}  // namespace revsync::sim::tds::test
