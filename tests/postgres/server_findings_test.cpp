#include "postgres/server_findings.hpp"

#include <gmock/gmock.h>

namespace revsync::postgres {
namespace {

using testing::HasSubstr;
using Level = Finding::Level;

Conninfo remote(const std::string& more = "") {
    return parse_conninfo("postgresql://app:x@db.example.com/clinic" + more, "SUPABASE_DB_URL").value();
}

Timestamp at_second(std::int64_t second) {
    return Timestamp::from_microseconds(second * 1'000'000);
}

ServerFacts good_server() {
    return {150'000, "15.1", true, {at_second(99), at_second(100), false}};
}

StreamShape shape() {
    StreamShape shape;
    shape.stream = "notes";
    shape.label = "public.notes";
    shape.table = R"("public"."notes")";
    shape.key = {R"("id")"};
    shape.index_changed_at = R"("changed")";
    return shape;
}

// The one finding that is not good.
Finding only_complaint(const std::vector<Finding>& findings) {
    std::vector<Finding> complaints;
    for (const Finding& finding : findings) {
        if (finding.level != Level::good) {
            complaints.push_back(finding);
        }
    }
    EXPECT_EQ(complaints.size(), 1U);
    return complaints.empty() ? Finding{} : complaints.front();
}

TEST(ServerFindings, HaveNothingToSayOfAGoodServer) {
    for (const Finding& finding : judge_server(good_server(), remote("?sslmode=verify-full"))) {
        EXPECT_EQ(finding.level, Level::good) << finding.text;
    }
}

TEST(ServerFindings, WarnOfAnUnverifiedServer) {
    const Finding finding = only_complaint(judge_server(good_server(), remote()));

    EXPECT_THAT(finding.text, HasSubstr("identity is not checked"));
    EXPECT_THAT(finding.fix, HasSubstr("sslmode=verify-full"));
}

TEST(ServerFindings, WarnOfAPlainConnectionUnlessItIsLocal) {
    ServerFacts facts = good_server();
    facts.encrypted = false;

    EXPECT_THAT(only_complaint(judge_server(facts, remote())).text, HasSubstr("is not encrypted"));
    const Conninfo local = parse_conninfo("postgresql://app:x@127.0.0.1/clinic", "SUPABASE_DB_URL").value();
    for (const Finding& finding : judge_server(facts, local)) {
        EXPECT_EQ(finding.level, Level::good) << finding.text;
    }
}

TEST(ServerFindings, RefuseAnOldServerAndATransactionPooler) {
    ServerFacts facts = good_server();
    facts.version_number = 90'600;
    EXPECT_EQ(only_complaint(judge_server(facts, remote("?sslmode=verify-full"))).level, Level::problem);

    const Conninfo pooler =
        parse_conninfo("postgresql://app:x@pooler.example.com:6543/d?sslmode=verify-full", "SUPABASE_DB_URL").value();
    const Finding finding = only_complaint(judge_server(good_server(), pooler));
    EXPECT_EQ(finding.level, Level::problem);
    EXPECT_THAT(finding.fix, HasSubstr("port 5432"));
}

TEST(ServerFindings, SayHowToSeeOtherSessions) {
    ServerFacts facts = good_server();
    facts.horizon.other_sessions_hidden = true;

    EXPECT_EQ(only_complaint(judge_server(facts, remote("?sslmode=verify-full"))).fix,
              R"(GRANT pg_read_all_stats TO "app";)");
}

TEST(ServerFindings, WarnOfATransactionLeftOpen) {
    ServerFacts facts = good_server();
    facts.horizon.source_now = at_second(100 + 3600);

    EXPECT_THAT(only_complaint(judge_server(facts, remote("?sslmode=verify-full"))).text,
                HasSubstr("open for 60 minutes"));
}

TEST(ServerFindings, CompareTheClocks) {
    EXPECT_EQ(judge_clock(at_second(100), at_second(103)).level, Level::good);
    EXPECT_THAT(judge_clock(at_second(100), at_second(160)).text, HasSubstr("60 s behind this machine's"));
    EXPECT_THAT(judge_clock(at_second(160), at_second(100)).text, HasSubstr("60 s ahead of this machine's"));
}

TEST(StreamFindings, GiveTheStatementThatCreatesTheIndex) {
    EXPECT_EQ(only_complaint(judge_stream(shape(), {true, 0, false})).fix,
              R"(CREATE INDEX CONCURRENTLY ON "public"."notes" ("changed", "id");)");
}

TEST(StreamFindings, WarnOfRowsThatPollsNeverFind) {
    EXPECT_THAT(only_complaint(judge_stream(shape(), {true, 3, true})).text, HasSubstr("3 row(s) of public.notes"));
    EXPECT_THAT(only_complaint(judge_stream(shape(), {true, std::nullopt, true})).text,
                HasSubstr("could not be counted"));
}

TEST(StreamFindings, WarnOfAKeyThatIsNotUnique) {
    EXPECT_EQ(only_complaint(judge_stream(shape(), {false, 0, true})).fix,
              R"(ALTER TABLE "public"."notes" ADD PRIMARY KEY ("id");)");
}

TEST(Problems, SeparateTheFixFromTheFailure) {
    const Finding finding =
        problem({Disposition::stream, "sqlstate 42P01", "cannot read x: it does not exist; create it"});

    EXPECT_EQ(finding.text, "cannot read x: it does not exist (sqlstate 42P01)");
    EXPECT_EQ(finding.fix, "create it");
}

}  // namespace
}  // namespace revsync::postgres
