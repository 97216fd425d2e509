#include "config/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace revsync {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Settings settings_of(const Environment& environment) {
    auto loaded = load_settings(environment, std::nullopt);
    EXPECT_FALSE(loaded.has_error()) << loaded.error().text;
    return loaded.has_error() ? Settings{} : loaded->settings;
}

std::string error_of(const Environment& environment) {
    const auto loaded = load_settings(environment, std::nullopt);
    if (loaded.has_error()) {
        EXPECT_EQ(loaded.error().disposition, Disposition::configuration);
    }
    return loaded.has_error() ? loaded.error().text : "";
}

std::vector<std::string> warnings_of(const Environment& environment) {
    const auto loaded = load_settings(environment, std::nullopt);
    EXPECT_FALSE(loaded.has_error()) << loaded.error().text;
    return loaded.has_error() ? std::vector<std::string>{} : loaded->warnings;
}

const Environment whole_sqlserver{
    {"DB_SERVER", "10.0.0.5"}, {"DB_NAME", "clinic"}, {"DB_USER", "sync"}, {"DB_PASSWORD", "hunter2"}};

Environment with(Environment environment, std::string name, std::string value) {
    environment.insert_or_assign(std::move(name), std::move(value));
    return environment;
}

TEST(Settings, have_the_documented_defaults) {
    const auto settings = settings_of({});
    EXPECT_FALSE(settings.supabase_configured());
    EXPECT_FALSE(settings.sqlserver_configured());
    EXPECT_EQ(settings.db_port, 1433);
    EXPECT_EQ(settings.db_encrypt, Encryption::require);
    EXPECT_EQ(settings.db_pool_size, 2U);
    EXPECT_EQ(settings.db_timezone, "UTC");
    EXPECT_EQ(settings.host, "127.0.0.1");
    EXPECT_EQ(settings.port, 3000);
    EXPECT_TRUE(settings.enabled);
    EXPECT_EQ(settings.interval, 60min);
    EXPECT_EQ(settings.lookback, 24h);
    EXPECT_EQ(settings.max_records, 500U);
    EXPECT_EQ(settings.overlap, 300s);
    EXPECT_EQ(settings.state_file, "/data/reverse-sync-state.json");
    EXPECT_EQ(settings.mapping_file, std::nullopt);
    EXPECT_EQ(settings.log_level, Level::info);
    EXPECT_EQ(settings.log_format, LogFormat::text);
}

TEST(Settings, come_from_the_environment_before_the_file) {
    const auto loaded = load_settings({{"LOG_LEVEL", "error"}, {"LOG_FORMAT", ""}},
                                      "LOG_LEVEL=debug\nLOG_FORMAT=json\nDB_POOL_SIZE=3\n");
    ASSERT_FALSE(loaded.has_error());
    EXPECT_EQ(loaded->settings.log_level, Level::error);
    EXPECT_EQ(loaded->settings.log_format, LogFormat::json);
    EXPECT_EQ(loaded->settings.db_pool_size, 3U);
    EXPECT_EQ(loaded->sources.at("LOG_LEVEL"), SettingSource::environment);
    EXPECT_EQ(loaded->sources.at("LOG_FORMAT"), SettingSource::env_file);
    EXPECT_EQ(loaded->sources.at("DB_PORT"), SettingSource::built_in);
}

TEST(Settings, treat_an_empty_value_as_none) {
    EXPECT_EQ(settings_of({{"REVERSE_SYNC_INTERVAL_MINUTES", ""}, {"DB_SERVER", ""}}).interval, 60min);
}

TEST(Settings, take_both_ends_of_every_range) {
    EXPECT_EQ(settings_of({{"REVERSE_SYNC_INTERVAL_MINUTES", "1"}}).interval, 1min);
    EXPECT_EQ(settings_of({{"REVERSE_SYNC_INTERVAL_MINUTES", "10080"}}).interval, 10080min);
    EXPECT_EQ(settings_of({{"REVERSE_SYNC_LOOKBACK_HOURS", "8760"}}).lookback, 8760h);
    EXPECT_EQ(settings_of({{"REVERSE_SYNC_MAX_RECORDS", "5000"}}).max_records, 5000U);
    EXPECT_EQ(settings_of({{"REVERSE_SYNC_OVERLAP_SECONDS", "0"}}).overlap, 0s);
    EXPECT_EQ(settings_of({{"DB_POOL_SIZE", "16"}}).db_pool_size, 16U);
    EXPECT_EQ(settings_of({{"DB_PORT", "65535"}}).db_port, 65535);
    EXPECT_EQ(settings_of({{"DB_PORT", " 1500 "}}).db_port, 1500);
}

