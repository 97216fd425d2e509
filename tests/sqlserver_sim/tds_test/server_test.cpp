// The server as a client sees it, over a real socket.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "raw_client.hpp"
#include "running_server.hpp"

namespace revsync::sim::tds::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Column column(std::string name, TypeKind kind, std::int32_t length = 0) {
    Column made;
    made.name = std::move(name);
    made.type = {kind, length, 0, 0};
    return made;
}

Parameter parameter(std::string name, Type type, Value value, bool output = false) {
    Parameter made;
    made.name = std::move(name);
    made.type = type;
    made.value = std::move(value);
    made.output = output;
    return made;
}

sim::Message error(std::int32_t number, std::uint8_t severity, std::string text) {
    sim::Message message;
    message.number = number;
    message.severity = severity;
    message.text = std::move(text);
    return message;
}

struct ServerTest : testing::Test {
    FakeEngine engine;
    RunningServer server{engine};
};

TEST_F(ServerTest, LogsInAtEveryVersion) {
    for (const auto& [version, acknowledged] : {std::pair{Version::v7_1, "LOGINACK 71000001"},
                                                {Version::v7_2, "LOGINACK 72090002"},
                                                {Version::v7_3b, "LOGINACK 730B0003"},
                                                {Version::v7_4, "LOGINACK 74000004"}}) {
        RawClient client(server.port(), version);
        EXPECT_THAT(client.log_in(), AllOf(Contains(acknowledged), Contains("ENVIRONMENT 1 clinic"), Contains("DONE")));
    }
    EXPECT_EQ(engine.last_login.user, "sa");
    EXPECT_EQ(engine.last_login.password, "secret");
    EXPECT_EQ(engine.last_login.database, "clinic");
    EXPECT_EQ(engine.last_login.host, "host");
}

TEST_F(ServerTest, AcknowledgesUtf8SupportWhereAsked) {
    RawClient client(server.port());
    const std::string body = login_body(0x74000004, {"sa", "secret", "clinic", "app", "host"}, 4096, true);
    EXPECT_THAT(client.ask(PacketType::login, body), Contains("FEATURES 10"));
}

TEST_F(ServerTest, RefusesALoginWithTheEnginesMessage) {
    engine.refuses = LoginRefusal{error(18456, 14, "Login failed for user 'sa'.")};
    RawClient client(server.port());
    EXPECT_THAT(client.log_in(), ElementsAre("ERROR 18456/14 Login failed for user 'sa'.", "DONE error"));
    EXPECT_THROW(client.receive(), ConnectionClosed);
}

TEST_F(ServerTest, MarksAllButTheLastDoneWithMore) {
    engine.on_batch = [](std::string_view, Output& output) {
        output.columns({column("a", TypeKind::integer), column("b", TypeKind::nvarchar, 10)});
        output.row({"1", "x"});
        output.row({"2", std::nullopt});
        output.statement_done(2, false);
        output.message(error(0, 0, "printed"));
        output.statement_done(std::nullopt, false);
        output.message(error(547, 16, "conflict"));
        output.statement_done(std::nullopt, true);
    };
    RawClient client(server.port());
    client.log_in();
    EXPECT_THAT(client.batch("x"),
                ElementsAre("COLUMNS a 0x26, b 0xE7", "ROW 1 | x", "NBCROW 2 | NULL", "DONE more count=2",
                            "INFO 0/0 printed", "DONE more", "ERROR 547/16 conflict", "DONE error"));
}

TEST_F(ServerTest, AnswersABatchWithoutResultsWithOneDone) {
    RawClient client(server.port());
    client.log_in();
    EXPECT_THAT(client.batch(""), ElementsAre("DONE"));
}

