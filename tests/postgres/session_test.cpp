#include "postgres/session.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "postgres/database.hpp"
#include "postgres/run.hpp"

namespace revsync::postgres {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

class Sessions : public DatabaseTest {
protected:
    Result<std::vector<Result<Rows>>> exchange(Session& session, std::vector<Statement> statements) {
        return run(context_, session.exchange(std::move(statements)));
    }
    std::string value(Session& session, const std::string& text) {
        const auto answers = exchange(session, {{"ask", text, {}}});
        return std::string{answers.value().at(0).value().at(0, 0)};
    }

    asio::io_context context_;
};

TEST_F(Sessions, AnswerEachStatementInItsPlace) {
    Session session{conninfo()};
    const auto answers = exchange(session, {{"ask", "SELECT $1::text || 'b', NULL", {"a"}},
                                            {"ask", "SELECT i FROM generate_series(1, 3) i", {}},
                                            {"ask", "SELECT $1::text IS NULL", {std::nullopt}}})
                             .value();

    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0]->at(0, 0), "ab");
    EXPECT_TRUE(answers[0]->is_null(0, 1));
    EXPECT_EQ(answers[1]->size(), 3U);
    EXPECT_TRUE(answers[2]->is_true(0, 0));
}

TEST_F(Sessions, LeaveTheOtherStatementsUntouchedByAFailure) {
    Session session{conninfo()};
    const auto answers =
        exchange(session,
                 {{"ask", "SELECT 1", {}}, {"read nothing", "SELECT * FROM nowhere", {}}, {"ask", "SELECT 3", {}}})
            .value();

    EXPECT_EQ(answers[0]->at(0, 0), "1");
    EXPECT_EQ(answers[1].error().disposition, Disposition::stream);
    EXPECT_THAT(answers[1].error().text, HasSubstr("cannot read nothing: the table does not exist"));
    EXPECT_EQ(answers[2]->at(0, 0), "3");
    EXPECT_EQ(value(session, "SELECT 4"), "4");
}

TEST_F(Sessions, CarryAnswersLargerThanEveryBuffer) {
    Session session{conninfo()};
    const std::string large(3'000'000, 'x');
    const auto answers = exchange(session, {{"ask", "SELECT $1::text", {large}},
                                            {"ask", "SELECT repeat('y', 5000000)", {}},
                                            {"ask", "SELECT $1::text", {large}}})
                             .value();

    EXPECT_EQ(answers[0]->at(0, 0), large);
    EXPECT_EQ(answers[1]->at(0, 0).size(), 5'000'000U);
    EXPECT_EQ(answers[2]->at(0, 0).size(), large.size());
}

TEST_F(Sessions, SpeakUtf8AndUtcAndShowEveryRow) {
    Session session{conninfo()};

    EXPECT_EQ(value(session, "SHOW client_encoding"), "UTF8");
    EXPECT_EQ(value(session, "SHOW timezone"), "UTC");
    EXPECT_EQ(value(session, "SHOW application_name"), "reverse-sync");
    EXPECT_EQ(value(session, "SHOW row_security"), "off");
    EXPECT_EQ(value(session, "SHOW statement_timeout"), "1min");
    EXPECT_EQ(value(session, "SELECT 'سلام 🎉'"), "سلام 🎉");
}

TEST_F(Sessions, CallAStatementThatTakesTooLongTransient) {
    Session session{conninfo(), {std::chrono::milliseconds{50}, false}};
    const auto answers = exchange(session, {{"wait", "SELECT pg_sleep(60)", {}}, {"ask", "SELECT 2", {}}}).value();

    EXPECT_EQ(answers[0].error().disposition, Disposition::retry);
    EXPECT_EQ(answers[0].error().code, "sqlstate 57014");
    EXPECT_EQ(answers[1]->at(0, 0), "2");
}

TEST_F(Sessions, RefuseToWriteWhenReadOnly) {
    Session session{conninfo(), {std::chrono::seconds{5}, true}};
    const auto answers = exchange(session, {{"write", "CREATE TABLE t (i int)", {}}}).value();

    EXPECT_EQ(answers[0].error().code, "sqlstate 25006");
}

TEST_F(Sessions, SayWhatEndedTheConnectionAndConnectAgain) {
    Session session{conninfo()};
    const auto cut = exchange(session, {{"ask", "SELECT 1", {}},
                                        {"ask twice", "SELECT pg_terminate_backend(pg_backend_pid())", {}},
                                        {"ask", "SELECT 3", {}}});

    ASSERT_TRUE(cut.has_error());
    EXPECT_TRUE(cut.error().connection_lost);
    EXPECT_EQ(cut.error().disposition, Disposition::retry);
    EXPECT_THAT(cut.error().text, HasSubstr("cannot ask twice: the server closed the connection"));
    EXPECT_FALSE(session.is_open());
    EXPECT_EQ(value(session, "SELECT 5"), "5");
}

TEST_F(Sessions, LeaveAPoolersOtherClientsAlone) {
    Conninfo pooled = conninfo();
    Endpoint& first = pooled.endpoints.front();
    const Endpoint real = first;
    // Port 6543 marks a transaction pooler; nothing listens there, so the real port follows.
    pooled.endpoints = {{real.host, real.address, "6543"}, real};
    Session session{pooled, {std::chrono::seconds{60}, true}};

    EXPECT_EQ(value(session, "SHOW default_transaction_read_only"), "off");
    EXPECT_EQ(value(session, "SHOW client_encoding"), "UTF8");
}

TEST_F(Sessions, AreClosedAndUsableAfterACancellation) {
    Session session{conninfo()};
    ASSERT_TRUE(run(context_, session.exchange({{"ask", "SELECT 1", {}}})));
    asio::cancellation_signal cancel;
    bool aborted = false;
    asio::co_spawn(context_, session.exchange({{"wait", "SELECT pg_sleep(60)", {}}}),
                   asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr thrown, auto) {
                       try {
                           std::rethrow_exception(thrown);
                       } catch (const boost::system::system_error& error) {
                           aborted = error.code() == asio::error::operation_aborted;
                       }
                   }));
    asio::post(context_, [&] { cancel.emit(asio::cancellation_type::terminal); });
    context_.restart();
    context_.run();

    EXPECT_TRUE(aborted);
    EXPECT_FALSE(session.is_open());
    EXPECT_EQ(value(session, "SELECT 7"), "7");
}

TEST_F(Sessions, MayBeDestroyedWhileACoroutineWaits) {
    auto context = std::make_unique<asio::io_context>();
    auto session = std::make_unique<Session>(conninfo());
    asio::co_spawn(*context, session->exchange({{"wait", "SELECT pg_sleep(60)", {}}}), [](std::exception_ptr, auto) {});
    context->run_one();
    session.reset();
    context.reset();
}

}  // namespace
}  // namespace revsync::postgres