TEST(Settings, name_the_variable_what_was_given_and_the_range) {
    EXPECT_EQ(error_of({{"REVERSE_SYNC_INTERVAL_MINUTES", "0"}}),
              "REVERSE_SYNC_INTERVAL_MINUTES is \"0\": expected a whole number from 1 to 10080");
    EXPECT_EQ(error_of({{"REVERSE_SYNC_LOOKBACK_HOURS", "8761"}}),
              "REVERSE_SYNC_LOOKBACK_HOURS is \"8761\": expected a whole number from 1 to 8760");
    EXPECT_EQ(error_of({{"LOG_LEVEL", "loud"}}), "LOG_LEVEL is \"loud\": expected debug, info, warning or error");
    EXPECT_EQ(error_of({{"REVERSE_SYNC_ENABLED", "maybe"}}),
              "REVERSE_SYNC_ENABLED is \"maybe\": expected true or false");
    for (const auto* number : {"60 minutes", "1e3", "-1", "0x10", "99999999999999999999", "٦٠"}) {
        EXPECT_THAT(error_of({{"REVERSE_SYNC_MAX_RECORDS", number}}), HasSubstr("from 1 to 5000")) << number;
    }
}

TEST(Settings, report_every_mistake_at_once) {
    EXPECT_THAT(error_of({{"DB_PORT", "0"}, {"LOG_FORMAT", "xml"}, {"DB_SERVER", "10.0.0.5"}}),
                AllOf(HasSubstr("DB_PORT"), HasSubstr("LOG_FORMAT"), HasSubstr("DB_NAME, DB_USER, DB_PASSWORD")));
}

TEST(Settings, never_show_what_may_be_a_secret) {
    const auto error = error_of({{"SUPABASE_DB_URL", "hunter2"},
                                 {"DB_SERVER", "sync:hunter2@10.0.0.5/clinic"},
                                 {"DB_PASSWORD", "hunter2\n"},
                                 {"DB_ENCRYPT", "Server=x;Password=hunter2"}});
    EXPECT_THAT(error, AllOf(HasSubstr("SUPABASE_DB_URL"), HasSubstr("DB_SERVER"), HasSubstr("DB_PASSWORD"),
                             HasSubstr("DB_ENCRYPT"), Not(HasSubstr("hunter2"))));
    EXPECT_THAT(error_of({{"SUPABASE_URL", "https://hunter2"}, {"SUPABASE_DB_PASSWORD", "hunter2"}}),
                AllOf(HasSubstr("SUPABASE_URL"), Not(HasSubstr("hunter2"))));
}

TEST(Settings, understand_truth_in_any_case) {
    EXPECT_FALSE(settings_of({{"REVERSE_SYNC_ENABLED", "FALSE"}}).enabled);
    EXPECT_FALSE(settings_of({{"REVERSE_SYNC_ENABLED", "0"}}).enabled);
    EXPECT_TRUE(settings_of({{"REVERSE_SYNC_ENABLED", "Yes"}}).enabled);
}

TEST(Settings, accept_warn_for_warning) {
    EXPECT_EQ(settings_of({{"LOG_LEVEL", "warn"}}).log_level, Level::warning);
    EXPECT_EQ(settings_of({{"LOG_LEVEL", "WARNING"}}).log_level, Level::warning);
}

TEST(Settings, warn_of_unknown_names_but_not_of_other_programs) {
    EXPECT_THAT(warnings_of({{"REVERSE_SYNC_INTERVAL", "5"}, {"PATH", "/bin"}, {"SUPABASE_ANON_KEY", "x"}}),
                ElementsAre(HasSubstr("did you mean REVERSE_SYNC_INTERVAL_MINUTES?")));
}