TEST_F(ServerTest, SendsWholeRowsToClientsThatDoNotKnowNullCompression) {
    engine.on_batch = [](std::string_view, Output& output) {
        output.columns({column("a", TypeKind::integer), column("b", TypeKind::text)});
        output.row({std::nullopt, std::nullopt});
        output.row({"1", "t"});
        output.statement_done(2, false);
    };
    for (const Version version : {Version::v7_1, Version::v7_2, Version::v7_3a}) {
        RawClient client(server.port(), version);
        client.log_in();
        EXPECT_THAT(client.batch("x"),
                    ElementsAre("COLUMNS a 0x26, b 0x23", "ROW NULL | NULL", "ROW 1 | t", "DONE count=2"));
    }
}

TEST_F(ServerTest, AnswersEveryCallOfAnRpcMessage) {
    const Call call{"sp_executesql",
                    {parameter("", {TypeKind::nvarchar, max_length, 0, 0}, "select @a"),
                     parameter("", {TypeKind::nvarchar, max_length, 0, 0}, "@a int output"),
                     parameter("@a", {TypeKind::integer, 0, 0, 0}, "7", true)}};
    for (const Version version : {Version::v7_1, Version::v7_4}) {
        RawClient client(server.port(), version);
        client.log_in();
        EXPECT_THAT(client.ask(PacketType::rpc, rpc_body({call, call}, version)),
                    ElementsAre("COLUMNS @a 0x26", "ROW 7", "DONEINPROC more count=1", "STATUS 0", "VALUE @a 7",
                                "DONEPROC more", "COLUMNS @a 0x26", "ROW 7", "DONEINPROC more count=1", "STATUS 0",
                                "VALUE @a 7", "DONEPROC"));
    }
}

TEST_F(ServerTest, CallsSystemProceduresByTheirNames) {
    std::string called;
    engine.on_call = [&](const Call& call, Output&) { called = call.procedure; };
    RawClient client(server.port());
    client.log_in();
    EXPECT_THAT(client.ask(PacketType::rpc, headers(Version::v7_4) + std::string("\xFF\xFF\x0D\0\0\0", 6)),
                ElementsAre("DONEPROC"));
    EXPECT_EQ(called, "sp_prepexec");
}

TEST_F(ServerTest, SplitsLongAnswersIntoPacketsOfTheAgreedSize) {
    engine.on_batch = [](std::string_view, Output& output) {
        output.columns({column("a", TypeKind::nvarchar, max_length)});
        output.row({std::string(1'000'000, 'x')});
        output.statement_done(1, false);
    };
    for (const std::uint32_t size : {1U, 512U, 4096U, 32767U, 99999U}) {
        RawClient client(server.port());
        const std::string body = login_body(0x74000004, {"sa", "secret", "clinic", "app", "host"}, size);
        const std::uint32_t agreed = size == 1 ? 512 : size == 99999 ? 32767 : size;
        EXPECT_THAT(client.ask(PacketType::login, body), Contains("ENVIRONMENT 4 " + std::to_string(agreed)));
        EXPECT_THAT(client.batch("x"), Contains("ROW " + std::string(1'000'000, 'x')));
    }
}

TEST_F(ServerTest, FitsMessagesThatFillTheirLastPacket) {
    constexpr std::size_t done_size = 13;
    for (std::size_t length = 460; length < 540; ++length) {
        const std::size_t text = (length - done_size) / 2;
        engine.on_batch = [&](std::string_view, Output& output) {
            output.message(error(50000, 16, std::string(text, 'm')));
        };
        RawClient client(server.port());
        client.ask(PacketType::login, login_body(0x74000004, {"sa", "secret", "clinic", "app", "host"}, 512));
        EXPECT_THAT(client.batch("x"), ElementsAre("ERROR 50000/16 " + std::string(text, 'm'), "DONE"));
    }
}

