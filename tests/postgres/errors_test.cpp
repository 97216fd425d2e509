#include "postgres/errors.hpp"

#include <gmock/gmock.h>

namespace revsync::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

Conninfo conninfo() {
    return parse_conninfo("postgresql://app:hunter2@db.example.com/clinic", "SUPABASE_DB_URL").value();
}

Error connecting(std::string_view message) {
    const Conninfo info = conninfo();
    return connect_error(message, info, info.endpoints.front());
}

TEST(SqlStates, CarryTheirConsequence) {
    EXPECT_EQ(disposition_of("40001"), Disposition::retry);
    EXPECT_EQ(disposition_of("40P01"), Disposition::retry);
    EXPECT_EQ(disposition_of("55P03"), Disposition::retry);
    EXPECT_EQ(disposition_of("57014"), Disposition::retry);
    EXPECT_EQ(disposition_of("57P01"), Disposition::retry);
    EXPECT_EQ(disposition_of("53300"), Disposition::retry);
    EXPECT_EQ(disposition_of("22P02"), Disposition::row);
    EXPECT_EQ(disposition_of("23503"), Disposition::row);
    EXPECT_EQ(disposition_of("42P01"), Disposition::stream);
    EXPECT_EQ(disposition_of("42703"), Disposition::stream);
    EXPECT_EQ(disposition_of("42501"), Disposition::stream);
    EXPECT_EQ(disposition_of("42883"), Disposition::stream);
    EXPECT_EQ(disposition_of("3F000"), Disposition::stream);
    EXPECT_EQ(disposition_of("28P01"), Disposition::configuration);
    EXPECT_EQ(disposition_of("28000"), Disposition::configuration);
    EXPECT_EQ(disposition_of("3D000"), Disposition::configuration);
}

// A trigger that always refuses one row would otherwise hold up its whole page for ever.
TEST(SqlStates, OfADatabasesOwnCodeConcernTheRow) {
    for (const char* state : {"P0001", "P0002", "21000", "27000", "38000", "39000", "44000", "54000"}) {
        EXPECT_EQ(disposition_of(state), Disposition::row) << state;
    }
    EXPECT_EQ(disposition_of("54011"), Disposition::stream);
}

TEST(SqlStates, AreRetriedWhenUnknown) {
    EXPECT_EQ(disposition_of("ZZ999"), Disposition::retry);
    EXPECT_EQ(disposition_of(""), Disposition::retry);
}

TEST(StatementError, QuotesTheServerWhereItNamesIdentifiersOnly) {
    const Error error = statement_error("42703", "column t.days does not exist", "read public.aligner_batches");

    EXPECT_EQ(error.code, "sqlstate 42703");
    EXPECT_EQ(error.text,
              "cannot read public.aligner_batches: a column does not exist (column t.days does not exist); "
              "add it or correct the mapping");
}

TEST(StatementError, NamesTheConstraintThatRefusedARow) {
    const Error error = statement_error("23503", "insert or update on table \"work\" violates …", "write public.work",
                                        "work_person_id_fkey");

    EXPECT_EQ(error.disposition, Disposition::row);
    EXPECT_THAT(error.text, HasSubstr("does not exist, or is still referred to (work_person_id_fkey); it is tried"));
}

TEST(StatementError, NeverQuotesAMessageThatMayHoldValues) {
    const Error error = statement_error("22P02", "invalid input syntax for type integer: \"hunter\"", "read public.t");

    EXPECT_THAT(error.text, Not(HasSubstr("hunter")));
}

TEST(ConnectError, ReadsTheSqlStateWhateverTheServersLanguage) {
    const Error error =
        connecting("connection to server at \"x\" (1.2.3.4), port 5432 failed: SCHWERWIEGEND:  28P01\n");

    EXPECT_EQ(error.disposition, Disposition::configuration);
    EXPECT_EQ(error.code, "sqlstate 28P01");
    EXPECT_EQ(error.text,
              "cannot connect to db.example.com:5432 as app for database clinic: the password was refused; "
              "correct the password (SUPABASE_DB_URL)");
}

TEST(ConnectError, TellsNetworkFailuresApart) {
    EXPECT_EQ(connecting("failed: Connection refused\n\tIs the server running?").disposition, Disposition::retry);
    EXPECT_THAT(connecting("failed: Connection refused\n").text, HasSubstr("nothing listens there"));
    EXPECT_THAT(connecting("failed: Network is unreachable\n").text, HasSubstr("session pooler"));
    EXPECT_TRUE(connecting("anything").connection_lost);
}

TEST(ConnectError, BlamesTheSettingsForTls) {
    EXPECT_EQ(connecting("SSL error: certificate verify failed").disposition, Disposition::configuration);
    EXPECT_EQ(connecting("server does not support SSL, but SSL was required").disposition, Disposition::configuration);
    EXPECT_THAT(connecting("SSL error: certificate verify failed").text, HasSubstr("sslrootcert"));
}

TEST(ConnectError, ExplainsThePoolersRefusal) {
    EXPECT_THAT(connecting("failed: FATAL:  XX000\n").text, HasSubstr("postgres.<project reference>"));
}

TEST(ConnectError, NeverStopsAStream) {
    EXPECT_EQ(connecting("failed: FATAL:  42501\n").disposition, Disposition::configuration);
}

TEST(ConnectError, NeverQuotesLibpq) {
    EXPECT_THAT(connecting("something about hunter2").text, Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace revsync::postgres