TEST(Settings, warn_of_pages_that_may_lock_a_table) {
    EXPECT_THAT(warnings_of({{"REVERSE_SYNC_MAX_RECORDS", "2001"}}), Contains(HasSubstr("REVERSE_SYNC_MAX_RECORDS")));
    EXPECT_THAT(warnings_of({{"REVERSE_SYNC_MAX_RECORDS", "2000"}}), IsEmpty());
}

TEST(SupabaseSettings, take_a_uri_as_it_is) {
    const auto settings = settings_of({{"SUPABASE_DB_URL", "postgres://u:p@db:5432/postgres"}});
    ASSERT_TRUE(settings.supabase_configured());
    EXPECT_EQ(settings.supabase_db_url->reveal(), "postgres://u:p@db:5432/postgres");
}

TEST(SupabaseSettings, derive_the_uri_from_project_and_password) {
    const auto settings =
        settings_of({{"SUPABASE_URL", "https://abcdefgh.supabase.co/"}, {"SUPABASE_DB_PASSWORD", "p@ss/w:rd%é"}});
    ASSERT_TRUE(settings.supabase_configured());
    EXPECT_EQ(settings.supabase_db_url->reveal(),
              "postgresql://postgres:p%40ss%2Fw%3Ard%25%C3%A9@db.abcdefgh.supabase.co:5432/postgres?sslmode=require");
}

TEST(SupabaseSettings, prefer_the_uri_that_was_given) {
    const auto settings = settings_of({{"SUPABASE_DB_URL", "postgresql://given"},
                                       {"SUPABASE_URL", "https://abcdefgh.supabase.co"},
                                       {"SUPABASE_DB_PASSWORD", "x"}});
    EXPECT_EQ(settings.supabase_db_url->reveal(), "postgresql://given");
}

TEST(SupabaseSettings, say_which_half_is_missing) {
    EXPECT_THAT(error_of({{"SUPABASE_URL", "https://abcdefgh.supabase.co"}}),
                HasSubstr("SUPABASE_DB_PASSWORD is missing"));
    EXPECT_THAT(error_of({{"SUPABASE_DB_PASSWORD", "x"}}), HasSubstr("SUPABASE_URL is missing"));
}

TEST(SupabaseSettings, refuse_a_url_of_anything_else) {
    for (const auto* url :
         {"http://abc.supabase.co", "https://supabase.co", "https://.supabase.co", "https://a.b.supabase.co",
          "https://abc.supabase.co/rest/v1", "https://evil/abc.supabase.co", "https://x@abc.supabase.co"}) {
        EXPECT_THAT(error_of({{"SUPABASE_URL", url}, {"SUPABASE_DB_PASSWORD", "x"}}), HasSubstr("SUPABASE_URL")) << url;
    }
}

TEST(SqlServerSettings, are_complete_or_name_what_is_missing) {
    EXPECT_TRUE(settings_of(whole_sqlserver).sqlserver_configured());
    EXPECT_THAT(error_of({{"DB_SERVER", "10.0.0.5"}, {"DB_NAME", "clinic"}, {"DB_PASSWORD", "x"}}),
                AllOf(HasSubstr("DB_USER is missing"), Not(HasSubstr("DB_NAME"))));
    EXPECT_THAT(error_of({{"DB_INSTANCE", "SQLEXPRESS"}}), HasSubstr("DB_SERVER, DB_NAME, DB_USER, DB_PASSWORD are"));
}

TEST(SqlServerSettings, take_an_instance_or_a_port_but_not_both) {
    EXPECT_EQ(settings_of(with(whole_sqlserver, "DB_INSTANCE", "SQLEXPRESS")).db_instance, "SQLEXPRESS");
    EXPECT_THAT(error_of(with(with(whole_sqlserver, "DB_INSTANCE", "SQLEXPRESS"), "DB_PORT", "1433")),
                HasSubstr("DB_INSTANCE and DB_PORT are both set"));
}