TEST_F(ServerTest, CancelsARunningRequestOnAttention) {
    engine.on_batch = [&](std::string_view, Output& output) {
        EXPECT_TRUE(engine.wait_for_cancel());
        output.message(error(50000, 16, "never seen"));
        output.statement_done(std::nullopt, true);
    };
    RawClient client(server.port());
    client.log_in();
    client.send(PacketType::sql_batch, batch_body("waitfor"));
    client.send(PacketType::attention, {});
    EXPECT_THAT(client.receive(), ElementsAre("DONE error"));
    EXPECT_THAT(client.receive(), ElementsAre("DONE attention"));
    engine.on_batch = [](std::string_view, Output& output) { output.statement_done(3, false); };
    EXPECT_THAT(client.batch("next"), ElementsAre("DONE count=3"));
}

TEST_F(ServerTest, AcknowledgesAnAttentionThatComesTooLate) {
    RawClient client(server.port());
    client.log_in();
    EXPECT_THAT(client.batch("x"), ElementsAre("DONE"));
    EXPECT_THAT(client.ask(PacketType::attention, {}), ElementsAre("DONE attention"));
    EXPECT_EQ(engine.cancels, 0);
}

TEST_F(ServerTest, CancelsTheRequestOfAClientThatHasLeft) {
    std::atomic<bool> cancelled = false;
    engine.on_batch = [&](std::string_view, Output&) { cancelled = engine.wait_for_cancel(); };
    {
        RawClient client(server.port());
        client.log_in();
        client.send(PacketType::sql_batch, batch_body("waitfor"));
    }
    EXPECT_TRUE(engine.wait_for_cancel());
    while (engine.sessions_ended == 0) {
        std::this_thread::yield();
    }
    EXPECT_TRUE(cancelled);
}

TEST_F(ServerTest, ResetsTheConnectionWhenCutOff) {
    engine.on_batch = [](std::string_view, Output& output) {
        output.statement_done(1, false);
        throw ConnectionCut();
    };
    RawClient client(server.port());
    client.log_in();
    client.send(PacketType::sql_batch, batch_body("x"));
    EXPECT_TRUE(client.was_reset());
}

TEST_F(ServerTest, ResetsTheSessionWhereThePacketAsksForIt) {
    RawClient client(server.port());
    client.log_in();
    EXPECT_THAT(client.ask(PacketType::sql_batch, batch_body("x"), packet_status::reset_connection),
                ElementsAre("ENVIRONMENT 18", "DONE"));
    EXPECT_EQ(engine.resets, 1);
}

TEST_F(ServerTest, RunsNothingOfAMessageThatTheClientIgnores) {
    bool ran = false;
    engine.on_batch = [&](std::string_view, Output&) { ran = true; };
    RawClient client(server.port());
    client.log_in();
    EXPECT_THAT(client.ask(PacketType::sql_batch, "half", packet_status::ignore), ElementsAre("DONE"));
    EXPECT_FALSE(ran);
}

TEST_F(ServerTest, CarriesTransactionManagerRequests) {
    RawClient client(server.port());
    client.log_in();
    const auto ask = [&](std::string_view request) {
        return client.ask(PacketType::transaction_manager, headers(Version::v7_4) + std::string(request));
    };
    EXPECT_THAT(ask(std::string_view("\x05\0\x02\x02t\0", 6)), ElementsAre("ENVIRONMENT 8", "DONE"));
    EXPECT_THAT(ask(std::string_view("\x09\0\x02s\0", 5)), ElementsAre("DONE"));
    EXPECT_THAT(ask(std::string_view("\x07\0\0\x01\x04\0", 6)), ElementsAre("ENVIRONMENT 9", "ENVIRONMENT 8", "DONE"));
    EXPECT_THAT(ask(std::string_view("\x08\0\x02s\0\0", 6)), ElementsAre("ENVIRONMENT 10", "DONE"));
    EXPECT_THAT(engine.transactions, ElementsAre("begin t2", "save s", "commit ", "begin 4", "rollback s"));
}

