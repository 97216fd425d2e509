#include "sqlserver/server_file.hpp"

#include <gmock/gmock.h>

namespace revsync::sqlserver {
namespace {

using testing::HasSubstr;
using testing::Not;

ConnectionSettings settings() {
    ConnectionSettings result;
    result.server = "db.example";
    result.database = "Clinic";
    result.user = "sync";
    result.password = "not-in-a-file";
    return result;
}

TEST(ServerSection, PinsVersionAndCharset) {
    const std::string section = server_section(settings());
    EXPECT_THAT(section, HasSubstr("tds version = 7.4\n"));
    EXPECT_THAT(section, HasSubstr("client charset = UTF-8\n"));
    EXPECT_THAT(section, HasSubstr("host = db.example\n"));
    EXPECT_THAT(section, HasSubstr("port = 1433\n"));
    EXPECT_THAT(section, HasSubstr("encryption = require\n"));
}

TEST(ServerSection, HoldsNoSecret) {
    EXPECT_THAT(server_section(settings()), Not(HasSubstr("not-in-a-file")));
}

TEST(ServerSection, TakesTheInstanceInsteadOfThePort) {
    ConnectionSettings named = settings();
    named.instance = "CLINIC";
    EXPECT_THAT(server_section(named), HasSubstr("instance = CLINIC\n"));
    EXPECT_THAT(server_section(named), Not(HasSubstr("port =")));
    EXPECT_EQ(address(named), "db.example\\CLINIC");
}

TEST(ServerSection, ChecksTheHostNameWithTheCertificate) {
    ConnectionSettings checked = settings();
    checked.ca_file = "ca.pem";
    EXPECT_THAT(server_section(checked), HasSubstr("ca file = ca.pem\ncheck certificate hostname = yes\n"));
}

TEST(RegisterServer, GivesEqualSettingsOneName) {
    ConnectionSettings other = settings();
    other.port = 1434;
    EXPECT_EQ(*register_server(settings()), *register_server(settings()));
    EXPECT_NE(*register_server(settings()), *register_server(other));
}

TEST(RegisterServer, RefusesASettingThatWouldAddLines) {
    ConnectionSettings hostile = settings();
    hostile.server = "db\nencryption = off";
    const auto name = register_server(hostile);
    ASSERT_FALSE(name);
    EXPECT_EQ(name.error().disposition, Disposition::configuration);
    EXPECT_THAT(name.error().text, HasSubstr("DB_SERVER"));
}

TEST(RegisterServer, NamesACertificateFileThatIsNotThere) {
    ConnectionSettings missing = settings();
    missing.ca_file = "no-such-folder/ca.pem";
    const auto name = register_server(missing);
    ASSERT_FALSE(name);
    EXPECT_THAT(name.error().text, HasSubstr("no-such-folder/ca.pem"));
}

}  // namespace
}  // namespace revsync::sqlserver
