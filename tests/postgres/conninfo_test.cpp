#include "postgres/conninfo.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace revsync::postgres {
namespace {

using testing::HasSubstr;
using testing::Not;

Conninfo read(std::string_view text) {
    return parse_conninfo(text, "SUPABASE_DB_URL").value();
}

Error refused(std::string_view text) {
    const auto result = parse_conninfo(text, "SUPABASE_DB_URL");
    EXPECT_TRUE(result.has_error());
    return result ? Error{} : result.error();
}

std::string parameter(const Conninfo& conninfo, std::string_view keyword) {
    const auto found = std::ranges::find(conninfo.parameters, keyword, &std::pair<std::string, std::string>::first);
    return found != conninfo.parameters.end() ? found->second : "";
}

TEST(Conninfo, TakesAUriApart) {
    const Conninfo conninfo = read("postgresql://postgres.abc:p%40ss@pooler.example.com:5432/postgres\n");

    EXPECT_EQ(describe(conninfo), "postgres.abc@pooler.example.com:5432/postgres");
    EXPECT_EQ(parameter(conninfo, "password"), "p@ss");
}

TEST(Conninfo, CompletesWhatTheTextLeavesOut) {
    const Conninfo conninfo = read("postgresql://app:x@db.example.com");

    EXPECT_EQ(to_string(conninfo.endpoints.front()), "db.example.com:5432");
    EXPECT_EQ(conninfo.database, "app");
    EXPECT_EQ(parameter(conninfo, "client_encoding"), "UTF8");
    EXPECT_EQ(parameter(conninfo, "keepalives_idle"), "30");
    EXPECT_EQ(conninfo.connect_timeout, std::chrono::seconds{10});
}

TEST(Conninfo, KeepsWhatTheTextSays) {
    const Conninfo conninfo =
        read("postgresql://app:x@db.example.com/d?sslmode=verify-full&connect_timeout=3&application_name=mine");

    EXPECT_EQ(conninfo.sslmode, "verify-full");
    EXPECT_EQ(conninfo.connect_timeout, std::chrono::seconds{3});
    EXPECT_EQ(parameter(conninfo, "application_name"), "mine");
}

TEST(Conninfo, RequiresTlsUnlessTheServerIsOnThisMachine) {
    EXPECT_EQ(read("postgresql://app:x@db.example.com/d").sslmode, "require");
    EXPECT_EQ(read("postgresql://app:x@10.0.0.5/d").sslmode, "require");
    EXPECT_EQ(read("postgresql://app:x@127.0.0.1/d").sslmode, "prefer");
    EXPECT_EQ(read("postgresql://app:x@[::1]/d").sslmode, "prefer");
    EXPECT_EQ(read("host=/run/postgresql user=app").sslmode, "prefer");
}

TEST(Conninfo, KnowsTheTransactionPoolerByItsPort) {
    EXPECT_TRUE(read("postgresql://app:x@pooler.example.com:6543/d").is_transaction_pooler());
    EXPECT_FALSE(read("postgresql://app:x@pooler.example.com:5432/d").is_transaction_pooler());
}

TEST(Conninfo, TriesSeveralHostsInTheirOrder) {
    const Conninfo conninfo = read("postgresql://app:x@one.example.com:1,two.example.com:2/d");

    ASSERT_EQ(conninfo.endpoints.size(), 2U);
    EXPECT_EQ(to_string(conninfo.endpoints[1]), "two.example.com:2");
}

TEST(Conninfo, WritesAnIpv6AddressInBrackets) {
    EXPECT_EQ(to_string(read("postgresql://app:x@[2001:db8::1]/d").endpoints.front()), "[2001:db8::1]:5432");
}

TEST(Conninfo, NamesThePlaceholderThatWasLeft) {
    EXPECT_THAT(refused("postgresql://postgres:[YOUR-PASSWORD]@db.example.com/postgres").text,
                HasSubstr("[YOUR-PASSWORD]"));
}

TEST(Conninfo, NamesTheSettingAndWhatIsMissing) {
    EXPECT_EQ(refused(" ").disposition, Disposition::configuration);
    EXPECT_THAT(refused("").text, HasSubstr("SUPABASE_DB_URL is empty"));
    EXPECT_THAT(refused("postgresql://app@/d").text, HasSubstr("names no host"));
    EXPECT_THAT(refused("postgresql://db.example.com/d").text, HasSubstr("names no user"));
}

class UnencodedPassword : public testing::TestWithParam<const char*> {};

TEST_P(UnencodedPassword, IsRefusedWithoutBeingQuoted) {
    const Error error = refused(GetParam());

    EXPECT_THAT(error.text, HasSubstr("percent-encode"));
    EXPECT_THAT(error.text, Not(HasSubstr("hunter")));
}

INSTANTIATE_TEST_SUITE_P(Characters, UnencodedPassword,
                         testing::Values("postgresql://app:x@hunter2@db.example.com:5432/d",
                                         "postgresql://app:x/hunter2@db.example.com:5432/d",
                                         "postgresql://app:12/hunter2@db.example.com/d",
                                         "postgresql://app:x%hunter2@db.example.com/d",
                                         "postgresql://app:x@db.example.com:hunter2/d",
                                         "postgresql://app:x@db.example.com/d?hunter2=1", "hunter2 = = x"));

TEST(Conninfo, RefusesAConnectTimeoutOutOfRange) {
    EXPECT_THAT(refused("postgresql://app:x@db.example.com/d?connect_timeout=0").text, HasSubstr("1 to 300 seconds"));
}

}  // namespace
}  // namespace revsync::postgres