TEST_F(ServerTest, LoadsInBulk) {
    RawClient client(server.port());
    client.log_in();
    const std::string body = bulk_body({column("a", TypeKind::integer), column("b", TypeKind::ntext)},
                                       {{"1", "x"}, {std::nullopt, std::nullopt}});
    EXPECT_THAT(client.ask(PacketType::bulk_load, body), ElementsAre("DONE count=2"));
    EXPECT_THAT(engine.bulk_rows, ElementsAre(ElementsAre("1", "x"), ElementsAre(std::nullopt, std::nullopt)));
    EXPECT_EQ(engine.bulk_columns[1].name, "b");
}

TEST_F(ServerTest, ClosesAfterAFatalMessage) {
    engine.on_batch = [](std::string_view, Output& output) {
        output.message(error(21, 21, "fatal"));
        output.statement_done(std::nullopt, true);
    };
    RawClient client(server.port());
    client.log_in();
    EXPECT_THAT(client.batch("x"), ElementsAre("ERROR 21/21 fatal", "DONE error"));
    EXPECT_THROW(client.receive(), ConnectionClosed);
}

TEST_F(ServerTest, ReportsMalformedMessagesAndCloses) {
    RawClient client(server.port());
    client.log_in();
    EXPECT_THAT(client.ask(PacketType::rpc, "\xFF"), ElementsAre(HasSubstr("ERROR 4002/20"), "DONE error"));
    EXPECT_THROW(client.receive(), ConnectionClosed);
    RawClient stranger(server.port());
    EXPECT_THAT(stranger.ask(PacketType::sql_batch, "x"), ElementsAre(HasSubstr("ERROR 4002/20"), "DONE error"));
    RawClient shorter_than_a_header(server.port());
    shorter_than_a_header.send_bytes(std::string("\x12\x01\0\x07\0\0\0\0", 8));
    EXPECT_THAT(shorter_than_a_header.receive(), ElementsAre(HasSubstr("ERROR 4002/20"), "DONE error"));
}

TEST_F(ServerTest, OutlivesClientsThatSendNoise) {
    std::mt19937 random(20'240'229);
    for (int i = 0; i < 200; ++i) {
        RawClient client(server.port());
        if (i % 2 == 0) {
            client.log_in();
        }
        std::string noise(random() % 200, '\0');
        std::generate(noise.begin(), noise.end(), [&] { return static_cast<char>(random() & 0xFFU); });
        client.send(static_cast<PacketType>(random() % 20), noise, static_cast<std::uint8_t>(random() & 0xFEU));
    }
    RawClient client(server.port());
    EXPECT_THAT(client.log_in(), Contains("DONE"));
}

TEST_F(ServerTest, NeverSpeaksNewerThanItIsTold) {
    ServerOptions options;
    options.connection.newest_version = Version::v7_3b;
    RunningServer older(engine, options);
    RawClient client(older.port());
    EXPECT_THAT(client.log_in(), Contains("LOGINACK 730B0003"));
}

TEST(ServerLimit, RefusesMoreConnectionsThanAllowed) {
    FakeEngine engine;
    ServerOptions options;
    options.connection_limit = 1;
    RunningServer server(engine, options);
    RawClient first(server.port());
    EXPECT_THAT(first.log_in(), Contains("DONE"));
    RawClient second(server.port());
    EXPECT_THAT(second.log_in(), Contains(HasSubstr("ERROR 17809")));
}

TEST(ServerStop, EndsRunningRequests) {
    FakeEngine engine;
    std::atomic<bool> running = false;
    engine.on_batch = [&](std::string_view, Output&) {
        running = true;
        engine.wait_for_cancel();
    };
    std::optional<RawClient> client;
    {
        RunningServer server(engine);
        client.emplace(server.port());
        client->log_in();
        client->send(PacketType::sql_batch, batch_body("waitfor"));
        while (!running) {
            std::this_thread::yield();
        }
    }
    EXPECT_GT(engine.cancels, 0);
}

}  // namespace
}  // namespace revsync::sim::tds::test