TEST(SqlServerSettings, explain_where_an_instance_or_a_port_belongs) {
    for (const auto* server : {"CLINIC\\SQLEXPRESS", "10.0.0.5,1433", "tcp:10.0.0.5,1433"}) {
        EXPECT_THAT(error_of(with(whole_sqlserver, "DB_SERVER", server)),
                    HasSubstr("the instance goes into DB_INSTANCE"))
            << server;
    }
}

TEST(SqlServerSettings, know_three_kinds_of_encryption) {
    EXPECT_EQ(settings_of({{"DB_ENCRYPT", "off"}}).db_encrypt, Encryption::off);
    EXPECT_EQ(settings_of({{"DB_ENCRYPT", "request"}}).db_encrypt, Encryption::request);
    EXPECT_EQ(settings_of({{"DB_ENCRYPT", "true"}}).db_encrypt, Encryption::require);
    EXPECT_THAT(error_of({{"DB_ENCRYPT", "strict"}}), HasSubstr("expected require, request or off"));
    EXPECT_THAT(warnings_of({{"DB_ENCRYPT", "off"}, {"DB_CA_FILE", "/ca.pem"}}), Contains(HasSubstr("DB_CA_FILE")));
}

TEST(SqlServerSettings, want_a_windows_time_zone) {
    EXPECT_EQ(settings_of({{"DB_TIMEZONE", "Arabic Standard Time"}}).db_timezone, "Arabic Standard Time");
    EXPECT_EQ(settings_of({{"DB_TIMEZONE", "Central Standard Time (Mexico)"}}).db_timezone,
              "Central Standard Time (Mexico)");
    EXPECT_THAT(error_of({{"DB_TIMEZONE", "Asia/Baghdad"}}), HasSubstr("Windows time zone name"));
    EXPECT_THAT(error_of({{"DB_TIMEZONE", "x'; drop"}}), HasSubstr("Windows time zone name"));
}

TEST(ListenerSettings, want_certificate_and_key_together) {
    EXPECT_THAT(error_of({{"TLS_CERT_FILE", "/cert.pem"}}), HasSubstr("TLS_KEY_FILE"));
    EXPECT_EQ(error_of({{"TLS_CERT_FILE", "/cert.pem"}, {"TLS_KEY_FILE", "/key.pem"}}), "");
}

TEST(ForwardSettings, have_documented_defaults_and_ranges) {
    EXPECT_TRUE(settings_of({}).forward_enabled);
    EXPECT_EQ(settings_of({}).forward_poll, 15s);
    EXPECT_EQ(settings_of({}).forward_page_size, 1000U);
    EXPECT_EQ(settings_of({}).forward_attempt_limit, 10U);
    EXPECT_EQ(settings_of({}).forward_retention, std::chrono::days{7});
    EXPECT_FALSE(settings_of({{"FORWARD_SYNC_ENABLED", "false"}}).forward_enabled);
    EXPECT_EQ(settings_of({{"FORWARD_SYNC_POLL_SECONDS", "3600"}}).forward_poll, 3600s);
    EXPECT_EQ(settings_of({{"FORWARD_SYNC_PAGE_SIZE", "20"}}).forward_page_size, 20U);
    EXPECT_EQ(settings_of({{"FORWARD_SYNC_MAX_ATTEMPTS", "1"}}).forward_attempt_limit, 1U);
    EXPECT_EQ(settings_of({{"FORWARD_SYNC_RETENTION_DAYS", "3650"}}).forward_retention, std::chrono::days{3650});
    EXPECT_THAT(error_of({{"FORWARD_SYNC_POLL_SECONDS", "0"}}), HasSubstr("from 1 to 3600"));
    EXPECT_THAT(error_of({{"FORWARD_SYNC_PAGE_SIZE", "1001"}}), HasSubstr("from 1 to 1000"));
    EXPECT_THAT(error_of({{"FORWARD_SYNC_MAX_ATTEMPTS", "0"}}), HasSubstr("from 1 to 1000"));
    EXPECT_THAT(error_of({{"FORWARD_SYNC_RETENTION_DAYS", "0"}}), HasSubstr("from 1 to 3650"));
}

constexpr const char* signing_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

