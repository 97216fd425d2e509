#include "sqlserver/errors.hpp"

#include <gmock/gmock.h>
#include <sybfront.h>

#include <sybdb.h>

#include <cerrno>

#include "sqlserver/message_table.hpp"

namespace revsync::sqlserver {
namespace {

using testing::HasSubstr;
using testing::Not;

Transcript says(int number, std::string text = "", int severity = 16) {
    return {{{number, severity, text}}, {}};
}

Transcript fails(int number, int os_error = 0) {
    return {{}, {{number, os_error}}};
}

const Situation reading{.activity = Activity::reading, .server = "db:1433"};
const Situation writing{.activity = Activity::writing, .server = "db:1433"};
const Situation connecting{.activity = Activity::connecting, .server = "db:1433", .connection_dead = true};

TEST(CallFailure, IsTheRowsWhereItsTextIsNone) {
    const Error error = explain(fails(SYBEICONVI), reading);
    EXPECT_EQ(error.disposition, Disposition::row);
    EXPECT_FALSE(error.connection_lost);
    Situation dead = reading;
    dead.connection_dead = true;
    EXPECT_EQ(explain(fails(SYBEICONVI), dead).disposition, Disposition::retry);
}

struct Expected {
    int number;
    Disposition disposition;
};

class MessageNumber : public testing::TestWithParam<Expected> {};

TEST_P(MessageNumber, HasItsConsequence) {
    const Error error = explain(says(GetParam().number), writing);
    EXPECT_EQ(error.disposition, GetParam().disposition);
    EXPECT_EQ(error.code, "sqlserver " + std::to_string(GetParam().number));
    EXPECT_FALSE(error.text.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, MessageNumber,
    testing::Values(
        Expected{1205, Disposition::retry}, Expected{1222, Disposition::retry}, Expected{40613, Disposition::retry},
        Expected{701, Disposition::retry}, Expected{9002, Disposition::retry}, Expected{1105, Disposition::retry},
        Expected{515, Disposition::row}, Expected{547, Disposition::row}, Expected{2627, Disposition::row},
        Expected{2601, Disposition::row}, Expected{2628, Disposition::row}, Expected{8152, Disposition::row},
        Expected{245, Disposition::row}, Expected{241, Disposition::row}, Expected{8114, Disposition::row},
        Expected{8115, Disposition::row}, Expected{544, Disposition::row}, Expected{13609, Disposition::row},
        Expected{207, Disposition::stream}, Expected{208, Disposition::stream}, Expected{229, Disposition::stream},
        Expected{230, Disposition::stream}, Expected{1934, Disposition::stream}, Expected{4060, Disposition::retry},
        Expected{18456, Disposition::configuration}, Expected{18452, Disposition::configuration},
        Expected{18470, Disposition::configuration}, Expected{18487, Disposition::configuration},
        Expected{18488, Disposition::configuration}, Expected{916, Disposition::configuration}),
    [](const auto& of) { return "Number" + std::to_string(of.param.number); });

TEST(Explain, NeverQuotesATextThatMayHoldAValue) {
    for (const int number : {241, 245, 2601, 2627, 2628, 8114, 8152, 50000, 51234}) {
        const Error error = explain(says(number, "the value (secret diagnosis) is bad"), writing);
        EXPECT_THAT(error.text, Not(HasSubstr("secret diagnosis"))) << number;
    }
}

TEST(Explain, NeverQuotesAnUnknownNumber) {
    const Error error = explain(says(31999, "secret diagnosis"), writing);
    EXPECT_EQ(error.disposition, Disposition::row);
    EXPECT_THAT(error.text, Not(HasSubstr("secret")));
}

TEST(Explain, QuotesNamesOnOneShortLine) {
    const std::string long_text = "Invalid column name\r\n'Days'. " + std::string(1000, 'x');
    const Error error = explain(says(207, long_text), reading);
    EXPECT_THAT(error.text, HasSubstr("Invalid column name  'Days'."));
    EXPECT_LT(error.text.size(), 400U);
}

TEST(Explain, CutsAfterWholeCharacters) {
    std::string text;
    for (int i = 0; i < 400; ++i) {
        text += "م";
    }
    EXPECT_EQ(quotable(text).size(), 600U);
}

TEST(Explain, TakesTheFirstMessageAsTheCause) {
    Transcript transcript = says(4060);
    transcript.messages.push_back({18456, 14, ""});
    transcript.errors.push_back({SYBEFCON, 0});
    EXPECT_EQ(explain(transcript, connecting).code, "sqlserver 4060");
}

TEST(Explain, TreatsAnUnknownResourceFailureAsTransient) {
    EXPECT_EQ(explain(says(31999, "", 17), writing).disposition, Disposition::retry);
}

TEST(Explain, KnowsThatAFatalSeverityEndsTheConnection) {
    const Error error = explain(says(31999, "", 20), writing);
    EXPECT_TRUE(error.connection_lost);
    EXPECT_EQ(error.disposition, Disposition::in_doubt);
}

TEST(Explain, IsInDoubtWhenTheConnectionGoesDuringAWrite) {
    const Error error =
        explain(fails(SYBESEOF), {.activity = Activity::writing, .server = "db", .connection_dead = true});
    EXPECT_EQ(error.disposition, Disposition::in_doubt);
    EXPECT_TRUE(error.connection_lost);
}

TEST(Explain, RetriesWhenTheConnectionGoesDuringARead) {
    const Error error =
        explain(fails(SYBESEOF), {.activity = Activity::reading, .server = "db", .connection_dead = true});
    EXPECT_EQ(error.disposition, Disposition::retry);
    EXPECT_TRUE(error.connection_lost);
}

TEST(Explain, NamesATimeOut) {
    EXPECT_THAT(explain(fails(SYBETIME), writing).text, HasSubstr("did not answer in time"));
}

TEST(Explain, KeepsADeadlockOnALivingConnection) {
    EXPECT_FALSE(explain(says(1205, "", 13), writing).connection_lost);
}

TEST(Explain, SaysWhereAndWhyTheServerIsNotReached) {
    const Error error = explain(fails(SYBECONN, ECONNREFUSED), connecting);
    EXPECT_EQ(error.disposition, Disposition::retry);
    EXPECT_TRUE(error.connection_lost);
    EXPECT_THAT(error.text, HasSubstr("db:1433"));
    EXPECT_THAT(error.text, HasSubstr("refused"));
}

TEST(Explain, SaysThatEncryptionWasNotAgreed) {
    Situation situation = connecting;
    situation.encryption_required = true;
    EXPECT_EQ(explain(fails(SYBEFCON), situation).disposition, Disposition::configuration);
    EXPECT_THAT(explain(fails(SYBEFCON), situation).text, HasSubstr("DB_ENCRYPT"));
    situation.certificate_checked = true;
    EXPECT_THAT(explain(fails(SYBEFCON), situation).text, HasSubstr("DB_CA_FILE"));
}

TEST(MessageTable, HasOneMeaningForEverythingADatabaseRaisesItself) {
    ASSERT_NE(find_meaning(50000), nullptr);
    EXPECT_EQ(find_meaning(50000), find_meaning(2000000000));
    EXPECT_EQ(find_meaning(49999), nullptr);
}

}  // namespace
}  // namespace revsync::sqlserver