TEST(WebhookSettings, have_documented_defaults_and_ranges) {
    EXPECT_TRUE(settings_of({}).webhook_secrets.empty());
    EXPECT_EQ(settings_of({}).webhook_wait, 4000ms);
    EXPECT_EQ(settings_of({}).webhook_inbox_limit, 10'000U);
    EXPECT_EQ(settings_of({{"WEBHOOK_WAIT_MS", "0"}}).webhook_wait, 0ms);
    EXPECT_EQ(settings_of({{"WEBHOOK_INBOX_LIMIT", "1000000"}}).webhook_inbox_limit, 1'000'000U);
    EXPECT_THAT(error_of({{"WEBHOOK_WAIT_MS", "30001"}}), HasSubstr("from 0 to 30000"));
    EXPECT_THAT(error_of({{"WEBHOOK_INBOX_LIMIT", "99"}}), HasSubstr("from 100 to 1000000"));
}

TEST(WebhookSettings, take_several_secrets_while_they_are_changed) {
    EXPECT_EQ(settings_of({{"SUPABASE_WEBHOOK_SECRET", signing_secret}}).webhook_secrets,
              std::vector{Secret{signing_secret}});
    EXPECT_EQ(settings_of({{"SUPABASE_WEBHOOK_SECRET", fmt::format(" {},0123456789abcdef , ", signing_secret)}})
                  .webhook_secrets,
              (std::vector{Secret{signing_secret}, Secret{"0123456789abcdef"}}));
}

TEST(WebhookSettings, refuse_a_weak_or_broken_secret_without_showing_it) {
    const std::string nine =
        "0123456789abcdef 0123456789abcdef 0123456789abcdef 0123456789abcdef 0123456789abcdef "
        "0123456789abcdef 0123456789abcdef 0123456789abcdef 0123456789abcdef";
    for (const std::string& secret :
         {std::string{"0123456789abcde"}, std::string{"0123456789abcdef short"}, std::string{"0123456789abcdefé"},
          std::string{"whsec_0123456789abcdef"}, std::string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa"},
          "whsec_" + std::string(88, 'A'), std::string{","}, nine}) {
        EXPECT_THAT(error_of({{"SUPABASE_WEBHOOK_SECRET", secret}}),
                    AllOf(HasSubstr("SUPABASE_WEBHOOK_SECRET is not valid"), Not(HasSubstr(secret))))
            << secret;
    }
    EXPECT_EQ(error_of({{"SUPABASE_WEBHOOK_SECRET", "whsec_" + std::string(86, 'A') + "=="}}), "");
}

TEST(ListenerSettings, want_a_secret_once_others_can_reach_it) {
    for (const auto* host : {"0.0.0.0", "::", "192.0.2.10", "server.clinic.example", "127.0.0.1.example"}) {
        EXPECT_THAT(error_of({{"HOST", host}}), HasSubstr("SUPABASE_WEBHOOK_SECRET is missing")) << host;
        EXPECT_FALSE(settings_of({{"HOST", host}, {"SUPABASE_WEBHOOK_SECRET", signing_secret}}).on_loopback()) << host;
    }
    for (const auto* host : {"127.0.0.1", "127.0.0.2", "::1", "localhost", "LocalHost"}) {
        EXPECT_TRUE(settings_of({{"HOST", host}}).on_loopback()) << host;
    }
}

TEST(StateFileSetting, follows_systemd_unless_it_is_given) {
    EXPECT_EQ(settings_of({{"STATE_DIRECTORY", "/var/lib/reverse-sync"}}).state_file,
              "/var/lib/reverse-sync/reverse-sync-state.json");
    EXPECT_EQ(settings_of({{"STATE_DIRECTORY", "/var/lib/a:/var/lib/b"}}).state_file,
              "/var/lib/a/reverse-sync-state.json");
    EXPECT_EQ(
        settings_of({{"STATE_DIRECTORY", "/var/lib/reverse-sync"}, {"REVERSE_SYNC_STATE_FILE", "/s.json"}}).state_file,
        "/s.json");
}

TEST(Settings, say_where_they_come_from) {
    EXPECT_EQ(to_string(SettingSource::built_in), "default");
    EXPECT_EQ(to_string(SettingSource::env_file), ".env file");
    EXPECT_EQ(to_string(SettingSource::environment), "environment");
}

}  // namespace
}  // namespace revsync
